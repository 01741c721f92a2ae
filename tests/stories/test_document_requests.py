"""Requests for additional documents: in parts, several at once, signed, by post and by hand."""

import io
import uuid
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from tests.documents import content_of
from tests.stories.test_after_sending import told_next
from tests.world import World
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import MessageRefused
from zairyu.models import messages
from zairyu.models.capability import Capability
from zairyu.models.document_request import DocumentRequestSnapshot
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.snapshot import AttentionReason, End, ManualStepKind, Phase
from zairyu.models.status import DocumentRequest, DocumentsStatus
from zairyu.rules.calendar import JAPAN, add_months, end_of_day, start_of_day
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.workflows.search_attributes import MANUAL_STEPS, NEXT_DEADLINE

BY_HAND = ManualStepKind.SUPPLY_DOCUMENTS


async def under_examination(world: World) -> str:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.in_phase(application_id, Phase.EXAMINATION)
    return application_id


async def ask(world: World, application_id: str, *, items: str = "在職証明書", days: int = 14) -> int:
    """Have the officer ask for documents; the number of the request."""
    before = len((await world.zairyu.snapshot(application_id)).document_requests)
    await world.officer(
        application_id, "document-requests", items=items, due_on=str(world.today + timedelta(days=days))
    )
    await world.until(application_id, lambda snapshot: len(snapshot.document_requests) > before)
    await until(world, application_id, before + 1, lambda _: True)
    return before + 1


async def until(
    world: World, application_id: str, number: int, condition: Callable[[DocumentRequestSnapshot], bool]
) -> DocumentRequestSnapshot:
    """Wait for a state of a request that should come at once."""
    seen: list[DocumentRequestSnapshot] = []

    async def there() -> bool:
        try:
            seen.append(await world.zairyu.document_request(application_id, number))
        except MessageRefused:
            return False  # still starting
        return condition(seen[-1])

    try:
        await world.eventually(there)
    except TimeoutError:
        raise AssertionError(f"it did not come; the request is at\n{seen[-1].model_dump_json(indent=2)}") from None
    return seen[-1]


async def attachment(world: World, kind: AttachmentKind = AttachmentKind.TAX_CERTIFICATE) -> Attachment:
    return Attachment(kind=kind, document=await world.zairyu.store_pdf(world.directory / "samples/tax-certificate.pdf"))


async def supply(world: World, application_id: str, number: int, **more: Any) -> DocumentRequestSnapshot:
    message = messages.SupplyDocuments(message_id=uuid.uuid4().hex, attachments=(await attachment(world),), **more)
    return await world.zairyu.supply_documents(application_id, number, message)


async def supplies(world: World) -> list[dict[str, Any]]:
    """What the agency has."""
    (entry,) = await world.ledger()
    taken: list[dict[str, Any]] = entry["supplies"]
    return taken


async def sent(world: World, keys: KeyRing, document: DocumentRef) -> bytes:
    return await content_of(BlobStore(world.settings.blobs, keys), document)


def bookmarks(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_outline() as outline:
        return [item.title for item in outline.root]


async def letters(world: World, *words: str) -> list[dict[str, Any]]:
    """The mails of ours with these words."""
    return [
        mail for mail in await world.mails() if mail["sender"] == world.settings.mail_sender
        and all(word in mail["subject"] + mail["text"] for word in words)
    ]  # fmt: skip


# ----- in parts -------------------------------------------------------------------------------------------------


async def test_documents_supplied_in_part_are_listed_and_the_rest_is_reminded_of(world: World, keys: KeyRing) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id, items="在職証明書、課税証明書")
    await supply(world, application_id, number, complete=False, to_follow=("在職証明書（会社に依頼中）",))
    part = await until(world, application_id, number, lambda snapshot: len(snapshot.supplies) == 1)
    assert not part.answered
    assert [kept.kind for kept in part.supplies[0].attachments] == [AttachmentKind.TAX_CERTIFICATE]
    assert abs(part.supplies[0].supplied_at - datetime.now(UTC)) < timedelta(days=1)
    assert bookmarks(await sent(world, keys, part.supplies[0].document)) == [
        "資料添付に関する申告書 / declaration on attached documents",
        "1 住民税の課税証明書 / tax certificate",
    ]

    await world.advance(application_id, timedelta(days=8), request=number)
    await world.eventually(lambda: letters(world, "Not all of the additional documents"))
    assert not (await world.zairyu.snapshot(application_id)).document_requests[0].supplied

    await supply(world, application_id, number)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert [taken.complete for taken in answered.supplies] == [False, True]
    assert [taken["complete"] for taken in await supplies(world)] == [False, True]


