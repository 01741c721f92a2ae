"""What runs until it is told to stop: an embedded installation, a worker. Both take in all there is."""

import sys
from typing import Final
from urllib.parse import quote

from rich.table import Table

from zairyu.activities.card_reader.console import ConsolePrompt
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.cli.speaking import connected, log_to_file, out, read_keys, today
from zairyu.installation import installation
from zairyu.rules.calendar import add_months
from zairyu.rules.interface_profiles import interface_profile
from zairyu.runtime.connection import connect, load_keys
from zairyu.runtime.logs import core_logs
from zairyu.runtime.settings import Settings
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import DEMO_APPLICANT
from zairyu.virtual_desk import sandbox_pki, sandbox_reader
from zairyu.worker import (
    core_worker,
    keep_registered,
    terminal_worker,
    until_stopped,
    watch_agency_mail,
    watch_status_feed,
)
from zairyu.workflows.search_attributes import NEEDS_PERSON

NEEDS_PERSON_VIEW: Final = f"/namespaces/default/workflows?query={quote(NEEDS_PERSON, safe='')}"
"""The UI's list of all that needs a person."""


async def run_installation(settings: Settings, *, automatic_officer: bool) -> None:
    """Server, sandbox, worker and a terminal with a virtual card."""
    async with installation(settings, automatic_officer=automatic_officer) as endpoints:
        keys = load_keys(settings)
        expires_on = add_months(today(), 2)
        pki = sandbox_pki(settings)
        reader = sandbox_reader(settings)
        reader.put(DEMO_APPLICANT, expires_on)
        sample = write_application(settings.data_dir / "sample", DEMO_APPLICANT, expires_on=expires_on)
        places = Table.grid(padding=(0, 2))
        places.add_row("Temporal UI", endpoints.ui_url)
        places.add_row("Officer", f"{endpoints.sandbox_url}/officer")
        places.add_row("Store", f"{endpoints.sandbox_url}/store")
        places.add_row("Mailbox", f"{endpoints.sandbox_url}/mailbox")
        places.add_row("Logs", str(settings.data_dir / "logs"))
        out.print(places)
        # Not by rich, which would break it in two.
        print(f"\nWhat needs a person: {endpoints.ui_url}{NEEDS_PERSON_VIEW}")
        command = sys.argv[0]
        out.print(f"\nIn another window:  {command} start --input {sample}")
        out.print(f'                    {command} send ID sign_at \'{{"terminal_id": "T1"}}\'')
        out.print(
            f"Terminal T1 then asks here for the password of the virtual card: {DEMO_APPLICANT.sign_password}"
            f" (and for the PIN {DEMO_APPLICANT.auth_pin} in a registration)"
        )
        out.print(f"Take the card away, block it, let it expire:  {command} sandbox card --help\n")
        log_to_file(settings, "terminal")
        temporal = await connect(settings, keys, runtime=core_logs())
        prompt = ConsolePrompt(out)
        desk = Desk(reader, prompt, TrustedRoots.of([pki.sign_ca]))
        async with (
            terminal_worker(temporal, "T1", desk, reader),
            keep_registered(temporal, "T1", on_connection=prompt.show_connection),
        ):
            await until_stopped(unless=prompt.interrupt)
        out.print("Stopping ...")


async def run_worker(settings: Settings) -> None:
    """The workflows, and every activity but the card reader's."""
    profile = interface_profile(settings.interface_profile)
    keys = read_keys(settings)
    client = await connected(settings, keys, core_logs())
    async with core_worker(client, settings, keys, profile=profile):
        await watch_status_feed(client, profile.name)
        await watch_agency_mail(client, settings, profile)
        print("ready", flush=True)
        await until_stopped()
