"""The look on all readers for the one card that serves, before a person is asked for a PIN."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardBusy,
    CardFault,
    CardPulled,
    CardReaderError,
    LastTryRefused,
    NoReader,
    NotMyNumberCard,
    PinBlocked,
    ReaderUnplugged,
    SeveralCards,
)
from zairyu.activities.card_reader.jpki import JpkiSession

_TELLING: Final = (CardAbsent, ReaderUnplugged, CardPulled, CardBusy, NotMyNumberCard, CardFault)
"""What a reader without a My Number card says, from what tells a person least to what tells most."""


@dataclass(frozen=True)
class CardFound:
    """A card that serves."""

    reader: str
    """Where it is."""
    tries_left: int
    """How many wrong PINs it still takes."""


def find_card(readers: CardReaders, look: Callable[[JpkiSession], int], *, tokens: frozenset[str]) -> CardFound:
    """Find the one My Number card, and look whether it serves.

    The card is let go again: a person types for as long as it takes, and Windows resets a card that is held
    for five seconds without a command.

    Args:
        readers: The readers of this computer.
        look: Raises a `CardReaderError` when the card does not serve, and otherwise tells the tries left.
        tokens: The names of tokens that are accepted.

    Raises:
        NoReader: No reader is plugged in.
        SeveralCards: There are My Number cards on several readers.
        CardReaderError: The card does not serve; or no reader has a My Number card that answers. Of what the readers
            say, what tells most.
    """
    names = readers.names()
    if not names:
        raise NoReader
    seen: list[CardFound | CardReaderError] = []
    nothing: list[CardReaderError] = []
    for reader in names:
        try:
            session = JpkiSession.open(readers, reader, tokens=tokens)
        except _TELLING as error:
            nothing.append(error)
            continue
        with session:
            try:
                seen.append(CardFound(reader, look(session)))
            except CardReaderError as error:
                seen.append(error)
    if len(seen) > 1:
        raise SeveralCards
    if not seen:
        raise max(nothing, key=lambda error: _TELLING.index(type(error)))
    (outcome,) = seen
    if isinstance(outcome, CardReaderError):
        raise outcome
    return outcome


def require_tries(tries_left: int, insisted: frozenset[type[CardReaderError]]) -> int:
    """Let pass the number of tries a person may be asked to use.

    Raises:
        PinBlocked: No try is left.
        LastTryRefused: One try is left and nobody insists.
    """
    if tries_left == 0:
        raise PinBlocked
    if tries_left == 1 and LastTryRefused not in insisted:
        raise LastTryRefused
    return tries_left
