import io
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, String
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.document_tools import Workbench
from zairyu.activities.documents.errors import DocumentsRefused
from zairyu.activities.documents.merging import merge, title_of
from zairyu.activities.documents.pdf import check_pdf
from zairyu.models.documents import AttachmentKind
from zairyu.sandbox.samples import write_pdf

TAX: Final = title_of(AttachmentKind.TAX_CERTIFICATE, 2)


def letters(word: str, pages: int = 1, size: tuple[float, float] = A4) -> bytes:
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=size, invariant=1)
    for page in range(pages):
        canvas.bookmarkPage(f"{word}{page}")
        canvas.addOutlineEntry(f"{word} {page}", f"{word}{page}")
        canvas.drawString(72, size[1] - 100, f"{word} page {page + 1}")
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def filled_form(*, drawn: bool, value: str = "LINH") -> bytes:
    """A form with the field `name` filled in; whether the program that did it drew the field too."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=1)
    canvas.drawString(72, 780, "Name:")
    canvas.acroForm.textfield(name="name", x=72, y=700, width=300, height=30, value="LINH", fontName="Helvetica")
    canvas.save()
    if drawn:
        return written.getvalue()
    with pikepdf.open(io.BytesIO(written.getvalue())) as pdf:
        field = pdf.pages[0].obj.Annots[0]
        field.V = String(value)
        del field.AP
        pdf.Root.AcroForm.NeedAppearances = True
        return saved(pdf)


def saved(pdf: pikepdf.Pdf) -> bytes:
    written = io.BytesIO()
    pdf.save(written, deterministic_id=True)
    return written.getvalue()


def merged(*contents: bytes, first: bytes | None = None, sample: bool = False) -> bytes:
    written = io.BytesIO()
    parts = [(f"{number} Part", io.BytesIO(content)) for number, content in enumerate(contents, start=1)]
    merge(parts, written, first=first, sample=sample)
    return written.getvalue()


def bookmarks(content: bytes) -> list[tuple[str, int]]:
    """The bookmarks, and the page that each leads to, counted from 0."""
    with pikepdf.open(io.BytesIO(content)) as pdf, pdf.open_outline() as outline:
        pages = [page.obj.objgen for page in pdf.pages]
        return [(item.title, pages.index(_target(item).objgen)) for item in outline.root]


def _target(item: pikepdf.OutlineItem) -> pikepdf.Object:
    assert isinstance(item.destination, Array)
    return item.destination[0]


def assert_sound(workbench: Workbench, content: bytes) -> None:
    assert workbench.says_sound(content)
    assert list(check_pdf(io.BytesIO(content), 0, AttachmentKind.OTHER)) == []


def test_documents_become_one_in_their_order(workbench: Workbench) -> None:
    whole = merged(letters("One", 2), letters("Two"), letters("Three", 3))

    assert_sound(workbench, whole)
    assert [page[0] for page in workbench.words_of(whole)] == ["One", "One", "Two", "Three", "Three", "Three"]
    assert bookmarks(whole) == [("1 Part", 0), ("2 Part", 2), ("3 Part", 3)]


def test_the_declaration_comes_first() -> None:
    whole = merged(letters("One"), first=letters("Declaration", 2))

    assert bookmarks(whole) == [("資料添付に関する申告書 / declaration on attached documents", 0), ("1 Part", 2)]


def test_a_bookmark_says_what_a_document_is() -> None:
    assert TAX == "2 住民税の課税証明書 / tax certificate"


def test_the_same_documents_give_the_same_bytes() -> None:
    parts = [letters("One"), filled_form(drawn=True), write_pdf("Two")]

    assert merged(*parts, sample=True) == merged(*parts, sample=True)
    assert merged(*parts) == merged(*parts)
    assert merged(*parts) != merged(*reversed(parts))


def test_it_is_written_where_the_file_stands(tmp_path: Path) -> None:
    with (tmp_path / "whole").open("w+b") as file:
        file.write(b"before")
        merge([("1", io.BytesIO(letters("One")))], file)
        assert not file.closed
    content = (tmp_path / "whole").read_bytes()

    assert content == b"before" + merged_with_title("1", letters("One"))


def merged_with_title(title: str, content: bytes) -> bytes:
    written = io.BytesIO()
    merge([(title, io.BytesIO(content))], written)
    return written.getvalue()


@pytest.mark.parametrize("drawn", [True, False], ids=["drawn", "left to the reader to draw"])
def test_what_is_filled_into_a_form_stays_on_the_page(workbench: Workbench, drawn: bool) -> None:
    whole = merged(letters("One"), filled_form(drawn=drawn))

    assert_sound(workbench, whole)
    assert workbench.words_of(whole)[1] == ["Name:", "LINH"]
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert all("/Annots" not in page.obj for page in pdf.pages)


def test_what_nobody_could_draw_is_not_lost_in_silence() -> None:
    assert places(letters("One"), filled_form(drawn=False, value="グエン")) == [
        ("/attachments/1", "attachment-unreadable")
    ]


def test_what_scripts_links_and_labels_a_document_has_stays_behind(workbench: Workbench) -> None:
    with pikepdf.open(io.BytesIO(letters("One", 2))) as pdf:
        script = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
        pdf.Root.OpenAction = script
        pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
        pdf.attachments["secret.txt"] = b"a file within the file"
        link = Dictionary(
            Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), Dest=Array([pdf.pages[1].obj, Name.Fit])
        )
        pdf.pages[0].obj.Annots = pdf.make_indirect(Array([link]))
        pdf.pages[0].obj.AA = Dictionary(O=script)
        whole = merged(saved(pdf))

    assert_sound(workbench, whole)
    plain = workbench.qpdf(whole, "--qdf", "--object-streams=disable")
    for left_behind in (b"JavaScript", b"PageLabels", b"EmbeddedFile", b"/Link", b"secret"):
        assert left_behind not in plain


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [A4, (300.0, 200.0)], ids=["A4", "small"])
def test_a_sample_says_so_on_every_page(workbench: Workbench, turned: int, size: tuple[float, float]) -> None:
    with pikepdf.open(io.BytesIO(letters("One", 3, size))) as pdf:
        for page in pdf.pages:
            page.rotate(turned, relative=False)
        whole = merged(saved(pdf), letters("Two"), sample=True)

    assert_sound(workbench, whole)
    for words in workbench.words_of(whole):
        assert "SAMPLE" in words
    shown = workbench.ghostscript(whole, "png16m", "-r72", "-dLastPage=1")
    # The mark stands upright in the corner that is the upper left one to whoever looks at the page.
    assert float(workbench.seen(workbench.changed(shown, "-crop", "90x25+0+0", ending="png"), "%[fx:mean]")) < 0.99
    assert float(workbench.seen(workbench.changed(shown, "-crop", "90x25+0+25", ending="png"), "%[fx:mean]")) == 1


@pytest.mark.parametrize("content", [b"Q Q Q", b"q q q 0 0 0 0 0 0 cm", b"BT (", b"\xff" * 50, b""])
def test_a_mark_stands_over_any_content(workbench: Workbench, content: bytes) -> None:
    with pikepdf.open(io.BytesIO(letters("One"))) as pdf:
        pdf.pages[0].obj.Contents = pdf.make_stream(content)
        whole = merged(saved(pdf), letters("Two"), sample=True)

    assert bookmarks(whole) == [("1 Part", 0), ("2 Part", 1)]
    assert "SAMPLE" in workbench.words_of(whole)[1]


def test_pages_that_share_their_fonts_are_marked_alike(workbench: Workbench) -> None:
    with pikepdf.open(io.BytesIO(letters("One", 3))) as pdf:
        shared = pdf.make_indirect(pdf.pages[0].obj.Resources)
        for page in pdf.pages:
            page.obj.Resources = shared
        whole = merged(saved(pdf), sample=True)

    assert all("SAMPLE" in page and "One" in page for page in workbench.words_of(whole))


def test_newer_versions_and_other_builds_are_joined(workbench: Workbench) -> None:
    parts = [
        workbench.qpdf(letters("One"), "--min-version=2.0"),
        workbench.qpdf(letters("Two"), "--linearize", "--object-streams=generate"),
        workbench.ghostscript(letters("Three"), "pdfwrite", "-dPDFA=2", "-sColorConversionStrategy=RGB"),
        workbench.scanned(letters("Four"), 100),
    ]

    whole = merged(*parts, first=letters("Zero"))

    assert whole.startswith(b"%PDF-2.0")
    assert_sound(workbench, whole)
    assert len(workbench.words_of(whole)) == 5


def places(*contents: bytes) -> list[tuple[str, str]]:
    with pytest.raises(DocumentsRefused) as caught:
        merged(*contents)
    return [(finding.place, finding.rule) for finding in caught.value.findings]


def test_every_document_that_cannot_be_joined_is_named(workbench: Workbench) -> None:
    locked = workbench.qpdf(letters("One"), "--encrypt", "", "owner", "256", "--print=none", "--")

    assert places(letters("One"), b"", locked, letters("Two"), letters("Three")[:-50]) == [
        ("/attachments/1", "attachment-unreadable"),
        ("/attachments/2", "attachment-unreadable"),
        ("/attachments/4", "attachment-unreadable"),
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("/Annots", Name.Nothing),
        ("/Annots", Array([1, Name.Two, Dictionary()])),
        ("/Annots", Array([Dictionary(Subtype=Name.Stamp, AP=1, Rect=Array([1]))])),
        ("/Rotate", Name.Round),
        ("/CropBox", Array([1])),
        ("/UserUnit", Name.Two),
    ],
)
def test_a_strange_page_is_joined_or_named(key: str, value: pikepdf.Object) -> None:
    with pikepdf.open(io.BytesIO(letters("One"))) as pdf:
        pdf.pages[0].obj[key] = value
        strange = saved(pdf)

    for sample in (False, True):
        try:
            whole = merged(letters("Two"), strange, sample=sample)
        except DocumentsRefused:
            continue
        assert bookmarks(whole) == [("1 Part", 0), ("2 Part", 1)]


@pytest.mark.parametrize(
    "form", [Array([1]), Dictionary(Fields=1, NeedAppearances=True), Dictionary(NeedAppearances=Name.Yes)]
)
def test_a_strange_form_is_joined(workbench: Workbench, form: pikepdf.Object) -> None:
    with pikepdf.open(io.BytesIO(letters("One"))) as pdf:
        pdf.Root.AcroForm = form
        strange = saved(pdf)

    assert workbench.words_of(merged(strange))[0][0] == "One"


SOURCE: Final = letters("One")


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(SOURCE) - 1), st.binary(min_size=1, max_size=40), st.booleans())
def test_damage_is_refused_or_borne(place: int, damage: bytes, sample: bool) -> None:
    spoilt = SOURCE[:place] + damage + SOURCE[place + len(damage) :]

    try:
        merged(spoilt, sample=sample)
    except DocumentsRefused:
        return


def test_pages_are_held_once(tmp_path: Path) -> None:
    parts = scans(tmp_path, count=8, megabytes=5)
    before = most_memory()

    with (tmp_path / "whole.pdf").open("w+b") as into:
        files = [path.open("rb") for path in parts]
        merge([(path.name, file) for path, file in zip(parts, files, strict=True)], into)
        for file in files:
            file.close()

    assert (tmp_path / "whole.pdf").stat().st_size > 40_000_000
    assert most_memory() - before < 60_000_000


def scans(directory: Path, *, count: int, megabytes: int) -> Sequence[Path]:
    paths = [directory / f"{number}.pdf" for number in range(count)]
    for path in paths:
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            scan = pdf.make_stream(b"\xa5" * megabytes * 1_000_000)
            scan.stream_dict.Filter = Name.DCTDecode
            pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Scan=scan))
            pdf.save(path)
    return paths


def most_memory() -> int:
    """The most bytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
