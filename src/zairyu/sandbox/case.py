"""One application as the agency sees it: its words, and which step may follow which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from zairyu.activities.mynaportal.wire import StatusRecord
from zairyu.sandbox.clock import months_later


class Stage(StrEnum):
    """The application axis."""

    RECEIVED = "申請完了"
    UNDER_EXAMINATION = "審査中"
    EXAMINATION_COMPLETED = "審査完了"
    CLOSED = "完了"


class Documents(StrEnum):
    """The documents axis."""

    NONE = ""
    WANTED = "返却中"
    SUPPLIED = "追完済"


class Collection(StrEnum):
    """The collection axis."""

    NONE = ""
    READY = "発行待ち"
    SENT = "送付済"
    COLLECTED = "受領済"


class Outcome(StrEnum):
    """The outcome axis."""

    NONE = ""
    PERMITTED = "許可"
    DENIED = "不許可"
    WITHDRAWN = "取下げ"
    TERMINATED = "終止"


class Payment(StrEnum):
    """Where a fee slip stands."""

    DUE = "未納"
    PAID = "納付済"


class Action(StrEnum):
    """What an officer can do."""

    ISSUE_RECEIPT_NUMBER = "receipt-number"
    START_EXAMINATION = "examination"
    REQUEST_DOCUMENTS = "document-requests"
    PERMIT = "permission"
    DENY = "denial"
    WITHDRAW = "withdrawal"
    TERMINATE = "termination"
    MARK_PAID = "payment"
    MARK_READY = "ready"
    MARK_SENT = "sent"
    HAND_OVER = "handover"


class Refusal(Exception):
    """The agency does not do what it was asked. `code` is the name of the reason.

    `items` are the places in what was sent, each with the name of what is wrong there.
    """

    def __init__(self, code: str, detail: str, items: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.items = tuple(items)


class NotFound(Refusal):
    """The agency has nothing of that name."""


class Unacceptable(Refusal):
    """What was sent is not as it must be."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """A period of stay as it is granted."""

    years: int = 0
    months: int = 0
    days: int = 0

    @property
    def is_stamped(self) -> bool:
        """Whether it is so short that no card is issued: it is stamped in the passport, at the counter."""
        return (12 * self.years + self.months, self.days) <= (3, 0)

    def after(self, day: date) -> date:
        """The last day of the period, when it runs on from a day."""
        return months_later(day, 12 * self.years + self.months) + timedelta(days=self.days)


def grants_period(application_type: str) -> bool:
    """Whether a permission of this type comes with a period of stay."""
    return application_type in {"CHANGE_OF_STATUS", "EXTENSION_OF_PERIOD", "ACQUISITION_OF_STATUS"}


def open_actions(record: StatusRecord, collection_method: str) -> frozenset[Action]:
    """What can be done with an application now."""
    if record.outcome == Outcome.NONE:
        return _before_the_outcome(record)
    if record.outcome == Outcome.PERMITTED:
        return _after_permission(record, collection_method)
    return frozenset()


def _before_the_outcome(record: StatusRecord) -> frozenset[Action]:
    actions = {Action.WITHDRAW, Action.TERMINATE}
    if record.receipt_number is None:
        actions.add(Action.ISSUE_RECEIPT_NUMBER)
    elif record.application == Stage.RECEIVED:
        actions.add(Action.START_EXAMINATION)
    if record.application == Stage.UNDER_EXAMINATION:
        actions |= {Action.PERMIT, Action.DENY, Action.REQUEST_DOCUMENTS}
    return frozenset(actions)


def _after_permission(record: StatusRecord, collection_method: str) -> frozenset[Action]:
    if record.fee is not None and record.fee.status == Payment.DUE:
        return frozenset({Action.MARK_PAID, Action.TERMINATE})
    match record.collection:
        case Collection.NONE:
            return frozenset({Action.MARK_READY})
        case Collection.READY if collection_method == "COUNTER":
            return frozenset({Action.HAND_OVER})
        case Collection.READY:
            return frozenset({Action.MARK_SENT})
        case Collection.SENT:
            return frozenset({Action.HAND_OVER})
        case _:
            return frozenset()


def collection_can_change(record: StatusRecord) -> bool:
    """The method is chosen anew only while an application is received or under examination."""
    return record.outcome == Outcome.NONE and record.application in {Stage.RECEIVED, Stage.UNDER_EXAMINATION}
