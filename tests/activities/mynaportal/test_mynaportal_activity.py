import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.responses import JSONResponse
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from tests.activities.mynaportal.portal import RECORD, Portal, client_of, open_portal
from tests.documents import stored
from tests.sandbox.provider import REQUEST_ID, Provider, package, provider_of, registration, running
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.mynaportal.activity import Mynaportal
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.failures import StepFailure
from zairyu.models.messages import StatusChanged
from zairyu.models.mynaportal import (
    CollectionChange,
    DocumentSupply,
    FeedPosition,
    Submission,
    SubmissionFound,
    SubmissionLookUp,
)
from zairyu.models.names import registration_request_id
from zairyu.models.residence import ApplicationType, CollectionMethod
from zairyu.models.status import SubmissionReceipt
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.samples import write_pdf
from zairyu.sandbox.service import Sandbox

LOOK_UP = SubmissionLookUp(profile="sandbox", request_id=REQUEST_ID)
OTHER = "app-00000002.0123456789abcdef0123"


@dataclass
class Applications:
    """Stands in for the running workflows: what each of them was told."""

    closed: set[str] = field(default_factory=set)
    broken: bool = False
    told: list[tuple[str, str, StatusChanged]] = field(default_factory=list)

    def get_workflow_handle(self, workflow_id: str) -> "Application":
        return Application(self, workflow_id)


@dataclass
class Application:
    all: Applications
    workflow_id: str

    async def signal(self, name: str, message: StatusChanged) -> None:
        if self.all.broken:
            raise RPCError("the server is down", RPCStatusCode.UNAVAILABLE, b"")
        if self.workflow_id in self.all.closed:
            raise RPCError("no such workflow", RPCStatusCode.NOT_FOUND, b"")
        self.all.told.append((self.workflow_id, name, message))


@dataclass
class Desk:
    """The activities, the agency they speak to, and an officer's hands."""

    mynaportal: Mynaportal
    blobs: BlobStore
    sandbox: Sandbox
    provider: Provider
    applications: Applications
    expiry: date

    async def submission(self, content: bytes | None = None, request_id: str = REQUEST_ID) -> Submission:
        return Submission(
            profile="sandbox",
            request_id=request_id,
            application_type=ApplicationType.EXTENSION_OF_PERIOD,
            package=await stored(self.blobs, content or package(self.expiry), "application/zip"),
        )

    async def submit(self, submission: Submission) -> SubmissionReceipt:
        receipt: SubmissionReceipt = await ActivityEnvironment().run(self.mynaportal.submit_application, submission)
        return receipt

    def filed(self) -> list[str]:
        return [application.request_id for application in self.sandbox.agency.registry.applications()]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    blobs = BlobStore("memory:///", KeyRing("one", {"one": bytes(32)}))
    applications = Applications()
    async with (
        running(tmp_path) as sandbox,
        provider_of(sandbox) as provider,
        client_of(sandbox.base_url) as client,
    ):
        mynaportal = Mynaportal(client, blobs, sample_packs(), cast("Client", applications))
        yield Desk(mynaportal, blobs, sandbox, provider, applications, sandbox.clock.today() + timedelta(days=60))


async def failure(attempt: Any) -> tuple[str, bool, StepFailure]:
    with pytest.raises(ApplicationError) as failed:
        await attempt
    (told,) = failed.value.details
    assert isinstance(told, StepFailure)
    assert told.sentence.ja
    return str(failed.value.type), failed.value.non_retryable, told


# ----- filing -------------------------------------------------------------------------------------------------


async def test_filing_gives_the_number_that_it_counts_from(desk: Desk) -> None:
    receipt = await desk.submit(await desk.submission())

    assert receipt.request_id == REQUEST_ID
    assert receipt.provisional_number == (await desk.provider.record()).provisional_number
    assert receipt.accepted_at.tzinfo is not None
    (filed,) = desk.sandbox.agency.registry.applications()
    assert filed.sha256 == hashlib.sha256(package(desk.expiry)).hexdigest()


async def test_lost_answer_makes_no_second_application(desk: Desk) -> None:
    await desk.provider.arm("lose_answer")
    submission = await desk.submission()

    name, final, _ = await failure(desk.submit(submission))
    assert (name, final) == ("MynaportalUnavailable", False)
    assert desk.filed() == [REQUEST_ID], "the agency has it, and we do not know"

    receipt = await desk.submit(submission)
    record = await desk.provider.record()
    assert (receipt.provisional_number, receipt.accepted_at) == (record.provisional_number, record.accepted_at)
    assert desk.filed() == [REQUEST_ID]


