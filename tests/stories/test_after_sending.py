"""From the provisional number on: three sources, what the clock brings, and what a person has to do."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from tests.stories.test_operators import current_details, found
from tests.world import World
from zairyu.client import MessageRefused
from zairyu.models import messages
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, End, ManualStepKind, Phase
from zairyu.models.status import (
    ApplicationStatus,
    AskedDocuments,
    Axis,
    DocumentRequest,
    DocumentsStatus,
    Grant,
    Heard,
    Outcome,
    PaymentStatus,
    Said,
    Source,
    StatusReport,
    UnknownWord,
)
from zairyu.rules.calendar import end_of_day, start_of_day

DAY = timedelta(days=1)


def mail(at: datetime, *, news_id: str | None = None, **said: Any) -> messages.AgencyWrote:
    heard = Heard(news_id=news_id or uuid.uuid4().hex, source=Source.MAIL, at=at, said=Said(**said))
    return messages.AgencyWrote(heard=heard)


async def examined(world: World, **changes: Any) -> tuple[str, WorkflowHandle[Any, Any]]:
    """An application under examination."""
    application_id = await world.file(**changes)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.until(
        application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION
    )
    return application_id, world.handle(application_id)


async def next_report(world: World, **says: Any) -> StatusReport:
    """What the interface would tell after all that it has told of the one application."""
    (entry,) = await world.ledger()
    known = entry["record"]
    return StatusReport(
        event_id="next",
        request_id=known["request_id"],
        revision=known["revision"] + 1,
        reported_at=world.now,
        provisional_number=known["provisional_number"],
        receipt_number=known["receipt_number"],
        **says,
    )


# ----- mails of the agency --------------------------------------------------------------------------------------------


async def test_a_mail_brings_the_receipt_number_before_the_interface_does(world: World) -> None:
    application_id = await world.file()
    number = "東オンＥＮ26000001"
    wrote = mail(world.now, receipt_number=number)
    await world.handle(application_id).signal("agency_wrote", wrote)
    told = await world.until(application_id, lambda snapshot: snapshot.receipt_number is not None)
    assert told.receipt_number == number
    assert f"Receipt number {number}. (By mail.)" in [entry.text.en for entry in told.timeline]
    await world.mailed(1)

    await world.handle(application_id).signal("agency_wrote", wrote)
    await world.officer(application_id, "receipt-number")
    agreed = await world.until(application_id, lambda snapshot: snapshot.application_status is not None)
    assert agreed.disagreements == ()
    assert [entry.text.en for entry in agreed.timeline].count(f"Receipt number {number}. (By mail.)") == 1


async def test_a_mail_and_the_interface_that_disagree_are_both_shown_until_they_agree(world: World) -> None:
    application_id, handle = await examined(world)
    await handle.signal("agency_wrote", mail(world.now, application=ApplicationStatus.EXAMINATION_COMPLETED))
    ahead = await world.until(application_id, lambda snapshot: bool(snapshot.disagreements))
    assert ahead.application_status is ApplicationStatus.EXAMINATION_COMPLETED
    assert [(each.axis, each.counts, each.set_aside) for each in ahead.disagreements] == [
        (Axis.APPLICATION, Source.MAIL, "UNDER_EXAMINATION")
    ]
    assert ahead.attention == ()
    assert "UNDER_EXAMINATION" in await current_details(world, application_id)

    await world.advance(application_id, DAY)
    called = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in called.attention] == [AttentionReason.SOURCES_DISAGREE]

    await world.officer(application_id, "denial")
    closed = await world.closed(application_id)
    assert (closed.end, closed.disagreements, closed.attention) == (End.DENIED, (), ())


async def test_a_mail_from_tomorrow_has_not_the_last_word(world: World) -> None:
    application_id, handle = await examined(world)
    await handle.signal("agency_wrote", mail(world.now + 300 * DAY, receipt_number="東オンＥＮ26009999"))
    shown = await world.until(application_id, lambda snapshot: bool(snapshot.disagreements))
    number = shown.disagreements[0].set_aside
    await world.advance(application_id, timedelta(hours=1))
    # The interface says it again, and something else between.
    await told_next(world, handle, receipt_number="東オンＥＮ26008888")
    await told_next(world, handle, receipt_number=number)
    told = await world.until(application_id, lambda snapshot: snapshot.receipt_number == number)
    assert [each.set_aside for each in told.disagreements] == ["東オンＥＮ26009999"]


async def test_documents_that_only_a_mail_asks_for_are_looked_up_by_a_person(world: World) -> None:
    application_id, handle = await examined(world)
    await handle.signal("agency_wrote", mail(world.now, documents=DocumentsStatus.REQUESTED))
    asked = await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    assert [step.kind for step in asked.manual_steps] == [ManualStepKind.NOTE_DOCUMENT_REQUEST]

    due_on = world.today + 14 * DAY
    said = Said(request=AskedDocuments(items=("住民税の課税証明書",), due_on=due_on))
    done = messages.CompleteManualStep(
        message_id="noted", step=ManualStepKind.NOTE_DOCUMENT_REQUEST, evidence="画面で確認", said=said
    )
    await world.zairyu.complete_manual_step(application_id, done)
    await world.zairyu.complete_manual_step(application_id, done)
    noted = await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    assert [(request.number, request.due_on) for request in noted.document_requests] == [(1, due_on)]
    assert noted.manual_steps == ()
    await world.eventually(lambda: mailed(world, "Additional documents are needed"))


async def mailed(world: World, words: str) -> bool:
    return any(words in letter["subject"] for letter in await world.mails())


async def test_a_mail_of_an_application_that_was_never_filed_changes_nothing(world: World) -> None:
    application_id = await world.start()
    before = await world.in_phase(application_id, Phase.SIGNATURE)
    await world.handle(application_id).signal("agency_wrote", mail(world.now, outcome=Outcome.DENIED))
    assert (await world.zairyu.snapshot(application_id)).timeline == before.timeline


# ----- words that nobody knows ----------------------------------------------------------------------------------------


async def test_an_unknown_word_is_shown_and_alarmed_and_stops_nothing(world: World) -> None:
    application_id, handle = await examined(world)
    odd = await next_report(
        world,
        application=ApplicationStatus.CLOSED,
        unknown_words=(UnknownWord(axis=Axis.APPLICATION, word="保留"),),
    )
    await handle.signal("status_changed", messages.StatusChanged(report=odd))
    shown = await world.until(application_id, lambda snapshot: bool(snapshot.unknown_words))
    assert shown.application_status is ApplicationStatus.UNDER_EXAMINATION
    assert [attention.reason for attention in shown.attention] == [AttentionReason.STATUS_WORD_UNKNOWN]
    assert "保留" in shown.attention[0].explanation.ja
    assert "保留" in await current_details(world, application_id)

    understood = odd.model_copy(
        update={"revision": odd.revision + 1, "unknown_words": (), "outcome": Outcome.TERMINATED}
    )
    await handle.signal("status_changed", messages.StatusChanged(report=understood))
    assert (await world.closed(application_id)).end is End.TERMINATED


# ----- the special period of stay -------------------------------------------------------------------------------------


async def test_the_special_period_begins_by_itself_is_shown_and_ends_with_the_decision(world: World) -> None:
    expires_on = world.today + 20 * DAY
    application_id, _ = await examined(world, expires_on=expires_on)
    filed = await world.zairyu.snapshot(application_id)
    last = filed.special_period_until
    assert last is not None
    assert not filed.in_special_period

    await world.advance(application_id, 21 * DAY)
    begun = await world.until(application_id, lambda snapshot: snapshot.in_special_period)
    assert f"until **{last}**" in await current_details(world, application_id)
    assert any("special period of stay has begun" in entry.text.en for entry in begun.timeline)
    await world.eventually(lambda: mailed(world, "Your special period of stay has begun"))
    listed = f"AgencyStatus = 'SPECIAL_PERIOD' AND WorkflowId = 'application/{application_id}'"

    async def listed_once() -> bool:
        return len(await found(world, listed)) == 1

    await world.eventually(listed_once)

    count = len(await world.mails())
    for before in (30, 14, 7, 1):
        await world.advance(application_id, start_of_day(last - before * DAY) + timedelta(hours=1) - world.now)
        count += 1
        await world.mailed(count)
        assert f"The last day you may stay is {last}" in (await world.mails())[0]["subject"]

    await world.officer(application_id, "denial")
    closed = await world.closed(application_id)
    assert not closed.in_special_period
    assert closed.after_denial is not None
    assert "special period of stay is over" in closed.after_denial.en
    assert "special period of stay is over" in " ".join((await world.mails())[0]["text"].split())


async def test_a_special_period_that_ends_undecided_calls_for_a_person(world: World) -> None:
    application_id, _ = await examined(world, expires_on=world.today + 20 * DAY)
    last = (await world.zairyu.snapshot(application_id)).special_period_until
    assert last is not None
    await world.advance(application_id, end_of_day(last) + timedelta(hours=1) - world.now)
    over = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in over.attention] == [AttentionReason.SPECIAL_PERIOD_OVER]
    assert not over.in_special_period

    await world.officer(application_id, "permission", years="1")
    permitted = await world.in_phase(application_id, Phase.PAYMENT)
    assert permitted.attention == ()


async def test_a_denial_before_the_expiry_says_that_the_stay_goes_on(world: World) -> None:
    application_id, _ = await examined(world)
    await world.officer(application_id, "denial")
    closed = await world.closed(application_id)
    assert closed.after_denial is not None
    assert "It can be filed again" in closed.after_denial.en


# ----- what a person has to do ----------------------------------------------------------------------------------------


async def test_a_correction_is_told_to_the_office_by_somebody_who_has_taken_it(world: World) -> None:
    application_id, _ = await examined(world)
    first = messages.RequestCorrection(message_id="c-1", what="電話番号は090-0000-0000です。")
    await world.zairyu.send(application_id, "request_correction", first)
    await world.zairyu.send(application_id, "request_correction", first)
    second = messages.RequestCorrection(message_id="c-2", what="勤務先の所在地")
    await world.zairyu.send(application_id, "request_correction", second)
    shown = await world.zairyu.snapshot(application_id)
    assert [step.kind for step in shown.manual_steps] == [ManualStepKind.CORRECTION]
    assert shown.corrections == (first.what, second.what)
    assert "090-0000" not in await current_details(world, application_id), "somebody's words may be personal"

    taken = messages.AssignManualStep(message_id="a-1", step=ManualStepKind.CORRECTION, assignee="sato01")
    await world.zairyu.send(application_id, "assign_manual_step", taken)

    async def listed() -> bool:
        return len(await found(world, f"ManualSteps = '@sato01' AND WorkflowId = 'application/{application_id}'")) == 1

    await world.eventually(listed)
    assert "(@sato01)" in await current_details(world, application_id)

    await world.advance(application_id, 7 * DAY)
    late = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in late.attention] == [AttentionReason.MANUAL_STEP_OVERDUE]

    done = messages.CompleteManualStep(message_id="d-1", step=ManualStepKind.CORRECTION, evidence="東京局 電話")
    await world.zairyu.complete_manual_step(application_id, done)
    settled = await world.until(application_id, lambda snapshot: not snapshot.attention)
    assert settled.manual_steps == ()


async def test_a_step_that_looks_something_up_is_not_done_without_what_was_found(world: World) -> None:
    application_id, handle = await examined(world)
    await handle.signal("agency_wrote", mail(world.now, documents=DocumentsStatus.REQUESTED))
    await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    empty = messages.CompleteManualStep(
        message_id="empty", step=ManualStepKind.NOTE_DOCUMENT_REQUEST, evidence="見ました"
    )
    with pytest.raises(MessageRefused, match=r"said\.request"):
        await world.zairyu.complete_manual_step(application_id, empty)


# ----- planned maintenance --------------------------------------------------------------------------------------------


async def test_a_deadline_in_a_planned_window_is_brought_forward_with_one_mail(world: World) -> None:
    expires_on = world.today + 20 * DAY
    application_id = await world.start(expires_on=expires_on)
    await world.in_phase(application_id, Phase.SIGNATURE)
    closes_at = start_of_day(expires_on)
    window = MaintenanceWindow(begins=closes_at - 2 * DAY, ends=closes_at, source="calendar")
    for _ in range(2):
        await world.handle(application_id).signal("maintenance_planned", messages.MaintenancePlanned(window=window))
    told = await world.until(application_id, lambda snapshot: bool(snapshot.maintenance))
    assert told.next_deadline is not None
    assert told.next_deadline.at == window.begins
    await world.mailed(1)
    assert "Planned maintenance" in await current_details(world, application_id)

    elsewhere = MaintenanceWindow(begins=closes_at + DAY, ends=closes_at + 2 * DAY, source="calendar")
    await world.handle(application_id).signal("maintenance_planned", messages.MaintenancePlanned(window=elsewhere))
    assert (await world.zairyu.snapshot(application_id)).maintenance == (window,)

    # One that ends when the first begins leaves still less time.
    before = MaintenanceWindow(begins=closes_at - 3 * DAY, ends=window.begins, source="calendar")
    await world.handle(application_id).signal("maintenance_planned", messages.MaintenancePlanned(window=before))
    told = await world.until(application_id, lambda snapshot: len(snapshot.maintenance) == 2)
    assert told.next_deadline is not None
    assert told.next_deadline.at == before.begins

    await world.sign(application_id)
    filed = await world.in_phase(application_id, Phase.RECEIPT)
    assert filed.maintenance == ()
    assert len([letter for letter in await world.mails() if "maintenance" in letter["subject"].lower()]) == 2


async def test_maintenance_that_is_over_sooner_than_planned_does_not_cost_the_deadline(world: World) -> None:
    application_id = await world.start(expires_on=world.today + 10 * DAY)
    waiting = await world.in_phase(application_id, Phase.SIGNATURE)
    assert waiting.next_deadline is not None
    await world.advance(application_id, waiting.next_deadline.at - world.now - timedelta(seconds=30))
    window = {"begins": str(world.now - timedelta(hours=1)), "ends": str(world.now + 8 * timedelta(hours=1))}
    announced = await world.http.post("/sandbox/maintenance", json={**window, "notice_id": "longer-than-it-takes"})
    assert announced.is_success, announced.text
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.SUBMISSION)
    await asyncio.sleep(1)
    assert await world.ledger() == []

    await world.http.delete("/sandbox/maintenance/longer-than-it-takes")
    await world.in_phase(application_id, Phase.RECEIPT)
    assert len(await world.ledger()) == 1


# ----- documents that came there another way --------------------------------------------------------------------------


async def test_documents_that_somebody_brought_to_the_office_are_not_asked_for_any_more(world: World) -> None:
    application_id, handle = await examined(world)
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(world.today + 14 * DAY))
    asked = await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await world.eventually(lambda: mailed(world, "Additional documents are needed"))
    brought = await next_report(
        world,
        application=ApplicationStatus.UNDER_EXAMINATION,
        documents=DocumentsStatus.SUPPLIED,
        document_requests=(asked.document_requests[0].model_copy(update={"supplied": True}),),
    )
    await handle.signal("status_changed", messages.StatusChanged(report=brought))

    async def over() -> bool:
        return (await world.zairyu.document_request(application_id, 1)).answered

    await world.eventually(over)
    with pytest.raises(MessageRefused):
        await world.supply(application_id, 1)


async def test_a_word_that_was_added_to_the_profile_is_understood_when_the_same_is_told_again(world: World) -> None:
    application_id, handle = await examined(world)
    odd = await next_report(
        world,
        application=ApplicationStatus.RECEIVED,
        unknown_words=(UnknownWord(axis=Axis.APPLICATION, word="保留"),),
    )
    for _ in range(2):
        await handle.signal("status_changed", messages.StatusChanged(report=odd))
    shown = await world.until(application_id, lambda snapshot: bool(snapshot.unknown_words))
    assert len([entry for entry in shown.timeline if "nobody here knows" in entry.text.en]) == 1

    now_known = odd.model_copy(update={"unknown_words": (), "application": ApplicationStatus.EXAMINATION_COMPLETED})
    await handle.signal("status_changed", messages.StatusChanged(report=now_known))
    told = await world.until(application_id, lambda snapshot: not snapshot.unknown_words)
    assert told.application_status is ApplicationStatus.EXAMINATION_COMPLETED
    assert told.attention == ()


# ----- what takes the place of something else -------------------------------------------------------------------------


async def told_next(world: World, handle: WorkflowHandle[Any, Any], **says: Any) -> None:
    """Have the interface say something more than the officer's page can."""
    snapshot = await handle.query("snapshot", result_type=ApplicationSnapshot)
    (entry,) = await world.ledger()
    known = entry["record"]
    report = StatusReport(
        **{
            "event_id": uuid.uuid4().hex,
            "request_id": known["request_id"],
            "revision": known["revision"] + 100 + len(snapshot.timeline),
            "reported_at": world.now,
            "provisional_number": known["provisional_number"],
            "receipt_number": known["receipt_number"],
            "application": ApplicationStatus.UNDER_EXAMINATION,
            **says,
        }
    )
    await handle.signal("status_changed", messages.StatusChanged(report=report))


