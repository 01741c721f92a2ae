"""A reader without hardware or daemon, in this process."""

from zairyu.sandbox.card.virtual_card import PulledOutError, VirtualCard


class InProcessChannel:
    """A line to the card on an `InProcessReader`."""

    def __init__(self, reader: "InProcessReader", card: VirtualCard) -> None:
        self._reader = reader
        self._card = card

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command.

        Raises:
            ConnectionResetError: The card is not on the reader any more.
        """
        if self._reader.card is not self._card:
            raise ConnectionResetError("the card was pulled")
        try:
            answer = self._card.process(bytes(apdu))
        except PulledOutError:
            self._reader.pull()
            raise ConnectionResetError("the card was pulled") from None
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def power_down(self) -> None:
        """End the line and take power from the card."""
        self._card.power_off()


class InProcessReader:
    """Holds one card at most."""

    def __init__(self, card: VirtualCard | None = None) -> None:
        self.card = card
        """The card that is on the reader now."""

    def insert(self, card: VirtualCard) -> None:
        """Put a card on the reader."""
        self.card = card

    def pull(self) -> None:
        """Take the card away, if there is one."""
        if self.card is not None:
            self.card.power_off()
        self.card = None

    def connect(self) -> InProcessChannel | None:
        """Give power to the card that is on the reader now; nothing while there is none."""
        if self.card is None:
            return None
        self.card.power_on()
        return InProcessChannel(self, self.card)
