import dataclasses
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from tests.activities.mynaportal.portal import Portal, client_of, open_portal, problem
from tests.documents import stored
from tests.sandbox.provider import REQUEST_ID, Provider, package, provider_of, running
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.mynaportal.activity import Mynaportal
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.maintenance import MaintenanceCalendar
from zairyu.models.capability import Capability
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.failures import StepFailure
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.mynaportal import (
    CollectionChange,
    DocumentSupply,
    Submission,
    SubmissionFound,
    SubmissionLookUp,
    Withdrawal,
)
from zairyu.models.names import CAPABILITY_ABSENT
from zairyu.models.residence import ApplicationType, CollectionMethod
from zairyu.models.status import SubmissionReceipt
from zairyu.rules.interface_profiles import interface_profile
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.samples import write_pdf
from zairyu.sandbox.service import Sandbox

PROFILE = interface_profile("sandbox")
LOOK_UP = SubmissionLookUp(profile="sandbox", request_id=REQUEST_ID)
OTHER = "app-00000002.0123456789abcdef0123"


@dataclass
class Desk:
    """The activities, the agency they speak to, and an officer's hands."""

    mynaportal: Mynaportal
    blobs: BlobStore
    sandbox: Sandbox
    provider: Provider
    client: MynaportalClient
    expiry: date

    async def submission(self, content: bytes | None = None, request_id: str = REQUEST_ID) -> Submission:
        return Submission(
            profile="sandbox",
            request_id=request_id,
            application_type=ApplicationType.EXTENSION_OF_PERIOD,
            package=await stored(self.blobs, content or package(self.expiry), "application/zip"),
        )

    async def submit(self, submission: Submission, *, left: timedelta | None = None) -> SubmissionReceipt:
        """Submit it, with so much time left for it; by default there is no limit."""
        environment, now = ActivityEnvironment(), datetime.now(UTC)
        environment.info = dataclasses.replace(
            environment.info,
            scheduled_time=now - timedelta(days=1),
            current_attempt_scheduled_time=now,
            schedule_to_close_timeout=None if left is None else timedelta(days=1) + left,
        )
        receipt: SubmissionReceipt = await environment.run(self.mynaportal.submit_application, submission)
        return receipt

    def filed(self) -> list[str]:
        return [application.request_id for application in self.sandbox.agency.registry.applications()]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    blobs = BlobStore("memory:///", KeyRing("one", {"one": bytes(32)}))
    async with (
        running(tmp_path) as sandbox,
        provider_of(sandbox) as provider,
        client_of(sandbox.base_url) as client,
    ):
        expiry = sandbox.clock.today() + timedelta(days=60)
        yield Desk(mynaportal_of(client, blobs), blobs, sandbox, provider, client, expiry)


def mynaportal_of(client: MynaportalClient, blobs: BlobStore, **changes: Any) -> Mynaportal:
    """The activities, with a profile that is the sandbox's but for some changes."""
    profile = PROFILE.model_copy(update=changes)
    return Mynaportal(client, blobs, sample_packs(), profile, MaintenanceCalendar(client, profile))


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
            mynaportal = mynaportal_of(client, desk.blobs)
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


# ----- what the interface does not carry, and when it rests ----------------------------------------------------


async def each_action(mynaportal: Mynaportal, desk: Desk, environment: ActivityEnvironment) -> dict[Capability, Any]:
    change = CollectionChange(profile="sandbox", request_id=REQUEST_ID, method=CollectionMethod.POST)
    withdrawal = Withdrawal(profile="sandbox", request_id=REQUEST_ID)
    return {
        Capability.DOCUMENT_SUPPLY: environment.run(mynaportal.supply_documents, await supply_of(desk)),
        Capability.COLLECTION_CHANGE: environment.run(mynaportal.change_collection, change),
        Capability.WITHDRAWAL: environment.run(mynaportal.withdraw_application, withdrawal),
        Capability.STATUS_LOOK_UP: environment.run(mynaportal.look_up_submission, LOOK_UP),
    }


