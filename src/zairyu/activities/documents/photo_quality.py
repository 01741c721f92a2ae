"""Whether a photo looks sharp, and its ground plain: measured on pixels, without knowing where the face is.

Both are guesses, good enough for a warning. The thresholds are ours; the agency publishes none.
"""

from typing import Final

from PIL import Image, ImageFilter, ImageOps, ImageStat

_MEASURED_AT: Final = (300, 400)
"""Width and height at which photos are compared: what is sharp on a screen is so on a card of 3 by 4 centimetres."""
_FACE: Final = (75, 60, 225, 300)
"""Where the face is, by the agency's drawing: the middle half, below the margin, above the collar."""
_EDGES: Final = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=2, offset=128)
"""The Laplacian, halved so that its values fit into a byte around the middle grey."""
_LEAST_SHARPNESS: Final = 6.0
"""Measured with Gaussian blur, its radius in parts of the photo's width: a drawn head and a press portrait have 137 to
361 untouched, 39 to 135 at 0.002, 8 to 24 at 0.004, 3 to 10 at 0.006, 2 to 6 at 0.008, and less than 4 beyond. The
warning begins where eyes run together, at 0.2 mm on the card. Noise looks like sharpness: a blurred photo with the
grain of a dark room passes.
"""
_STRIPS: Final = ((6, 12, 36, 160), (264, 12, 294, 160))
"""Left and right of the head, above the shoulders, a little off the border."""
_MOST_UNEVENNESS: Final = 8.0
"""Measured on the drawn head: a plain ground has 0, with heavy grain 3, with light that falls off by 60 of 256 steps 6;
a shadow or folds that are 20 steps darker have 9 to 10, of 40 steps 17 to 20; shelves 57. A press portrait before a
mottled cloth, with a flag at its border, has 8.
"""


def measured(photo: Image.Image) -> Image.Image:
    """A photo at the size at which it is measured: upright, in the proportions of a photo, and no smaller before."""
    return photo.convert("RGB").resize(_MEASURED_AT, Image.Resampling.BOX)


def sharpness(small: Image.Image) -> float:
    """The variance of the Laplacian where the face is, with the contrast of all photos made alike."""
    face = small.crop(_FACE).convert("L")
    edges = ImageOps.autocontrast(face, cutoff=1).filter(_EDGES)
    # A filter leaves the outermost pixels as they were.
    return ImageStat.Stat(ImageOps.crop(edges, 1)).var[0]


def unevenness(small: Image.Image) -> float:
    """How much the ground beside the head changes: the standard deviation of its most restless colour."""
    strips = (small.crop(strip).filter(ImageFilter.BoxBlur(2)) for strip in _STRIPS)
    return max(deviation for strip in strips for deviation in ImageStat.Stat(strip).stddev)


def looks_blurred(small: Image.Image) -> bool:
    """Whether a photo is hardly sharp enough to recognise somebody."""
    return sharpness(small) < _LEAST_SHARPNESS


def has_background(small: Image.Image) -> bool:
    """Whether something stands behind the person, or a shadow."""
    return unevenness(small) > _MOST_UNEVENNESS
