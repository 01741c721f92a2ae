"""One application of a My Number card, over a channel: what all applications have in common.

The card's commands are not published by its issuer. What stands here is observed behaviour, as told by public
clients: OpenSC (`card-jpki.c`, pull requests 801 and 959), jpki/myna, soltia48/myna-card and lulitech-dev/
jpki-signer-android.
"""

from types import TracebackType
from typing import ClassVar, Final, Self, TypeVar

from zairyu.activities.card_reader.apdu import Answer, ApduLink, Command, StatusWord
from zairyu.activities.card_reader.channel import CardChannel, CardReaders, LineLost, Loss
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardFault,
    CardPulled,
    CardReaderError,
    CardServiceUnavailable,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinOutcomeUnknown,
    ReaderUnplugged,
)
from zairyu.activities.card_reader.password import CardPin
from zairyu.activities.card_reader.tlv import TlvHeader, TlvMalformedError

_MOST_PER_READ: Final = 256
_LONGEST_OBJECT: Final = 8192
"""Real certificates have about 1.6 kB; a card that claims more than this is out of order."""


ApplicationT = TypeVar("ApplicationT", bound="CardApplication")


class CardApplication:
    """One use of one application, from power-up to power-down.

    Security status is never assumed to outlive a selection of the application, nor to end with it: observers
    disagree on both. So no application is selected again after a PIN, and the use ends by taking the power away.
    """

    aid: ClassVar[bytes]
    """Under which name the application is selected."""

    def __init__(self, channel: CardChannel) -> None:
        """Take over a channel and select the application; on failure the card is powered down.

        Raises:
            CardPulled: The line was lost.
            ReaderUnplugged: It was, and with it the reader.
            CardServiceUnavailable: It was, and with it the smart-card service.
            NotMyNumberCard: The card lacks the application.
        """
        self._channel = channel
        self._link = ApduLink(channel)
        try:
            self._select_application()
        except BaseException:
            channel.power_down()
            raise

    @classmethod
    def open(cls, readers: CardReaders, reader: str) -> Self:
        """Connect to the card that is on a reader now.

        The whole is tried twice: a peer that died while it held the card leaves pcsc-lite in a state where
        the first transmission fails, and only a new connection cures it. No PIN has been near the card yet.

        Raises:
            CardAbsent: There is no card.
            CardPulled: There was one.
            CardReaderError: As `CardReaders.connect` and the constructor.
        """
        channel = readers.connect(reader)
        if channel is None:
            raise CardAbsent
        try:
            return cls(channel)
        except CardPulled:
            channel = readers.connect(reader)
            if channel is None:
                raise
            return cls(channel)

    def switch_to(self, application: type[ApplicationT]) -> ApplicationT:
        """Go on with another application of the same card, while this use of it lasts.

        The power stays on, so nobody can swap the card in between. To be called before any PIN is presented; this
        application cannot be used afterwards.

        Raises:
            CardReaderError: As the constructor; then the card is powered down.
        """
        return application(self._channel)

    def close(self) -> None:
        """Power the card down; what was verified ends."""
        self._channel.power_down()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ----- files ------------------------------------------------------------------------------------------------

    def _select(self, file: int) -> Answer:
        """Select an elementary file."""
        # P1 = 02 is the only form that works for files (OpenSC, pull request 801).
        return self._send(Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big")))

    def _require_file(self, file: int) -> None:
        answer = self._select(file)
        if not answer.ok:
            raise fault(f"select {file:04X}", answer)

    def _read(self, size: int, begun: bytes = b"") -> bytes:
        """Read the beginning of the selected file; fewer bytes when it is shorter.

        Args:
            size: How many bytes.
            begun: What is read already.
        """
        content = begun
        while len(content) < size:
            part = self._read_at(len(content), min(_MOST_PER_READ, size - len(content)))
            if not part:
                break
            content += part
        return content[:size]

    def _read_object(self, tag: int) -> bytes:
        """Read the object that the selected file begins with; what fills the file after it is left out.

        Raises:
            CardFault: There is no whole object of this tag.
        """
        begun = self._read(_MOST_PER_READ)
        try:
            header = TlvHeader.parse(begun)
        except TlvMalformedError:
            raise CardFault(detail=f"object {tag:X}: no header") from None
        if header.tag != tag or header.end > _LONGEST_OBJECT:
            raise CardFault(detail=f"object {tag:X}: another, or too long")
        content = self._read(header.end, begun)
        if len(content) < header.end:
            raise CardFault(detail=f"object {tag:X}: cut short")
        return content

    def _read_at(self, offset: int, length: int) -> bytes:
        answer = self._send(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length))
        if answer.ok or answer.status == StatusWord.END_OF_FILE:
            return answer.data
        if answer.status == StatusWord.WRONG_OFFSET:
            return b""
        raise fault("read", answer)

    # ----- PINs -------------------------------------------------------------------------------------------------

    def _tries_left(self, pin_file: int) -> int:
        """How many wrong PINs the card still takes; 0 when it is blocked. Costs nothing.

        After a VERIFY that succeeded this still counts tries: it does not tell whether the PIN is verified.
        """
        self._require_file(pin_file)
        try:
            # Exactly four bytes: with an Le the card answers 6700 (lulitech-dev/jpki-signer-android).
            answer = self._link.send_once(Command(0x00, 0x20, 0x00, 0x80))
        except ConnectionError as error:
            raise _lost(error) from None
        if _is_blocked(answer):
            return 0
        if answer.tries_left is None:
            raise fault("tries left", answer)
        return answer.tries_left

    def _verify(self, pin_file: int, pin: CardPin, *, allow_last_try: bool) -> None:
        """Present a PIN to the card: one VERIFY, whatever comes of it."""
        tries_left = self._tries_left(pin_file)
        if tries_left == 0:
            raise PinBlocked
        if tries_left == 1 and not allow_last_try:
            raise LastTryRefused
        secret = pin.take()
        try:
            answer = self._link.send_once(Command(0x00, 0x20, 0x00, 0x80, secret))
        except ConnectionError:
            raise PinOutcomeUnknown from None
        finally:
            secret[:] = bytes(len(secret))
        if answer.ok:
            return
        if _is_blocked(answer):
            raise PinBlocked
        if answer.tries_left is not None:
            raise pin.wrong(answer.tries_left)
        raise PinOutcomeUnknown(detail=f"VERIFY: {answer.status:04X}")

    # ----- commands ---------------------------------------------------------------------------------------------

    def _send(self, command: Command) -> Answer:
        try:
            return self._link.send(command)
        except ConnectionError as error:
            raise _lost(error) from None

    def _select_application(self) -> None:
        select = Command(0x00, 0xA4, 0x04, 0x0C, self.aid)
        answer = self._send(select)
        if answer.status == StatusWord.NO_DIAGNOSIS:
            # The first command after power-up may be answered so (soltia48/myna-card); this one is harmless.
            answer = self._send(select)
        if not answer.ok:
            raise NotMyNumberCard(detail=f"select application: {answer.status:04X}")


def fault(what: str, answer: Answer) -> CardFault:
    """The error for an answer that a card in order does not give."""
    return CardFault(detail=f"{what}: {answer.status:04X}")


def _lost(error: ConnectionError) -> CardReaderError:
    """What a lost line means while no PIN is under way."""
    match error.loss if isinstance(error, LineLost) else Loss.CARD:
        case Loss.READER:
            return ReaderUnplugged()
        case Loss.SERVICE:
            return CardServiceUnavailable(detail=str(error))
        case Loss.CARD:
            return CardPulled()


def _is_blocked(answer: Answer) -> bool:
    return answer.tries_left == 0 or answer.status in (
        StatusWord.AUTHENTICATION_BLOCKED,
        StatusWord.REFERENCED_IEF_BLOCKED,
    )