async def test_refused_part_can_be_given_again_and_a_lost_answer_makes_no_second_one(world: World) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await world.arm("refuse", call="documents")
    await supply(world, application_id, number, complete=False)
    refused = await until(world, application_id, number, lambda snapshot: snapshot.refusal is not None)
    assert [attention.reason for attention in refused.attention] == [AttentionReason.DOCUMENTS_REFUSED]

    await world.arm("lose_answer", call="documents")
    await supply(world, application_id, number, complete=False)
    part = await until(world, application_id, number, lambda snapshot: len(snapshot.supplies) == 1)
    assert (part.refusal, part.attention) == (None, ())
    assert len(await supplies(world)) == 1


async def test_declaration_of_the_person_is_the_one_that_is_sent(world: World, keys: KeyRing) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    given = (await attachment(world, AttachmentKind.DECLARATION), await attachment(world))
    await world.zairyu.supply_documents(
        application_id, number, messages.SupplyDocuments(message_id="with-declaration", attachments=given)
    )
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert bookmarks(await sent(world, keys, answered.supplies[0].document)) == [
        "1 資料添付に関する申告書 / declaration on attached documents",
        "2 住民税の課税証明書 / tax certificate",
    ]


async def test_several_requests_are_answered_each_by_itself(world: World) -> None:
    application_id = await under_examination(world)
    first = await ask(world, application_id, items="在職証明書")
    second = await ask(world, application_id, items="課税証明書", days=20)
    await supply(world, application_id, second)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[1].supplied)
    assert not (await world.zairyu.document_request(application_id, first)).answered

    await supply(world, application_id, first)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    third = await ask(world, application_id, items="納税証明書")
    await supply(world, application_id, third)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[2].supplied)
    assert sorted(taken["number"] for taken in await supplies(world)) == [1, 2, 3]


# ----- in the special period ------------------------------------------------------------------------------------


async def in_special_period(world: World) -> tuple[str, int]:
    """An application that was not decided by the expiry, with a request that was made before and is due after it."""
    application_id = await under_examination(world)
    number = await ask(world, application_id, days=90)
    expires_on = add_months(world.today, 2)
    await world.eventually(lambda: letters(world, f"Supply them as PDF by {expires_on}", "registered mail"))
    await world.advance(application_id, timedelta(days=70), request=number)
    await until(world, application_id, number, lambda snapshot: bool(snapshot.manual_steps))
    return application_id, number


@pytest.mark.parametrize(("days", "first_reminder"), [(28, 21), (10, 3)], ids=["later", "earlier"])
async def test_changed_request_is_told_once_and_reminded_of_by_its_new_day(
    world: World, days: int, first_reminder: int
) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id, days=21)
    due_on = world.today + timedelta(days=days)
    changed = DocumentRequest(number=number, items=("在職証明書", "住民税の納税証明書"), due_on=due_on)
    handle = world.handle(application_id)
    for _ in range(2):
        await told_next(world, handle, documents=DocumentsStatus.REQUESTED, document_requests=(changed,))
    now_asked = await until(world, application_id, number, lambda snapshot: snapshot.request.due_on == due_on)
    assert now_asked.next_deadline is not None
    assert now_asked.next_deadline.at == end_of_day(due_on)
    assert (await world.zairyu.snapshot(application_id)).document_requests == (changed,)

    await world.eventually(lambda: arrived(world, 1, "変わりました", "住民税の納税証明書"))
    await world.advance(application_id, timedelta(days=first_reminder - 1), request=number)
    assert await letters(world, "期限が近づいています") == []
    await world.advance(application_id, timedelta(days=2), request=number)
    await world.eventually(lambda: arrived(world, 1, "期限が近づいています", "住民税の納税証明書"))
    assert len(await letters(world, "変わりました")) == 1


