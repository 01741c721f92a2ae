"""The demo: one application from the form to the new card, played by a fictitious applicant."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Column, Table

from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.errors import CardReaderError
from zairyu.activities.card_reader.password import CardInfoPin, SignPassword
from zairyu.activities.card_reader.prompt import Consent
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import MessageRefused, Zairyu
from zairyu.installation import installation
from zairyu.models import messages
from zairyu.models.card import CardReadRequest, SignatureRequest
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.snapshot import ApplicationSnapshot, Phase
from zairyu.models.status import CollectionStatus
from zairyu.rules.calendar import add_months, day_in_japan
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.connection import Endpoints, connect, load_keys
from zairyu.runtime.settings import Settings
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.municipality import issue_card
from zairyu.sandbox.card.personas import DEMO_APPLICANT, Persona
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.virtual_desk import sandbox_pki, sandbox_pki_directory
from zairyu.worker import terminal_worker

TERMINAL_ID = "demo"
_OFFICER_PACE = 1.0
_LONGEST = timedelta(minutes=3)


class DemoError(Exception):
    """The story did not come to its end."""


class PersonaPrompt:
    """The fictitious applicant at the terminal, who knows their own password."""

    def __init__(self, persona: Persona) -> None:
        self._persona = persona

    async def ask_for_card(self, requests: Sequence[SignatureRequest], notice: CardReaderError | None) -> None:
        """The card lies on the reader already."""
        await asyncio.Event().wait()

    async def ask_for_consent(self, requests: Sequence[SignatureRequest], tries_left: int) -> Consent:
        """Confirm everything, and type the password."""
        confirmed = frozenset(request.application_id for request in requests)
        return Consent(confirmed, SignPassword(self._persona.sign_password))

    async def show_signing(self) -> None:
        """The card is not moved."""

    async def show_signed(self, requests: Sequence[SignatureRequest], holder: str) -> None:
        """The application's timeline tells."""

    async def ask_for_card_to_read(self, request: CardReadRequest, notice: CardReaderError | None) -> None:
        """The card lies on the reader already."""
        await asyncio.Event().wait()

    async def ask_for_pin(self, request: CardReadRequest, tries_left: int) -> CardInfoPin:
        """Type the PIN."""
        return CardInfoPin(self._persona.auth_pin)

    async def show_reading(self) -> None:
        """The card is not moved."""

    async def show_read(self, request: CardReadRequest, holder: str) -> None:
        """The registration's timeline tells."""

    async def show_failure(self, error: CardReaderError) -> bool:
        """What goes wrong in the demo is not hidden by a second try."""
        return False

    async def show_taken_back(self) -> None:
        """Nobody takes anything back in the demo."""


async def run_demo(settings: Settings, show: Callable[[ApplicationSnapshot, Endpoints], None]) -> ApplicationSnapshot:
    """Live through one whole application on a real server.

    Args:
        settings: where the data directory is.
        show: is told the state of the application again and again.

    Raises:
        DemoError: it took too long.
        InstallationError: a part did not start.
    """
    async with installation(settings, automatic_officer=True, officer_pace=_OFFICER_PACE) as endpoints:
        keys = load_keys(settings)
        temporal = await connect(settings, keys)
        zairyu = Zairyu(temporal, BlobStore(settings.blobs, keys), sample_packs())
        today = day_in_japan(datetime.now(UTC))
        expires_on = add_months(today, 2)
        pki = sandbox_pki(settings)
        card = issue_card(sandbox_pki_directory(settings), DEMO_APPLICANT, expires_on)
        reader = InProcessReader(card)
        desk = Desk(reader, PersonaPrompt(DEMO_APPLICANT), TrustedRoots.of([pki.sign_ca]))
        async with terminal_worker(temporal, TERMINAL_ID, desk, reader):
            input_file = write_application(settings.data_dir / "demo", DEMO_APPLICANT, expires_on=expires_on)
            applicant = Applicant(zairyu, endpoints, input_file, today, show)
            try:
                async with asyncio.timeout(_LONGEST.total_seconds()):
                    return await applicant.live_through_it()
            except TimeoutError:
                raise DemoError(f"the application did not close in {_LONGEST}") from None


