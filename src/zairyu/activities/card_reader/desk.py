"""A desk where one person at a time signs with their card or has it read. It knows no Temporal.

What waits for one signer is signed in one session; each registration that waits for its card is a session of its own.
Whoever waits for another person comes after, in the order in which they came.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import (
    CardReaderError,
    ReadingDeclined,
    SignatureDeclined,
    TerminalStopped,
)
from zairyu.activities.card_reader.jpki import MY_NUMBER_CARDS
from zairyu.activities.card_reader.prompt import DeskPrompt
from zairyu.activities.card_reader.reading_session import Reading, ReadingSession
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.seat import Seat
from zairyu.activities.card_reader.session import Session, Waiting
from zairyu.activities.card_reader.signing_session import Signature, SigningSession
from zairyu.models.card import CardReadRequest, SignatureRequest

MadeT = TypeVar("MadeT")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """One person, one card, one prompt at a time.

    What is typed goes from the prompt to the card and nowhere else: not into a log, an error or a file.
    """

    def __init__(
        self,
        readers: CardReaders,
        prompt: DeskPrompt,
        roots: TrustedRoots,
        *,
        card_wait: timedelta = timedelta(minutes=5),
        answer_wait: timedelta = timedelta(minutes=5),
        gather: timedelta = timedelta(seconds=1),
        tokens: frozenset[str] = MY_NUMBER_CARDS,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Set up the desk.

        Args:
            readers: The readers of this computer.
            prompt: Speaks with the person.
            roots: The only authorities whose certificates may sign.
            card_wait: How long to wait for a card. With `answer_wait` it stays below the step's own time.
            answer_wait: How long a person may take to read and to type.
            gather: How long the desk waits for more of the same signer's packages before it asks for the password.
            tokens: The names of tokens that are accepted.
            clock: The present moment.
        """
        self._seat = Seat(readers, prompt, card_wait=card_wait, answer_wait=answer_wait, tokens=tokens, clock=clock)
        self._roots = roots
        self._gather = gather
        self._line: list[Waiting[Any, Any]] = []
        self._serving: asyncio.Task[None] | None = None
        self._session: Session[Any, Any] | None = None
        """Who sits at the desk now."""
        self._holding: asyncio.Task[None] | None = None

    async def sign(self, request: SignatureRequest) -> Signature:
        """Wait for the signer and their card, and have the package signed.

        Cancelled, it is taken off the desk. A card that signs it already ends that first, and is powered down.

        Raises:
            CardReaderError: It was not signed. The person at the desk has been told, and does not want to go on.
        """
        waiting: Waiting[SignatureRequest, Signature] = Waiting(request, asyncio.get_running_loop().create_future())
        earlier = [
            other
            for other in self._line
            if isinstance(other.request, SignatureRequest) and other.request.application_id == request.application_id
        ]
        return await self._stand_in_line(waiting, earlier, SignatureDeclined(detail="asked again"))

    async def read(self, request: CardReadRequest) -> Reading:
        """Wait for the person and their card, and read who holds it. The My Number is not read.

        Cancelled, it is taken off the desk. A card that is being read already ends that first, and is powered down.

        Raises:
            CardReaderError: Nothing was read. The person at the desk has been told, and does not want to go on.
        """
        waiting: Waiting[CardReadRequest, Reading] = Waiting(request, asyncio.get_running_loop().create_future())
        earlier = [
            other
            for other in self._line
            if isinstance(other.request, CardReadRequest) and other.request.registration_id == request.registration_id
        ]
        return await self._stand_in_line(waiting, earlier, ReadingDeclined(detail="asked again"))

    async def aclose(self) -> None:
        """Send away whoever has not typed anything yet, let a card that is at work finish, and end."""
        self._seat.closed = True
        for waiting in self._line:
            if not waiting.on_card:
                waiting.give_up(TerminalStopped())
        self._leave_if_nothing_waits()
        if self._serving is not None:
            await asyncio.wait([self._serving])
        self._seat.leave_card()

    # ----- one person after the other ---------------------------------------------------------------------------

    async def _stand_in_line(
        self, waiting: Waiting[Any, MadeT], earlier: Sequence[Waiting[Any, Any]], superseded: CardReaderError
    ) -> MadeT:
        """Wait for one's turn, and for what comes of it.

        Args:
            waiting: The last in line.
            earlier: The same, asked for before. Whoever asks again has given that up, perhaps without our knowledge.
            superseded: What those hear.
        """
        if self._seat.closed:
            raise TerminalStopped
        for other in earlier:
            other.give_up(superseded)
        self._line.append(waiting)
        self._tell_session(waiting)
        if earlier:
            # The application may have another signer now.
            self._leave_if_nothing_waits()
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        try:
            return await waiting.made
        finally:
            self._line.remove(waiting)
            self._tell_session(waiting)
            if waiting.made.cancelled():
                self._leave_if_nothing_waits()

    async def _serve(self) -> None:
        try:
            while waiting := [each for each in self._line if not each.made.done()]:
                self._session = self._session_for(waiting[0].request)
                self._holding = asyncio.create_task(self._session.hold())
                await asyncio.wait([self._holding])
                if self._holding.cancelled():
                    await self._seat.prompt.show_taken_back()
        finally:
            self._serving = self._holding = self._session = None

    def _session_for(self, request: SignatureRequest | CardReadRequest) -> Session[Any, Any]:
        match request:
            case SignatureRequest():
                return SigningSession(self._seat, self._line, request.signer, roots=self._roots, gather=self._gather)
            case CardReadRequest():
                return ReadingSession(self._seat, self._line, request)

    def _tell_session(self, waiting: Waiting[Any, Any]) -> None:
        if self._session is not None and self._session.serves(waiting.request):
            self._session.tell()

    def _leave_if_nothing_waits(self) -> None:
        if self._holding is None or self._session is None or self._session.waiting():
            return
        # Once: a second time would not let the card finish.
        if not self._holding.cancelling():
            self._holding.cancel()
