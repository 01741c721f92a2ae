"""The photo: checked, turned upright, written as the spec pack wants it, without what the camera noted in it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin

from zairyu.activities.documents.photo_quality import has_background, looks_blurred, measured
from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, Severity
from zairyu.models.spec_pack import PhotoFormat
from zairyu.rules.calendar import add_months
from zairyu.rules.required_documents import PhotoRule

_ASPECT_TOLERANCE: Final = 0.02
"""Cropping to whole pixels and scanning at an angle shift the sides a little; two percent is under a millimetre."""
_MAX_PIXELS: Final = 60_000_000
"""More than most telephones' cameras deliver: a picture that claims more is made to fill our memory."""
_QUALITIES: Final = (95, 90, 85, 80, 75, 70, 65, 60)
"""Of a JPEG, from the best that makes a difference to the least that shows none on a card."""
_UNREADABLE: Final = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)
"""SyntaxError is how Pillow calls a malformed PNG."""
_WHITE: Final = (255, 255, 255)
_PHOTO_GUIDE: Final = "ISA, user guide for applicants (2024-03), section 5 (1) III note 18"


@dataclass(frozen=True)
class Photo:
    """A photo as it is sent, and what is wrong with it."""

    content: bytes
    """Empty when it cannot be read."""
    findings: tuple[Finding, ...]
    media_type: str = "image/jpeg"


