"""The steps that Mynaportal does for us."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.supplying import write_supply
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.errors import MynaportalAnswerUnreadable, MynaportalUnavailable
from zairyu.activities.mynaportal.status_words import receipt_of, report_of
from zairyu.activities.packaging.errors import SpecPackChanged
from zairyu.models.messages import StatusChanged
from zairyu.models.mynaportal import (
    Accepted,
    CollectionChange,
    DocumentSupply,
    FeedPosition,
    Submission,
    SubmissionFound,
    SubmissionLookUp,
)
from zairyu.models.names import SPEC_PACK_CHANGED, application_of_request, application_workflow_id, is_registration
from zairyu.models.status import SubmissionReceipt
from zairyu.models.steps import (
    CHANGE_COLLECTION,
    LOOK_UP_SUBMISSION,
    SUBMIT_APPLICATION,
    SUPPLY_DOCUMENTS,
    WATCH_STATUS_FEED,
)
from zairyu.rules.calendar import day_in_japan, start_of_day
from zairyu.rules.spec_packs import SpecPacks

_POLL_SECONDS = 5
_WATCH = timedelta(hours=1)
"""How long one watch lasts before the workflow writes its position down. Shorter than the step's one try."""

_ARRIVED_BY_THEN = timedelta(hours=1)
"""After a spec pack begins, or is heard of: what was sent before has arrived by then, or never will."""

_log = structlog.get_logger(__name__)


class Mynaportal:
    """Sends packages and documents, and reads what the agency says."""

    def __init__(self, client: MynaportalClient, blobs: BlobStore, packs: SpecPacks, temporal: Client) -> None:
        self._client = client
        self._blobs = blobs
        self._packs = packs
        self._packs_known_since = datetime.now(UTC)
        self._temporal = temporal

    @activity.defn(name=SUBMIT_APPLICATION.name)
    async def submit_application(self, submission: Submission) -> SubmissionReceipt:
        """Look whether the agency has it; send it if not. A lost answer never makes a second application.

        Each try asks which spec pack is in force now: an outage may last until after a new one begins.
        """
        async with beating():
            with translated():
                found = await self._client.look_up(submission.request_id)
                if found is not None:
                    return receipt_of(found)
                self._ensure_pack_in_force(submission)
                with TemporaryFile() as package:
                    await self._blobs.fetch(submission.package, package)
                    submitted = await self._client.submit(
                        submission.request_id,
                        package,
                        submission.application_type.value,
                        sha256=submission.package.sha256,
                    )
                return receipt_of(submitted)

    def _ensure_pack_in_force(self, submission: Submission) -> None:
        """Send nothing that was built with another spec pack than the one that counts today.

        Raises:
            SpecPackChanged: it has to be built and signed again.
            MynaportalUnavailable: an earlier try may still be on its way; until it has surely arrived or got lost,
                another package could make a second application.
        """
        # The server's clock, as everywhere else in the story.
        now = activity.info().current_attempt_scheduled_time
        pack = self._packs.in_force(submission.application_type, day_in_japan(now))
        if submission.spec_pack_digest is None or pack is None or pack.digest == submission.spec_pack_digest:
            return
        # Until then an earlier try, or another worker, may have sent what was right by the pack before.
        began = max(start_of_day(pack.effective_from), self._packs_known_since)
        if activity.info().attempt > 1 and now < began + _ARRIVED_BY_THEN:
            raise MynaportalUnavailable(detail=SPEC_PACK_CHANGED)
        raise SpecPackChanged(detail=pack.label)

    @activity.defn(name=LOOK_UP_SUBMISSION.name)
    async def look_up_submission(self, look_up: SubmissionLookUp) -> SubmissionFound:
        """Has the agency got it?"""
        async with beating():
            with translated():
                found = await self._client.look_up(look_up.request_id)
                return SubmissionFound(receipt=None if found is None else receipt_of(found))

    @activity.defn(name=SUPPLY_DOCUMENTS.name)
    async def supply_documents(self, supply: DocumentSupply) -> Accepted:
        """Supply the documents as one PDF, under an id by which a repeat is recognised."""
        async with beating():
            with translated():
                with ExitStack() as files:
                    pdfs = [files.enter_context(TemporaryFile()) for _ in supply.attachments]
                    for attachment, pdf in zip(supply.attachments, pdfs, strict=True):
                        await self._blobs.fetch(attachment.document, pdf)
                    whole = files.enter_context(TemporaryFile())
                    await asyncio.to_thread(write_supply, supply.attachments, pdfs, whole)
                    await self._client.supply_documents(
                        supply.request_id, supply.request_number, supply.supply_id, whole
                    )
                return Accepted(request_id=supply.request_id)

    @activity.defn(name=CHANGE_COLLECTION.name)
    async def change_collection(self, change: CollectionChange) -> Accepted:
        """Say how the result is to be collected."""
        async with beating():
            with translated():
                await self._client.choose_collection(change.request_id, change.method.value)
                return Accepted(request_id=change.request_id)

    @activity.defn(name=WATCH_STATUS_FEED.name)
    async def watch_status_feed(self, start: FeedPosition) -> FeedPosition:
        """Tell the applications that changed, and only those. Each beat carries the position that was reached.

        A report is passed on before the position moves: after a crash it is told again, which changes nothing.
        """
        told = activity.info().heartbeat_details
        position = FeedPosition.model_validate(told[0]) if told else start
        stopping = asyncio.create_task(activity.wait_for_worker_shutdown())
        reading: asyncio.Task[wire.FeedPage] | None = None
        ends = asyncio.get_running_loop().time() + _WATCH.total_seconds()
        try:
            while not stopping.done() and asyncio.get_running_loop().time() < ends:
                activity.heartbeat(position)
                reading = asyncio.create_task(self._client.news(position.cursor, wait=_POLL_SECONDS))
                await asyncio.wait((reading, stopping), return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    break
                with translated():
                    page = reading.result()
                for record in page.events:
                    await self._tell(record)
                position = position.model_copy(update={"cursor": page.next_cursor})
        finally:
            stopping.cancel()
            if reading is not None:
                reading.cancel()
        return position

    async def _tell(self, record: wire.StatusRecord) -> None:
        if is_registration(record.request_id):
            # What comes of it is mailed to the user, and the user tells.
            return
        application_id = application_of_request(record.request_id)
        try:
            message = StatusChanged(report=report_of(record))
        except MynaportalAnswerUnreadable:
            # One unknown word must not stop the news of everybody else.
            _log.error("status-word-unknown", application_id=application_id, event_id=record.event_id)
            return
        handle = self._temporal.get_workflow_handle(application_workflow_id(application_id))
        try:
            await handle.signal("status_changed", message)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            _log.warning("news-of-no-open-application", application_id=application_id, event_id=record.event_id)
