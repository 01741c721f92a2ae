import io
import re
import zlib

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from tests.document_tools import Workbench
from zairyu.activities.documents.pdf import check_pdf
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Severity
from zairyu.sandbox.samples import write_pdf

SOUND = write_pdf("Organization form")


def rules(content: bytes) -> list[str]:
    return [finding.rule for finding in check_pdf(io.BytesIO(content), 1, AttachmentKind.TAX_CERTIFICATE)]


def saved(pdf: pikepdf.Pdf) -> bytes:
    written = io.BytesIO()
    pdf.save(written)
    return written.getvalue()


def without_pages() -> bytes:
    with pikepdf.new() as pdf:
        return saved(pdf)


def page_of_size(*box: float) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].obj.MediaBox = pikepdf.Array(box)
        return saved(pdf)


def letters(pages: int) -> bytes:
    written = io.BytesIO()
    canvas = Canvas(written, invariant=1)
    for page in range(pages):
        canvas.drawString(72, 720, f"Page {page + 1}")
        canvas.showPage()
    canvas.save()
    return written.getvalue()


# ----- sound --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("--linearize",),
        ("--object-streams=generate",),
        ("--linearize", "--object-streams=generate"),
        ("--qdf",),
        ("--min-version=2.0",),
        ("--newline-before-endstream", "--stream-data=uncompress"),
    ],
    ids=" ".join,
)
def test_a_sound_pdf_passes_however_it_is_built(workbench: Workbench, arguments: tuple[str, ...]) -> None:
    assert rules(workbench.qpdf(letters(3), *arguments)) == []


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5", "1.6", "1.7", "2.0"])
def test_every_version_of_ghostscript_passes(workbench: Workbench, version: str) -> None:
    printed = workbench.ghostscript(letters(2), "pdfwrite", f"-dCompatibilityLevel={version}")

    assert printed.startswith(b"%PDF-" + version.encode())
    assert rules(printed) == []


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_pdf_for_archives_passes(workbench: Workbench, part: int) -> None:
    assert rules(workbench.ghostscript(letters(1), "pdfwrite", f"-dPDFA={part}", "-sColorConversionStrategy=RGB")) == []


def test_a_file_is_read_from_its_beginning_and_left_open() -> None:
    file = io.BytesIO(SOUND)
    file.seek(100)

    assert list(check_pdf(file, 0, AttachmentKind.OTHER)) == []
    assert not file.closed


@pytest.mark.parametrize("added", [b"\n", b"\r\n\r\n", b"\0" * 100], ids=["line", "lines", "zeros"])
def test_a_few_bytes_after_the_end_are_borne_by_every_reader(workbench: Workbench, added: bytes) -> None:
    assert workbench.says_sound(SOUND + added)
    assert rules(SOUND + added) == []


# ----- protected ----------------------------------------------------------------------------------------------

WEAK = "--allow-weak-crypto"


@pytest.mark.parametrize(
    "arguments",
    [
        (WEAK, "--encrypt", "secret", "owner", "40", "--"),
        (WEAK, "--encrypt", "secret", "owner", "128", "--"),
        (WEAK, "--encrypt", "secret", "owner", "128", "--use-aes=y", "--"),
        ("--encrypt", "secret", "owner", "256", "--"),
        ("--encrypt", "", "owner", "256", "--"),
        ("--encrypt", "", "", "256", "--"),
        (WEAK, "--encrypt", "", "owner", "40", "--print=n", "--"),
        (WEAK, "--encrypt", "", "owner", "128", "--print=none", "--"),
        ("--encrypt", "", "owner", "256", "--print=none", "--"),
        ("--encrypt", "", "owner", "256", "--print=low", "--"),
        ("--encrypt", "", "owner", "256", "--extract=n", "--"),
        ("--encrypt", "", "owner", "256", "--modify=none", "--"),
        ("--encrypt", "", "owner", "256", "--annotate=n", "--"),
        ("--encrypt", "", "owner", "256", "--cleartext-metadata", "--"),
        ("--linearize", "--object-streams=generate", "--encrypt", "", "owner", "256", "--"),
    ],
    ids=" ".join,
)
def test_a_protected_pdf_is_refused(workbench: Workbench, arguments: tuple[str, ...]) -> None:
    assert rules(workbench.qpdf(SOUND, *arguments)) == ["attachment-protected"]


def test_a_pdf_for_the_holders_of_certificates_is_refused(workbench: Workbench) -> None:
    locked = workbench.qpdf(SOUND, "--encrypt", "", "owner", "256", "--")
    # Of the same length, so that everything stays where it is. The real name is Adobe.PubSec.
    for_certificates = locked.replace(b"/Filter /Standard", b"/Filter /PubSecur")

    assert for_certificates != locked
    assert rules(for_certificates) == ["attachment-protected"]


