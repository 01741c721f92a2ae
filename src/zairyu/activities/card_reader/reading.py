"""The two short uses of a card that tell who holds it: a look before the PIN is asked for, and the reading."""

import hashlib
from dataclasses import dataclass, field
from datetime import date

from zairyu.activities.card_reader.card_info import BasicAttributes, CardInfoSession
from zairyu.activities.card_reader.certificate import last_day_of
from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import AuthCertificateMissing, CardFault, CardReaderError
from zairyu.activities.card_reader.jpki import MY_NUMBER_CARDS, JpkiSession, KeyPair
from zairyu.activities.card_reader.password import CardInfoPin
from zairyu.activities.card_reader.search import CardFound, find_card, require_tries
from zairyu.models.card import ExpectedSigner


@dataclass(frozen=True)
class CardContents:
    """What a card says of its holder and of itself. Personal data: not in `repr`, never to be logged."""

    attributes: BasicAttributes = field(repr=False)
    fingerprint: str = field(repr=False)
    """SHA-256 of the certificate for user authentication, hexadecimal: another card has another."""
    last_day: date = field(repr=False)
    """The last day in Japan on which that certificate is valid to its end."""


def look_for_card_to_read(
    readers: CardReaders,
    *,
    insisted: frozenset[type[CardReaderError]] = frozenset(),
    tokens: frozenset[str] = MY_NUMBER_CARDS,
) -> CardFound:
    """Look on all readers for the one card that can be read, before a person is asked for the PIN.

    Args:
        readers: The readers of this computer.
        insisted: Errors that the person has overruled.
        tokens: The names of tokens that are accepted.

    Raises:
        AuthCertificateMissing: The card has nothing to tell it from other cards by.
        PinBlocked: No try is left.
        LastTryRefused: One try is left and nobody insists.
        CardReaderError: As `find_card`.
    """

    def look(session: JpkiSession) -> int:
        if not session.presence().auth:
            raise AuthCertificateMissing
        # What is wrong with it is found before the PIN costs a try.
        _certificate_of(session)
        return require_tries(session.switch_to(CardInfoSession).tries_left(), insisted)

    return find_card(readers, look, tokens=tokens)


def read_card(
    readers: CardReaders,
    reader: str,
    pin: CardInfoPin,
    *,
    holder: ExpectedSigner | None,
    allow_last_try: bool,
    tokens: frozenset[str] = MY_NUMBER_CARDS,
) -> CardContents:
    """Read the holder's attributes and the certificate that stands for the card, in one use and with one VERIFY.

    Args:
        readers: The readers of this computer.
        reader: Where the card was found.
        pin: Used up by this call.
        holder: Whose card it must be, when that is known.
        allow_last_try: A person insists on using the last try.
        tokens: The names of tokens that are accepted.

    Raises:
        WrongCard: It is somebody else's. Nothing that was read is kept.
        CardReaderError: Nothing was read. Whichever it is, the card has seen at most one PIN and is powered down.
    """
    with JpkiSession.open(readers, reader, tokens=tokens) as session:
        certificate, last_day = _certificate_of(session)
        info = session.switch_to(CardInfoSession)
        info.verify(pin, allow_last_try=allow_last_try)
        attributes = info.basic_attributes()
    if holder is not None:
        attributes.require_holder(holder)
    return CardContents(attributes, hashlib.sha256(certificate).hexdigest(), last_day)


def _certificate_of(session: JpkiSession) -> tuple[bytes, date]:
    """The certificate that stands for the card, and its last day."""
    certificate = session.certificate(KeyPair.AUTH)
    last_day = last_day_of(certificate)
    if last_day is None:
        raise CardFault(detail="certificate for user authentication: malformed")
    return certificate, last_day
