"""The JPKI application (公的個人認証AP) of a My Number card, over a channel.

The card's commands are not published by its issuer. What stands here is observed behaviour, as told by public
clients: OpenSC (`card-jpki.c`, pull requests 801 and 959), jpki/myna, soltia48/myna-card and lulitech-dev/
jpki-signer-android.
"""

from enum import IntEnum
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from zairyu.activities.card_reader.apdu import Answer, ApduLink, Command, StatusWord
from zairyu.activities.card_reader.channel import CardChannel, CardSource
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardFault,
    CardPulled,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinOutcomeUnknown,
    SignatureInvalid,
    SigningCertificateMissing,
    WrongPin,
)
from zairyu.activities.card_reader.password import SignPassword

_AID: Final = bytes.fromhex("D392F000260100000001")
_MY_NUMBER_CARD: Final = b"JPKIAPICCTOKEN2"
"""The token name of a My Number card. Juki cards, Android and iPhone answer with other names."""

_CHUNK: Final = 256
_LONGEST_CERTIFICATE: Final = 8192
"""Real ones have about 1.6 kB; a card that claims more than this is out of order."""

_SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""The DER that comes before a SHA-256 digest in a PKCS #1 v1.5 signature (RFC 8017, section 9.2, note 1)."""


class JpkiFile(IntEnum):
    """The elementary files we use."""

    SIGN_CERTIFICATE = 0x0001
    """Readable only after the signature password."""
    TOKEN = 0x0006
    PRESENCE = 0x0008
    """Three bytes; the first two say whether the certificates for signing and for logging in are there."""
    SIGN_KEY = 0x001A
    SIGN_PASSWORD = 0x001B


