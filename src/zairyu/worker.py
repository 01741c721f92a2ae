"""The composition root: settings, clients, activities, workers. Wiring only; nothing here knows the business."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

import httpx
import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.worker import Worker

from zairyu.activities.agency_mail.activity import AgencyMailReader
from zairyu.activities.agency_mail.mailbox import MailboxAccount
from zairyu.activities.agency_mail.sender import Senders, name_server
from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.registration import ReaderWatch
from zairyu.activities.card_reader.terminal import CardTerminal
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.mail.activity import MailRoom, MailServer
from zairyu.activities.mynaportal.activity import Mynaportal
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.maintenance import MaintenanceCalendar
from zairyu.activities.mynaportal.watch import Pace, StatusWatch
from zairyu.activities.packaging.activity import Packaging
from zairyu.activities.packaging.shelf import load_packs
from zairyu.activities.packaging.supplies import Supplies
from zairyu.activities.stay.activity import StayMessenger
from zairyu.models.agency_mail import StartAgencyMail
from zairyu.models.feed import WatchFeed
from zairyu.models.interface import InterfaceProfile
from zairyu.models.names import (
    CORE_QUEUE,
    agency_mail_workflow_id,
    card_terminal_queue,
    status_feed_workflow_id,
    terminal_workflow_id,
)
from zairyu.models.terminal import RegisterTerminal
from zairyu.rules.interface_profiles import interface_profile
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.settings import Settings
from zairyu.workflows.agency_mail import AgencyMailWorkflow
from zairyu.workflows.application import ApplicationWorkflow
from zairyu.workflows.document_request import DocumentRequestWorkflow
from zairyu.workflows.registration import RegistrationWorkflow
from zairyu.workflows.status_feed import StatusFeedWorkflow
from zairyu.workflows.stay_watch import StayWatchWorkflow
from zairyu.workflows.terminal import TerminalWorkflow

WORKFLOWS: Sequence[type] = (
    ApplicationWorkflow,
    DocumentRequestWorkflow,
    StatusFeedWorkflow,
    AgencyMailWorkflow,
    TerminalWorkflow,
    StayWatchWorkflow,
    RegistrationWorkflow,
)

_log: Final = structlog.stdlib.get_logger(__name__)

_AT_ONE_DESK: Final = 100
"""Steps that a terminal takes at once: the watch of its readers, and signatures that wait. The desk serves one signer
after the other."""
_TO_THE_DESK: Final = timedelta(seconds=1)
"""How soon a terminal hears that a signature is not wanted any more: the answer to a heartbeat says so."""
_CLOSES_WITHIN: Final = timedelta(seconds=10)
"""Time for a terminal that closes to say so."""
_PACE: Final = Pace()
_REGISTERS_EVERY: Final = timedelta(seconds=20)
"""Often enough that a desk that lost the server says so while the person there still waits."""
_LONGEST_CALL: Final = timedelta(seconds=10)


@asynccontextmanager
async def core_activities(
    settings: Settings, keys: KeyRing, temporal: Client, profile: InterfaceProfile, pace: Pace = _PACE
) -> AsyncIterator[list[Callable[..., Any]]]:
    """Every activity but the card reader's, over clients that are closed with the context."""
    blobs = BlobStore(settings.blobs, keys)
    packs = await load_packs(settings.spec_packs, settings.spec_pack_cache, samples=settings.is_sandbox)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=settings.mynaportal_url))
        packaging = Packaging(blobs, packs)
        supplies = Supplies(blobs, packs, signed=profile.supplies_are_signed)
        interface = MynaportalClient(
            http,
            client_id=settings.mynaportal_client_id,
            client_secret=settings.mynaportal_client_secret.get_secret_value(),
        )
        maintenance = MaintenanceCalendar(interface, profile)
        mynaportal = Mynaportal(interface, blobs, packs, profile, maintenance)
        watch = StatusWatch(interface, profile, maintenance, temporal, pace)
        stays = StayMessenger(temporal)
        agency_mail = _agency_mail(settings, profile, temporal)
        mail_room = MailRoom(
            MailServer(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.mail_sender,
                username=settings.smtp_username,
                password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            )
        )
        stack.push_async_callback(_stop, asyncio.create_task(maintenance.keep_looking(pace.maintenance)))
        yield [
            packaging.build_package,
            packaging.build_registration,
            packaging.seal_package,
            supplies.build_supply,
            mynaportal.submit_application,
            mynaportal.look_up_submission,
            mynaportal.supply_documents,
            mynaportal.change_collection,
            mynaportal.withdraw_application,
            watch.watch_status_feed,
            agency_mail.watch_agency_mail,
            mail_room.send_mail,
            stays.tell_stay_watch,
        ]


def _agency_mail(settings: Settings, profile: InterfaceProfile, temporal: Client) -> AgencyMailReader:
    account = None
    if settings.imap_host is not None:
        account = MailboxAccount(
            host=settings.imap_host,
            port=settings.imap_port,
            username=settings.imap_username,
            password=settings.imap_password.get_secret_value(),
            tls=settings.imap_tls,
        )
    senders = Senders(
        domains=profile.agency_mail.domains if profile.agency_mail else (),
        authserv_id=settings.agency_mail_authserv_id,
        resolver=name_server(settings.agency_mail_resolver),
    )
    return AgencyMailReader(account, senders, temporal)