async def changes(world: World, application_id: str, number: int, *items: str, days: int) -> DocumentRequestSnapshot:
    """Have the agency change what it asks for, or by when."""
    due_on = world.today + timedelta(days=days)
    changed = DocumentRequest(number=number, items=items, due_on=due_on)
    handle, revision = world.handle(application_id), 1_000 + len(items)
    await told_next(world, handle, revision=revision, documents=DocumentsStatus.REQUESTED, document_requests=(changed,))
    return await until(world, application_id, number, lambda snapshot: snapshot.request == changed)


async def test_request_that_is_put_off_after_its_reminder_is_reminded_of_again(world: World) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id, days=14)
    await world.advance(application_id, timedelta(days=8), request=number)
    await world.eventually(lambda: arrived(world, 1, "期限が近づいています"))
    await changes(world, application_id, number, "在職証明書", days=20)
    await world.advance(application_id, timedelta(days=14), request=number)
    await world.eventually(lambda: arrived(world, 2, "期限が近づいています"))


async def test_answer_that_waits_for_its_signature_is_not_sent_for_another_request(signing_world: World) -> None:
    world = signing_world
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await supply(world, application_id, number)
    await until(world, application_id, number, lambda snapshot: snapshot.to_sign)
    put_off = await changes(world, application_id, number, "在職証明書", days=20)
    assert put_off.to_sign, "another day makes the answer no other one"

    more = await changes(world, application_id, number, "在職証明書", "住民税の納税証明書", days=20)
    taken_back = await until(world, application_id, number, lambda snapshot: not snapshot.to_sign)
    assert (more.answered, taken_back.answered) == (False, False)
    assert taken_back.refusal is not None
    await supply(world, application_id, number)
    await sign(world, application_id, number)
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert len(answered.supplies) == len(await supplies(world)) == 1


async def test_answer_on_its_way_does_not_answer_what_was_asked_for_meanwhile(world: World) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await world.arm("unavailable", call="documents", count=2)
    await supply(world, application_id, number)
    await changes(world, application_id, number, "在職証明書", "住民税の納税証明書", days=20)
    supplied = await until(world, application_id, number, lambda snapshot: bool(snapshot.supplies))
    assert not supplied.answered
    assert supplied.waiting_for is not None
    assert "rest" in supplied.waiting_for.en


async def test_who_has_the_step_keeps_it_when_the_day_changes(world: World) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    assert (await world.http.post("/sandbox/offers", json=[])).is_success
    await supply(world, application_id, number)
    await until(world, application_id, number, lambda snapshot: bool(snapshot.manual_steps))
    taken = messages.AssignManualStep(message_id="a-1", step=BY_HAND, assignee="sato01")
    await world.zairyu.send_to_document_request(application_id, number, "assign_manual_step", taken)
    changed = await changes(world, application_id, number, "在職証明書", "住民税の納税証明書", days=20)
    (step,) = changed.manual_steps
    assert (step.assignee, changed.prepared) == ("sato01", None)
    assert str(changed.request.due_on) in step.instructions.en


async def arrived(world: World, count: int, *words: str) -> bool:
    return len(await letters(world, *words)) == count


async def test_in_the_special_period_documents_go_by_post_and_a_person_notes_it(world: World) -> None:
    application_id, number = await in_special_period(world)
    await world.eventually(lambda: letters(world, "cannot be supplied online any more", "Tokyo Regional"))
    with pytest.raises(MessageRefused, match=r"registered mail to the Tokyo Regional.*書留郵便"):
        await supply(world, application_id, number)

    took = messages.AssignManualStep(message_id="mine", step=BY_HAND, assignee="sato01")
    taken = await world.zairyu.send_to_document_request(application_id, number, "assign_manual_step", took)
    assert [step.assignee for step in taken.manual_steps] == ["sato01"]
    await world.eventually(lambda: found_by(world, application_id, number, ["SUPPLY_DOCUMENTS", "@sato01"]))

    posted = messages.CompleteManualStep(message_id="posted", step=BY_HAND, evidence="書留 123-45-67890-1")
    answered = await world.zairyu.send_to_document_request(application_id, number, "complete_manual_step", posted)
    assert (answered.answered, answered.evidence) == (True, "書留 123-45-67890-1")
    closed = DocumentRequestSnapshot.model_validate(await world.handle(application_id, request=number).result())
    assert (closed.manual_steps, closed.next_deadline, closed.supplies) == ((), None, ())
    assert await supplies(world) == []


