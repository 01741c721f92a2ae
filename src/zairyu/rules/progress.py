"""What is new in a report of the agency, in words."""

from collections.abc import Iterator

from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType
from zairyu.models.status import (
    ApplicationStatus,
    CollectionStatus,
    Outcome,
    PaymentStatus,
    StatusReport,
)

_APPLICATION = {
    ApplicationStatus.RECEIVED: BilingualText(ja="受け付けられました。", en="The agency has received it."),
    ApplicationStatus.UNDER_EXAMINATION: BilingualText(ja="審査が始まりました。", en="The examination has begun."),
    ApplicationStatus.EXAMINATION_COMPLETED: BilingualText(
        ja="審査が完了しました。", en="The examination is completed."
    ),
    ApplicationStatus.CLOSED: BilingualText(ja="手続が完了しました。", en="The agency has closed it."),
}
_OUTCOME = {
    Outcome.PERMITTED: BilingualText(ja="許可されました。", en="Permitted."),
    Outcome.DENIED: BilingualText(ja="不許可となりました。", en="Denied."),
    Outcome.WITHDRAWN: BilingualText(ja="取り下げられました。", en="Withdrawn."),
    Outcome.TERMINATED: BilingualText(ja="終止となりました。", en="Terminated."),
}
_OUTCOME_OF_CERTIFICATE = _OUTCOME | {
    Outcome.PERMITTED: BilingualText(ja="交付が決定されました。", en="The {0} will be issued."),
    Outcome.DENIED: BilingualText(ja="不交付となりました。", en="The {0} will not be issued."),
}
_COLLECTION = {
    CollectionStatus.READY: BilingualText(ja="{0}の準備ができました。", en="The {0} is ready."),
    CollectionStatus.SENT: BilingualText(ja="{0}が発送されました。", en="The {0} has been sent."),
    CollectionStatus.COLLECTED: BilingualText(ja="{0}が受領されました。", en="The {0} has been collected."),
}


def what_is_new(
    before: StatusReport | None, now: StatusReport, application_type: ApplicationType
) -> Iterator[BilingualText]:
    """The differences between two reports, in the order in which a person would tell them.

    Args:
        before: the report that was known; nothing before the first.
        now: the new one.
        application_type: what was applied for: a certificate is issued, anything else permitted.
    """
    if now.receipt_number and not (before and before.receipt_number):
        yield BilingualText(
            ja=f"申請受付番号 {now.receipt_number} が発番されました。", en=f"Receipt number {now.receipt_number}."
        )
    if before is not None and now.application is not before.application and now.application in _APPLICATION:
        yield _APPLICATION[now.application]
    known = {request.number: request for request in before.document_requests} if before else {}
    for request in now.document_requests:
        if request.number not in known:
            yield BilingualText(
                ja=f"追加資料（{request.number}回目）を{request.due_on}までに求められました。",
                en=f"Additional documents asked for (request {request.number}), due on {request.due_on}.",
            )
        elif request.supplied and not known[request.number].supplied:
            yield BilingualText(
                ja=f"追加資料（{request.number}回目）が届きました。",
                en=f"Additional documents received (request {request.number}).",
            )
    result = application_type.result
    if now.outcome and not (before and before.outcome is now.outcome):
        words = _OUTCOME_OF_CERTIFICATE if application_type.is_for_certificate else _OUTCOME
        yield _about(words[now.outcome], result)
    if now.fee and not (before and before.fee):
        yield BilingualText(
            ja=f"手数料 {now.fee.amount:,}円（納付期限 {now.fee.due_on}）",
            en=f"Fee of {now.fee.amount:,} yen, due on {now.fee.due_on}.",
        )
    paid = now.fee is not None and now.fee.status is PaymentStatus.PAID
    if paid and not (before and before.fee and before.fee.status is PaymentStatus.PAID):
        yield BilingualText(ja="手数料が納付されました。", en="The fee has been paid.")
    if now.collection in _COLLECTION and not (before and before.collection is now.collection):
        yield _about(_COLLECTION[now.collection], result)


def _about(words: BilingualText, result: BilingualText) -> BilingualText:
    return BilingualText(ja=words.ja.format(result.ja), en=words.en.format(result.en))
