"""公的個人認証AP, the application for certificates and signatures.

Files and access rules as OpenSC (`card-jpki.c`), jpki/myna and soltia48/myna-card know them.
"""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from zairyu.sandbox.card.application import Application, ApplicationName, DataFile, Pin, SigningKey
from zairyu.sandbox.card.behaviour import Behaviour, Token
from zairyu.sandbox.card.pki import CardCredentials
from zairyu.sandbox.card.tries import PinName

_AID: Final = bytes.fromhex("D392F000260100000001")
_FILLER: Final = b"\xff" * 64
"""A file has room for more than the certificate in it: who reads to the end reads too much."""


def jpki_application(
    credentials: CardCredentials, behaviour: Behaviour, *, sign_password: str, auth_pin: str
) -> Application:
    """The application as the municipality personalises it."""
    password = Pin(PinName.SIGN_PASSWORD, sign_password.encode())
    pin = Pin(PinName.AUTH_PIN, auth_pin.encode())
    files: dict[int, DataFile | Pin | SigningKey] = {
        0x0002: _certificate(credentials.sign_ca),
        0x0006: DataFile(_token_information(behaviour.token_name)),
        0x0008: DataFile(_presence(behaviour)),
        0x000B: _certificate(credentials.auth_ca),
        0x0017: SigningKey(credentials.auth.key, pin),
        0x0018: pin,
        0x001A: SigningKey(credentials.sign.key, password),
        0x001B: password,
    }
    if behaviour.has_sign_certificate:
        files[0x0001] = _certificate(credentials.sign.certificate, password)
    if behaviour.has_auth_certificate:
        # Free on a card of plastic; on an Android telephone behind the PIN (jpki/myna).
        protected = behaviour.token_name == Token.ANDROID
        files[0x000A] = _certificate(credentials.auth.certificate, pin if protected else None)
    return Application(ApplicationName.JPKI, _AID, files)


def _certificate(certificate: x509.Certificate, pin: Pin | None = None) -> DataFile:
    return DataFile(certificate.public_bytes(Encoding.DER) + _FILLER, pin)


def _token_information(name: str) -> bytes:
    """160 bytes, of which the first 32 tell the kind of card."""
    return name.encode("ascii").ljust(32).ljust(160, b"\x00")


def _presence(behaviour: Behaviour) -> bytes:
    return bytes((0x8F * behaviour.has_sign_certificate, 0x8F * behaviour.has_auth_certificate, 0x00))
