"""What stands at a desk: the prompt, the readers, and the one thread that uses a card."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final, TypeVar

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import CardAbsent, CardReaderError
from zairyu.activities.card_reader.prompt import DeskPrompt

T = TypeVar("T")

LONGEST_USE: Final = timedelta(seconds=60)
"""A contactless card may take 20 seconds for one RSA signature; a card that takes longer than this is lost."""


class Seat:
    """Where one person at a time sits."""

    def __init__(
        self,
        readers: CardReaders,
        prompt: DeskPrompt,
        *,
        card_wait: timedelta,
        answer_wait: timedelta,
        tokens: frozenset[str],
        clock: Callable[[], datetime],
    ) -> None:
        """Set up the seat; the arguments are those of the desk."""
        self.readers = readers
        self.prompt = prompt
        self.card_wait = card_wait
        self.answer_wait = answer_wait
        self.tokens = tokens
        self.clock = clock
        self.closed = False
        """Whether the desk closes: nobody is asked anything any more."""
        # One owner thread per card: sequences of commands from several threads interleave on one connection.
        self._card_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="card")

    async def use_card(
        self,
        use: Callable[[], T],
        *,
        absent: type[CardReaderError],
        silent: type[CardReaderError],
        longest: timedelta = LONGEST_USE,
    ) -> T:
        """Run one short use of the card in the thread that owns it.

        A use is never broken off: when the session is cancelled, it ends first and powers the card down.

        Args:
            use: What to do.
            absent: What it means that there is no card.
            silent: What it means that the card or its service does not answer at all.
            longest: How long it may take.
        """
        seconds = longest.total_seconds()
        running = asyncio.get_running_loop().run_in_executor(self._card_thread, use)
        running.add_done_callback(_seen)
        try:
            await asyncio.wait([running], timeout=seconds)
        except asyncio.CancelledError:
            await asyncio.wait([running], timeout=seconds)
            raise
        if not running.done():
            raise silent(detail=f"no answer in {seconds:.0f} s")
        try:
            return running.result()
        except CardAbsent:
            raise absent from None

    def leave_card(self) -> None:
        """Begin no further use of a card."""
        self._card_thread.shutdown(wait=False, cancel_futures=True)


def _seen(use: asyncio.Future[T]) -> None:
    """Look at the outcome of a use whose caller was cancelled, which asyncio would report as forgotten."""
    if not use.cancelled():
        use.exception()
