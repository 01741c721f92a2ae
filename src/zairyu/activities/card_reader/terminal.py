"""The desk terminal: an activity that waits for a card and a person, and brings back a signature."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol, TypeVar

from cryptography import x509
from temporalio import activity

from zairyu.activities.card_reader.channel import CardSource
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardBusy,
    CardPulled,
    CardReaderError,
    CardServiceUnavailable,
    PinNotGiven,
    PinOutcomeUnknown,
)
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.signing import look_at_card, sign_with_card
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.models.card import SignatureRequest, SignatureResult
from zairyu.models.steps import SIGN_AT_TERMINAL

T = TypeVar("T")

_BETWEEN_LOOKS: Final = timedelta(milliseconds=250)
_LONGEST_USE: Final = timedelta(seconds=60)
"""A contactless card may take 20 seconds for one RSA signature; a card that takes longer than this is lost."""


class PinPrompt(Protocol):
    """Speaks with the person at the terminal."""

    async def ask_for_card(self, request: SignatureRequest) -> None:
        """Show what is to be signed and ask for the card. Does not wait for it."""
        ...

    async def ask_for_password(self, request: SignatureRequest, tries_left: int) -> SignPassword | None:
        """Show what is to be signed and how many tries are left, and wait for the password.

        Returns:
            Nothing when the person declines.

        Raises:
            PinMalformed: It cannot be a signature password.
            PinNotGiven: There is no way to ask.
        """
        ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CardTerminal:
    """One desk with one reader, where one person at a time signs.

    The PIN goes from the prompt to the card and nowhere else: not into Temporal, a log, an error or a file.
    """

    def __init__(
        self,
        terminal_id: str,
        card_source: CardSource,
        prompt: PinPrompt,
        trusted_roots: Sequence[x509.Certificate],
        *,
        card_wait: timedelta = timedelta(minutes=5),
        password_wait: timedelta = timedelta(minutes=5),
        allow_last_try: bool = False,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Set up the desk.

        Args:
            terminal_id: Stands in every result.
            card_source: The reader.
            prompt: Speaks with the person.
            trusted_roots: The only authorities whose certificates may sign.
            card_wait: How long to wait for a card. With `password_wait` it stays below the step's own time.
            password_wait: How long a person may take to type.
            allow_last_try: The keeper of the terminal insists that the last try may be used.
            clock: The present moment.
        """
        if not trusted_roots:
            raise ValueError("a terminal needs at least one trusted root certificate")
        self._terminal_id = terminal_id
        self._source = card_source
        self._prompt = prompt
        self._roots = tuple(trusted_roots)
        self._card_wait = card_wait
        self._password_wait = password_wait
        self._allow_last_try = allow_last_try
        self._clock = clock
        self._one_person = asyncio.Lock()
        # One owner thread per card: sequences of commands from several threads interleave on one connection.
        self._card_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="card")

    @activity.defn(name=SIGN_AT_TERMINAL.name)
    async def sign_at_terminal(self, request: SignatureRequest) -> SignatureResult:
        """Wait for the card, ask for the password, sign, and check what was signed."""
        with translated():
            async with beating(), self._one_person:
                await self._prompt.ask_for_card(request)
                tries_left = await self._wait_for_card()
                with await self._ask_for_password(request, tries_left) as password:
                    made = await self._on_card_thread(
                        partial(
                            sign_with_card,
                            self._source,
                            request,
                            password,
                            trusted_roots=self._roots,
                            now=self._clock(),
                            allow_last_try=self._allow_last_try,
                        ),
                        absent=CardPulled,
                        silent=PinOutcomeUnknown,
                    )
                return SignatureResult(
                    signature=base64.b64encode(made.signature).decode(),
                    certificate=base64.b64encode(made.certificate).decode(),
                    terminal_id=self._terminal_id,
                    signed_at=self._clock(),
                )

    def close(self) -> None:
        """Let the card thread go."""
        self._card_thread.shutdown(wait=False, cancel_futures=True)

    async def _wait_for_card(self) -> int:
        """Look again and again until a card can sign; returns its tries left.

        A card that bounces while it is being placed, or that another program reads first, is not there yet.
        """
        look = partial(look_at_card, self._source, allow_last_try=self._allow_last_try)
        until = asyncio.get_running_loop().time() + self._card_wait.total_seconds()
        while True:
            try:
                return await self._on_card_thread(look, absent=CardAbsent, silent=CardServiceUnavailable)
            except (CardAbsent, CardBusy, CardPulled):
                if asyncio.get_running_loop().time() >= until:
                    raise
            await asyncio.sleep(_BETWEEN_LOOKS.total_seconds())

    async def _ask_for_password(self, request: SignatureRequest, tries_left: int) -> SignPassword:
        try:
            async with asyncio.timeout(self._password_wait.total_seconds()):
                password = await self._prompt.ask_for_password(request, tries_left)
        except TimeoutError:
            raise PinNotGiven(detail="time ran out") from None
        if password is None:
            raise PinNotGiven(detail="declined")
        return password

    async def _on_card_thread(
        self, use: Callable[[], T], *, absent: type[CardReaderError], silent: type[CardReaderError]
    ) -> T:
        """Run one short use of the card in the thread that owns it.

        A use is never broken off: when the activity is cancelled, it ends first and powers the card down.

        Args:
            use: What to do.
            absent: What it means that there is no card.
            silent: What it means that the card or its service does not answer at all.
        """
        running = asyncio.get_running_loop().run_in_executor(self._card_thread, use)
        running.add_done_callback(_seen)
        try:
            await asyncio.wait([running], timeout=_LONGEST_USE.total_seconds())
        except asyncio.CancelledError:
            await asyncio.wait([running], timeout=_LONGEST_USE.total_seconds())
            raise
        if not running.done():
            raise silent(detail=f"no answer in {_LONGEST_USE.total_seconds():.0f} s")
        try:
            return running.result()
        except CardAbsent:
            raise absent from None


def _seen(use: asyncio.Future[T]) -> None:
    """Look at the outcome of a use whose caller was cancelled, which asyncio would report as forgotten."""
    if not use.cancelled():
        use.exception()
