"""Commands for other systems and operators: start an application, look at it, speak to it."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from zairyu.cli.speaking import (
    REFUSED,
    AsJson,
    answered,
    fail,
    findings_table,
    out,
    read_settings,
    show_findings,
    show_matters,
    timeline,
    today,
    typed_message,
    zairyu_client,
)
from zairyu.client import ApplicationRefused
from zairyu.models import messages
from zairyu.models.base import Model
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.schemas import SCHEMAS
from zairyu.models.snapshot import ApplicationSnapshot
from zairyu.rules.calendar import JAPAN
from zairyu.runtime.settings import Settings

ApplicationIdArgument = Annotated[str, typer.Argument(help="The application's id.")]


def start(
    input_file: Annotated[Path, typer.Option("--input", help="JSON with the form and the paths of the documents.")],
    as_json: AsJson = False,
) -> None:
    """Start an application. Bad input starts nothing: every finding is listed, and the exit code is 2."""
    _show(answered(_started(read_settings(), input_file, as_json)), as_json)


async def _started(settings: Settings, input_file: Path, as_json: bool) -> ApplicationSnapshot:
    zairyu = await zairyu_client(settings)
    try:
        return await zairyu.start_file(input_file, on=today())
    except ApplicationRefused as refused:
        show_findings(refused.findings, as_json)
        raise typer.Exit(REFUSED) from None


def show(application_id: ApplicationIdArgument, as_json: AsJson = False) -> None:
    """Show where an application is."""

    async def look() -> ApplicationSnapshot:
        return await (await zairyu_client(read_settings())).snapshot(application_id)

    _show(answered(look()), as_json)


def send(
    application_id: ApplicationIdArgument,
    message: Annotated[str, typer.Argument(help=f"One of: {', '.join(messages.UPDATES)}.")],
    content: Annotated[str, typer.Argument(help="The message as JSON; `message_id` is made up when left out.")] = "{}",
    as_json: AsJson = False,
) -> None:
    """Send a person's decision to an application, and show where it is then."""
    said = typed_message(messages.UPDATES, message, content, as_json)

    async def tell() -> ApplicationSnapshot:
        zairyu = await zairyu_client(read_settings())
        await zairyu.send(application_id, message, said)
        # What the message brought about begins only after the answer to it.
        return await zairyu.snapshot(application_id)

    _show(answered(tell()), as_json)


def supply(
    application_id: ApplicationIdArgument,
    number: Annotated[int, typer.Argument(help="The number of the request.")],
    files: Annotated[list[Path] | None, typer.Argument(help="PDFs.", exists=True, dir_okay=False)] = None,
    delivery: Annotated[
        int | None, typer.Option(min=2, help="What did not fit into the package: the second delivery, or a later one.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="More follows: the request stays open.")] = False,
    card_valid_until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The last day of the signer's My Number card, if it was extended since filing."
        ),
    ] = None,
) -> None:
    """Answer a request for additional documents: with PDFs, or with what did not fit into the package."""
    if bool(files) is (delivery is not None):
        fail("name PDFs, or a delivery", REFUSED)

    async def tell() -> Model:
        zairyu = await zairyu_client(read_settings())
        attachments: Sequence[Attachment] = [
            Attachment(kind=AttachmentKind.OTHER, document=await zairyu.store_pdf(file)) for file in files or ()
        ]
        if delivery is not None:
            to_follow = (await zairyu.snapshot(application_id)).to_follow
            if delivery - 2 >= len(to_follow):
                fail(f"there is no delivery {delivery}; {len(to_follow)} follow the first", REFUSED)
            attachments = to_follow[delivery - 2]
        message = messages.SupplyDocuments(
            message_id=str(uuid.uuid4()),
            attachments=tuple(attachments),
            complete=not partial,
            card_valid_until=card_valid_until and card_valid_until.date(),
        )
        return await zairyu.supply_documents(application_id, number, message)

    out.print_json(answered(tell()).model_dump_json())


def schema(
    name: Annotated[str | None, typer.Argument(help="One schema; all of them by default.")] = None,
) -> None:
    """Print the JSON Schemas of every workflow's input, updates, signals, queries and result."""
    if name is not None and name not in SCHEMAS:
        fail(f"there is no schema {name!r}; there are: {', '.join(SCHEMAS)}", REFUSED)
    chosen = SCHEMAS if name is None else {name: SCHEMAS[name]}
    schemas = {key: model.model_json_schema() for key, model in chosen.items()}
    print(json.dumps(schemas if name is None else schemas[name], ensure_ascii=False, indent=2))


def _show(snapshot: ApplicationSnapshot, as_json: bool) -> None:
    if as_json:
        print(snapshot.model_dump_json(indent=2))
        return
    out.print(timeline(snapshot))
    out.print(f"Phase: [bold]{snapshot.phase.value}[/]")
    if snapshot.waiting_for:
        out.print(f"{snapshot.waiting_for.ja}\n{snapshot.waiting_for.en}")
    if (nearest := snapshot.next_deadline) is not None:
        at = f"{nearest.at.astimezone(JAPAN):%Y-%m-%d %H:%M}"
        _say(f"次の期限：{at}（{nearest.what.ja}）", f"Next deadline: {at} JST ({nearest.what.en})")
    _show_stay(snapshot)
    _show_news(snapshot)
    for index, attachments in enumerate(snapshot.to_follow, start=2):
        kinds = ", ".join(attachment.kind.label.en for attachment in attachments)
        when = "supplied" if index in snapshot.followed else "when the agency asks"
        out.print(f"Delivery {index}, {when}: {kinds}", markup=False)
    if snapshot.package_findings:
        out.print(findings_table(snapshot.package_findings))
    show_matters(snapshot.attention, snapshot.manual_steps)
    for what in snapshot.corrections:
        _say(f"訂正：{what}", f"To be corrected: {what}")


def _show_stay(snapshot: ApplicationSnapshot) -> None:
    """What it means for the stay: while nobody knows the decision, and after a denial."""
    last = snapshot.special_period_until
    if last is not None and snapshot.outcome is None:
        begun = snapshot.in_special_period
        _say(
            f"特例期間{'中です' if begun else 'になった場合'}：決定がなければ{last}まで在留できます。",
            f"{'In the special period' if begun else 'If the special period begins'}: without a decision the stay "
            f"lasts until {last}.",
        )
    if snapshot.after_denial is not None:
        _say(snapshot.after_denial.ja, snapshot.after_denial.en)


def _show_news(snapshot: ApplicationSnapshot) -> None:
    """What is odd in what the agency says, and when it cannot be reached."""
    for unknown in snapshot.unknown_words:
        _say(
            f"対応表にない語（{unknown.axis.label.ja}）：「{unknown.word}」",
            f"A word that the profile does not have ({unknown.axis.label.en}): “{unknown.word}”",
        )
    for two in snapshot.disagreements:
        _say(f"食い違い　{two.sentence.ja}", f"Disagreement. {two.sentence.en}")
    for window in snapshot.maintenance:
        begins, ends = (f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M}" for moment in (window.begins, window.ends))
        _say(
            f"保守（{begins}～{ends}）の間に期限が来ます。{begins}までに済ませてください。",
            f"A deadline falls into the maintenance from {begins} to {ends} JST: be done before it begins.",
        )


def _say(ja: str, en: str) -> None:
    out.print(f"{ja}\n{en}", markup=False)
