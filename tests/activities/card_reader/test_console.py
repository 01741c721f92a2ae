import asyncio
import io
import sys
import threading

import pytest
from rich.console import Console

from zairyu.activities.card_reader.console import ConsolePinPrompt
from zairyu.activities.card_reader.errors import PinNotGiven
from zairyu.models.card import SignatureRequest


class Screen:
    def __init__(self) -> None:
        self._text = io.StringIO()
        self.console = Console(file=self._text, width=120)

    @property
    def text(self) -> str:
        return self._text.getvalue()


async def test_person_sees_what_they_sign_in_both_languages(signature_request: SignatureRequest) -> None:
    screen = Screen()
    prompt = ConsolePinPrompt(screen.console, lambda _: "LINH2026SIGN")
    await prompt.ask_for_card(signature_request)
    password = await prompt.ask_for_password(signature_request, 4)
    assert password is not None
    assert password.take() == b"LINH2026SIGN"
    for shown in (
        signature_request.title.ja,
        signature_request.title.en,
        signature_request.application_id,
        signature_request.digest,
        "残り4回",
        "4 tries left",
    ):
        assert shown in screen.text
    assert "LINH2026SIGN" not in screen.text


async def test_typing_error_is_asked_again_at_no_cost(signature_request: SignatureRequest) -> None:
    screen = Screen()
    lines = iter(["1234", "linh2026sign"])
    password = await ConsolePinPrompt(screen.console, lambda _: next(lines)).ask_for_password(signature_request, 5)
    assert password is not None
    assert password.take() == b"LINH2026SIGN"
    assert "No try was used" in screen.text


@pytest.mark.parametrize("end", ["", EOFError()], ids=["empty line", "end of input"])
async def test_empty_line_declines(signature_request: SignatureRequest, end: str | Exception) -> None:
    def read(_: str) -> str:
        if isinstance(end, Exception):
            raise end
        return end

    assert await ConsolePinPrompt(Screen().console, read).ask_for_password(signature_request, 5) is None


async def test_line_meant_for_a_request_that_is_over_is_thrown_away(signature_request: SignatureRequest) -> None:
    screen = Screen()
    pressed_enter = threading.Event()
    lines = iter(["MEANTFOROLD1", "LINH2026SIGN"])

    def read(_: str) -> str:
        assert pressed_enter.wait(10)
        return next(lines)

    prompt = ConsolePinPrompt(screen.console, read)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(prompt.ask_for_password(signature_request, 5), 0.05)
    second = asyncio.create_task(prompt.ask_for_password(signature_request, 5))
    await asyncio.sleep(0.05)
    assert "Press Enter" in screen.text
    pressed_enter.set()
    password = await second
    assert password is not None
    assert password.take() == b"LINH2026SIGN"


async def test_password_is_not_read_where_it_would_show(
    signature_request: SignatureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("LINH2026SIGN\n"))
    with pytest.raises(PinNotGiven):
        await ConsolePinPrompt(Screen().console).ask_for_password(signature_request, 5)
