"""Asking for every open application, one by one: what the feed has lost is found, or there is no feed at all."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from aiolimiter import AsyncLimiter

from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.errors import MynaportalAnswerUnreadable, MynaportalUnavailable
from zairyu.models.interface import InterfaceProfile

_OUTAGE: Final = 10
"""So many without an answer, one after the other: nobody gets one."""

_log = structlog.get_logger(__name__)


class Sweeper:
    """Asks at the rate, and as many at once, as the profile allows.

    It asks in the order of the request ids, which is the same in every sweep, and a sweep that was interrupted is
    gone on with: so whoever was asked for longest ago comes first.
    """

    def __init__(
        self,
        client: MynaportalClient,
        profile: InterfaceProfile,
        hear: Callable[[wire.StatusRecord], Awaitable[None]],
        unreadable: Callable[[str], None],
        not_found: Callable[[str], None],
    ) -> None:
        """Pass what is heard of each application to `hear`, which takes it before the application counts as asked.

        And to `unreadable` the request id of each whose answer cannot be read, to `not_found` of each that the agency
        does not know.
        """
        self._client = client
        self._at_once = profile.requests_at_once
        # No burst: the rate is a promise for every moment, and not an average.
        self._pace = AsyncLimiter(1, 1 / profile.requests_per_second)
        self._hear = hear
        self._unreadable = unreadable
        self._not_found = not_found

    async def ask_for(self, request_ids: Sequence[str], asked: Callable[[str, bool], None], *, of: int) -> None:
        """Ask for them, some at once.

        Args:
            request_ids: in order.
            of: how many there are with those that were asked for before: where there are more, a last one without an
                answer is no outage.
            asked: is told of each in this order, and whether there was an answer, when all before it are done too.

        Raises:
            MynaportalError: nobody gets an answer.
        """
        left = iter(request_ids)
        waiting: dict[str, bool] = {}
        in_order = iter(request_ids)
        next_one = next(in_order, None)
        silent = 0

        async def ask_on() -> None:
            nonlocal next_one, silent
            for request_id in left:
                try:
                    await self._ask(request_id)
                    waiting[request_id] = True
                    silent = 0
                except (MynaportalUnavailable, MynaportalAnswerUnreadable) as error:
                    _log.warning("no-answer", request_id=request_id, error=error.type_name, detail=error.detail)
                    silent += 1
                    odd = isinstance(error, MynaportalAnswerUnreadable)
                    # One odd record is no outage, also where it is the only one; page after page of a gateway's is.
                    if silent >= (_OUTAGE if odd else min(_OUTAGE, of)):
                        raise
                    if odd:
                        self._unreadable(request_id)
                    waiting[request_id] = False
                while next_one in waiting:
                    asked(next_one, waiting.pop(next_one))
                    next_one = next(in_order, None)

        askers = [asyncio.create_task(ask_on()) for _ in range(self._at_once)]
        try:
            await asyncio.gather(*askers)
        finally:
            for asker in askers:
                asker.cancel()
            await asyncio.wait(askers)

    async def _ask(self, request_id: str) -> None:
        async with self._pace:
            record = await self._client.look_up(request_id)
        if record is None:
            _log.warning("application-unknown-to-the-agency", request_id=request_id)
            self._not_found(request_id)
        else:
            await self._hear(record)
