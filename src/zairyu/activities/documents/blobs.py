"""The blob store: documents under their own digest, encrypted, and never in memory as a whole."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from zairyu.activities.documents.errors import BlobStoreUnavailable, DocumentDamaged, DocumentMissing
from zairyu.activities.documents.files import CHUNK, Content, chunks, size_of
from zairyu.models.documents import DocumentRef
from zairyu.runtime.keys import KeyRing, KeyRingError

_PURPOSE: Final = "blob"
_PART: Final = 5 * 1024 * 1024
"""Bytes in memory for one request to a remote store: the least that S3 takes as a part of an object."""


class BlobStore:
    """Documents by the digest of their content.

    A document is never changed, so whoever holds a reference holds the very bytes; the same bytes are one object.

    Each call works in a thread. Not with obstore's own, by `put_async`: it reads what is to be put in threads that
    Python does not know, and a process that ends soon afterwards ends with an abort (obstore 0.12).
    """

    def __init__(self, url: str, keys: KeyRing) -> None:
        """Open `file:///…` (made if need be), `memory:///`, `s3://…`, `gs://…` or `az://…`."""
        self._store = from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)
        self._part = CHUNK if isinstance(self._store, LocalStore) else _PART
        self._keys = keys

    async def put_file(self, file: BinaryIO, media_type: str, *, sha256: str | None = None) -> DocumentRef:
        """Store what is in an open file; a document that is there already is left as it is.

        Args:
            file: is read from its beginning, and not closed.
            media_type: of the document.
            sha256: its digest, for whom it is known; without it the file is read twice.

        Raises:
            ValueError: there is nothing in the file.
            BlobStoreUnavailable: the store does not answer, or the file was changed meanwhile.
        """
        return await asyncio.to_thread(self._put, file, media_type, sha256)

    async def fetch(self, document: DocumentRef, into: BinaryIO) -> Content:
        """Write a document into an empty file, and make sure that it is the one referred to.

        The file is one that nobody else reads, such as `tempfile.TemporaryFile` gives: what it holds is proved only
        when all of it is there. After an error it is empty.

        Raises:
            DocumentError: it is missing or damaged, or the store does not answer.
        """
        return await asyncio.to_thread(self._fetch, document, into)

    def _put(self, file: BinaryIO, media_type: str, sha256: str | None) -> DocumentRef:
        document = DocumentRef(sha256=sha256 or Content.of(file).sha256, size=size_of(file), media_type=media_type)
        try:
            if not self._holds(document):
                sealed = self._keys.seal_stream(_unchanged(file, document), purpose=_PURPOSE)
                # It has its name when all of it is there, not before. Of two writers the later one counts, and the
                # content is the same: the name is its digest.
                obstore.put(self._store, _path(document), sealed, chunk_size=self._part, max_concurrency=1)
        except (BaseError, OSError) as error:
            raise BlobStoreUnavailable(detail=type(error).__name__) from error
        return document

    def _holds(self, document: DocumentRef) -> bool:
        try:
            obstore.head(self._store, _path(document))
        except FileNotFoundError:
            return False
        return True

    def _fetch(self, document: DocumentRef, into: BinaryIO) -> Content:
        try:
            opened = self._keys.open_stream(self._sealed(document), purpose=_PURPOSE)
            content = Content.while_passing(_written(opened, into), into)
            if content.sha256 != document.sha256:
                raise DocumentDamaged(detail=f"{document.sha256}: another document stands in its place")  # noqa: TRY301
            into.flush()
            return content  # noqa: TRY300 - what follows is about failures
        except BaseException as error:
            into.seek(0)
            into.truncate()
            if isinstance(error, FileNotFoundError):
                raise DocumentMissing(detail=document.sha256) from error
            if isinstance(error, KeyRingError):
                raise DocumentDamaged(detail=f"{document.sha256}: {error}") from error
            if isinstance(error, (BaseError, OSError)):
                raise BlobStoreUnavailable(detail=type(error).__name__) from error
            raise

    def _sealed(self, document: DocumentRef) -> Iterator[memoryview]:
        """What is stored, as it is. By ranges: obstore's own stream of a local file has chunks of 8 KiB."""
        stored = obstore.head(self._store, _path(document))
        for start in range(0, stored["size"], self._part):
            # Somebody who stores the same document at the same time puts other ciphertext in its place.
            answer = obstore.get(
                self._store,
                _path(document),
                options={"range": (start, start + self._part), "if_match": stored["e_tag"]},
            )
            part = memoryview(answer.bytes())
            for piece in range(0, len(part), CHUNK):
                yield part[piece : piece + CHUNK]


def _written(pieces: Iterable[bytes], into: BinaryIO) -> Iterator[bytes]:
    for piece in pieces:
        into.write(piece)
        yield piece


def _unchanged(file: BinaryIO, document: DocumentRef) -> Iterator[bytes]:
    """The content of a file, as long as it is that of the document."""
    digest = hashlib.sha256()
    for chunk in chunks(file):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != document.sha256:
        # Under another's name it would stay for ever, because what is there is left alone.
        raise BlobStoreUnavailable(detail="the document was changed while it was stored")


def _path(document: DocumentRef) -> str:
    # Two levels, because directories with a hundred thousand entries are slow in many file systems.
    return f"{document.sha256[:2]}/{document.sha256}"
