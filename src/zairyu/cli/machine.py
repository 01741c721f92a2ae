"""Commands for everything on one machine: the demo, an embedded installation, a worker."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

import typer
from rich.table import Table

from zairyu.activities.card_reader.console import ConsolePrompt
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.packaging.errors import SpecPackUnavailable
from zairyu.cli.speaking import (
    FAILED,
    AsJson,
    connected,
    fail,
    log_to_file,
    out,
    read_keys,
    read_settings,
    today,
)
from zairyu.demo import DemoError, demo_as_json, demo_on_console
from zairyu.doctor import examine
from zairyu.installation import InstallationError, installation, sandbox_pki, sandbox_reader
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.calendar import add_months
from zairyu.rules.interface_profiles import InterfaceProfileFaulty, interface_profile
from zairyu.rules.spec_packs import SpecPackFaulty
from zairyu.runtime.connection import connect, load_keys
from zairyu.runtime.embedded import EmbeddedServerError
from zairyu.runtime.keys import KeyRingError
from zairyu.runtime.logs import core_logs, set_up_logs
from zairyu.runtime.settings import Settings
from zairyu.sandbox.applicant import write_application, write_registration
from zairyu.sandbox.card.personas import DEMO_APPLICANT
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


def demo(as_json: AsJson = False) -> None:
    """Live through one whole application, from the form to the new card."""
    settings = read_settings()
    try:
        snapshot = demo_as_json(settings) if as_json else demo_on_console(settings, out)
    except (DemoError, InstallationError, EmbeddedServerError, KeyRingError) as error:
        fail(str(error))
    if as_json:
        print(snapshot.model_dump_json(indent=2))
    else:
        out.print("Run [bold]make up[/] to look at it in the Temporal UI, and to play the officer yourself.")


def up(
    automatic_officer: Annotated[bool, typer.Option(help="Let the sandbox's officer work by itself.")] = False,
) -> None:
    """Run server, sandbox, worker and a terminal with a virtual card, until Ctrl-C."""
    try:
        asyncio.run(_up(read_settings(), automatic_officer))
    except (InstallationError, EmbeddedServerError, KeyRingError) as error:
        fail(str(error))


async def _up(settings: Settings, automatic_officer: bool) -> None:
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


def doctor(as_json: AsJson = False) -> None:
    """Say what is missing on this machine, and the command that mends it. Exit code 1 if anything is."""
    checks = list(examine(read_settings()))
    if as_json:
        print(json.dumps([check.model_dump() for check in checks], indent=2))
    else:
        table = Table("", "What", "Needed for", "Mended by")
        for check in checks:
            mark = "[green]✔[/]" if check.well else "[red]✘[/]"
            table.add_row(mark, check.what, check.needed_for, "" if check.well else check.mend)
        out.print(table)
    if not all(check.well for check in checks):
        raise typer.Exit(FAILED)


def sample(
    directory: Annotated[Path, typer.Argument(help="Where to write it.")],
    kind: Annotated[
        ApplicationType, typer.Option("--type", help="What for.", case_sensitive=False)
    ] = ApplicationType.EXTENSION_OF_PERIOD,
    status: Annotated[
        ResidenceStatus | None,
        typer.Option(help="For another status of residence than the usual one.", case_sensitive=False),
    ] = None,
) -> None:
    """Write what a fictitious resident hands in: an input for `zairyu start` or `zairyu register`."""
    expires_on = add_months(today(), 2)
    # Not by rich, which would break a long path in two.
    if kind is ApplicationType.USER_REGISTRATION:
        print(write_registration(directory, DEMO_APPLICANT, expires_on=expires_on))
    else:
        file = write_application(
            directory, DEMO_APPLICANT, expires_on=expires_on, application_type=kind.value, residence_status=status
        )
        print(file)


def worker() -> None:
    """Host the workflows and every activity but the card reader's, until told to stop."""
    settings = read_settings()
    set_up_logs(settings.log_level, settings.log_format)
    try:
        asyncio.run(_worker(settings))
    except (SpecPackUnavailable, SpecPackFaulty, InterfaceProfileFaulty) as error:
        fail(str(error))


async def _worker(settings: Settings) -> None:
    profile = interface_profile(settings.interface_profile)
    keys = read_keys(settings)
    client = await connected(settings, keys, core_logs())
    async with core_worker(client, settings, keys, profile=profile):
        await watch_status_feed(client, profile.name)
        await watch_agency_mail(client, settings, profile)
        print("ready", flush=True)
        await until_stopped()
