"""Short command and answer APDUs (ISO/IEC 7816-4).

Short only: the cards in circulation disagree on extended length (their historical bytes say so), and every
public client manages without.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from zairyu.activities.card_reader.channel import CardChannel

_MAX_DATA: Final = 255
_MAX_LE: Final = 256
_MAX_CONTINUATIONS: Final = 64


class StatusWord(IntEnum):
    """The status words we act on. 63Cx, 61xx and 6Cxx carry a number and are asked for by `Answer`."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    AUTHENTICATION_BLOCKED = 0x6983
    REFERENCED_IEF_BLOCKED = 0x6984
    """JICSAP's word for a blocked PIN, which the My Number card uses."""
    FILE_NOT_FOUND = 0x6A82
    WRONG_OFFSET = 0x6B00
    NO_DIAGNOSIS = 0x6F00


@dataclass(frozen=True)
class Command:
    """A command APDU."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes | bytearray = field(default=b"", repr=False)
    """At most 255 bytes. Not in `repr`: it may be a PIN."""
    le: int | None = None
    """How many bytes are wanted back, 1 to 256; nothing for none."""

    def encode(self) -> bytearray:
        """The command as it goes to the card."""
        if len(self.data) > _MAX_DATA or not 0 < (self.le or 1) <= _MAX_LE:
            raise ValueError("a short APDU carries 255 bytes and asks for 256 at most")
        frame = bytearray((self.cla, self.ins, self.p1, self.p2))
        if self.data:
            frame.append(len(self.data))
            frame += self.data
        if self.le is not None:
            frame.append(self.le % _MAX_LE)
        return frame


@dataclass(frozen=True)
class Answer:
    """An answer APDU."""

    data: bytes
    status: int

    @property
    def ok(self) -> bool:
        """Whether the card did as told."""
        return self.status == StatusWord.OK

    @property
    def tries_left(self) -> int | None:
        """The x of 63Cx; nothing for any other status."""
        return self.status & 0x0F if self.status & 0xFFF0 == 0x63C0 else None

    @property
    def bytes_waiting(self) -> int | None:
        """The xx of 61xx, 1 to 256."""
        return (self.status & 0xFF or _MAX_LE) if self.status >> 8 == 0x61 else None

    @property
    def right_le(self) -> int | None:
        """The xx of 6Cxx, 1 to 256."""
        return (self.status & 0xFF or _MAX_LE) if self.status >> 8 == 0x6C else None


class ApduLink:
    """Sends commands over a channel."""

    def __init__(self, channel: CardChannel) -> None:
        self._channel = channel

    def send_once(self, command: Command) -> Answer:
        """Send exactly one command and take its answer as it is: the only way for a PIN.

        Raises:
            ConnectionError: The line is lost.
        """
        frame = command.encode()
        try:
            return Answer(*self._channel.transmit(frame))
        finally:
            frame[:] = bytes(len(frame))

    def send(self, command: Command) -> Answer:
        """Send a command that may safely be sent again, and gather its whole answer.

        61xx (more is waiting) and 6Cxx (ask again with this length) are followed: some reader stacks pass
        them up instead of following them on their own.

        Raises:
            ConnectionError: The line is lost.
        """
        answer = self.send_once(command)
        if answer.right_le is not None:
            answer = self.send_once(
                Command(command.cla, command.ins, command.p1, command.p2, command.data, answer.right_le)
            )
        data = answer.data
        for _ in range(_MAX_CONTINUATIONS):
            if answer.bytes_waiting is None:
                break
            answer = self.send_once(Command(0x00, 0xC0, 0x00, 0x00, le=answer.bytes_waiting))
            data += answer.data
        return Answer(data, answer.status)
