"""Weeks of story in seconds: deadlines, reminders, and what becomes of a person who misses one."""

from datetime import timedelta

from tests.world import World
from zairyu.models import messages
from zairyu.models.snapshot import AttentionReason, End, Phase
from zairyu.rules.calendar import add_months


def occasions(mails: list[dict[str, str]]) -> list[str]:
    return sorted(mail["subject"].split(" / ")[0] for mail in mails)


async def test_an_application_handed_in_early_is_packed_on_the_day_the_window_opens(world: World) -> None:
    opens_on = world.today + timedelta(days=40)
    application_id = await world.start(expires_on=add_months(opens_on, 3))
    waiting = await world.in_phase(application_id, Phase.FILING_WINDOW)
    assert waiting.opens_on is not None
    await world.advance(application_id, timedelta(days=38))
    assert (await world.zairyu.snapshot(application_id)).phase is Phase.FILING_WINDOW
    await world.advance(application_id, timedelta(days=3))
    await world.in_phase(application_id, Phase.SIGNATURE)


async def test_the_window_is_open_until_midnight_before_the_expiry_and_not_longer(world: World) -> None:
    application_id = await world.start(expires_on=world.today + timedelta(days=10))
    waiting = await world.in_phase(application_id, Phase.SIGNATURE)
    assert waiting.next_deadline is not None
    await world.advance(application_id, waiting.next_deadline.at - world.now - timedelta(minutes=2))
    assert (await world.zairyu.snapshot(application_id)).phase is Phase.SIGNATURE
    await world.advance(application_id, timedelta(minutes=3))
    closed = await world.closed(application_id)
    assert closed.end is End.WINDOW_MISSED
    assert occasions(await world.mails()) == ["Online filing has closed"]
    assert await world.ledger() == []


async def test_a_submission_nobody_answers_until_the_window_closes_is_looked_up_and_found(world: World) -> None:
    application_id = await world.start(expires_on=world.today + timedelta(days=10))
    waiting = await world.in_phase(application_id, Phase.SIGNATURE)
    assert waiting.next_deadline is not None
    await world.advance(application_id, waiting.next_deadline.at - world.now - timedelta(seconds=6))
    await world.arm("lose_answer")
    await world.sign(application_id)
    await world.eventually(world.ledger)
    # The agency has it; from now on it does not answer, and its news do not come, until the window has closed.
    await world.arm("unavailable", count=3, call="look_up")
    await world.arm("unavailable", count=3, call="feed")
    filed = await world.until(application_id, lambda snapshot: snapshot.provisional_number is not None)
    assert filed.phase is not Phase.CLOSED
    assert len(await world.ledger()) == 1


async def test_a_submission_that_never_arrived_before_the_window_closed_is_told_as_missed(world: World) -> None:
    application_id = await world.start(expires_on=world.today + timedelta(days=10))
    waiting = await world.in_phase(application_id, Phase.SIGNATURE)
    assert waiting.next_deadline is not None
    await world.advance(application_id, waiting.next_deadline.at - world.now - timedelta(seconds=4))
    await world.arm("unavailable", count=50)
    await world.sign(application_id)
    closed = await world.closed(application_id)
    assert closed.end is End.WINDOW_MISSED
    assert await world.ledger() == []


async def test_a_receipt_number_that_does_not_come_is_an_alarm_until_it_comes(world: World) -> None:
    application_id = await world.file()
    await world.advance(application_id, timedelta(days=8))
    alarmed = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in alarmed.attention] == [AttentionReason.RECEIPT_NUMBER_OVERDUE]
    assert alarmed.phase is Phase.RECEIPT
    await world.officer(application_id, "receipt-number")
    numbered = await world.in_phase(application_id, Phase.EXAMINATION)
    assert numbered.attention == ()


async def test_an_acknowledged_alarm_does_not_ring_again(world: World) -> None:
    application_id = await world.file()
    await world.advance(application_id, timedelta(days=8))
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    acknowledge = messages.Resolve(
        message_id="seen", reason=AttentionReason.RECEIPT_NUMBER_OVERDUE, action=messages.ResolveAction.ACKNOWLEDGE
    )
    assert (await world.zairyu.resolve(application_id, acknowledge)).attention == ()
    await world.advance(application_id, timedelta(days=8))
    assert (await world.zairyu.snapshot(application_id)).attention == ()


