import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.cards import VALID_UNTIL
from zairyu.sandbox.card.personas import ANJALI, LINH, PERSONAS
from zairyu.sandbox.card.pki import SandboxPki

_ATTRIBUTES = "1.2.392.200149.8.5.5"


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
