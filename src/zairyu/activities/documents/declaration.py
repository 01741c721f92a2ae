"""The declaration on attached documents (資料添付に関する申告書): which come now, and which follow.

The agency has a reference form for it (参考様式9). This is a form of our own that says what that one has to say.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from zairyu.models.documents import AttachmentKind
from zairyu.rules.deliveries import Delivery

_GOTHIC: Final = "HeiseiKakuGo-W5"
_MINCHO: Final = "HeiseiMin-W3"
"""Both are in every reader that knows Japanese, and so are not part of the file."""
_LATIN: Final = "Helvetica"
"""In every reader there is: who lacks the others still sees the English words and the numbers."""
_RUN: Final = re.compile("[ -~]+|[^ -~]+")
_MARGIN: Final = 56.0
_LINE: Final = 18.0
_TEXT: Final = 10.0
_SMALL: Final = 8.0
_TITLE: Final = 16.0
_ACROSS: Final = 80.0
_MARK: Final = "見本 SAMPLE"
_WIDTH, _HEIGHT = A4

for _font in (_GOTHIC, _MINCHO):
    registerFont(UnicodeCIDFont(_font))


@dataclass(frozen=True)
class Declared:
    """One document, as it is listed."""

    number: int
    """The attachment's, counted from 1; the same in every delivery."""
    kind: AttachmentKind


@dataclass(frozen=True)
class Declaration:
    """What is declared. It names no person: the number finds them."""

    reference: str
    """The application's number with the agency, or our own while it has none."""
    delivery: int
    """Which of the deliveries this is, counted from 1."""
    deliveries: int | None
    """Nothing where nobody has planned how many there will be."""
    on: date
    """The day in Japan."""
    now: Sequence[Declared]
    earlier: Sequence[Declared] = ()
    later: Sequence[Declared] = ()
    request: int | None = None
    """The number of the request that it answers; nothing for what goes with an application."""
    asked: Sequence[str] = ()
    """What was asked for, in the agency's words."""
    follows: Sequence[str] | None = None
    """What follows, in somebody's own words, who need not have found any; nothing where nothing does."""


def declaration_of(deliveries: Sequence[Delivery], number: int, *, reference: str, on: date) -> Declaration:
    """What goes with one of the deliveries that were planned, counted from 1."""

    def listed(some: Sequence[Delivery]) -> tuple[Declared, ...]:
        return tuple(
            Declared(index + 1, attachment.kind)
            for delivery in some
            for index, attachment in zip(delivery.indices, delivery.attachments, strict=True)
        )

    return Declaration(
        reference=reference,
        delivery=number,
        deliveries=len(deliveries),
        on=on,
        now=listed(deliveries[number - 1 : number]),
        earlier=listed(deliveries[: number - 1]),
        later=listed(deliveries[number:]),
    )


def declaration_of_supply(
    request: int,
    now: Sequence[AttachmentKind],
    *,
    earlier: Sequence[AttachmentKind],
    delivery: int,
    asked: Sequence[str],
    follows: Sequence[str] | None,
    reference: str,
    on: date,
) -> Declaration:
    """What goes with an answer to a request for additional documents; they are numbered through all its deliveries."""
    numbered = tuple(Declared(number, kind) for number, kind in enumerate((*earlier, *now), start=1))
    return Declaration(
        reference=reference,
        delivery=delivery,
        deliveries=None,
        on=on,
        now=numbered[len(earlier) :],
        earlier=numbered[: len(earlier)],
        request=request,
        asked=asked,
        follows=follows,
    )


def write_declaration(declaration: Declaration, *, sample: bool = False) -> bytes:
    """The declaration as PDF, on as many pages as the lists need. The same declaration gives the same bytes."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle("資料添付に関する申告書 / Declaration on attached documents")
    pages = list(_pages(list(_lines(declaration))))
    for number, lines in enumerate(pages, start=1):
        if sample:
            _draw_sample(canvas)
        y = _HEIGHT - _MARGIN - _TITLE
        for font, size, text in lines:
            _draw(canvas, _MARGIN, y, font, size, text)
            y -= _LINE
        foot = f"{declaration.reference}  {number} / {len(pages)}"
        _draw(canvas, _WIDTH - _MARGIN - _width(_GOTHIC, _SMALL, foot), _MARGIN / 2, _GOTHIC, _SMALL, foot)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def sample_mark(width: float, height: float) -> bytes:
    """A PDF of one page of this size that says sample, and is otherwise clear."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(width, height), invariant=1)
    canvas.setFillGray(0.4)
    size = min(height, width / _width(_GOTHIC, 1, _MARK)) * 0.8
    _draw(canvas, 0, height * 0.2, _GOTHIC, size, _MARK)
    canvas.save()
    return written.getvalue()


