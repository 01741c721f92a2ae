import io
import struct
import zlib
from datetime import date

import pytest
from PIL import ExifTags, Image

from zairyu.activities.packaging.photo import Photo, prepare_photo
from zairyu.rules.attachments import photo_rule
from zairyu.rules.spec_packs import PhotoFormat
from zairyu.sandbox.samples import draw_photo

SMALLEST = PhotoFormat(min_width=300, min_height=400)


def prepared(content: bytes, on: date = date(2026, 11, 24)) -> Photo:
    rule = photo_rule(on)
    assert rule is not None
    return prepare_photo(content, rule, SMALLEST, on)


def rules(photo: Photo) -> list[str]:
    return [finding.rule for finding in photo.findings]


def with_exif(*, orientation: int = 1, taken: str = "2026:10:01 09:00:00", size: tuple[int, int] = (600, 800)) -> bytes:
    written = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo(*size))) as image:
        exif = image.getexif()
        exif[ExifTags.Base.Orientation] = orientation
        exif[ExifTags.Base.Artist] = "SOMEBODY"
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
        image.save(written, "JPEG", exif=exif)
    return written.getvalue()


def huge_png() -> bytes:
    """A header that promises a picture of 100,000 by 133,333 pixels, in under a hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 133_333, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_portrait_of_three_to_four_passes() -> None:
    photo = prepared(draw_photo())

    assert photo.findings == ()
    with Image.open(io.BytesIO(photo.content)) as image:
        assert (image.format, image.size) == ("JPEG", (600, 800))


def test_what_the_camera_wrote_is_not_sent() -> None:
    content = with_exif()
    assert b"SOMEBODY" in content

    photo = prepared(content)

    assert b"SOMEBODY" not in photo.content
    with Image.open(io.BytesIO(photo.content)) as image:
        assert not image.getexif()


def test_a_photo_stored_on_its_side_is_sent_upright() -> None:
    photo = prepared(with_exif(orientation=6, size=(800, 600)))

    assert photo.findings == ()
    with Image.open(io.BytesIO(photo.content)) as image:
        assert image.size == (600, 800)


def test_a_png_is_sent_as_jpeg() -> None:
    written = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo())) as image:
        image.convert("RGBA").save(written, "PNG")

    photo = prepared(written.getvalue())

    assert photo.findings == ()
    assert photo.content.startswith(b"\xff\xd8\xff")


def test_the_same_photo_is_written_alike() -> None:
    assert prepared(draw_photo()).content == prepared(draw_photo()).content


@pytest.mark.parametrize(
    ("size", "found"),
    [
        ((800, 600), ["photo-aspect"]),
        ((600, 840), ["photo-aspect"]),
        ((597, 800), []),
        ((150, 200), ["photo-resolution"]),
        ((200, 200), ["photo-aspect", "photo-resolution"]),
    ],
)
def test_the_shape_is_checked(size: tuple[int, int], found: list[str]) -> None:
    assert rules(prepared(draw_photo(*size))) == found


def test_an_old_photo_is_refused_by_the_rule_of_the_day() -> None:
    content = with_exif(taken="2025:09:20 09:00:00")

    assert rules(prepared(content, date(2025, 12, 20))) == []
    assert rules(prepared(content, date(2025, 12, 21))) == ["photo-age"]
    assert rules(prepared(content, date(2026, 3, 20))) == []
    assert rules(prepared(content, date(2026, 3, 21))) == ["photo-age"]


def test_a_camera_without_a_clock_is_believed() -> None:
    assert rules(prepared(with_exif(taken="0000:00:00 00:00:00"))) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"%PDF-1.7", draw_photo()[:2000], huge_png()],
    ids=["empty", "gif", "pdf", "cut off", "bomb"],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    assert rules(prepared(content)) == ["photo-unreadable"]
