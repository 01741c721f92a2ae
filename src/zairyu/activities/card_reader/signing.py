"""The two short uses of a card that make a signature: a look before the PIN is asked for, and the signing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.activities.card_reader.channel import CardSource
from zairyu.activities.card_reader.errors import LastTryRefused, PinBlocked, SigningCertificateMissing
from zairyu.activities.card_reader.jpki import JpkiSession
from zairyu.activities.card_reader.password import SignPassword
from zairyu.models.card import SignatureRequest


@dataclass(frozen=True)
class CardSignature:
    """What the card gave."""

    signature: bytes = field(repr=False)
    """RSA, PKCS #1 v1.5 with SHA-256."""
    certificate: bytes = field(repr=False)
    """DER."""


def look_at_card(source: CardSource, *, allow_last_try: bool) -> int:
    """See whether the card on the reader can sign, before a person is asked for the password.

    The card is let go again: a person types for as long as it takes, and Windows resets a card that is held
    for five seconds without a command.

    Returns:
        How many wrong passwords the card still takes.

    Raises:
        SigningCertificateMissing: It has nothing to sign with.
        PinBlocked: No try is left.
        LastTryRefused: One try is left and nobody insists.
        CardReaderError: As `JpkiSession.open`.
    """
    with JpkiSession.open(source) as session:
        if not session.has_sign_certificate():
            raise SigningCertificateMissing
        tries_left = session.tries_left()
    if tries_left == 0:
        raise PinBlocked
    if tries_left == 1 and not allow_last_try:
        raise LastTryRefused
    return tries_left


def sign_with_card(
    source: CardSource,
    request: SignatureRequest,
    password: SignPassword,
    *,
    trusted_roots: Sequence[x509.Certificate],
    now: datetime,
    allow_last_try: bool,
) -> CardSignature:
    """Have the card sign the request's digest.

    The certificate can be read only after the password, so the checks of it come between password and signature.

    Raises:
        CardReaderError: Any of them. Whichever it is, the card has seen at most one password and is powered down.
    """
    with JpkiSession.open(source) as session:
        session.verify(password, allow_last_try=allow_last_try)
        certificate = SigningCertificate.parse(session.sign_certificate())
        certificate.require_in_force(now, request.filing_day)
        certificate.require_trust(trusted_roots, now)
        certificate.require_holder(request.signer)
        signature = session.sign(bytes.fromhex(request.digest), certificate.public_key)
    return CardSignature(signature, certificate.certificate.public_bytes(Encoding.DER))
