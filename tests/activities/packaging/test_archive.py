import hashlib
import io
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.activities.documents.files import CHUNK, Content
from zairyu.activities.packaging.archive import ArchiveWriter, Written, read_archive

FILES = {"manifest.xml": b"<a/>", "attachment-01.pdf": b"%PDF-1.7" * 1000, "photo.jpg": b""}
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7)


def written(files: dict[str, bytes]) -> tuple[bytes, Written]:
    into = io.BytesIO()
    with ArchiveWriter(into) as archive:
        for name, content in files.items():
            archive.add(name, Content.of(io.BytesIO(content)))
        result = archive.finish()
    return into.getvalue(), result


def test_the_bytes_are_the_same_on_every_machine() -> None:
    # Recorded once. A difference here changes what has been signed: find out why before you record it anew.
    content, result = written(FILES)

    assert result.sha256 == "bb001f44a26fb9f5e6036076572056d823953ddfe17de37c9c3b1c66fc661427"
    assert hashlib.sha256(content).hexdigest() == result.sha256


def test_unzip_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(written(FILES)[0])

    subprocess.run(["unzip", "-q", "package.zip", "-d", "out"], cwd=tmp_path, check=True, timeout=30)

    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == FILES


@given(sizes=st.lists(st.sampled_from(SIZES), max_size=5), filling=st.binary(min_size=1, max_size=8))
@settings(deadline=None, max_examples=30)
def test_files_of_every_size_come_back_in_their_order(sizes: list[int], filling: bytes) -> None:
    files = {f"attachment-{index:02}.pdf": (filling * size)[:size] for index, size in enumerate(sizes)}

    content, result = written(files)

    assert (hashlib.sha256(content).hexdigest(), len(content)) == (result.sha256, result.size)
    with read_archive(io.BytesIO(content)) as found:
        assert [(name, file.read()) for name, file in found.items()] == list(files.items())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("size", SIZES)
def test_size_and_check_sum_stand_before_the_content(size: int) -> None:
    """Some receivers read from the front, and take no file whose header leaves them open."""
    content, _ = written({"a": b"x" * size})

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (entry,) = archive.infolist()
    flags, crc, packed, unpacked, extra = struct.unpack("<6xH6xIII2xH", content[:30])
    assert (flags, crc, packed, unpacked, extra) == (0, entry.CRC, size, size, 0)


def test_a_file_is_packed_from_its_beginning_and_left_open() -> None:
    file = io.BytesIO(b"%PDF-1.7")
    file.seek(4)

    into = io.BytesIO()
    with ArchiveWriter(into) as archive:
        archive.add("a", Content.of(file))

    with read_archive(into) as found:
        assert found["a"].read() == b"%PDF-1.7"
    assert not file.closed
