"""Verified by xmlsec1, which shares no code with what signs."""

import hashlib
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from lxml import etree

from tests.xmlsec import verdict_of_xmlsec1
from zairyu.activities.packaging.errors import SignatureMismatch
from zairyu.activities.packaging.signature import UnsignedManifest, complete_signature, prepare_signature
from zairyu.sandbox.card.pki import Credential, SandboxPki


def digests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: hashlib.sha256(content).digest() for name, content in files.items()}


NAMESPACE = "urn:example:test"
FILES = {"application.csv": "氏名\r\n".encode("cp932"), "attachment-01.pdf": b"%PDF-1.7 \x00\xff"}
DIGESTS = digests(FILES)


def manifest(text: str = "在留期間更新 & <more>") -> etree._Element:
    root = etree.fromstring(f'<Package xmlns="{NAMESPACE}"><Application Id="application"/></Package>')
    root[0].text = text
    return root


def sign_like_a_card(digest: str, key: rsa.RSAPrivateKey) -> bytes:
    return key.sign(bytes.fromhex(digest), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


@pytest.fixture
def unsigned() -> UnsignedManifest:
    return prepare_signature(manifest(), DIGESTS)


@pytest.fixture
def signed(unsigned: UnsignedManifest, signer: Credential, signed_at: datetime) -> bytes:
    signature = sign_like_a_card(unsigned.digest_to_sign, signer.key)
    return complete_signature(unsigned.content, DIGESTS, signature, signer.certificate, signed_at)


def verifies(
    directory: Path, signed: bytes, files: Mapping[str, bytes], trusted: Path, at: datetime
) -> subprocess.CompletedProcess[str]:
    return verdict_of_xmlsec1(directory, signed, files, trusted, at, id_of=f"{NAMESPACE}:Application")


def test_a_stranger_verifies_it(tmp_path: Path, signed: bytes, pki: SandboxPki, signed_at: datetime) -> None:
    verdict = verifies(tmp_path / "package", signed, FILES, pki.sign_ca_file, signed_at)

    assert verdict.returncode == 0, verdict.stderr
    assert "SignedInfo References (ok/all): 3/3" in verdict.stderr


def test_a_stranger_sees_a_changed_attachment(
    tmp_path: Path, signed: bytes, pki: SandboxPki, signed_at: datetime
) -> None:
    changed = {**FILES, "attachment-01.pdf": b"%PDF-1.7 another"}

    assert verifies(tmp_path / "package", signed, changed, pki.sign_ca_file, signed_at).returncode != 0


def test_a_stranger_sees_a_changed_application(
    tmp_path: Path, signed: bytes, pki: SandboxPki, signed_at: datetime
) -> None:
    changed = signed.replace("更新".encode(), "変更".encode())
    assert changed != signed

    assert verifies(tmp_path / "package", changed, FILES, pki.sign_ca_file, signed_at).returncode != 0


def test_a_stranger_who_trusts_another_authority_refuses_it(tmp_path: Path, signed: bytes, signed_at: datetime) -> None:
    other = SandboxPki(tmp_path / "other")

    assert verifies(tmp_path / "package", signed, FILES, other.sign_ca_file, signed_at).returncode != 0


def test_the_digest_is_that_of_the_canonical_signed_info(unsigned: UnsignedManifest) -> None:
    signed_info = etree.fromstring(unsigned.content).find(".//{http://www.w3.org/2000/09/xmldsig#}SignedInfo")
    assert signed_info is not None

    canonical = etree.tostring(signed_info, method="c14n", exclusive=False)

    assert hashlib.sha256(canonical).hexdigest() == unsigned.digest_to_sign


def test_the_same_manifest_has_the_same_digest(unsigned: UnsignedManifest) -> None:
    assert prepare_signature(manifest(), DIGESTS) == unsigned


def test_each_file_changes_the_digest(unsigned: UnsignedManifest) -> None:
    for name in FILES:
        assert prepare_signature(manifest(), {**DIGESTS, name: bytes(32)}).digest_to_sign != unsigned.digest_to_sign


def test_the_signature_of_another_package_is_refused(
    unsigned: UnsignedManifest, signer: Credential, signed_at: datetime
) -> None:
    signature = sign_like_a_card(prepare_signature(manifest("another"), DIGESTS).digest_to_sign, signer.key)

    with pytest.raises(SignatureMismatch) as caught:
        complete_signature(unsigned.content, DIGESTS, signature, signer.certificate, signed_at)

    assert caught.value.final


def test_another_persons_certificate_is_refused(
    unsigned: UnsignedManifest, signer: Credential, root: x509.Certificate, signed_at: datetime
) -> None:
    signature = sign_like_a_card(unsigned.digest_to_sign, signer.key)

    with pytest.raises(SignatureMismatch):
        complete_signature(unsigned.content, DIGESTS, signature, root, signed_at)


def test_a_certificate_that_had_expired_is_refused(unsigned: UnsignedManifest, signer: Credential) -> None:
    signature = sign_like_a_card(unsigned.digest_to_sign, signer.key)
    too_late = signer.certificate.not_valid_after_utc + timedelta(seconds=1)

    with pytest.raises(SignatureMismatch):
        complete_signature(unsigned.content, DIGESTS, signature, signer.certificate, too_late.astimezone(UTC))


def test_a_file_changed_while_waiting_for_the_card_is_noticed(
    unsigned: UnsignedManifest, signer: Credential, signed_at: datetime
) -> None:
    signature = sign_like_a_card(unsigned.digest_to_sign, signer.key)
    changed = {**FILES, "attachment-01.pdf": b"%PDF-1.7 another"}

    with pytest.raises(SignatureMismatch):
        complete_signature(unsigned.content, digests(changed), signature, signer.certificate, signed_at)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_is_noticed(
    unsigned: UnsignedManifest, signer: Credential, signed_at: datetime, name: str
) -> None:
    signature = sign_like_a_card(unsigned.digest_to_sign, signer.key)
    left = {other: digest for other, digest in DIGESTS.items() if other != name}

    with pytest.raises(SignatureMismatch):
        complete_signature(unsigned.content, left, signature, signer.certificate, signed_at)


def test_a_file_that_nobody_signed_is_noticed(
    unsigned: UnsignedManifest, signer: Credential, signed_at: datetime
) -> None:
    signature = sign_like_a_card(unsigned.digest_to_sign, signer.key)

    with pytest.raises(SignatureMismatch):
        complete_signature(
            unsigned.content, {**DIGESTS, "more.pdf": bytes(32)}, signature, signer.certificate, signed_at
        )
