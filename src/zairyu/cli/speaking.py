"""What every command does alike: read the settings, find the server, say what went wrong."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import MessageRefused, Zairyu
from zairyu.models.findings import Finding
from zairyu.rules.calendar import day_in_japan
from zairyu.runtime.connection import connect, load_keys
from zairyu.runtime.keys import KeyRing, KeyRingError
from zairyu.runtime.logs import set_up_logs
from zairyu.runtime.settings import Settings

out = Console()
err = Console(stderr=True)

T = TypeVar("T")

REFUSED: Final = 2
"""Exit code: the input was refused and nothing has changed."""
FAILED: Final = 1
"""Exit code: it could not be done."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def fail(text: str, code: int = FAILED) -> NoReturn:
    """Say why not, and end the command."""
    err.print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def read_settings() -> Settings:
    """The settings; one that is wrong ends the command."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"ZAIRYU_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        fail(f"the settings are wrong: {faults}", REFUSED)


def read_keys(settings: Settings) -> KeyRing:
    """The key ring; one that cannot be used ends the command."""
    try:
        return load_keys(settings)
    except KeyRingError as error:
        fail(str(error))


def log_to_file(settings: Settings, name: str) -> Path:
    """Keep the logs of this process away from the console, on which a person at a desk reads and types.

    Returns:
        The file.
    """
    file = settings.data_dir / "logs" / f"{name}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    # Open as long as the process lives, and written line by line.
    set_up_logs(settings.log_level, settings.log_format, file.open("a", encoding="utf-8", buffering=1))
    return file


def today() -> date:
    """The day in Japan."""
    return day_in_japan(datetime.now(UTC))


async def connected(settings: Settings, keys: KeyRing, runtime: Runtime | None = None) -> Client:
    """A connection to Temporal; that there is none ends the command."""
    try:
        return await connect(settings, keys, runtime=runtime)
    except RuntimeError:
        fail("no Temporal server answers; start one with `make up`, or set TEMPORAL_ADDRESS")


async def zairyu_client(settings: Settings) -> Zairyu:
    """The client of the applications."""
    keys = read_keys(settings)
    temporal = await connected(settings, keys)
    return Zairyu(temporal, BlobStore(settings.blobs, keys), profile=settings.interface_profile)


def answered(asking: Coroutine[Any, Any, T]) -> T:
    """What the service answers; that it does not answer, or refuses, ends the command."""
    try:
        return asyncio.run(asking)
    except MessageRefused as refused:
        fail(str(refused), REFUSED)
    except RPCError as error:
        fail(f"no answer ({error.status.name}); see that a worker runs: zairyu worker")


def findings_table(findings: Sequence[Finding]) -> Table:
    """Everything that is wrong with an input, one row each."""
    # Japanese, and paths into an input, have no spaces to break a line at.
    table = Table(*(Column(name, overflow="fold") for name in ("Place", "Rule", "内容", "What is wrong", "Source")))
    for finding in findings:
        table.add_row(finding.place or "/", finding.rule, finding.message.ja, finding.message.en, finding.source or "")
    return table