class JpkiSession:
    """One use of the card, from power-up to power-down.

    Security status is never assumed to outlive a selection of the application, nor to end with it: observers
    disagree on both. So the application is selected once, and the session ends by taking the power away.
    """

    def __init__(self, channel: CardChannel) -> None:
        """Take over a channel and select the application; on failure the card is powered down.

        Raises:
            CardPulled: The line was lost.
            NotMyNumberCard: The card lacks the application, or says it is another kind of token.
            CardFault: The card gave an unexpected answer.
        """
        self._channel = channel
        self._link = ApduLink(channel)
        try:
            self._select_application()
        except BaseException:
            channel.power_down()
            raise

    @classmethod
    def open(cls, source: CardSource) -> Self:
        """Connect to the card that is on a reader now.

        The whole is tried twice: a peer that died while it held the card leaves pcsc-lite in a state where
        the first transmission fails, and only a new connection cures it. No PIN has been near the card yet.

        Raises:
            CardAbsent: There is no card.
            CardPulled: There was one.
            CardReaderError: As `CardSource.connect` and the constructor.
        """
        channel = source.connect()
        if channel is None:
            raise CardAbsent
        try:
            return cls(channel)
        except CardPulled:
            channel = source.connect()
            if channel is None:
                raise
            return cls(channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.power_down()

    def has_sign_certificate(self) -> bool:
        """Whether the card says it carries a certificate for signatures; under-15s have none."""
        answer = self._read(JpkiFile.PRESENCE, 3)
        # Few cards have been seen: only a plain "absent" is believed, anything else is left to the read.
        return not answer.ok or answer.data[:1] != b"\x00"

    def tries_left(self) -> int:
        """How many wrong signature passwords the card still takes; 0 when it is blocked. Costs nothing.

        After a VERIFY that succeeded this still counts tries: it does not tell whether the password is verified.
        """
        self._select(JpkiFile.SIGN_PASSWORD)
        # Exactly four bytes: with an Le the card answers 6700 (lulitech-dev/jpki-signer-android).
        answer = self._send(Command(0x00, 0x20, 0x00, 0x80))
        if _is_blocked(answer):
            return 0
        if answer.tries_left is None:
            raise _fault("tries left", answer)
        return answer.tries_left

    def verify(self, password: SignPassword, *, allow_last_try: bool = False) -> None:
        """Present the signature password to the card: one VERIFY, whatever comes of it.

        Args:
            password: Used up by this call.
            allow_last_try: A person insists on using the last try.

        Raises:
            PinBlocked: No try is left, before or after this one.
            LastTryRefused: One try is left and nobody insists.
            WrongPin: The card counted a try.
            PinOutcomeUnknown: The answer was lost, or is none we know. A try may have been counted.
        """
        tries_left = self.tries_left()
        if tries_left == 0:
            raise PinBlocked
        if tries_left == 1 and not allow_last_try:
            raise LastTryRefused
        secret = password.take()
        try:
            answer = self._link.send_once(Command(0x00, 0x20, 0x00, 0x80, secret))
        except ConnectionError:
            raise PinOutcomeUnknown from None
        finally:
            secret[:] = bytes(len(secret))
        if answer.ok:
            return
        if _is_blocked(answer):
            raise PinBlocked
        if answer.tries_left is not None:
            raise WrongPin(answer.tries_left)
        raise PinOutcomeUnknown(detail=f"VERIFY: {answer.status:04X}")

    def sign_certificate(self) -> bytes:
        """The certificate for signatures, DER. Needs the verified password.

        Raises:
            SigningCertificateMissing: There is none.
        """
        self._select(JpkiFile.SIGN_CERTIFICATE)
        head = self._read_at(0, 4)
        # The length is in the DER itself. Two length bytes: every certificate has 256 bytes and more.
        if len(head) != 4 or head[:2] != b"\x30\x82":
            raise CardFault(detail="certificate: no DER")
        size = 4 + int.from_bytes(head[2:], "big")
        if size > _LONGEST_CERTIFICATE:
            raise CardFault(detail="certificate: too long")
        der = head
        while len(der) < size:
            part = self._read_at(len(der), min(_CHUNK, size - len(der)))
            if not part:
                raise CardFault(detail="certificate: cut short")
            der += part
        return der[:size]

    def sign(self, digest: bytes, public_key: RSAPublicKey) -> bytes:
        """Sign a SHA-256 digest (PKCS #1 v1.5). Needs the verified password.

        Args:
            digest: 32 bytes.
            public_key: Of the card's certificate; the signature is verified with it before it is returned.

        Raises:
            SignatureInvalid: What the card made does not verify.
        """
        self._select(JpkiFile.SIGN_KEY)
        # P1 = 00 pads whatever comes, so the DigestInfo is ours to build; it is the form all clients use.
        answer = self._send(Command(0x80, 0x2A, 0x00, 0x80, _SHA256_DIGEST_INFO + digest, le=_CHUNK))
        if not answer.ok:
            raise _fault("sign", answer)
        try:
            public_key.verify(answer.data, digest, PKCS1v15(), Prehashed(SHA256()))
        except InvalidSignature:
            raise SignatureInvalid from None
        return answer.data

    def _select_application(self) -> None:
        select = Command(0x00, 0xA4, 0x04, 0x0C, _AID)
        answer = self._send(select)
        if answer.status == StatusWord.NO_DIAGNOSIS:
            # The first command after power-up may be answered so (soltia48/myna-card); this one is harmless.
            answer = self._send(select)
        if not answer.ok:
            raise NotMyNumberCard(detail=f"select application: {answer.status:04X}")
        token = self._read(JpkiFile.TOKEN, 32)
        if token.data.rstrip(b" \x00") != _MY_NUMBER_CARD:
            raise NotMyNumberCard(detail="token name")

    def _select(self, file: JpkiFile) -> None:
        answer = self._send_select(file)
        if answer.status == StatusWord.FILE_NOT_FOUND and file in (JpkiFile.SIGN_CERTIFICATE, JpkiFile.SIGN_KEY):
            raise SigningCertificateMissing
        if not answer.ok:
            raise _fault(f"select {file:04X}", answer)

    def _read(self, file: JpkiFile, length: int) -> Answer:
        """Read the beginning of a file that may be missing."""
        selected = self._send_select(file)
        return self._send(Command(0x00, 0xB0, 0x00, 0x00, le=length)) if selected.ok else selected

    def _read_at(self, offset: int, length: int) -> bytes:
        answer = self._send(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length))
        if answer.ok or answer.status == StatusWord.END_OF_FILE:
            return answer.data
        if answer.status == StatusWord.WRONG_OFFSET:
            return b""
        raise _fault("read", answer)

    def _send_select(self, file: JpkiFile) -> Answer:
        # P1 = 02 is the only form that works for files (OpenSC, pull request 801).
        return self._send(Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big")))

    def _send(self, command: Command) -> Answer:
        try:
            return self._link.send(command)
        except ConnectionError:
            raise CardPulled from None


def _is_blocked(answer: Answer) -> bool:
    return answer.tries_left == 0 or answer.status in (
        StatusWord.AUTHENTICATION_BLOCKED,
        StatusWord.REFERENCED_IEF_BLOCKED,
    )


def _fault(what: str, answer: Answer) -> CardFault:
    return CardFault(detail=f"{what}: {answer.status:04X}")
