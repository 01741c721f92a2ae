"""The lowest layer: bytes to a card and back. It knows no application of the card."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol


class Loss(Enum):
    """What is gone when a line is lost."""

    CARD = "CARD"
    """The card was pulled, was reset by a peer, or gave no whole status word."""
    READER = "READER"
    """The reader was unplugged."""
    SERVICE = "SERVICE"
    """The computer's smart-card service has stopped."""


class LineLost(ConnectionError):
    """There is no answer. Whether the card carried out the command cannot be known."""

    def __init__(self, loss: Loss, detail: str = "") -> None:
        super().__init__(detail)
        self.loss = loss


class CardChannel(Protocol):
    """An exclusive line to one powered card."""

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command.

        Returns:
            The answer's data, and its status word.

        Raises:
            ConnectionError: The line is lost; a `LineLost` says by what, any other means the card.
        """
        ...

    def power_down(self) -> None:
        """End the line and take power from the card. Never raises; a second call does nothing.

        Power is what a verified PIN lives on: on real cards neither a disconnect nor a warm reset ends it
        (measured by soltia48/myna-card), so that another program could sign after us.
        """
        ...


class CardReaders(Protocol):
    """The readers of a computer, as they are plugged in and out."""

    def names(self) -> Sequence[str]:
        """The readers that are plugged in now, always in the same order; none is no error.

        Raises:
            CardServiceUnavailable: The computer has no smart-card service, or it does not run.
        """
        ...

    def connect(self, reader: str) -> CardChannel | None:
        """Open a line to the card that is on a reader now.

        Returns:
            Nothing while there is no card that can be read, or when the reader was unplugged.

        Raises:
            CardServiceUnavailable: The computer has no smart-card service, or it does not run.
            CardBusy: Another program holds the card.
        """
        ...
