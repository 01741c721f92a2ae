import io
from pathlib import Path

import pikepdf
from PIL import Image

from zairyu.models.documents import AttachmentKind
from zairyu.sandbox.samples import write_samples


def test_samples_are_the_same_each_time_and_named_by_kind(tmp_path: Path) -> None:
    once = write_samples(tmp_path / "once")
    again = write_samples(tmp_path / "again")

    assert {name: path.read_bytes() for name, path in once.items()} == {
        name: path.read_bytes() for name, path in again.items()
    }
    assert {name for name in once if name != "PHOTO"} <= set(AttachmentKind)


def test_the_photo_is_a_portrait(tmp_path: Path) -> None:
    with Image.open(write_samples(tmp_path)["PHOTO"]) as photo:
        assert (photo.format, photo.width * 4) == ("JPEG", photo.height * 3)


def test_every_pdf_says_that_it_is_a_sample(tmp_path: Path) -> None:
    samples = write_samples(tmp_path)
    for name in samples.keys() - {"PHOTO"}:
        with pikepdf.open(io.BytesIO(samples[name].read_bytes())) as pdf:
            assert b"(SAMPLE)" in pdf.pages[0].Contents.read_bytes()
