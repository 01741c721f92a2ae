from datetime import UTC, date, datetime
from typing import Any

from tests.rules.stories import FILED_AT, asked, fee, receipt, report, state
from zairyu.models.application import Cause
from zairyu.models.residence import ApplicationType, CauseKind, PeriodOfStay
from zairyu.models.snapshot import AttentionReason
from zairyu.models.state import ApplicationState
from zairyu.models.status import Outcome, PaymentStatus
from zairyu.rules.alarms import RINGING, alarms
from zairyu.rules.calendar import end_of_day


def rung(of: ApplicationState) -> list[tuple[str, datetime]]:
    set_alarms = alarms(of)
    assert all(alarm.explanation.ja and alarm.explanation.en for alarm in set_alarms)
    assert all(alarm.reason in RINGING for alarm in set_alarms)
    return [(alarm.key, alarm.at) for alarm in set_alarms]


def test_nothing_is_waited_for_before_filing() -> None:
    assert rung(state()) == []


def test_a_missing_receipt_number_is_noticed_when_its_last_day_is_over() -> None:
    # Filed on Tuesday, Nov 24; two open days later is Thursday, over at midnight in Japan.
    due = [("receipt-number", datetime(2026, 11, 26, 15, 0, tzinfo=UTC))]

    assert rung(state(receipt=receipt())) == due
    assert rung(state(receipt=receipt(), report=report())) == due


def test_filing_a_minute_before_midnight_in_japan_counts_for_that_day() -> None:
    before, after = datetime(2026, 11, 24, 14, 59, tzinfo=UTC), datetime(2026, 11, 24, 15, 0, tzinfo=UTC)

    assert rung(state(receipt=receipt(before))) == rung(state(receipt=receipt(FILED_AT)))
    assert rung(state(receipt=receipt(after))) == [("receipt-number", datetime(2026, 11, 27, 15, 0, tzinfo=UTC))]


def test_a_number_that_came_rings_no_more() -> None:
    assert rung(state(receipt=receipt(), report=report(receipt_number="東1"))) == []
    assert rung(state(receipt=receipt(), report=report(outcome=Outcome.WITHDRAWN))) == []


def test_every_open_document_request_has_its_own_alarm_at_the_end_of_its_day() -> None:
    told = report(
        receipt_number="東1",
        document_requests=(
            asked(1, date(2026, 12, 10), supplied=True),
            asked(2, date(2026, 12, 28)),
            asked(3, date(2026, 12, 20)),
        ),
    )

    assert rung(state(receipt=receipt(), report=told)) == [
        ("documents-3", datetime(2026, 12, 20, 15, 0, tzinfo=UTC)),
        ("documents-2", datetime(2026, 12, 28, 15, 0, tzinfo=UTC)),
    ]


def test_a_last_day_that_was_put_off_counts_again() -> None:
    rung_before = {
        alarm.key
        for due_on in (date(2026, 12, 10), date(2026, 12, 20))
        for alarm in alarms(
            state(
                after_sending=True,
                receipt=receipt(),
                report=report(receipt_number="東1", document_requests=(asked(1, due_on),)),
            )
        )
    }

    assert len([key for key in rung_before if key.startswith("documents")]) == 2


def test_a_decided_application_wants_no_documents() -> None:
    told = report(receipt_number="東1", document_requests=(asked(),), outcome=Outcome.DENIED)

    assert rung(state(receipt=receipt(), report=told)) == []


def test_a_fee_is_late_when_its_day_is_over_and_not_once_it_is_paid() -> None:
    due = report(receipt_number="東1", outcome=Outcome.PERMITTED, fee=fee(date(2027, 1, 15)))
    paid = report(receipt_number="東1", outcome=Outcome.PERMITTED, fee=fee(status=PaymentStatus.PAID))

    assert rung(state(receipt=receipt(), report=due)) == [("payment", datetime(2027, 1, 15, 15, 0, tzinfo=UTC))]
    assert rung(state(receipt=receipt(), report=paid)) == []


def pending(application_type: ApplicationType, stay: dict[str, Any] | None, cause: Cause | None) -> ApplicationState:
    """An application with a receipt number, of somebody with this stay."""
    filed = state(after_sending=True, receipt=receipt(), report=report(receipt_number="東1"))
    form = filed.application.form
    held = form.applicant.current_stay
    applicant = form.applicant.model_copy(
        update={"current_stay": held.model_copy(update=stay) if held and stay else None}
    )
    form = form.model_copy(update={"application_type": application_type, "applicant": applicant, "cause": cause})
    filed.application = filed.application.model_copy(update={"form": form})
    return filed


def test_a_stay_that_no_special_period_prolongs_is_over_with_its_last_day() -> None:
    month = {"period": PeriodOfStay(days=30), "expires_on": date(2026, 12, 20)}
    short = pending(ApplicationType.EXTENSION_OF_PERIOD, month, None)
    assert rung(short) == [("stay-over", end_of_day(date(2026, 12, 20)))]

    birth = Cause(kind=CauseKind.BIRTH, happened_on=date(2026, 11, 10))
    born = pending(ApplicationType.ACQUISITION_OF_STATUS, None, birth)
    assert rung(born) == [("stay-over", end_of_day(date(2027, 1, 9)))]
    assert rung(pending(ApplicationType.CERTIFICATE_OF_ELIGIBILITY, None, None)) == []

    born.report = report(receipt_number="東1", outcome=Outcome.PERMITTED)
    assert rung(born) == []


def test_alarms_tell_the_reason_by_which_an_operator_settles_them() -> None:
    told = report(document_requests=(asked(),), fee=fee())

    assert {alarm.reason for alarm in alarms(state(receipt=receipt(), report=told))} == {
        AttentionReason.RECEIPT_NUMBER_OVERDUE,
        AttentionReason.DOCUMENTS_OVERDUE,
        AttentionReason.PAYMENT_OVERDUE,
    }
