"""The moments at which somebody has to be told that nothing has come."""

from datetime import datetime

from zairyu.models.base import BilingualText, Model
from zairyu.models.snapshot import AttentionReason
from zairyu.models.state import ApplicationState
from zairyu.models.status import CollectionStatus
from zairyu.rules.calendar import day_in_japan, end_of_day
from zairyu.rules.reminders import receipt_number_overdue_on

RINGING = (
    AttentionReason.RECEIPT_NUMBER_OVERDUE,
    AttentionReason.DOCUMENTS_OVERDUE,
    AttentionReason.PAYMENT_OVERDUE,
    AttentionReason.CERTIFICATE_EXPIRED,
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
                key=f"documents-{request.number}",
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
                key="payment",
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
    return tuple(sorted(pending, key=lambda alarm: (alarm.at, alarm.key)))
