"""Commands for everything on one machine: the demo, an embedded installation, a worker.

What these three run is loaded by them alone: no other command has to wait for it.
"""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from zairyu.activities.packaging.errors import SpecPackUnavailable
from zairyu.cli.speaking import FAILED, AsJson, fail, out, read_settings, timeline, today
from zairyu.doctor import examine
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.calendar import add_months
from zairyu.rules.interface_profiles import InterfaceProfileFaulty
from zairyu.rules.spec_packs import SpecPackFaulty
from zairyu.runtime.embedded import EmbeddedServerError
from zairyu.runtime.keys import KeyRingError
from zairyu.runtime.logs import set_up_logs
from zairyu.sandbox.applicant import write_application, write_registration
from zairyu.sandbox.card.personas import DEMO_APPLICANT


def demo(as_json: AsJson = False) -> None:
    """Live through one whole application, from the form to the new card."""
    from zairyu.demo import DemoError, demo_as_json, demo_on_console
    from zairyu.installation import InstallationError

    settings = read_settings()
    try:
        snapshot = demo_as_json(settings) if as_json else demo_on_console(settings, out)
    except (DemoError, InstallationError, EmbeddedServerError, KeyRingError) as error:
        fail(str(error))
    if as_json:
        print(snapshot.model_dump_json(indent=2))
    else:
        out.print(timeline(snapshot))
        out.print("Run [bold]make up[/] to look at it in the Temporal UI, and to play the officer yourself.")


def up(
    automatic_officer: Annotated[bool, typer.Option(help="Let the sandbox's officer work by itself.")] = False,
) -> None:
    """Run server, sandbox, worker and a terminal with a virtual card, until Ctrl-C."""
    from zairyu.cli.running import run_installation
    from zairyu.installation import InstallationError

    try:
        asyncio.run(run_installation(read_settings(), automatic_officer=automatic_officer))
    except (InstallationError, EmbeddedServerError, KeyRingError) as error:
        fail(str(error))


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
    from zairyu.cli.running import run_worker

    settings = read_settings()
    set_up_logs(settings.log_level, settings.log_format)
    try:
        asyncio.run(run_worker(settings))
    except (SpecPackUnavailable, SpecPackFaulty, InterfaceProfileFaulty) as error:
        fail(str(error))
