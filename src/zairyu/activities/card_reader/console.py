"""The prompt of a terminal that is a console: rich for what is shown, a hidden line for the password."""

import asyncio
import atexit
import getpass
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from typing import Any, TypeVar
from unicodedata import category

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Column, Table

from zairyu.activities.card_reader.errors import CardReaderError, PinMalformed, PinNotGiven, WayOn, WrongPin
from zairyu.activities.card_reader.password import CardInfoPin, CardPin, SignPassword
from zairyu.activities.card_reader.prompt import NEVER_READ, WILL_BE_READ, Consent
from zairyu.models.card import CardReadRequest, SignatureRequest

T = TypeVar("T")
PinT = TypeVar("PinT", bound=CardPin)


class ConsolePrompt:
    """Speaks on the console of the process, in Japanese and English."""

    def __init__(
        self,
        console: Console | None = None,
        *,
        read_line: Callable[[str], str] | None = None,
        read_hidden: Callable[[str], str] | None = None,
    ) -> None:
        """Choose where to show and how to read.

        Args:
            console: Where to show; standard error by default, so that output can be piped.
            read_line: Reads one line; the terminal's own by default.
            read_hidden: Reads one line without showing it; the terminal's own by default.
        """
        self._console = console or Console(stderr=True)
        self._read_line = read_line or _line_from_terminal
        self._read_hidden = read_hidden or _hidden_line_from_terminal
        self._keyboard: _KeyboardThread | None = None
        self._interrupted: asyncio.Event | None = None

    def interrupt(self) -> bool:
        """Decline what is being asked now, as Ctrl-C does.

        Returns:
            Whether anything was being asked.
        """
        if self._interrupted is None:
            return False
        self._interrupted.set()
        return True

    # ----- what the desk asks -----------------------------------------------------------------------------------

    async def ask_for_card(self, requests: Sequence[SignatureRequest], notice: CardReaderError | None) -> None:
        """Show what is to be signed and ask for the card; Ctrl-C declines."""
        if notice is None:
            for request in requests:
                self._console.print(_described(request, "署名 / Signature"))
        await self._ask_for_card_of(requests[0].signer.name, notice)

    async def _ask_for_card_of(self, holder: str | None, notice: CardReaderError | None) -> None:
        if notice is not None:
            self._say(notice.sentence.ja, notice.sentence.en, style="yellow")
            self._say("直ると、そのまま続きます。", "This goes on by itself as soon as that is mended.")
        elif holder is not None:
            name = _plain(holder)
            self._say(
                f"[bold]{name}[/] さんのマイナンバーカードをカードリーダーに置いてください。Ctrl-Cで中止します。",
                f"Place the My Number card of [bold]{name}[/] on the reader. Ctrl-C declines.",
            )
        else:
            self._say(
                "登録する方のマイナンバーカードをカードリーダーに置いてください。Ctrl-Cで中止します。",
                "Place the My Number card of the person who registers on the reader. Ctrl-C declines.",
            )
        await self._unless_interrupted(asyncio.Event().wait())

    async def ask_for_consent(self, requests: Sequence[SignatureRequest], tries_left: int) -> Consent | None:
        """Ask for each package whether to sign it, then for the password; an empty line declines.

        Raises:
            PinNotGiven: There is no terminal on which a line can be typed unseen.
        """
        typed: list[SignPassword] = []
        return await self._unless_taken_back(self._ask_for_consent(requests, tries_left, typed), typed)

    async def _ask_for_consent(
        self, requests: Sequence[SignatureRequest], tries_left: int, passwords: list[SignPassword]
    ) -> Consent | None:
        # Before the password is spoken of: an earlier question may still read, and show, what is typed.
        await self._free_keyboard()
        confirmed = set()
        for number, request in enumerate(requests, start=1):
            self._console.print(_described(request, f"署名 / Signature {number}/{len(requests)}"))
            # Whoever signs one package only confirms it with the password.
            if len(requests) == 1 or await self._says_yes("この申請に署名しますか / Sign this one? [y/N]: "):
                confirmed.add(request.application_id)
        if not confirmed:
            return None
        self._say(
            f"署名用電子証明書の暗証番号（英数字6〜16文字）を入力してください。残り[bold]{tries_left}[/]回。"
            f"{len(confirmed)}件に署名します。空のままEnterで中止します。",
            f"Type the password for digital signature (6 to 16 letters and digits). [bold]{tries_left}[/] tries left. "
            f"It signs {len(confirmed)} of {len(requests)}. An empty line declines.",
        )
        password = await self._type(SignPassword, "暗証番号 / Password: ", passwords)
        return None if password is None else Consent(frozenset(confirmed), password)

    async def show_signing(self) -> None:
        """Ask to leave the card where it is."""
        self._say("署名しています。カードを動かさないでください。", "Signing. Leave the card where it is.")

    async def show_signed(self, requests: Sequence[SignatureRequest], holder: str) -> None:
        """Say what was signed and by whom."""
        numbers = _plain(", ".join(request.application_id for request in requests))
        holder = _plain(holder)
        self._say(
            f"✔ {holder} さんの署名ができました（{numbers}）。カードをお取りください。",
            f"✔ Signed by {holder} ({numbers}). Take your card.",
            style="green",
        )

    async def ask_for_card_to_read(self, request: CardReadRequest, notice: CardReaderError | None) -> None:
        """Show what for the card is to be read and ask for it; Ctrl-C declines."""
        if notice is None:
            self._console.print(_described_reading(request))
        await self._ask_for_card_of(None if request.holder is None else request.holder.name, notice)

    async def ask_for_pin(self, request: CardReadRequest, tries_left: int) -> CardInfoPin | None:
        """Say what will be read, and ask for the PIN; an empty line declines.

        Raises:
            PinNotGiven: There is no terminal on which a line can be typed unseen.
        """
        typed: list[CardInfoPin] = []
        return await self._unless_taken_back(self._ask_for_pin(request, tries_left, typed), typed)

    async def _ask_for_pin(
        self, request: CardReadRequest, tries_left: int, pins: list[CardInfoPin]
    ) -> CardInfoPin | None:
        # As for a password: an earlier question may still read, and show, what is typed.
        await self._free_keyboard()
        self._console.print(_described_reading(request))
        self._say(
            f"券面事項入力補助用の暗証番号（カードを受け取ったときに設定した数字4桁）を入力してください。残り[bold]{tries_left}[/]回。"
            "空のままEnterで中止します。",
            f"Type the PIN for filling in forms (4 digits, chosen when you received the card). "
            f"[bold]{tries_left}[/] tries left. An empty line declines.",
        )
        return await self._type(CardInfoPin, "暗証番号 / PIN: ", pins)

    async def show_reading(self) -> None:
        """Ask to leave the card where it is."""
        self._say("カードを読み取っています。カードを動かさないでください。", "Reading. Leave the card where it is.")

    async def show_read(self, request: CardReadRequest, holder: str) -> None:
        """Say whose card was read."""
        number, holder = _plain(request.registration_id), _plain(holder)
        self._say(
            f"✔ {holder} さんのカードを読み取りました（{number}）。カードをお取りください。",
            f"✔ The card of {holder} was read ({number}). Take your card.",
            style="green",
        )

    async def show_failure(self, error: CardReaderError) -> bool:
        """Say what went wrong, and ask whether to go on where there is a way."""
        self._say(error.sentence.ja, error.sentence.en, style="yellow")
        if isinstance(error, WrongPin):
            self._say(f"残り{error.tries_left}回", f"{error.tries_left} tries left", style="yellow")
        match error.way_on:
            case WayOn.STOP:
                return False
            case WayOn.AGAIN:
                question = "もう一度試しますか / Try again? [y/N]: "
            case WayOn.INSIST:
                question = "それでも続けますか / Go on all the same? [y/N]: "
        try:
            return bool(await self._unless_interrupted(self._says_yes(question)))
        except PinNotGiven:
            return False  # there is nobody to ask

    async def show_taken_back(self) -> None:
        """Say that nobody waits any more."""
        # Not in the line of the question that nobody answers now.
        self._console.print()
        self._say(
            "依頼は取り消されました。何も送信されません。カードをお取りください。",
            "The request was taken back. Nothing of it will be used. Take your card.",
            style="yellow",
        )

    # ----- what stands beside it --------------------------------------------------------------------------------

    def show_connection(self, lost: bool) -> None:
        """Say that the server cannot be reached, or can again."""
        if lost:
            self._say(
                "サーバーに接続できません。つながるまで自動的に繰り返します。",
                "The server cannot be reached. This goes on trying.",
                style="yellow",
            )
        else:
            self._say("サーバーに接続しました。", "The server is reached.")

    def show_readers(self, names: Sequence[str]) -> None:
        """Name the readers that are plugged in."""
        told = _plain(", ".join(names)) or "[yellow]なし / none[/]"
        self._console.print(f"カードリーダー / Card readers: {told}")

    # ----- the keyboard -----------------------------------------------------------------------------------------

    async def _unless_interrupted(self, asking: Coroutine[Any, Any, T]) -> T | None:
        self._interrupted = asyncio.Event()
        asked = asyncio.create_task(asking)
        interrupted = asyncio.create_task(self._interrupted.wait())
        try:
            await asyncio.wait([asked, interrupted], return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return asked.result()
            # What is said next does not go on in the line of the question.
            self._console.print()
            return None
        finally:
            self._interrupted = None
            for task in (asked, interrupted):
                task.cancel()
            await asyncio.wait([asked, interrupted])

    async def _unless_taken_back(self, asking: Coroutine[Any, Any, T], typed: Sequence[CardPin]) -> T | None:
        try:
            return await self._unless_interrupted(asking)
        except asyncio.CancelledError:
            # Taken back in the very moment in which it was typed.
            for pin in typed:
                pin.wipe()
            raise

    async def _type(self, kind: type[PinT], label: str, typed: list[PinT]) -> PinT | None:
        """What is typed unseen, once it has the right form; nothing for an empty line.

        Args:
            kind: What is to be typed.
            label: What stands before it.
            typed: Gets it too, for the caller to wipe.
        """
        while True:
            line = await self._line(self._read_hidden, label)
            if not line.strip():
                return None
            try:
                typed.append(kind(line))
            except PinMalformed as error:
                # The card has not seen it, so typing again costs nothing.
                self._say(error.sentence.ja, error.sentence.en, style="yellow")
            else:
                return typed[-1]

    async def _says_yes(self, question: str) -> bool:
        return (await self._line(self._read_line, question)).strip().lower() in ("y", "yes", "はい")

    async def _free_keyboard(self) -> None:
        if self._keyboard is not None and not self._keyboard.over.is_set():
            # A read cannot be taken back from the operating system; what it gets was meant for another request
            # and is thrown away.
            self._say("前の質問は終了しました。Enterを押してください。", "The earlier question is over. Press Enter.")
            await self._keyboard.over.wait()

    async def _line(self, read: Callable[[str], str], label: str) -> str:
        await self._free_keyboard()
        line: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._keyboard = _KeyboardThread(lambda: read(label), line)
        self._keyboard.start()
        try:
            return await line
        except EOFError:
            return ""

    def _say(self, japanese: str, english: str, style: str | None = None) -> None:
        self._console.print(f"{japanese}\n{english}", style=style)


def _plain(text: str) -> str:
    """What others wrote, without the means to repaint the console: neither markup nor control characters."""
    # Names on cards have full-width spaces, which Python does not call printable.
    shown = (c if c.isprintable() or category(c) == "Zs" else "\ufffd" for c in text)
    return escape("".join(shown))


def _grid() -> Table:
    # Japanese has no spaces to break a line at, and nothing that a person consents to may be cut off.
    return Table.grid(Column(), Column(overflow="fold"), padding=(0, 2))


def _described(request: SignatureRequest, heading: str) -> Panel:
    table = _grid()
    table.add_row("申請 / Application", f"{request.title.ja}\n{request.title.en}")
    if request.applicant is not None:
        table.add_row("申請人 / Applicant", _plain(request.applicant))
    table.add_row("署名者 / Signer", _plain(request.signer.name))
    table.add_row("番号 / Id", _plain(request.application_id))
    table.add_row("ファイル / Files", str(request.file_count))
    table.add_row("提出日 / Filing day", request.filing_day.isoformat())
    table.add_row("SHA-256", request.digest)
    return Panel(table, title=heading, expand=False)


def _described_reading(request: CardReadRequest) -> Panel:
    table = _grid()
    table.add_row("手続 / What for", f"{request.title.ja}\n{request.title.en}")
    if request.holder is not None:
        table.add_row("登録する方 / Who registers", _plain(request.holder.name))
    table.add_row("番号 / Id", _plain(request.registration_id))
    table.add_row("読み取るもの / To be read", f"{WILL_BE_READ.ja}\n{WILL_BE_READ.en}")
    table.add_row("", f"[bold]{NEVER_READ.ja}[/]\n[bold]{NEVER_READ.en}[/]")
    return Panel(table, title="カードの読み取り / Reading a card", expand=False)


class _KeyboardThread(threading.Thread):
    """Reads one line; a daemon, so that it does not keep the process alive when nobody presses Enter."""

    def __init__(self, read: Callable[[], str], line: asyncio.Future[str]) -> None:
        super().__init__(name="keyboard", daemon=True)
        self._read = read
        self._line = line
        self.over = asyncio.Event()
        """Set on the loop when the keyboard is free again."""

    def run(self) -> None:
        """Read, and hand the line over if somebody still waits for it."""
        try:
            self._deliver(self._line.set_result, self._read())
        except Exception as error:
            self._deliver(self._line.set_exception, error)

    def _deliver(self, set_outcome: Callable[[T], None], outcome: T) -> None:
        def on_loop() -> None:
            self.over.set()
            if not self._line.done():
                set_outcome(outcome)

        loop = self._line.get_loop()
        # The loop may be gone by the time somebody presses Enter.
        if not loop.is_closed():
            loop.call_soon_threadsafe(on_loop)


def _line_from_terminal(label: str) -> str:
    _require_terminal()
    # Not by `input`, whose label goes to standard output.
    sys.stderr.write(label)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _hidden_line_from_terminal(label: str) -> str:
    _require_terminal()
    _show_typing_again_at_exit()
    return getpass.getpass(label)


def _require_terminal() -> None:
    if not sys.stdin.isatty():
        # getpass would go on and show what is typed.
        raise PinNotGiven(detail="no terminal to type on")


@cache
def _show_typing_again_at_exit() -> None:
    """Leave the terminal as it was: a thread that ends with the process does not clean up behind `getpass`."""
    if sys.platform != "win32":
        import termios

        keyboard = sys.stdin.fileno()
        atexit.register(termios.tcsetattr, keyboard, termios.TCSANOW, termios.tcgetattr(keyboard))
