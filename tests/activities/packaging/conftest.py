import io
from datetime import UTC, date, datetime
from typing import BinaryIO

import pytest
from cryptography import x509

from tests.applications import application as valid_application
from zairyu.activities.documents.files import sha256_of, size_of
from zairyu.activities.packaging.assembly import Documents
from zairyu.models.application import ApplicationInput
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import Credential, SandboxPki
from zairyu.sandbox.samples import draw_photo, write_pdf


@pytest.fixture
def filing_day() -> date:
    return date(2026, 11, 24)


@pytest.fixture
def signed_at() -> datetime:
    return datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SandboxPki:
    return SandboxPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def signer(pki: SandboxPki) -> Credential:
    """The key and the certificate for signature of the applicant's card, in the profile of real ones."""
    return pki.credentials(LINH, date(2027, 1, 31)).sign


@pytest.fixture(scope="session")
def root(pki: SandboxPki) -> x509.Certificate:
    return pki.sign_ca


@pytest.fixture(scope="session")
def documents() -> Documents:
    pdfs = (write_pdf("Organization form"), write_pdf("Certificate of employment"))
    return Documents(io.BytesIO(draw_photo()), tuple(io.BytesIO(pdf) for pdf in pdfs))


@pytest.fixture
def application(documents: Documents) -> ApplicationInput:
    assert documents.photo is not None

    def ref(file: BinaryIO, media_type: str) -> DocumentRef:
        return DocumentRef(sha256=sha256_of(file).hex(), size=size_of(file), media_type=media_type)

    kinds = (AttachmentKind.ORGANIZATION_FORM, AttachmentKind.EMPLOYMENT_CERTIFICATE)
    attachments = [
        Attachment(kind=kind, document=ref(file, "application/pdf"))
        for kind, file in zip(kinds, documents.attachments, strict=True)
    ]
    return valid_application(attachments, photo=ref(documents.photo, "image/jpeg"))