@asynccontextmanager
async def core_worker(
    client: Client,
    settings: Settings,
    keys: KeyRing,
    *,
    queue: str = CORE_QUEUE,
    profile: InterfaceProfile | None = None,
    pace: Pace = _PACE,
) -> AsyncIterator[Worker]:
    """A running worker for workflows and for every activity but the card reader's.

    Args:
        client: the worker's connection.
        settings: of the process.
        keys: that open what is sealed.
        queue: where the workflows run.
        profile: of the interface; by default the one that the settings name.
        pace: how often the poller asks.

    Raises:
        InterfaceProfileFaulty: the profile that the settings name cannot be used.
    """
    async with AsyncExitStack() as stack:
        profile = profile or interface_profile(settings.interface_profile)
        activities = await stack.enter_async_context(core_activities(settings, keys, client, profile, pace))
        worker = Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS,
            activities=activities,
            graceful_shutdown_timeout=timedelta(seconds=settings.shutdown_seconds),
        )
        yield await stack.enter_async_context(worker)


@asynccontextmanager
async def terminal_worker(client: Client, terminal_id: str, desk: Desk, readers: CardReaders) -> AsyncIterator[Worker]:
    """A running worker for one desk terminal. The desk is closed with the context, before the worker ends."""
    terminal = CardTerminal(terminal_id, desk)
    watch = ReaderWatch(readers)
    async with (
        Worker(
            client,
            task_queue=card_terminal_queue(terminal_id),
            activities=[terminal.sign_at_terminal, terminal.read_card_at_terminal, watch.watch_readers],
            max_concurrent_activities=_AT_ONE_DESK,
            max_heartbeat_throttle_interval=_TO_THE_DESK,
            default_heartbeat_throttle_interval=_TO_THE_DESK,
            graceful_shutdown_timeout=_CLOSES_WITHIN,
            # By default it names the host, and desks are called after people; it stands in histories, in clear.
            identity=terminal_workflow_id(terminal_id),
        ) as worker,
        aclosing(desk),
    ):
        yield worker


@asynccontextmanager
async def keep_registered(
    client: Client,
    terminal_id: str,
    *,
    on_connection: Callable[[bool], None],
    queue: str = CORE_QUEUE,
    every: timedelta = _REGISTERS_EVERY,
) -> AsyncIterator[None]:
    """Keep a desk terminal registered as long as the context lasts, also when it was taken for gone.

    To be entered after `terminal_worker`, so that a terminal that closes does not register once more.

    Args:
        client: The terminal's connection.
        terminal_id: The terminal.
        on_connection: Is told whether the connection to the server is lost, each time that it is lost or back. At
            first it counts as there.
        queue: Where workflows run.
        every: How often it registers.
    """
    keeping = asyncio.create_task(_keep_registered(client, terminal_id, on_connection, queue, every))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep_registered(
    client: Client, terminal_id: str, on_connection: Callable[[bool], None], queue: str, every: timedelta
) -> None:
    lost = False
    while True:
        was_lost = lost
        try:
            async with asyncio.timeout(_LONGEST_CALL.total_seconds()):
                await client.start_workflow(
                    TerminalWorkflow.run,
                    RegisterTerminal(terminal_id=terminal_id),
                    id=terminal_workflow_id(terminal_id),
                    task_queue=queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=f"Desk terminal {terminal_id}",
                )
            lost = False
        except (RPCError, TimeoutError):
            lost = True
        except Exception:
            # A desk that nobody can find still signs; it goes on trying to be found.
            _log.exception("the terminal could not be registered")
            lost = True
        if lost is not was_lost:
            on_connection(lost)
        await asyncio.sleep(every.total_seconds())


async def watch_status_feed(client: Client, profile: str, *, queue: str = CORE_QUEUE) -> None:
    """See to it that the one poller of an interface profile runs."""
    await client.start_workflow(
        StatusFeedWorkflow.run,
        WatchFeed(profile=profile),
        id=status_feed_workflow_id(profile),
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"Status feed of {profile}",
    )


async def watch_agency_mail(
    client: Client, settings: Settings, profile: InterfaceProfile, *, queue: str = CORE_QUEUE
) -> None:
    """See to it that the one reader of the agency's mails runs, where there is a mailbox that it writes to."""
    if settings.imap_host is None or profile.agency_mail is None:
        return
    await client.start_workflow(
        AgencyMailWorkflow.run,
        StartAgencyMail(profile=profile.name),
        id=agency_mail_workflow_id(profile.name),
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"The agency's mails to {profile.name}",
    )


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until_stopped(*, unless: Callable[[], bool] | None = None) -> None:
    """Wait for Ctrl-C or SIGTERM, so that the contexts around can end in order.

    Args:
        unless: Asked at Ctrl-C; when it says that it has dealt with it, the waiting goes on.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if unless is None or not unless():
            stopped.set()

    # Not by the loop's own handlers, which Windows does not have.
    before = {
        number: signal.signal(number, lambda *_, act=act: loop.call_soon_threadsafe(act))
        for number, act in ((signal.SIGINT, interrupted), (signal.SIGTERM, stopped.set))
    }
    try:
        await stopped.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