class Applicant:
    """Does what a resident does: hands in, signs, supplies what is asked for, pays, collects."""

    def __init__(
        self,
        zairyu: Zairyu,
        endpoints: Endpoints,
        input_file: Path,
        today: date,
        show: Callable[[ApplicationSnapshot, Endpoints], None],
    ) -> None:
        self._zairyu = zairyu
        self._endpoints = endpoints
        self._input = input_file
        self._today = today
        self._show = show

    async def live_through_it(self) -> ApplicationSnapshot:
        """Act whenever the application waits for the applicant."""
        snapshot = await self._zairyu.start_file(self._input, on=self._today)
        done: set[str] = set()
        while snapshot.phase is not Phase.CLOSED:
            self._show(snapshot, self._endpoints)
            for what, act in self._asked(snapshot).items():
                if what not in done:
                    # It may be asked for a moment before it is taken; then it is said once more.
                    with suppress(MessageRefused):
                        await act()
                        done.add(what)
            await asyncio.sleep(0.2)
            snapshot = await self._zairyu.snapshot(snapshot.application_id)
        self._show(snapshot, self._endpoints)
        return snapshot

    def _asked(self, snapshot: ApplicationSnapshot) -> dict[str, Callable[[], Awaitable[object]]]:
        """What the application waits for, by a name under which it is done once."""
        application_id = snapshot.application_id
        asked: dict[str, Callable[[], Awaitable[object]]] = {}
        if snapshot.phase is Phase.SIGNATURE:
            asked["sign"] = partial(
                self._zairyu.sign_at, application_id, messages.SignAt(message_id="demo-sign", terminal_id=TERMINAL_ID)
            )
        if snapshot.phase is Phase.EXAMINATION:
            for request in snapshot.document_requests:
                if not request.supplied:
                    asked[f"documents {request.number}"] = partial(self._supply, application_id, request.number)
        if snapshot.phase is Phase.PAYMENT and snapshot.fee is not None:
            asked["pay"] = partial(self._pay, application_id, snapshot.fee.payment_number)
        if snapshot.phase is Phase.COLLECTION and snapshot.collection_status is not CollectionStatus.NOT_READY:
            asked["collect"] = partial(
                self._zairyu.confirm_collection,
                application_id,
                messages.ConfirmCollection(message_id="demo-collect", collected_on=self._today),
            )
        return asked

    async def _supply(self, application_id: str, number: int) -> None:
        declaration = await self._zairyu.store_pdf(self._input.parent / "declaration.pdf")
        await self._zairyu.supply_documents(
            application_id,
            number,
            messages.SupplyDocuments(
                message_id=f"demo-documents-{number}",
                attachments=(Attachment(kind=AttachmentKind.DECLARATION, document=declaration),),
            ),
        )

    async def _pay(self, application_id: str, payment_number: str) -> None:
        """Pay at the sandbox's convenience store, and say so."""
        async with httpx.AsyncClient(base_url=self._endpoints.sandbox_url) as town:
            answer = await town.post("/store/payments", data={"payment_number": payment_number})
            if answer.is_error:
                raise DemoError(f"the store did not take the payment: {answer.status_code}")
        with suppress(MessageRefused):  # the agency may have been quicker with the news than we
            await self._zairyu.report_payment(
                application_id, messages.ReportPayment(message_id="demo-pay", paid_on=self._today)
            )


class LiveShow:
    """Shows an application on the console while it lives."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._spinner = Spinner("dots")

    def __call__(self, snapshot: ApplicationSnapshot, endpoints: Endpoints) -> None:
        """Show the phases, what is waited for, and where to look."""
        self._live.update(Group(_phases(snapshot), self._waiting(snapshot), _places(snapshot, endpoints)))

    def _waiting(self, snapshot: ApplicationSnapshot) -> Spinner | str:
        if snapshot.phase is Phase.CLOSED:
            return ""
        text = snapshot.waiting_for
        self._spinner.update(text=f"{text.en}  {text.ja}" if text else "Working.")
        return self._spinner


_STORY = (
    Phase.INTAKE,
    Phase.FILING_WINDOW,
    Phase.PACKAGING,
    Phase.SIGNATURE,
    Phase.SUBMISSION,
    Phase.RECEIPT,
    Phase.EXAMINATION,
    Phase.DECISION,
    Phase.PAYMENT,
    Phase.COLLECTION,
)


def _phases(snapshot: ApplicationSnapshot) -> Table:
    here = len(_STORY) if snapshot.phase is Phase.CLOSED else _STORY.index(snapshot.phase)
    table = Table.grid(padding=(0, 1))
    for index, phase in enumerate(_STORY):
        mark, style = ("✔", "green") if index < here else ("▶", "bold") if index == here else ("·", "dim")
        table.add_row(f"[{style}]{mark}[/]", f"[{style}]{phase.value.replace('_', ' ').capitalize()}[/]")
    return table


def _places(snapshot: ApplicationSnapshot, endpoints: Endpoints) -> Panel:
    workflow = f"{endpoints.ui_url}/namespaces/default/workflows/application%2F{snapshot.application_id}"
    table = Table.grid(Column(), Column(overflow="fold"), padding=(0, 2))
    table.add_row("Temporal UI", workflow)
    table.add_row("Officer", f"{endpoints.sandbox_url}/officer")
    table.add_row("Mailbox", f"{endpoints.sandbox_url}/mailbox")
    return Panel(table, title="Look while it runs", expand=False)


def demo_on_console(settings: Settings, console: Console) -> ApplicationSnapshot:
    """Run the demo with a live display."""
    console.print("Starting a Temporal server, the sandbox and a worker ...")
    with Live(console=console, refresh_per_second=8) as live:
        snapshot = asyncio.run(run_demo(settings, LiveShow(live)))
    console.print()
    return snapshot


def demo_as_json(settings: Settings) -> ApplicationSnapshot:
    """Run the demo without a display."""
    return asyncio.run(run_demo(settings, lambda _snapshot, _endpoints: None))
