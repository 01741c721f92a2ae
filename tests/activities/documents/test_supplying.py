import io

import pikepdf
import pytest

from tests.applications import document
from zairyu.activities.documents.errors import DocumentsRefused
from zairyu.activities.documents.supplying import write_supply
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.sandbox.samples import write_pdf

WORK = Attachment(kind=AttachmentKind.EMPLOYMENT_CERTIFICATE, document=document())
TAX = Attachment(kind=AttachmentKind.TAX_CERTIFICATE, document=document())


def test_an_answer_is_one_pdf_that_says_what_is_in_it() -> None:
    into = io.BytesIO()
    write_supply([WORK, TAX], [io.BytesIO(write_pdf("One")), io.BytesIO(write_pdf("Two"))], into)

    with pikepdf.open(into) as pdf, pdf.open_outline() as outline:
        assert len(pdf.pages) == 2
        assert [item.title for item in outline.root] == [
            "1 在職証明書 / certificate of employment",
            "2 住民税の課税証明書 / tax certificate",
        ]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(write_pdf("One"))) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="owner"))

    with pytest.raises(DocumentsRefused) as caught:
        write_supply([WORK, TAX, WORK], [io.BytesIO(), locked, io.BytesIO(write_pdf("Two"))], io.BytesIO())

    assert [(finding.place, finding.rule) for finding in caught.value.findings] == [
        ("/attachments/0", "attachment-unreadable"),
        ("/attachments/1", "attachment-protected"),
    ]
    assert "住民税の課税証明書" in caught.value.findings[1].message.ja
