import io

import pikepdf
import pytest

from zairyu.activities.packaging.pdf import check_pdf
from zairyu.models.documents import AttachmentKind
from zairyu.sandbox.samples import write_pdf

SOUND = write_pdf("Organization form")


def encrypted(user: str, owner: str, allow: pikepdf.Permissions) -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(SOUND)) as pdf:
        pdf.save(written, encryption=pikepdf.Encryption(user=user, owner=owner, allow=allow))
    return written.getvalue()


def without_pages() -> bytes:
    written = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.save(written)
    return written.getvalue()


def rules(content: bytes) -> list[str]:
    return [finding.rule for finding in check_pdf(io.BytesIO(content), 1, AttachmentKind.TAX_CERTIFICATE)]


def test_a_sound_pdf_passes() -> None:
    assert rules(SOUND) == []


@pytest.mark.parametrize(
    "content",
    [
        encrypted("secret", "owner", pikepdf.Permissions()),
        encrypted("", "owner", pikepdf.Permissions(print_lowres=False, print_highres=False)),
        encrypted("", "owner", pikepdf.Permissions(extract=False)),
        encrypted("", "", pikepdf.Permissions()),
    ],
    ids=["password", "no printing", "no copying", "encrypted for nothing"],
)
def test_a_protected_pdf_is_refused(content: bytes) -> None:
    assert rules(content) == ["attachment-protected"]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff a photo", b"%PDF-1.7\n%%EOF", SOUND[: len(SOUND) // 2], without_pages()],
    ids=["no pdf", "empty", "cut off", "no pages"],
)
def test_a_broken_pdf_is_refused(content: bytes) -> None:
    assert rules(content) == ["attachment-unreadable"]


def test_the_person_learns_which_document_it_is() -> None:
    (finding,) = check_pdf(io.BytesIO(), 1, AttachmentKind.TAX_CERTIFICATE)

    assert finding.place == "/attachments/1"
    assert finding.message.ja.startswith("添付資料2（住民税の課税証明書）")
    assert finding.message.en.startswith("Attachment 2 (tax certificate)")
