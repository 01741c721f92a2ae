"""Plugs a desk reader into the real PC/SC daemon: what is put there and pulled there, the daemon sees."""

import threading
from typing import Final

from zairyu.sandbox.card.desk_reader import DeskReader
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.sandbox.card.vpcd import DEFAULT_PORT, VpcdReader

_LOOK_EVERY: Final = 0.1  # seconds
_SEEN_GONE_WITHIN: Final = 1.0
"""Seconds; the daemon looks every 0.4 s, and does not notice a card that was swapped in between."""


class DaemonPlug:
    """Keeps one slot of the daemon in step with a desk reader."""

    def __init__(self, reader: DeskReader, port: int = DEFAULT_PORT) -> None:
        """Choose the slot.

        Args:
            reader: Where cards are put and pulled.
            port: TCP port of the vpcd slot.
        """
        self._reader = reader
        self._port = port
        self._told_to_stop = threading.Event()

    def run(self) -> None:
        """Follow the reader until `stop` is called, from a signal handler or another thread.

        Raises:
            ConnectionError: Nothing listens on the port: pcscd does not run, or vpcd is not installed.
            TimeoutError: Another card is on this slot.
        """
        shown: VirtualCard | None = None
        with VpcdReader(self._port) as slot:
            while not self._told_to_stop.wait(_LOOK_EVERY):
                card = self._reader.card()
                if shown is not None and (card is not shown or not slot.serves):
                    slot.pull()
                    shown = None
                    self._told_to_stop.wait(_SEEN_GONE_WITHIN)
                elif card is not None and shown is None:
                    slot.insert(card)
                    shown = card

    def stop(self) -> None:
        """End `run`; the card leaves the daemon's reader."""
        self._told_to_stop.set()
