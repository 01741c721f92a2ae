import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.cards import VALID_UNTIL
from zairyu.sandbox.card.personas import ANJALI, GLORIA, LINH, PERSONAS, XUEYING
from zairyu.sandbox.card.pki import SandboxPki

_ATTRIBUTES = "1.2.392.200149.8.5.5"


def _openssl(*command: str) -> str:
    """What another implementation says of it."""
    done = subprocess.run(["openssl", *command], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def _other_names(certificate: x509.Certificate) -> list[tuple[str, bytes]]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [(name.type_id.dotted_string, name.value) for name in names if isinstance(name, x509.OtherName)]


def test_restart_finds_the_same_roots_and_the_same_cards(tmp_path: Path) -> None:
    first = SandboxPki(tmp_path / "pki")
    card = first.credentials(LINH, VALID_UNTIL)
    second = SandboxPki(tmp_path / "pki")
    assert second.sign_ca == first.sign_ca
    assert second.credentials(LINH, VALID_UNTIL).sign.certificate == card.sign.certificate
    assert x509.load_pem_x509_certificate(second.sign_ca_file.read_bytes()) == first.sign_ca


def test_two_starters_found_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as starters:
        first, second = starters.map(SandboxPki, [tmp_path / "pki"] * 2)
    assert first.sign_ca == second.sign_ca
    assert [place.name for place in (tmp_path / "pki").iterdir()] == ["ca"]


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    SandboxPki(tmp_path).credentials(LINH, VALID_UNTIL)
    keys = list(tmp_path.rglob("*.key"))
    assert len(keys) == 4
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_leaf_has_the_profile_that_clients_have_to_cope_with(pki: SandboxPki) -> None:
    certificate = pki.credentials(LINH, VALID_UNTIL).sign.certificate
    assert certificate.not_valid_after_utc == datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
    critical = {type(extension.value) for extension in certificate.extensions if extension.critical}
    assert critical == {x509.KeyUsage, x509.CertificatePolicies}
    assert [oid.removeprefix(_ATTRIBUTES) for oid, _ in _other_names(certificate)] == [
        ".1",
        ".4",
        ".3",
        ".5",
        ".2",
        ".6",
    ]
    attributes = dict(_other_names(certificate))
    assert attributes[f"{_ATTRIBUTES}.4"] == b"\x0c\x09419960412"
    assert "TRAN" not in certificate.subject.rfc4514_string()
    # OpenSC takes the length from two length bytes.
    assert certificate.public_bytes(Encoding.DER)[:2] == b"\x30\x82"


def test_era_of_birth_is_showa_before_1989(pki: SandboxPki) -> None:
    attributes = dict(_other_names(pki.credentials(ANJALI, VALID_UNTIL).sign.certificate))
    assert attributes[f"{_ATTRIBUTES}.4"] == b"\x0c\x09319790130"


def test_login_certificate_does_not_name_the_holder(pki: SandboxPki) -> None:
    certificate = pki.credentials(LINH, VALID_UNTIL).auth.certificate
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.content_commitment
    assert not [
        extension for extension in certificate.extensions if isinstance(extension.value, x509.SubjectAlternativeName)
    ]


def test_personas_differ_and_have_passwords_a_card_takes() -> None:
    assert len({persona.name for persona in PERSONAS.values()}) == len(PERSONAS) >= 4
    for key, persona in PERSONAS.items():
        assert key == persona.key
        assert 6 <= len(persona.sign_password) <= 16
        assert persona.sign_password.isalnum()
        assert persona.sign_password == persona.sign_password.upper()
        assert len(persona.auth_pin) == 4
        assert persona.sign_password not in repr(persona)
        assert f"'{persona.auth_pin}'" not in repr(persona)


def test_openssl_reads_the_profile(pki: SandboxPki) -> None:
    pki.credentials(XUEYING, VALID_UNTIL)
    file = pki.card_directory(XUEYING, VALID_UNTIL) / "sign.pem"
    text = " ".join(_openssl("x509", "-in", str(file), "-noout", "-text", "-nameopt", "utf8").split())
    for part in (
        "Signature Algorithm: sha256WithRSAEncryption",
        "Issuer: C=JP, O=JPKI-TEST, OU=JPKI for digital signature, OU=Sandbox, not for use Validity",
        "Not After : Mar 31 14:59:59 2027 GMT",
        "Subject: C=JP, L=神奈川県, L=横浜市中区, CN=",
        "Public-Key: (2048 bit)",
        "X509v3 Key Usage: critical Digital Signature, Non Repudiation X509v3",
        "X509v3 Certificate Policies: critical Policy: 1.2.392.200149.8.5.1.1.20 CPS: https://",
        "X509v3 Issuer Alternative Name: DirName:/C=JP/O=",
        "X509v3 CRL Distribution Points: Full Name: DirName:C = JP, O = JPKI-TEST, OU = CRL Distribution Points",
        "X509v3 Authority Key Identifier:",
        "X509v3 Subject Key Identifier:",
        "othername: 1.2.392.200149.8.5.5.1::陳　雪瑩".replace("\u3000", " "),
        "othername: 1.2.392.200149.8.5.5.4::419930915",
        "othername: 1.2.392.200149.8.5.5.3::2",
        "othername: 1.2.392.200149.8.5.5.5::神奈川県横浜市中区架空町８番地９",
        "othername: 1.2.392.200149.8.5.5.2::0001",
        "othername: 1.2.392.200149.8.5.5.6::0000000000000000",
    ):
        assert part in text
    assert "URI:" not in text, "revocation lists are at no address"


@pytest.mark.parametrize(("leaf", "root", "other"), [("sign", "sign", "auth"), ("auth", "auth", "sign")])
def test_openssl_follows_the_chain_to_the_right_root_only(pki: SandboxPki, leaf: str, root: str, other: str) -> None:
    pki.credentials(LINH, VALID_UNTIL)
    roots = pki.sign_ca_file.parent
    file = str(pki.card_directory(LINH, VALID_UNTIL) / f"{leaf}.pem")
    # OpenSSL does not count the last second.
    at = str(int(datetime(2027, 3, 31, 14, 59, 58, tzinfo=UTC).timestamp()))
    verify = ("verify", "-x509_strict", "-purpose", "any", "-attime")
    assert _openssl(*verify, at, "-CAfile", str(roots / f"{root}-ca.pem"), file) == f"{file}: OK\n"
    assert "unable to get local issuer" in _openssl(*verify, at, "-CAfile", str(roots / f"{other}-ca.pem"), file)
    too_late = str(int(at) + 1)
    assert "has expired" in _openssl(*verify, too_late, "-CAfile", str(roots / f"{root}-ca.pem"), file)


def test_replaced_characters_are_marked_one_by_one(pki: SandboxPki) -> None:
    attributes = dict(_other_names(pki.credentials(XUEYING, VALID_UNTIL).sign.certificate))
    assert attributes[f"{_ATTRIBUTES}.1"] == b"\x0c\x0c" + "陳\u3000雪瑩".encode()
    assert attributes[f"{_ATTRIBUTES}.2"] == b"\x0c\x040001"


@pytest.mark.parametrize("years", [1, 5, 10, 20])
def test_certificate_is_valid_from_the_moment_of_issue(pki: SandboxPki, years: int) -> None:
    issued_at = datetime.now(UTC)
    last_day = issued_at.date() + timedelta(days=366 * years)
    credentials = pki.credentials(GLORIA, last_day)
    for certificate in (credentials.sign.certificate, credentials.auth.certificate):
        assert certificate.not_valid_before_utc <= issued_at
        assert certificate.not_valid_after_utc.date() == last_day


def test_certificates_of_one_card_may_end_on_two_days(pki: SandboxPki) -> None:
    later = date(2029, 5, 31)
    card = pki.credentials(LINH, VALID_UNTIL, later)
    assert card.sign.certificate.not_valid_after_utc == datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
    assert card.auth.certificate.not_valid_after_utc == datetime(2029, 5, 31, 14, 59, 59, tzinfo=UTC)
    usual = pki.credentials(LINH, VALID_UNTIL)
    assert usual.auth.certificate.not_valid_after_utc == datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
    assert pki.credentials(LINH, VALID_UNTIL, VALID_UNTIL).sign.certificate == usual.sign.certificate
