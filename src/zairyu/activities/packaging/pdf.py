"""PDFs that the agency's system treats as broken, without saying so: refused here, by name and reason."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

import pikepdf

from zairyu.activities.packaging.errors import PackageRefused
from zairyu.models.base import BilingualText
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Finding

_SOURCE: Final = "ISA, user guide for applicants (2024-03), section 5 (1) III note 16"


def check_pdf(file: BinaryIO, index: int, kind: AttachmentKind) -> Iterator[Finding]:
    """Everything that speaks against the attachment with this index, counted from 0."""
    file.seek(0)
    try:
        # No recovery: a file that needs repair is one that the receiving side may not open.
        with pikepdf.open(file, attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                # Opens without a password, yet forbids printing or copying.
                yield _protected(index, kind)
            elif not pdf.pages:
                yield _unreadable(index, kind)
    except pikepdf.PasswordError:
        yield _protected(index, kind)
    except pikepdf.PdfError:
        yield _unreadable(index, kind)


def _protected(index: int, kind: AttachmentKind) -> Finding:
    name = kind.label
    return Finding(
        place=f"/attachments/{index}",
        rule="attachment-protected",
        message=BilingualText(
            ja=f"添付資料{index + 1}（{name.ja}）にパスワードや印刷・コピーの制限があります。"
            "制限のないPDFにしてください。",
            en=f"Attachment {index + 1} ({name.en}) has a password or forbids printing or copying. "
            "Save it as a PDF without restrictions.",
        ),
        source=_SOURCE,
    )


def _unreadable(index: int, kind: AttachmentKind) -> Finding:
    name = kind.label
    return Finding(
        place=f"/attachments/{index}",
        rule="attachment-unreadable",
        message=BilingualText(
            ja=f"添付資料{index + 1}（{name.ja}）は正しいPDFファイルではありません。作り直してください。",
            en=f"Attachment {index + 1} ({name.en}) is not a sound PDF file. Make it again.",
        ),
        source=_SOURCE,
    )


def merge(pdfs: Sequence[BinaryIO], into: BinaryIO) -> None:
    """Write several PDFs as one into an empty file, in their order. The same input gives the same bytes.

    Raises:
        PackageRefused: one of them cannot be read or is protected.
    """
    findings = [finding for index, pdf in enumerate(pdfs) for finding in check_pdf(pdf, index, AttachmentKind.OTHER)]
    if findings:
        raise PackageRefused(findings=tuple(findings))
    with pikepdf.new() as whole:
        for pdf in pdfs:
            with pikepdf.open(pdf) as part:
                whole.pages.extend(part.pages)
        whole.save(into, deterministic_id=True)