async def test_in_the_special_period_an_extended_card_supplies_online(world: World) -> None:
    application_id, number = await in_special_period(world)
    extended_until = add_months(add_months(world.today - timedelta(days=70), 2), 2)
    await supply(world, application_id, number, card_valid_until=extended_until)
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert answered.manual_steps == ()
    assert len(await supplies(world)) == 1


async def found_by(world: World, application_id: str, number: int, words: list[str]) -> bool:
    """Whether operators find a request under these words."""
    described = await world.handle(application_id, request=number).describe()
    return described.typed_search_attributes.get(MANUAL_STEPS) == words


# ----- by hand --------------------------------------------------------------------------------------------------


async def test_what_the_interface_does_not_take_is_prepared_for_a_person(world: World, keys: KeyRing) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    answer = await world.http.post("/sandbox/offers", json=[])
    assert answer.is_success
    await supply(world, application_id, number)
    by_hand = await until(world, application_id, number, lambda snapshot: bool(snapshot.manual_steps))
    assert [step.kind for step in by_hand.manual_steps] == [BY_HAND]
    assert by_hand.attention == ()
    assert by_hand.prepared is not None
    assert len(bookmarks(await sent(world, keys, by_hand.prepared))) == 2

    done = messages.CompleteManualStep(message_id="done", step=BY_HAND, evidence="画面で提出 12/1")
    await world.zairyu.send_to_document_request(application_id, number, "complete_manual_step", done)
    result = DocumentRequestSnapshot.model_validate(await world.handle(application_id, request=number).result())
    assert result.answered
    assert await supplies(world) == []


async def test_documents_may_be_brought_while_the_interface_does_not_answer(world: World) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await world.arm("unavailable", call="documents", count=1000)
    await supply(world, application_id, number)
    done = messages.CompleteManualStep(message_id="done", step=BY_HAND, evidence="窓口 受付印")
    await world.zairyu.send_to_document_request(application_id, number, "complete_manual_step", done)
    result = DocumentRequestSnapshot.model_validate(await world.handle(application_id, request=number).result())
    assert (result.answered, result.evidence) == (True, "窓口 受付印")


# ----- signed ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def signing_world(
    temporal: WorkflowEnvironment, keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> AsyncIterator[World]:
    """A world whose agency takes only documents that are signed."""
    async with World(temporal, keys, sandbox_pki, tmp_path, supplies_are_signed=True) as world:
        yield world


async def sign(world: World, application_id: str, number: int) -> None:
    await until(world, application_id, number, lambda snapshot: snapshot.to_sign and snapshot.sign_at is None)
    message = messages.SignAt(message_id=uuid.uuid4().hex, terminal_id=world.terminal_id)
    await world.zairyu.send_to_document_request(application_id, number, "sign_at", message)


async def test_signed_documents_reach_the_agency_after_a_failed_signature(signing_world: World, keys: KeyRing) -> None:
    world = signing_world
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await supply(world, application_id, number)
    world.reader.pull()
    await sign(world, application_id, number)
    failed = await until(world, application_id, number, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in failed.attention] == [AttentionReason.SIGNATURE_FAILED]

    world.reader.insert(world.card(valid_until=add_months(world.today, 2)))
    await sign(world, application_id, number)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert answered.attention == ()
    with zipfile.ZipFile(io.BytesIO(await sent(world, keys, answered.supplies[0].document))) as archive:
        assert sorted(archive.namelist()) == ["attachment-01.pdf", "manifest.xml"]
        assert len(bookmarks(archive.read("attachment-01.pdf"))) == 2
    (taken,) = await supplies(world)
    assert taken["signer_name"]


