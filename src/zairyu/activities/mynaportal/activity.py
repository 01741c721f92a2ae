"""The steps that Mynaportal does for us."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile

from temporalio import activity

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.supplying import opened_to_send
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.errors import CapabilityAbsent, MynaportalError, MynaportalUnavailable
from zairyu.activities.mynaportal.maintenance import MaintenanceCalendar
from zairyu.activities.mynaportal.status_words import receipt_of
from zairyu.activities.packaging.errors import SpecPackChanged
from zairyu.models.capability import Capability
from zairyu.models.interface import InterfaceProfile
from zairyu.models.mynaportal import (
    Accepted,
    CollectionChange,
    DocumentSupply,
    Submission,
    SubmissionFound,
    SubmissionLookUp,
    Withdrawal,
)
from zairyu.models.names import SPEC_PACK_CHANGED
from zairyu.models.status import SubmissionReceipt
from zairyu.models.steps import (
    CHANGE_COLLECTION,
    LOOK_UP_SUBMISSION,
    MYNAPORTAL,
    SUBMIT_APPLICATION,
    SUPPLY_DOCUMENTS,
    WITHDRAW_APPLICATION,
)
from zairyu.rules.calendar import day_in_japan, start_of_day
from zairyu.rules.spec_packs import SpecPacks

_ARRIVED_BY_THEN = timedelta(hours=1)
"""After a spec pack begins, or is heard of: what was sent before has arrived by then, or never will."""
_SHORTEST_PAUSE = timedelta(seconds=1)
_DOUBLED_AT_MOST = 10


class Mynaportal:
    """Sends packages and documents, and looks up what was sent."""

    def __init__(
        self,
        client: MynaportalClient,
        blobs: BlobStore,
        packs: SpecPacks,
        profile: InterfaceProfile,
        maintenance: MaintenanceCalendar,
    ) -> None:
        self._client = client
        self._blobs = blobs
        self._packs = packs
        self._packs_known_since = datetime.now(UTC)
        self._profile = profile
        self._maintenance = maintenance

    @activity.defn(name=SUBMIT_APPLICATION.name)
    async def submit_application(self, submission: Submission) -> SubmissionReceipt:
        """Look whether the agency has it; send it if not. A lost answer never makes a second application.

        Each try asks which spec pack is in force now: an outage may last until after a new one begins.
        """
        async with beating():
            with translated(), _while_there_is_time():
                self._ensure_open()
                found = await self._filed(submission.request_id)
                if found is not None:
                    return receipt_of(found, self._profile)
                self._ensure_pack_in_force(submission)
                with TemporaryFile() as package:
                    await self._blobs.fetch(submission.package, package)
                    submitted = await self._client.submit(
                        submission.request_id,
                        package,
                        submission.application_type.value,
                        sha256=submission.package.sha256,
                    )
                return receipt_of(submitted, self._profile)

    async def _filed(self, request_id: str) -> wire.StatusRecord | None:
        """What the agency has, where it tells. Where it does not, the same package sent again is answered alike."""
        if Capability.STATUS_LOOK_UP not in self._profile.capabilities:
            return None
        try:
            return await self._client.look_up(request_id)
        except CapabilityAbsent:
            return None

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
                self._ensure_offered(Capability.STATUS_LOOK_UP)
                found = await self._client.look_up(look_up.request_id)
                return SubmissionFound(receipt=None if found is None else receipt_of(found, self._profile))

    @activity.defn(name=SUPPLY_DOCUMENTS.name)
    async def supply_documents(self, supply: DocumentSupply) -> Accepted:
        """Supply what was made of the documents, under an id by which a repeat is recognised."""
        async with beating():
            with translated():
                self._ensure_offered(Capability.DOCUMENT_SUPPLY)
                with ExitStack() as files:
                    file, media_type = await opened_to_send(supply, self._blobs, files)
                    await self._client.supply_documents(
                        supply.request_id,
                        supply.request_number,
                        supply.supply_id,
                        file,
                        media_type=media_type,
                        complete=not supply.partial,
                    )
                return Accepted(request_id=supply.request_id)

    @activity.defn(name=CHANGE_COLLECTION.name)
    async def change_collection(self, change: CollectionChange) -> Accepted:
        """Say how the result is to be collected."""
        async with beating():
            with translated():
                self._ensure_offered(Capability.COLLECTION_CHANGE)
                await self._client.choose_collection(change.request_id, change.method.value)
                return Accepted(request_id=change.request_id)

    @activity.defn(name=WITHDRAW_APPLICATION.name)
    async def withdraw_application(self, withdrawal: Withdrawal) -> Accepted:
        """Take the application back."""
        async with beating():
            with translated():
                self._ensure_offered(Capability.WITHDRAWAL)
                await self._client.withdraw(withdrawal.request_id)
                return Accepted(request_id=withdrawal.request_id)

    def _ensure_offered(self, capability: Capability) -> None:
        """Knock only where the interface carries it, and while it does not rest.

        Raises:
            CapabilityAbsent: it does not.
            MynaportalUnderMaintenance: it rests.
        """
        if capability not in self._profile.capabilities:
            raise CapabilityAbsent(capability)
        self._ensure_open()

    def _ensure_open(self) -> None:
        # The server's clock, as everywhere else in the story.
        self._maintenance.ensure_open(activity.info().current_attempt_scheduled_time)


@contextmanager
def _while_there_is_time() -> Iterator[None]:
    """Let the next try come before the time of the step is over.

    The server ends a step at once when its next try would come too late. Maintenance may be over sooner than planned,
    and an outage at any moment: the less time there is, the sooner it is tried again.
    """
    began = time.monotonic()
    try:
        yield
    except MynaportalError as error:
        info = activity.info()
        if info.schedule_to_close_timeout:
            so_far = info.current_attempt_scheduled_time - info.scheduled_time
            left = info.schedule_to_close_timeout - so_far - timedelta(seconds=time.monotonic() - began)
            usual = MYNAPORTAL.first_pause * 2 ** min(info.attempt - 1, _DOUBLED_AT_MOST)
            pause = error.again_in or min(usual, MYNAPORTAL.longest_pause)
            error.again_in = max(min(pause, left / 2), _SHORTEST_PAUSE)
        raise