async def test_an_answer_lost_before_the_window_closed_counts_after_it(desk: Desk) -> None:
    """The look-up comes before the upload, which would be refused by now."""
    await desk.provider.arm("lose_answer")
    submission = await desk.submission()
    await failure(desk.submit(submission))
    record = await desk.provider.record()

    await desk.provider.skip(timedelta(days=90))
    receipt = await desk.submit(submission)

    assert receipt.accepted_at == record.accepted_at


@pytest.mark.parametrize("call", ["look_up", "submission", "token"])
@pytest.mark.parametrize("fault", ["unavailable", "timeout"])
async def test_an_outage_files_nothing_and_is_tried_again(desk: Desk, fault: str, call: str) -> None:
    await desk.provider.arm(fault, call=call, seconds=0.05)
    submission = await desk.submission()

    name, final, _ = await failure(desk.submit(submission))
    assert (name, final) == ("MynaportalUnavailable", False)
    assert desk.filed() == []

    await desk.submit(submission)
    assert desk.filed() == [REQUEST_ID]


async def test_a_no_to_the_look_up_does_not_say_that_nothing_was_filed(desk: Desk) -> None:
    """A final failure would let another package be sent, beside the one that the agency has."""
    await desk.provider.arm("lose_answer")
    submission = await desk.submission()
    await failure(desk.submit(submission))

    for call in ("look_up", "token"):
        await desk.provider.arm("refuse", call=call)
        async with client_of(desk.sandbox.base_url) as client:
            mynaportal = Mynaportal(client, desk.blobs, sample_packs(), cast("Client", desk.applications))
            _, final, _ = await failure(ActivityEnvironment().run(mynaportal.submit_application, submission))
        assert not final

    await desk.submit(submission)
    assert desk.filed() == [REQUEST_ID]


@pytest.mark.parametrize(
    ("attempt", "after", "name", "final"),
    [
        pytest.param(1, timedelta(), "SpecPackChanged", True, id="nothing-can-be-on-its-way"),
        pytest.param(2, timedelta(minutes=59), "MynaportalUnavailable", False, id="an-earlier-try-may-be"),
        pytest.param(2, timedelta(minutes=61), "SpecPackChanged", True, id="it-has-arrived-or-is-lost"),
    ],
)
async def test_nothing_made_with_another_pack_is_sent(
    desk: Desk, attempt: int, after: timedelta, name: str, *, final: bool
) -> None:
    """A pack that was corrected after it began is as new as the worker that was told of it."""
    submission = (await desk.submission()).model_copy(update={"spec_pack_digest": "0" * 64})
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info, attempt=attempt, current_attempt_scheduled_time=datetime.now(UTC) + after
    )

    told = await failure(environment.run(desk.mynaportal.submit_application, submission))

    assert told[:2] == (name, final)
    assert desk.filed() == []


async def test_what_the_agency_has_is_not_sent_again_by_whatever_pack_it_was_made(desk: Desk) -> None:
    submission = await desk.submission()
    first = await desk.submit(submission)

    again = await desk.submit(submission.model_copy(update={"spec_pack_digest": "0" * 64}))

    assert again.provisional_number == first.provisional_number
    assert desk.filed() == [REQUEST_ID]


async def test_a_refused_package_comes_back_with_every_item(desk: Desk) -> None:
    name, final, told = await failure(desk.submit(await desk.submission(b"not a package")))

    assert (name, final, told.detail) == ("MynaportalRefused", True, "ZIP_UNREADABLE")
    assert [(finding.place, finding.rule) for finding in told.findings] == [("package", "ZIP_UNREADABLE")]
    assert desk.filed() == []


async def test_a_closed_window_is_told_by_its_name(desk: Desk) -> None:
    today = package(desk.sandbox.clock.today())

    name, final, told = await failure(desk.submit(await desk.submission(today)))
    assert (name, final, told.detail) == ("MynaportalRefused", True, "FILING_WINDOW_CLOSED")


async def test_a_package_that_is_gone_is_not_asked_of_the_agency(desk: Desk) -> None:
    submission = (await desk.submission()).model_copy(
        update={"package": DocumentRef(sha256="0" * 64, size=1, media_type="application/zip")}
    )

    name, final, _ = await failure(desk.submit(submission))
    assert (name, final) == ("DocumentMissing", True)


async def test_looking_up_tells_whether_the_agency_has_it(desk: Desk) -> None:
    async def look_up() -> SubmissionFound:
        found: SubmissionFound = await ActivityEnvironment().run(desk.mynaportal.look_up_submission, LOOK_UP)
        return found

    assert (await look_up()).receipt is None
    receipt = await desk.submit(await desk.submission())
    assert (await look_up()).receipt == receipt


# ----- documents and collection -------------------------------------------------------------------------------


