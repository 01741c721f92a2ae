import io
import time
import zlib
from collections.abc import Sequence
from typing import Final

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name
from reportlab.lib.pagesizes import A3, A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.document_tools import Workbench
from zairyu.activities.documents.pdf import check_pdf
from zairyu.activities.documents.resolution import resolutions
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Finding, Severity

FULL_A4: Final = b"q 595 0 0 842 0 0 cm /Scan Do Q"
AT_100_DPI: Final = (826, 1169)


def letters(pages: int = 1, size: tuple[float, float] = A4) -> bytes:
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=size, invariant=1)
    for page in range(pages):
        canvas.setFont("Helvetica", 20)
        for line in range(20):
            canvas.drawString(72, 720 - 30 * line, f"Page {page + 1}, line {line + 1}")
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def measured(content: bytes) -> list[int]:
    """The dots per inch of each scanned page, rounded."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [round(dpi) for _, dpi in resolutions(pdf)]


def judged(content: bytes, recommended_dpi: int | None = 200) -> tuple[Finding, ...]:
    return tuple(check_pdf(io.BytesIO(content), 0, AttachmentKind.OTHER, recommended_dpi=recommended_dpi))


def page(
    content: bytes,
    *,
    pixels: tuple[int, int] = AT_100_DPI,
    of_page: Dictionary | None = None,
    more: Sequence[tuple[str, bytes, Dictionary]] = (),
) -> bytes:
    """A page that draws `/Scan`, and forms of its own making."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        drawn = pdf.pages[0].obj
        scan = pdf.make_stream(b"\xff" * 10, Type=Name.XObject, Subtype=Name.Image, Width=pixels[0], Height=pixels[1])
        objects = Dictionary(Scan=scan)
        drawn.Resources = Dictionary(XObject=objects)
        for name, inner, about in more:
            form = pdf.make_stream(inner, about)
            form.stream_dict.Subtype = Name.Form
            form.stream_dict.Resources = Dictionary(XObject=objects)
            objects[name] = form
        drawn.Contents = pdf.make_stream(content)
        for key, value in (of_page or Dictionary()).items():
            drawn[key] = value
        written = io.BytesIO()
        pdf.save(written)
    return written.getvalue()


# ----- what scanners and programs make ------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["pdfimage8", "pdfimage24"])
@pytest.mark.parametrize(("dpi", "found"), [(100, ["attachment-resolution"]), (200, []), (300, [])])
def test_a_scan_is_measured(workbench: Workbench, device: str, dpi: int, found: list[str]) -> None:
    scan = workbench.scanned(letters(2), dpi, device)

    assert measured(scan) == pytest.approx([dpi, dpi], abs=1)
    assert [finding.rule for finding in judged(scan)] == found


def test_a_scan_on_large_paper_is_measured(workbench: Workbench) -> None:
    assert measured(workbench.scanned(letters(size=A3), 150)) == pytest.approx([150], abs=1)


@pytest.mark.parametrize("density", [96, 200])
def test_a_picture_that_became_a_pdf_is_measured(workbench: Workbench, density: int) -> None:
    picture = workbench.picture(
        "-size", f"{density * 8}x{density * 11}", "gradient:", "-units", "PixelsPerInch", "-density", str(density)
    )

    assert measured(as_pdf(picture, 8 * 72, 11 * 72)) == [density]


