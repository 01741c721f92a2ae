"""A desk where one person at a time signs what waits for their card. It knows no Temporal.

What waits for one signer is signed in one session: shown and confirmed one by one, with one password, in one use of
the card. Whoever waits for another signer comes after.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardPulled,
    CardReaderError,
    CardServiceUnavailable,
    LastTryRefused,
    PinNotGiven,
    PinOutcomeUnknown,
    SignatureDeclined,
    TerminalFault,
    TerminalStopped,
    WayOn,
)
from zairyu.activities.card_reader.jpki import MY_NUMBER_CARDS
from zairyu.activities.card_reader.prompt import Consent, DeskPrompt
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.signing import CardFound, SignedOnCard, look_for_card, sign_with_card
from zairyu.models.card import ExpectedSigner, SignatureRequest

T = TypeVar("T")

_BETWEEN_LOOKS: Final = timedelta(milliseconds=250)
_LONGEST_USE: Final = timedelta(seconds=60)
"""A contactless card may take 20 seconds for one RSA signature; a card that takes longer than this is lost."""


@dataclass(frozen=True)
class Signature:
    """What the desk brings back."""

    signature: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    """DER. Personal data."""
    signed_at: datetime


@dataclass(eq=False)
class _Waiting:
    """A request, and whoever waits for its signature."""

    request: SignatureRequest
    made: asyncio.Future[Signature]
    shown: bool = False
    """Whether the person has seen it: only then what they decide holds for it."""
    on_card: bool = False
    """Whether the card is signing it: from then on it is not given up."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """One person, one card, one prompt at a time.

    The password goes from the prompt to the card and nowhere else: not into a log, an error or a file.
    """

    def __init__(
        self,
        readers: CardReaders,
        prompt: DeskPrompt,
        roots: TrustedRoots,
        *,
        card_wait: timedelta = timedelta(minutes=5),
        answer_wait: timedelta = timedelta(minutes=5),
        gather: timedelta = timedelta(seconds=1),
        tokens: frozenset[str] = MY_NUMBER_CARDS,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Set up the desk.

        Args:
            readers: The readers of this computer.
            prompt: Speaks with the person.
            roots: The only authorities whose certificates may sign.
            card_wait: How long to wait for a card. With `answer_wait` it stays below the step's own time.
            answer_wait: How long a person may take to read and to type.
            gather: How long the desk waits for more of the same signer's packages before it asks for the password.
            tokens: The names of tokens that may sign.
            clock: The present moment.
        """
        self._readers = readers
        self._prompt = prompt
        self._roots = roots
        self._card_wait = card_wait
        self._answer_wait = answer_wait
        self._gather = gather
        self._tokens = tokens
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._closed = False
        self._serving: asyncio.Task[None] | None = None
        self._session: asyncio.Task[None] | None = None
        self._signer: ExpectedSigner | None = None
        """Who sits at the desk now."""
        self._notice: CardReaderError | None = None
        """Why no card can be read yet, where they can mend it."""
        self._changed = asyncio.Event()
        """A package of theirs has come or gone, or the notice is another one."""
        self._last_came = 0.0
        # One owner thread per card: sequences of commands from several threads interleave on one connection.
        self._card_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="card")

    async def sign(self, request: SignatureRequest) -> Signature:
        """Wait for the signer and their card, and have the package signed.

        Cancelled, it is taken off the desk. A card that signs it already ends that first, and is powered down.

        Raises:
            CardReaderError: It was not signed. The person at the desk has been told, and does not want to go on.
        """
        if self._closed:
            raise TerminalStopped
        loop = asyncio.get_running_loop()
        # Whoever asks again for the same application has given up the first asking, perhaps without our knowledge.
        superseded = [other for other in self._waiting if other.request.application_id == request.application_id]
        self._give_up(superseded, SignatureDeclined(detail="asked again"))
        waiting = _Waiting(request, loop.create_future())
        self._waiting.append(waiting)
        self._tell_session(request)
        if superseded:
            # The application may have another signer now.
            self._leave_if_nothing_waits()
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        try:
            return await waiting.made
        finally:
            self._waiting.remove(waiting)
            self._tell_session(request)
            if waiting.made.cancelled():
                self._leave_if_nothing_waits()

    async def aclose(self) -> None:
        """Send away whoever has not typed the password yet, let a card that is signing finish, and end."""
        self._closed = True
        self._give_up([waiting for waiting in self._waiting if not waiting.on_card], TerminalStopped())
        self._leave_if_nothing_waits()
        if self._serving is not None:
            await asyncio.wait([self._serving])
        self._card_thread.shutdown(wait=False, cancel_futures=True)

    # ----- one signer after the other ---------------------------------------------------------------------------

    async def _serve(self) -> None:
        try:
            while waiting := [each for each in self._waiting if not each.made.done()]:
                self._signer = waiting[0].request.signer
                self._last_came = asyncio.get_running_loop().time()
                self._session = asyncio.create_task(self._hold_session(self._signer))
                await asyncio.wait([self._session])
                if self._session.cancelled():
                    await self._prompt.show_taken_back()
        finally:
            self._serving = self._session = self._signer = None

    def _tell_session(self, request: SignatureRequest) -> None:
        if request.signer == self._signer:
            self._last_came = asyncio.get_running_loop().time()
            self._changed.set()

    def _leave_if_nothing_waits(self) -> None:
        if self._session is None or self._signer is None or self._waiting_for(self._signer):
            return
        # Once: a second time would not let the card finish.
        if not self._session.cancelling():
            self._session.cancel()

    async def _hold_session(self, signer: ExpectedSigner) -> None:
        insisted: frozenset[type[CardReaderError]] = frozenset()
        try:
            while True:
                try:
                    return await self._sign_all(signer, insisted)
                except CardReaderError as error:
                    if not await self._goes_on_after(error):
                        raise
                    # What was insisted on before another error may have been said of another card.
                    insisted = insisted | {type(error)} if error.way_on is WayOn.INSIST else frozenset()
        except Exception as error:
            self._give_up([waiting for waiting in self._waiting_for(signer) if waiting.shown], error)
            if not isinstance(error, CardReaderError):
                # A fault of ours: the application hears of it as it is, and the person is not left standing there.
                await self._prompt.show_failure(TerminalFault())

    async def _sign_all(self, signer: ExpectedSigner, insisted: frozenset[type[CardReaderError]]) -> None:
        """From the card on the reader to the last signature.

        Raises:
            CardReaderError: Something is not signed; what is signed is not lost.
        """
        found = await self._wait_for_card(signer, insisted)
        await self._gather_more()
        shown = self._shown_to(signer)
        consent = await self._ask_for_consent(_requests(shown), found)
        with consent.password:
            here = [waiting for waiting in shown if not waiting.made.done()]
            chosen = [waiting for waiting in here if waiting.request.application_id in consent.confirmed]
            self._give_up([waiting for waiting in here if waiting not in chosen], SignatureDeclined())
            if not chosen:
                await self._prompt.show_taken_back()
                return
            await self._prompt.show_signing()
            for waiting in chosen:
                waiting.on_card = True
            try:
                signed = await self._on_card_thread(
                    partial(
                        sign_with_card,
                        self._readers,
                        found.reader,
                        _requests(chosen),
                        consent.password,
                        roots=self._roots,
                        now=self._clock(),
                        allow_last_try=LastTryRefused in insisted,
                        tokens=self._tokens,
                    ),
                    absent=CardPulled,
                    silent=PinOutcomeUnknown,
                    longest=_LONGEST_USE * len(chosen),
                )
            finally:
                for waiting in chosen:
                    waiting.on_card = False
        await self._hand_out(chosen, signed)

    async def _hand_out(self, chosen: Sequence[_Waiting], signed: SignedOnCard) -> None:
        failures, done = [], []
        for waiting, outcome in zip(chosen, signed.outcomes, strict=True):
            if waiting.made.done():
                continue  # taken back meanwhile: its signature is thrown away
            if isinstance(outcome, CardReaderError):
                failures.append(outcome)
                continue
            done.append(waiting)
            waiting.made.set_result(Signature(outcome.signature, signed.certificate.der, self._clock()))
        if done:
            await self._prompt.show_signed(_requests(done), signed.certificate.name)
        elif not failures:
            await self._prompt.show_taken_back()
        if failures:
            raise failures[0]

    def _waiting_for(self, signer: ExpectedSigner) -> list[_Waiting]:
        return [each for each in self._waiting if each.request.signer == signer and not each.made.done()]

    def _shown_to(self, signer: ExpectedSigner) -> list[_Waiting]:
        """What waits for them, which is shown to them now."""
        those = self._waiting_for(signer)
        for waiting in those:
            waiting.shown = True
        return those

    def _give_up(self, those: Sequence[_Waiting], error: Exception) -> None:
        for waiting in those:
            if not waiting.made.done():
                waiting.made.set_exception(error)

    # ----- the person -------------------------------------------------------------------------------------------

    async def _wait_for_card(self, signer: ExpectedSigner, insisted: frozenset[type[CardReaderError]]) -> CardFound:
        """Ask for the card until it is there. More packages may come meanwhile, and some may go."""
        self._notice = None
        looking = asyncio.create_task(self._look_until_found(signer, insisted))
        try:
            while True:
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                requests = _requests(self._shown_to(signer))
                asking = asyncio.create_task(self._prompt.ask_for_card(requests, self._notice))
                try:
                    await asyncio.wait([looking, changed, asking], return_when=asyncio.FIRST_COMPLETED)
                    declined = asking.done()
                finally:
                    await _ended(changed, asking)
                if declined:
                    asking.result()
                    raise SignatureDeclined
                if looking.done():
                    return looking.result()
        finally:
            await _ended(looking)

    async def _look_until_found(self, signer: ExpectedSigner, insisted: frozenset[type[CardReaderError]]) -> CardFound:
        """Look again and again until a card can sign. What the person can mend meanwhile is shown to them."""
        until = asyncio.get_running_loop().time() + self._card_wait.total_seconds()
        while True:
            try:
                return await self._on_card_thread(
                    partial(
                        look_for_card,
                        self._readers,
                        filing_day=max(each.request.filing_day for each in self._waiting_for(signer)),
                        now=self._clock(),
                        insisted=insisted,
                        tokens=self._tokens,
                    ),
                    absent=CardAbsent,
                    silent=CardServiceUnavailable,
                )
            except CardReaderError as error:
                if error.way_on is not WayOn.AGAIN or asyncio.get_running_loop().time() >= until:
                    raise
                self._show_notice(error)
            await asyncio.sleep(_BETWEEN_LOOKS.total_seconds())

    def _show_notice(self, error: CardReaderError) -> None:
        # A card that is not there, or bounces while it is being placed, is what the person is asked for.
        notice = None if isinstance(error, (CardAbsent, CardPulled)) else error
        if type(notice) is not type(self._notice):
            self._notice = notice
            self._changed.set()

    async def _gather_more(self) -> None:
        """Wait until nothing more of this signer's has come for a while."""
        time = asyncio.get_running_loop().time
        while (left := self._last_came + self._gather.total_seconds() - time()) > 0:  # noqa: ASYNC110 - it may grow
            await asyncio.sleep(left)

    async def _ask_for_consent(self, requests: Sequence[SignatureRequest], found: CardFound) -> Consent:
        try:
            async with asyncio.timeout(self._answer_wait.total_seconds()):
                consent = await self._prompt.ask_for_consent(requests, found.tries_left)
        except TimeoutError:
            raise PinNotGiven(detail="time ran out") from None
        if consent is None:
            raise SignatureDeclined
        return consent

    async def _goes_on_after(self, error: CardReaderError) -> bool:
        if self._closed:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._answer_wait.total_seconds()):
                return await self._prompt.show_failure(error) and error.way_on is not WayOn.STOP
        return False

    # ----- the card ---------------------------------------------------------------------------------------------

    async def _on_card_thread(
        self,
        use: Callable[[], T],
        *,
        absent: type[CardReaderError],
        silent: type[CardReaderError],
        longest: timedelta = _LONGEST_USE,
    ) -> T:
        """Run one short use of the card in the thread that owns it.

        A use is never broken off: when the session is cancelled, it ends first and powers the card down.

        Args:
            use: What to do.
            absent: What it means that there is no card.
            silent: What it means that the card or its service does not answer at all.
            longest: How long it may take.
        """
        running = asyncio.get_running_loop().run_in_executor(self._card_thread, use)
        running.add_done_callback(_seen)
        try:
            await asyncio.wait([running], timeout=longest.total_seconds())
        except asyncio.CancelledError:
            await asyncio.wait([running], timeout=longest.total_seconds())
            raise
        if not running.done():
            raise silent(detail=f"no answer in {longest.total_seconds():.0f} s")
        try:
            return running.result()
        except CardAbsent:
            raise absent from None


def _requests(those: Sequence[_Waiting]) -> list[SignatureRequest]:
    return [waiting.request for waiting in those]


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel what still runs, and wait until it has ended."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _seen(use: asyncio.Future[T]) -> None:
    """Look at the outcome of a use whose caller was cancelled, which asyncio would report as forgotten."""
    if not use.cancelled():
        use.exception()
