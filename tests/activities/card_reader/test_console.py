import asyncio
import io
import sys
import threading
from collections.abc import Iterable

import pytest
from rich.console import Console

from zairyu.activities.card_reader.console import ConsolePrompt
from zairyu.activities.card_reader.errors import (
    CardReaderError,
    LastTryRefused,
    NoReader,
    PinBlocked,
    PinNotGiven,
    WrongPin,
    WrongUserPin,
)
from zairyu.activities.card_reader.password import CardInfoPin, SignPassword
from zairyu.models.card import CardReadRequest, ExpectedSigner, SignatureRequest


class Screen:
    """A console in memory, and the lines that somebody types at it."""

    def __init__(self, *, lines: Iterable[str] = (), hidden: Iterable[str] = (), width: int = 120) -> None:
        self._text = io.StringIO()
        self._lines, self._hidden = iter(lines), iter(hidden)
        self.console = Console(file=self._text, width=width)
        self.prompt = ConsolePrompt(
            self.console, read_line=lambda _: next(self._lines), read_hidden=lambda _: next(self._hidden)
        )

    @property
    def text(self) -> str:
        return self._text.getvalue()


def another(request: SignatureRequest, application_id: str) -> SignatureRequest:
    return request.model_copy(update={"application_id": application_id})


async def test_person_sees_what_they_sign_in_both_languages(signature_request: SignatureRequest) -> None:
    screen = Screen(hidden=["LINH2026SIGN"])
    request = signature_request.model_copy(update={"applicant": "TRAN MAI"})
    consent = await screen.prompt.ask_for_consent([request], 4)
    assert consent is not None
    assert consent.password.take() == b"LINH2026SIGN"
    assert consent.confirmed == {request.application_id}
    for shown in (
        request.title.ja,
        request.title.en,
        "TRAN MAI",
        "Tran Thi Linh",
        request.application_id,
        request.digest,
        "残り4回",
        "4 tries left",
    ):
        assert shown in screen.text
    assert "LINH2026SIGN" not in screen.text


async def test_each_of_several_is_confirmed_by_itself(signature_request: SignatureRequest) -> None:
    screen = Screen(lines=["y", "n", "はい"], hidden=["LINH2026SIGN"])
    requests = [another(signature_request, name) for name in ("child-1", "child-2", "child-3")]
    consent = await screen.prompt.ask_for_consent(requests, 5)
    assert consent is not None
    assert consent.confirmed == {"child-1", "child-3"}
    assert "It signs 2 of 3" in screen.text


async def test_nothing_confirmed_asks_for_no_password(signature_request: SignatureRequest) -> None:
    screen = Screen(lines=["", "n"])
    requests = [another(signature_request, name) for name in ("child-1", "child-2")]
    assert await screen.prompt.ask_for_consent(requests, 5) is None


async def test_typing_error_is_asked_again_at_no_cost(signature_request: SignatureRequest) -> None:
    screen = Screen(hidden=["1234", "linh2026sign"])
    consent = await screen.prompt.ask_for_consent([signature_request], 5)
    assert consent is not None
    assert consent.password.take() == b"LINH2026SIGN"
    assert "No try was used" in screen.text


@pytest.mark.parametrize("end", ["", EOFError()], ids=["empty line", "end of input"])
async def test_empty_line_declines(signature_request: SignatureRequest, end: str | Exception) -> None:
    def read(_: str) -> str:
        if isinstance(end, Exception):
            raise end
        return end

    prompt = ConsolePrompt(Screen().console, read_hidden=read)
    assert await prompt.ask_for_consent([signature_request], 5) is None


async def test_ctrl_c_declines_what_is_asked_and_nothing_else(signature_request: SignatureRequest) -> None:
    screen = Screen()
    assert not screen.prompt.interrupt()
    asking = asyncio.create_task(screen.prompt.ask_for_card([signature_request], None))
    await asyncio.sleep(0)
    assert not asking.done()
    assert screen.prompt.interrupt()
    await asyncio.wait_for(asking, 5)
    assert not screen.prompt.interrupt()


