"""Open files read in pieces: a document is as large as it is, what is held of it is not."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, Final, Self

CHUNK: Final = 256 * 1024
"""Bytes of a file that are in memory at a time."""


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Everything in a file, from its beginning."""
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def size_of(file: IO[bytes]) -> int:
    """How many bytes are in a file."""
    return file.seek(0, 2)


@dataclass(frozen=True)
class Content:
    """An open file that was read once from its beginning to its end, and what is known of it since."""

    file: BinaryIO
    size: int
    sha256: str
    check_sum: int
    """CRC-32, as archives want it."""

    @classmethod
    def of(cls, file: BinaryIO) -> Self:
        """Read an open file."""
        return cls.while_passing(chunks(file), file)

    @classmethod
    def while_passing(cls, pieces: Iterable[bytes | memoryview], file: BinaryIO) -> Self:
        """Learn the same of pieces on their way; they are all that is in the file, or will be when they are through."""
        digest, size, check_sum = hashlib.sha256(), 0, 0
        for piece in pieces:
            digest.update(piece)
            check_sum = zlib.crc32(piece, check_sum)
            size += len(piece)
        return cls(file, size, digest.hexdigest(), check_sum)