@pytest.fixture
async def asked(desk: Desk) -> Desk:
    """The agency has the application and wants documents."""
    await desk.submit(await desk.submission())
    await desk.provider.officer("receipt-number")
    await desk.provider.officer("examination")
    due_on = desk.sandbox.clock.today() + timedelta(days=14)
    await desk.provider.officer("document-requests", items="在職証明書", due_on=due_on.isoformat())
    return desk


async def supply_of(desk: Desk, supply_id: str = "supply-1", number: int = 1) -> DocumentSupply:
    documents = [await stored(desk.blobs, write_pdf(title)) for title in ("One", "Two")]
    return DocumentSupply(
        profile="sandbox",
        request_id=REQUEST_ID,
        request_number=number,
        supply_id=supply_id,
        attachments=tuple(Attachment(kind=AttachmentKind.OTHER, document=document) for document in documents),
    )


async def test_documents_are_supplied_once_although_the_answer_was_lost(asked: Desk) -> None:
    await asked.provider.arm("lose_answer", call="documents")
    supply = await supply_of(asked)

    _, final, _ = await failure(ActivityEnvironment().run(asked.mynaportal.supply_documents, supply))
    assert not final
    await ActivityEnvironment().run(asked.mynaportal.supply_documents, supply)

    assert len(asked.sandbox.agency.registry.supplies(REQUEST_ID)) == 1
    assert (await asked.provider.record()).documents == "追完済"


async def test_documents_that_nobody_wants_are_refused_for_good(asked: Desk) -> None:
    supply = await supply_of(asked, number=2)

    name, final, told = await failure(ActivityEnvironment().run(asked.mynaportal.supply_documents, supply))
    assert (name, final, told.detail) == ("MynaportalRefused", True, "NO_SUCH_DOCUMENT_REQUEST")


async def test_a_document_that_cannot_be_read_is_found_before_it_is_sent(asked: Desk) -> None:
    broken = Attachment(kind=AttachmentKind.OTHER, document=await stored(asked.blobs, b"%PDF-broken"))
    supply = (await supply_of(asked)).model_copy(update={"attachments": (broken,)})

    name, final, told = await failure(ActivityEnvironment().run(asked.mynaportal.supply_documents, supply))
    assert (name, final) == ("DocumentsRefused", True)
    assert [finding.place for finding in told.findings] == ["/attachments/0"]
    assert asked.sandbox.agency.registry.supplies(REQUEST_ID) == []


async def test_the_way_to_collect_is_passed_on_and_a_no_is_named(asked: Desk) -> None:
    async def change(method: CollectionMethod) -> None:
        told = CollectionChange(profile="sandbox", request_id=REQUEST_ID, method=method)
        await ActivityEnvironment().run(asked.mynaportal.change_collection, told)

    await asked.provider.arm("lose_answer", call="collection")
    await failure(change(CollectionMethod.POST))
    await change(CollectionMethod.POST)
    assert asked.sandbox.agency.registry.application(REQUEST_ID).collection_method == "POST"

    name, final, failed = await failure(change(CollectionMethod.EMAIL))
    assert (name, final, failed.detail) == ("MynaportalRefused", True, "COLLECTION_METHOD_NOT_OFFERED")


# ----- the news -----------------------------------------------------------------------------------------------


class Watch:
    """A watch of the feed in the background, as a worker runs it."""

    def __init__(self, mynaportal: Mynaportal, *, beaten: FeedPosition | None = None) -> None:
        self.beats: list[FeedPosition] = []
        self._environment = ActivityEnvironment()
        self._environment.info = dataclasses.replace(
            self._environment.info, heartbeat_details=[] if beaten is None else [beaten.model_dump()]
        )
        self._environment.on_heartbeat = self.beats.append
        self._running = asyncio.create_task(
            self._environment.run(mynaportal.watch_status_feed, FeedPosition(profile="sandbox"))
        )

    async def until(self, cursor: str) -> None:
        """Wait until its beat carries this position."""
        async with asyncio.timeout(10):
            while not self.beats or self.beats[-1].cursor != cursor:
                assert not self._running.done(), await self._running
                await asyncio.sleep(0.01)

    async def stop(self) -> FeedPosition:
        """The worker shuts down."""
        self._environment.worker_shutdown()
        async with asyncio.timeout(2):
            position: FeedPosition = await self._running
        return position

    async def failed(self) -> BaseException:
        async with asyncio.timeout(10):
            (error,) = await asyncio.gather(self._running, return_exceptions=True)
        assert isinstance(error, BaseException)
        return error


def told(desk: Desk) -> list[tuple[str, int]]:
    assert all(name == "status_changed" for _, name, _ in desk.applications.told)
    return [(workflow, message.report.revision) for workflow, _, message in desk.applications.told]


