"""How a desk speaks with the person who sits at it: a console or a page in a browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from zairyu.activities.card_reader.errors import CardReaderError
from zairyu.activities.card_reader.password import CardInfoPin, SignPassword
from zairyu.models.base import BilingualText
from zairyu.models.card import CardReadRequest, SignatureRequest

WILL_BE_READ: Final = BilingualText(
    ja="氏名、住所、生年月日、性別と、利用者証明用電子証明書（カードの識別と有効期限の確認に使います）",
    en="Name, address, birth date and sex, and the certificate for user authentication (to recognise the card, and "
    "for its last day)",
)
"""For the person, before they type."""
NEVER_READ: Final = BilingualText(
    ja="マイナンバー（個人番号）は読み取りません。", en="Your My Number (Individual Number) is not read."
)


@dataclass(frozen=True)
class Consent:
    """What a person said and typed after they saw what is to be signed."""

    confirmed: frozenset[str]
    """The applications, by id, that they want to sign. None of those shown may be missing by oversight: each
    was confirmed on its own."""
    password: SignPassword


class DeskPrompt(Protocol):
    """Speaks with one person at a time, in Japanese and English.

    The desk may cancel any of these calls at any moment: the card came, the request was taken back, or time
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

    async def ask_for_card_to_read(self, request: CardReadRequest, notice: CardReaderError | None) -> None:
        """Show what for the card is to be read, and ask for it.

        Called again when the notice is another one; cancelled when the card is there. Returns only when the person
        declines.

        Args:
            request: What waits for this person.
            notice: As for `ask_for_card`.
        """
        ...

    async def ask_for_pin(self, request: CardReadRequest, tries_left: int) -> CardInfoPin | None:
        """Say what will be read and what never is, show how many tries are left, and wait for the PIN.

        Returns:
            Nothing when the person declines.

        Raises:
            PinNotGiven: There is no way to ask.
        """
        ...

    async def show_reading(self) -> None:
        """Say that the card is being read and has to stay where it is. Returns at once."""
        ...

    async def show_read(self, request: CardReadRequest, holder: str) -> None:
        """Say that the card was read, and whose it is. Returns at once."""
        ...

    async def show_failure(self, error: CardReaderError) -> bool:
        """Say what went wrong and what to do, and ask whether to go on where the error leaves a way.

        Returns:
            Whether the person wants to go on: to try again, or for `WayOn.INSIST` to overrule us. Never when the
            error's way on is `WayOn.STOP`, for which this returns at once.
        """
        ...

    async def show_taken_back(self) -> None:
        """Say that nobody waits any more for the signature or the reading. Returns at once."""
        ...
