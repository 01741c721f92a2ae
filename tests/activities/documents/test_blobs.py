import hashlib
from pathlib import Path

import pytest

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.errors import BlobStoreUnavailable, DocumentDamaged, DocumentMissing
from zairyu.models.documents import DocumentRef
from zairyu.runtime.keys import KeyRing

CONTENT = b"%PDF-1.7 a certificate with a name in it"


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing("first", {"first": bytes(32)})


def stored_files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


async def test_a_document_comes_back_as_it_went_in(keys: KeyRing) -> None:
    blobs = BlobStore("memory:///", keys)

    document = await blobs.put(CONTENT, "application/pdf")

    assert document == DocumentRef(
        sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT), media_type="application/pdf"
    )
    assert await blobs.get(document) == CONTENT


async def test_the_same_document_is_stored_once(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore((tmp_path / "not" / "there yet").as_uri(), keys)

    first = await blobs.put(CONTENT, "application/pdf")
    again = await blobs.put(CONTENT, "application/pdf")

    assert first == again
    assert len(stored_files(tmp_path)) == 1


async def test_a_thief_of_the_disk_reads_nothing(keys: KeyRing, tmp_path: Path) -> None:
    await BlobStore(tmp_path.as_uri(), keys).put(CONTENT, "application/pdf")

    (stored,) = stored_files(tmp_path)

    assert b"certificate" not in stored.read_bytes()


async def test_a_document_sealed_with_a_retired_key_still_opens(tmp_path: Path) -> None:
    old, new = bytes(32), bytes([1] * 32)
    document = await BlobStore(tmp_path.as_uri(), KeyRing("old", {"old": old})).put(CONTENT, "application/pdf")

    rotated = BlobStore(tmp_path.as_uri(), KeyRing("new", {"old": old, "new": new}))

    assert await rotated.get(document) == CONTENT


async def test_an_absent_document_is_missing_for_good(keys: KeyRing) -> None:
    absent = DocumentRef(sha256="0" * 64, size=1, media_type="application/pdf")

    with pytest.raises(DocumentMissing) as caught:
        await BlobStore("memory:///", keys).get(absent)

    assert caught.value.final


async def test_a_document_changed_on_the_disk_is_not_handed_out(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    document = await blobs.put(CONTENT, "application/pdf")
    (stored,) = stored_files(tmp_path)
    stored.write_bytes(stored.read_bytes()[:-1] + b"\x00")

    with pytest.raises(DocumentDamaged):
        await blobs.get(document)


async def test_a_document_in_anothers_place_is_not_handed_out(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    document = await blobs.put(CONTENT, "application/pdf")
    (stored,) = stored_files(tmp_path)
    stored.write_bytes(keys.seal(b"another document", purpose="blob"))

    with pytest.raises(DocumentDamaged, match="another document"):
        await blobs.get(document)


async def test_a_store_that_fails_is_tried_again(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    # A file where a folder has to be: the disk refuses.
    (tmp_path / sha256[:2]).write_bytes(b"")

    with pytest.raises(BlobStoreUnavailable) as caught:
        await blobs.put(CONTENT, "application/pdf")

    assert not caught.value.final
