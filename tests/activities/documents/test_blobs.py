import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.documents import content_of, stored
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.errors import BlobStoreUnavailable, DocumentDamaged, DocumentMissing
from zairyu.activities.documents.files import CHUNK
from zairyu.models.documents import DocumentRef
from zairyu.runtime.keys import KeyRing

CONTENT = b"%PDF-1.7 a certificate with a name in it"
LARGE = bytes(range(251)) * (4 * CHUNK // 251 + 1)
SIZES = (1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK + 5, 21 * CHUNK)
"""The last is more than what one request to a remote store carries."""


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing("first", {"first": bytes(32)})


def stored_files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


async def test_a_document_comes_back_as_it_went_in(keys: KeyRing) -> None:
    blobs = BlobStore("memory:///", keys)

    document = await stored(blobs, CONTENT)

    assert document == DocumentRef(
        sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT), media_type="application/pdf"
    )
    assert await content_of(blobs, document) == CONTENT


async def test_the_same_document_is_stored_once(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore((tmp_path / "not" / "there yet").as_uri(), keys)

    first = await stored(blobs, CONTENT)
    again = await stored(blobs, CONTENT)

    assert first == again
    assert len(stored_files(tmp_path)) == 1


async def test_a_thief_of_the_disk_reads_nothing(keys: KeyRing, tmp_path: Path) -> None:
    await stored(BlobStore(tmp_path.as_uri(), keys), CONTENT)

    (file,) = stored_files(tmp_path)

    assert b"certificate" not in file.read_bytes()


async def test_a_document_sealed_with_a_retired_key_still_opens(tmp_path: Path) -> None:
    old, new = bytes(32), bytes([1] * 32)
    document = await stored(BlobStore(tmp_path.as_uri(), KeyRing("old", {"old": old})), CONTENT)

    rotated = BlobStore(tmp_path.as_uri(), KeyRing("new", {"old": old, "new": new}))

    assert await content_of(rotated, document) == CONTENT


async def test_an_absent_document_is_missing_for_good(keys: KeyRing) -> None:
    absent = DocumentRef(sha256="0" * 64, size=1, media_type="application/pdf")

    with pytest.raises(DocumentMissing) as caught:
        await content_of(BlobStore("memory:///", keys), absent)

    assert caught.value.final


async def test_a_document_changed_on_the_disk_is_not_handed_out(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    document = await stored(blobs, CONTENT)
    (file,) = stored_files(tmp_path)
    file.write_bytes(file.read_bytes()[:-1] + b"\x00")

    with pytest.raises(DocumentDamaged):
        await content_of(blobs, document)


async def test_a_document_in_anothers_place_is_not_handed_out(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    document = await stored(blobs, CONTENT)
    (file,) = stored_files(tmp_path)
    file.write_bytes(keys.seal(b"another document", purpose="blob"))

    with pytest.raises(DocumentDamaged, match="another document"):
        await content_of(blobs, document)


async def test_a_store_that_fails_is_tried_again(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    # A file where a folder has to be: the disk refuses.
    (tmp_path / sha256[:2]).write_bytes(b"")

    with pytest.raises(BlobStoreUnavailable) as caught:
        await stored(blobs, CONTENT)

    assert not caught.value.final


# ----- in pieces ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["memory:///", "file"])
@pytest.mark.parametrize("size", SIZES)
async def test_documents_of_every_size_come_back(keys: KeyRing, tmp_path: Path, place: str, size: int) -> None:
    blobs = BlobStore(tmp_path.as_uri() if place == "file" else place, keys)
    content = (LARGE * 6)[:size]

    document = await stored(blobs, content)

    assert (document.sha256, document.size) == (hashlib.sha256(content).hexdigest(), size)
    assert await content_of(blobs, document) == content


async def test_a_digest_that_is_known_is_believed_only_if_it_is_true(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    known = hashlib.sha256(LARGE).hexdigest()

    assert await blobs.put_file(io.BytesIO(LARGE), "application/pdf", sha256=known) == await stored(blobs, LARGE)
    with pytest.raises(BlobStoreUnavailable, match="changed"):
        await blobs.put_file(io.BytesIO(LARGE), "application/pdf", sha256="0" * 64)

    assert [path.name for path in stored_files(tmp_path)] == [known]


class Edited(io.BytesIO):
    """A file that somebody saves between its first reading and the second."""

    readings = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        if (offset, whence) == (0, 0):
            self.readings += 1
            if self.readings == 2:
                self.getbuffer()[-1] ^= 1
        return super().seek(offset, whence)


async def test_a_document_that_changes_while_it_is_stored_takes_nobodys_place(keys: KeyRing, tmp_path: Path) -> None:
    with pytest.raises(BlobStoreUnavailable, match="changed"):
        await BlobStore(tmp_path.as_uri(), keys).put_file(Edited(LARGE), "application/pdf")

    assert stored_files(tmp_path) == []


async def test_an_empty_document_is_refused(keys: KeyRing) -> None:
    with pytest.raises(ValueError, match="size"):
        await stored(BlobStore("memory:///", keys), b"")


async def test_a_document_that_is_there_is_left_alone(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    await stored(blobs, LARGE)
    (file,) = stored_files(tmp_path)
    before = (file.read_bytes(), file.stat().st_ino)

    await stored(blobs, LARGE)

    assert (file.read_bytes(), file.stat().st_ino) == before


async def test_two_writers_at_once_do_no_harm(keys: KeyRing, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)

    documents = await asyncio.gather(*(stored(blobs, LARGE) for _ in range(6)))

    assert len(set(documents)) == 1
    assert len(stored_files(tmp_path)) == 1
    assert await content_of(blobs, documents[0]) == LARGE


async def test_a_reader_whose_document_is_stored_anew_tries_again(keys: KeyRing, tmp_path: Path) -> None:
    """The same document, but other ciphertext: half of each would look like damage, which nobody tries again."""
    blobs = BlobStore(tmp_path.as_uri(), keys)
    document = await stored(blobs, LARGE)
    (file,) = stored_files(tmp_path)

    class Disturbed(io.BytesIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            if self.tell() == 0:
                again = file.with_name("again")
                again.write_bytes(keys.seal(LARGE, purpose="blob"))
                again.replace(file)
            return super().write(data)

    into = Disturbed()
    with pytest.raises(BlobStoreUnavailable) as caught:
        await blobs.fetch(document, into)

    assert not caught.value.final
    assert into.getvalue() == b""
    assert await content_of(blobs, document) == LARGE


def test_a_killed_writer_leaves_no_half_document(keys: KeyRing, tmp_path: Path) -> None:
    program = """
import asyncio, io, sys, time
from zairyu.activities.documents.blobs import BlobStore
from zairyu.runtime.keys import KeyRing

class Slow(io.BytesIO):
    def read(self, size):
        if self.tell() > 5 * size:
            print("halfway", flush=True)
            time.sleep(60)
        return super().read(size)

blobs = BlobStore(sys.argv[1], KeyRing("first", {"first": bytes(32)}))
asyncio.run(blobs.put_file(Slow(bytes(20 * 1024 * 1024)), "application/pdf", sha256=sys.argv[2]))
"""
    content = bytes(20 * 1024 * 1024)
    sha256 = hashlib.sha256(content).hexdigest()
    with subprocess.Popen([sys.executable, "-c", program, tmp_path.as_uri(), sha256], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"halfway\n"
        os.kill(writer.pid, signal.SIGKILL)

    async def afterwards() -> None:
        document = DocumentRef(sha256=sha256, size=len(content), media_type="application/pdf")
        blobs = BlobStore(tmp_path.as_uri(), keys)
        with pytest.raises(DocumentMissing):
            await content_of(blobs, document)
        assert await stored(blobs, content) == document
        assert await content_of(blobs, document) == content

    asyncio.run(afterwards())


def _cut(sealed: bytes, at: int) -> bytes:
    return sealed[:at]


def _flipped(sealed: bytes, at: int) -> bytes:
    return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


def _lengthened(sealed: bytes, at: int) -> bytes:
    return sealed[:at] + b"\x00" + sealed[at:]


@given(harm=st.sampled_from([_cut, _flipped, _lengthened]), data=st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_harm_anywhere_is_noticed_and_nothing_is_handed_out(
    keys: KeyRing, tmp_path: Path, harm: Callable[[bytes, int], bytes], data: st.DataObject
) -> None:
    blobs = BlobStore(tmp_path.as_uri(), keys)
    document = asyncio.run(stored(blobs, LARGE))
    (file,) = stored_files(tmp_path)
    sealed = file.read_bytes()
    # In the key's name, in the nonce, at the edges of the pieces, in the tag, and anywhere.
    edges = (0, 1, 6, 17, 18, CHUNK, CHUNK + 18, len(sealed) - 17, len(sealed) - 16, len(sealed) - 1)
    at = data.draw(st.sampled_from(edges) | st.integers(0, len(sealed) - 1))
    file.write_bytes(harm(sealed, at))
    into = io.BytesIO()
    try:
        with pytest.raises(DocumentDamaged):
            asyncio.run(blobs.fetch(document, into))
    finally:
        file.write_bytes(sealed)
    assert into.getvalue() == b""
