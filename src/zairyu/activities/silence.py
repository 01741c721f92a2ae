"""A watch that has had no luck for long calls for a person."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from zairyu.models.errors import StepError
from zairyu.models.messages import Unreachable

LONG: Final = timedelta(hours=2)
"""A watch ends an hour after it began: whoever still tries after two has had no luck for one. Our own choice."""

_log = structlog.get_logger(__name__)


class Silence:
    """Tells the workflow that watches, once for each watch. An outage of minutes is nobody's matter."""

    def __init__(self, temporal: Client, *, long: timedelta = LONG) -> None:
        self._temporal = temporal
        self._long = long
        self._told_of: datetime | None = None

    def is_long(self) -> bool:
        """Whether this try comes so late that a person may have been called for: an answer should be told at once."""
        info = activity.info()
        # The server's clock, as everywhere else in the story.
        return info.current_attempt_scheduled_time - info.scheduled_time >= self._long

    @asynccontextmanager
    async def told(self, answered_at: Callable[[], datetime | None] = lambda: None) -> AsyncIterator[None]:
        """Tell when what happens inside fails once more, and has for long.

        Args:
            answered_at: when there was an answer last, where the watch knows: one that only breaks off again and again
                is not silent.
        """
        try:
            yield
        except StepError as error:
            await self._tell(error, answered_at())
            raise

    async def _tell(self, error: StepError, answered_at: datetime | None) -> None:
        info = activity.info()
        lately = answered_at is not None and info.current_attempt_scheduled_time - answered_at < self._long / 2
        if not self.is_long() or lately or self._told_of == info.scheduled_time:
            return
        news = Unreachable(notice_id=f"unreachable {info.scheduled_time.isoformat()}", why=error.sentence)
        try:
            await self._temporal.get_workflow_handle(info.workflow_id or "").signal("unreachable", news)
        except RPCError as failed:
            # The next try tells it; what the watch itself has failed by counts.
            _log.warning("unreachable-not-told", error=str(failed.status))
            return
        self._told_of = info.scheduled_time