def prepare_photo(content: bytes, rule: PhotoRule, wanted: PhotoFormat, on: date) -> Photo:
    """Check a photo against the rule of a day in Japan, and write it anew. The same photo gives the same bytes.

    Args:
        content: A JPEG or PNG.
        rule: Of the day.
        wanted: What the spec pack wants; a larger photo is scaled down, a smaller one is refused.
        on: The day of filing.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > _MAX_PIXELS:
                return _without_content(_unreadable())
            if isinstance(image, PngImagePlugin.PngImageFile) and image.is_animated:
                # A JPEG of several pictures is a telephone's: the photo first, then what the telephone made of it.
                return _without_content(_animated())
            taken_on = _taken_on(image)
            upright = _in_srgb(ImageOps.exif_transpose(image))
    except _UNREADABLE:
        return _without_content(_unreadable())
    findings = [*_shape(upright, rule, wanted), *_age(taken_on, rule, on)]
    if not any(finding.severity is Severity.ERROR and finding.rule != "photo-age" for finding in findings):
        # Both are measured where they are on a photo of the right shape.
        findings += _look(upright)
    written = _written(_scaled(upright, wanted), wanted)
    if written is None:
        return _without_content(*findings, _too_large(wanted))
    return Photo(written, tuple(findings), wanted.media_type)


def _without_content(*findings: Finding) -> Photo:
    return Photo(b"", findings)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Plain red, green and blue of eight bits, on white, in the colours that a viewer without profiles shows."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        # Sixteen bits of grey; converted plainly, all but the darkest would become white.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*_WHITE, 255))
        image = Image.alpha_composite(ground, image).convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            image = converted or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile of another kind of picture, or none at all: the colours are taken as they are
    image = image.convert("RGB")
    # Pillow would write a comment that it found here.
    image.info.clear()
    return image


def _scaled(image: Image.Image, wanted: PhotoFormat) -> Image.Image:
    width, height = wanted.max_width or image.width, wanted.max_height or image.height
    factor = min(width / image.width, height / image.height)
    if factor >= 1:
        return image
    size = (max(round(image.width * factor), 1), max(round(image.height * factor), 1))
    return image.resize(size, Image.Resampling.LANCZOS)


def _written(image: Image.Image, wanted: PhotoFormat) -> bytes | None:
    """The file, without anything but pixels; nothing if it cannot be made small enough."""
    for quality in _QUALITIES if wanted.media_type == "image/jpeg" else (None,):
        sent = io.BytesIO()
        if quality is None:
            image.save(sent, "PNG", optimize=True, exif=b"", icc_profile=None)
        else:
            image.save(sent, "JPEG", quality=quality, subsampling=0, exif=b"", icc_profile=None)
        if wanted.max_bytes is None or sent.tell() <= wanted.max_bytes:
            return sent.getvalue()
    return None


def _taken_on(image: Image.Image) -> date | None:
    """The day the camera noted; nothing when it noted none, or nonsense."""
    noted = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    try:
        return datetime.strptime(str(noted), "%Y:%m:%d %H:%M:%S").date()  # noqa: DTZ007 - cameras note no zone
    except ValueError:
        return None


def _unreadable() -> Finding:
    return Finding(
        place="/photo",
        rule="photo-unreadable",
        message=BilingualText(
            ja="顔写真を読み取れません。JPEGまたはPNGで保存し直してください。",
            en="The photo cannot be read. Save it again as JPEG or PNG.",
        ),
    )


def _animated() -> Finding:
    return Finding(
        place="/photo",
        rule="photo-animated",
        message=BilingualText(
            ja="動く画像は顔写真にできません。静止画を1枚だけ保存したものにしてください。",
            en="The photo is an animation. Save one still picture.",
        ),
    )


def _too_large(wanted: PhotoFormat) -> Finding:
    kilobytes = (wanted.max_bytes or 0) // 1000
    return Finding(
        place="/photo",
        rule="photo-size",
        message=BilingualText(
            ja=f"顔写真を{kilobytes} KB以下にできません。画素数の少ない写真にしてください。",
            en=f"The photo cannot be made smaller than {kilobytes} KB. Take one with fewer pixels.",
        ),
    )


def _shape(image: Image.Image, rule: PhotoRule, wanted: PhotoFormat) -> Iterator[Finding]:
    aspect = (image.width * rule.height_mm) / (image.height * rule.width_mm)
    if abs(aspect - 1) > _ASPECT_TOLERANCE:
        yield Finding(
            place="/photo",
            rule="photo-aspect",
            message=BilingualText(
                ja=f"顔写真は縦{rule.height_mm}ミリ、横{rule.width_mm}ミリの比率にしてください。",
                en=f"The photo must be {rule.height_mm} mm high and {rule.width_mm} mm wide, or in that proportion.",
            ),
            source=rule.source,
        )
    if image.width < wanted.min_width or image.height < wanted.min_height:
        yield Finding(
            place="/photo",
            rule="photo-resolution",
            message=BilingualText(
                ja=f"顔写真は横{wanted.min_width}、縦{wanted.min_height}ピクセル以上にしてください。",
                en=f"The photo must have at least {wanted.min_width} by {wanted.min_height} pixels.",
            ),
        )


def _age(taken_on: date | None, rule: PhotoRule, on: date) -> Iterator[Finding]:
    if taken_on is None:
        return
    if taken_on > on:
        yield Finding(
            place="/photo",
            rule="photo-date",
            message=BilingualText(
                ja="カメラが記録した撮影日が未来の日付です。"
                f"申請前{rule.taken_within_months}か月以内に撮影した写真か確認してください。",
                en="The camera noted a day in the future. See that the photo was taken within "
                f"{rule.taken_within_months} months before filing.",
            ),
            severity=Severity.WARNING,
            source=rule.source,
        )
    elif add_months(taken_on, rule.taken_within_months) < on:
        yield Finding(
            place="/photo",
            rule="photo-age",
            message=BilingualText(
                ja=f"顔写真は申請前{rule.taken_within_months}か月以内に撮影したものにしてください。",
                en=f"The photo must be taken within {rule.taken_within_months} months before filing.",
            ),
            source=rule.source,
        )


def _look(image: Image.Image) -> Iterator[Finding]:
    small = measured(image)
    if looks_blurred(small):
        yield Finding(
            place="/photo",
            rule="photo-blurred",
            message=BilingualText(
                ja="顔写真がぼやけているようです。鮮明な写真か確認してください。",
                en="The photo looks blurred. See that it is sharp.",
            ),
            severity=Severity.WARNING,
            source=_PHOTO_GUIDE,
        )
    if has_background(small):
        yield Finding(
            place="/photo",
            rule="photo-background",
            message=BilingualText(
                ja="顔写真の背景に物や影があるようです。無背景の写真か確認してください。",
                en="There seems to be something, or a shadow, behind the person. The photo needs a plain background.",
            ),
            severity=Severity.WARNING,
            source=_PHOTO_GUIDE,
        )