async def test_hindrance_is_told_with_what_to_do_and_no_key_to_press(signature_request: SignatureRequest) -> None:
    screen = Screen()
    asking = asyncio.create_task(screen.prompt.ask_for_card([signature_request], NoReader()))
    await asyncio.sleep(0)
    asking.cancel()
    assert "Plug in the card reader" in screen.text
    assert "goes on by itself" in screen.text


@pytest.mark.parametrize(
    ("error", "typed", "goes_on"),
    [
        (WrongPin(3), "y", True),
        (WrongPin(3), "", False),
        (LastTryRefused(), "yes", True),
        (LastTryRefused(), "n", False),
        (PinBlocked(), "never read", False),
    ],
    ids=str,
)
async def test_error_says_what_to_do_and_asks_only_where_there_is_a_way(
    error: CardReaderError, typed: str, goes_on: bool
) -> None:
    screen = Screen(lines=[typed])
    assert await screen.prompt.show_failure(error) is goes_on
    assert error.sentence.ja[:20] in screen.text
    assert error.sentence.en[:20] in screen.text


async def test_name_that_looks_like_markup_is_shown_as_it_is(signature_request: SignatureRequest) -> None:
    screen = Screen(hidden=[""])
    request = signature_request.model_copy(
        update={"signer": ExpectedSigner(name="[bold]X[/]", birth_date="1996"), "applicant": "[/]"}
    )
    await screen.prompt.ask_for_consent([request], 5)
    assert "[bold]X[/]" in screen.text


async def test_name_cannot_repaint_the_console(signature_request: SignatureRequest) -> None:
    screen = Screen(hidden=[""])
    request = signature_request.model_copy(update={"applicant": "\x1b[2J\x1b[8mNOBODY"})
    await screen.prompt.ask_for_consent([request], 5)
    assert "NOBODY" in screen.text
    assert "\x1b" not in screen.text


async def test_full_width_space_of_a_name_is_shown(signature_request: SignatureRequest) -> None:
    screen = Screen(hidden=[""])
    request = signature_request.model_copy(update={"applicant": "ＴＲＡＮ\u3000ＴＨＩ"})
    await screen.prompt.ask_for_consent([request], 5)
    assert "ＴＲＡＮ\u3000ＴＨＩ" in screen.text


async def test_password_is_not_spoken_of_while_an_earlier_question_shows_what_is_typed(
    signature_request: SignatureRequest,
) -> None:
    """The question for each of several packages is read in clear; it may be taken back while it is open."""
    screen = Screen()
    pressed_enter = threading.Event()

    def read_in_clear(_: str) -> str:
        assert pressed_enter.wait(10)
        return ""

    prompt = ConsolePrompt(screen.console, read_line=read_in_clear, read_hidden=lambda _: "LINH2026SIGN")
    two = [another(signature_request, name) for name in ("child-1", "child-2")]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(prompt.ask_for_consent(two, 5), 0.05)
    asking = asyncio.create_task(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0.05)
    assert screen.text.endswith("Press Enter.\n")
    pressed_enter.set()
    assert await asking is not None


