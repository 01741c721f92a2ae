"""How a desk speaks with the person who sits at it: a console or a page in a browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zairyu.activities.card_reader.errors import CardReaderError
from zairyu.activities.card_reader.password import SignPassword
from zairyu.models.card import SignatureRequest


@dataclass(frozen=True)
class Consent:
    """What a person said and typed after they saw what is to be signed."""

    confirmed: frozenset[str]
    """The applications, by id, that they want to sign. None of those shown may be missing by oversight: each
    was confirmed on its own."""
    password: SignPassword


class DeskPrompt(Protocol):
    """Speaks with one person at a time, in Japanese and English.

    The desk may cancel any of these calls at any moment: the card came, the application was taken back, or time
    is up. What the person typed by then is thrown away.
    """

    async def ask_for_card(self, requests: Sequence[SignatureRequest], notice: CardReaderError | None) -> None:
        """Show what is to be signed, all by one person, and ask for the card.

        Called again when a request has come or gone, or the notice is another one; cancelled when the card is there.
        Returns only when the person declines.

        Args:
            requests: What waits for this person.
            notice: Why no card can be read yet, and what the person can do about it. The desk goes on by itself as
                soon as that is mended.
        """
        ...

    async def ask_for_consent(self, requests: Sequence[SignatureRequest], tries_left: int) -> Consent | None:
        """Have each request confirmed, show how many tries are left, and wait for the password.

        Returns:
            Nothing when the person declines.

        Raises:
            PinNotGiven: There is no way to ask.
        """
        ...

    async def show_signing(self) -> None:
        """Say that the card works now and has to stay where it is. Returns at once."""
        ...

    async def show_signed(self, requests: Sequence[SignatureRequest], holder: str) -> None:
        """Say what was signed, in the name of whom as the certificate has it. Returns at once."""
        ...

    async def show_failure(self, error: CardReaderError) -> bool:
        """Say what went wrong and what to do, and ask whether to go on where the error leaves a way.

        Returns:
            Whether the person wants to go on: to try again, or for `WayOn.INSIST` to overrule us. Never when the
            error's way on is `WayOn.STOP`, for which this returns at once.
        """
        ...

    async def show_taken_back(self) -> None:
        """Say that the application no longer waits for this signature. Returns at once."""
        ...
