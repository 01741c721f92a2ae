"""The moments at which somebody has to be told that nothing has come."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from zairyu.models.assessment import Intention
from zairyu.models.base import BilingualText, Model
from zairyu.models.snapshot import AttentionReason, ManualStep
from zairyu.models.state import ApplicationState
from zairyu.models.status import CollectionStatus
from zairyu.rules.calendar import day_in_japan, end_of_day
from zairyu.rules.manual_steps import grants_period, reminders
from zairyu.rules.reminders import disagreement_days, receipt_number_overdue_on
from zairyu.rules.special_period import special_period

RINGING = (
    AttentionReason.RECEIPT_NUMBER_OVERDUE,
    AttentionReason.DOCUMENTS_OVERDUE,
    AttentionReason.PAYMENT_OVERDUE,
    AttentionReason.CERTIFICATE_EXPIRED,
    AttentionReason.SPECIAL_PERIOD_OVER,
    AttentionReason.SOURCES_DISAGREE,
    AttentionReason.MANUAL_STEP_OVERDUE,
)
"""The matters that an alarm calls for, and that are settled when the alarm is no longer set."""


class Alarm(Model):
    """From `at` on, the matter needs attention."""

    key: str
    reason: AttentionReason
    at: datetime
    summary: str
    """What operators read on the timer."""
    explanation: BilingualText


def alarms(state: ApplicationState) -> tuple[Alarm, ...]:
    """Every matter that is open and has a last day, rung or not yet."""
    report, pending = state.report, []
    if report is not None and report.outcome is None:
        pending += [
            Alarm(
                key=f"documents-{request.number}{_until(request.due_on, state)}",
                reason=AttentionReason.DOCUMENTS_OVERDUE,
                at=end_of_day(request.due_on),
                summary=f"Additional documents (request {request.number}) are overdue",
                explanation=BilingualText(
                    ja=f"追加資料（{request.number}回目）の期限{request.due_on}を過ぎました。提出先に相談してください。",
                    en=f"Additional documents (request {request.number}) were due on {request.due_on}. "
                    "Talk to the office.",
                ),
            )
            for request in report.document_requests
            if not request.supplied
        ]
    if report is not None and report.fee is not None and not state.fee_settled:
        pending.append(
            Alarm(
                key=f"payment{_until(report.fee.due_on, state)}",
                reason=AttentionReason.PAYMENT_OVERDUE,
                at=end_of_day(report.fee.due_on),
                summary="The fee is overdue",
                explanation=BilingualText(
                    ja=f"手数料の納付期限{report.fee.due_on}を過ぎました。提出先に相談してください。",
                    en=f"The fee was due on {report.fee.due_on}. Talk to the office.",
                ),
            )
        )
    if state.receipt is not None and not (report and (report.receipt_number or report.outcome)):
        overdue_on = receipt_number_overdue_on(day_in_japan(state.receipt.accepted_at))
        pending.append(
            Alarm(
                key="receipt-number",
                reason=AttentionReason.RECEIPT_NUMBER_OVERDUE,
                at=end_of_day(overdue_on),
                summary="The receipt number is overdue",
                explanation=BilingualText(
                    ja="申請受付番号が届きません。提出先に確認してください。",
                    en="The receipt number has not come. Ask the office.",
                ),
            )
        )
    valid_until = state.certificate_valid_until
    if valid_until is not None and state.collected_on is None and state.collection is not CollectionStatus.COLLECTED:
        pending.append(
            Alarm(
                key="certificate",
                reason=AttentionReason.CERTIFICATE_EXPIRED,
                at=end_of_day(valid_until),
                summary="The certificate of eligibility has ended unused",
                explanation=BilingualText(
                    ja=f"在留資格認定証明書は{valid_until}で有効期限が過ぎましたが、受領登録がありません。申請人に確認してください。",
                    en=f"The certificate of eligibility ended on {valid_until} without a receipt registration. "
                    "Ask the applicant.",
                ),
            )
        )
    if state.after_sending:
        pending += [*_special_period_over(state), *_disagreements(state), *step_alarms(state.manual_steps)]
    return tuple(sorted(pending, key=lambda alarm: (alarm.at, alarm.key)))


def _until(due_on: date, state: ApplicationState) -> str:
    """The agency may put a last day off, and that one counts again."""
    return f"-{due_on}" if state.after_sending else ""


def _special_period_over(state: ApplicationState) -> Iterator[Alarm]:
    last = state.special_period_until
    if state.receipt is None or state.outcome is not None:
        return
    if last is None:
        yield from _stay_over(state, day_in_japan(state.receipt.accepted_at))
    else:
        yield Alarm(
            key="special-period-over",
            reason=AttentionReason.SPECIAL_PERIOD_OVER,
            at=end_of_day(last),
            summary="The special period of stay has ended without a decision",
            explanation=BilingualText(
                ja=f"特例期間は{last}で終わりましたが、決定がありません。すぐに申請人と提出先に連絡してください。",
                en=f"The special period of stay ended on {last} without a decision. Call the applicant and the office "
                "at once.",
            ),
        )


def _stay_over(state: ApplicationState, filed_on: date) -> Iterator[Alarm]:
    """A stay too short for a special period ends with its last day, and so does one without a status."""
    form = state.application.form
    lawful = special_period(Intention.of(form), filed_on=filed_on) if grants_period(state) else None
    if lawful is None:
        return
    stay = form.applicant.current_stay
    last = lawful.until.on if lawful.until else stay.expires_on if stay else None
    if last is not None:
        yield Alarm(
            key="stay-over",
            reason=AttentionReason.SPECIAL_PERIOD_OVER,
            at=end_of_day(last),
            summary="The stay is over without a decision",
            explanation=BilingualText(
                ja=f"在留できるのは{last}までで、その後の特例期間はありませんが、決定がありません。すぐに申請人と提出先に連絡"
                "してください。",
                en=f"The stay was lawful until {last}, no special period follows, and there is no decision. Call the "
                "applicant and the office at once.",
            ),
        )


def _disagreements(state: ApplicationState) -> Iterator[Alarm]:
    for found in state.disagreements:
        days = disagreement_days(day_in_japan(found.since))
        yield Alarm(
            key=f"disagreement-{found.axis.value}-{found.since:%Y%m%dT%H%M%S}",
            reason=AttentionReason.SOURCES_DISAGREE,
            at=found.since + timedelta(days=days),
            summary="Two sources still disagree",
            explanation=BilingualText(
                ja=f"{found.sentence.ja}提出先に確認してください。", en=f"{found.sentence.en} Ask the office."
            ),
        )


def step_alarms(steps: Sequence[ManualStep]) -> Iterator[Alarm]:
    """The reminders of manual steps that are still open."""
    for step in steps:
        for number, at in enumerate(reminders(step), start=1):
            yield Alarm(
                key=f"manual-{step.kind.value}-{step.since:%Y%m%dT%H%M%S}-{number}",
                reason=AttentionReason.MANUAL_STEP_OVERDUE,
                at=at,
                summary=f"Remind of the manual step {step.kind.value}",
                explanation=BilingualText(
                    ja=f"手作業{step.kind.value}がまだ終わっていません（{day_in_japan(step.since)}から）。",
                    en=f"The manual step {step.kind.value} is still open (since {day_in_japan(step.since)}).",
                ),
            )
