"""The whole world of one application, real in every part, with a clock that tests may move.

The Temporal server is the real one with its own time skipping, where each workflow has a clock of its own. Human
waits need a clock that stands still until a test moves it, so workflows start with skipping disabled, and
`World.advance` moves one workflow and the sandbox together.
"""

import asyncio
import io
import json
import uuid
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tests.cards import DaemonRig
from tests.dns_server import NameServer
from tests.documents import content_of
from tests.dovecot import Dovecot
from tests.fingers import Fingers
from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.mynaportal.watch import Pace
from zairyu.client import Zairyu
from zairyu.models import messages
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.names import (
    agency_mail_workflow_id,
    application_workflow_id,
    document_request_workflow_id,
    status_feed_workflow_id,
)
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import ApplicationSnapshot, End, Phase
from zairyu.rules.calendar import add_months
from zairyu.rules.interface_profiles import SANDBOX, interface_profile
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.embedded import temporal_program
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.runtime.settings import Settings
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.personas import DEMO_APPLICANT, Persona
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.tries import TryCounters
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.sandbox.offers import Offer
from zairyu.sandbox.samples import write_samples
from zairyu.sandbox.service import Sandbox, SandboxSettings
from zairyu.worker import core_worker, terminal_worker, watch_agency_mail, watch_status_feed
from zairyu.workflows.search_attributes import ALL

_AT_ONCE = timedelta()
_QUICK = Pace(
    poll=timedelta(seconds=0.5),
    maintenance=timedelta(seconds=1),
    again=timedelta(seconds=0.5),
)
"""Seconds in place of minutes: a story does not wait for the poller."""
PATIENCE = 30.0
"""Seconds that a test waits for something that should come at once."""


@asynccontextmanager
async def temporal_environment(keys: KeyRing, *flags: str) -> AsyncIterator[WorkflowEnvironment]:
    """The one place for the flags of the server's time skipping, which are still experimental."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(temporal_program()),
        dev_server_log_level="error",
        dev_server_extra_args=[
            "--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true",
            "--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"',
            "--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
            *(word for flag in flags for word in ("--dynamic-config-value", flag)),
        ],
        search_attributes=ALL,
        plugins=[zairyu_plugin(keys)],
    )  # fmt: skip
    async with environment:
        yield environment


class Surroundings:
    """What tests do to the agency and the town, and how they wait for the applications to notice."""

    http: httpx.AsyncClient
    temporal: Client
    zairyu: Zairyu

    async def officer(self, application_id: str, action: str, **fields: str) -> None:
        """Press a button on the officer's page."""
        (entry,) = [entry for entry in await self.ledger() if entry["request_id"].startswith(application_id)]
        answer = await self.http.post(f"/officer/applications/{entry['request_id']}/{action}", data=fields)
        assert answer.status_code == 303, answer.text

    async def ledger(self) -> list[dict[str, Any]]:
        """What the agency ended up with."""
        entries: list[dict[str, Any]] = (await self.http.get("/sandbox/applications")).json()
        return entries

    async def mails(self) -> list[dict[str, Any]]:
        """What the mailbox ended up with, the newest first."""
        mails: list[dict[str, Any]] = (await self.http.get("/sandbox/mails")).json()
        return mails

    async def arm(self, kind: str, *, count: int = 1, call: str = "submission", seconds: float = 2.0) -> None:
        """Arm a fault of the outside world."""
        order = {"kind": kind, "count": count, "call": call, "seconds": seconds}
        answer = await self.http.post("/sandbox/faults", json=order)
        assert answer.is_success, answer.text

    async def pay(self, snapshot: ApplicationSnapshot) -> None:
        assert snapshot.fee is not None
        answer = await self.http.post("/store/payments", data={"payment_number": snapshot.fee.payment_number})
        assert answer.status_code == 303, answer.text

    async def until(
        self, application_id: str, condition: Callable[[ApplicationSnapshot], bool], *, within: float = PATIENCE
    ) -> ApplicationSnapshot:
        """Wait for a state that should come at once, or within so many seconds."""
        ends = asyncio.get_running_loop().time() + within
        while True:
            snapshot = await self.zairyu.snapshot(application_id)
            if condition(snapshot):
                return snapshot
            if asyncio.get_running_loop().time() > ends:
                raise AssertionError(f"it did not come; the application is at\n{snapshot.model_dump_json(indent=2)}")
            await asyncio.sleep(0.05)

    async def eventually(self, condition: Callable[[], Awaitable[object]]) -> None:
        """Wait for something in the world that should come at once."""
        async with asyncio.timeout(PATIENCE):
            while not await condition():  # noqa: ASYNC110 - the world tells nobody
                await asyncio.sleep(0.05)

    async def in_phase(self, application_id: str, phase: Phase) -> ApplicationSnapshot:
        return await self.until(application_id, lambda snapshot: snapshot.phase is phase)

    async def mailed(self, count: int) -> None:
        """Wait until there are so many mails."""

        async def enough() -> bool:
            return len(await self.mails()) >= count

        await self.eventually(enough)

    async def ended(self, application_id: str, end: End) -> ApplicationSnapshot:
        """Wait for the end, which must be this one."""
        snapshot = await self.in_phase(application_id, Phase.CLOSED)
        assert snapshot.end is end, snapshot.model_dump_json(indent=2)
        return snapshot

    async def closed(self, application_id: str) -> ApplicationSnapshot:
        """Wait for the end, the last mail included."""
        handle = self.temporal.get_workflow_handle(
            application_workflow_id(application_id), result_type=ApplicationSnapshot
        )
        async with asyncio.timeout(PATIENCE):
            snapshot: ApplicationSnapshot = await handle.result()
            return snapshot


