"""The photo: checked, turned upright, and stripped of what the camera wrote into it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from PIL import ExifTags, Image, ImageOps

from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding
from zairyu.rules.attachments import PhotoRule
from zairyu.rules.calendar import add_months
from zairyu.rules.spec_packs import PhotoFormat

_ASPECT_TOLERANCE: Final = 0.02
"""Cropping to whole pixels and scanning at an angle shift the sides a little; two percent is under a millimetre."""
_MAX_PIXELS: Final = 60_000_000
"""More than any telephone's camera delivers: a picture that claims more is made to fill our memory."""


@dataclass(frozen=True)
class Photo:
    """A photo as it is sent, and what is wrong with it."""

    content: bytes
    findings: tuple[Finding, ...]


def prepare_photo(content: bytes, rule: PhotoRule, smallest: PhotoFormat, on: date) -> Photo:
    """Check a photo against the rule of a day in Japan and write it anew as JPEG, without metadata."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > _MAX_PIXELS:
                return Photo(b"", (_unreadable(),))
            taken_on = _taken_on(image)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # SyntaxError is how Pillow calls a malformed PNG.
        return Photo(b"", (_unreadable(),))
    sent = io.BytesIO()
    upright.save(sent, "JPEG", quality=95, subsampling=0, exif=b"", icc_profile=None)
    return Photo(sent.getvalue(), (*_shape(upright, rule, smallest), *_age(taken_on, rule, on)))


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


def _shape(image: Image.Image, rule: PhotoRule, smallest: PhotoFormat) -> Iterator[Finding]:
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
    if image.width < smallest.min_width or image.height < smallest.min_height:
        yield Finding(
            place="/photo",
            rule="photo-resolution",
            message=BilingualText(
                ja=f"顔写真は横{smallest.min_width}、縦{smallest.min_height}ピクセル以上にしてください。",
                en=f"The photo must have at least {smallest.min_width} by {smallest.min_height} pixels.",
            ),
        )


def _age(taken_on: date | None, rule: PhotoRule, on: date) -> Iterator[Finding]:
    if taken_on is not None and add_months(taken_on, rule.taken_within_months) < on:
        yield Finding(
            place="/photo",
            rule="photo-age",
            message=BilingualText(
                ja=f"顔写真は申請前{rule.taken_within_months}か月以内に撮影したものにしてください。",
                en=f"The photo must be taken within {rule.taken_within_months} months before filing.",
            ),
            source=rule.source,
        )
