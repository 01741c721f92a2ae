import io
import struct
import zlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageCms

from tests.document_tools import Workbench
from zairyu.activities.documents.photo import Photo, prepare_photo
from zairyu.models.findings import Severity
from zairyu.models.spec_pack import PhotoFormat
from zairyu.rules.required_documents import photo_rule
from zairyu.sandbox.samples import draw_photo

SMALLEST = PhotoFormat(min_width=300, min_height=400)


def prepared(content: bytes, on: date = date(2026, 11, 24), wanted: PhotoFormat = SMALLEST) -> Photo:
    rule = photo_rule(on)
    assert rule is not None
    return prepare_photo(content, rule, wanted, on)


def sent(photo: Photo) -> Image.Image:
    return Image.open(io.BytesIO(photo.content))


def colour_at(photo: Photo, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place given in parts of the width and the height."""
    image = sent(photo)
    colour = image.getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(colour, tuple)
    return colour


def rules(photo: Photo) -> list[str]:
    return [finding.rule for finding in photo.findings]


def with_exif(*, orientation: int = 1, taken: str = "2026:10:01 09:00:00", turned: int = 0) -> bytes:
    written = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo())) as drawn:
        image = drawn.rotate(turned, expand=True)
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
    photo = prepared(with_exif(orientation=6, turned=90))

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


# ----- what cameras and programs make -------------------------------------------------------------------------

GROUND = (225, 232, 240)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_whichever_way_a_camera_was_held_the_photo_stands_upright(workbench: Workbench, orientation: int) -> None:
    # What undoes each orientation, done backwards, makes a picture that is stored so.
    stored = {
        1: [], 2: ["-flop"], 3: ["-rotate", "180"], 4: ["-flip"],
        5: ["-transpose"], 6: ["-rotate", "-90"], 7: ["-transverse"], 8: ["-rotate", "90"],
    }[orientation]  # fmt: skip
    content = workbench.changed(marked_photo(), *stored, "+repage", "-quality", "95")

    photo = prepared(with_orientation(content, orientation))

    assert rules(photo) == []
    assert sent(photo).size == (600, 800)
    red, _, blue = colour_at(photo, 0.25, 0.9)
    assert red > blue


def marked_photo() -> bytes:
    """The drawn head, with something red on its right shoulder."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo())) as image:
        image.paste((230, 20, 20), (120, 680, 200, 780))
        image.save(written, "JPEG", quality=95)
    return written.getvalue()


def with_orientation(content: bytes, orientation: int) -> bytes:
    written = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        exif = image.getexif()
        exif[ExifTags.Base.Orientation] = orientation
        image.save(written, "JPEG", quality=95, exif=exif)
    return written.getvalue()


@pytest.mark.parametrize(
    ("arguments", "ending"),
    [
        (("-colorspace", "CMYK"), "jpg"),
        (("-colorspace", "Gray"), "jpg"),
        (("-interlace", "Plane"), "jpg"),
        (("-sampling-factor", "4:2:0"), "jpg"),
        (("-depth", "16"), "png"),
        (("-colorspace", "Gray", "-depth", "16"), "png"),
        (("-colors", "64", "-type", "Palette"), "png"),
        (("-interlace", "PNG"), "png"),
        (("-comment", "SOMEBODY"), "jpg"),
        (("-set", "Author", "SOMEBODY"), "png"),
    ],
    ids=" ".join,
)
def test_every_kind_of_picture_becomes_a_plain_jpeg(
    workbench: Workbench, arguments: tuple[str, ...], ending: str
) -> None:
    photo = prepared(workbench.changed(draw_photo(), *arguments, ending=ending))

    assert photo.findings == ()
    assert workbench.seen(photo.content, "%m %[bit-depth] %w %h") == "JPEG 8 600 800"
    assert colour_at(photo, 0.05, 0.05) == pytest.approx(GROUND, abs=9)
    assert b"SOMEBODY" not in photo.content
    assert not {"comment", "exif", "icc_profile", "xmp"} & sent(photo).info.keys()


def test_what_is_transparent_becomes_white(workbench: Workbench) -> None:
    for arguments in (("-transparent", "rgb(225,232,240)"), ("-transparent", "rgb(225,232,240)", "-colors", "32")):
        png = workbench.changed(as_png(draw_photo()), "-fuzz", "3%", *arguments, ending="png")
        photo = prepared(png)

        assert photo.findings == ()
        assert colour_at(photo, 0.05, 0.05) == pytest.approx((255, 255, 255), abs=2)


def as_png(content: bytes) -> bytes:
    written = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.save(written, "PNG")
    return written.getvalue()


def test_colours_are_those_of_the_profile() -> None:
    written = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo())) as image:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        image.save(written, "JPEG", icc_profile=profile.tobytes())
    nonsense = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo())) as image:
        image.save(nonsense, "JPEG", icc_profile=b"no profile")

    for content in (written.getvalue(), nonsense.getvalue()):
        photo = prepared(content)
        assert photo.findings == ()
        assert "icc_profile" not in sent(photo).info