async def written(world: World, words: str) -> bool:
    return any(words in letter["text"] for letter in await world.mails())


async def noted_by_a_person(world: World) -> tuple[str, WorkflowHandle[Any, Any]]:
    """An application whose first request for documents came by post."""
    application_id, handle = await examined(world)
    await handle.signal("agency_wrote", mail(world.now, documents=DocumentsStatus.REQUESTED))
    await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    said = Said(request=AskedDocuments(items=("住民税の課税証明書",), due_on=world.today + 14 * DAY))
    noted = messages.CompleteManualStep(
        message_id="noted", step=ManualStepKind.NOTE_DOCUMENT_REQUEST, evidence="郵便", said=said
    )
    await world.zairyu.complete_manual_step(application_id, noted)
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await world.eventually(lambda: mailed(world, "Additional documents are needed"))
    return application_id, handle


async def brought_to_the_counter(world: World, application_id: str) -> None:
    """Somebody has handed in what was asked for."""
    brought = messages.CompleteManualStep(
        message_id="brought", step=ManualStepKind.SUPPLY_DOCUMENTS, evidence="窓口に持参"
    )
    await world.zairyu.send_to_document_request(application_id, 1, "complete_manual_step", brought)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)


async def test_another_request_under_the_number_of_one_that_a_person_noted_is_followed_as_well(world: World) -> None:
    application_id, handle = await noted_by_a_person(world)
    await brought_to_the_counter(world, application_id)

    # The interface, which never knew of the letter, begins to count.
    due_on = world.today + 21 * DAY
    first = DocumentRequest(number=1, items=("雇用契約書",), due_on=due_on)
    await told_next(world, handle, documents=DocumentsStatus.REQUESTED, document_requests=(first,))
    asked = await world.until(application_id, lambda snapshot: snapshot.document_requests[0].due_on == due_on)
    assert not asked.document_requests[0].supplied
    await world.eventually(lambda: written(world, "雇用契約書"))
    request = await world.zairyu.document_request(application_id, 1)
    assert (request.answered, request.request.due_on) == (False, due_on)


