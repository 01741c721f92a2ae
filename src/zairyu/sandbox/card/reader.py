"""A reader without hardware or daemon, in this process."""

from collections.abc import Sequence
from typing import Final, Protocol

from zairyu.sandbox.card.pull import NoAnswerError, PulledOutError
from zairyu.sandbox.card.virtual_card import VirtualCard

READER: Final = "Virtual reader"


class Place(Protocol):
    """Where a card lies."""

    def holds(self, card: VirtualCard) -> bool:
        """Whether the card is still there."""
        ...

    def pull(self) -> None:
        """Take the card away, if there is one."""
        ...


class InProcessChannel:
    """A line to the card in a place, which is under power."""

    def __init__(self, place: Place, card: VirtualCard) -> None:
        self._place = place
        self._card = card

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command.

        Raises:
            ConnectionResetError: The card is not there any more, or has no power.
        """
        self._require_card()
        try:
            answer = self._card.process(bytes(apdu))
        except NoAnswerError as reason:
            if isinstance(reason, PulledOutError):
                self._place.pull()
            raise ConnectionResetError("the card gave no answer") from None
        # A card that was pulled while it worked has nobody to answer to.
        self._require_card()
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def power_down(self) -> None:
        """End the line and take power from the card."""
        self._card.power_off()

    def _require_card(self) -> None:
        if not self._place.holds(self._card):
            raise ConnectionResetError("the card was pulled")


class InProcessReader:
    """Holds one card at most."""

    def __init__(self, card: VirtualCard | None = None, *, name: str = READER) -> None:
        self.card = card
        """The card that is on the reader now."""
        self._name = name

    def insert(self, card: VirtualCard) -> None:
        """Put a card on the reader."""
        self.card = card

    def pull(self) -> None:
        """Take the card away, if there is one."""
        card, self.card = self.card, None
        if card is not None:
            card.power_off()

    def holds(self, card: VirtualCard) -> bool:
        """Whether this card is on the reader now."""
        return self.card is card

    def names(self) -> Sequence[str]:
        """This reader alone."""
        return (self._name,)

    def connect(self, reader: str) -> InProcessChannel | None:
        """Give power to the card that is on the reader now; nothing while there is none."""
        card = self.card
        if card is None or reader != self._name:
            return None
        card.power_on()
        return InProcessChannel(self, card)
