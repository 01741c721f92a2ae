"""PDFs that the agency's system treats as broken, without saying so: refused here, by name and reason."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

import pikepdf
from pikepdf.settings import set_qpdf_limits

from zairyu.activities.documents.resolution import resolutions
from zairyu.models.base import BilingualText
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Finding, Severity

GUIDE: Final = "ISA, user guide for applicants (2024-03), section 5 (1) III note 16"
_SIDES: Final = (3.0, 14_400.0)
"""The shortest and the longest side of a page, in units. Source: ISO 32000-1, annex C.2."""
_ROUNDING: Final = 0.99
"""Pixels and units are whole: a page read at 200 dpi can come out at 199.6."""
_FOREIGN_LOCK: Final = "encryption"
"""The word in what qpdf says of a lock that it has no key for."""
_OBJECT: Final = re.compile(r"\(object ([0-9]+) ([0-9]+)")
_NO_PAGE: Final = (pikepdf.PikepdfError, AttributeError, LookupError, TypeError, ValueError)
_MOST_MEMORY: Final = 200_000_000
"""Bytes that one compressed stream may grow to in our memory; no list of objects is as long."""

# A few kilobytes can be made to grow to gigabytes. The limit is the process's, and has to be set before threads run.
set_qpdf_limits(flate_max_memory=_MOST_MEMORY, png_max_memory=_MOST_MEMORY, run_length_max_memory=_MOST_MEMORY)


def check_pdf(
    file: BinaryIO, index: int, kind: AttachmentKind, *, recommended_dpi: int | None = None
) -> Iterator[Finding]:
    """Everything that speaks against the attachment with this index, counted from 0.

    Only dictionaries and what pages draw are read, never the pictures themselves.

    Args:
        file: Open, and read from its beginning wherever it stands; it is left open.
        index: Of the attachment.
        kind: What it is called.
        recommended_dpi: Scans with less are worth a warning; not judged when left out.
    """
    try:
        # No recovery: a file that needs repair is one that the receiving side may not open.
        with pikepdf.open(file, attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                # Opens without a password, yet forbids printing or copying.
                findings = [_protected(index, kind)]
            else:
                findings = list(_pages(pdf, index, kind, recommended_dpi))
    except pikepdf.PasswordError:
        findings = [_protected(index, kind)]
    except pikepdf.PikepdfError as error:
        # Encrypted for the holders of certificates: nothing of it can be opened, not even to see that it is.
        findings = [_protected(index, kind) if _FOREIGN_LOCK in str(error) else _unreadable(index, kind)]
    yield from findings


def _pages(pdf: pikepdf.Pdf, index: int, kind: AttachmentKind, recommended_dpi: int | None) -> Iterator[Finding]:
    sides = [_sides(page) for page in pdf.pages]
    if not sides or None in sides or _lost(pdf):
        yield _unreadable(index, kind)
        return
    shortest, longest = _SIDES
    odd = [
        number
        for number, side in enumerate(sides, start=1)
        if side is not None and not shortest <= min(side) <= max(side) <= longest
    ]
    if odd:
        yield _misshapen(index, kind, odd)
    if recommended_dpi is not None:
        coarse = {
            number: dpi for number, dpi in resolutions(pdf) if dpi < recommended_dpi * _ROUNDING and number not in odd
        }
        if coarse:
            yield _coarse(index, kind, coarse, recommended_dpi)


def _sides(page: pikepdf.Page) -> tuple[float, float] | None:
    """Width and height of a page in units; nothing if it is no page."""
    try:
        contents = page.obj.get("/Contents")
        streams = contents if isinstance(contents, pikepdf.Array) else [] if contents is None else [contents]
        if not all(isinstance(stream, pikepdf.Stream) for stream in streams):
            return None
        for used in page.resources.as_dict().values():
            if isinstance(used, pikepdf.Dictionary):
                # Looked at, so that qpdf notices those that are not where the file says they are.
                used.as_dict()
        (left, bottom, right, top), (_, _, _, _) = (map(float, box) for box in (page.mediabox, page.cropbox))
    except _NO_PAGE:
        return None
    return abs(right - left), abs(top - bottom)


def _lost(pdf: pikepdf.Pdf) -> bool:
    """Whether something that was looked at is not where the file says it is, or cut short.

    qpdf also warns of flaws that every reader bears, as of an entry that stands twice; those are no loss.
    """
    objects = {(int(number), int(generation)) for number, generation in _OBJECT.findall("\n".join(pdf.get_warnings()))}
    return any(pdf.get_object(found) is None for found in objects)


def _ranges(pages: Iterable[int]) -> str:
    """Page numbers in their order, neighbours drawn together: `1-3, 7`."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], page]
        else:
            runs.append([page])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _protected(index: int, kind: AttachmentKind) -> Finding:
    return _finding(
        index,
        kind,
        "attachment-protected",
        ja="にパスワードや印刷・コピーの制限があります。制限のないPDFにしてください。",
        en="has a password or forbids printing or copying. Save it as a PDF without restrictions.",
    )


def _unreadable(index: int, kind: AttachmentKind) -> Finding:
    return _finding(
        index,
        kind,
        "attachment-unreadable",
        ja="は正しいPDFファイルではありません。作り直してください。",
        en="is not a sound PDF file. Make it again.",
    )


def _misshapen(index: int, kind: AttachmentKind, pages: Sequence[int]) -> Finding:
    return _finding(
        index,
        kind,
        "attachment-page-size",
        ja=f"の{_ranges(pages)}ページの大きさが正しくありません。A4などの大きさで作り直してください。",
        en=f"has pages of an impossible size: {_ranges(pages)}. Make it again, for example in A4.",
        source="ISO 32000-1, annex C.2",
    )


def _coarse(index: int, kind: AttachmentKind, pages: Mapping[int, float], recommended_dpi: int) -> Finding:
    lowest = int(min(pages.values()))
    return _finding(
        index,
        kind,
        "attachment-resolution",
        ja=f"の{_ranges(pages)}ページの解像度が低めです（最低約{lowest}dpi）。"
        f"{recommended_dpi}dpi相当以上での読み取りが推奨されています。",
        en=f"is scanned coarsely on the pages {_ranges(pages)} (about {lowest} dpi at the least). "
        f"{recommended_dpi} dpi or more are recommended.",
        severity=Severity.WARNING,
    )


def _finding(
    index: int,
    kind: AttachmentKind,
    rule: str,
    *,
    ja: str,
    en: str,
    severity: Severity = Severity.ERROR,
    source: str = GUIDE,
) -> Finding:
    name = kind.label
    return Finding(
        place=f"/attachments/{index}",
        rule=rule,
        message=BilingualText(
            ja=f"添付資料{index + 1}（{name.ja}）{ja}", en=f"Attachment {index + 1} ({name.en}) {en}"
        ),
        severity=severity,
        source=source,
    )