def test_an_animation_is_no_photo(workbench: Workbench) -> None:
    written = io.BytesIO()
    frames = [Image.new("RGB", (600, 800), colour) for colour in ("white", "grey")]
    frames[0].save(written, "PNG", save_all=True, append_images=frames[1:])

    assert rules(prepared(written.getvalue())) == ["photo-animated"]
    assert rules(prepared(workbench.picture("-size", "600x800", "xc:white", "xc:grey", ending="gif"))) == [
        "photo-unreadable"
    ]


def test_a_telephones_picture_of_several_is_a_photo() -> None:
    written = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo())) as image, Image.open(io.BytesIO(draw_photo(150, 200))) as preview:
        image.save(written, "MPO", save_all=True, append_images=[preview], quality=95)

    photo = prepared(written.getvalue())

    assert photo.findings == ()
    assert sent(photo).size == (600, 800)


@pytest.mark.parametrize("ending", ["tiff", "webp", "bmp", "gif"])
def test_other_formats_are_refused(workbench: Workbench, ending: str) -> None:
    assert rules(prepared(workbench.changed(draw_photo(), ending=ending))) == ["photo-unreadable"]


@pytest.mark.parametrize("size", [(10_000, 9_000), (20_000, 10_000)])
def test_a_huge_photo_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    written = io.BytesIO()
    Image.new("L", size).save(written, "PNG")

    assert rules(prepared(written.getvalue())) == ["photo-unreadable"]


@settings(deadline=None, max_examples=60)
@given(st.booleans(), st.floats(0, 1), st.binary(min_size=1, max_size=30))
def test_no_damage_makes_the_check_fail(png: bool, place: float, damage: bytes) -> None:
    whole = as_png(draw_photo(300, 400)) if png else draw_photo(300, 400)
    at = int(place * len(whole))

    for finding in prepared(whole[:at] + damage + whole[at + len(damage) :]).findings:
        assert finding.rule.startswith("photo-")


# ----- its day ------------------------------------------------------------------------------------------------


def test_a_day_in_the_future_is_worth_a_warning() -> None:
    (finding,) = prepared(with_exif(taken="2026:11:25 00:00:00")).findings

    assert (finding.rule, finding.severity) == ("photo-date", Severity.WARNING)
    assert finding.source is not None
    assert rules(prepared(with_exif(taken="2026:11:24 23:59:59"))) == []


# ----- how it looks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("radius", "found"), [(0, []), (1, []), (6, ["photo-blurred"]), (12, ["photo-blurred"]), (30, ["photo-blurred"])]
)
def test_a_blurred_photo_is_worth_a_warning(workbench: Workbench, radius: int, found: list[str]) -> None:
    photo = prepared(workbench.changed(draw_photo(), "-virtual-pixel", "edge", "-blur", f"0x{radius}"))

    assert [finding.rule for finding in photo.findings if finding.rule != "photo-background"] == found
    assert all(finding.severity is Severity.WARNING and finding.source for finding in photo.findings)
    assert photo.content


