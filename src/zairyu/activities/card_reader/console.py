"""The prompt of a terminal that is a console: rich for what is shown, a hidden line for the password."""

import asyncio
import atexit
import getpass
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from zairyu.activities.card_reader.errors import PinMalformed, PinNotGiven
from zairyu.activities.card_reader.password import SignPassword
from zairyu.models.card import SignatureRequest

T = TypeVar("T")


class ConsolePinPrompt:
    """Asks on the console of the process, in Japanese and English."""

    def __init__(self, console: Console | None = None, read_hidden: Callable[[str], str] | None = None) -> None:
        """Choose where to show and how to read.

        Args:
            console: Where to show; standard error by default, so that output can be piped.
            read_hidden: Reads one line without showing it; the terminal's own by default.
        """
        self._console = console or Console(stderr=True)
        self._read_hidden = read_hidden or _read_from_terminal
        self._keyboard: _KeyboardThread | None = None

    async def ask_for_card(self, request: SignatureRequest) -> None:
        """Show what is to be signed and ask for the card."""
        self._console.print(_described(request, "署名 / Signature"))
        self._console.print("マイナンバーカードをカードリーダーに置いてください。")
        self._console.print("Place your My Number card on the reader.")

    async def ask_for_password(self, request: SignatureRequest, tries_left: int) -> SignPassword | None:
        """Ask until something well-formed is typed; an empty line declines.

        Raises:
            PinNotGiven: There is no terminal on which a line can be typed unseen.
        """
        self._console.print(_described(request, "暗証番号 / Password"))
        self._console.print(
            f"署名用電子証明書の暗証番号（英数字6〜16文字）。残り[bold]{tries_left}[/]回。空のままEnterで中止します。"
        )
        self._console.print(
            f"Password for digital signature (6 to 16 letters and digits). [bold]{tries_left}[/] tries left. "
            "An empty line declines."
        )
        while True:
            typed = await self._hidden_line("暗証番号 / Password: ")
            if not typed.strip():
                return None
            try:
                return SignPassword(typed)
            except PinMalformed as error:
                # The card has not seen it, so typing again costs nothing.
                self._console.print(f"{error.sentence.ja}\n{error.sentence.en}", style="yellow")

    async def _hidden_line(self, label: str) -> str:
        if self._keyboard is not None and not self._keyboard.over.is_set():
            # A read cannot be taken back from the operating system; what it gets was meant for another request
            # and is thrown away.
            self._console.print("前の署名は終了しました。Enterを押してください。", style="yellow")
            self._console.print("The earlier request is over. Press Enter.", style="yellow")
            await self._keyboard.over.wait()
        line: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._keyboard = _KeyboardThread(lambda: self._read_hidden(label), line)
        self._keyboard.start()
        try:
            return await line
        except EOFError:
            return ""


def _described(request: SignatureRequest, heading: str) -> Panel:
    table = Table.grid(padding=(0, 2))
    table.add_row("申請 / Application", f"{request.title.ja}\n{request.title.en}")
    table.add_row("番号 / Id", request.application_id)
    table.add_row("ファイル / Files", str(request.file_count))
    table.add_row("提出日 / Filing day", request.filing_day.isoformat())
    table.add_row("SHA-256", request.digest)
    return Panel(table, title=heading, expand=False)


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


def _read_from_terminal(label: str) -> str:
    if not sys.stdin.isatty():
        # getpass would go on and show what is typed.
        raise PinNotGiven(detail="no terminal to type on")
    _show_typing_again_at_exit()
    return getpass.getpass(label)


@cache
def _show_typing_again_at_exit() -> None:
    """Leave the terminal as it was: a thread that ends with the process does not clean up behind `getpass`."""
    if sys.platform != "win32":
        import termios

        keyboard = sys.stdin.fileno()
        atexit.register(termios.tcsetattr, keyboard, termios.TCSANOW, termios.tcgetattr(keyboard))
