"""What the agency says, out of three mouths: its interface, its mails, and people who looked it up.

On each axis the later word counts. A word that a later one has gone beyond (received, then examined) is no
disagreement; two words that cannot both be true are one, and both are shown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from zairyu.models.base import Model
from zairyu.models.names import number_key
from zairyu.models.status import (
    ApplicationStatus,
    AskedDocuments,
    Axis,
    CollectionStatus,
    Disagreement,
    DocumentRequest,
    DocumentsStatus,
    Fee,
    Grant,
    Heard,
    PaymentStatus,
    Source,
    StatusReport,
    SubmissionReceipt,
)

_FIELDS: Final = {
    Axis.RECEIPT_NUMBER: "receipt_number",
    Axis.APPLICATION: "application",
    Axis.DOCUMENTS: "documents",
    Axis.COLLECTION: "collection",
    Axis.OUTCOME: "outcome",
    Axis.GRANT: "grant",
    Axis.FEE: "fee",
}
"""The axes that more than one source speaks of, by their field in reports and in what was heard."""

_BLANK: Final[Mapping[Axis, object]] = {
    Axis.DOCUMENTS: DocumentsStatus.NONE,
    Axis.COLLECTION: CollectionStatus.NOT_READY,
}
"""How a report says nothing on an axis; on the others it is empty."""

_IN_ORDER: Final[Mapping[Axis, Sequence[object]]] = {
    Axis.APPLICATION: tuple(ApplicationStatus),
    Axis.COLLECTION: tuple(CollectionStatus),
}
"""The axes whose words follow one another: a later one goes beyond an earlier one, and never back."""


class Standing(Model):
    """What is believed, and where the sources disagree."""

    report: StatusReport
    disagreements: tuple[Disagreement, ...] = ()


def understood(before: StatusReport | None, now: StatusReport) -> StatusReport:
    """A report of the interface without the words that nobody knows: there, what was known before still counts."""
    if not now.unknown_words:
        return now
    known: dict[str, Any] = {}
    for unknown in now.unknown_words:
        if unknown.axis is Axis.PAYMENT:
            paid = before.fee.status if before and before.fee else PaymentStatus.DUE
            known["fee"] = now.fee.model_copy(update={"status": paid}) if now.fee else None
        elif before is not None:
            known[_FIELDS[unknown.axis]] = getattr(before, _FIELDS[unknown.axis])
        else:
            known[_FIELDS[unknown.axis]] = _nothing_said(unknown.axis)
    return now.model_copy(update=known)


def _nothing_said(axis: Axis) -> object:
    # What was sent and answered has been received.
    return ApplicationStatus.RECEIVED if axis is Axis.APPLICATION else _BLANK.get(axis)


def said_since(
    earlier: Mapping[Axis, datetime], before: StatusReport | None, now: StatusReport
) -> dict[Axis, datetime]:
    """Since when the interface says what it says, axis by axis; it is silent on those that are not there.

    Args:
        earlier: what this gave for the report before.
        before: the interface's report before, understood; nothing before the first.
        now: its newest, understood.
    """
    since = dict(earlier)
    for axis, field in _FIELDS.items():
        word = getattr(now, field)
        changed = before is None or getattr(before, field) != word
        if changed and (axis in since or word not in (None, _BLANK.get(axis))):
            since[axis] = now.reported_at
    return since


def standing(
    receipt: SubmissionReceipt | None,
    interface: StatusReport | None,
    since: Mapping[Axis, datetime],
    heard: Sequence[Heard],
    requests: Sequence[DocumentRequest],
) -> Standing | None:
    """What is believed of an application.

    Args:
        receipt: the proof of filing; only what was filed for certain is heard of.
        interface: the interface's newest report, understood; nothing if it has said nothing yet.
        since: since when it says what it says.
        heard: what mails and people brought.
        requests: the requests for documents that only they brought, or of whose answer only they know.

    Returns:
        Nothing while nobody has said anything.
    """
    if interface is not None:
        base = interface
    elif heard and receipt is not None:
        base = _as_filed(receipt, heard[0])
    else:
        return None
    believed: dict[str, Any] = {}
    disagreements = []
    for axis, field in _FIELDS.items():
        latest = _latest(heard, field)
        if latest is None:
            continue
        word, at = getattr(base, field), since.get(axis)
        other = getattr(latest.said, field)
        if at is None:
            believed[field] = other
        elif _same(axis, word, other):
            believed[field] = _paid_if_either_says_so(word, other)
        elif latest.at > at or (_of_one_second(latest, at) and _goes_beyond(axis, other, word)):
            believed[field] = other
            disagreements.append(_disagreement(axis, (latest.source, other), (Source.INTERFACE, word), latest.at))
        elif _contradicts(axis, other, by=word):
            disagreements.append(_disagreement(axis, (Source.INTERFACE, word), (latest.source, other), at))
    told = {request.number for request in base.document_requests}
    answered = {request.number for request in requests if request.supplied} - asked_anew(base, requests)
    believed["document_requests"] = (
        *(
            request.model_copy(update={"supplied": True}) if request.number in answered else request
            for request in base.document_requests
        ),
        *(request for request in requests if request.number not in told),
    )
    return Standing(report=base.model_copy(update=believed), disagreements=tuple(disagreements))


def request_heard(
    heard: Heard, known: Sequence[DocumentRequest], earlier: Sequence[Heard] = ()
) -> DocumentRequest | None:
    """The request for documents that a mail or a person brings; nothing if there is none, or it is known.

    Args:
        heard: what the mail or the person says.
        known: the requests that are known.
        earlier: what was heard before; a mail may come late, and be of a request that was answered since.
    """
    asked = heard.said.request
    answered_since = {each.news_id for each in earlier if each.at >= heard.at}
    if asked is None or any(
        _is_about(request, asked) and (not request.supplied or supplied_id(request.number) in answered_since)
        for request in known
    ):
        return None
    number = 1 + max((request.number for request in known), default=0)
    return DocumentRequest(number=number, items=asked.items, due_on=asked.due_on)


def supplied_id(number: int) -> str:
    """The id of the word that a request was answered, where the interface does not say so."""
    return f"supplied {number}"


def asked_anew(interface: StatusReport, requests: Sequence[DocumentRequest]) -> set[int]:
    """The numbers under which the interface asks for something else than what only people knew, and have answered.

    Whatever was answered was answered: the interface counts only what it asks for itself.
    """
    answered = {request.number: request.due_on for request in requests if request.supplied}
    return {
        request.number
        for request in interface.document_requests
        if not request.supplied and answered.get(request.number, request.due_on) != request.due_on
    }


def _is_about(request: DocumentRequest, asked: AskedDocuments) -> bool:
    """The same day is the same request: an officer who writes twice of one names the same."""
    return request.due_on == asked.due_on


def _of_one_second(heard: Heard, at: datetime) -> bool:
    """Whether nobody can say which came first: a mail's date has no fractions of a second."""
    return heard.source is Source.MAIL and heard.at.replace(microsecond=0) == at.replace(microsecond=0)


