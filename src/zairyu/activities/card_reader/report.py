"""What the cards on a computer's readers say of themselves without any PIN: for keepers of terminals and help desks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import CardAbsent, CardReaderError
from zairyu.activities.card_reader.jpki import JpkiSession, KeyPair
from zairyu.activities.card_reader.signing import presumed_last_day
from zairyu.models.base import BilingualText

_ANY_TOKEN: Final = frozenset({"JPKIAPICCTOKEN", "JPKIAPICCTOKEN2", "JPKIAPGPSETOKEN", "JPKIAPIOSTOKEN"})
"""Also those that may not sign: that is what a keeper wants to see."""

_NO_CARD: Final = BilingualText(
    ja="読み取れるカードがありません。", en="There is no card on it, or none that can be read."
)


@dataclass(frozen=True)
class ReaderReport:
    """One reader and the card on it."""

    reader: str
    problem: BilingualText | None = None
    """Why nothing more is known."""
    token: str | None = None
    can_sign: bool | None = None
    """Whether there is a certificate for signatures."""
    password_tries_left: int | None = None
    """Of the password for signatures; 0 when it is blocked."""
    pin_tries_left: int | None = None
    """Of the PIN for logging in."""
    auth_valid_until: date | None = None
    """The last day in Japan of the certificate for logging in. The one for signatures cannot be read without the
    password; a foreign resident's both end with the period of stay."""


def report_of(readers: CardReaders) -> Iterator[ReaderReport]:
    """Look at every reader, and let each card go again.

    Raises:
        CardServiceUnavailable: The computer has no smart-card service, or it does not run.
    """
    for reader in readers.names():
        try:
            yield _look(readers, reader)
        except CardAbsent:
            yield ReaderReport(reader, problem=_NO_CARD)
        except CardReaderError as error:
            yield ReaderReport(reader, problem=error.sentence)


def _look(readers: CardReaders, reader: str) -> ReaderReport:
    with JpkiSession.open(readers, reader, tokens=_ANY_TOKEN) as session:
        presence = session.presence()
        return ReaderReport(
            reader,
            token=session.token_name(),
            can_sign=presence.sign,
            password_tries_left=session.tries_left(KeyPair.SIGN) if presence.sign else None,
            pin_tries_left=session.tries_left(KeyPair.AUTH) if presence.auth else None,
            auth_valid_until=presumed_last_day(session) if presence.auth else None,
        )
