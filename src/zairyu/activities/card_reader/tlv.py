"""BER-TLV as the card's files use it: definite lengths, tags of one or two bytes (ISO/IEC 8825-1, 8.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LONG_TAG: Final = 0x1F
_MOST_LENGTH_BYTES: Final = 3


class TlvMalformedError(ValueError):
    """These bytes are no such object, or not the whole of one."""


@dataclass(frozen=True)
class TlvHeader:
    """What stands before an object's value."""

    tag: int
    """Its bytes as one number."""
    start: int
    """Where the value begins."""
    end: int
    """Where it ends."""

    @classmethod
    def parse(cls, data: bytes, place: int = 0) -> "TlvHeader":
        """Read the header at a place. The value need not be there yet.

        Raises:
            TlvMalformedError: It is cut short, or of a form that no card uses.
        """
        tag, place = _number(data, place, 1)
        if tag & _LONG_TAG == _LONG_TAG:
            second, place = _number(data, place, 1)
            tag = tag << 8 | second
        length, place = _number(data, place, 1)
        if length >= 0x80:
            size = length & 0x7F
            if not 1 <= size <= _MOST_LENGTH_BYTES:
                raise TlvMalformedError("length of an unknown form")
            length, place = _number(data, place, size)
        return cls(tag, place, place + length)


def objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each object, one after the other.

    Raises:
        TlvMalformedError: The bytes do not end with an object.
    """
    place = 0
    while place < len(data):
        header = TlvHeader.parse(data, place)
        if header.end > len(data):
            raise TlvMalformedError("value cut short")
        yield header.tag, data[header.start : header.end]
        place = header.end


def _number(data: bytes, place: int, size: int) -> tuple[int, int]:
    end = place + size
    if end > len(data):
        raise TlvMalformedError("header cut short")
    return int.from_bytes(data[place:end], "big"), end
