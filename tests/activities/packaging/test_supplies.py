import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from tests.activities.packaging.signing import signed
from tests.documents import content_of, stored, write_scan
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.packaging.activity import Packaging
from zairyu.activities.packaging.supplies import Supplies
from zairyu.models.document_request import BuildSupply, BuiltSupply
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.residence import ApplicationType
from zairyu.models.status import DocumentRequest
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import Credential
from zairyu.sandbox.inspection import inspect_supply
from zairyu.sandbox.samples import write_pdf


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path.as_uri(), KeyRing("test", {"test": bytes(32)}))


async def order(blobs: BlobStore, day: date, *pdfs: bytes, **more: object) -> BuildSupply:
    attachments = [
        Attachment(kind=AttachmentKind.TAX_CERTIFICATE, document=await stored(blobs, pdf))
        for pdf in pdfs or (write_pdf("One"), write_pdf("Two"))
    ]
    return BuildSupply.model_validate(
        {
            "application_id": "app-00000001",
            "application_type": ApplicationType.EXTENSION_OF_PERIOD,
            "request": DocumentRequest(number=1, items=("課税証明書", "納税証明書"), due_on=date(2026, 12, 10)),
            "attachments": attachments,
            "day": day,
            **more,
        }
    )


async def build(blobs: BlobStore, what: BuildSupply, *, to_sign: bool = False) -> BuiltSupply:
    return await ActivityEnvironment().run(Supplies(blobs, sample_packs(), signed=to_sign).build_supply, what)


async def test_signed_documents_pass_the_receiving_sides_check(
    blobs: BlobStore, filing_day: date, signer: Credential, root: x509.Certificate, signed_at: datetime
) -> None:
    built = await build(blobs, await order(blobs, filing_day), to_sign=True)
    assert built.package is not None
    packaging = Packaging(blobs, sample_packs())
    sealed = await ActivityEnvironment().run(packaging.seal_package, signed(built.package, signer, signed_at))

    content = await content_of(blobs, sealed.document)
    inspected = inspect_supply(content, trusted_roots=[root], at=signed_at)

    assert inspected.signer_name == "TRAN　THI　LINH"
    assert inspected.application_type == "EXTENSION_OF_PERIOD"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("attachment-01.pdf") == await content_of(blobs, built.document)


async def test_the_same_documents_on_the_same_day_give_the_same_bytes(blobs: BlobStore, filing_day: date) -> None:
    what = await order(blobs, filing_day)

    assert await build(blobs, what, to_sign=True) == await build(blobs, what, to_sign=True)


async def test_where_nobody_signs_there_is_one_pdf_with_its_declaration(blobs: BlobStore, filing_day: date) -> None:
    built = await build(blobs, await order(blobs, filing_day, complete=False, to_follow=("納税証明書",)))

    assert built.package is None
    assert built.document.media_type == "application/pdf"
    with pikepdf.open(io.BytesIO(await content_of(blobs, built.document))) as pdf:
        assert len(pdf.pages) == 3


async def test_documents_that_are_too_large_together_are_to_be_supplied_in_parts(
    blobs: BlobStore, filing_day: date
) -> None:
    large = io.BytesIO()
    write_scan(large, 26_000_000)

    with pytest.raises(ApplicationError) as refused:
        await build(blobs, await order(blobs, filing_day, large.getvalue()))

    assert refused.value.type == "DocumentsRefused"
    assert "supply-size" in str(refused.value.details[0])
