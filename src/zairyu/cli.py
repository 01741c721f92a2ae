"""The command `zairyu`."""

import asyncio
import atexit
import json
import os
import sys
import uuid
from collections.abc import Coroutine, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from cryptography import x509
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from zairyu.activities.card_reader.channel import CardSource
from zairyu.activities.card_reader.console import ConsolePinPrompt
from zairyu.activities.card_reader.pcsc import PcscCardSource
from zairyu.activities.card_reader.terminal import CardTerminal
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import ApplicationRefused, MessageRefused, Zairyu
from zairyu.demo import DemoError, demo_as_json, demo_on_console, timeline
from zairyu.doctor import examine
from zairyu.installation import InstallationError, installation, sandbox_pki, sandbox_pki_directory
from zairyu.models import messages
from zairyu.models.base import Model
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.findings import Finding
from zairyu.models.schemas import SCHEMAS
from zairyu.models.snapshot import ApplicationSnapshot
from zairyu.rules.calendar import add_months, day_in_japan
from zairyu.rules.intake import malformed_findings
from zairyu.runtime.connection import connect, load_keys
from zairyu.runtime.embedded import EmbeddedServerError
from zairyu.runtime.keys import KeyRing, KeyRingError
from zairyu.runtime.logs import core_logs, set_up_logs
from zairyu.runtime.settings import Settings
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.municipality import issue_card
from zairyu.sandbox.card.personas import DEMO_APPLICANT
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.worker import core_worker, terminal_worker, until_stopped, watch_status_feed

app = typer.Typer(
    help="Zairyu: durable orchestration of Japanese residence-status applications.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables could show what must stay hidden.
    pretty_exceptions_enable=False,
)
_out = Console()
_err = Console(stderr=True)

T = TypeVar("T")

_REFUSED = 2
"""Exit code: the input was refused and nothing has changed."""
_FAILED = 1
"""Exit code: it could not be done."""