async def test_the_applicant_is_reminded_of_documents_until_they_are_supplied(world: World) -> None:
    application_id = await asked_for_documents(world)
    await world.eventually(lambda: request_mails(world, 1))
    await world.environment.fast_forward(world.handle(application_id, request=1), timedelta(days=15))
    await world.eventually(lambda: request_mails(world, 3))
    await world.supply(application_id, 1)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    assert await request_mails(world, 3)


async def test_an_operator_is_told_of_overdue_documents_which_can_still_be_supplied(world: World) -> None:
    # The server skips no time for a workflow whose child is open, so the application runs ahead of the agency.
    application_id = await asked_for_documents(world, ahead=timedelta(days=20))
    overdue = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in overdue.attention] == [AttentionReason.DOCUMENTS_OVERDUE]
    await world.supply(application_id, 1)
    supplied = await world.until(application_id, lambda snapshot: snapshot.attention == ())
    assert supplied.document_requests[0].supplied
    assert supplied.phase is Phase.EXAMINATION


async def asked_for_documents(world: World, *, ahead: timedelta = timedelta()) -> str:
    """An application for which documents are due in 14 days."""
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.in_phase(application_id, Phase.EXAMINATION)
    if ahead:
        await world.environment.fast_forward(world.handle(application_id), ahead)
    due_on = world.today + timedelta(days=14)
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(due_on))
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    return application_id


async def request_mails(world: World, count: int) -> bool:
    """Whether just so many mails tell of a document request."""
    return len([mail for mail in await world.mails() if "dditional documents" in mail["subject"]]) == count


async def test_the_applicant_is_reminded_of_the_fee_until_they_say_that_it_is_paid(world: World) -> None:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(application_id, "permission", years="1")
    due = await world.until(application_id, lambda snapshot: snapshot.fee is not None)
    assert due.fee is not None
    assert (due.fee.amount, due.fee.settlement_fee) == (27_000, 330)
    await world.advance(application_id, timedelta(days=8))
    await world.until(application_id, lambda snapshot: str(snapshot.timeline).count("fee-due") == 4)
    await world.zairyu.report_payment(application_id, messages.ReportPayment(message_id="paid", paid_on=world.today))
    await world.advance(application_id, timedelta(days=10))
    overdue = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in overdue.attention] == [AttentionReason.PAYMENT_OVERDUE]
    assert str(overdue.timeline).count("fee-due") == 4
    # The slip has run out; the officer notes a payment made at the office.
    await world.officer(application_id, "payment")
    assert (await world.in_phase(application_id, Phase.COLLECTION)).attention == ()


async def test_a_denial_is_told_and_ends_the_story(world: World) -> None:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(application_id, "denial")
    closed = await world.closed(application_id)
    assert closed.end is End.DENIED
    assert "The decision on your application" in occasions(await world.mails())


async def test_a_withdrawal_after_filing_is_made_by_a_person_and_noted_with_evidence(world: World) -> None:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no more"))
    asked = await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    assert asked.phase is not Phase.CLOSED
    step = messages.CompleteManualStep(
        message_id="done", step=asked.manual_steps[0].kind, evidence="東京局 2026-12-01 受付"
    )
    await world.zairyu.complete_manual_step(application_id, step)
    closed = await world.closed(application_id)
    assert closed.end is End.WITHDRAWN
    assert closed.manual_steps == ()


async def test_a_withdrawal_that_the_agency_records_needs_no_evidence(world: World) -> None:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no more"))
    await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    await world.officer(application_id, "withdrawal")
    closed = await world.closed(application_id)
    assert closed.end is End.WITHDRAWN


async def test_after_the_expiry_the_last_day_of_the_special_period_is_the_next_deadline(world: World) -> None:
    expires_on = world.today + timedelta(days=20)
    application_id = await world.file(expires_on=expires_on)
    await world.officer(application_id, "receipt-number")
    filed = await world.in_phase(application_id, Phase.EXAMINATION)
    assert filed.special_period_until == add_months(expires_on, 2)
    await world.advance(application_id, timedelta(days=30))
    pending = await world.zairyu.snapshot(application_id)
    assert pending.phase is Phase.EXAMINATION
    assert pending.next_deadline is not None
    assert pending.next_deadline.what.en == "The special period of stay ends"
