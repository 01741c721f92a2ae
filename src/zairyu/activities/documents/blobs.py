"""The blob store: documents under their own digest, encrypted."""

import hashlib
from typing import Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from zairyu.activities.documents.errors import BlobStoreUnavailable, DocumentDamaged, DocumentMissing
from zairyu.models.documents import DocumentRef
from zairyu.runtime.keys import KeyRing, KeyRingError

_PURPOSE: Final = "blob"


class BlobStore:
    """Documents by the digest of their content.

    A document is never changed, so whoever holds a reference holds the very bytes; the same bytes are one object.
    """

    def __init__(self, url: str, keys: KeyRing) -> None:
        """Open `file:///…` (made if need be), `memory:///`, `s3://…`, `gs://…` or `az://…`."""
        self._store = from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)
        self._keys = keys

    async def put(self, content: bytes, media_type: str) -> DocumentRef:
        """Store a document; one that is there already is left as it is."""
        document = DocumentRef(sha256=hashlib.sha256(content).hexdigest(), size=len(content), media_type=media_type)
        sealed = self._keys.seal(content, purpose=_PURPOSE)
        try:
            await obstore.put_async(self._store, _path(document), sealed, mode="create")
        except AlreadyExistsError:
            pass  # the name is the digest of the content, so it is the same document
        except (BaseError, OSError) as error:
            raise BlobStoreUnavailable(detail=type(error).__name__) from error
        return document

    async def get(self, document: DocumentRef) -> bytes:
        """Fetch a document and make sure that it is the one referred to."""
        try:
            answer = await obstore.get_async(self._store, _path(document))
            sealed = bytes(await answer.bytes_async())
        except FileNotFoundError as error:
            raise DocumentMissing(detail=document.sha256) from error
        except (BaseError, OSError) as error:
            raise BlobStoreUnavailable(detail=type(error).__name__) from error
        try:
            content = self._keys.open(sealed, purpose=_PURPOSE)
        except KeyRingError as error:
            raise DocumentDamaged(detail=f"{document.sha256}: {error}") from error
        if hashlib.sha256(content).hexdigest() != document.sha256:
            raise DocumentDamaged(detail=f"{document.sha256}: another document stands in its place")
        return content


def _path(document: DocumentRef) -> str:
    # Two levels, because directories with a hundred thousand entries are slow in many file systems.
    return f"{document.sha256[:2]}/{document.sha256}"
