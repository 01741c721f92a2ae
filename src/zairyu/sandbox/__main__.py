"""`python -m zairyu.sandbox`: the sandbox as a process of its own."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from zairyu.sandbox.service import Sandbox, SandboxSettings, serve


def main(
    data_dir: Annotated[Path, typer.Option(help="Where the state is kept.")] = Path(".zairyu/sandbox"),
    host: Annotated[str, typer.Option(help="Keep it on the loopback interface: the pages have no password.")] = (
        "127.0.0.1"
    ),
    http_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 0,
    smtp_port: Annotated[int, typer.Option(help="0 takes a free port.")] = 0,
    automatic: Annotated[bool, typer.Option(help="Let the automatic officer work from the start.")] = False,
    pace_seconds: Annotated[float, typer.Option(help="The automatic officer's pause before each step.")] = 3.0,
    receipt_delay_seconds: Annotated[
        float | None, typer.Option(help="Issue receipt numbers by themselves after this long.")
    ] = None,
    agency_letters: Annotated[
        bool, typer.Option(help="Let the agency write mails about the course of an application.")
    ] = False,
    agency_maildir: Annotated[
        Path | None, typer.Option(help="Maildir in which the provider gets a copy of each such mail.")
    ] = None,
    trusted_roots: Annotated[
        Path | None, typer.Option(help="PEM file or directory with the roots of signers' certificates.")
    ] = None,
) -> None:
    """Run the stand-in for Mynaportal, RAS and a mailbox until it is told to stop."""
    settings = SandboxSettings(
        data_dir=data_dir,
        host=host,
        http_port=http_port,
        smtp_port=smtp_port,
        automatic=automatic,
        pace_seconds=pace_seconds,
        receipt_delay_seconds=receipt_delay_seconds,
        agency_letters=agency_letters,
        agency_maildir=agency_maildir,
        trusted_roots=trusted_roots,
    )
    asyncio.run(_until_told_to_stop(settings))


async def _until_told_to_stop(settings: SandboxSettings) -> None:
    serving = asyncio.create_task(serve(settings, _tell_where))
    loop = asyncio.get_running_loop()
    for told in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(told, serving.cancel)
    await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()


def _tell_where(sandbox: Sandbox) -> None:
    places = {
        "base_url": sandbox.base_url,
        "officer_url": f"{sandbox.base_url}/officer",
        "store_url": f"{sandbox.base_url}/store",
        "mailbox_url": f"{sandbox.base_url}/mailbox",
        "smtp_host": sandbox.settings.host,
        "smtp_port": sandbox.smtp_port,
    }
    typer.echo(json.dumps(places))


if __name__ == "__main__":
    typer.run(main)
