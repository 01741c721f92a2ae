from collections.abc import AsyncIterator

import httpx
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from zairyu.runtime.codec import EncryptingCodec
from zairyu.runtime.codec_server import codec_server
from zairyu.runtime.keys import KeyRing

UI, ELSEWHERE = "http://127.0.0.1:8233", "http://evil.example"
CODEC = EncryptingCodec(KeyRing("one", {"one": bytes(32)}))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"TRAN THI LINH"')


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    server = httpx.ASGITransport(codec_server(CODEC, ui_origins=[UI]))
    async with httpx.AsyncClient(transport=server, base_url="http://127.0.0.1:8081") as http:
        yield http


async def post(browser: httpx.AsyncClient, path: str, payloads: list[Payload], origin: str = UI) -> httpx.Response:
    return await browser.post(
        path,
        content=json_format.MessageToJson(Payloads(payloads=payloads)),
        headers={"Origin": origin, "Content-Type": "application/json", "X-Namespace": "default"},
    )


def payloads_of(answer: httpx.Response) -> list[Payload]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return list(json_format.Parse(answer.content, Payloads()).payloads)


async def preflight(browser: httpx.AsyncClient, origin: str, method: str = "POST") -> httpx.Response:
    return await browser.options(
        "/decode",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,x-namespace",
        },
    )


async def test_a_developer_sees_payloads_in_clear_and_others_as_they_are(browser: httpx.AsyncClient) -> None:
    sealed = await CODEC.encode([PLAIN])

    assert payloads_of(await post(browser, "/decode", [*sealed, PLAIN])) == [PLAIN, PLAIN]


async def test_what_is_typed_into_the_ui_is_encrypted(browser: httpx.AsyncClient) -> None:
    answer = await post(browser, "/encode", [PLAIN])

    assert "TRAN" not in answer.text
    assert await CODEC.decode(payloads_of(answer)) == [PLAIN]


async def test_only_the_ui_may_ask_from_a_browser(browser: httpx.AsyncClient) -> None:
    allowed = await preflight(browser, UI)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == UI

    for refused in (await preflight(browser, ELSEWHERE), await preflight(browser, "null")):
        assert refused.status_code == 400
        assert "access-control-allow-origin" not in refused.headers
    assert (await preflight(browser, UI, "DELETE")).status_code == 400


async def test_a_foreign_page_cannot_read_an_answer(browser: httpx.AsyncClient) -> None:
    assert "access-control-allow-origin" not in (await post(browser, "/decode", [PLAIN], ELSEWHERE)).headers
    assert (await post(browser, "/decode", [PLAIN])).headers["access-control-allow-origin"] == UI


@pytest.mark.parametrize("body", [b"", b"TRAN THI LINH", b'{"payloads": "TRAN"}', b'{"person": "TRAN"}'])
async def test_what_is_no_payload_is_refused_without_repeating_it(browser: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/decode", "/encode"):
        answer = await browser.post(path, content=body)
        assert answer.status_code == 400
        assert "TRAN" not in answer.text


async def test_a_payload_of_a_lost_key_says_so(browser: httpx.AsyncClient) -> None:
    sealed = await EncryptingCodec(KeyRing("lost", {"lost": bytes(32)})).encode([PLAIN])

    answer = await post(browser, "/decode", sealed)

    assert answer.status_code == 400
    assert "'lost'" in answer.text
