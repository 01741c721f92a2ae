import io
from datetime import UTC, date, datetime

import pytest
from cryptography import x509

from tests.applications import application as valid_application
from tests.documents import attached, reference
from zairyu.activities.documents.contents import Documents
from zairyu.models.application import ApplicationInput
from zairyu.models.documents import AttachmentKind
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
    pdfs = {
        AttachmentKind.ORGANIZATION_FORM: write_pdf("Organization form"),
        AttachmentKind.EMPLOYMENT_CERTIFICATE: write_pdf("Certificate of employment"),
    }
    return Documents(io.BytesIO(draw_photo()), [attached(io.BytesIO(pdf), kind) for kind, pdf in pdfs.items()])


@pytest.fixture
def application(documents: Documents) -> ApplicationInput:
    assert documents.photo is not None
    attachments = [attachment for attachment, _ in documents.attachments]
    return valid_application(attachments, photo=reference(documents.photo, "image/jpeg"))
