"""What a generation of cards signs with: which command, which digest, which form of answer.

The generation is told by the public key in the certificate, never by the card's name or its answer to reset.

A card with ECDSA P-384 keys (次期個人番号カード) will add here a profile for that key, with its own command, 48-byte
digests and its own form of answer, and a line in `profile_of`; and, where a package is made, SHA-384 digests for
holders of such a card. The sessions and `signing` stay as they are.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from zairyu.activities.card_reader.apdu import Command
from zairyu.activities.card_reader.errors import KeyUnsupported, SignatureInvalid

_SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""The DER that comes before a SHA-256 digest in a PKCS #1 v1.5 signature (RFC 8017, section 9.2, note 1)."""


class CardProfile(Protocol):
    """How one key signs."""

    def require_digest(self, digest: bytes) -> None:
        """Check that the key signs digests of this kind.

        Raises:
            KeyUnsupported: It signs digests of another length.
        """
        ...

    def sign_command(self, digest: bytes) -> Command:
        """The command that has the selected key sign a digest.

        Raises:
            KeyUnsupported: As `require_digest`.
        """
        ...

    def require_genuine(self, signature: bytes, digest: bytes) -> None:
        """Check the card's answer with the public key.

        Raises:
            SignatureInvalid: It is no signature of this digest by this key.
        """
        ...


@dataclass(frozen=True)
class Rsa2048Sha256:
    """The cards issued since 2016: RSA with 2048 bits, PKCS #1 v1.5, SHA-256."""

    public_key: RSAPublicKey

    def require_digest(self, digest: bytes) -> None:
        """As `CardProfile`."""
        if len(digest) != SHA256.digest_size:
            raise KeyUnsupported(detail=f"a digest of {len(digest)} bytes; the key signs {SHA256.digest_size}")

    def sign_command(self, digest: bytes) -> Command:
        """As `CardProfile`."""
        self.require_digest(digest)
        # P1 = 00 pads whatever comes, so the DigestInfo is ours to build; it is the form all clients use.
        return Command(0x80, 0x2A, 0x00, 0x80, _SHA256_DIGEST_INFO + digest, le=256)

    def require_genuine(self, signature: bytes, digest: bytes) -> None:
        """As `CardProfile`."""
        try:
            self.public_key.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
        except InvalidSignature:
            raise SignatureInvalid from None


def profile_of(public_key: CertificatePublicKeyTypes) -> CardProfile:
    """The profile of the cards that carry such a key.

    Raises:
        KeyUnsupported: No card that we know does.
    """
    if isinstance(public_key, RSAPublicKey) and public_key.key_size == 2048:
        return Rsa2048Sha256(public_key)
    raise KeyUnsupported(detail=kind_of(public_key))


def kind_of(public_key: CertificatePublicKeyTypes) -> str:
    """Algorithm and size of a key, in an operator's words."""
    match public_key:
        case RSAPublicKey():
            return f"RSA {public_key.key_size}"
        case EllipticCurvePublicKey():
            return f"EC {public_key.curve.name}"
        case _:
            return type(public_key).__name__
