"""The ZIP: the same files give the same bytes, on every machine."""

import hashlib
import io
import zipfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import IO, BinaryIO, Final, Self, cast

from zairyu.activities.documents.files import CHUNK, Content, chunks

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_WAITING: Final = 8
"""Pieces that may wait to be hashed: enough that neither thread waits for the other at each of them."""


@dataclass(frozen=True)
class Written:
    """What an archive has become."""

    sha256: str
    size: int


class ArchiveWriter:
    """Packs files one after the other, in the order given, into an empty file that can be sought in.

    Stored, not deflated: PDFs and JPEGs do not shrink, and zlib's output differs between its builds. No times, no
    extra fields, no trace of the machine. Sizes and check sums stand before the content, where also readers that
    cannot seek find them. What was added is hashed in a second thread while other things are done.
    """

    def __init__(self, into: IO[bytes]) -> None:
        self._target = _Hashing(into)
        self._archive = zipfile.ZipFile(self._target, "w", zipfile.ZIP_STORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._archive.close()
        self._target.close()

    def add(self, name: str, content: Content) -> None:
        """Pack a file, from its beginning; it is left open."""
        with self._archive.open(_Entry(name, content), "w"):
            for chunk in chunks(content.file):
                # Not through the archive, which would compute the check sum once more.
                self._target.write(chunk)

    def finish(self) -> Written:
        """Nothing more is added."""
        self._archive.close()
        return Written(self._target.hexdigest(), self._target.end)


@contextmanager
def read_archive(file: BinaryIO) -> Iterator[dict[str, BinaryIO]]:
    """The files in an archive of our own making, in its order."""
    with zipfile.ZipFile(file) as archive:
        yield {entry.filename: cast("BinaryIO", archive.open(entry)) for entry in archive.infolist()}


class _Entry(zipfile.ZipInfo):
    """A file whose header is right before the content is there, so that the archive can be hashed on the way.

    By itself `zipfile` writes a header without check sum, and once more when it has seen the content.
    """

    def __init__(self, name: str, content: Content) -> None:
        super().__init__(name, _NO_TIME)
        self.create_system = _UNIX
        self.external_attr = 0o100644 << 16
        self._content = content

    def FileHeader(self, zip64: bool | None = None) -> bytes:  # noqa: N802 - the library's name
        self.CRC = self._content.check_sum
        self.compress_size = self.file_size = self._content.size
        return super().FileHeader(zip64)


class _Hashing(io.RawIOBase):
    """A file that is hashed while it is written: large pieces in a second thread, because hashing takes the longest."""

    def __init__(self, into: IO[bytes]) -> None:
        self.end = 0
        self._into = into
        self._at = 0
        self._digest = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def write(self, data: bytes) -> int:  # type: ignore[override]
        # What is written before the end is a header once more, with the same bytes.
        if self._at == self.end:
            self._hash(data)
            self.end += len(data)
        written = self._into.write(data)
        self._at += written
        return written

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._into.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        return self._at

    def hexdigest(self) -> str:
        self._catch_up()
        return self._digest.hexdigest()

    def close(self) -> None:
        self._thread.shutdown()
        super().close()

    def _hash(self, data: bytes) -> None:
        if len(data) < CHUNK:
            self._catch_up()
            self._digest.update(data)
        else:
            self._catch_up(_WAITING - 1)
            self._waiting.append(self._thread.submit(self._digest.update, data))

    def _catch_up(self, left: int = 0) -> None:
        while len(self._waiting) > left:
            self._waiting.popleft().result()