async def test_password_typed_in_the_moment_of_cancellation_is_wiped(
    signature_request: SignatureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[SignPassword] = []

    class Kept(SignPassword):
        def __init__(self, typed: str) -> None:
            super().__init__(typed)
            made.append(self)
            asking.cancel()

    monkeypatch.setattr("zairyu.activities.card_reader.console.SignPassword", Kept)
    asking = asyncio.create_task(Screen(hidden=["LINH2026SIGN"]).prompt.ask_for_consent([signature_request], 5))
    with pytest.raises(asyncio.CancelledError):
        await asking
    (password,) = made
    with pytest.raises(PinNotGiven):
        password.take()


async def test_line_meant_for_a_request_that_is_over_is_thrown_away(signature_request: SignatureRequest) -> None:
    screen = Screen()
    pressed_enter = threading.Event()
    lines = iter(["MEANTFOROLD1", "LINH2026SIGN"])

    def read(_: str) -> str:
        assert pressed_enter.wait(10)
        return next(lines)

    prompt = ConsolePrompt(screen.console, read_hidden=read)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(prompt.ask_for_consent([signature_request], 5), 0.05)
    second = asyncio.create_task(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0.05)
    assert "Press Enter" in screen.text
    pressed_enter.set()
    consent = await second
    assert consent is not None
    assert consent.password.take() == b"LINH2026SIGN"


async def test_password_is_not_read_where_it_would_show(
    signature_request: SignatureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("LINH2026SIGN\n"))
    prompt = ConsolePrompt(Screen().console)
    with pytest.raises(PinNotGiven):
        await prompt.ask_for_consent([signature_request], 5)
    assert not await prompt.show_failure(WrongPin(3))


# ----- a card that is to be read --------------------------------------------------------------------------------------


async def test_person_sees_what_will_be_read_and_what_never_is(read_request: CardReadRequest) -> None:
    screen = Screen(hidden=["1204"])
    pin = await screen.prompt.ask_for_pin(read_request, 2)
    assert pin is not None
    assert pin.take() == b"1204"
    for shown in (
        read_request.title.ja,
        read_request.title.en,
        "Tran Thi Linh",
        read_request.registration_id,
        "氏名、住所、生年月日、性別",
        "Name, address, birth date and sex",
        "マイナンバー（個人番号）は読み取りません",
        "Your My Number (Individual Number) is not read",
        "残り2回",
        "2 tries left",
    ):
        assert shown in screen.text
    assert "1204" not in screen.text


async def test_nothing_of_what_will_be_read_is_cut_off_on_a_narrow_console(read_request: CardReadRequest) -> None:
    screen = Screen(hidden=["1204"], width=80)
    assert await screen.prompt.ask_for_pin(read_request, 3) is not None
    assert "…" not in screen.text


async def test_four_digits_are_asked_again_at_no_cost(read_request: CardReadRequest) -> None:
    screen = Screen(hidden=["LINH2026SIGN", "１２０４"])
    pin = await screen.prompt.ask_for_pin(read_request, 3)
    assert pin is not None
    assert pin.take() == b"1204"
    assert "This PIN has four digits" in screen.text
    assert "LINH2026SIGN" not in screen.text


async def test_empty_line_declines_the_reading(read_request: CardReadRequest) -> None:
    assert await Screen(hidden=[""]).prompt.ask_for_pin(read_request, 3) is None


@pytest.mark.parametrize("known", [True, False])
async def test_card_to_read_is_asked_of_whoever_registers(read_request: CardReadRequest, known: bool) -> None:
    screen = Screen()
    request = read_request if known else read_request.model_copy(update={"holder": None})
    asking = asyncio.create_task(screen.prompt.ask_for_card_to_read(request, None))
    await asyncio.sleep(0)
    assert ("the My Number card of Tran Thi Linh on the reader" in screen.text) is known
    assert ("the person who registers on the reader" in screen.text) is not known
    assert screen.prompt.interrupt(), "Ctrl-C declines"
    await asyncio.wait_for(asking, 5)


async def test_hindrance_to_a_reading_is_told(read_request: CardReadRequest) -> None:
    screen = Screen()
    asking = asyncio.create_task(screen.prompt.ask_for_card_to_read(read_request, NoReader()))
    await asyncio.sleep(0)
    asking.cancel()
    assert "Plug in the card reader" in screen.text


async def test_person_is_told_whose_card_was_read(read_request: CardReadRequest) -> None:
    screen = Screen(lines=["y"])
    await screen.prompt.show_reading()
    await screen.prompt.show_read(read_request, "TRAN\u3000THI\u3000LINH\x1b[2J")
    assert "The card of TRAN\u3000THI\u3000LINH" in screen.text
    assert "\x1b" not in screen.text
    assert await screen.prompt.show_failure(WrongUserPin(2))
    assert "2 tries left" in screen.text


async def test_pin_typed_in_the_moment_of_cancellation_is_wiped(
    read_request: CardReadRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[CardInfoPin] = []

    class Kept(CardInfoPin):
        def __init__(self, typed: str) -> None:
            super().__init__(typed)
            made.append(self)
            asking.cancel()

    monkeypatch.setattr("zairyu.activities.card_reader.console.CardInfoPin", Kept)
    asking = asyncio.create_task(Screen(hidden=["1204"]).prompt.ask_for_pin(read_request, 3))
    with pytest.raises(asyncio.CancelledError):
        await asking
    (pin,) = made
    with pytest.raises(PinNotGiven):
        pin.take()
