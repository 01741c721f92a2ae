"""Commands and status words as they cross a reader (ISO/IEC 7816-4), seen from the card."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self


class Instruction(IntEnum):
    """The instructions the card knows."""

    VERIFY = 0x20
    SIGN = 0x2A
    """Of the JPKI application alone, with CLA 80."""
    SELECT = 0xA4
    READ_BINARY = 0xB0
    GET_RESPONSE = 0xC0
    LAST_COMMAND = 0xFC
    """Of iPhones alone, with CLA 80."""


class StatusWord(IntEnum):
    """What the card answers. The last byte or digit of some carries a number."""

    OK = 0x9000
    MORE_DATA = 0x6100
    WRONG_PIN = 0x63C0
    WRONG_LENGTH = 0x6700
    WRONG_KIND_OF_FILE = 0x6981
    NOT_VERIFIED = 0x6982
    CONDITIONS = 0x6985
    NO_FILE_SELECTED = 0x6986
    NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    NO_SUCH_PIN = 0x6A88
    WRONG_OFFSET = 0x6B00
    RIGHT_LE = 0x6C00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00
    NO_DIAGNOSIS = 0x6F00


_CARRY_PINS: Final = frozenset({Instruction.VERIFY, 0x21, 0x24, 0x2C, 0x32})
"""VERIFY, and the instructions to change a PIN or to reset its counter, which the card does not know."""


@dataclass(frozen=True)
class Command:
    """A command APDU."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    """Not in `repr`: it may be a PIN."""
    le: int | None = None
    """How many bytes are wanted back at most; nothing for none."""

    @classmethod
    def parse(cls, apdu: bytes, *, extended: bool) -> Self | None:
        """Read a command.

        Args:
            apdu: Header, length, data and Le, as far as they are there.
            extended: Whether lengths of three bytes are understood.

        Returns:
            Nothing when its length is wrong.
        """
        if len(apdu) < 4:
            return None
        cla, ins, p1, p2 = apdu[:4]
        body = apdu[4:]
        if not body:
            return cls(cla, ins, p1, p2)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, le=body[0] or 0x100)
        if body[0]:
            width, most = 1, 0x100
        elif extended and len(body) >= 3:
            width, most, body = 2, 0x10000, body[1:]
        else:
            return None
        length, rest = int.from_bytes(body[:width], "big"), body[width:]
        if width == 2 and not rest:
            return cls(cla, ins, p1, p2, le=length or most)
        data, le = rest[:length], rest[length:]
        if not length or len(data) < length or len(le) not in (0, width):
            return None
        return cls(cla, ins, p1, p2, data, (int.from_bytes(le, "big") or most) if le else None)


def masked(apdu: bytes) -> str:
    """A command in hexadecimal, without the PIN that it may carry."""
    if len(apdu) <= 4 or apdu[1] not in _CARRY_PINS:
        return apdu.hex().upper()
    # A length that is none may be the first character of a PIN.
    shown = 5 if apdu[4] == len(apdu) - 5 else 4
    return apdu[:shown].hex().upper() + "**" * (len(apdu) - shown)
