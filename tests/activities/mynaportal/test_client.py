import asyncio
import hashlib
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.activities.mynaportal.portal import RECORD, REQUEST_ID, SUBMITTED, Portal, client_of, open_portal, problem
from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.errors import (
    CapabilityAbsent,
    CursorUnknown,
    MynaportalAccessDenied,
    MynaportalAnswerUnreadable,
    MynaportalError,
    MynaportalRateExceeded,
    MynaportalRefused,
    MynaportalUnavailable,
    MynaportalUnderMaintenance,
)

Call = Callable[[MynaportalClient], Awaitable[object]]


def submit(client: MynaportalClient, package: bytes = b"zip") -> Coroutine[Any, Any, wire.Submitted]:
    sha256 = hashlib.sha256(package).hexdigest()
    return client.submit(REQUEST_ID, io.BytesIO(package), "EXTENSION_OF_PERIOD", sha256=sha256)


CALLS: dict[str, Call] = {
    "submit": submit,
    "look_up": lambda client: client.look_up(REQUEST_ID),
    "supply_documents": lambda client: client.supply_documents(REQUEST_ID, 1, "supply-1", io.BytesIO(b"%PDF-")),
    "choose_collection": lambda client: client.choose_collection(REQUEST_ID, "POST"),
    "withdraw": lambda client: client.withdraw(REQUEST_ID),
    "news": lambda client: client.news("", wait=0),
    "maintenance": lambda client: client.maintenance(),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Portal]:
    """Opened once: a web server takes its time to close."""
    async with open_portal(Portal()) as portal:
        yield portal


@pytest.fixture
def portal(server: Portal) -> Portal:
    """As if newly opened."""
    vars(server).update({**vars(Portal()), "url": server.url})
    return server


@pytest.fixture(scope="module")
async def http(server: Portal) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url) as http:
        yield http


@pytest.fixture
def client(portal: Portal, http: httpx.AsyncClient) -> MynaportalClient:
    """Without a token yet."""
    return MynaportalClient(http, client_id="sandbox-client", client_secret="sandbox-secret")


async def failure(attempt: Awaitable[object]) -> MynaportalError:
    with pytest.raises(MynaportalError) as failed:
        await attempt
    error = failed.value
    assert error.__cause__ is None
    assert error.sentence.ja
    assert error.sentence.en
    assert not [secret for secret in ("LINH", "token-1", "sandbox-secret") if secret in f"{error} {error.findings}"]
    return error


# ----- tokens -------------------------------------------------------------------------------------------------


async def test_one_token_serves_many_calls(portal: Portal, client: MynaportalClient) -> None:
    await asyncio.gather(*(submit(client) for _ in range(5)))

    assert portal.tokens_given == 1
    assert set(portal.carried) == {"Bearer token-1"}


async def test_a_token_is_renewed_before_it_ends(portal: Portal, client: MynaportalClient) -> None:
    tokens = iter(range(1, 10))
    # Ends within the margin, so it cannot be relied on for another call.
    portal.token = lambda: JSONResponse({"access_token": f"token-{next(tokens)}", "expires_in": 29})

    for _ in range(2):
        await submit(client)

    assert portal.carried == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_that_was_taken_back_is_renewed_at_the_next_try(portal: Portal, client: MynaportalClient) -> None:
    """Tokens end with a restart of the other side, whatever they promised."""
    tokens = iter(range(1, 10))
    portal.token = lambda: JSONResponse({"access_token": f"token-{next(tokens)}", "expires_in": 1800})
    portal.answer = lambda request: (
        problem(401, "TOKEN_REFUSED")
        if request.headers["Authorization"] == "Bearer token-1"
        else JSONResponse(SUBMITTED)
    )

    error = await failure(submit(client))
    assert (type(error), error.final, error.detail) == (MynaportalAccessDenied, False, "401")

    assert (await submit(client)).provisional_number == "K2026112400001"
    assert portal.tokens_given == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
@each_call
async def test_trouble_with_our_own_credentials_refuses_nobodys_application(
    portal: Portal, client: MynaportalClient, call: Call, status: int
) -> None:
    """A final refusal would tell the applicant to amend, and the workflow that nothing had been filed."""
    portal.token = lambda: problem(status, "INVALID_CLIENT")

    error = await failure(call(client))

    assert (type(error), error.final) == (MynaportalAccessDenied, False)
    assert portal.calls == []


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (lambda: Response(status_code=503), MynaportalUnavailable),
        (lambda: Response("<html>maintenance</html>"), MynaportalAnswerUnreadable),
        (lambda: JSONResponse({"access_token": "token-1"}), MynaportalAnswerUnreadable),
    ],
)
async def test_a_token_that_does_not_come_is_waited_for(
    portal: Portal, client: MynaportalClient, token: Callable[[], Response], kind: type[MynaportalError]
) -> None:
    portal.token = token

    error = await failure(client.look_up(REQUEST_ID))
    assert (type(error), error.final) == (kind, False)


