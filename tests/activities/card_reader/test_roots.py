"""Whose certificates may sign."""

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.activities.card_reader.certificates import parsed, reissued
from tests.activities.card_reader.conftest import NOW, Sign
from tests.cards import VALID_UNTIL, CardMaker, Rig
from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.activities.card_reader.errors import CertificateUntrusted
from zairyu.activities.card_reader.roots import TrustedRoots, UnpinnedRootError
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki

GENERATION_1 = bytes.fromhex("0d034cbb34d0714f45e45a1cafd8fd143fab54a7")
"""Until 2025-10-19."""
GENERATION_3 = bytes.fromhex("d21ea55895617e93adbf966b941ab4edf653f08f")


@pytest.fixture
def leaf(pki: SandboxPki) -> SigningCertificate:
    return parsed(pki.credentials(LINH, VALID_UNTIL).sign.certificate)


@pytest.fixture
def forged_root() -> x509.Certificate:
    """Says that it is the real authority."""
    key = generate_private_key(65537, 2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "JPKI for digital signature"),
            x509.NameAttribute(
                NameOID.ORGANIZATIONAL_UNIT_NAME, "Japan Agency for Local Authority Information Systems"
            ),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x67C6A21)
        .not_valid_before(datetime(2023, 7, 16, tzinfo=UTC))
        .not_valid_after(datetime(2033, 7, 15, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(GENERATION_3), critical=False)
        .sign(key, SHA256())
    )


def claims(pki: SandboxPki, key: bytes) -> SigningCertificate:
    """A certificate that names the key of an authority as its own."""
    return parsed(reissued(pki, x509.AuthorityKeyIdentifier(key, None, None)))


def not_needed() -> NoReturn:
    pytest.fail("the card was asked for a root that cannot count")


def test_root_is_found_by_its_key_among_others_of_the_same_name(
    pki: SandboxPki, leaf: SigningCertificate, tmp_path: Path
) -> None:
    other = SandboxPki(tmp_path / "other").sign_ca
    assert other.subject == pki.sign_ca.subject
    for roots in ([other, pki.sign_ca], [pki.sign_ca, other]):
        TrustedRoots.of(roots).require_trust(leaf, NOW, not_needed)
    with pytest.raises(CertificateUntrusted):
        TrustedRoots.of([other]).require_trust(leaf, NOW, not_needed)


def test_key_that_a_certificate_only_claims_does_not_help(pki: SandboxPki, tmp_path: Path) -> None:
    other = SandboxPki(tmp_path / "other").sign_ca
    key = other.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    with pytest.raises(CertificateUntrusted, match="no chain"):
        TrustedRoots.of([pki.sign_ca, other]).require_trust(claims(pki, key), NOW, not_needed)


def test_without_roots_nobody_is_trusted(leaf: SigningCertificate) -> None:
    with pytest.raises(CertificateUntrusted):
        TrustedRoots.of([]).require_trust(leaf, NOW, not_needed)


# ----- in production -------------------------------------------------------------------------------------------------


def test_sandbox_root_is_refused_in_production(pki: SandboxPki, forged_root: x509.Certificate) -> None:
    with pytest.raises(UnpinnedRootError) as refused:
        TrustedRoots.pinned([pki.sign_ca, forged_root])
    for root in (pki.sign_ca, forged_root):
        assert root.fingerprint(SHA256()).hex() in str(refused.value)
    assert "JPKI-TEST" in str(refused.value)


def test_sandbox_card_signs_nothing_in_production(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    """The card carries its own root, as every card does."""
    card = make_card()
    rig.insert(card)
    with pytest.raises(CertificateUntrusted):
        sign(roots=TrustedRoots.pinned())
    assert not any(exchange.instruction == Instruction.SIGN for exchange in card.log)


def test_root_on_the_card_proves_nothing_by_its_name_or_its_key(pki: SandboxPki, forged_root: x509.Certificate) -> None:
    leaf = claims(pki, GENERATION_3)
    for root in (forged_root, pki.sign_ca):
        with pytest.raises(CertificateUntrusted, match="copy of the root is another"):
            TrustedRoots.pinned().require_trust(leaf, NOW, partial(root.public_bytes, Encoding.DER))
    with pytest.raises(CertificateUntrusted, match="copy of the root is no certificate"):
        TrustedRoots.pinned().require_trust(leaf, NOW, lambda: b"\x30\x00")


def test_expired_generation_does_not_count_after_its_last_day(pki: SandboxPki, forged_root: x509.Certificate) -> None:
    leaf = claims(pki, GENERATION_1)
    der = forged_root.public_bytes(Encoding.DER)
    with pytest.raises(CertificateUntrusted, match="copy of the root"):
        TrustedRoots.pinned().require_trust(leaf, datetime(2025, 10, 19, 14, 59, tzinfo=UTC), lambda: der)
    with pytest.raises(CertificateUntrusted, match="no trusted authority"):
        TrustedRoots.pinned().require_trust(leaf, datetime(2025, 10, 19, 15, tzinfo=UTC), not_needed)


def test_root_on_the_card_serves_once_its_fingerprint_is_known(
    rig: Rig, make_card: CardMaker, sign: Sign, pki: SandboxPki
) -> None:
    rig.insert(make_card())

    def known(key: str, on: date) -> str | None:
        return pki.sign_ca.fingerprint(SHA256()).hex() if on == date(2026, 11, 20) else None

    assert sign(roots=TrustedRoots([], known)).outcomes
