"""Several PDFs as one, with a bookmark for each."""

import io
from collections.abc import Sequence
from typing import BinaryIO, Final

import pikepdf

from zairyu.activities.documents.declaration import sample_mark
from zairyu.activities.documents.errors import DocumentsRefused
from zairyu.activities.documents.pdf import GUIDE
from zairyu.models.base import BilingualText
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Finding

_QUARTER_TURN: Final = 90
_MARK_SIZE: Final = (80.0, 12.0)
"""Width and height of the mark of a sample, in units."""
_MARK_MARGIN: Final = 8.0
_MARK_NAME: Final = pikepdf.Name("/ZairyuSample")
_DEEPEST_FIELD: Final = 20
"""Fields within fields of a form."""
_LEFT_BEHIND: Final = ("/AA", "/Annots", "/B", "/Metadata", "/PieceInfo", "/StructParents", "/Tabs", "/Thumb")
"""Of a page: what points out of it, or does something by itself. What notes show was drawn into the page before."""
_CANNOT_BE_MERGED: Final = (
    pikepdf.PikepdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


def title_of(kind: AttachmentKind, number: int) -> str:
    """What the bookmark of a document says; the number is the attachment's, counted from 1."""
    return f"{number} {kind.label.ja} / {kind.label.en}"


def merge(
    parts: Sequence[tuple[str, BinaryIO]], into: BinaryIO, *, first: bytes | None = None, sample: bool = False
) -> None:
    """Write several PDFs as one, in their order. The same input gives the same bytes.

    Pages come with all that they show, notes and filled-in fields included. Bookmarks, page labels, links, scripts and
    files within the files stay behind. The pages are held once, packed as they are, until they are written.

    Args:
        parts: Titles and files: sound, as `check_pdf` finds, open, and left open. They are read from their beginning.
        into: Open for writing; it is written from where it stands.
        first: The declaration, before everything else.
        sample: Whether every page says that it is a sample.

    Raises:
        DocumentsRefused: some cannot be read or are protected; each has a finding. What was written is of no use.
    """
    kind = AttachmentKind.DECLARATION
    declared = [] if first is None else [(f"{kind.label.ja} / {kind.label.en}", io.BytesIO(first))]
    with pikepdf.new() as whole:
        beginnings, refused, versions = [], [], ["1.4"]
        for index, (title, file) in enumerate((*declared, *parts), start=-len(declared)):
            beginning = len(whole.pages)
            try:
                with _opened(file) as part:
                    _flatten(part)
                    whole.pages.extend(part.pages)
                    versions.append(part.pdf_version)
            except _CANNOT_BE_MERGED:
                refused.append(_refused(index, title))
            else:
                beginnings.append(pikepdf.OutlineItem(title, beginning))
        if refused:
            raise DocumentsRefused(findings=tuple(refused))
        try:
            if sample:
                _mark(whole)
            with whole.open_outline() as outline:
                outline.root.extend(beginnings)
            whole.save(
                into,
                min_version=max(versions),
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                deterministic_id=True,
            )
        except _CANNOT_BE_MERGED as error:
            raise DocumentsRefused(findings=(_together(),)) from error


def _opened(file: BinaryIO) -> pikepdf.Pdf:
    # Mapped into memory, a file that somebody shortens would end the process.
    access = pikepdf.AccessMode.stream
    pdf = pikepdf.open(file, attempt_recovery=False, suppress_warnings=True, access_mode=access)
    if pdf.is_encrypted or not pdf.pages:
        pdf.close()
        raise ValueError("protected, or without pages")
    return pdf


def _flatten(part: pikepdf.Pdf) -> None:
    """Draw into the pages what their notes and fields show, and take away what does not belong to the pages."""
    try:
        _flatten_fields(part)
        part.flatten_annotations("all")
    except _CANNOT_BE_MERGED:
        if any("/Annots" in page.obj for page in part.pages):
            raise  # what they show would be lost, and nobody would notice
    _drop(part.Root, "/AcroForm")
    for page in part.pages:
        for name in _LEFT_BEHIND:
            _drop(page.obj, name)


def _flatten_fields(part: pikepdf.Pdf) -> None:
    form = part.Root.get("/AcroForm")
    if form is None or not form.get("/NeedAppearances", False):
        return
    # Whoever filled the form in leaves it to the reader to draw the fields. What they drew all the same is better than
    # what qpdf draws.
    notes = [note for page in part.pages for note in page.obj.get("/Annots", ())]
    undrawn = [note for note in notes if note.get("/Subtype") == "/Widget" and "/AP" not in note]
    if not all(_value(field).isascii() for field in undrawn):
        raise ValueError("qpdf would draw question marks")
    if undrawn:
        part.generate_appearance_streams()
    _drop(form, "/NeedAppearances")


def _value(field: pikepdf.Object) -> str:
    for _ in range(_DEEPEST_FIELD):
        if "/V" in field:
            return str(field.V)
        if "/Parent" not in field:
            return ""
        field = field.Parent
    return ""


def _drop(dictionary: pikepdf.Object, name: str) -> None:
    if name in dictionary:
        del dictionary[name]


def _mark(whole: pikepdf.Pdf) -> None:
    with pikepdf.open(io.BytesIO(sample_mark(*_MARK_SIZE))) as drawn:
        mark = whole.copy_foreign(drawn.pages[0].as_form_xobject())
        for page in whole.pages:
            # Not pikepdf's overlay: it makes up names, and the bytes would differ each time.
            page.add_resource(mark, pikepdf.Name.XObject, _MARK_NAME)
            page.contents_add(b"q", prepend=True)
            page.contents_add(f"Q q {_place_of_mark(page)} cm {_MARK_NAME} Do Q".encode("ascii"))


def _place_of_mark(page: pikepdf.Page) -> str:
    """The matrix that puts the mark upright into the upper left corner, as the page is looked at."""
    left, bottom, right, top = (float(number) for number in page.cropbox)
    left, right, bottom, top = min(left, right), max(left, right), min(bottom, top), max(bottom, top)
    margin, down = _MARK_MARGIN, _MARK_MARGIN + _MARK_SIZE[1]
    matrices = (
        (1, 0, 0, 1, left + margin, top - down),
        (0, 1, -1, 0, left + down, bottom + margin),
        (-1, 0, 0, -1, right - margin, bottom + down),
        (0, -1, 1, 0, right - down, top - margin),
    )
    matrix = matrices[int(page.obj.get("/Rotate", 0)) // _QUARTER_TURN % 4]
    return " ".join(f"{number:.3f}" for number in matrix)


def _refused(index: int, title: str) -> Finding:
    if index < 0:
        return _together()
    return Finding(
        place=f"/attachments/{index}",
        rule="attachment-unreadable",
        message=BilingualText(
            ja=f"添付資料{index + 1}（{title}）を1つのPDFにまとめられません。制限のない正しいPDFに作り直してください。",
            en=f"Attachment {index + 1} ({title}) cannot be joined with the others. "
            "Make it again, as a sound PDF without restrictions.",
        ),
        source=GUIDE,
    )


def _together() -> Finding:
    return Finding(
        place="/attachments",
        rule="attachment-unreadable",
        message=BilingualText(
            ja="添付資料を1つのPDFにまとめられません。作り直してください。",
            en="The attachments cannot be joined into one PDF. Make them again.",
        ),
        source=GUIDE,
    )
