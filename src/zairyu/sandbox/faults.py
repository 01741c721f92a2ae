"""Fault switches: the next so many calls of one kind go wrong in one way."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, Field, model_validator


class Fault(StrEnum):
    """How a call goes wrong."""

    LOSE_ANSWER = "lose_answer"
    """The work is done, then the connection is closed without an answer."""
    UNAVAILABLE = "unavailable"
    """A passing error before anything is done: 503, or 451 to a mail."""
    TIMEOUT = "timeout"
    """Silence for `seconds` before anything is done, then the connection is closed."""
    REFUSE = "refuse"
    """A final error before anything is done: 400 with the code `REFUSED_ON_PURPOSE`, or 550 to a mail."""
    REPEAT_EVENTS = "repeat_events"
    """A page of the feed tells every event twice."""
    REVERSE_EVENTS = "reverse_events"
    """A page of the feed tells its events in the wrong order."""
    LOSE_EVENTS = "lose_events"
    """A page of the feed leaves its events out, for good."""
    DELAY_EVENTS = "delay_events"
    """A page of the feed holds its events back for a day of the sandbox's clock; they come after later ones."""
    FORGET_CURSOR = "forget_cursor"
    """A call of the feed with a cursor is answered 410 `CURSOR_UNKNOWN`; without one, the feed begins again."""
    ODD_WORD = "odd_word"
    """The last record on a page of the feed has, on one `axis`, a word that nobody knows."""


class Call(StrEnum):
    """What can go wrong."""

    TOKEN = "token"  # noqa: S105  the name of a call
    SUBMISSION = "submission"
    LOOK_UP = "look_up"
    DOCUMENTS = "documents"
    COLLECTION = "collection"
    WITHDRAWAL = "withdrawal"
    FEED = "feed"
    MAINTENANCE = "maintenance"
    MAIL = "mail"


class Axis(StrEnum):
    """Which word of a record."""

    APPLICATION = "application"
    DOCUMENTS = "documents"
    COLLECTION = "collection"
    OUTCOME = "outcome"


_FEED_FAULTS = frozenset(
    {
        Fault.REPEAT_EVENTS,
        Fault.REVERSE_EVENTS,
        Fault.LOSE_EVENTS,
        Fault.DELAY_EVENTS,
        Fault.FORGET_CURSOR,
        Fault.ODD_WORD,
    }
)


class FaultOrder(BaseModel):
    """Let the next `count` calls go wrong; 0 takes it back."""

    kind: Fault
    count: int = Field(ge=0)
    call: Call = Call.SUBMISSION
    """`feed` whatever is said, for the faults that only a feed can have."""
    seconds: float = Field(default=2.0, ge=0, le=60)
    """How long a `timeout` is silent."""
    axis: Axis = Axis.APPLICATION
    """Where an `odd_word` stands."""

    @model_validator(mode="after")
    def _feed_faults_are_of_the_feed(self) -> Self:
        if self.kind in _FEED_FAULTS and self.call is not Call.FEED:
            return self.model_copy(update={"call": Call.FEED})
        return self


@dataclass(frozen=True)
class _Switch:
    kind: Fault
    call: Call


class Faults:
    """Which faults are armed. They do not survive a restart."""

    def __init__(self) -> None:
        self._left: Counter[_Switch] = Counter()
        self._silence = 0.0
        self._odd_axis = Axis.APPLICATION

    def arm(self, order: FaultOrder) -> None:
        """Set how many calls go wrong from now on, in place of what was set before."""
        self._left[_Switch(order.kind, order.call)] = order.count
        if order.kind is Fault.TIMEOUT:
            self._silence = order.seconds
        if order.kind is Fault.ODD_WORD:
            self._odd_axis = order.axis

    @property
    def silence(self) -> float:
        """How many seconds a `timeout` is silent."""
        return self._silence

    @property
    def odd_axis(self) -> Axis:
        """Where an `odd_word` stands."""
        return self._odd_axis

    def take(self, kind: Fault, call: Call) -> bool:
        """Whether this call goes wrong in this way; if so, it is one of the count."""
        switch = _Switch(kind, call)
        if self._left[switch] == 0:
            return False
        self._left[switch] -= 1
        return True

    def armed(self) -> list[FaultOrder]:
        """What still is to go wrong."""
        return [
            FaultOrder(kind=switch.kind, count=left, call=switch.call, seconds=self._silence, axis=self._odd_axis)
            for switch, left in self._left.items()
            if left
        ]
