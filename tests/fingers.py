"""A person at a desk who does what a test says."""

import asyncio
from collections.abc import Callable, Sequence

from zairyu.activities.card_reader.errors import CardReaderError
from zairyu.activities.card_reader.password import CardInfoPin, SignPassword
from zairyu.activities.card_reader.prompt import Consent
from zairyu.models.card import CardReadRequest, SignatureRequest
from zairyu.sandbox.card.personas import DEMO_APPLICANT


class Fingers:
    """The applicant at the terminal: types what the test says."""

    def __init__(self, password: str) -> None:
        self.password: str | None = password
        self.pin: str | None = DEMO_APPLICANT.auth_pin
        """Of four digits, typed when the card is to be read."""
        self.cards_wanted: list[tuple[str, ...]] = []
        """The applications, or the registration, for which the card was asked for, each time."""
        self.notices: list[CardReaderError | None] = []
        """Why no card could be read then."""
        self.walks_off = asyncio.Event()
        """Set, the applicant declines instead of placing a card."""
        self.asked: list[int] = []
        """The tries left that were shown, each time."""
        self.shown: list[tuple[str, ...]] = []
        """The applications that were shown together, or the registration, each time that something was to be typed."""
        self.unwanted: set[str] = set()
        """Those that are not confirmed."""
        self.goes_on_after: set[type[CardReaderError]] = set()
        """After these the applicant tries again, or insists; after any other they leave."""
        self.failures: list[CardReaderError] = []
        """What the applicant was told at the desk."""
        self.taken_back = 0
        self.holders: list[str] = []
        """As whom they have signed."""
        self.read_as: list[str] = []
        """Whose card they were told was read."""
        self.hold = asyncio.Event()
        """Unset, the applicant thinks."""
        self.hold.set()
        self.on_card_wanted: Callable[[], None] = lambda: None
        """What the applicant does when they are asked for their card."""
        self.on_failure: Callable[[CardReaderError], None] = lambda _: None
        """What the applicant does when they are told of an error."""

    async def ask_for_card(self, requests: Sequence[SignatureRequest], notice: CardReaderError | None) -> None:
        self.notices.append(notice)
        self.cards_wanted.append(tuple(request.application_id for request in requests))
        self.on_card_wanted()
        await self.walks_off.wait()

    async def ask_for_consent(self, requests: Sequence[SignatureRequest], tries_left: int) -> Consent | None:
        self.asked.append(tries_left)
        self.shown.append(tuple(request.application_id for request in requests))
        await self.hold.wait()
        if self.password is None:
            return None
        return Consent(frozenset(self.shown[-1]) - self.unwanted, SignPassword(self.password))

    async def show_signing(self) -> None:
        """The card is not moved."""

    async def show_signed(self, requests: Sequence[SignatureRequest], holder: str) -> None:
        self.holders.append(holder)

    async def ask_for_card_to_read(self, request: CardReadRequest, notice: CardReaderError | None) -> None:
        self.notices.append(notice)
        self.cards_wanted.append((request.registration_id,))
        self.on_card_wanted()
        await self.walks_off.wait()

    async def ask_for_pin(self, request: CardReadRequest, tries_left: int) -> CardInfoPin | None:
        self.asked.append(tries_left)
        self.shown.append((request.registration_id,))
        await self.hold.wait()
        return None if self.pin is None else CardInfoPin(self.pin)

    async def show_reading(self) -> None:
        """The card is not moved."""

    async def show_read(self, request: CardReadRequest, holder: str) -> None:
        self.read_as.append(holder)

    async def show_failure(self, error: CardReaderError) -> bool:
        self.failures.append(error)
        self.on_failure(error)
        return type(error) in self.goes_on_after

    async def show_taken_back(self) -> None:
        self.taken_back += 1
