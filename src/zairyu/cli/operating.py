"""Commands for operators: what needs a person, and what a person has decided or done about it."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final, TypeAlias

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Column, Table
from rich.text import Text

from zairyu.activities.documents.errors import DocumentError
from zairyu.cli.speaking import (
    REFUSED,
    AsJson,
    answered,
    fail,
    out,
    read_settings,
    show_matters,
    typed_message,
    zairyu_client,
)
from zairyu.client import Zairyu
from zairyu.models import messages
from zairyu.models.agency_mail import AgencyMailSnapshot
from zairyu.models.document_request import DOCUMENT_REQUEST_UPDATES, DocumentRequestSnapshot
from zairyu.models.feed import FEED_UPDATES, FeedSnapshot
from zairyu.models.names import document_request_workflow_id, manual_step_page, runbook_page
from zairyu.models.needs_person import NeedsPerson
from zairyu.models.registration import REGISTRATION_UPDATES, RegistrationSnapshot
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, ManualStepKind, OperatorId
from zairyu.models.stay import STAY_UPDATES, StayMatter, StaySnapshot
from zairyu.rules.calendar import JAPAN

Snapshot: TypeAlias = (
    ApplicationSnapshot
    | DocumentRequestSnapshot
    | RegistrationSnapshot
    | StaySnapshot
    | FeedSnapshot
    | AgencyMailSnapshot
)

_LOGIN: Final[TypeAdapter[OperatorId]] = TypeAdapter(OperatorId)
_MATTERS: Final[Mapping[str, AttentionReason | StayMatter]] = {
    **StayMatter.__members__,
    **AttentionReason.__members__,
}

ProcessIdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="An application's id, or an id as `zairyu attention` lists it.")
]
KindArgument = Annotated[ManualStepKind, typer.Argument(help="The manual step.", case_sensitive=False)]
RequestOption = Annotated[
    int | None, typer.Option("--request", min=1, help="It is a step of this request for documents.")
]

step = typer.Typer(help="What a person does by hand because the interface cannot.", no_args_is_help=True)


@dataclass(frozen=True)
class Process:
    """A process that operators speak to: what it takes, and how it is told and asked."""

    process_id: str
    takes: Mapping[str, type[messages.Message]]
    tell: Callable[[Zairyu, str, messages.Message], Awaitable[Snapshot]]
    look: Callable[[Zairyu], Awaitable[Snapshot]]


# ----- what needs a person -------------------------------------------------------------------------------------------


def attention(
    mine: Annotated[str | None, typer.Option(metavar="LOGIN", help="Only what this operator has taken.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="REASON", help="Only this matter.")] = None,
    as_json: AsJson = False,
) -> None:
    """List everything that needs a person, the nearest deadline first, with the page that says what to do."""
    matter = None if reason is None else _MATTERS.get(reason.upper())
    if reason is not None and matter is None:
        fail(f"there is no matter {reason!r}; there are: {', '.join(_MATTERS)}", REFUSED)
    login = None if mine is None else _login(mine)

    async def look() -> list[NeedsPerson]:
        return await (await zairyu_client(read_settings())).needing_person(reason=matter, assignee=login)

    found = answered(look())
    if as_json:
        print(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False, indent=2))
    elif found:
        out.print(_table(found))
    else:
        out.print("対応の必要な手続はありません。/ Nothing needs a person.")


def _table(found: list[NeedsPerson]) -> Table:
    table = Table(
        Column("手続 / Process", overflow="fold"),
        Column("期限 / Deadline", no_wrap=True),
        Column("要対応・手作業、手引き / What, and the page", overflow="fold"),
        show_lines=True,
    )
    for one in found:
        what = [*one.reasons, *(f"✋ {kind}" for kind in one.manual_steps), *(f"@{login}" for login in one.assignees)]
        table.add_row(
            Text.assemble(one.process_id, (f"\n{_moment(one.started_at)}～", "dim")),
            _moment(one.next_deadline) if one.next_deadline else "",
            Text.assemble("\n".join(what), ("\n" + "\n".join(one.runbook), "dim")),
        )
    return table


def _moment(at: datetime) -> str:
    return f"{at.astimezone(JAPAN):%Y-%m-%d %H:%M}"


# ----- what a person says ---------------------------------------------------------------------------------------------


def resolve(
    process_id: ProcessIdArgument,
    reason: Annotated[AttentionReason, typer.Argument(help="The matter.", case_sensitive=False)],
    action: Annotated[
        messages.ResolveAction,
        typer.Argument(help="RETRY or ABANDON what is parked; anything else is acknowledged.", case_sensitive=False),
    ] = messages.ResolveAction.ACKNOWLEDGE,
    note: Annotated[str | None, typer.Option(help="Why. Kept in the history, not shown.")] = None,
    as_json: AsJson = False,
) -> None:
    """Decide on a matter that needs a person: put it aside, or move on what is parked."""
    _say(_process(process_id), "resolve", {"reason": reason, "action": action, "note": note}, reason, as_json)


@step.command()
def assign(
    process_id: ProcessIdArgument,
    kind: KindArgument,
    login: Annotated[str | None, typer.Argument(help="Who takes it; left out, nobody has it any more.")] = None,
    request: RequestOption = None,
    as_json: AsJson = False,
) -> None:
    """Note who has taken a manual step."""
    assignee = None if login is None else _login(login)
    _say(_process(process_id, request), "assign_manual_step", {"step": kind, "assignee": assignee}, kind, as_json)


@step.command()
def done(
    process_id: ProcessIdArgument,
    kind: KindArgument,
    evidence: Annotated[str, typer.Option(help="What shows that it was done, for example the office and the day.")],
    said: Annotated[
        str | None, typer.Option(metavar="JSON", help="What the agency says there, as the step's page tells.")
    ] = None,
    request: RequestOption = None,
    as_json: AsJson = False,
) -> None:
    """Note that a manual step is done, and what the agency said there."""
    content = {"step": kind, "evidence": evidence, "said": None if said is None else _object(said)}
    _say(_process(process_id, request), "complete_manual_step", content, kind, as_json)


@step.command()
def documents(
    application_id: Annotated[str, typer.Argument(help="The application's id.")],
    number: Annotated[int, typer.Argument(min=1, help="The number of the request.")],
    file: Annotated[Path, typer.Argument(help="Where to write the PDF; nothing is overwritten.", dir_okay=False)],
) -> None:
    """Write the documents that a person hands in for a request: one PDF, with its declaration."""

    async def write() -> bool:
        zairyu = await zairyu_client(read_settings())
        prepared = (await zairyu.document_request(application_id, number)).prepared
        if prepared is not None:
            with await asyncio.to_thread(_new_private_file, file) as into:
                await zairyu.fetch_document(prepared, into)
        return prepared is not None

    try:
        written = answered(write())
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}", REFUSED)
    except DocumentError as error:
        fail(f"{error.sentence.ja} / {error.sentence.en}")
    if not written:
        fail("nothing is prepared: the applicant has not answered, or the interface takes the answer", REFUSED)


def _new_private_file(file: Path) -> BinaryIO:
    """One that nobody else on this computer reads, and that was not there."""
    return open(file, "x+b", opener=lambda path, flags: os.open(path, flags, mode=0o600))


def _say(
    process: Process, name: str, content: Mapping[str, object], about: AttentionReason | ManualStepKind, as_json: bool
) -> None:
    """Tell a process, and show what is left to do there."""
    if name not in process.takes:
        page = manual_step_page(about) if isinstance(about, ManualStepKind) else runbook_page(about)
        fail(f"{process.process_id} takes no {name}; {page} says what settles it", REFUSED)
    message = typed_message(process.takes, name, json.dumps(content), as_json)

    async def tell() -> Snapshot:
        zairyu = await zairyu_client(read_settings())
        await process.tell(zairyu, name, message)
        # What the message brought about begins only after the answer to it.
        return await process.look(zairyu)

    snapshot = answered(tell())
    if as_json:
        print(snapshot.model_dump_json(indent=2))
        return
    out.print(f"{process.process_id}: {name} {about}", markup=False, highlight=False)
    match snapshot:
        case ApplicationSnapshot() | DocumentRequestSnapshot() | RegistrationSnapshot():
            left = show_matters(snapshot.attention, snapshot.manual_steps)
        case _:
            left = show_matters(snapshot.attention)
    if not left:
        out.print("対応の必要なことは残っていません。/ Nothing is left that needs a person.")


def _process(process_id: str, request: int | None = None) -> Process:
    """The process of an id as operators have it in hand."""
    match process_id.split("/"):
        case ["status-feed", *profile] if len(profile) <= 1:
            return Process(
                process_id,
                FEED_UPDATES,
                lambda zairyu, name, said: zairyu.send_to_feed(name, said, *profile),
                lambda zairyu: zairyu.feed(*profile),
            )
        case ["agency-mail", *profile] if len(profile) <= 1:
            return Process(
                process_id,
                {"resolve": messages.Resolve},
                lambda zairyu, name, said: zairyu.send_to_agency_mail(name, said, *profile),
                lambda zairyu: zairyu.agency_mail(*profile),
            )
        case ["stay", user_id]:
            return Process(
                process_id,
                STAY_UPDATES,
                lambda zairyu, name, said: zairyu.send_to_stay(user_id, name, said),
                lambda zairyu: zairyu.stay(user_id),
            )
        case ["registration", user_id]:
            return Process(
                process_id,
                REGISTRATION_UPDATES,
                lambda zairyu, name, said: zairyu.send_to_registration(user_id, name, said),
                lambda zairyu: zairyu.registration(user_id),
            )
        case ["application", application_id, "documents", number] if number.isdecimal():
            return _document_request(application_id, int(number))
    application_id = process_id.removeprefix("application/")
    if "/" in application_id:
        fail(f"there is no such process {process_id!r}; `zairyu attention` lists ids", REFUSED)
    if request is not None:
        return _document_request(application_id, request)
    return Process(
        f"application/{application_id}",
        messages.UPDATES,
        lambda zairyu, name, said: zairyu.send(application_id, name, said),
        lambda zairyu: zairyu.snapshot(application_id),
    )


def _document_request(application_id: str, number: int) -> Process:
    return Process(
        document_request_workflow_id(application_id, number),
        DOCUMENT_REQUEST_UPDATES,
        lambda zairyu, name, said: zairyu.send_to_document_request(application_id, number, name, said),
        lambda zairyu: zairyu.document_request(application_id, number),
    )


def _login(word: str) -> OperatorId:
    try:
        return _LOGIN.validate_python(word)
    except ValidationError:
        fail("a login has up to 40 small letters, digits, points, - and _; it is no name", REFUSED)


def _object(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        fail("what the agency said is not JSON", REFUSED)
