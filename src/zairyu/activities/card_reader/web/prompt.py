"""The prompt of a terminal that is a page: it keeps what is shown, and hands answers to the desk. It knows no HTTP."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, TypeVar

from zairyu.activities.card_reader.errors import CardReaderError, WayOn
from zairyu.activities.card_reader.password import CardInfoPin, CardPin
from zairyu.activities.card_reader.prompt import Consent
from zairyu.activities.card_reader.web.views import (
    Answer,
    AtRest,
    CardToReadWanted,
    CardWanted,
    ConsentWanted,
    Ended,
    Failed,
    Failure,
    Form,
    Moment,
    PinWanted,
    Question,
    Read,
    Reading,
    Result,
    Signed,
    Signing,
    TakenBack,
    Told,
    View,
)
from zairyu.models.card import CardReadRequest, SignatureRequest

T = TypeVar("T")

_MOMENT: Final = timedelta(seconds=5)
"""The desk goes on within a second; a desk that has nothing more to say is at rest."""
_READ: Final = timedelta(minutes=2)
"""What was told bears a name: it does not stay for whoever comes next."""


@dataclass(frozen=True)
class Shown:
    """Everything a browser sees."""

    terminal_id: str
    view: View
    token: str
    """Stands for the view; a form says which one it answers."""
    version: str = "0"
    """Another one after each change, also of what stands beside the view."""
    results: tuple[Result, ...] = ()
    """What was told and may not have been read yet."""
    connection_lost: bool = False
    readers: tuple[str, ...] | None = None
    """Nothing until somebody has looked."""


class WebPrompt:
    """Speaks on a page, in Japanese and English. All browsers that look at it see the same.

    It is a `DeskPrompt`. Its methods are called on the event loop that serves the page.
    """

    def __init__(self, terminal_id: str) -> None:
        """Start at rest.

        Args:
            terminal_id: The name that the page shows.
        """
        self._shown = Shown(terminal_id, AtRest(), _new_token())
        self._changes = 0
        self._changed = asyncio.Event()
        self._open: asyncio.Future[Any] | None = None
        """Waits for the answer to the question that is shown."""
        self._back_to_rest: asyncio.TimerHandle | None = None
        self._forgetting: asyncio.TimerHandle | None = None

    # ----- what the desk asks -----------------------------------------------------------------------------------

    async def ask_for_card(self, requests: Sequence[SignatureRequest], notice: CardReaderError | None) -> None:
        """Show what is to be signed and ask for the card, until somebody declines."""
        await self._ask(CardWanted(tuple(requests), notice))

    async def ask_for_consent(self, requests: Sequence[SignatureRequest], tries_left: int) -> Consent | None:
        """Ask for a box to be ticked for each request, and for the password."""
        self._forget_results()
        return await self._ask(ConsentWanted(tuple(requests), tries_left))

    async def show_signing(self) -> None:
        """Ask to leave the card where it is."""
        self._show(Signing())

    async def show_signed(self, requests: Sequence[SignatureRequest], holder: str) -> None:
        """Say what was signed and by whom."""
        self._tell(Signed(tuple(requests), holder))

    async def ask_for_card_to_read(self, request: CardReadRequest, notice: CardReaderError | None) -> None:
        """Show what for the card is to be read and ask for it, until somebody declines."""
        await self._ask(CardToReadWanted(request, notice))

    async def ask_for_pin(self, request: CardReadRequest, tries_left: int) -> CardInfoPin | None:
        """Say what will be read, and ask for the PIN."""
        self._forget_results()
        return await self._ask(PinWanted(request, tries_left))

    async def show_reading(self) -> None:
        """Ask to leave the card where it is."""
        self._show(Reading())

    async def show_read(self, request: CardReadRequest, holder: str) -> None:
        """Say whose card was read."""
        self._tell(Read(request, holder))

    async def show_failure(self, error: CardReaderError) -> bool:
        """Say what went wrong, and ask whether to go on where there is a way."""
        if error.way_on is WayOn.STOP:
            self._tell(Failure(error))
            return False
        try:
            return await self._ask(Failed(error))
        except asyncio.CancelledError:
            # Nobody asks any more, but what went wrong can still be read.
            self._tell(Failure(error))
            raise

    async def show_taken_back(self) -> None:
        """Say that nobody waits any more."""
        self._tell(TakenBack())

    # ----- what stands beside it --------------------------------------------------------------------------------

    def show_connection(self, lost: bool) -> None:
        """Say whether the server cannot be reached; what a person types meanwhile stays."""
        self._change(connection_lost=lost)

    def show_readers(self, names: Sequence[str]) -> None:
        """Show the names of the readers that are plugged in."""
        self._change(readers=tuple(names))

    # ----- what browsers see and send ---------------------------------------------------------------------------

    @property
    def shown(self) -> Shown:
        """What a browser sees now."""
        return self._shown

    async def changed_since(self, version: str) -> None:
        """Wait until another version is shown than this one."""
        while self._shown.version == version:
            await self._changed.wait()

    def take(self, form: Form) -> None:
        """Take what a person sent. What was meant for a view that is over changes nothing."""
        shown = self._shown
        if form.one("view") != shown.token:
            return
        if isinstance(shown.view, Told) and form.one("do") == "seen":
            self._show(AtRest(), results=())
        # A question that the desk is just taking back is not read any more.
        elif isinstance(shown.view, Question) and self._open is not None and not self._open.done():
            understood = shown.view.read(form)
            if isinstance(understood, Answer):
                self._close(self._open, understood.value)
            elif understood != shown.view:
                # The same token: other browsers keep what is typed there.
                self._change(view=understood)

    def end(self) -> None:
        """Say that the terminal's program has ended."""
        self._show(Ended())

    # ----- how it changes ---------------------------------------------------------------------------------------

    async def _ask(self, question: Question[T]) -> T:
        answered: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._open = answered
        self._show(question)
        try:
            return await answered
        except asyncio.CancelledError:
            if answered.cancelled():
                self._show(Moment())
            else:
                # The answer came in the same moment, too late for the desk.
                _wipe(answered.result())
            raise
        finally:
            if self._open is answered:
                self._open = None

    def _close(self, answered: asyncio.Future[T], answer: T) -> None:
        """Only one answer counts: the view is over before anybody else can send one."""
        self._open = None
        # Whoever does not want to go on after a failure is done here; otherwise the desk has more to say.
        self._show(AtRest() if answer is False else Moment(), results=())
        answered.set_result(answer)

    def _tell(self, result: Result) -> None:
        self._show(Told(), results=(*self._shown.results, result))
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._forgetting = asyncio.get_running_loop().call_later(_READ.total_seconds(), self._forget)

    def _show(self, view: View, **beside: Any) -> None:
        if self._back_to_rest is not None:
            self._back_to_rest.cancel()
            self._back_to_rest = None
        self._change(view=view, token=_new_token(), **beside)
        if isinstance(view, Moment):
            loop = asyncio.get_running_loop()
            self._back_to_rest = loop.call_later(_MOMENT.total_seconds(), self._rest)

    def _rest(self) -> None:
        self._show(Told() if self._shown.results else AtRest())

    def _forget_results(self) -> None:
        # Who has placed a card since has read what was told before, or is somebody else.
        self._change(results=())

    def _forget(self) -> None:
        if isinstance(self._shown.view, Told):
            self._show(AtRest(), results=())
        else:
            # What is asked of the next person goes on.
            self._change(results=())

    def _change(self, **parts: Any) -> None:
        changed = replace(self._shown, **parts)
        if changed == self._shown:
            return
        self._changes += 1
        self._shown = replace(changed, version=str(self._changes))
        self._changed.set()
        self._changed = asyncio.Event()


def _wipe(answer: object) -> None:
    match answer:
        case Consent(password=password):
            password.wipe()
        case CardPin():
            answer.wipe()


def _new_token() -> str:
    return secrets.token_urlsafe(16)
