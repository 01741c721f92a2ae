"""The composition root: settings, clients, activities, workers. Wiring only; nothing here knows the business."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker

from zairyu.activities.card_reader.terminal import CardTerminal
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.mail.activity import MailRoom, MailServer
from zairyu.activities.mynaportal.activity import Mynaportal
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.packaging.activity import Packaging
from zairyu.models.mynaportal import FeedPosition
from zairyu.models.names import CORE_QUEUE, card_terminal_queue, status_feed_workflow_id
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.settings import Settings
from zairyu.workflows.application import ApplicationWorkflow
from zairyu.workflows.document_request import DocumentRequestWorkflow
from zairyu.workflows.status_feed import StatusFeedWorkflow

WORKFLOWS: Sequence[type] = (ApplicationWorkflow, DocumentRequestWorkflow, StatusFeedWorkflow)


@asynccontextmanager
async def core_activities(
    settings: Settings, keys: KeyRing, temporal: Client
) -> AsyncIterator[list[Callable[..., Any]]]:
    """Every activity but the card reader's, over clients that are closed with the context."""
    blobs = BlobStore(settings.blobs, keys)
    async with httpx.AsyncClient(base_url=settings.mynaportal_url) as http:
        packaging = Packaging(blobs)
        mynaportal = Mynaportal(
            MynaportalClient(
                http,
                client_id=settings.mynaportal_client_id,
                client_secret=settings.mynaportal_client_secret.get_secret_value(),
            ),
            blobs,
            temporal,
        )
        mail_room = MailRoom(
            MailServer(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.mail_sender,
                username=settings.smtp_username,
                password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            )
        )
        yield [
            packaging.build_package,
            packaging.seal_package,
            mynaportal.submit_application,
            mynaportal.look_up_submission,
            mynaportal.supply_documents,
            mynaportal.change_collection,
            mynaportal.watch_status_feed,
            mail_room.send_mail,
        ]


@asynccontextmanager
async def core_worker(
    client: Client, settings: Settings, keys: KeyRing, *, queue: str = CORE_QUEUE
) -> AsyncIterator[Worker]:
    """A running worker for workflows and for every activity but the card reader's."""
    async with AsyncExitStack() as stack:
        activities = await stack.enter_async_context(core_activities(settings, keys, client))
        worker = Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS,
            activities=activities,
            graceful_shutdown_timeout=timedelta(seconds=settings.shutdown_seconds),
        )
        yield await stack.enter_async_context(worker)


@asynccontextmanager
async def terminal_worker(client: Client, terminal_id: str, terminal: CardTerminal) -> AsyncIterator[Worker]:
    """A running worker for one desk terminal. One person at a time sits there."""
    async with Worker(
        client,
        task_queue=card_terminal_queue(terminal_id),
        activities=[terminal.sign_at_terminal],
        max_concurrent_activities=1,
    ) as worker:
        yield worker


async def watch_status_feed(client: Client, profile: str, *, queue: str = CORE_QUEUE) -> None:
    """See to it that the one poller of an interface profile runs."""
    await client.start_workflow(
        StatusFeedWorkflow.run,
        FeedPosition(profile=profile),
        id=status_feed_workflow_id(profile),
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"Status feed of {profile}",
    )


async def until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM, so that the contexts around can end in order."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        await stopped.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
