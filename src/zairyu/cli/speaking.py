"""What every command does alike: read the settings, find the server, say what went wrong."""

import asyncio
import json
import sys
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.errors import BlobStoreUnavailable
from zairyu.activities.packaging.errors import SpecPackUnavailable
from zairyu.activities.packaging.shelf import load_packs
from zairyu.client import MessageRefused, Zairyu
from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding
from zairyu.models.messages import Message
from zairyu.models.names import manual_step_page, runbook_page
from zairyu.models.snapshot import ApplicationSnapshot, Attention, ManualStep, TimelineEntry
from zairyu.models.stay import StayAttention
from zairyu.rules.calendar import JAPAN, day_in_japan
from zairyu.rules.intake import malformed_findings
from zairyu.rules.interface_profiles import InterfaceProfileFaulty, interface_profile
from zairyu.rules.readable import unreadable_parts
from zairyu.rules.spec_packs import SpecPackFaulty, SpecPacks
from zairyu.runtime.connection import connect, load_keys
from zairyu.runtime.keys import KeyRing, KeyRingError
from zairyu.runtime.logs import set_up_logs
from zairyu.runtime.settings import Settings

out = Console()
err = Console(stderr=True)

T = TypeVar("T")
M = TypeVar("M", bound=Message)

REFUSED: Final = 2
"""Exit code: the input was refused and nothing has changed."""
FAILED: Final = 1
"""Exit code: it could not be done."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def fail(text: str, code: int = FAILED) -> NoReturn:
    """Say why not, and end the command."""
    err.print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file, or in standard input; anything else ends the command."""
    try:
        # As bytes: JSON tells its own encoding, also after a byte order mark.
        content = json.loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        fail(f"the input cannot be read: {error.strerror}", REFUSED)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        fail("the input is not a JSON object", REFUSED)
    return content


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


async def spec_packs(settings: Settings, code: int = FAILED) -> SpecPacks:
    """The spec packs; that one cannot be used ends the command, with this exit code."""
    try:
        return await load_packs(settings.spec_packs, settings.spec_pack_cache, samples=settings.is_sandbox)
    except (SpecPackUnavailable, SpecPackFaulty) as error:
        fail(str(error), code)


async def zairyu_client(settings: Settings) -> Zairyu:
    """The client of the applications."""
    try:
        profile = interface_profile(settings.interface_profile)
    except InterfaceProfileFaulty as error:
        fail(str(error))
    keys = read_keys(settings)
    temporal = await connected(settings, keys)
    return Zairyu(temporal, BlobStore(settings.blobs, keys), await spec_packs(settings), profile=profile.name)


def answered(asking: Coroutine[Any, Any, T]) -> T:
    """What the service answers; that it does not answer, or refuses, ends the command."""
    try:
        return asyncio.run(asking)
    except MessageRefused as refused:
        fail(str(refused), REFUSED)
    except BlobStoreUnavailable:
        fail("the document store cannot be reached; nothing was started or said")
    except KeyRingError as error:
        fail(str(error))
    except RPCError as error:
        if "search attribute" in error.message:
            fail("the server has not all of our search attributes; docs/operations.md says how to add them")
        fail(f"no answer ({error.status.name}); see that a worker runs: zairyu worker")


def findings_table(findings: Sequence[Finding]) -> Table:
    """Everything that is said of an input, one row each."""
    # Japanese, and paths into an input, have no spaces to break a line at; and few columns fit beside a long path.
    table = Table("", Column("Findings", overflow="fold"), show_header=False, show_lines=True)
    for finding in findings:
        place = f"{finding.place or '/'}  {finding.rule}"
        told = Text("\n".join([place, finding.message.ja, finding.message.en]))
        about = [text for text in (finding.value_class, finding.source) if text]
        told.append("\n" + "; ".join(about) if about else "", style="dim")
        table.add_row(finding.severity.value, told)
    return table


def show_findings(findings: Sequence[Finding], as_json: bool) -> None:
    """Everything that is wrong with an input, for people or for programs."""
    if as_json:
        print(json.dumps([finding.model_dump(mode="json") for finding in findings], ensure_ascii=False, indent=2))
    else:
        err.print(findings_table(findings))


def show_matters(attention: Sequence[Attention | StayAttention], manual_steps: Sequence[ManualStep] = ()) -> bool:
    """What needs a person, with the page that says what to do.

    Returns:
        Whether there is anything.
    """
    for step in manual_steps:
        taken = "" if step.assignee is None else f" @{step.assignee}"
        _show_matter(f"✋ {step.kind.value}{taken}", step.instructions, manual_step_page(step.kind))
    for matter in attention:
        _show_matter(matter.reason.value, matter.explanation, runbook_page(matter.reason))
        if isinstance(matter, Attention) and matter.findings:
            out.print(findings_table(matter.findings))
    return bool(attention or manual_steps)


def _show_matter(what: str, told: BilingualText, page: str) -> None:
    out.print(Text.assemble((what, "yellow"), f"\n{told.ja}\n{told.en}\n", (page, "dim")))


def timeline(snapshot: ApplicationSnapshot) -> Table:
    """What happened to an application, as a table."""
    end = snapshot.end.value if snapshot.end else "open"
    return timeline_table(f"Application {snapshot.application_id}: {end}", snapshot.timeline)


def timeline_table(title: str, entries: Sequence[TimelineEntry]) -> Table:
    """What happened, one line each. Moments are shown in Japan's time."""
    table = Table(title=title)
    table.add_column("JST")
    table.add_column("What happened")
    # Japanese has no spaces to break a line at.
    table.add_column("経過", overflow="fold")
    for entry in entries:
        table.add_row(f"{entry.at.astimezone(JAPAN):%Y-%m-%d %H:%M:%S}", entry.text.en, entry.text.ja)
    return table


def typed_message(kinds: Mapping[str, type[M]], name: str, content: str, as_json: bool) -> M:
    """A message as it is typed; one that is unknown or malformed ends the command. Its id is made up if it has none."""
    kind = kinds.get(name)
    if kind is None:
        fail(f"there is no message {name!r}; there are: {', '.join(kinds)}", REFUSED)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        fail("the message is not a JSON object", REFUSED)
    if unreadable := unreadable_parts(value):
        show_findings(unreadable, as_json)
        raise typer.Exit(REFUSED)
    try:
        return kind.model_validate({"message_id": str(uuid.uuid4()), **value})
    except ValidationError as error:
        show_findings(tuple(malformed_findings(error)), as_json)
        raise typer.Exit(REFUSED) from None