async def test_what_was_brought_for_a_request_as_the_interface_changed_it_is_not_asked_for_again(world: World) -> None:
    application_id, handle = await noted_by_a_person(world)
    due_on = world.today + 15 * DAY
    changed = DocumentRequest(number=1, items=("住民税の課税証明書",), due_on=due_on)
    asked: dict[str, Any] = {"documents": DocumentsStatus.REQUESTED, "document_requests": (changed,)}
    await told_next(world, handle, **asked)
    await world.eventually(lambda: mailed(world, "the request has changed"))

    await brought_to_the_counter(world, application_id)
    await told_next(world, handle, **asked, revision=10_000)
    assert (await world.zairyu.snapshot(application_id)).document_requests[0].supplied
    assert (await world.zairyu.document_request(application_id, 1)).evidence == "窓口に持参"


async def test_a_correction_that_nobody_made_ends_with_the_decision(world: World) -> None:
    application_id, _ = await examined(world)
    wrong = messages.RequestCorrection(message_id="c-1", what="電話番号")
    await world.zairyu.send(application_id, "request_correction", wrong)
    await world.officer(application_id, "permission", years="3")
    permitted = await world.in_phase(application_id, Phase.PAYMENT)
    assert (permitted.manual_steps, permitted.corrections) == ((), ())


