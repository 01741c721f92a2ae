"""Commands for other systems and operators: start an application, look at it, speak to it."""

import json
import uuid
from collections.abc import Sequence
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
    today,
    typed_message,
    zairyu_client,
)
from zairyu.client import ApplicationRefused
from zairyu.demo import timeline
from zairyu.models import messages
from zairyu.models.base import Model
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.schemas import SCHEMAS
from zairyu.models.snapshot import ApplicationSnapshot
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
        message = messages.SupplyDocuments(message_id=str(uuid.uuid4()), attachments=tuple(attachments))
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
    for index, attachments in enumerate(snapshot.to_follow, start=2):
        kinds = ", ".join(attachment.kind.label.en for attachment in attachments)
        out.print(f"Delivery {index}, when the agency asks: {kinds}", markup=False)
    if snapshot.package_findings:
        out.print(findings_table(snapshot.package_findings))
    for step in snapshot.manual_steps:
        out.print(f"[yellow]{step.kind.value}[/]\n{step.instructions.ja}\n{step.instructions.en}")
    for attention in snapshot.attention:
        out.print(f"[yellow]{attention.reason.value}[/]\n{attention.explanation.ja}\n{attention.explanation.en}")
        if attention.findings:
            out.print(findings_table(attention.findings))