async def test_each_application_hears_its_own_news(desk: Desk) -> None:
    await desk.submit(await desk.submission())
    await desk.submit(await desk.submission(package(desk.expiry, note="other"), OTHER))
    watch = Watch(desk.mynaportal)
    await watch.until("2")
    await desk.provider.officer("receipt-number")
    await watch.until("3")
    await watch.stop()

    assert told(desk) == [
        ("application/app-00000001", 1),
        ("application/app-00000002", 1),
        ("application/app-00000001", 2),
    ]
    assert desk.applications.told[-1][2].report.receipt_number == (await desk.provider.record()).receipt_number


async def test_a_shut_down_loses_no_news_and_does_not_wait_for_the_poll(desk: Desk) -> None:
    await desk.submit(await desk.submission())
    watch = Watch(desk.mynaportal)
    await watch.until("1")

    assert await watch.stop() == FeedPosition(profile="sandbox", cursor="1")


async def test_a_killed_worker_goes_on_from_its_last_beat(desk: Desk) -> None:
    await desk.submit(await desk.submission())
    await desk.provider.officer("receipt-number")
    watch = Watch(desk.mynaportal, beaten=FeedPosition(profile="sandbox", cursor="1"))
    await watch.until("2")
    await watch.stop()

    assert told(desk) == [("application/app-00000001", 2)]


async def test_repeated_and_reversed_news_are_passed_on_as_they_come(desk: Desk) -> None:
    """The revision tells the application which one is the truth."""
    await desk.submit(await desk.submission())
    await desk.provider.officer("receipt-number")
    await desk.provider.arm("repeat_events")
    await desk.provider.arm("reverse_events")
    watch = Watch(desk.mynaportal)
    await watch.until("2")
    await watch.stop()

    assert [revision for _, revision in told(desk)] == [2, 2, 1, 1]


async def test_a_closed_application_does_not_stop_the_news_of_others(desk: Desk) -> None:
    desk.applications.closed.add("application/app-00000001")
    await desk.submit(await desk.submission())
    await desk.submit(await desk.submission(package(desk.expiry, note="other"), OTHER))
    watch = Watch(desk.mynaportal)
    await watch.until("2")
    await watch.stop()

    assert told(desk) == [("application/app-00000002", 1)]


async def test_registration_in_the_feed_is_no_application_and_does_not_stop_the_news(desk: Desk) -> None:
    await desk.provider.submitted(registration(), registration_request_id("user-0001", "0" * 64), "USER_REGISTRATION")
    await desk.submit(await desk.submission())
    watch = Watch(desk.mynaportal)
    await watch.until("2")
    await watch.stop()

    assert told(desk) == [("application/app-00000001", 1)]


async def test_news_that_could_not_be_passed_on_are_not_skipped(desk: Desk) -> None:
    desk.applications.broken = True
    await desk.submit(await desk.submission())
    watch = Watch(desk.mynaportal)

    assert isinstance(await watch.failed(), RPCError)
    assert [beat.cursor for beat in watch.beats] == [""], "the position must not move past what was not told"

    desk.applications.broken = False
    again = Watch(desk.mynaportal, beaten=watch.beats[-1])
    await again.until("1")
    await again.stop()
    assert told(desk) == [("application/app-00000001", 1)]


async def test_an_outage_of_the_feed_is_a_failure_that_is_tried_again(desk: Desk) -> None:
    await desk.provider.arm("unavailable", call="feed")
    watch = Watch(desk.mynaportal)

    error = await watch.failed()
    assert isinstance(error, ApplicationError)
    assert (error.type, error.non_retryable) == ("MynaportalUnavailable", False)


@pytest.mark.parametrize("odd", [{"application": "受理"}, {"revision": 0}, {"reported_at": "2026-11-24T12:00:00"}])
async def test_one_odd_record_does_not_stop_the_news_of_everybody_else(desk: Desk, odd: dict[str, Any]) -> None:
    page = {"events": [{**RECORD, **odd}, {**RECORD, "request_id": OTHER}], "next_cursor": "2"}
    portal = Portal()
    portal.answer = lambda request: page_after(request.query_params["cursor"], page)

    async with open_portal(portal), client_of(portal.url) as client:
        watch = Watch(Mynaportal(client, desk.blobs, sample_packs(), cast("Client", desk.applications)))
        await watch.until("2")
        await watch.stop()

    assert told(desk) == [("application/app-00000002", 1)]


def page_after(cursor: str, page: dict[str, Any]) -> JSONResponse:
    return JSONResponse(page if cursor == "" else {"events": [], "next_cursor": cursor})
