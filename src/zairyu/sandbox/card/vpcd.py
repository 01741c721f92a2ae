"""The way of a virtual card into the real PC/SC stack: a slot of vsmartcard's vpcd driver.

Protocol (vsmartcard, `virtualsmartcard/doc/api.rst` and `vpcd.c`): the card connects to the slot by TCP; a card is
on the reader as long as the connection lasts. Each message is a two-byte length and a body, in both directions. A
body of one byte is a control code, anything else a command APDU.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from zairyu.sandbox.card.pull import NoAnswerError
from zairyu.sandbox.card.virtual_card import VirtualCard

DEFAULT_PORT: Final = 35963
"""Of the first slot, as Debian's package sets it up."""

_SEEN_WITHIN: Final = 10.0
"""Seconds; the daemon looks for cards every 0.4 s."""


_POWER_OFF: Final = b"\x00"
_POWER_ON: Final = b"\x01"
_RESET: Final = b"\x02"
_GET_ATR: Final = b"\x04"


class VpcdReader:
    """One slot of a vpcd reader. Reached on the loopback only."""

    def __init__(self, port: int = DEFAULT_PORT) -> None:
        """Choose the slot.

        Args:
            port: TCP port of the slot.
        """
        self._port = port
        self._line: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._card: VirtualCard | None = None

    @property
    def serves(self) -> bool:
        """Whether a card is on the reader: not when it was pulled, left by itself, or the daemon went away."""
        return self._thread is not None and self._thread.is_alive()

    def insert(self, card: VirtualCard) -> None:
        """Put a card on the reader and wait until the daemon has seen it.

        Raises:
            ConnectionError: Nothing listens on the port: pcscd does not run, or vpcd is not installed.
            TimeoutError: Another card is on this slot.
        """
        self.pull()
        line = socket.create_connection(("127.0.0.1", self._port), timeout=_SEEN_WITHIN)
        line.settimeout(None)
        seen = threading.Event()
        thread = threading.Thread(target=_serve, args=(line, card, seen), name=f"vpcd-{self._port}", daemon=True)
        self._line, self._thread, self._card = line, thread, card
        thread.start()
        if not seen.wait(_SEEN_WITHIN):
            self.pull()
            raise TimeoutError(f"the reader on port {self._port} does not ask for the card; is another one on it?")

    def pull(self) -> None:
        """Take the card away, if there is one."""
        if self._line is not None and self._thread is not None and self._card is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
            # It may be at work: without power it stops.
            self._card.power_off()
            self._thread.join()
        self._line = self._thread = self._card = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pull()


def _serve(line: socket.socket, card: VirtualCard, seen: threading.Event) -> None:
    """Be the card on the reader until the line ends."""
    with line:
        with suppress(OSError, NoAnswerError):
            while (message := _receive(line)) is not None:
                seen.set()
                if message == _POWER_OFF:
                    card.power_off()
                elif message == _POWER_ON:
                    card.power_on()
                elif message == _RESET:
                    card.reset()
                elif message == _GET_ATR:
                    _send(line, card.atr)
                else:
                    _send(line, card.process(message))
        # Before the daemon sees it gone: a card that left has no power.
        card.power_off()


def _send(line: socket.socket, body: bytes) -> None:
    line.sendall(len(body).to_bytes(2, "big") + body)


def _receive(line: socket.socket) -> bytes | None:
    length = _receive_exactly(line, 2)
    return None if length is None else _receive_exactly(line, int.from_bytes(length, "big"))


def _receive_exactly(line: socket.socket, size: int) -> bytes | None:
    received = b""
    while len(received) < size:
        part = line.recv(size - len(received))
        if not part:
            return None
        received += part
        _acknowledge_at_once(line)
    return received


def _acknowledge_at_once(line: socket.socket) -> None:
    """Spare each command 40 ms.

    vpcd sends length and body in two parts; Nagle holds back the second until the first is acknowledged, which
    Linux delays. The option lasts for one acknowledgement only.
    """
    if hasattr(socket, "TCP_QUICKACK"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