def as_pdf(jpeg: bytes, width: float, height: float) -> bytes:
    """Reportlab draws it, because Debian forbids ImageMagick to write PDFs."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(width, height), invariant=1)
    canvas.drawImage(ImageReader(io.BytesIO(jpeg)), 0, 0, width, height)
    canvas.save()
    return written.getvalue()


def test_letters_are_no_scan(workbench: Workbench) -> None:
    assert measured(letters(3)) == []
    assert measured(workbench.ghostscript(letters(3), "pdfwrite")) == []


def test_the_person_learns_which_pages_to_scan_again(workbench: Workbench) -> None:
    coarse, fine = workbench.scanned(letters(4), 100), workbench.scanned(letters(3), 200)
    with pikepdf.open(io.BytesIO(coarse)) as pages, pikepdf.open(io.BytesIO(fine)) as others:
        for place in (3, 5, 6):
            pages.pages.insert(place, others.pages[0])
        written = io.BytesIO()
        pages.save(written)

    (finding,) = judged(written.getvalue())

    assert finding.place == "/attachments/0"
    assert finding.rule == "attachment-resolution"
    assert finding.severity is Severity.WARNING
    assert finding.source is not None
    assert "1-3, 5ページ" in finding.message.ja
    assert "the pages 1-3, 5 (about" in finding.message.en


def test_nothing_is_said_where_nothing_is_recommended(workbench: Workbench) -> None:
    assert judged(workbench.scanned(letters(), 100), None) == ()


# ----- how pictures are drawn ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "dpi"),
    [
        (FULL_A4, [100]),
        (b"q .5 0 0 .5 0 0 cm 1190 0 0 1684 0 0 cm /Scan Do Q", [100]),
        (b"q 0 842 -595 0 595 0 cm /Scan Do Q", [71]),
        (b"q 590 50 -50 842 0 0 cm /Scan Do Q", [100]),
        (b"q -595 0 0 -842 595 842 cm /Scan Do Q", [100]),
        (b"595 0 0 842 0 0 cm q q Q Q Q Q /Scan Do", [100]),
        (b"q 150 0 0 212 0 0 cm /Scan Do Q", []),
        (b"q 595 0 0 842 400 0 cm /Scan Do Q", []),
        (b"q 595 0 0 281 0 0 cm /Scan Do Q q 595 0 0 281 0 281 cm /Scan Do Q", [100]),
        (FULL_A4 + b" q 595 0 0 421 0 0 cm /Scan Do Q", [100]),
        (b"q 595 0 0 0 0 0 cm /Scan Do Q", []),
        (b"q 595 0 0 842 0 0 cm /Other Do Q", []),
        (b"q 1 2 cm 595 0 0 842 0 0 cm /Scan Do Q", [100]),
        (b"q (a) 0 0 842 0 0 cm /Scan Do Q", []),
        (b"q 1" + b"0" * 400 + b" 0 0 842 0 0 cm /Scan Do Q", []),
        (b"q 595 0 0 842 0 0 cm Do Q", []),
        (b"[" * 100_000 + FULL_A4, []),
        (b"(((((((" + FULL_A4, []),
        (bytes(range(256)), []),
    ],
    ids=[
        "plain", "two matrices", "turned", "skewed", "upside down", "too many ends", "logo", "mostly off the page",
        "strips", "part drawn twice", "flat", "unknown", "short matrix", "words for numbers", "endless number",
        "nothing to draw", "deep", "open string", "noise",
    ],
)  # fmt: skip
def test_the_size_at_which_a_picture_is_drawn_counts(content: bytes, dpi: list[int]) -> None:
    assert measured(page(content)) == dpi


def test_the_page_may_be_turned_and_its_unit_larger() -> None:
    assert measured(page(FULL_A4, of_page=Dictionary(Rotate=90))) == [100]
    assert measured(page(FULL_A4, of_page=Dictionary(UserUnit=2))) == [50]
    assert measured(page(FULL_A4, of_page=Dictionary(UserUnit=Name.Two))) == []


def test_what_is_cut_away_does_not_count() -> None:
    small = b"q 300 0 0 300 0 0 cm /Scan Do Q"

    assert measured(page(small)) == []
    assert measured(page(small, of_page=Dictionary(CropBox=Array([0, 0, 300, 300])))) == [198]


def test_of_layers_the_finest_counts() -> None:
    text = b"q 297.5 0 0 421 0 0 cm /Scan Do Q " * 3

    assert measured(page(FULL_A4 + text)) == [200]


def test_a_picture_in_the_content_itself_counts() -> None:
    inline = b"q 595 0 0 842 0 0 cm BI /W 826 /H 1169 /BPC 1 /CS /G ID \x00\x00 EI Q"

    assert measured(page(inline)) == [100]


def test_a_picture_in_a_form_counts() -> None:
    box = Array([0, 0, 1, 1])
    form = ("/Form", b"/Scan Do", Dictionary(BBox=box, Matrix=Array([595, 0, 0, 842, 0, 0])))
    outer = ("/Outer", b"q /Form Do Q", Dictionary(BBox=Array([0, 0, 595, 842])))
    clipped = ("/Clipped", b"q /Form Do Q", Dictionary(BBox=Array([0, 0, 100, 100])))

    assert measured(page(b"/Form Do", more=[form])) == [100]
    assert measured(page(b"q /Outer Do Q", more=[form, outer])) == [100]
    assert measured(page(b"q /Clipped Do Q", more=[form, clipped])) == []
    assert measured(page(b"q .5 0 0 .5 0 0 cm /Outer Do Q", more=[form, outer])) == []


# ----- what is made to keep us busy ---------------------------------------------------------------------------


def test_forms_that_draw_each_other_end() -> None:
    box = Dictionary(BBox=Array([0, 0, 595, 842]))
    forms = [(f"/F{n}", f"/F{n + 1} Do ".encode() * 20, box) for n in range(11)]
    myself = [("/F", b"/F Do /F Do", box)]

    began = time.monotonic()
    assert measured(page(b"/F0 Do", more=forms)) == []
    assert measured(page(b"/F Do", more=myself)) == []
    assert time.monotonic() - began < 20


def test_content_that_grows_in_memory_is_left_alone() -> None:
    with pikepdf.open(io.BytesIO(page(FULL_A4))) as pdf:
        grows = zlib.compress(b"q Q " * 50_000_000)
        pdf.pages[0].obj.Contents = pdf.make_stream(b"")
        pdf.pages[0].obj.Contents.write(grows, filter=Name.FlateDecode)
        written = io.BytesIO()
        pdf.save(written)

    began = time.monotonic()
    assert judged(written.getvalue()) == ()
    assert time.monotonic() - began < 5


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200))
def test_no_content_makes_the_check_fail(content: bytes) -> None:
    assert {finding.rule for finding in judged(page(content))} <= {"attachment-resolution"}


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["q", "Q", "cm", "Do", "/Scan", "/F", "595", "0", "842", "-1e9", "BI", "ID", "EI"])))
def test_no_order_of_instructions_makes_the_check_fail(words: list[str]) -> None:
    form = ("/F", b"/Scan Do", Dictionary(BBox=Array([0, 0, 1, 1])))
    content = page(" ".join(words).encode(), more=[form])

    assert {finding.rule for finding in judged(content)} <= {"attachment-resolution"}


def test_twenty_five_megabytes_of_scans_are_judged_at_once() -> None:
    with pikepdf.new() as pdf:
        for _ in range(50):
            pdf.add_blank_page(page_size=(595, 842))
            # Noise that is no picture: it would fail if somebody unpacked it.
            scan = pdf.make_stream(b"\xa5" * 500_000)
            scan.stream_dict = Dictionary(
                Type=Name.XObject, Subtype=Name.Image, Width=826, Height=1169, Filter=Name.DCTDecode
            )
            pdf.pages[-1].obj.Resources = Dictionary(XObject=Dictionary(Scan=scan))
            pdf.pages[-1].obj.Contents = pdf.make_stream(FULL_A4)
        written = io.BytesIO()
        pdf.save(written)

    began = time.monotonic()
    (finding,) = judged(written.getvalue())
    assert time.monotonic() - began < 1
    assert "1-50" in finding.message.en
