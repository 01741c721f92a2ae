from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.cards import VALID_UNTIL
from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.activities.card_reader.errors import CertificateUntrusted
from zairyu.sandbox.card.personas import ANJALI, LINH
from zairyu.sandbox.card.pki import SandboxPki

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def test_holder_is_read_as_the_municipality_registered_them(pki: SandboxPki) -> None:
    certificate = SigningCertificate.parse(_der(pki.credentials(LINH, VALID_UNTIL).sign.certificate))
    assert certificate.name == "TRAN\u3000THI\u3000LINH"
    assert certificate.birth_date == "19960412"
    assert certificate.sex == "2"
    assert certificate.address == "東京都新宿区架空町１丁目２番３号"
    assert certificate.last_day == VALID_UNTIL


def test_birth_before_heisei_keeps_its_gregorian_year(pki: SandboxPki) -> None:
    certificate = SigningCertificate.parse(_der(pki.credentials(ANJALI, VALID_UNTIL).sign.certificate))
    assert certificate.birth_date == "19790130"


def test_personal_data_does_not_show_when_a_certificate_is_printed(pki: SandboxPki) -> None:
    certificate = SigningCertificate.parse(_der(pki.credentials(LINH, VALID_UNTIL).sign.certificate))
    assert repr(certificate) == "SigningCertificate()"


def test_login_certificate_cannot_stand_in_for_the_one_for_signatures(pki: SandboxPki) -> None:
    credentials = pki.credentials(LINH, VALID_UNTIL)
    with pytest.raises(CertificateUntrusted):
        SigningCertificate.parse(_der(credentials.auth.certificate))
    signing = SigningCertificate.parse(_der(credentials.sign.certificate))
    impostor = SigningCertificate(
        certificate=credentials.auth.certificate,
        public_key=signing.public_key,
        name=signing.name,
        birth_date=signing.birth_date,
        sex=signing.sex,
        address=signing.address,
    )
    with pytest.raises(CertificateUntrusted):
        impostor.require_trust([credentials.auth_ca], NOW)


def test_root_is_found_among_others_of_the_same_name(pki: SandboxPki, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = SandboxPki(tmp_path_factory.mktemp("other")).sign_ca
    assert other.subject == pki.sign_ca.subject
    SigningCertificate.parse(_der(pki.credentials(LINH, VALID_UNTIL).sign.certificate)).require_trust(
        [other, pki.sign_ca], NOW
    )


def test_certificate_that_is_not_valid_yet_is_untrusted(pki: SandboxPki) -> None:
    later = SigningCertificate.parse(_der(pki.credentials(LINH, date(2040, 1, 1)).sign.certificate))
    with pytest.raises(CertificateUntrusted):
        later.require_trust([pki.sign_ca], NOW)