ApplicationIdArgument = Annotated[str, typer.Argument(help="The application's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def main() -> None:
    """Run the command, and leave without taking the interpreter down.

    The native threads of temporalio and obstore may still hand something to Python at that moment, which aborts the
    process now and then after all is done: a command that succeeded would end with an error.
    """
    code: int | str | None = 0
    try:
        app()
    except SystemExit as leaving:
        code = leaving.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


# ----- everything on this machine -------------------------------------------------------------------------------


@app.command()
def demo(as_json: AsJson = False) -> None:
    """Live through one whole application, from the form to the new card."""
    settings = _settings()
    try:
        snapshot = demo_as_json(settings) if as_json else demo_on_console(settings, _out)
    except (DemoError, InstallationError, EmbeddedServerError, KeyRingError) as error:
        _fail(str(error))
    if as_json:
        print(snapshot.model_dump_json(indent=2))
    else:
        _out.print("Run [bold]make up[/] to look at it in the Temporal UI, and to play the officer yourself.")


@app.command()
def up(
    automatic_officer: Annotated[bool, typer.Option(help="Let the sandbox's officer work by itself.")] = False,
) -> None:
    """Run server, sandbox, worker and a terminal with a virtual card, until Ctrl-C."""
    try:
        asyncio.run(_up(_settings(), automatic_officer))
    except (InstallationError, EmbeddedServerError, KeyRingError) as error:
        _fail(str(error))


async def _up(settings: Settings, automatic_officer: bool) -> None:
    async with installation(settings, automatic_officer=automatic_officer) as endpoints:
        keys = load_keys(settings)
        expires_on = add_months(_today(), 2)
        pki = sandbox_pki(settings)
        card = issue_card(sandbox_pki_directory(settings), DEMO_APPLICANT, expires_on)
        sample = write_application(settings.data_dir / "sample", DEMO_APPLICANT, expires_on=expires_on)
        places = Table.grid(padding=(0, 2))
        places.add_row("Temporal UI", endpoints.ui_url)
        places.add_row("Officer", f"{endpoints.sandbox_url}/officer")
        places.add_row("Store", f"{endpoints.sandbox_url}/store")
        places.add_row("Mailbox", f"{endpoints.sandbox_url}/mailbox")
        places.add_row("Logs", str(settings.data_dir / "logs"))
        _out.print(places)
        command = sys.argv[0]
        _out.print(f"\nIn another window:  {command} start --input {sample}")
        _out.print(f'                    {command} send ID sign_at \'{{"terminal_id": "T1"}}\'')
        _out.print(f"Terminal T1 then asks here for the password of the virtual card: {DEMO_APPLICANT.sign_password}\n")
        temporal = await connect(settings, keys)
        with closing(CardTerminal("T1", InProcessReader(card), ConsolePinPrompt(_out), [pki.sign_ca])) as terminal:
            async with terminal_worker(temporal, "T1", terminal):
                await until_stopped()
        _out.print("Stopping ...")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is missing on this machine, and the command that mends it. Exit code 1 if anything is."""
    checks = list(examine(_settings()))
    if as_json:
        print(json.dumps([check.model_dump() for check in checks], indent=2))
    else:
        table = Table("", "What", "Needed for", "Mended by")
        for check in checks:
            mark = "[green]✔[/]" if check.well else "[red]✘[/]"
            table.add_row(mark, check.what, check.needed_for, "" if check.well else check.mend)
        _out.print(table)
    if not all(check.well for check in checks):
        raise typer.Exit(_FAILED)


@app.command()
def sample(directory: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Write the application of a fictitious resident, with its documents, as an input for `zairyu start`."""
    # Not by rich, which would break a long path in two.
    print(write_application(directory, DEMO_APPLICANT, expires_on=add_months(_today(), 2)))


# ----- processes ------------------------------------------------------------------------------------------------


@app.command()
def worker() -> None:
    """Host the workflows and every activity but the card reader's, until told to stop."""
    settings = _settings()
    set_up_logs(settings.log_level, settings.log_format)
    try:
        asyncio.run(_worker(settings))
    except KeyRingError as error:
        _fail(str(error))


async def _worker(settings: Settings) -> None:
    keys = load_keys(settings)
    client = await _connected(settings, keys, core_logs())
    async with core_worker(client, settings, keys):
        await watch_status_feed(client, settings.interface_profile)
        print("ready", flush=True)
        await until_stopped()


@app.command()
def terminal(
    terminal_id: Annotated[str, typer.Option("--id", help="The terminal's name, for example T1.")],
    reader: Annotated[str | None, typer.Option(help="The reader's name; any reader by default.")] = None,
    virtual: Annotated[bool, typer.Option(help="Use the sandbox's virtual card instead of a reader.")] = False,
) -> None:
    """Be the desk terminal where applicants sign with their My Number card, until told to stop."""
    settings = _settings()
    set_up_logs(settings.log_level, settings.log_format)
    try:
        message = messages.SignAt(message_id="-", terminal_id=terminal_id)
        asyncio.run(_terminal(settings, message.terminal_id, reader, virtual))
    except ValidationError:
        _fail("a terminal's name has up to 32 letters, digits, - and _", _REFUSED)
    except KeyRingError as error:
        _fail(str(error))


async def _terminal(settings: Settings, terminal_id: str, reader: str | None, virtual: bool) -> None:
    client = await _connected(settings, load_keys(settings), core_logs())
    source: CardSource = PcscCardSource(reader)
    if virtual:
        card = issue_card(sandbox_pki_directory(settings), DEMO_APPLICANT, add_months(_today(), 2))
        source = InProcessReader(card)
    with closing(CardTerminal(terminal_id, source, ConsolePinPrompt(_err), _roots(settings))) as desk:
        async with terminal_worker(client, terminal_id, desk):
            _err.print(f"端末 {terminal_id} は署名の依頼を待っています。/ Terminal {terminal_id} waits for signatures.")
            await until_stopped()


def _roots(settings: Settings) -> Sequence[x509.Certificate]:
    """The authorities whose cards may sign: those that were named, or the sandbox's own."""
    if settings.signing_roots is None:
        return [sandbox_pki(settings).sign_ca]
    return x509.load_pem_x509_certificates(settings.signing_roots.read_bytes())


# ----- applications ---------------------------------------------------------------------------------------------


@app.command()
def start(
    input_file: Annotated[Path, typer.Option("--input", help="JSON with the form and the paths of the documents.")],
    as_json: AsJson = False,
) -> None:
    """Start an application. Bad input starts nothing: every finding is listed, and the exit code is 2."""
    _show(_answered(_started(_settings(), input_file, as_json)), as_json)


async def _started(settings: Settings, input_file: Path, as_json: bool) -> ApplicationSnapshot:
    zairyu = await _zairyu(settings)
    try:
        return await zairyu.start_file(input_file, on=_today())
    except ApplicationRefused as refused:
        _show_findings(refused.findings, as_json)
        raise typer.Exit(_REFUSED) from None


@app.command()
def show(application_id: ApplicationIdArgument, as_json: AsJson = False) -> None:
    """Show where an application is."""

    async def look() -> ApplicationSnapshot:
        return await (await _zairyu(_settings())).snapshot(application_id)

    _show(_answered(look()), as_json)


@app.command()
def send(
    application_id: ApplicationIdArgument,
    message: Annotated[str, typer.Argument(help=f"One of: {', '.join(messages.UPDATES)}.")],
    content: Annotated[str, typer.Argument(help="The message as JSON; `message_id` is made up when left out.")] = "{}",
    as_json: AsJson = False,
) -> None:
    """Send a person's decision to an application, and show where it is then."""
    kind = messages.UPDATES.get(message)
    if kind is None:
        _fail(f"there is no message {message!r}; there are: {', '.join(messages.UPDATES)}", _REFUSED)
    try:
        said = kind.model_validate({"message_id": str(uuid.uuid4()), **_object(content)})
    except ValidationError as error:
        _show_findings(tuple(malformed_findings(error)), as_json)
        raise typer.Exit(_REFUSED) from None

    async def tell() -> ApplicationSnapshot:
        return await (await _zairyu(_settings())).send(application_id, message, said)

    _show(_answered(tell()), as_json)


@app.command()
def supply(
    application_id: ApplicationIdArgument,
    number: Annotated[int, typer.Argument(help="The number of the request.")],
    files: Annotated[list[Path], typer.Argument(help="PDFs.", exists=True, dir_okay=False)],
) -> None:
    """Answer a request for additional documents with PDFs."""

    async def tell() -> Model:
        zairyu = await _zairyu(_settings())
        attachments = [Attachment(kind=AttachmentKind.OTHER, document=await zairyu.store_pdf(file)) for file in files]
        message = messages.SupplyDocuments(message_id=str(uuid.uuid4()), attachments=tuple(attachments))
        return await zairyu.supply_documents(application_id, number, message)

    _out.print_json(_answered(tell()).model_dump_json())


@app.command()
def schema(
    name: Annotated[str | None, typer.Argument(help="One schema; all of them by default.")] = None,
) -> None:
    """Print the JSON Schemas of every workflow's input, updates, signals, queries and result."""
    if name is not None and name not in SCHEMAS:
        _fail(f"there is no schema {name!r}; there are: {', '.join(SCHEMAS)}", _REFUSED)
    chosen = SCHEMAS if name is None else {name: SCHEMAS[name]}
    schemas = {key: model.model_json_schema() for key, model in chosen.items()}
    print(json.dumps(schemas if name is None else schemas[name], ensure_ascii=False, indent=2))


# ----- saying things --------------------------------------------------------------------------------------------


async def _zairyu(settings: Settings) -> Zairyu:
    try:
        keys = load_keys(settings)
    except KeyRingError as error:
        _fail(str(error))
    temporal = await _connected(settings, keys)
    return Zairyu(temporal, BlobStore(settings.blobs, keys), profile=settings.interface_profile)


async def _connected(settings: Settings, keys: KeyRing, runtime: Runtime | None = None) -> Client:
    try:
        return await connect(settings, keys, runtime=runtime)
    except RuntimeError:
        _fail("no Temporal server answers; start one with `make up`, or set TEMPORAL_ADDRESS")


def _answered(asking: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(asking)
    except MessageRefused as refused:
        _fail(str(refused), _REFUSED)
    except RPCError as error:
        _fail(f"no answer ({error.status.name}); see that a worker runs: zairyu worker")


def _show(snapshot: ApplicationSnapshot, as_json: bool) -> None:
    if as_json:
        print(snapshot.model_dump_json(indent=2))
        return
    _out.print(timeline(snapshot))
    _out.print(f"Phase: [bold]{snapshot.phase.value}[/]")
    if snapshot.waiting_for:
        _out.print(f"{snapshot.waiting_for.ja}\n{snapshot.waiting_for.en}")
    for attention in snapshot.attention:
        _out.print(f"[yellow]{attention.reason.value}[/]\n{attention.explanation.ja}\n{attention.explanation.en}")
        if attention.findings:
            _out.print(_findings_table(attention.findings))


def _show_findings(findings: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        print(json.dumps([finding.model_dump(mode="json") for finding in findings], ensure_ascii=False, indent=2))
    else:
        _err.print(_findings_table(findings))


def _findings_table(findings: Sequence[Finding]) -> Table:
    table = Table("Place", "Rule", "内容", "What is wrong", "Source")
    for finding in findings:
        table.add_row(finding.place or "/", finding.rule, finding.message.ja, finding.message.en, finding.source or "")
    return table


def _object(content: str) -> dict[str, object]:
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        _fail("the message is not a JSON object", _REFUSED)
    return value


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"ZAIRYU_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        _fail(f"the settings are wrong: {faults}", _REFUSED)


def _today() -> date:
    return day_in_japan(datetime.now(UTC))


def _fail(text: str, code: int = _FAILED) -> NoReturn:
    _err.print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)