# ----- refusals -----------------------------------------------------------------------------------------------


async def test_a_refusal_is_final_and_names_every_item(portal: Portal, client: MynaportalClient) -> None:
    portal.answer = lambda _: problem(422, "ITEMS_WRONG", ("3 氏名", "WIDTH"), ("4 性別", "CODE_UNKNOWN"))

    error = await failure(submit(client))

    assert (type(error), error.final, error.detail) == (MynaportalRefused, True, "ITEMS_WRONG")
    assert [(finding.place, finding.rule) for finding in error.findings] == [
        ("3 氏名", "WIDTH"),
        ("4 性別", "CODE_UNKNOWN"),
    ]
    assert all(finding.message.ja and finding.message.en for finding in error.findings)


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413, 415, 422])
async def test_a_refusal_without_a_reason_is_named_by_its_status(
    portal: Portal, client: MynaportalClient, status: int
) -> None:
    for body in (b"", b"<html>TRAN THI LINH</html>", b'{"title": "x"}'):
        portal.answer = lambda _, body=body: Response(body, status_code=status)  # type: ignore[misc]
        error = await failure(submit(client))
        assert (type(error), error.final, error.detail) == (MynaportalRefused, True, str(status))


@pytest.mark.parametrize("status", [301, 302, 408, 500, 502, 503, 504])
@each_call
async def test_an_outage_is_never_taken_for_a_refusal(
    portal: Portal, client: MynaportalClient, call: Call, status: int
) -> None:
    portal.answer = lambda _: problem(status, "REFUSED")

    error = await failure(call(client))
    assert (type(error), error.final, error.detail) == (MynaportalUnavailable, False, str(status))


async def test_only_the_agencys_own_word_says_that_nothing_was_filed(portal: Portal, client: MynaportalClient) -> None:
    portal.answer = lambda _: problem(404, "APPLICATION_NOT_FOUND")
    assert await client.look_up(REQUEST_ID) is None

    for answer in (problem(404, "NOT_FOUND"), problem(400, "REFUSED_ON_PURPOSE"), Response(status_code=404)):
        portal.answer = lambda _, answer=answer: answer  # type: ignore[misc]
        error = await failure(client.look_up(REQUEST_ID))
        assert (type(error), error.final) == (MynaportalUnavailable, False), "nobody knows, so it is asked again"


# ----- answers that cannot be read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"<html>maintenance</html>", b"[]", b"{}", b"null", b'{"request_id": "TRAN THI LINH"}', b"\xff\xfe"]
)
@each_call
async def test_an_answer_that_cannot_be_read_is_asked_for_again(
    portal: Portal, client: MynaportalClient, call: Call, body: bytes
) -> None:
    portal.answer = lambda _: Response(body)

    error = await failure(call(client))
    assert (type(error), error.final) == (MynaportalAnswerUnreadable, False)


async def test_an_answer_that_was_damaged_on_the_way_is_asked_for_again(
    portal: Portal, client: MynaportalClient
) -> None:
    portal.answer = lambda _: Response(b"no gzip", headers={"Content-Encoding": "gzip"})

    error = await failure(client.look_up(REQUEST_ID))
    assert (type(error), error.final) == (MynaportalUnavailable, False)


@each_call
async def test_what_the_interface_does_not_carry_is_no_outage_to_wait_for(
    portal: Portal, client: MynaportalClient, call: Call
) -> None:
    portal.answer = lambda _: problem(501, "NOT_OFFERED")
    error = await failure(call(client))
    assert (type(error), error.final) == (CapabilityAbsent, True)

    portal.answer = lambda _: problem(501, "OTHER")
    assert type(await failure(call(client))) is MynaportalUnavailable


@each_call
@pytest.mark.parametrize(
    ("said", "again_in"),
    [
        ("1800", timedelta(minutes=30)),
        ("0", timedelta(seconds=5)),
        ("86400", timedelta(hours=1)),
        ("Sat, 21 Nov 2026 19:00:00 GMT", timedelta(minutes=5)),
        ("9" * 15, timedelta(minutes=5)),
        (None, timedelta(minutes=5)),
    ],
)
async def test_maintenance_is_waited_for_as_long_as_it_says_and_looked_at_again_in_an_hour(
    portal: Portal, client: MynaportalClient, call: Call, said: str | None, again_in: timedelta
) -> None:
    def resting(_: Request) -> Response:
        answer = problem(503, "MAINTENANCE")
        if said is not None:
            answer.headers["Retry-After"] = said
        return answer

    portal.answer = resting
    error = await failure(call(client))
    assert (type(error), error.final, error.again_in) == (MynaportalUnderMaintenance, False, again_in)


