"""One time under power: what a card remembers until the reader takes the power away."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from zairyu.sandbox.card.application import Application, DataFile, Pin, SigningKey
from zairyu.sandbox.card.iso7816 import StatusWord
from zairyu.sandbox.card.pull import PowerLostError

_CURRENT_FILE: Final = 0x80
_SHORT_IDENTIFIER: Final = 0x1F
_MOST_IN_A_STATUS: Final = 0x100


class Refused(Exception):
    """The card's answer is this status word and nothing else."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass(eq=False)
class PowerCycle:
    """Selections, verified PINs, and an answer that was not fetched yet."""

    is_fresh: bool = True
    """No command has come yet."""
    application: Application | None = None
    """The selected one."""
    file: int | None = None
    """The current one."""
    verified: set[Pin] = field(default_factory=set)
    waiting: bytes = b""
    _lost: threading.Event = field(default_factory=threading.Event)

    def end(self) -> None:
        """Take the power away, also from a command under way."""
        self._lost.set()

    def work(self, duration: timedelta) -> None:
        """Let time pass.

        Raises:
            PowerLostError: The power went meanwhile.
        """
        if self._lost.wait(duration.total_seconds()):
            raise PowerLostError

    def select_file(self, identifier: int) -> None:
        """Make a file of the selected application the current one.

        Raises:
            Refused: There is no such file.
        """
        if self.application is None or identifier not in self.application.files:
            raise Refused(StatusWord.NOT_FOUND)
        self.file = identifier

    def select_short(self, identifier: int) -> None:
        """Do the same by a short identifier: the last five bits of a byte.

        Raises:
            Refused: There is no such file.
        """
        self.select_file(identifier & _SHORT_IDENTIFIER)

    def address(self, p2: int) -> None:
        """Turn to the file that P2 names: the current one, or one by its short identifier.

        Raises:
            Refused: P2 names none, or there is no such file.
        """
        if not p2 & _CURRENT_FILE or p2 & ~(_CURRENT_FILE | _SHORT_IDENTIFIER):
            raise Refused(StatusWord.WRONG_PARAMETERS)
        if p2 != _CURRENT_FILE:
            self.select_short(p2)

    def current(self) -> DataFile | Pin | SigningKey:
        """The current file.

        Raises:
            Refused: There is none.
        """
        if self.application is None or self.file is None:
            raise Refused(StatusWord.NO_FILE_SELECTED)
        return self.application.files[self.file]

    def status(self) -> int:
        """9000, or 61xx while a part of the answer waits to be fetched."""
        if not self.waiting:
            return StatusWord.OK
        return StatusWord.MORE_DATA | (len(self.waiting) if len(self.waiting) < _MOST_IN_A_STATUS else 0)
