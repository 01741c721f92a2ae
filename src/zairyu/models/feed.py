"""The one poller of an interface profile: what it notices, what it is told, what it shows."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from zairyu.models.base import Model
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.messages import Message, Resolve
from zairyu.models.mynaportal import FeedPosition, Swept
from zairyu.models.snapshot import Attention, AttentionReason, TimelineEntry
from zairyu.models.state import ProcessState

MOST_IDS: Final = 20
"""A notice names so many applications at most; its count tells how many there are."""


class FeedNotice(Model):
    """Something about the news that a person has to know of. A signal of the poller's own activity."""

    notice_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """The same matter has the same id, so that it counts once."""
    reason: AttentionReason
    count: int = Field(default=1, ge=1)
    request_ids: tuple[str, ...] = Field(default=(), max_length=MOST_IDS)
    """The first of those that it is about: ids without a meaning."""


class SweepNow(Message):
    """Every open application is to be asked for now, for example after an outage."""


FEED_UPDATES: Final[Mapping[str, type[Message]]] = {"resolve": Resolve, "sweep_now": SweepNow}
"""The updates that a poller takes, by name. Each answers with a `FeedSnapshot`."""


class FeedState(ProcessState):
    """Everything a poller carries through continue-as-new."""

    position: FeedPosition
    """Where the present watch began."""
    notices: list[FeedNotice] = Field(default_factory=list)
    """What nobody has settled yet, one for each reason, summed up."""


class WatchFeed(FeedPosition):
    """The start of a poller."""

    carried_over: FeedState | None = None
    """Set only by the workflow itself, when it continues as new."""


class FeedSnapshot(Model):
    """One poller, as it is shown to operators and to other systems."""

    profile: str
    cursor: str
    """How far the status feed had been read when the present watch began; empty where there is none."""
    told: int
    """How many reports have been told to applications."""
    last_sweep: Swept | None
    """What came of asking for every open application one by one; nothing before the first time."""
    sweep_wanted: bool
    """Whether one was asked for that has not ended yet."""
    attention: tuple[Attention, ...]
    notices: tuple[FeedNotice, ...]
    """The open matters with their counts and ids, one for each reason."""
    maintenance: tuple[MaintenanceWindow, ...]
    """Planned windows that are not over."""
    timeline: tuple[TimelineEntry, ...]
    """What happened of late, the oldest first."""