async def test_other_documents_can_be_given_before_they_are_signed(signing_world: World) -> None:
    world = signing_world
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await supply(world, application_id, number, complete=False)
    await until(world, application_id, number, lambda snapshot: snapshot.to_sign)
    await supply(world, application_id, number)
    await sign(world, application_id, number)
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert [taken.complete for taken in answered.supplies] == [True]
    assert len(await supplies(world)) == 1


async def test_decision_ends_a_request_that_waits_for_its_signature(signing_world: World) -> None:
    world = signing_world
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await supply(world, application_id, number)
    await until(world, application_id, number, lambda snapshot: snapshot.to_sign)
    await world.officer(application_id, "denial")
    await world.ended(application_id, End.DENIED)

    async def is_cut_off() -> bool:
        described = await world.handle(application_id, request=number).describe()
        return described.status is WorkflowExecutionStatus.CANCELED

    await world.eventually(is_cut_off)
    assert await supplies(world) == []


async def test_nobody_has_to_sign_what_the_agency_has_by_now(signing_world: World) -> None:
    world = signing_world
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await supply(world, application_id, number)
    waiting = await until(world, application_id, number, lambda snapshot: snapshot.to_sign)
    received = messages.DocumentsReceived(request=waiting.request.model_copy(update={"supplied": True}))
    await world.handle(application_id, request=number).signal("documents_received", received)
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert not answered.to_sign
    assert await supplies(world) == []


async def test_signature_taken_back_is_asked_for_again(signing_world: World) -> None:
    world = signing_world
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    await supply(world, application_id, number)
    await until(world, application_id, number, lambda snapshot: snapshot.to_sign)
    nobody_there = messages.SignAt(message_id="elsewhere", terminal_id="T-nobody-there")
    await world.zairyu.send_to_document_request(application_id, number, "sign_at", nobody_there)
    back = messages.StopSigning(message_id="back")
    assert (await world.zairyu.send_to_document_request(application_id, number, "stop_signing", back)).to_sign
    await sign(world, application_id, number)
    answered = await until(world, application_id, number, lambda snapshot: snapshot.answered)
    assert answered.attention == ()


# ----- maintenance ----------------------------------------------------------------------------------------------


async def test_maintenance_that_swallows_the_due_date_brings_it_forward(world: World) -> None:
    application_id = await under_examination(world)
    number = await ask(world, application_id)
    due_on = world.today + timedelta(days=14)
    begins = datetime.combine(due_on, time(21), JAPAN)
    window = MaintenanceWindow(begins=begins, ends=end_of_day(due_on) + timedelta(hours=6), source="calendar")
    another = MaintenanceWindow(begins=begins - timedelta(days=3), ends=start_of_day(due_on), source="calendar")
    for told in (window, another, window):
        planned = messages.MaintenancePlanned(window=told)
        await world.handle(application_id, request=number).signal("maintenance_planned", planned)
    nearer = await until(world, application_id, number, lambda snapshot: bool(snapshot.maintenance))
    assert nearer.maintenance == (window,)
    assert nearer.next_deadline is not None
    assert nearer.next_deadline.at == begins

    async def found() -> bool:
        described = await world.handle(application_id, request=number).describe()
        return described.typed_search_attributes.get(NEXT_DEADLINE) == begins

    await world.eventually(found)
    await world.eventually(lambda: letters(world, f"before {due_on} 21:00 (Japan time)"))
    assert len(await letters(world, "brings a deadline forward")) == 1


async def test_request_is_by_hand_from_the_start_where_the_interface_takes_no_documents(
    temporal: WorkflowEnvironment, keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    without = frozenset(Capability) - {Capability.DOCUMENT_SUPPLY, Capability.WITHDRAWAL}
    async with World(temporal, keys, sandbox_pki, tmp_path, capabilities=without) as world:
        application_id = await under_examination(world)
        number = await ask(world, application_id)
        asked = await until(world, application_id, number, lambda snapshot: bool(snapshot.manual_steps))
        assert "Online Residence Application System" in asked.manual_steps[0].instructions.en
        with pytest.raises(MessageRefused, match="No such manual step"):
            await world.zairyu.send_to_document_request(
                application_id,
                number,
                "complete_manual_step",
                messages.CompleteManualStep(message_id="other", step=ManualStepKind.NOTE_FEE, evidence="-"),
            )
