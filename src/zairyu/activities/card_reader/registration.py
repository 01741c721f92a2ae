"""The step by which a desk terminal tells of its readers, and by whose heartbeat it is known to live."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

from temporalio import activity

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import CardServiceUnavailable
from zairyu.activities.heartbeat import beating
from zairyu.models.steps import WATCH_READERS
from zairyu.models.terminal import ReaderProblem, ReaderReport, Readers, WatchReaders

_BEAT: Final = timedelta(seconds=10)
"""Each is paid for, all day long, at every desk."""
_BETWEEN_LOOKS: Final = timedelta(seconds=1)
_LONGEST_LOOK: Final = timedelta(seconds=5)
"""A smart-card service that takes longer to list its readers does not serve anybody."""

_NO_SERVICE: Final = Readers(problem=ReaderProblem.CARD_SERVICE_UNAVAILABLE)


class ReaderWatch:
    """Looks after the readers of this computer. What is wrong with them is told, and fails nothing."""

    def __init__(self, readers: CardReaders) -> None:
        """Choose the readers."""
        self._readers = readers
        self._looking: asyncio.Future[Readers] | None = None
        # Of our own: a call into a service that hangs must not take a thread that others wait for.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readers")

    @activity.defn(name=WATCH_READERS.name)
    async def watch_readers(self, watch: WatchReaders) -> ReaderReport:
        """Tell the readers as soon as they are not those that are known, or that the terminal closes."""
        closing = asyncio.create_task(activity.wait_for_worker_shutdown())
        try:
            async with beating(every=_BEAT):
                while True:
                    found = await self._look()
                    if found != watch.known or closing.done():
                        return ReaderReport(readers=found, closing=closing.done())
                    await asyncio.wait([closing], timeout=_BETWEEN_LOOKS.total_seconds())
        finally:
            closing.cancel()

    async def _look(self) -> Readers:
        """Look once. While a look hangs no other is begun, and the service counts as not available."""
        looking = self._looking
        if looking is None or looking.done():
            looking = self._looking = asyncio.get_running_loop().run_in_executor(self._thread, self._names)
        await asyncio.wait([looking], timeout=_LONGEST_LOOK.total_seconds())
        return looking.result() if looking.done() else _NO_SERVICE

    def _names(self) -> Readers:
        try:
            names = tuple(self._readers.names())
        except CardServiceUnavailable:
            return _NO_SERVICE
        return Readers(names=names, problem=None if names else ReaderProblem.NO_READER)
