"""A virtual reader on a desk: people, or other processes, put a card on it and pull it away.

    <directory>/card.json   the card that lies on the reader; no file, no card

Whoever uses the reader looks at that file at each connection and at each command, so that a card pulled in one
process breaks a session in another.
"""

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.municipality import issue_card
from zairyu.sandbox.card.personas import PERSONAS, Persona
from zairyu.sandbox.card.reader import READER, InProcessChannel
from zairyu.sandbox.card.tries import PinName
from zairyu.sandbox.card.virtual_card import VirtualCard

_USUAL: Final = Behaviour()


class NoCardOnReaderError(LookupError):
    """There is no card on the reader with which anything could be done."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A card as it was put on the reader once."""

    persona: str
    """Key of the holder."""
    valid_until: date
    auth_valid_until: date | None = None
    """Of the certificate for user authentication, when it is another day."""
    behaviour: Behaviour = _USUAL
    token: str
    """Another one each time, so that the same card put back is seen to have been away."""


_PLACEMENT: Final = TypeAdapter(Placement)


@dataclass(frozen=True)
class CardState:
    """What there is to know about the card on the reader."""

    placement: Placement
    tries_left: Mapping[PinName, int]


@dataclass(frozen=True)
class _Lying:
    """The card on the reader, and the content of the file that says so."""

    said: bytes
    placement: Placement
    card: VirtualCard


class DeskReader:
    """One reader, the same for every process that names the same directory."""

    def __init__(self, directory: Path, pki: Path, *, name: str = READER) -> None:
        """Name the reader's directory; it is made when a card is put.

        Args:
            directory: Where the state is kept.
            pki: Directory of the `SandboxPki` that issues the cards.
            name: As programs see the reader.
        """
        self._file = directory / "card.json"
        self._pki = pki
        self._name = name
        self._one_at_a_time = threading.Lock()
        self._lying: _Lying | None = None

    # ----- for who sits at the desk ---------------------------------------------------------------------------------

    def put(
        self,
        persona: Persona,
        valid_until: date,
        *,
        auth_valid_until: date | None = None,
        behaviour: Behaviour = _USUAL,
    ) -> None:
        """Put a persona's card on the reader; one that lies there is taken away.

        Args:
            persona: Whose card.
            valid_until: The last day in Japan; for a foreign resident, that of the period of stay.
            auth_valid_until: The last day of the certificate for user authentication, when it is another.
            behaviour: What kind of card.
        """
        self._place(
            Placement(
                persona=persona.key,
                valid_until=valid_until,
                auth_valid_until=auth_valid_until,
                behaviour=behaviour,
                token=secrets.token_hex(8),
            )
        )

    def pull(self) -> None:
        """Take the card away, if there is one."""
        self._file.unlink(missing_ok=True)

    def block(self) -> None:
        """Use up all tries of the signature password.

        Raises:
            NoCardOnReaderError: There is no card.
        """
        self._required().card.block()

    def unblock(self) -> None:
        """Give all tries back.

        Raises:
            NoCardOnReaderError: There is no card.
        """
        self._required().card.unblock()

    def expire(self, today: date) -> None:
        """Put the same person's card there whose certificates ended yesterday.

        Args:
            today: In Japan.

        Raises:
            NoCardOnReaderError: There is no card.
        """
        placement = self._required().placement
        yesterday = today - timedelta(days=1)
        self._place(replace(placement, valid_until=yesterday, auth_valid_until=None, token=secrets.token_hex(8)))

    def state(self) -> CardState | None:
        """What lies on the reader; nothing while it is empty."""
        lying = self._look()
        return None if lying is None else CardState(lying.placement, lying.card.tries_left)

    # ----- for who uses the reader ----------------------------------------------------------------------------------

    def card(self) -> VirtualCard | None:
        """The card that lies on the reader now: the same object as long as it is not moved."""
        lying = self._look()
        return None if lying is None else lying.card

    def holds(self, card: VirtualCard) -> bool:
        """Whether this card is on the reader now."""
        return self.card() is card

    def names(self) -> Sequence[str]:
        """This reader alone."""
        return (self._name,)

    def connect(self, reader: str) -> InProcessChannel | None:
        """Give power to the card that is on the reader now; nothing while there is none."""
        card = self.card()
        if card is None or reader != self._name:
            return None
        card.power_on()
        return InProcessChannel(self, card)

    # ----- the file -------------------------------------------------------------------------------------------------

    def _place(self, placement: Placement) -> None:
        # Keys and certificates are made now, not while somebody waits for the card's answer.
        self._issue(placement)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f".{self._file.name}.{placement.token}")
        draft.write_bytes(_PLACEMENT.dump_json(placement, indent=2, exclude_defaults=True))
        draft.replace(self._file)

    def _required(self) -> _Lying:
        lying = self._look()
        if lying is None:
            raise NoCardOnReaderError("there is no card on the reader")
        return lying

    def _look(self) -> _Lying | None:
        with self._one_at_a_time:
            try:
                said = self._file.read_bytes()
            except FileNotFoundError:
                said = None
            if self._lying is not None and self._lying.said != said:
                self._lying.card.power_off()
                self._lying = None
            if self._lying is None and said is not None:
                placement = _PLACEMENT.validate_json(said)
                self._lying = _Lying(said, placement, self._issue(placement))
            return self._lying

    def _issue(self, placement: Placement) -> VirtualCard:
        return issue_card(
            self._pki,
            PERSONAS[placement.persona],
            placement.valid_until,
            placement.behaviour,
            auth_valid_until=placement.auth_valid_until,
        )
