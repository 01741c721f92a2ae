"""The page of a desk, in the browser that people use it with."""

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser import Browser
from zairyu.activities.card_reader.errors import (
    CardPulled,
    CertificateExpiresBeforeFiling,
    LastTryRefused,
    NoReader,
    PinBlocked,
    PinMalformed,
    PinNotGiven,
    UserPinMalformed,
    WrongPin,
    WrongUserPin,
)
from zairyu.activities.card_reader.password import CardInfoPin
from zairyu.activities.card_reader.prompt import Consent, DeskPrompt
from zairyu.activities.card_reader.web.page import desk_page
from zairyu.activities.card_reader.web.prompt import WebPrompt
from zairyu.activities.card_reader.web.views import AtRest, Form
from zairyu.models.card import CardReadRequest, SignatureRequest

T = TypeVar("T")

PASSWORD, PIN = "LINH2026SIGN", "1204"
SIGN, READ, DECLINE, GO_ON, STOP, SEEN = (
    f"button[value='{do}']" for do in ("sign", "read", "decline", "go on", "stop", "seen")
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    chromium.forget()
    return chromium


@pytest.fixture
def prompt() -> WebPrompt:
    return WebPrompt("osaka-1")


@pytest.fixture
async def address(prompt: WebPrompt) -> AsyncIterator[str]:
    async with desk_page(prompt) as address:
        yield address


@pytest.fixture
async def stranger(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody on the same computer who was not given the address."""
    async with httpx.AsyncClient(base_url=origin_of(address)) as client:
        yield client


@pytest.fixture
async def visitor(address: str, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that was opened with the address, without the browser."""
    await stranger.get(address)
    return stranger


@pytest.fixture
def two_requests(signature_request: SignatureRequest) -> list[SignatureRequest]:
    """A parent signs for two children."""
    return [
        signature_request.model_copy(
            update={"application_id": f"app-{child}", "applicant": child, "digest": digit * 64}
        )
        for child, digit in (("Tran Minh", "a"), ("Tran Hoa", "b"))
    ]


class Asking:
    """Calls of the desk that run while a test acts as the person."""

    def __init__(self) -> None:
        self._calls: list[asyncio.Task[Any]] = []

    def __call__(self, call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(call)
        self._calls.append(task)
        return task

    async def aclose(self) -> None:
        for call in self._calls:
            call.cancel()
            with suppress(asyncio.CancelledError):
                await call


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    asking = Asking()
    yield asking
    await asking.aclose()


def origin_of(address: str) -> str:
    return address.removesuffix(f"?{urlsplit(address).query}").removesuffix("/start")


def confirm(request: SignatureRequest) -> str:
    return f"input[value='{request.application_id}']"


def post(visitor: httpx.AsyncClient, **fields: str | Sequence[str]) -> Coroutine[Any, Any, httpx.Response]:
    """What a browser sends with a form."""
    return visitor.post("/answer", data=fields, headers={"Origin": str(visitor.base_url).removesuffix("/")})


async def cancelled(call: asyncio.Task[Any]) -> None:
    """The desk takes a question back."""
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


# ----- a person with a browser --------------------------------------------------------------------------------------


async def test_one_signature_by_clicking_and_typing(
    prompt: WebPrompt,
    address: str,
    browser: Browser,
    asking: Asking,
    signature_request: SignatureRequest,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    for typist in ("selenium", "urllib3"):
        caplog.set_level(logging.INFO, logger=typist)
    await browser.open(address)
    await browser.see("依頼を待っています", "Waiting for a request", "osaka-1")
    assert await browser.address() == f"{origin_of(address)}/"

    card_wanted = asking(prompt.ask_for_card([signature_request], None))
    await browser.see(
        "Tran Thi Linh さんのマイナンバーカードをカードリーダーに置いてください",
        "Place the My Number card of Tran Thi Linh on the reader",
        signature_request.title.ja,
        signature_request.title.en,
        signature_request.application_id,
        "2026年12月1日",
        "0f0f",
    )
    await cancelled(card_wanted)  # the card is there

    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await browser.see("署名用電子証明書の暗証番号", "5 tries left")
    await browser.see_focus("h1")  # a screen reader reads the new view from its heading
    await browser.click(confirm(signature_request))
    await browser.type(PASSWORD, "#password")
    assert PASSWORD not in await browser.source()
    await browser.click(SIGN)
    given = await consent
    assert given is not None
    assert given.confirmed == {signature_request.application_id}
    assert given.password.take() == PASSWORD.encode()

    await prompt.show_signing()
    await browser.see("カードを動かさないでください", "Leave the card where it is")
    assert PASSWORD not in await browser.source() + await browser.address()
    await prompt.show_signed([signature_request], "TRAN THI LINH")
    await browser.see("署名ができました", "TRAN THI LINH", signature_request.application_id)
    await browser.click(SEEN)
    await browser.see("依頼を待っています")
    await browser.see_no("TRAN THI LINH")

    assert await browser.console() == []
    assert PASSWORD not in caplog.text + "".join(capfd.readouterr())


async def test_digest_can_be_compared_by_eye(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    asking(prompt.ask_for_card([signature_request.model_copy(update={"digest": "0123456789abcdef" * 4})], None))
    await browser.open(address)
    await browser.see("SHA-256")
    shown = await browser.property("dd.digest", "textContent")
    assert shown.split() == ["0123", "4567", "89ab", "cdef"] * 4


async def test_what_is_not_ticked_is_not_signed(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, two_requests: list[SignatureRequest]
) -> None:
    consent = asking(prompt.ask_for_consent(two_requests, 5))
    await browser.open(address)
    await browser.see("Tran Minh", "Tran Hoa")
    await browser.click(confirm(two_requests[1]))
    await browser.type(PASSWORD, "#password")
    await browser.type("\n")
    given = await consent
    assert given is not None
    assert given.confirmed == {"app-Tran Hoa"}


async def test_nothing_ticked_is_told_and_nothing_is_signed(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, two_requests: list[SignatureRequest]
) -> None:
    consent = asking(prompt.ask_for_consent(two_requests, 5))
    await browser.open(address)
    await browser.type(PASSWORD, "#password")
    await browser.click(SIGN)
    await browser.see("チェックを入れてください", "Nothing has been signed yet")
    await browser.see_focus("confirmed")
    assert PASSWORD not in await browser.source()
    assert await browser.property("#password", "value") == ""
    assert not consent.done()


async def test_typing_error_costs_no_try_and_keeps_the_ticks(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, two_requests: list[SignatureRequest]
) -> None:
    consent = asking(prompt.ask_for_consent(two_requests, 5))
    await browser.open(address)
    await browser.click(confirm(two_requests[0]))
    await browser.type("typo!", "#password")
    await browser.click(SIGN)
    await browser.see(PinMalformed.sentence.ja, PinMalformed.sentence.en)
    assert await browser.property(confirm(two_requests[0]), "checked")
    assert not await browser.property(confirm(two_requests[1]), "checked")
    assert "typo!" not in await browser.source() + await browser.address()
    await browser.see_focus("password")
    await browser.type(f"{PASSWORD.lower()}\n")
    given = await consent
    assert given is not None
    assert given.confirmed == {"app-Tran Minh"}
    assert given.password.take() == PASSWORD.encode()


async def test_wrong_password_can_be_tried_again(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    failure = asking(prompt.show_failure(WrongPin(3)))
    await browser.open(address)
    await browser.see(WrongPin.sentence.ja, WrongPin.sentence.en, "3 tries left")
    await browser.click(GO_ON)
    assert await failure
    asking(prompt.ask_for_consent([signature_request], 3))
    await browser.see("3 tries left", "Check what you sign")


@pytest.mark.parametrize("error", [LastTryRefused(), CertificateExpiresBeforeFiling(presumed=True)])
async def test_overruling_us_takes_a_tick_and_a_click(
    prompt: WebPrompt,
    address: str,
    browser: Browser,
    asking: Asking,
    error: LastTryRefused | CertificateExpiresBeforeFiling,
) -> None:
    failure = asking(prompt.show_failure(error))
    await browser.open(address)
    await browser.see(error.sentence.ja, error.sentence.en)
    await browser.click(GO_ON)
    await browser.see("To go on, tick the box first")
    assert not failure.done()
    await browser.click("input[name='sure']")
    await browser.click(GO_ON)
    assert await failure


async def test_last_try_is_told_beside_the_password(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    asking(prompt.ask_for_consent([signature_request], 1))
    await browser.open(address)
    await browser.see("1 try left", "最後の1回です", "This is the last try")


async def test_each_question_can_be_declined(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    await browser.open(address)
    card_wanted = asking(prompt.ask_for_card([signature_request], None))
    await browser.see("Place the My Number card")
    await browser.click(DECLINE)
    await card_wanted
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await browser.see("Check what you sign")
    await browser.type(PASSWORD, "#password")
    await browser.click(DECLINE)
    assert await consent is None
    for error in (WrongPin(4), LastTryRefused()):
        failure = asking(prompt.show_failure(error))
        await browser.see(error.sentence.en)
        await browser.click(STOP)
        assert not await failure
        await browser.see("Waiting for a request")


async def test_what_is_typed_stays_while_the_world_beside_it_changes(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    asking(prompt.ask_for_consent([signature_request], 5))
    await browser.open(address)
    await browser.click(confirm(signature_request))
    await browser.type("LINH2026", "#password")
    prompt.show_connection(lost=True)
    await browser.see("サーバーとの接続が切れています", "The connection to the server is lost")
    prompt.show_readers(["Reader A", "Reader <B>"])
    await browser.see("Reader A", "Reader <B>")
    prompt.show_readers([])
    await browser.see("None found. Please plug one in.")
    prompt.show_connection(lost=False)
    await browser.see_no("The connection to the server is lost")
    await browser.type("SIGN")
    assert await browser.property("#password", "value") == PASSWORD
    assert await browser.property(confirm(signature_request), "checked")


async def test_question_taken_back_leaves_the_page_while_somebody_types(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await browser.open(address)
    await browser.type(PASSWORD, "#password")
    await cancelled(consent)
    await prompt.show_taken_back()
    await browser.see("依頼は取り消されました", "Nothing of it will be used")
    assert PASSWORD not in await browser.source()


async def test_request_that_comes_while_the_card_is_awaited_is_shown_too(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, two_requests: list[SignatureRequest]
) -> None:
    await browser.open(address)
    card_wanted = asking(prompt.ask_for_card(two_requests[:1], None))
    await browser.see("To be signed (1)", "Tran Minh")
    await cancelled(card_wanted)
    asking(prompt.ask_for_card(two_requests, None))
    await browser.see("To be signed (2)", "Tran Minh", "Tran Hoa")


async def test_person_is_told_why_no_card_can_be_read_yet(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    await browser.open(address)
    card_wanted = asking(prompt.ask_for_card([signature_request], NoReader()))
    await browser.see("Place the My Number card", NoReader.sentence.ja, NoReader.sentence.en)
    await cancelled(card_wanted)
    asking(prompt.ask_for_card([signature_request], None))
    await browser.see_no(NoReader.sentence.en)
    await browser.see("Place the My Number card")


async def test_failure_that_nobody_mends_here_is_not_waited_for(
    prompt: WebPrompt, address: str, browser: Browser
) -> None:
    await browser.open(address)
    assert not await prompt.show_failure(PinBlocked())
    await browser.see(PinBlocked.sentence.ja, PinBlocked.sentence.en)
    await browser.click(SEEN)
    await browser.see("Waiting for a request")


async def test_what_was_told_can_be_read_while_the_next_person_is_asked(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, two_requests: list[SignatureRequest]
) -> None:
    await browser.open(address)
    await prompt.show_signed(two_requests[:1], "TRAN THI LINH")
    failure = asking(prompt.show_failure(CardPulled()))
    await browser.see("TRAN THI LINH", "app-Tran Minh", CardPulled.sentence.en, "Try again")
    await cancelled(failure)  # nobody answered in time
    await browser.see("TRAN THI LINH", CardPulled.sentence.en)
    await browser.see_no("Try again")
    card_wanted = asking(prompt.ask_for_card(two_requests[1:], None))
    await browser.see("TRAN THI LINH", CardPulled.sentence.en, "Place the My Number card")
    await cancelled(card_wanted)
    asking(prompt.ask_for_consent(two_requests[1:], 5))
    await browser.see("Check what you sign")
    await browser.see_no("TRAN THI LINH", CardPulled.sentence.en)


async def test_reload_and_second_tab_show_the_same_and_one_answer_counts(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await browser.open(address)
    await browser.see("Check what you sign")
    await browser.reload()
    await browser.see("Check what you sign")
    await browser.open_in_new_tab(f"{origin_of(address)}/")
    await browser.click(confirm(signature_request))
    await browser.type(f"{PASSWORD}\n", "#password")
    assert await consent is not None
    await prompt.show_signing()
    await browser.switch_to_tab(0)
    await browser.see("Leave the card where it is")


async def test_page_follows_without_scripts(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, signature_request: SignatureRequest
) -> None:
    await browser.switch_scripts_off(True)
    try:
        await browser.open(address)
        card_wanted = asking(prompt.ask_for_card([signature_request], None))
        await browser.see("Place the My Number card")
        await browser.click(DECLINE)
        await card_wanted
    finally:
        await browser.switch_scripts_off(False)


async def test_one_card_is_read_by_clicking_and_typing(
    prompt: WebPrompt,
    address: str,
    browser: Browser,
    asking: Asking,
    read_request: CardReadRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for typist in ("selenium", "urllib3"):
        caplog.set_level(logging.INFO, logger=typist)
    await browser.open(address)
    card_wanted = asking(prompt.ask_for_card_to_read(read_request, None))
    await browser.see(
        "Tran Thi Linh さんのマイナンバーカードをカードリーダーに置いてください",
        "Place the My Number card of Tran Thi Linh on the reader",
        read_request.title.ja,
        read_request.title.en,
        read_request.registration_id,
        "氏名、住所、生年月日、性別",
        "Name, address, birth date and sex",
        "マイナンバー（個人番号）は読み取りません",
        "Your My Number (Individual Number) is not read",
    )
    await cancelled(card_wanted)  # the card is there

    pin = asking(prompt.ask_for_pin(read_request, 3))
    await browser.see("券面事項入力補助用の暗証番号", "3 tries left", "マイナンバー（個人番号）は読み取りません")
    await browser.see_focus("h1")
    await browser.type("12O4", "#pin")
    await browser.click(READ)
    await browser.see(UserPinMalformed.sentence.ja, UserPinMalformed.sentence.en)
    assert "12O4" not in await browser.source() + await browser.address()
    await browser.see_focus("pin")
    await browser.type(f"{PIN}\n", "#pin")
    given = await pin
    assert given is not None
    assert given.take() == PIN.encode()

    await prompt.show_reading()
    await browser.see("カードを動かさないでください", "Leave it where it is")
    await prompt.show_read(read_request, "TRAN THI LINH")
    await browser.see("カードを読み取りました", "TRAN THI LINH", read_request.title.en)
    await browser.click(SEEN)
    await browser.see("依頼を待っています")
    await browser.see_no("TRAN THI LINH")
    assert await browser.console() == []
    assert f"={PIN}" not in caplog.text


async def test_card_is_read_without_scripts(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, read_request: CardReadRequest
) -> None:
    await browser.switch_scripts_off(True)
    try:
        pin = asking(prompt.ask_for_pin(read_request.model_copy(update={"holder": None}), 1))
        await browser.open(address)
        await browser.see("Check what will be read", "1 try left", "This is the last try")
        await browser.type(f"{PIN}\n", "#pin")
        given = await pin
        assert given is not None
        assert given.take() == PIN.encode()
    finally:
        await browser.switch_scripts_off(False)


async def test_reading_can_be_declined_at_each_question(
    prompt: WebPrompt, address: str, browser: Browser, asking: Asking, read_request: CardReadRequest
) -> None:
    await browser.open(address)
    card_wanted = asking(prompt.ask_for_card_to_read(read_request.model_copy(update={"holder": None}), NoReader()))
    await browser.see("Place the My Number card of the person who registers", NoReader.sentence.en)
    await browser.click(DECLINE)
    await card_wanted
    pin = asking(prompt.ask_for_pin(read_request, 3))
    await browser.see("Check what will be read")
    await browser.type(PIN, "#pin")
    await browser.click(DECLINE)
    assert await pin is None
    failure = asking(prompt.show_failure(WrongUserPin(2)))
    await browser.see(WrongUserPin.sentence.en, "2 tries left")
    await browser.click(STOP)
    assert not await failure


async def test_terminal_that_does_not_answer_is_told(prompt: WebPrompt, address: str, browser: Browser) -> None:
    await browser.open(address)
    await browser.see("Waiting for a request")
    await browser.lose_network(True)
    prompt.show_readers(["Reader A"])  # ends the call that is under way
    try:
        await browser.see("この端末のプログラムが応答していません", "does not answer")
    finally:
        await browser.lose_network(False)
    await browser.see_no("does not answer")


async def test_browser_is_told_when_the_terminal_ends(prompt: WebPrompt, browser: Browser) -> None:
    async with desk_page(prompt) as address:
        await browser.open(address)
        prompt.show_readers(["Reader A"])
        await browser.see("Waiting for a request", "Reader A")
        prompt.show_readers(["Reader B"])
        await browser.see("Reader B")  # so it follows
    await browser.see("署名端末は終了しました", "Please close this page")
    assert not [message for message in await browser.console() if "/changed" in message], "it asks no more"


async def test_old_page_asks_for_the_new_address_after_the_terminal_was_started_again(
    prompt: WebPrompt, browser: Browser
) -> None:
    async with desk_page(prompt) as address:
        await browser.open(address)
        await browser.see("Waiting for a request")
        await browser.lose_network(True)
        prompt.show_readers(["Reader A"])
        await browser.see("does not answer")
    async with desk_page(WebPrompt("osaka-1"), port=urlsplit(address).port or 0):
        await browser.lose_network(False)
        await browser.see("It is a new one each time the terminal starts")


# ----- who may come -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/changed", "/style.css", "/follow.js", "/favicon.ico", "/start", "/docs"])
async def test_nobody_comes_in_without_the_address(stranger: httpx.AsyncClient, path: str) -> None:
    answer = await stranger.get(path)
    assert answer.status_code == 403
    assert "use the address that the signing terminal printed" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("key", ["", "guess", "鍵", "%ff"])
async def test_guessed_address_opens_nothing(stranger: httpx.AsyncClient, key: str) -> None:
    answer = await stranger.get(f"/start?key={key}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_guessed_cookie_opens_nothing(address: str) -> None:
    name = f"zairyu_desk_{urlsplit(address).port}"
    async with httpx.AsyncClient(base_url=origin_of(address), cookies={name: "guess"}) as client:
        assert (await client.get("/")).status_code == 403


async def test_cookie_is_out_of_reach_for_scripts_and_other_sites(address: str, stranger: httpx.AsyncClient) -> None:
    cookie = (await stranger.get(address)).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))


async def test_two_terminals_of_one_computer_do_not_shut_each_other_out(
    visitor: httpx.AsyncClient,
) -> None:
    async with desk_page(WebPrompt("osaka-2")) as other:
        await visitor.get(other)
        assert "osaka-2" in (await visitor.get(f"{origin_of(other)}/")).text
        assert "osaka-1" in (await visitor.get("/")).text


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", ""])
async def test_foreign_name_for_this_computer_opens_nothing(
    address: str, visitor: httpx.AsyncClient, host: str
) -> None:
    for path in ("/", "/changed", address):
        answer = await visitor.get(path, headers={"Host": host})
        assert answer.status_code in (400, 421)
        assert "osaka-1" not in answer.text
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1", "https://127.0.0.1"])
async def test_form_of_another_page_is_not_taken(
    prompt: WebPrompt,
    visitor: httpx.AsyncClient,
    asking: Asking,
    signature_request: SignatureRequest,
    origin: str | None,
) -> None:
    card_wanted = asking(prompt.ask_for_card([signature_request], None))
    await asyncio.sleep(0)
    fields = {"view": prompt.shown.token, "do": "decline"}
    answer = await visitor.post("/answer", data=fields, headers={} if origin is None else {"Origin": origin})
    assert answer.status_code == 403
    assert not card_wanted.done()
    assert (await post(visitor, **fields)).status_code == 303
    await card_wanted


async def test_page_is_not_served_beyond_this_computer(address: str) -> None:
    with socket.socket() as outsider, pytest.raises(ConnectionRefusedError):
        outsider.connect(("127.0.0.2", urlsplit(address).port))


async def test_nothing_may_be_loaded_framed_stored_or_told_to_others(address: str, visitor: httpx.AsyncClient) -> None:
    answers = [await visitor.get(path) for path in ("/", address, "/style.css", "/nothing")]
    answers += [await post(visitor), await visitor.post("/answer"), await visitor.get("/", headers={"Host": "x"})]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_page_runs_no_markup_that_a_name_carries(
    prompt: WebPrompt, visitor: httpx.AsyncClient, asking: Asking, signature_request: SignatureRequest
) -> None:
    asking(prompt.ask_for_card([signature_request.model_copy(update={"applicant": "<script>alert(1)</script>"})], None))
    await asyncio.sleep(0)
    page = (await visitor.get("/")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert not re.search(r"""(src|href|action)="(?!/|#)""", page), "nothing comes from elsewhere"


@pytest.mark.parametrize("of", ["signature", "reading"])
async def test_password_field_keeps_nothing(
    prompt: WebPrompt,
    visitor: httpx.AsyncClient,
    asking: Asking,
    signature_request: SignatureRequest,
    read_request: CardReadRequest,
    of: str,
) -> None:
    if of == "signature":
        asking(prompt.ask_for_consent([signature_request], 5))
    else:
        asking(prompt.ask_for_pin(read_request, 3))
    await asyncio.sleep(0)
    page = (await visitor.get("/")).text
    field = re.search(r"<input[^>]*type=\"password\"[^>]*>", page)
    assert field is not None
    assert 'autocomplete="off"' in field[0]
    assert 'spellcheck="false"' in field[0]
    assert "value=" not in field[0]


# ----- what is sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"view=x&password=" + b"L" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"a=b&" * 2_000, "application/x-www-form-urlencoded", 413),
        (b"LINH2026SIGN", "text/plain", 415),
        (b'{"password": "LINH2026SIGN"}', "application/json", 415),
        (b"\xff%ff=%zz&&=LINH2026SIGN", "application/x-www-form-urlencoded", 303),
        (b"", "application/x-www-form-urlencoded", 303),
    ],
    ids=["too long", "too many fields", "text", "JSON", "nonsense", "empty"],
)
async def test_what_is_no_answer_is_refused_and_never_repeated(
    prompt: WebPrompt,
    visitor: httpx.AsyncClient,
    asking: Asking,
    signature_request: SignatureRequest,
    content: bytes,
    content_type: str,
    status: int,
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    headers = {"Origin": str(visitor.base_url).removesuffix("/"), "Content-Type": content_type}
    answer = await visitor.post("/answer", content=content, headers=headers)
    assert answer.status_code == status
    assert "LINH2026SIGN" not in answer.text
    assert not consent.done()


async def test_long_form_is_given_up_before_it_ends(visitor: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"L" * 10_000

    headers = {"Origin": str(visitor.base_url).removesuffix("/"), "Content-Type": "application/x-www-form-urlencoded"}
    with suppress(httpx.TransportError):  # the server may have hung up before we read
        assert (await visitor.post("/answer", content=endless(), headers=headers)).status_code == 413


async def test_form_for_a_view_that_is_over_signs_nothing(
    prompt: WebPrompt, visitor: httpx.AsyncClient, asking: Asking, signature_request: SignatureRequest
) -> None:
    first = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    old = prompt.shown.token
    await cancelled(first)
    second = asking(prompt.ask_for_consent([signature_request], 4))
    await asyncio.sleep(0)
    answer = await post(visitor, view=old, do="sign", confirmed=signature_request.application_id, password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    shown = (await visitor.get("/")).text
    assert "<strong>4</strong> tries left" in shown
    assert PASSWORD not in shown
    assert not second.done()


async def test_two_answers_at_once_are_one(
    prompt: WebPrompt, visitor: httpx.AsyncClient, asking: Asking, signature_request: SignatureRequest
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    fields = {"view": prompt.shown.token, "confirmed": signature_request.application_id, "password": PASSWORD}
    answers = await asyncio.gather(post(visitor, do="sign", **fields), post(visitor, do="decline", **fields))
    assert [answer.status_code for answer in answers] == [303, 303]
    given = await consent
    assert given is None or given.password.take() == PASSWORD.encode()
    assert "One moment" in (await visitor.get("/")).text


async def test_application_that_was_not_shown_is_not_confirmed(
    prompt: WebPrompt, visitor: httpx.AsyncClient, asking: Asking, signature_request: SignatureRequest
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    await post(
        visitor,
        view=prompt.shown.token,
        do="sign",
        confirmed=[signature_request.application_id, "app-9999"],
        password=PASSWORD,
    )
    given = await consent
    assert given is not None
    assert given.confirmed == {signature_request.application_id}


# ----- the prompt without a browser ---------------------------------------------------------------------------------


def form(prompt: WebPrompt, **fields: str) -> Form:
    return Form({"view": [prompt.shown.token], **{name: [value] for name, value in fields.items()}})


async def test_page_is_a_prompt_for_any_desk(signature_request: SignatureRequest, asking: Asking) -> None:
    page = WebPrompt("osaka-1")
    prompt: DeskPrompt = page
    consent: asyncio.Task[Consent | None] = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    page.take(form(page, do="decline"))
    assert await consent is None


async def test_answer_in_the_moment_of_cancelling_is_thrown_away(
    prompt: WebPrompt, signature_request: SignatureRequest, asking: Asking
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    prompt.take(form(prompt, do="sign", confirmed=signature_request.application_id, password=PASSWORD))
    await cancelled(consent)
    assert PASSWORD not in repr(vars(prompt))


async def test_pin_in_the_moment_of_cancelling_is_wiped(
    prompt: WebPrompt, read_request: CardReadRequest, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[CardInfoPin] = []

    class Kept(CardInfoPin):
        def __init__(self, typed: str) -> None:
            super().__init__(typed)
            made.append(self)

    monkeypatch.setattr("zairyu.activities.card_reader.web.views.CardInfoPin", Kept)
    wanted = asking(prompt.ask_for_pin(read_request, 3))
    await asyncio.sleep(0)
    prompt.take(form(prompt, do="read", pin=PIN))
    await cancelled(wanted)
    (pin,) = made
    with pytest.raises(PinNotGiven):
        pin.take()


async def test_form_for_a_signature_answers_no_reading(
    prompt: WebPrompt, read_request: CardReadRequest, signature_request: SignatureRequest, asking: Asking
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    late = form(prompt, do="decline")
    await cancelled(consent)
    pin = asking(prompt.ask_for_pin(read_request, 3))
    await asyncio.sleep(0)
    prompt.take(late)
    prompt.take(form(prompt, do="sign", pin=PIN))
    prompt.take(form(prompt, do="read", password=PIN))
    await asyncio.sleep(0)
    assert not pin.done()
    assert PIN not in repr(prompt.shown)


async def test_answer_to_a_question_that_is_just_taken_back_is_not_read(
    prompt: WebPrompt, signature_request: SignatureRequest, asking: Asking
) -> None:
    consent = asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    consent.cancel()
    prompt.take(form(prompt, do="sign", confirmed=signature_request.application_id, password=PASSWORD))
    await cancelled(consent)


async def test_password_is_in_no_text_of_what_carries_it(
    prompt: WebPrompt, signature_request: SignatureRequest, asking: Asking
) -> None:
    sent = form(prompt, do="sign", confirmed=signature_request.application_id, password=PASSWORD)
    assert PASSWORD not in f"{sent!r} {sent}"
    malformed = form(prompt, password="typo!")
    asking(prompt.ask_for_consent([signature_request], 5))
    await asyncio.sleep(0)
    prompt.take(malformed)
    assert "typo!" not in repr(prompt.shown)


@pytest.mark.parametrize(
    ("before", "then"),
    [(lambda _: None, "Waiting for a request"), (lambda prompt: prompt.show_taken_back(), 'value="seen"')],
    ids=["nothing told", "something told"],
)
async def test_page_comes_to_rest_when_the_desk_says_no_more(
    prompt: WebPrompt,
    visitor: httpx.AsyncClient,
    signature_request: SignatureRequest,
    asking: Asking,
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[WebPrompt], Coroutine[Any, Any, None] | None],
    then: str,
) -> None:
    monkeypatch.setattr("zairyu.activities.card_reader.web.prompt._MOMENT", timedelta(seconds=0.01))
    if (told := before(prompt)) is not None:
        await told
    card_wanted = asking(prompt.ask_for_card([signature_request], None))
    await asyncio.sleep(0)
    await cancelled(card_wanted)
    page = await visitor.get("/changed", params={"after": prompt.shown.version})
    assert then in page.text
    assert "One moment" not in page.text


async def test_name_of_who_signed_does_not_stay_for_whoever_comes_next(
    prompt: WebPrompt, visitor: httpx.AsyncClient, signature_request: SignatureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zairyu.activities.card_reader.web.prompt._READ", timedelta(seconds=0.01))
    await prompt.show_signed([signature_request], "TRAN\u3000THI\u3000LINH")
    page = await visitor.get("/changed", params={"after": prompt.shown.version})
    assert "Waiting for a request" in page.text
    assert "LINH" not in page.text


async def test_name_of_who_signed_goes_while_the_next_person_is_asked(
    prompt: WebPrompt,
    visitor: httpx.AsyncClient,
    signature_request: SignatureRequest,
    asking: Asking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zairyu.activities.card_reader.web.prompt._READ", timedelta(seconds=0.05))
    await prompt.show_signed([signature_request], "ALICE")
    asking(prompt.ask_for_card([signature_request], None))
    await asyncio.sleep(0)
    before = prompt.shown
    assert before.results
    page = await visitor.get("/changed", params={"after": before.version})
    assert "ALICE" not in page.text
    assert signature_request.signer.name in page.text


async def test_acknowledging_what_is_over_does_not_answer_what_is_asked_now(
    prompt: WebPrompt, signature_request: SignatureRequest, asking: Asking
) -> None:
    await prompt.show_taken_back()
    seen = form(prompt, do="seen")
    card_wanted = asking(prompt.ask_for_card([signature_request], None))
    await asyncio.sleep(0)
    prompt.take(seen)
    prompt.take(form(prompt, do="seen"))
    prompt.take(form(prompt, do="sign"))
    await asyncio.sleep(0)
    assert not card_wanted.done()
    assert not isinstance(prompt.shown.view, AtRest)
