"""The key with which the agency's mails are signed (RFC 6376)."""

import base64
from pathlib import Path
from typing import Final

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_SELECTOR: Final = "sandbox"
_BITS: Final = 2048
_SIGNED_HEADERS: Final = (b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type")


class DkimKey:
    """An RSA key in a file of its own, made when it is first needed."""

    def __init__(self, file: Path, domain: str) -> None:
        self._file = file
        self._domain = domain

    @property
    def record_name(self) -> str:
        """The name under which the DNS would hold the public key."""
        return f"{_SELECTOR}._domainkey.{self._domain}"

    @property
    def record_text(self) -> str:
        """What the DNS would say under this name."""
        key = load_pem_private_key(self._pem(), password=None)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"

    def signed(self, message: bytes) -> bytes:
        """A mail with its signature at its head. Lines end as before."""
        header = dkim.sign(
            message,
            _SELECTOR.encode(),
            self._domain.encode(),
            self._pem(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(_SIGNED_HEADERS),
            linesep=b"\n",
        )
        return bytes(header) + message

    def _pem(self) -> bytes:
        if not self._file.exists():
            key = rsa.generate_private_key(public_exponent=65_537, key_size=_BITS)
            self._file.touch(mode=0o600)
            # The library reads no other form.
            self._file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
        return self._file.read_bytes()
