"""One person at the desk, from the card they are asked for to what comes of it: what signing and reading share."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final, Generic, TypeVar

from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardPulled,
    CardReaderError,
    CardServiceUnavailable,
    PinNotGiven,
    TerminalFault,
    WayOn,
)
from zairyu.activities.card_reader.search import CardFound
from zairyu.activities.card_reader.seat import Seat

T = TypeVar("T")
RequestT = TypeVar("RequestT")
MadeT = TypeVar("MadeT")

_BETWEEN_LOOKS: Final = timedelta(milliseconds=250)


@dataclass(eq=False)
class Waiting(Generic[RequestT, MadeT]):
    """A request, and whoever waits for what comes of it."""

    request: RequestT
    made: asyncio.Future[MadeT]
    shown: bool = False
    """Whether the person has seen it: only then what they decide holds for it."""
    on_card: bool = False
    """Whether the card works on it: from then on it is not given up."""

    def give_up(self, error: Exception) -> None:
        """Send away whoever waits, unless it is over for them already."""
        if not self.made.done():
            self.made.set_exception(error)


class Session(ABC, Generic[RequestT, MadeT]):
    """Everything that one person at the desk is there for."""

    declined: ClassVar[type[CardReaderError]]
    """What it means that the person does not want to."""

    def __init__(self, seat: Seat, line: Sequence[Waiting[Any, Any]]) -> None:
        """Take place.

        Args:
            seat: Where they sit.
            line: Everything that waits at this desk, as it comes and goes.
        """
        self._seat = seat
        self._line = line
        self._notice: CardReaderError | None = None
        """Why no card can be read yet, where they can mend it."""
        self._changed = asyncio.Event()
        """A request of theirs has come or gone, or the notice is another one."""

    @abstractmethod
    def serves(self, request: object) -> bool:
        """Whether a request is theirs."""

    @abstractmethod
    async def _ask_for_card(self, requests: Sequence[RequestT], notice: CardReaderError | None) -> None:
        """Show the requests and ask for the card, as `DeskPrompt` does; returns only when the person declines."""

    @abstractmethod
    def _search(self, insisted: frozenset[type[CardReaderError]]) -> Callable[[], CardFound]:
        """A look for a card that serves, to be run where cards are used."""

    @abstractmethod
    async def _use(self, found: CardFound, insisted: frozenset[type[CardReaderError]]) -> None:
        """Ask for the PIN, use the card, and hand out what it made.

        Raises:
            CardReaderError: Something is not made; what is made is not lost.
        """

    def waiting(self) -> list[Waiting[RequestT, MadeT]]:
        """What of theirs is not over yet, in the order in which it came."""
        return [each for each in self._line if self.serves(each.request) and not each.made.done()]

    def tell(self) -> None:
        """A request of theirs has come or gone."""
        self._changed.set()

    async def hold(self) -> None:
        """Stay until all that was shown is done, given up or declined."""
        insisted: frozenset[type[CardReaderError]] = frozenset()
        try:
            while True:
                try:
                    return await self._use(await self._wait_for_card(insisted), insisted)
                except CardReaderError as error:
                    if not await self._goes_on_after(error):
                        raise
                    # What was insisted on before another error may have been said of another card.
                    insisted = insisted | {type(error)} if error.way_on is WayOn.INSIST else frozenset()
        except Exception as error:
            for waiting in self.waiting():
                if waiting.shown:
                    waiting.give_up(error)
            if not isinstance(error, CardReaderError):
                # A fault of ours: whoever waits hears of it as it is, and the person is not left standing there.
                await self._seat.prompt.show_failure(TerminalFault())

    # ----- for the kinds of session -----------------------------------------------------------------------------

    def _show(self) -> list[Waiting[RequestT, MadeT]]:
        """What waits, which is shown to them now."""
        those = self.waiting()
        for waiting in those:
            waiting.shown = True
        return those

    async def _answer(self, asking: Awaitable[T | None]) -> T:
        """What the person says or types, in time.

        Raises:
            PinNotGiven: They did not.
            CardReaderError: They declined.
        """
        try:
            async with asyncio.timeout(self._seat.answer_wait.total_seconds()):
                said = await asking
        except TimeoutError:
            raise PinNotGiven(detail="time ran out") from None
        if said is None:
            raise self.declined
        return said

    @contextmanager
    def _on_card(self, those: Sequence[Waiting[RequestT, MadeT]]) -> Iterator[None]:
        """While the card works on them."""
        for waiting in those:
            waiting.on_card = True
        try:
            yield
        finally:
            for waiting in those:
                waiting.on_card = False

    # ----- the person and the card ------------------------------------------------------------------------------

    async def _wait_for_card(self, insisted: frozenset[type[CardReaderError]]) -> CardFound:
        """Ask for the card until it is there. More requests may come meanwhile, and some may go."""
        self._notice = None
        looking = asyncio.create_task(self._look_until_found(insisted))
        try:
            while True:
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                requests = [waiting.request for waiting in self._show()]
                asking = asyncio.create_task(self._ask_for_card(requests, self._notice))
                try:
                    await asyncio.wait([looking, changed, asking], return_when=asyncio.FIRST_COMPLETED)
                    declined = asking.done()
                finally:
                    await _ended(changed, asking)
                if declined:
                    asking.result()
                    raise self.declined
                if looking.done():
                    return looking.result()
        finally:
            await _ended(looking)

    async def _look_until_found(self, insisted: frozenset[type[CardReaderError]]) -> CardFound:
        """Look again and again until a card serves. What the person can mend meanwhile is shown to them."""
        until = asyncio.get_running_loop().time() + self._seat.card_wait.total_seconds()
        while True:
            try:
                return await self._seat.use_card(
                    self._search(insisted), absent=CardAbsent, silent=CardServiceUnavailable
                )
            except CardReaderError as error:
                if error.way_on is not WayOn.AGAIN or asyncio.get_running_loop().time() >= until:
                    raise
                self._show_notice(error)
            await asyncio.sleep(_BETWEEN_LOOKS.total_seconds())

    def _show_notice(self, error: CardReaderError) -> None:
        # A card that is not there, or bounces while it is being placed, is what the person is asked for.
        notice = None if isinstance(error, (CardAbsent, CardPulled)) else error
        if type(notice) is not type(self._notice):
            self._notice = notice
            self._changed.set()

    async def _goes_on_after(self, error: CardReaderError) -> bool:
        if self._seat.closed:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seat.answer_wait.total_seconds()):
                return await self._seat.prompt.show_failure(error) and error.way_on is not WayOn.STOP
        return False


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel what still runs, and wait until it has ended."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