@each_call
@pytest.mark.parametrize(
    ("said", "again_in"),
    [
        ("90", timedelta(seconds=90)),
        ("0", timedelta(seconds=5)),
        ("86400", timedelta(hours=1)),
        ("Sat, 21 Nov 2026 19:00:00 GMT", None),
        (None, None),
    ],
)
async def test_who_asks_too_often_waits_as_long_as_it_is_told(
    portal: Portal, client: MynaportalClient, call: Call, said: str | None, again_in: timedelta | None
) -> None:
    portal.answer = lambda _: Response(status_code=429, headers={} if said is None else {"Retry-After": said})
    error = await failure(call(client))
    assert (type(error), error.final, error.again_in) == (MynaportalRateExceeded, False, again_in)


async def test_a_place_in_the_feed_that_is_forgotten_is_told_from_other_refusals(
    portal: Portal, client: MynaportalClient
) -> None:
    portal.answer = lambda _: problem(410, "CURSOR_UNKNOWN")
    assert type(await failure(client.news("5", wait=0))) is CursorUnknown
    portal.answer = lambda _: problem(410, "GONE")
    assert type(await failure(client.news("5", wait=0))) is MynaportalRefused


async def test_one_record_that_cannot_be_read_does_not_hide_the_others(
    portal: Portal, client: MynaportalClient
) -> None:
    events = [{**RECORD, "revision": "?", "request_id": "bad"}, {"odd": 1}, RECORD]
    portal.answer = lambda _: JSONResponse({"events": events, "next_cursor": "3"})

    news = await client.news("", wait=0)

    assert [event.request_id for event in news.events] == [REQUEST_ID]
    assert (news.unreadable, news.next_cursor) == (["bad", ""], "3")


async def test_a_new_field_of_the_interface_does_no_harm(portal: Portal, client: MynaportalClient) -> None:
    portal.answer = lambda _: JSONResponse({**RECORD, "new_in_2027": {"x": 1}})

    record = await client.look_up(REQUEST_ID)
    assert record is not None
    assert record.provisional_number == "K2026112400001"


# ----- the line -----------------------------------------------------------------------------------------------


@each_call
async def test_a_refused_connection_is_tried_again(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    async with client_of(f"http://127.0.0.1:{port}") as client:
        error = await failure(call(client))
    assert (type(error), error.final, error.detail) == (MynaportalUnavailable, False, "ConnectError")


@pytest.mark.parametrize("asking_for", ["token", "answer"])
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.PoolTimeout,
        httpx.ReadError,
        httpx.RemoteProtocolError,
        httpx.ProxyError,
        httpx.DecodingError,
    ],
)
async def test_no_trouble_on_the_line_is_final(trouble: type[httpx.RequestError], asking_for: str) -> None:
    def line(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token" and asking_for == "answer":
            return httpx.Response(200, json={"access_token": "token-1", "expires_in": 1800})
        raise trouble("http://sandbox-client:sandbox-secret@host/ TRAN THI LINH")

    async with httpx.AsyncClient(transport=httpx.MockTransport(line), base_url="http://portal") as http:
        client = MynaportalClient(http, client_id="sandbox-client", client_secret="sandbox-secret")
        error = await failure(submit(client))

    assert (type(error), error.final, error.detail) == (MynaportalUnavailable, False, trouble.__name__)


async def test_a_long_poll_is_given_the_time_it_asked_for() -> None:
    timeouts: list[float] = []

    def line(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "token-1", "expires_in": 1800})
        timeouts.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={"events": [], "next_cursor": "1"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(line), base_url="http://portal") as http:
        await MynaportalClient(http, client_id="c", client_secret="s").news("", wait=20)

    assert timeouts == [50.0]


async def test_what_is_sent_can_be_checked_on_the_other_side(portal: Portal, client: MynaportalClient) -> None:
    headers: list[dict[str, str]] = []

    def answer(request: Request) -> Response:
        headers.append(dict(request.headers))
        return JSONResponse(SUBMITTED)

    portal.answer = answer
    await submit(client)

    (sent,) = headers
    assert sent["content-length"] == "3"
    assert "transfer-encoding" not in sent
    assert sent["content-type"] == "application/zip"
    assert sent["application-type"] == "EXTENSION_OF_PERIOD"
    assert sent["digest"] == "sha-256=SnD+mqZDbgLC3qNA+9HjUuTvLYzmylKtJdS5VHH8i/I="
    assert portal.calls == [("PUT", f"/v1/applications/{REQUEST_ID}")]


async def test_a_large_package_arrives_whole_at_every_try(client: MynaportalClient, portal: Portal) -> None:
    """A file is at its end after the first try."""
    package = bytes(range(256)) * 4 * 1024 * 3
    file = io.BytesIO(package)
    sha256 = hashlib.sha256(package).hexdigest()
    portal.answer = lambda _: Response(status_code=503)
    await failure(client.submit(REQUEST_ID, file, "EXTENSION_OF_PERIOD", sha256=sha256))
    portal.answer = lambda _: JSONResponse(SUBMITTED)
    await client.submit(REQUEST_ID, file, "EXTENSION_OF_PERIOD", sha256=sha256)

    assert [hashlib.sha256(body).hexdigest() for body in portal.bodies] == [sha256, sha256]