def _draw(canvas: Canvas, x: float, y: float, font: str, size: float, text: str) -> None:
    for run in _RUN.findall(text):
        canvas.setFont(_font_of(run, font), size)
        canvas.drawString(x, y, run)
        x += _width(font, size, run)


def _width(font: str, size: float, text: str) -> float:
    return sum(stringWidth(run, _font_of(run, font), size) for run in _RUN.findall(text))


def _font_of(run: str, japanese: str) -> str:
    return _LATIN if run.isascii() else japanese


_Line = tuple[str, float, str]
"""Font, size in points, text."""


def _lines(declaration: Declaration) -> Iterator[_Line]:
    day = declaration.on
    yield _GOTHIC, _TITLE, "資料添付に関する申告書"
    yield _MINCHO, _TEXT, "Declaration on attached documents"
    yield _MINCHO, _TEXT, ""
    yield from _wrapped(f"申請の番号 / Application: {declaration.reference}")
    yield _MINCHO, _TEXT, f"申告日 / Date: {day.year}年{day.month}月{day.day}日 / {day.isoformat()}"
    if declaration.request is not None:
        yield _MINCHO, _TEXT, f"追加資料の求め / Request: {declaration.request}"
    of_all = "" if declaration.deliveries is None else f" / {declaration.deliveries}"
    yield _MINCHO, _TEXT, f"送信回 / Delivery: {declaration.delivery}{of_all}"
    yield _MINCHO, _TEXT, ""
    if declaration.follows is not None:
        yield _MINCHO, _TEXT, "求められた資料を分けて提出します。残りの資料は、追って提出します。"
        yield _MINCHO, _SMALL, "What was asked for is handed in step by step. The rest follows."
    elif declaration.later:
        yield (
            _MINCHO,
            _TEXT,
            "資料を一度に送信できないため、分けて提出します。残りの資料は、追ってオンラインで提出します。",
        )
        yield (
            _MINCHO,
            _SMALL,
            "The documents do not fit into one delivery. The rest follows online when it is asked for.",
        )
    else:
        yield _MINCHO, _TEXT, "今回の送信で、資料はすべて提出しました。"
        yield _MINCHO, _SMALL, "With this delivery all documents have been handed in."
    for title, documents in (
        ("今回添付する資料 / Attached now", declaration.now),
        ("後日添付する資料 / To follow", declaration.later),
        ("提出済みの資料 / Handed in before", declaration.earlier),
    ):
        if documents:
            yield _MINCHO, _TEXT, ""
            yield _GOTHIC, _TEXT, f"{title} ({len(documents)})"
            for document in documents:
                label = document.kind.label
                yield _MINCHO, _TEXT, f"{document.number:>3}.  {label.ja} / {label.en}"
    for title, texts in (
        ("後日提出する資料 / To follow", declaration.follows or ()),
        ("求められた資料 / Asked for", declaration.asked),
    ):
        if texts:
            yield _MINCHO, _TEXT, ""
            yield _GOTHIC, _TEXT, f"{title} ({len(texts)})"
            for text in texts:
                yield from _wrapped(f"- {' '.join(text.split())}")


def _wrapped(text: str) -> Iterator[_Line]:
    """A text that is longer than a line, on several."""
    line = ""
    for character in text:
        if _width(_MINCHO, _TEXT, line + character) > _WIDTH - 2 * _MARGIN:
            yield _MINCHO, _TEXT, line
            line = ""
        line += character
    yield _MINCHO, _TEXT, line


def _pages(lines: Sequence[_Line]) -> Iterator[Sequence[_Line]]:
    room = int((_HEIGHT - 2 * _MARGIN - _TITLE) // _LINE)
    for start in range(0, len(lines), room):
        yield lines[start : start + room]


def _draw_sample(canvas: Canvas) -> None:
    canvas.saveState()
    canvas.setFillGray(0.85)
    canvas.translate(_WIDTH / 2, _HEIGHT / 2)
    canvas.rotate(55)
    _draw(canvas, -_width(_GOTHIC, _ACROSS, _MARK) / 2, -_ACROSS / 3, _GOTHIC, _ACROSS, _MARK)
    canvas.restoreState()