@pytest.mark.parametrize("size", [(300, 400), (600, 800), (1800, 2400)])
def test_the_size_of_a_photo_makes_it_neither_sharp_nor_blurred(size: tuple[int, int]) -> None:
    assert prepared(draw_photo(*size)).findings == ()


@pytest.mark.parametrize(
    ("ground", "found"),
    [
        (("xc:white",), []),
        (("xc:steelblue",), []),
        (("gradient:#f0f0f0-#d8d8d8",), []),
        (("xc:white", "-attenuate", "0.3", "+noise", "Gaussian"), []),
        (("xc:white", "-fill", "grey40", "-draw", "rectangle 470,0 560,800"), ["photo-background"]),
        (("gradient:#f0f0f0-#303030",), ["photo-background"]),
        (("pattern:bricks", "-scale", "400%"), ["photo-background"]),
        (("plasma:red-blue",), ["photo-background"]),
    ],
    ids=["white", "blue", "soft light", "grain", "door", "dusk", "bricks", "landscape"],
)
def test_what_stands_behind_somebody_is_worth_a_warning(
    workbench: Workbench, ground: tuple[str, ...], found: list[str]
) -> None:
    behind = workbench.picture(
        "-size", "600x800", *ground, "-crop", "600x800+0+0", "+repage", "-depth", "8", ending="png"
    )
    written = io.BytesIO()
    with Image.open(io.BytesIO(draw_photo())) as person, Image.open(io.BytesIO(behind)) as background:
        plain = Image.new("RGB", person.size, GROUND)
        outline = ImageChops.difference(person, plain).convert("L").point(lambda value: 255 if value > 12 else 0)
        Image.composite(person, background.convert("RGB").resize(person.size), outline).save(written, "JPEG")

    assert rules(prepared(written.getvalue())) == found


def test_a_photo_of_the_wrong_shape_is_not_judged_for_its_looks(workbench: Workbench) -> None:
    assert rules(prepared(workbench.picture("-size", "800x600", "xc:white"))) == ["photo-aspect"]


# ----- what the spec pack wants -------------------------------------------------------------------------------


def wanted(**changes: object) -> PhotoFormat:
    return PhotoFormat.model_validate({"min_width": 300, "min_height": 400, **changes})


def test_a_larger_photo_is_scaled_down_and_none_up() -> None:
    assert sent(prepared(draw_photo(1800, 2400), wanted=wanted(max_width=450))).size == (450, 600)
    assert sent(prepared(draw_photo(1800, 2400), wanted=wanted(max_width=900, max_height=600))).size == (450, 600)
    assert sent(prepared(draw_photo(360, 480), wanted=wanted(max_width=900, max_height=1200))).size == (360, 480)


def test_a_photo_is_written_as_the_pack_wants() -> None:
    photo = prepared(draw_photo(), wanted=wanted(media_type="image/png"))

    assert (photo.media_type, sent(photo).format) == ("image/png", "PNG")
    assert prepared(draw_photo(), wanted=wanted(media_type="image/png")) == photo


def test_quality_is_given_up_before_the_photo_is(workbench: Workbench) -> None:
    grainy = workbench.changed(draw_photo(), "-attenuate", "0.5", "+noise", "Gaussian", "-quality", "98")
    free = prepared(grainy)
    bound = prepared(grainy, wanted=wanted(max_bytes=len(free.content) // 2))

    assert 0 < len(bound.content) <= len(free.content) // 2
    assert sent(bound).size == sent(free).size
    assert prepared(grainy, wanted=wanted(max_bytes=len(free.content) // 2)) == bound


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"])
def test_a_photo_that_cannot_be_made_small_enough_is_refused(media_type: str) -> None:
    photo = prepared(draw_photo(), wanted=wanted(media_type=media_type, max_bytes=2000))

    assert rules(photo) == ["photo-size"]
    assert photo.content == b""


def test_a_pack_that_wants_the_impossible_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 300 pixels cannot have at most 200"):
        wanted(max_width=200)
