"""The status feed: what the registry has to tell, as far as nothing goes wrong on purpose."""

from datetime import timedelta
from typing import Final

from zairyu.activities.mynaportal.wire import FeedPage
from zairyu.sandbox.clock import SandboxClock
from zairyu.sandbox.faults import Call, Fault, Faults
from zairyu.sandbox.offers import Offers
from zairyu.sandbox.problems import ProblemError
from zairyu.sandbox.registry import Registry

LONGEST_WAIT: Final = 60.0
_EVENTS_ON_A_PAGE: Final = 100
_ODD_WORD: Final = "保留"
"""A word that no profile knows: the agency has a new one."""
_DELAY: Final = timedelta(days=1)
"""By the sandbox's clock."""


class Feed:
    """Pages of news. A cursor is a place in the feed, and nothing that a caller should read."""

    def __init__(self, registry: Registry, clock: SandboxClock, faults: Faults, offers: Offers) -> None:
        self._registry = registry
        self._clock = clock
        self._faults = faults
        self._offers = offers

    async def page(self, cursor: str, wait: float) -> FeedPage:
        """The news after a cursor; waits up to so many seconds for some.

        Raises:
            ProblemError: the cursor is forgotten.
        """
        if cursor and self._faults.take(Fault.FORGET_CURSOR, Call.FEED):
            raise ProblemError(410, "CURSOR_UNKNOWN", "begin again without a cursor")
        after = int(cursor or 0)
        self.tell_what_was_delayed()
        await self._registry.wait_for_news(after, min(wait, LONGEST_WAIT))
        events, last = self._registry.news_after(after, _EVENTS_ON_A_PAGE)
        if events and self._faults.take(Fault.LOSE_EVENTS, Call.FEED):
            self._registry.keep_from_feed([event.event_id for event in events], until=None)
            events = []
        if events and self._faults.take(Fault.DELAY_EVENTS, Call.FEED):
            self._registry.keep_from_feed([event.event_id for event in events], until=self._clock.now() + _DELAY)
            events = []
        events = [self._offers.told(event) for event in events]
        if events and self._faults.take(Fault.ODD_WORD, Call.FEED):
            events[-1] = events[-1].model_copy(update={self._faults.odd_axis: _ODD_WORD})
        if events and self._faults.take(Fault.REPEAT_EVENTS, Call.FEED):
            events = [event for event in events for _ in range(2)]
        if events and self._faults.take(Fault.REVERSE_EVENTS, Call.FEED):
            events.reverse()
        return FeedPage(events=events, next_cursor=str(last))

    def tell_what_was_delayed(self) -> None:
        """Put the events whose delay is over at the end of the feed: after what has come since."""
        self._registry.return_to_feed(self._clock.now())