@pytest.mark.parametrize("said_by", ["profile", "interface"])
async def test_what_is_not_carried_fails_for_good_and_at_once(desk: Desk, said_by: str) -> None:
    """So that a person is asked to do it."""
    carried = Capability if said_by == "interface" else ()
    mynaportal = mynaportal_of(desk.client, desk.blobs, capabilities=frozenset(carried))
    await desk.provider.http.post("/sandbox/offers", json=[])
    for capability, attempt in (await each_action(mynaportal, desk, ActivityEnvironment())).items():
        name, final, _ = await failure(attempt)
        assert (name, final) == (CAPABILITY_ABSENT, True), capability


@pytest.mark.parametrize("said_by", ["profile", "interface"])
async def test_interface_without_a_look_up_is_filed_with_and_a_lost_answer_does_no_harm(
    desk: Desk, said_by: str
) -> None:
    carried = Capability if said_by == "interface" else frozenset(Capability) - {Capability.STATUS_LOOK_UP}
    mynaportal = mynaportal_of(desk.client, desk.blobs, capabilities=frozenset(carried))
    await desk.provider.http.post("/sandbox/offers", json=[])
    await desk.provider.arm("lose_answer")
    submission = await desk.submission()

    await failure(ActivityEnvironment().run(mynaportal.submit_application, submission))
    receipt = await ActivityEnvironment().run(mynaportal.submit_application, submission)

    assert desk.filed() == [REQUEST_ID]
    assert receipt.offers == tuple(sorted(carried))


async def test_a_withdrawal_that_the_interface_takes_is_taken_once(desk: Desk) -> None:
    await desk.provider.http.post("/sandbox/offers", json=sorted(Capability))
    mynaportal = mynaportal_of(desk.client, desk.blobs, capabilities=frozenset(Capability))
    await desk.submit(await desk.submission())
    await desk.provider.arm("lose_answer", call="withdrawal")
    withdrawal = Withdrawal(profile="sandbox", request_id=REQUEST_ID)

    _, final, _ = await failure(ActivityEnvironment().run(mynaportal.withdraw_application, withdrawal))
    assert not final
    await ActivityEnvironment().run(mynaportal.withdraw_application, withdrawal)

    assert (await desk.provider.record()).outcome == "取下げ"


async def test_part_of_the_documents_leaves_the_request_open(asked: Desk) -> None:
    part = (await supply_of(asked)).model_copy(update={"partial": True})
    await ActivityEnvironment().run(asked.mynaportal.supply_documents, part)
    assert (await asked.provider.record()).documents == "返却中"

    await ActivityEnvironment().run(asked.mynaportal.supply_documents, await supply_of(asked, "supply-2"))
    assert (await asked.provider.record()).documents == "追完済"


@pytest.mark.parametrize("announced_by", ["profile", "interface"])
async def test_nobody_knocks_during_a_known_window_and_everybody_afterwards(desk: Desk, announced_by: str) -> None:
    begins = datetime.now(UTC) + timedelta(hours=1)
    window = MaintenanceWindow(begins=begins, ends=begins + timedelta(minutes=40), source="notice")
    portal = Portal()
    notice = {**window.model_dump(mode="json"), "notice_id": "n-1", "title": "定期"}
    portal.answer = lambda request: JSONResponse({"windows": [notice] if announced_by == "interface" else []})
    async with open_portal(portal), client_of(portal.url) as client:
        profile = PROFILE.model_copy(update={"maintenance": (window,) if announced_by == "profile" else ()})
        calendar = MaintenanceCalendar(client, profile)
        assert await calendar.look()
        mynaportal = Mynaportal(client, desk.blobs, sample_packs(), profile, calendar)
        knocks = len(portal.calls)
        resting = ActivityEnvironment()
        resting.info = dataclasses.replace(
            resting.info,
            current_attempt_scheduled_time=window.begins + timedelta(minutes=10),
            schedule_to_close_timeout=None,
        )
        actions = await each_action(mynaportal, desk, resting)
        actions.pop(Capability.WITHDRAWAL).close()
        for attempt in (*actions.values(), resting.run(mynaportal.submit_application, await desk.submission())):
            with pytest.raises(ApplicationError) as failed:
                await attempt
            assert (failed.value.type, failed.value.non_retryable) == ("MynaportalUnderMaintenance", False)
            assert failed.value.next_retry_delay == timedelta(minutes=30)
        assert len(portal.calls) == knocks

    for moment in (window.begins - timedelta(seconds=1), window.ends):
        calendar.ensure_open(moment)
    assert calendar.windows(window.ends) == ()


