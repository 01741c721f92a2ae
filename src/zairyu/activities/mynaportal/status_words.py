"""What the agency's words mean on our axes, by the table of the interface profile."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.errors import MynaportalAnswerUnreadable
from zairyu.models.capability import Capability
from zairyu.models.interface import InterfaceProfile, StatusWords
from zairyu.models.residence import PeriodOfStay
from zairyu.models.status import (
    ApplicationStatus,
    Axis,
    CollectionStatus,
    DocumentRequest,
    DocumentsStatus,
    Fee,
    Grant,
    PaymentStatus,
    StatusReport,
    SubmissionReceipt,
    UnknownWord,
)

T = TypeVar("T")


def offers_of(profile: InterfaceProfile) -> tuple[Capability, ...]:
    """What the interface can do, in the one order in which it is told."""
    return tuple(sorted(profile.capabilities))


def report_of(record: wire.StatusRecord, profile: InterfaceProfile) -> StatusReport:
    """What a record says. A word that the profile does not know is named, and never guessed.

    Raises:
        MynaportalAnswerUnreadable: it holds a value that cannot be.
    """
    try:
        return _report(record, profile)
    except ValidationError:
        raise MynaportalAnswerUnreadable(detail="a value that cannot be") from None


def _report(record: wire.StatusRecord, profile: InterfaceProfile) -> StatusReport:
    reader = _Reader(profile.words)
    return StatusReport(
        event_id=record.event_id,
        request_id=record.request_id,
        revision=record.revision,
        reported_at=record.reported_at,
        provisional_number=record.provisional_number,
        receipt_number=record.receipt_number,
        application=reader.application(record.application),
        documents=reader.documents(record.documents),
        collection=reader.collection(record.collection),
        outcome=reader.meaning(Axis.OUTCOME, profile.words.outcome, record.outcome, instead=None),
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
            status=reader.payment(record.fee.status),
        ),
        unknown_words=tuple(reader.unknown),
        offers=offers_of(profile),
    )


class _Reader:
    """Looks words up, and keeps those that are in no table. Nobody may act on what stands in their place."""

    def __init__(self, words: StatusWords) -> None:
        self._words = words
        self.unknown: list[UnknownWord] = []

    def application(self, word: str) -> ApplicationStatus:
        return self.meaning(Axis.APPLICATION, self._words.application, word, instead=ApplicationStatus.RECEIVED)

    def documents(self, word: str) -> DocumentsStatus:
        return self.meaning(Axis.DOCUMENTS, self._words.documents, word, instead=DocumentsStatus.NONE)

    def collection(self, word: str) -> CollectionStatus:
        return self.meaning(Axis.COLLECTION, self._words.collection, word, instead=CollectionStatus.NOT_READY)

    def payment(self, word: str) -> PaymentStatus:
        return self.meaning(Axis.PAYMENT, self._words.payment, word, instead=PaymentStatus.DUE)

    def meaning(self, axis: Axis, table: Mapping[str, T], word: str, *, instead: T) -> T:
        if word in table:
            return table[word]
        self.unknown.append(UnknownWord(axis=axis, word=word))
        return instead


def receipt_of(filed: wire.Submitted | wire.StatusRecord, profile: InterfaceProfile) -> SubmissionReceipt:
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
        offers=offers_of(profile),
    )
