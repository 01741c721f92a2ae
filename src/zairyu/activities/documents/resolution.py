"""How finely the pages of a PDF are scanned: pixels of a picture, over the size at which it is drawn."""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import hypot, isfinite
from typing import Final, NamedTuple, Self

import pikepdf

_SCAN: Final = 0.5
"""The share of a page that pictures cover on a scan; a letterhead's logo covers less."""
_MOST_BYTES: Final = 8_000_000
"""Of drawing instructions that are read in one file: half a second. Those of a scan are a hundred bytes a page."""
_MOST_PICTURES: Final = 100_000
"""Drawn in one file, forms counted as often as they are drawn."""
_DEEPEST: Final = 12
"""Forms within forms."""
_MOST_RAW: Final = 100_000
"""Bytes of a stream that is packed otherwise than with Flate; nobody packs page contents so today."""
_DRAWS: Final = re.compile(rb"\b(Do|BI)\b")
"""A page without these words draws letters and lines only, and need not be read word by word."""
_UNITS_PER_INCH: Final = 72
_NONSENSE: Final = (
    pikepdf.PikepdfError,
    zlib.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    UserWarning,
)
"""What follows when something stands where another thing belongs. pikepdf warns of content that ends too early."""


class _TooMuch(Exception):
    """More to read than any honest document has."""


@dataclass
class _Budget:
    """What may still be read of one file."""

    bytes: int = _MOST_BYTES
    pictures: int = _MOST_PICTURES

    def spend(self, *, size: int = 0, pictures: int = 0) -> None:
        self.bytes -= size
        self.pictures -= pictures
        if self.bytes < 0 or self.pictures < 0:
            raise _TooMuch