async def test_what_is_sent_into_an_unknown_window_waits_and_goes_out_when_it_is_over(desk: Desk) -> None:
    now = desk.sandbox.clock.now()
    notice = {"begins": (now - timedelta(hours=1)).isoformat(), "ends": (now + timedelta(minutes=30)).isoformat()}
    await desk.provider.http.post("/sandbox/maintenance", json=notice)
    submission = await desk.submission()

    with pytest.raises(ApplicationError) as failed:
        await desk.submit(submission)
    assert (failed.value.type, failed.value.non_retryable) == ("MynaportalUnderMaintenance", False)
    assert failed.value.next_retry_delay is not None
    assert timedelta(minutes=29) < failed.value.next_retry_delay <= timedelta(minutes=30)
    assert desk.filed() == []

    await desk.provider.skip(timedelta(minutes=31))
    await desk.submit(submission)
    assert desk.filed() == [REQUEST_ID]


@pytest.mark.parametrize(
    ("left", "again_in"),
    [
        (timedelta(hours=12), timedelta(hours=1)),
        (timedelta(minutes=40), timedelta(minutes=20)),
        (timedelta(seconds=10), timedelta(seconds=5)),
        (timedelta(seconds=1), timedelta(seconds=1)),
    ],
)
async def test_what_has_little_time_left_is_tried_again_before_it_is_over(
    desk: Desk, left: timedelta, again_in: timedelta
) -> None:
    now = desk.sandbox.clock.now()
    notice = {"begins": (now - timedelta(hours=1)).isoformat(), "ends": (now + timedelta(hours=8)).isoformat()}
    await desk.provider.http.post("/sandbox/maintenance", json=notice)

    with pytest.raises(ApplicationError) as failed:
        await desk.submit(await desk.submission(), left=left)
    assert failed.value.next_retry_delay is not None
    assert again_in - timedelta(seconds=1) < failed.value.next_retry_delay <= again_in


async def test_window_without_a_zone_does_not_hide_the_others() -> None:
    window = {"begins": "2027-01-10T00:00:00+09:00", "ends": "2027-01-10T06:00:00+09:00", "title": "定期"}
    portal = Portal()
    portal.answer = lambda _: JSONResponse(
        {
            "windows": [
                {**window, "begins": "2027-01-09T00:00:00", "notice_id": "without a zone"},
                {**window, "ends": window["begins"], "notice_id": "without an end"},
                {**window, "notice_id": "n-1"},
            ]
        }
    )
    async with open_portal(portal), client_of(portal.url) as client:
        calendar = MaintenanceCalendar(client, PROFILE)
        assert await calendar.look()
    assert [known.source for known in calendar.windows(datetime(2027, 1, 1, tzinfo=UTC))] == ["定期 (n-1)"]


async def test_interface_that_announces_nothing_is_no_trouble(desk: Desk) -> None:
    portal = Portal()
    async with open_portal(portal), client_of(portal.url) as client:
        calendar = MaintenanceCalendar(client, PROFILE)
        portal.answer = lambda _: problem(404, "NO_SUCH_PLACE")
        assert await calendar.look()
        portal.answer = lambda _: problem(500, "OOPS")
        assert not await calendar.look()
        assert calendar.windows(datetime.now(UTC)) == ()
