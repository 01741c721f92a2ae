"""What the card makes of the bytes it is given to sign (P1 of the command).

Every value was tried on a card by soltia48/myna-card, and the signature undone with the public key.
"""

from enum import IntEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, Hash

_DIGEST_SIZE: Final = 32
_PADDING_SIZE: Final = 11


class SigningScheme(IntEnum):
    """PKCS #1 v1.5 or PSS, over the bytes, their digest, or the digest they are."""

    AS_IT_IS = 0x00
    """Whatever comes is padded; it is the sender who makes a DigestInfo of it."""
    MESSAGE_BARE = 0x01
    """SHA-256 on the card, and no DigestInfo around it: no client expects that."""
    DIGEST = 0x02
    MESSAGE = 0x03
    DIGEST_PSS = 0x04
    MESSAGE_PSS = 0x05

    def takes(self, data: bytes, key: RSAPrivateKey) -> bool:
        """Whether the data has a size that can be signed in this way."""
        match self:
            case SigningScheme.AS_IT_IS:
                return len(data) <= key.key_size // 8 - _PADDING_SIZE
            case SigningScheme.DIGEST | SigningScheme.DIGEST_PSS:
                return len(data) == _DIGEST_SIZE
            case _:
                return True

    def sign(self, data: bytes, key: RSAPrivateKey) -> bytes:
        """Make the signature."""
        pss = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)
        match self:
            case SigningScheme.AS_IT_IS:
                return key.sign(data, PKCS1v15(), NoDigestInfo())
            case SigningScheme.MESSAGE_BARE:
                digest = Hash(SHA256())
                digest.update(data)
                return key.sign(digest.finalize(), PKCS1v15(), NoDigestInfo())
            case SigningScheme.DIGEST:
                return key.sign(data, PKCS1v15(), Prehashed(SHA256()))
            case SigningScheme.MESSAGE:
                return key.sign(data, PKCS1v15(), SHA256())
            case SigningScheme.DIGEST_PSS:
                return key.sign(data, pss, Prehashed(SHA256()))
            case SigningScheme.MESSAGE_PSS:
                return key.sign(data, pss, SHA256())
