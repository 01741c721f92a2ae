"""The JPKI application (公的個人認証AP) of a My Number card: two key pairs and their certificates."""

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import ClassVar, Final, Self

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from zairyu.activities.card_reader.apdu import StatusWord
from zairyu.activities.card_reader.card_application import CardApplication, fault
from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import (
    AuthCertificateMissing,
    CardReaderError,
    NotMyNumberCard,
    SigningCertificateMissing,
)
from zairyu.activities.card_reader.password import SignPassword, UserPin
from zairyu.activities.card_reader.profile import profile_of

MY_NUMBER_CARDS: Final = frozenset({"JPKIAPICCTOKEN2"})
"""The token name of a My Number card. Juki cards, Android and iPhone answer with other names."""

_SEQUENCE: Final = 0x30


class _File(IntEnum):
    SIGN_CERTIFICATE = 0x0001
    SIGN_CA_CERTIFICATE = 0x0002
    TOKEN = 0x0006
    PRESENCE = 0x0008
    AUTH_CERTIFICATE = 0x000A
    AUTH_CA_CERTIFICATE = 0x000B
    AUTH_KEY = 0x0017
    AUTH_PIN = 0x0018
    SIGN_KEY = 0x001A
    SIGN_PASSWORD = 0x001B


class KeyPair(Enum):
    """The two keys of a card, each with a certificate and a PIN of its own."""

    SIGN = "SIGN"
    """署名用: signs documents. Its certificate names the holder and is readable only after the password."""
    AUTH = "AUTH"
    """利用者証明用: logs its holder in. Its certificate names nobody and is readable at any time."""


@dataclass(frozen=True)
class _Files:
    certificate: _File
    ca_certificate: _File
    key: _File
    pin: _File


_FILES: Final = {
    KeyPair.SIGN: _Files(_File.SIGN_CERTIFICATE, _File.SIGN_CA_CERTIFICATE, _File.SIGN_KEY, _File.SIGN_PASSWORD),
    KeyPair.AUTH: _Files(_File.AUTH_CERTIFICATE, _File.AUTH_CA_CERTIFICATE, _File.AUTH_KEY, _File.AUTH_PIN),
}
_PIN_FILES: Final[dict[type[SignPassword | UserPin], _File]] = {
    SignPassword: _File.SIGN_PASSWORD,
    UserPin: _File.AUTH_PIN,
}
"""A PIN is only ever presented to the reference it was typed for."""


_MISSING: Final[dict[KeyPair, type[CardReaderError]]] = {
    KeyPair.SIGN: SigningCertificateMissing,
    KeyPair.AUTH: AuthCertificateMissing,
}


@dataclass(frozen=True)
class Presence:
    """Which certificates a card says it carries."""

    sign: bool
    """Under-15s have none."""
    auth: bool


class JpkiSession(CardApplication):
    """One use of the keys, from power-up to power-down."""

    aid: ClassVar[bytes] = bytes.fromhex("D392F000260100000001")

    @classmethod
    def open(cls, readers: CardReaders, reader: str, *, tokens: frozenset[str] = MY_NUMBER_CARDS) -> Self:
        """Connect to the card that is on a reader now, and see what it is.

        Args:
            readers: The readers of this computer.
            reader: The name of one of them.
            tokens: The names of tokens that are accepted.

        Raises:
            NotMyNumberCard: The card says it is another kind of token, or lacks the application.
            CardReaderError: As `CardApplication.open`.
        """
        session = super().open(readers, reader)
        try:
            session._require_token(tokens)
        except BaseException:
            session.close()
            raise
        return session

    def token_name(self) -> str:
        """What the card says it is; empty when it does not say."""
        if not self._select(_File.TOKEN).ok:
            return ""
        return self._read(32).rstrip(b" \x00").decode("ascii", errors="replace")

    def presence(self) -> Presence:
        """Which certificates the card says it carries."""
        # Few cards have been seen: only a plain "absent" is believed, anything else is left to the read.
        flags = self._read(2) if self._select(_File.PRESENCE).ok else b""
        return Presence(sign=flags[:1] != b"\x00", auth=flags[1:2] != b"\x00")

    def tries_left(self, pair: KeyPair) -> int:
        """How many wrong PINs the card still takes for a key; 0 when it is blocked. Costs nothing."""
        return self._tries_left(_FILES[pair].pin)

    def verify(self, pin: SignPassword | UserPin, *, allow_last_try: bool = False) -> None:
        """Present a PIN to the card: one VERIFY, whatever comes of it.

        Args:
            pin: Opens the key it was typed for. Used up by this call.
            allow_last_try: A person insists on using the last try.

        Raises:
            PinBlocked: No try is left, before or after this one.
            LastTryRefused: One try is left and nobody insists.
            WrongPin: The card counted a try.
            PinOutcomeUnknown: The answer was lost, or is none we know. A try may have been counted.
        """
        self._verify(_PIN_FILES[type(pin)], pin, allow_last_try=allow_last_try)

    def certificate(self, pair: KeyPair) -> bytes:
        """A certificate, DER. The one for signatures needs the verified password.

        Raises:
            SigningCertificateMissing: There is none for signatures.
            AuthCertificateMissing: There is none for user authentication.
        """
        self._select_of_pair(_FILES[pair].certificate, pair)
        return self._read_object(_SEQUENCE)

    def ca_certificate(self, pair: KeyPair) -> bytes:
        """The certificate of the authority as the card carries it, DER. Free to read, and no proof of anything."""
        self._require_file(_FILES[pair].ca_certificate)
        return self._read_object(_SEQUENCE)

    def sign(self, pair: KeyPair, digest: bytes, public_key: CertificatePublicKeyTypes) -> bytes:
        """Sign a digest. Needs the verified PIN of the key.

        Args:
            pair: Whose private key.
            digest: As long as the card's profile wants it.
            public_key: Of the pair's certificate. It tells the profile, and the signature is verified with it.

        Raises:
            KeyUnsupported: No profile knows this kind of key, or the profile signs digests of another length.
            SignatureInvalid: What the card made does not verify.
        """
        profile = profile_of(public_key)
        command = profile.sign_command(digest)
        self._select_of_pair(_FILES[pair].key, pair)
        answer = self._send(command)
        if not answer.ok:
            raise fault("sign", answer)
        profile.require_genuine(answer.data, digest)
        return answer.data

    def _require_token(self, tokens: frozenset[str]) -> None:
        if self.token_name() not in tokens:
            raise NotMyNumberCard(detail="token name")

    def _select_of_pair(self, file: _File, pair: KeyPair) -> None:
        answer = self._select(file)
        if answer.status == StatusWord.FILE_NOT_FOUND:
            raise _MISSING[pair]
        if not answer.ok:
            raise fault(f"select {file:04X}", answer)
