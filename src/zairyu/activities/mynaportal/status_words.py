"""The agency's words, as the sandbox's interface profile uses them, and what they mean on our four axes."""

from collections.abc import Mapping
from typing import Final, TypeVar

from pydantic import ValidationError

from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.errors import MynaportalAnswerUnreadable
from zairyu.models.residence import PeriodOfStay
from zairyu.models.status import (
    ApplicationStatus,
    CollectionStatus,
    DocumentRequest,
    DocumentsStatus,
    Fee,
    Grant,
    Outcome,
    PaymentStatus,
    StatusReport,
    SubmissionReceipt,
)

T = TypeVar("T")

_APPLICATION: Final = {
    "申請完了": ApplicationStatus.RECEIVED,
    "審査中": ApplicationStatus.UNDER_EXAMINATION,
    "審査完了": ApplicationStatus.EXAMINATION_COMPLETED,
    "完了": ApplicationStatus.CLOSED,
}
_DOCUMENTS: Final = {
    "": DocumentsStatus.NONE,
    "返却中": DocumentsStatus.REQUESTED,
    "追完済": DocumentsStatus.SUPPLIED,
}
_COLLECTION: Final = {
    "": CollectionStatus.NOT_READY,
    "発行待ち": CollectionStatus.READY,
    "送付済": CollectionStatus.SENT,
    "受領済": CollectionStatus.COLLECTED,
}
_OUTCOME: Final[Mapping[str, Outcome | None]] = {
    "": None,
    "許可": Outcome.PERMITTED,
    "不許可": Outcome.DENIED,
    "取下げ": Outcome.WITHDRAWN,
    "終止": Outcome.TERMINATED,
}
_PAYMENT: Final = {"未納": PaymentStatus.DUE, "納付済": PaymentStatus.PAID}


def report_of(record: wire.StatusRecord) -> StatusReport:
    """What a record says.

    Raises:
        MynaportalAnswerUnreadable: it uses a word that the profile does not know, or a value that cannot be.
    """
    try:
        return _report(record)
    except ValidationError:
        raise MynaportalAnswerUnreadable(detail="a value that cannot be") from None


def _report(record: wire.StatusRecord) -> StatusReport:
    return StatusReport(
        event_id=record.event_id,
        request_id=record.request_id,
        revision=record.revision,
        reported_at=record.reported_at,
        provisional_number=record.provisional_number,
        receipt_number=record.receipt_number,
        application=_meaning(_APPLICATION, record.application),
        documents=_meaning(_DOCUMENTS, record.documents),
        collection=_meaning(_COLLECTION, record.collection),
        outcome=_meaning(_OUTCOME, record.outcome),
        document_requests=tuple(
            DocumentRequest(number=asked.number, items=tuple(asked.items), due_on=asked.due_on, supplied=asked.supplied)
            for asked in record.document_requests
        ),
        grant=None
        if record.grant is None
        else Grant(
            period=PeriodOfStay(years=record.grant.years, months=record.grant.months, days=record.grant.days),
            expires_on=record.grant.expires_on,
        ),
        fee=None
        if record.fee is None
        else Fee(
            amount=record.fee.amount,
            settlement_fee=record.fee.settlement_fee,
            payment_number=record.fee.payment_number,
            due_on=record.fee.due_on,
            status=_meaning(_PAYMENT, record.fee.status),
        ),
    )


def receipt_of(filed: wire.Submitted | wire.StatusRecord) -> SubmissionReceipt:
    """The proof of filing: in an answer to a submission, or in the record of one that was taken before.

    Raises:
        MynaportalAnswerUnreadable: the time of filing has no zone, so it belongs to no day.
    """
    if filed.accepted_at.tzinfo is None:
        raise MynaportalAnswerUnreadable(detail="a time without a zone")
    return SubmissionReceipt(
        request_id=filed.request_id,
        provisional_number=filed.provisional_number,
        accepted_at=filed.accepted_at,
    )


def _meaning(table: Mapping[str, T], word: str) -> T:
    try:
        return table[word]
    except KeyError:
        raise MynaportalAnswerUnreadable(detail="an unknown status word") from None
