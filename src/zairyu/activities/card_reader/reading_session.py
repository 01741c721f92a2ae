"""Somebody at the desk who registers: their card tells who they are, once they have typed its PIN."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from zairyu.activities.card_reader.card_info import BasicAttributes
from zairyu.activities.card_reader.errors import (
    CardPulled,
    CardReaderError,
    LastTryRefused,
    PinOutcomeUnknown,
    ReadingDeclined,
)
from zairyu.activities.card_reader.reading import look_for_card_to_read, read_card
from zairyu.activities.card_reader.search import CardFound
from zairyu.activities.card_reader.seat import Seat
from zairyu.activities.card_reader.session import Session, Waiting
from zairyu.models.card import CardReadRequest


@dataclass(frozen=True)
class Reading:
    """What the desk brings back. Personal data."""

    attributes: BasicAttributes = field(repr=False)
    fingerprint: str = field(repr=False)
    """SHA-256 of the certificate for user authentication, hexadecimal."""
    last_day: date = field(repr=False)
    """The last day in Japan on which that certificate is valid to its end."""
    read_at: datetime


class ReadingSession(Session[CardReadRequest, Reading]):
    """One registration that waits for its card."""

    declined = ReadingDeclined

    def __init__(self, seat: Seat, line: Sequence[Waiting[Any, Any]], request: CardReadRequest) -> None:
        """Take place.

        Args:
            seat: Where they sit.
            line: Everything that waits at this desk.
            request: What is read for whom.
        """
        super().__init__(seat, line)
        self._request = request

    def serves(self, request: object) -> bool:
        """Whether it is this registration, asked for as it is shown."""
        return request == self._request

    async def _ask_for_card(self, _: Sequence[CardReadRequest], notice: CardReaderError | None) -> None:
        """Show what is to be read and ask for the card."""
        await self._seat.prompt.ask_for_card_to_read(self._request, notice)

    def _search(self, insisted: frozenset[type[CardReaderError]]) -> Callable[[], CardFound]:
        """A look for a card that can be read."""
        return partial(look_for_card_to_read, self._seat.readers, insisted=insisted, tokens=self._seat.tokens)

    async def _use(self, found: CardFound, insisted: frozenset[type[CardReaderError]]) -> None:
        """Ask for the PIN and read the card."""
        prompt = self._seat.prompt
        shown = self._show()
        with await self._answer(prompt.ask_for_pin(self._request, found.tries_left)) as pin:
            here = [waiting for waiting in shown if not waiting.made.done()]
            if not here:
                await prompt.show_taken_back()
                return
            await prompt.show_reading()
            with self._on_card(here):
                contents = await self._seat.use_card(
                    partial(
                        read_card,
                        self._seat.readers,
                        found.reader,
                        pin,
                        holder=self._request.holder,
                        allow_last_try=LastTryRefused in insisted,
                        tokens=self._seat.tokens,
                    ),
                    absent=CardPulled,
                    silent=PinOutcomeUnknown,
                )
        reading = Reading(contents.attributes, contents.fingerprint, contents.last_day, self._seat.clock())
        # Whoever took it back meanwhile gets nothing of it.
        those = [waiting for waiting in here if not waiting.made.done()]
        for waiting in those:
            waiting.made.set_result(reading)
        if those:
            await prompt.show_read(self._request, reading.attributes.name)
        else:
            await prompt.show_taken_back()