class _Box(NamedTuple):
    """An upright rectangle on a page, in units."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, corners: Iterable[tuple[float, float]]) -> Self:
        xs, ys = zip(*corners, strict=True)
        return cls(min(xs), min(ys), max(xs), max(ys))

    def within(self, other: "_Box") -> "_Box":
        return _Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    @property
    def area(self) -> float:
        return max(self.right - self.left, 0) * max(self.top - self.bottom, 0)


@dataclass(frozen=True)
class _Picture:
    """A picture as it is drawn."""

    area: float
    """Of the page, in square units."""
    per_unit: float
    """Pixels to a unit, in the direction that has fewer."""


def resolutions(pdf: pikepdf.Pdf) -> Iterator[tuple[int, float]]:
    """The scanned pages, counted from 1, each with the dots per inch that at least half of it has.

    A scan may come as one picture, in strips, or in layers of which the text is the finest; a page without pictures,
    or with small ones only, is no scan. What cannot be read is passed over: a page may draw nonsense and be a page.
    After more than an honest document has to read, the rest is passed over too.
    """
    budget = _Budget()
    for number, page in enumerate(pdf.pages, start=1):
        try:
            resolution = _resolution(pdf, page, budget)
        except _TooMuch:
            return
        except _NONSENSE:
            continue
        if resolution is not None:
            yield number, resolution


def _resolution(pdf: pikepdf.Pdf, page: pikepdf.Page, budget: _Budget) -> float | None:
    box = _box(page.cropbox, pikepdf.Matrix())
    unit = float(page.obj.get("/UserUnit", 1))
    drawing = _Drawing(pdf, budget)
    contents = page.obj.get("/Contents")
    streams = contents if isinstance(contents, pikepdf.Array) else [contents]
    covered = 0.0
    pictures = drawing.pictures(streams, page.resources, pikepdf.Matrix(), box, 0)
    for picture in sorted(pictures, key=lambda picture: picture.per_unit, reverse=True):
        covered += picture.area
        if covered >= _SCAN * box.area > 0:
            return picture.per_unit * _UNITS_PER_INCH / unit
    return None


@dataclass(frozen=True)
class _Drawing:
    """What is drawn on a page, and in the forms that it draws."""

    pdf: pikepdf.Pdf
    budget: _Budget

    def pictures(
        self,
        streams: Iterable[pikepdf.Object | None],
        resources: pikepdf.Object,
        matrix: pikepdf.Matrix,
        clip: _Box,
        depth: int,
    ) -> Iterator[_Picture]:
        """Every picture, with what of it lies in the clip."""
        outer: list[pikepdf.Matrix] = []
        content = b"\n".join(self._content(stream) for stream in streams if isinstance(stream, pikepdf.Stream))
        if not _DRAWS.search(content):
            return
        for instruction in pikepdf.parse_content_stream(self.pdf.make_stream(content), "q Q cm Do BI ID EI"):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                picture = instruction.iimage
                yield from self._drawn(picture.width, picture.height, matrix, clip)
                continue
            operator, operands = str(instruction.operator), list(instruction.operands)
            if operator == "q":
                outer.append(matrix)
            elif operator == "Q" and outer:
                matrix = outer.pop()
            elif operator == "cm" and len(operands) == 6:
                matrix = pikepdf.Matrix(*(float(operand) for operand in operands)) @ matrix
            elif operator == "Do" and operands:
                yield from self._object(resources, str(operands[0]), matrix, clip, depth)

    def _object(
        self, resources: pikepdf.Object, name: str, matrix: pikepdf.Matrix, clip: _Box, depth: int
    ) -> Iterator[_Picture]:
        self.budget.spend(pictures=1)
        drawn = resources.get("/XObject", pikepdf.Dictionary()).get(name)
        if not isinstance(drawn, pikepdf.Stream):
            return
        match drawn.get("/Subtype"):
            case pikepdf.Name.Image:
                yield from self._drawn(int(drawn.Width), int(drawn.Height), matrix, clip)
            case pikepdf.Name.Form if depth < _DEEPEST:
                inner = pikepdf.Matrix(drawn.get("/Matrix", pikepdf.Array([1, 0, 0, 1, 0, 0]))) @ matrix
                box = clip.within(_box(drawn.BBox, inner))
                yield from self.pictures([drawn], drawn.get("/Resources", resources), inner, box, depth + 1)

    def _drawn(self, width: int, height: int, matrix: pikepdf.Matrix, clip: _Box) -> Iterator[_Picture]:
        self.budget.spend(pictures=1)
        # A picture fills the unit square, whatever the matrix makes of that.
        across, up = hypot(matrix.a, matrix.b), hypot(matrix.c, matrix.d)
        area = _around((0, 0, 1, 1), matrix).within(clip).area
        if across > 0 and up > 0 and isfinite(area):
            yield _Picture(area, min(width / across, height / up))

    def _content(self, stream: pikepdf.Stream) -> bytes:
        """What a stream holds, unless it is made to fill our memory."""
        packed = stream.get("/Filter")
        if isinstance(packed, pikepdf.Array) and len(packed) == 1:
            packed = packed[0]
        match packed:
            case None:
                content = stream.read_raw_bytes()
            case pikepdf.Name.FlateDecode if "/DecodeParms" not in stream:
                unpacking = zlib.decompressobj()
                content = unpacking.decompress(stream.read_raw_bytes(), self.budget.bytes + 1)
            case _:
                raw = stream.read_raw_bytes()
                if len(raw) > _MOST_RAW:
                    raise _TooMuch
                content = stream.read_bytes()
        self.budget.spend(size=len(content))
        return content


def _box(rectangle: pikepdf.Object, matrix: pikepdf.Matrix) -> _Box:
    left, bottom, right, top = (float(number) for number in rectangle)
    return _around((left, bottom, right, top), matrix)


def _around(rectangle: tuple[float, float, float, float], matrix: pikepdf.Matrix) -> _Box:
    left, bottom, right, top = rectangle
    corners = ((left, bottom), (right, bottom), (left, top), (right, top))
    return _Box.around(matrix.transform(corner) for corner in corners)
