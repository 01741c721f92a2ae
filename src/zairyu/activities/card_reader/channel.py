"""The lowest layer: bytes to a card and back. It knows no application of the card."""

from typing import Protocol


class CardChannel(Protocol):
    """An exclusive line to one powered card."""

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command.

        Returns:
            The answer's data, and its status word.

        Raises:
            ConnectionError: The line is lost: the card was pulled, reset by a peer, or gave no whole status
                word. Whether the card carried out the command cannot be known.
        """
        ...

    def power_down(self) -> None:
        """End the line and take power from the card. Never raises; a second call does nothing.

        Power is what a verified PIN lives on: on real cards neither a disconnect nor a warm reset ends it
        (measured by soltia48/myna-card), so that another program could sign after us.
        """
        ...


class CardSource(Protocol):
    """Where cards come from: the readers of a computer."""

    def connect(self) -> CardChannel | None:
        """Open a line to the card that is on a reader now.

        Returns:
            Nothing while there is no card that can be read.

        Raises:
            CardServiceUnavailable: The computer has no smart-card service, or it does not run.
            NoReader: No reader is plugged in.
            CardBusy: Another program holds the card.
        """
        ...
