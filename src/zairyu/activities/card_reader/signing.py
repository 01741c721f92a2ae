"""The two short uses of a card that make signatures: a look before the PIN is asked for, and the signing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from zairyu.activities.card_reader.certificate import SigningCertificate, last_day_of
from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import (
    AuthCertificateMissing,
    CardFault,
    CardReaderError,
    CertificateExpiresBeforeFiling,
    SigningCertificateMissing,
)
from zairyu.activities.card_reader.jpki import MY_NUMBER_CARDS, JpkiSession, KeyPair
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.profile import profile_of
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.search import CardFound, find_card, require_tries
from zairyu.models.card import SignatureRequest
from zairyu.rules.calendar import day_in_japan


@dataclass(frozen=True)
class CardSignature:
    """What the card gave."""

    signature: bytes = field(repr=False)
    """In the form of the card's profile."""


@dataclass(frozen=True)
class SignedOnCard:
    """What came of one use of a card."""

    certificate: SigningCertificate
    outcomes: tuple[CardSignature | CardReaderError, ...]
    """One for each request, in their order; at least one is a signature."""


def look_for_card(
    readers: CardReaders,
    *,
    filing_day: date,
    now: datetime,
    insisted: frozenset[type[CardReaderError]] = frozenset(),
    tokens: frozenset[str] = MY_NUMBER_CARDS,
) -> CardFound:
    """Look on all readers for the one card that can sign, before a person is asked for the password.

    Args:
        readers: The readers of this computer.
        filing_day: The last day in Japan on which the certificate must be valid.
        now: The present moment.
        insisted: Errors that the person has overruled.
        tokens: The names of tokens that are accepted.

    Raises:
        SigningCertificateMissing: The card has nothing to sign with.
        PinBlocked: No try is left.
        LastTryRefused: One try is left and nobody insists.
        CertificateExpiresBeforeFiling: The certificate for logging in will have expired by then, so that the one for
            signatures, which cannot be read yet, will have too; and nobody insists.
        CardReaderError: As `find_card`.
    """
    needed_until = max(filing_day, day_in_japan(now))
    return find_card(readers, partial(_look, needed_until=needed_until, insisted=insisted), tokens=tokens)


def sign_with_card(
    readers: CardReaders,
    reader: str,
    requests: Sequence[SignatureRequest],
    password: SignPassword,
    *,
    roots: TrustedRoots,
    now: datetime,
    allow_last_try: bool,
    tokens: frozenset[str] = MY_NUMBER_CARDS,
) -> SignedOnCard:
    """Have the card sign the digest of each request, all in one use and with one VERIFY.

    The certificate can be read only after the password, so the checks of it come between password and signatures.
    What fails after the first signature takes nothing from those that are made.

    Args:
        readers: The readers of this computer.
        reader: Where the card was found.
        requests: At least one, all of one signer.
        password: Used up by this call.
        roots: The only authorities whose certificates may sign.
        now: The present moment.
        allow_last_try: A person insists on using the last try.
        tokens: The names of tokens that are accepted.

    Raises:
        CardReaderError: Nothing was signed. Whichever it is, the card has seen at most one password and is powered
            down.
    """
    with JpkiSession.open(readers, reader, tokens=tokens) as session:
        session.verify(password, allow_last_try=allow_last_try)
        certificate = SigningCertificate.parse(session.certificate(KeyPair.SIGN))
        certificate.require_in_force(now, max(request.filing_day for request in requests))
        roots.require_trust(certificate, now, partial(session.ca_certificate, KeyPair.SIGN))
        profile = profile_of(certificate.public_key)
        for request in requests:
            certificate.require_holder(request.signer)
            profile.require_digest(bytes.fromhex(request.digest))
        outcomes = [_signed(session, certificate, request) for request in requests]
    failures = [outcome for outcome in outcomes if isinstance(outcome, CardReaderError)]
    if len(failures) == len(outcomes):
        raise failures[0]
    return SignedOnCard(certificate, tuple(outcomes))


def presumed_last_day(session: JpkiSession) -> date | None:
    """The last day in Japan of the free certificate: a foreign resident's two end together, with the period of stay.

    Returns:
        Nothing when the certificate cannot be read: that is evidence of nothing.
    """
    try:
        return last_day_of(session.certificate(KeyPair.AUTH))
    except (CardFault, AuthCertificateMissing):
        return None


def _look(session: JpkiSession, *, needed_until: date, insisted: frozenset[type[CardReaderError]]) -> int:
    """How many tries are left on a card that can sign."""
    if not session.presence().sign:
        raise SigningCertificateMissing
    tries_left = require_tries(session.tries_left(KeyPair.SIGN), insisted)
    if CertificateExpiresBeforeFiling not in insisted:
        last_day = presumed_last_day(session)
        if last_day is not None and last_day < needed_until:
            raise CertificateExpiresBeforeFiling(presumed=True)
    return tries_left


def _signed(
    session: JpkiSession, certificate: SigningCertificate, request: SignatureRequest
) -> CardSignature | CardReaderError:
    try:
        return CardSignature(session.sign(KeyPair.SIGN, bytes.fromhex(request.digest), certificate.public_key))
    except CardReaderError as error:
        return error
