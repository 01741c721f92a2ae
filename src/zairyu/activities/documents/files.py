"""Open files read in pieces: a document is as large as it is, what is held of it is not."""

import hashlib
from collections.abc import Iterator
from typing import IO, Final

CHUNK: Final = 256 * 1024
"""Bytes of a file that are in memory at a time."""


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Everything in a file, from its beginning."""
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def sha256_of(file: IO[bytes]) -> bytes:
    """The digest of everything in a file."""
    digest = hashlib.sha256()
    for chunk in chunks(file):
        digest.update(chunk)
    return digest.digest()


def size_of(file: IO[bytes]) -> int:
    """How many bytes are in a file."""
    return file.seek(0, 2)
