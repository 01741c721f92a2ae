"""What the card signs for each value of P1, undone or verified with the public key of its certificate."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from tests.cards import VALID_UNTIL
from tests.sandbox.card.commands import (
    AUTH_KEY,
    AUTH_PIN,
    RIGHT,
    RIGHT_PIN,
    SELECT,
    SIGN_KEY,
    SIGN_PASSWORD,
    answer,
    run,
)
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.virtual_card import VirtualCard

MESSAGE = b"what is to be signed"
DIGEST = hashlib.sha256(MESSAGE).digest()
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST
PSS_PADDING = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)


@pytest.fixture
def public_key(pki: SandboxPki) -> RSAPublicKey:
    key = pki.credentials(LINH, VALID_UNTIL).sign.certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    return key


@pytest.fixture
def unlocked(card: VirtualCard) -> VirtualCard:
    assert run(card, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY) == "9000"
    return card


def sign(card: VirtualCard, p1: int, data: bytes) -> bytes:
    signature = answer(card, f"802A{p1:02X}80{len(data):02X}{data.hex()}00")
    assert signature[-2:] == b"\x90\x00"
    return signature[:-2]


@pytest.mark.parametrize(
    ("p1", "data", "padded"),
    [
        (0x00, DIGEST_INFO, DIGEST_INFO),
        (0x00, b"x", b"x"),
        (0x00, bytes(245), bytes(245)),
        (0x01, MESSAGE, DIGEST),
        (0x02, DIGEST, DIGEST_INFO),
        (0x03, MESSAGE, DIGEST_INFO),
        (0x03, bytes(255), DIGEST_INFO[:19] + hashlib.sha256(bytes(255)).digest()),
    ],
)
def test_pkcs1_signature_pads(
    unlocked: VirtualCard, public_key: RSAPublicKey, p1: int, data: bytes, padded: bytes
) -> None:
    signature = sign(unlocked, p1, data)
    assert public_key.recover_data_from_signature(signature, PKCS1v15(), None) == padded


@pytest.mark.parametrize(("p1", "data"), [(0x04, DIGEST), (0x05, MESSAGE)])
def test_pss_signature_verifies(unlocked: VirtualCard, public_key: RSAPublicKey, p1: int, data: bytes) -> None:
    first, second = sign(unlocked, p1, data), sign(unlocked, p1, data)
    public_key.verify(first, MESSAGE, PSS_PADDING, SHA256())
    assert first != second, "the salt is drawn afresh"


def test_bare_digest_is_no_signature_for_anybody(unlocked: VirtualCard, public_key: RSAPublicKey) -> None:
    with pytest.raises(InvalidSignature):
        public_key.verify(sign(unlocked, 0x00, DIGEST), MESSAGE, PKCS1v15(), SHA256())


def test_other_key_signs_with_its_own_pin(card: VirtualCard, pki: SandboxPki) -> None:
    assert run(card, SELECT, AUTH_PIN, RIGHT_PIN, AUTH_KEY) == "9000"
    key = pki.credentials(LINH, VALID_UNTIL).auth.certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(sign(card, 0x00, DIGEST_INFO), MESSAGE, PKCS1v15(), SHA256())
    assert run(card, SIGN_KEY, "802A00800101" + "00") == "6982"


@pytest.mark.parametrize(
    ("p1", "data", "status"),
    [
        (0x00, bytes(246), "6985"),
        (0x02, bytes(31), "6985"),
        (0x02, bytes(33), "6985"),
        (0x04, DIGEST_INFO, "6985"),
        (0x06, DIGEST, "6A86"),
        (0x80, DIGEST, "6A86"),
    ],
)
def test_what_cannot_be_signed_is_refused(unlocked: VirtualCard, p1: int, data: bytes, status: str) -> None:
    assert run(unlocked, f"802A{p1:02X}80{len(data):02X}{data.hex()}00") == status


def test_nothing_is_not_signed(unlocked: VirtualCard) -> None:
    assert run(unlocked, "802A008000") == "6700"


@pytest.mark.parametrize("p2", ["00", "1A", "C0"])
def test_key_has_to_be_named_as_a_file_is(unlocked: VirtualCard, p2: str) -> None:
    assert run(unlocked, f"802A00{p2}010100") == "6A86"
