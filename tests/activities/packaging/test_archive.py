import hashlib
import subprocess
from pathlib import Path

from zairyu.activities.packaging.archive import read_archive, write_archive

FILES = {"manifest.xml": b"<a/>", "attachment-01.pdf": b"%PDF-1.7" * 1000, "photo.jpg": b""}


def test_the_bytes_are_the_same_on_every_machine() -> None:
    # Recorded once. A difference here changes what has been signed: find out why before you record it anew.
    assert (
        hashlib.sha256(write_archive(FILES)).hexdigest()
        == "bb001f44a26fb9f5e6036076572056d823953ddfe17de37c9c3b1c66fc661427"
    )


def test_unzip_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(write_archive(FILES))

    subprocess.run(["unzip", "-q", "package.zip", "-d", "out"], cwd=tmp_path, check=True, timeout=30)

    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == FILES


def test_the_order_is_kept() -> None:
    assert list(read_archive(write_archive(FILES)).items()) == list(FILES.items())
