"""Each kind of application to its end, by whoever may file it, through the real sandbox."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.world import World
from zairyu.client import ApplicationRefused, MessageRefused
from zairyu.models import messages
from zairyu.models.residence import ApplicationType, CollectionMethod, ConcurrentPermission
from zairyu.models.snapshot import AttentionReason, End, ManualStepKind, Phase
from zairyu.models.status import CollectionStatus
from zairyu.rules.calendar import add_months
from zairyu.sandbox.card.personas import CARLOS
from zairyu.workflows.search_attributes import PHASE


async def phases(world: World, application_id: str) -> list[Phase]:
    """The phases that the application was seen in from outside, in their order."""
    history = await world.handle(application_id).fetch_history()
    converter = world.temporal.data_converter.payload_converter
    upserts = [event.upsert_workflow_search_attributes_event_attributes.search_attributes for event in history.events]
    seen = [
        Phase(converter.from_payload(upsert.indexed_fields[PHASE.name]))
        for upsert in upserts
        if PHASE.name in upsert.indexed_fields
    ]
    return [phase for index, phase in enumerate(seen) if index == 0 or seen[index - 1] is not phase]


async def examined(world: World, application_type: ApplicationType, **changes: Any) -> str:
    """An application that is being examined."""
    application_id = await world.file(application_type, **changes)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.in_phase(application_id, Phase.EXAMINATION)
    return application_id


async def mailed(world: World, subject: str) -> list[str]:
    """The texts of the mails with such a subject."""
    return [mail["text"] for mail in await world.mails() if subject in mail["subject"]]


def photos(package: Mapping[str, bytes]) -> list[str]:
    """The names of the JPEGs in a package."""
    return [name for name, content in package.items() if content.startswith(b"\xff\xd8\xff")]


async def test_grown_up_sends_a_photo(world: World) -> None:
    await world.file(ApplicationType.CHANGE_OF_STATUS)
    assert len(photos(await world.package())) == 1


async def test_change_of_status_with_a_re_entry_permit_costs_both(world: World) -> None:
    application_id = await examined(
        world,
        ApplicationType.CHANGE_OF_STATUS,
        concurrent_permissions=["RE_ENTRY", "OTHER_ACTIVITY"],
        re_entry="MULTIPLE",
    )
    pending = await world.zairyu.snapshot(application_id)
    assert pending.special_period_until is not None
    assert pending.concurrent_permissions == (ConcurrentPermission.RE_ENTRY, ConcurrentPermission.OTHER_ACTIVITY)
    await world.officer(application_id, "permission", years="1")
    due = await world.until(application_id, lambda snapshot: snapshot.phase is Phase.PAYMENT and bool(snapshot.fee))
    assert due.fee is not None
    assert due.fee.amount == 27_000 + 6_500
    assert due.attention == ()
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.officer(application_id, "handover")
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert not closed.concurrent_terminated


async def test_denial_ends_what_was_filed_with_it_and_the_person_is_told(world: World) -> None:
    application_id = await examined(
        world, ApplicationType.CHANGE_OF_STATUS, concurrent_permissions=["RE_ENTRY"], re_entry="SINGLE"
    )
    await world.officer(application_id, "denial")
    closed = await world.closed(application_id)
    assert closed.end is End.DENIED
    assert closed.concurrent_terminated
    [letter] = await mailed(world, "The decision")
    assert "Application for re-entry permit" in letter


async def test_withdrawal_by_hand_ends_what_was_filed_with_it(world: World) -> None:
    application_id = await examined(
        world, ApplicationType.CHANGE_OF_STATUS, concurrent_permissions=["RE_ENTRY"], re_entry="SINGLE"
    )
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="enough"))
    await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    done = messages.CompleteManualStep(message_id="by hand", step=ManualStepKind.WITHDRAWAL, evidence="東京局")
    await world.zairyu.complete_manual_step(application_id, done)
    closed = await world.closed(application_id)
    assert closed.end is End.WITHDRAWN
    assert closed.concurrent_terminated
    [letter] = await mailed(world, "The decision")
    assert "Application for re-entry permit" in letter


async def test_certificate_of_eligibility_comes_by_mail_to_the_relative_who_signed(world: World) -> None:
    application_id = await examined(world, ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
    pending = await world.zairyu.snapshot(application_id)
    assert pending.next_deadline is None
    assert pending.special_period_until is None
    await world.officer(application_id, "permission")
    await world.officer(application_id, "ready")
    await world.until(application_id, lambda snapshot: snapshot.collection_status is CollectionStatus.READY)
    with pytest.raises(MessageRefused):
        await world.zairyu.choose_collection(
            application_id, messages.ChooseCollection(message_id="late", method=CollectionMethod.POST)
        )
    await world.officer(application_id, "sent")
    sent = await world.until(application_id, lambda snapshot: snapshot.collection_status is CollectionStatus.SENT)
    await world.eventually(lambda: mailed(world, "has come by e-mail"))
    sent = await world.zairyu.snapshot(application_id)
    assert sent.certificate_valid_until == add_months(world.today, 3)
    assert sent.waiting_for is not None
    assert "receipt registration" in sent.waiting_for.en
    [letter] = await mailed(world, "has come by e-mail")
    assert f"Dear {world.persona.name}" in letter
    assert "Applicant: NGUYEN VAN NAM" in letter
    [certificate] = await mailed(world, "SANDBOX: certificate of eligibility")
    [link] = re.findall(r"http://\S+", certificate)
    assert "Register the receipt" in (await world.http.get(link)).text
    assert (await world.http.post(f"{link}/receipt")).status_code == 303
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert Phase.PAYMENT not in await phases(world, application_id)
    assert not await mailed(world, "How to collect")


async def test_certificate_of_eligibility_that_nobody_registers_calls_for_a_person(world: World) -> None:
    application_id = await examined(world, ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
    await world.officer(application_id, "permission")
    await world.officer(application_id, "ready")
    await world.officer(application_id, "sent")
    await world.eventually(lambda: mailed(world, "has come by e-mail"))
    await world.advance(application_id, timedelta(days=93))
    late = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in late.attention] == [AttentionReason.CERTIFICATE_EXPIRED]
    assert len(await mailed(world, "ends soon")) == 2
    await world.zairyu.confirm_collection(
        application_id, messages.ConfirmCollection(message_id="had it", collected_on=world.today)
    )
    assert (await world.closed(application_id)).end is End.COMPLETED


async def test_certificate_of_eligibility_by_post_needs_an_envelope_only(world: World) -> None:
    application_id = await examined(world, ApplicationType.CERTIFICATE_OF_ELIGIBILITY, collection_method="POST")
    await world.officer(application_id, "permission")
    await world.officer(application_id, "ready")
    await world.eventually(lambda: mailed(world, "How to collect your certificate of eligibility"))
    [letter] = await mailed(world, "How to collect your certificate of eligibility")
    assert "envelope" in letter
    assert "Residence card" not in letter
    await world.officer(application_id, "sent")
    await world.officer(application_id, "handover")
    assert (await world.closed(application_id)).end is End.COMPLETED


async def test_parent_signs_for_a_child_that_has_neither_card_nor_photo(world: World) -> None:
    application_id = await examined(world, ApplicationType.ACQUISITION_OF_STATUS)
    assert not photos(await world.package())
    await world.officer(application_id, "permission", years="1")
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.eventually(lambda: mailed(world, "How to collect your residence card"))
    await world.officer(application_id, "handover")
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert closed.fee is None
    assert Phase.PAYMENT not in await phases(world, application_id)


async def test_acquisition_with_a_re_entry_permit_costs_the_permit_alone(world: World) -> None:
    application_id = await examined(
        world, ApplicationType.ACQUISITION_OF_STATUS, concurrent_permissions=["RE_ENTRY"], re_entry="SINGLE"
    )
    await world.officer(application_id, "permission", years="1")
    due = await world.until(application_id, lambda snapshot: snapshot.phase is Phase.PAYMENT and bool(snapshot.fee))
    assert due.fee is not None
    assert due.fee.amount == 3_500
    assert due.attention == ()
    await world.eventually(lambda: mailed(world, "The decision"))
    [letter] = await mailed(world, "The decision")
    assert "The fee and the collection come next" in letter
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)


async def test_acquisition_not_signed_within_thirty_days_goes_to_the_counter(world: World) -> None:
    born = world.today - timedelta(days=25)
    # The child of the sample was born seventy days before the parent's stay expires.
    application_id = await world.start(ApplicationType.ACQUISITION_OF_STATUS, expires_on=born + timedelta(days=70))
    waiting = await world.in_phase(application_id, Phase.SIGNATURE)
    assert waiting.last_day_online == born + timedelta(days=30)
    await world.advance(application_id, timedelta(days=6))
    closed = await world.closed(application_id)
    assert closed.end is End.WINDOW_MISSED
    assert await world.ledger() == []
    [letter] = await mailed(world, "closed")
    assert f"{closed.last_day_online}" not in letter, "nobody is sent to a counter that takes it no more"
    assert "period of stay" not in letter


async def test_card_of_a_stranger_does_not_sign_for_the_parent(world: World) -> None:
    application_id = await world.start(ApplicationType.ACQUISITION_OF_STATUS)
    world.reader.insert(world.card(valid_until=add_months(world.today, 2), persona=CARLOS))
    world.fingers.password = CARLOS.sign_password
    await world.sign(application_id)
    refused = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in refused.attention] == [AttentionReason.SIGNATURE_FAILED]
    assert await world.ledger() == []


async def test_certificate_of_authorized_employment_is_paid_and_fetched_but_grants_no_stay(world: World) -> None:
    application_id = await examined(world, ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE)
    assert (await world.zairyu.snapshot(application_id)).special_period_until is None
    await world.officer(application_id, "permission")
    due = await world.until(application_id, lambda snapshot: snapshot.phase is Phase.PAYMENT and bool(snapshot.fee))
    assert due.fee is not None
    assert (due.fee.amount, due.fee.settlement_fee) == (1_600, 220)
    assert due.attention == ()
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.eventually(lambda: mailed(world, "How to collect your certificate of authorized employment"))
    await world.officer(application_id, "handover")
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert closed.granted_until is None


async def test_certificate_that_is_not_issued_is_not_called_a_permission(world: World) -> None:
    application_id = await examined(world, ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE)
    await world.officer(application_id, "denial")
    closed = await world.closed(application_id)
    assert closed.end is End.DENIED
    assert "will not be issued" in str(closed.timeline)
    assert "Denied." not in str(closed.timeline)
    [letter] = await mailed(world, "The decision")
    assert "The certificate of authorized employment will not be issued." in letter
    assert "denied" not in letter


async def test_collection_of_a_certificate_is_changed_to_post_and_back(world: World) -> None:
    application_id = await world.start(ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
    await world.in_phase(application_id, Phase.SIGNATURE)

    async def choose(message_id: str, method: CollectionMethod) -> None:
        await world.zairyu.choose_collection(
            application_id, messages.ChooseCollection(message_id=message_id, method=method)
        )

    await choose("post", CollectionMethod.POST)
    await choose("mail", CollectionMethod.EMAIL)
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    assert [entry["collection_method"] for entry in await world.ledger()] == ["EMAIL"]
    await choose("post after all", CollectionMethod.POST)
    await world.until(application_id, lambda snapshot: snapshot.collection_method is CollectionMethod.POST)
    assert [entry["collection_method"] for entry in await world.ledger()] == ["POST"]
    await choose("or not", CollectionMethod.EMAIL)
    await world.until(application_id, lambda snapshot: snapshot.collection_method is CollectionMethod.EMAIL)
    assert [entry["collection_method"] for entry in await world.ledger()] == ["EMAIL"]


async def test_period_too_short_for_a_card_is_collected_at_the_counter(world: World) -> None:
    application_id = await examined(world, ApplicationType.CHANGE_OF_STATUS, collection_method="POST")
    await world.officer(application_id, "permission", months="3")
    due = await world.until(application_id, lambda snapshot: snapshot.phase is Phase.PAYMENT and bool(snapshot.fee))
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    moved = await world.until(application_id, lambda snapshot: snapshot.collection_method is CollectionMethod.COUNTER)
    assert "passport" in str(moved.timeline)
    await world.eventually(lambda: mailed(world, "How to collect"))
    [letter] = await mailed(world, "How to collect your permission")
    assert "stamped in your passport at the counter" in letter
    await world.officer(application_id, "handover")
    assert (await world.closed(application_id)).end is End.COMPLETED


async def test_without_a_limit_the_signature_may_come_a_year_later(world: World) -> None:
    application_id = await world.start(ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
    waiting = await world.in_phase(application_id, Phase.SIGNATURE)
    assert (waiting.opens_on, waiting.last_day_online, waiting.next_deadline) == (None, None, None)
    await world.advance(application_id, timedelta(days=365))
    assert (await world.zairyu.snapshot(application_id)).phase is Phase.SIGNATURE


@pytest.mark.parametrize(
    ("application_type", "changes", "rule"),
    [
        (ApplicationType.EXTENSION_OF_PERIOD, {"filer": "ORGANIZATION_STAFF"}, "route"),
        (ApplicationType.CERTIFICATE_OF_ELIGIBILITY, {"residence_status": "SKILLED_LABOR"}, "listed"),
        (ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE, {"concurrent_permissions": ["RE_ENTRY"]}, "concurrent"),
    ],
)
async def test_who_may_not_file_starts_nothing(
    world: World, application_type: ApplicationType, changes: dict[str, Any], rule: str
) -> None:
    with pytest.raises(ApplicationRefused) as refused:
        await world.start(application_type, **changes)
    assert any(rule in finding.rule for finding in refused.value.findings), refused.value.findings


async def test_relative_files_for_a_child_under_sixteen(world: World) -> None:
    application_id = await world.file(ApplicationType.ACQUISITION_OF_STATUS, filer="RELATIVE")
    assert len(await world.ledger()) == 1
    assert (await world.zairyu.snapshot(application_id)).attention == ()