@dataclass(frozen=True)
class Post:
    """The provider's mailbox, and the name server that knows the agency's key."""

    dovecot: Dovecot
    dns: NameServer

    @property
    def settings(self) -> dict[str, Any]:
        account = self.dovecot.account
        return {
            "imap_host": account.host,
            "imap_port": account.port,
            "imap_username": account.username,
            "imap_password": account.password,
            "imap_tls": account.tls,
            "agency_mail_resolver": self.dns.address,
        }


class World(Surroundings):
    """Everything around one test's applications."""

    def __init__(
        self,
        environment: WorkflowEnvironment,
        keys: KeyRing,
        pki: SandboxPki,
        directory: Path,
        reader: InProcessReader | DaemonRig | None = None,
        *,
        post: Post | None = None,
        **profile: Any,
    ) -> None:
        """Make a world.

        Args:
            environment: the Temporal server.
            keys: of the documents.
            pki: of the cards.
            directory: an empty one.
            reader: at the desk; by default a call away.
            post: where the agency's mails come to the provider; by default they are not read.
            profile: what the interface's profile says otherwise than the sandbox's own.
        """
        self.profile = interface_profile(SANDBOX).model_copy(update=profile)
        self.post = post
        self.environment = environment
        self.temporal: Client = environment.client
        self.directory = directory
        self.persona: Persona = DEMO_APPLICANT
        self.reader = reader or InProcessReader()
        """The reader at the desk: a call away, or behind the real PC/SC daemon."""
        self.fingers = Fingers(self.persona.sign_password)
        self._keys = keys
        self._pki = pki
        self._name = uuid.uuid4().hex[:12]
        self._stack = AsyncExitStack()
        self._core = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.enter_context(self.environment.with_time_skipping_disabled())
            self.sandbox = await stack.enter_async_context(
                Sandbox(
                    SandboxSettings(
                        data_dir=self.directory / "sandbox",
                        trusted_roots=self._pki.sign_ca_file,
                        pace_seconds=0.1,
                        supplies_are_signed=self.profile.supplies_are_signed,
                        agency_letters=self.post is not None,
                        agency_maildir=None if self.post is None else self.post.dovecot.maildir,
                        offers=frozenset(Offer(capability.value) for capability in self.profile.capabilities),
                    )
                )
            )
            write_samples(self.directory / "samples")
            self.settings = Settings(
                data_dir=self.directory,
                mynaportal_url=self.sandbox.base_url,
                smtp_port=self.sandbox.smtp_port,
                shutdown_seconds=1,
                **({} if self.post is None else self.post.settings),
            )
            self.zairyu = Zairyu(
                self.temporal,
                BlobStore(self.settings.blobs, self._keys),
                sample_packs(),
                profile=self._name,
                queue=self.queue,
            )
            self.http = await stack.enter_async_context(httpx.AsyncClient(base_url=self.sandbox.base_url))
            await watch_status_feed(self.temporal, self._name, queue=self.queue)
            stack.push_async_callback(self._stop, status_feed_workflow_id(self._name))
            if self.post is not None:
                await self._have_mails_read(self.post, stack)
            await self.start_worker()
            stack.push_async_callback(self.stop_worker)
            # The real daemon's reader is the next test's.
            stack.callback(self.reader.pull)
            await stack.enter_async_context(self._terminal())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def queue(self) -> str:
        return f"zairyu-{self._name}"

    @property
    def terminal_id(self) -> str:
        return f"T-{self._name}"

    async def start_worker(self) -> None:
        await self._core.enter_async_context(
            core_worker(self.temporal, self.settings, self._keys, queue=self.queue, profile=self.profile, pace=_QUICK)
        )

    async def stop_worker(self) -> None:
        await self._core.aclose()

    async def _have_mails_read(self, post: Post, stack: AsyncExitStack) -> None:
        record = (await self.http.get("/sandbox/dkim")).json()
        post.dns.records[record["name"]] = record["txt"]
        profile = self.profile.model_copy(update={"name": self._name})
        await watch_agency_mail(self.temporal, self.settings, profile, queue=self.queue)
        stack.push_async_callback(self._stop, agency_mail_workflow_id(self._name))

    async def _stop(self, workflow_id: str) -> None:
        await self.temporal.get_workflow_handle(workflow_id).terminate()

    @asynccontextmanager
    async def _terminal(self) -> AsyncIterator[None]:
        async with self.desk(self.terminal_id, self.reader, self.fingers):
            yield

    @asynccontextmanager
    async def desk(
        self, terminal_id: str, reader: InProcessReader | DaemonRig, fingers: Fingers, *, gather: timedelta = _AT_ONCE
    ) -> AsyncIterator[None]:
        """A desk, with a person at it."""
        readers: CardReaders = reader.readers if isinstance(reader, DaemonRig) else reader
        desk = Desk(
            readers,
            fingers,
            TrustedRoots.of([self._pki.sign_ca]),
            card_wait=timedelta(seconds=1),
            gather=gather,
            clock=self.sandbox.clock.now,
        )
        async with terminal_worker(self.temporal, terminal_id, desk, readers):
            yield

    # ----- the applicant ----------------------------------------------------------------------------------------

    def card(self, *, valid_until: date, persona: Persona | None = None) -> VirtualCard:
        """A new card with all its tries."""
        persona = persona or self.persona
        return VirtualCard(
            self._pki.credentials(persona, valid_until),
            sign_password=persona.sign_password,
            auth_pin=persona.auth_pin,
            tries=TryCounters(self.directory / f"tries-{uuid.uuid4().hex}.json"),
            behaviour=Behaviour(),
        )

    async def start(
        self,
        application_type: ApplicationType = ApplicationType.EXTENSION_OF_PERIOD,
        *,
        expires_on: date | None = None,
        persona: Persona | None = None,
        **changes: Any,
    ) -> str:
        """Start an application, two months before its stay expires if nothing else is said."""
        expires_on, persona = expires_on or add_months(self.today, 2), persona or self.persona
        file = write_application(
            self.directory / "input" / uuid.uuid4().hex,
            persona,
            expires_on=expires_on,
            application_type=application_type.value,
        )
        content = {**json.loads(file.read_bytes()), **changes}
        self.reader.insert(self.card(valid_until=expires_on, persona=persona))
        snapshot = await self.zairyu.start(content, beside=file.parent, on=self.today)
        return snapshot.application_id

    async def sign(self, application_id: str) -> ApplicationSnapshot:
        """Sit down at the terminal as soon as the application waits for it."""
        await self.until(application_id, lambda snapshot: snapshot.phase is Phase.SIGNATURE)
        return await self.zairyu.sign_at(
            application_id, messages.SignAt(message_id=uuid.uuid4().hex, terminal_id=self.terminal_id)
        )

    async def package(self) -> dict[str, bytes]:
        """The files of the one package that the agency has, by name."""
        (entry,) = await self.ledger()
        reference = DocumentRef(sha256=entry["sha256"], size=entry["size"], media_type="application/zip")
        blobs = BlobStore(self.settings.blobs, self._keys)
        with zipfile.ZipFile(io.BytesIO(await content_of(blobs, reference))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    async def file(
        self, application_type: ApplicationType = ApplicationType.EXTENSION_OF_PERIOD, **changes: Any
    ) -> str:
        """Start an application and bring it to the agency."""
        application_id = await self.start(application_type, **changes)
        await self.sign(application_id)
        await self.until(application_id, lambda snapshot: snapshot.phase is Phase.RECEIPT)
        return application_id

    async def supply(self, application_id: str, number: int, *, message_id: str = "supply") -> None:
        declaration = await self.zairyu.store_pdf(self.directory / "samples" / "declaration.pdf")
        attachment = Attachment(kind=AttachmentKind.DECLARATION, document=declaration)
        message = messages.SupplyDocuments(message_id=message_id, attachments=(attachment,))
        await self.zairyu.supply_documents(application_id, number, message)

    # ----- time -------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self.sandbox.clock.today()

    @property
    def now(self) -> datetime:
        return self.sandbox.clock.now()

    async def advance(self, application_id: str, by: timedelta, *, request: int | None = None) -> None:
        """Let time pass for an application, or for one of its document requests, and for the agency."""
        answer = await self.http.post(
            "/sandbox/clock", json={"offset_seconds": (self.sandbox.clock.offset + by).total_seconds()}
        )
        assert answer.is_success, answer.text
        await self.environment.fast_forward(self.handle(application_id, request=request), by)

    def handle(self, application_id: str, *, request: int | None = None) -> WorkflowHandle[Any, Any]:
        return self.temporal.get_workflow_handle(
            application_workflow_id(application_id)
            if request is None
            else document_request_workflow_id(application_id, request)
        )
