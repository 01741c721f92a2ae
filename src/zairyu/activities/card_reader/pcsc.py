"""Card readers over PC/SC, by way of pyscard.

We use the plain PC/SC calls that pyscard wraps, not its connection objects: every call tells its own result, and
no thread of a card monitor runs beside ours. Each connection has its own context, as pcsc-lite wants of threads.

All of these calls block. Connecting blocks without limit while another program holds a transaction
(LudovicRousseau/PCSC, issue 254), so none of them may run on an event loop.
"""

from types import ModuleType
from typing import Any, Final

from zairyu.activities.card_reader.channel import LineLost, Loss
from zairyu.activities.card_reader.errors import CardBusy, CardServiceUnavailable

_OK: Final = 0
_NO_READERS: Final = 0x8010002E
_SHARING_VIOLATION: Final = 0x8010000B

_NO_READABLE_CARD: Final = frozenset(
    {
        0x8010000C,  # no card
        0x8010000F,  # protocol mismatch: what a peer that was killed leaves behind
        0x80100065,  # the card cannot be understood
        0x80100066,  # the card does not answer: badly placed
        0x80100067,  # the card has no power
        0x80100068,  # the card was reset
        0x80100069,  # the card was removed
    }
)
_READER_GONE: Final = frozenset(
    {
        0x80100009,  # unknown reader
        0x80100017,  # reader unavailable
    }
)
_SERVICE_GONE: Final = frozenset(
    {
        0x80100013,  # internal communication error: how pcsc-lite tells that its daemon does not answer
        0x8010001D,  # no service
        0x8010001E,  # service stopped
        0x8010006A,  # security violation: how pcsc-lite tells that its daemon has hung up
    }
)


class PcscReaders:
    """The readers that this computer's PC/SC service knows."""

    def __init__(self, reader: str | None = None) -> None:
        """Choose the readers.

        Args:
            reader: Part of the name of the only readers to use; without it all of them.
        """
        self._reader = reader

    def names(self) -> tuple[str, ...]:
        """The chosen readers that are plugged in now.

        Raises:
            CardServiceUnavailable: pyscard is not installed, or the PC/SC service does not run.
        """
        scard = _pyscard()
        context = _context(scard)
        result, names = scard.SCardListReaders(context, [])
        scard.SCardReleaseContext(context)
        if _code(result) == _NO_READERS:
            return ()
        _require_service(result)
        return tuple(name for name in names if self._reader is None or self._reader in name)

    def connect(self, reader: str) -> "PcscChannel | None":
        """Open an exclusive line to the card that is on a reader now.

        Returns:
            Nothing while there is no card that can be read, or when the reader was unplugged.

        Raises:
            CardServiceUnavailable: pyscard is not installed, or the PC/SC service does not run.
            CardBusy: Another program holds the card.
        """
        scard = _pyscard()
        context = _context(scard)
        result, card, protocol = scard.SCardConnect(
            context, reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        if _code(result) == _OK:
            return PcscChannel(scard, context, card, protocol)
        scard.SCardReleaseContext(context)
        if _code(result) == _SHARING_VIOLATION:
            raise CardBusy
        if _code(result) not in _NO_READABLE_CARD | _READER_GONE:
            _require_service(result)
        return None


class PcscChannel:
    """An exclusive line to a card, with PC/SC's transaction held from its first command to its end."""

    def __init__(self, scard: ModuleType, context: Any, card: Any, protocol: int) -> None:
        """Take over an open connection and its context."""
        self._scard = scard
        self._context = context
        self._card = card
        self._pci = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        self._locked = False
        self._open = True

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        """Send one command.

        Raises:
            LineLost: There is no answer. The text is PC/SC's result code.
        """
        if not self._locked:
            _require_line(self._scard.SCardBeginTransaction(self._card))
            self._locked = True
        result, answer = self._scard.SCardTransmit(self._card, self._pci, list(apdu))
        _require_line(result)
        if len(answer) < 2:
            # A card pulled during a command can look like success without an answer (seen with vpcd).
            raise LineLost(Loss.CARD, "no status word")
        return bytes(answer[:-2]), answer[-2] << 8 | answer[-1]

    def power_down(self) -> None:
        """End transaction, connection and context, and take power from the card."""
        if not self._open:
            return
        self._open = False
        # Results are not looked at: a card that is gone has no power, and there is nothing left to end.
        if self._locked:
            self._scard.SCardEndTransaction(self._card, self._scard.SCARD_UNPOWER_CARD)
        self._scard.SCardDisconnect(self._card, self._scard.SCARD_UNPOWER_CARD)
        self._scard.SCardReleaseContext(self._context)


def _pyscard() -> ModuleType:
    """pyscard, which servers do without.

    Raises:
        CardServiceUnavailable: It, or the system library it needs, is not installed.
    """
    try:
        from smartcard import scard
    except ImportError:
        raise CardServiceUnavailable(
            detail="pyscard cannot be loaded: install the extra `card` of this package, and on Linux pcscd"
        ) from None
    return scard  # type: ignore[no-any-return]


def _context(scard: ModuleType) -> Any:
    """A new context, which the caller releases."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _require_service(result)
    return context


def _require_service(result: int) -> None:
    if _code(result) != _OK:
        raise CardServiceUnavailable(detail=f"PC/SC: {_code(result):08X}")


def _require_line(result: int) -> None:
    code = _code(result)
    if code == _OK:
        return
    loss = Loss.READER if code in _READER_GONE else Loss.SERVICE if code in _SERVICE_GONE else Loss.CARD
    raise LineLost(loss, f"{code:08X}")


def _code(result: int) -> int:
    # Signed on some platforms.
    return result & 0xFFFFFFFF