async def test_a_fee_that_takes_another_s_place_is_told_and_reminded_of(world: World) -> None:
    application_id, handle = await examined(world)
    await world.officer(application_id, "permission", years="3")
    due = await world.until(application_id, lambda snapshot: snapshot.fee is not None)
    assert due.fee is not None
    number = due.fee.payment_number
    await world.eventually(lambda: written(world, f"Payment number: {number}"))

    later = due.fee.model_copy(update={"payment_number": "99990001", "due_on": due.fee.due_on + 30 * DAY})
    permitted = {
        "application": ApplicationStatus.EXAMINATION_COMPLETED,
        "outcome": Outcome.PERMITTED,
        "grant": Grant(period=due.granted_period, expires_on=due.granted_until),
    }
    await told_next(world, handle, **permitted, fee=later)
    await world.eventually(lambda: written(world, "Payment number: 99990001"))
    message_ids = [letter["message_id"] for letter in await world.mails()]
    assert len(set(message_ids)) == len(message_ids)
    paid = later.model_copy(update={"status": PaymentStatus.PAID})
    await told_next(world, handle, **permitted, fee=paid)
    await world.in_phase(application_id, Phase.COLLECTION)


async def test_an_overdue_step_that_is_done_is_settled_though_another_is_open(world: World) -> None:
    application_id, _ = await examined(world)
    wrong = messages.RequestCorrection(message_id="c-1", what="電話番号")
    await world.zairyu.send(application_id, "request_correction", wrong)
    await world.advance(application_id, 7 * DAY)
    late = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in late.attention] == [AttentionReason.MANUAL_STEP_OVERDUE]
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="enough"))
    await world.until(application_id, lambda snapshot: len(snapshot.manual_steps) == 2)

    done = messages.CompleteManualStep(message_id="d-1", step=ManualStepKind.CORRECTION, evidence="東京局 電話")
    await world.zairyu.complete_manual_step(application_id, done)
    settled = await world.until(application_id, lambda snapshot: len(snapshot.manual_steps) == 1)
    settled = await world.until(application_id, lambda snapshot: not snapshot.attention)
    assert [step.kind for step in settled.manual_steps] == [ManualStepKind.WITHDRAWAL]
    assert settled.corrections == ()