# ----- broken -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff a photo",
        b"<!DOCTYPE html>",
        b"PK\x03\x04 a document of Word",
        b"%PDF-1.7\n%%EOF",
        SOUND[: len(SOUND) // 2],
        SOUND[:-40],
        SOUND + b"x" * 5000,
        b"x" * 5000 + SOUND,
        SOUND.replace(b"\n", b"\r\n"),
        without_pages(),
    ],
    ids=[
        "nothing", "photo", "page of the web", "Word", "empty", "cut in half", "cut at the end", "garbage after",
        "garbage before", "sent as text", "no pages",
    ],
)  # fmt: skip
def test_a_broken_pdf_is_refused(content: bytes) -> None:
    assert rules(content) == ["attachment-unreadable"]


@pytest.mark.parametrize(
    "arguments", [("--linearize",), ("--object-streams=generate",), ("--qdf",)], ids=lambda words: words[0]
)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_pdf_that_was_cut_off_is_refused_however_it_is_built(
    workbench: Workbench, arguments: tuple[str, ...], share: float
) -> None:
    whole = workbench.qpdf(letters(3), *arguments)
    cut = whole[: int(len(whole) * share)]

    assert not workbench.says_sound(cut)
    assert rules(cut) == ["attachment-unreadable"]


def test_a_page_whose_text_is_lost_is_refused(workbench: Workbench) -> None:
    plain = workbench.qpdf(letters(1), "--stream-data=uncompress")
    begins = plain.index(b"stream\n") - 40
    for spoilt in (
        plain[:begins] + b"\0" * 30 + plain[begins + 30 :],
        re.sub(rb"/Length (\d)", rb"/Length 9\1", plain),
    ):
        assert not workbench.says_sound(spoilt)
        assert rules(spoilt) == ["attachment-unreadable"]


@pytest.mark.parametrize(("key", "value"), [("/Contents", pikepdf.Name("/None")), ("/CropBox", pikepdf.Name("/None"))])
def test_a_page_that_is_none_is_refused(key: str, value: pikepdf.Object) -> None:
    with pikepdf.open(io.BytesIO(letters(2))) as pdf:
        pdf.pages[1].obj[key] = value
        content = saved(pdf)

    assert rules(content) == ["attachment-unreadable"]


def test_a_page_that_is_not_where_it_should_be_is_noticed(workbench: Workbench) -> None:
    plain = workbench.qpdf(letters(3), "--qdf", "--object-streams=disable")
    kids = re.search(rb"/Kids \[\s+\d+ 0 R\s+(\d+ 0) R", plain)
    assert kids
    without = plain.replace(b"\n%s obj" % kids[1], b"\n%s     " % kids[1])

    assert rules(plain) == []
    assert rules(without) == ["attachment-unreadable"]


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ((0, 0, 595, 842), []),
        ((-100, -100, 495, 742), []),
        ((595, 842, 0, 0), []),
        ((0, 0, 2, 842), ["attachment-page-size"]),
        ((0, 0, 0, 0), ["attachment-page-size"]),
        ((0, 0, 595, 14_401), ["attachment-page-size"]),
    ],
)
def test_a_page_has_a_size_that_can_be_printed(box: tuple[float, ...], found: list[str]) -> None:
    assert rules(page_of_size(*box)) == found


def test_a_list_of_objects_that_grows_in_memory_is_refused() -> None:
    packed = workpiece_of(b"\0" * 400_000_000)

    assert len(packed) < 1_000_000
    assert rules(packed) == ["attachment-unreadable"]


def workpiece_of(table: bytes) -> bytes:
    """A PDF whose table of objects is this, in packed form."""
    stream = zlib.compress(table)
    head = b"%PDF-1.5\n"
    return b"%s1 0 obj\n<</Type/XRef/Size 9/W[1 2 1]/Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n" % (
        head,
        len(stream),
        stream,
    ) + b"startxref\n%d\n%%%%EOF\n" % len(head)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=40))
def test_no_damage_makes_the_check_fail(place: int, damage: bytes) -> None:
    spoilt = SOUND[:place] + damage + SOUND[place + len(damage) :]

    for finding in check_pdf(io.BytesIO(spoilt), 0, AttachmentKind.OTHER, recommended_dpi=200):
        assert finding.rule.startswith("attachment-")


def test_the_person_learns_which_document_it_is() -> None:
    (finding,) = check_pdf(io.BytesIO(), 1, AttachmentKind.TAX_CERTIFICATE)

    assert finding.place == "/attachments/1"
    assert finding.severity is Severity.ERROR
    assert finding.message.ja.startswith("添付資料2（住民税の課税証明書）")
    assert finding.message.en.startswith("Attachment 2 (tax certificate)")