def _goes_beyond(axis: Axis, one: object, other: object) -> bool:
    """Whether one word follows on another."""
    return axis in _IN_ORDER and _IN_ORDER[axis].index(one) > _IN_ORDER[axis].index(other)


def _as_filed(receipt: SubmissionReceipt, first: Heard) -> StatusReport:
    return StatusReport(
        event_id=first.news_id,
        request_id=receipt.request_id,
        revision=1,
        reported_at=first.at,
        provisional_number=receipt.provisional_number,
        application=ApplicationStatus.RECEIVED,
        offers=receipt.offers,
    )


def _latest(heard: Sequence[Heard], field: str) -> Heard | None:
    speaking = [each for each in heard if getattr(each.said, field) is not None]
    return max(speaking, key=lambda each: each.at, default=None)


def _same(axis: Axis, one: object, other: object) -> bool:
    match axis:
        case Axis.RECEIPT_NUMBER:
            return number_key(str(one)) == number_key(str(other))
        case Axis.FEE if isinstance(one, Fee) and isinstance(other, Fee):
            return number_key(one.payment_number) == number_key(other.payment_number) and one.amount == other.amount
        case _:
            return one == other


def _paid_if_either_says_so(word: object, other: object) -> object:
    """What is paid does not fall due again because somebody has not heard of it."""
    if isinstance(word, Fee) and isinstance(other, Fee) and other.status is PaymentStatus.PAID:
        return word.model_copy(update={"status": PaymentStatus.PAID})
    return word


def _contradicts(axis: Axis, earlier: object, *, by: object) -> bool:
    """Whether a later word cannot have followed on an earlier one."""
    if axis in _IN_ORDER:
        return _IN_ORDER[axis].index(by) < _IN_ORDER[axis].index(earlier)
    # Documents are asked for, supplied, and asked for again.
    return axis is not Axis.DOCUMENTS


def _disagreement(
    axis: Axis, counts: tuple[Source, object], other: tuple[Source, object], since: datetime
) -> Disagreement:
    return Disagreement(
        axis=axis,
        counts=counts[0],
        counted=_shown(counts[1]),
        other=other[0],
        set_aside=_shown(other[1]),
        since=since,
    )


def _shown(word: object) -> str:
    match word:
        case None:
            return ""
        case Grant():
            return f"{word.period.label.en}, {word.expires_on}"
        case Fee():
            return f"{word.amount} ({word.payment_number})"
        case _:
            return str(word)
