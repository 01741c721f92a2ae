"""When the interface rests."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.sandbox.provider import Provider, package, problem, provider_of, running
from zairyu.sandbox.clock import JAPAN
from zairyu.sandbox.service import Sandbox

HOUR = timedelta(hours=1)


async def every_call(provider: Provider) -> list[httpx.Response]:
    return [
        await provider.submit(package()),
        await provider.http.get("/v1/applications/unknown-1"),
        await provider.supply(),
        await provider.choose("POST"),
        await provider.withdraw(),
        await provider.http.get("/v1/status-feed"),
    ]


async def test_nothing_but_the_plan_is_answered_during_a_window(provider: Provider, sandbox: Sandbox) -> None:
    begins = sandbox.clock.now() + timedelta(days=2)
    await provider.announce(begins, begins + 8 * HOUR, title="定期メンテナンス", notice_id="2026-11")
    (window,) = (await provider.maintenance()).windows
    assert (window.begins, window.ends, window.notice_id) == (begins, begins + 8 * HOUR, "2026-11")
    assert (await provider.submit(package())).status_code == 200

    await provider.skip(timedelta(days=2) + HOUR)
    for answer in await every_call(provider):
        assert problem(answer) == (503, "MAINTENANCE")
        assert 7 * 3600 - 120 < int(answer.headers["Retry-After"]) <= 7 * 3600
    assert (await provider.maintenance()).windows == [window]

    await provider.skip(timedelta(days=2) + 8 * HOUR)
    assert 503 not in {answer.status_code for answer in await every_call(provider)}
    assert (await provider.maintenance()).windows == []


async def test_a_window_is_moved_and_taken_back(provider: Provider, sandbox: Sandbox) -> None:
    now = sandbox.clock.now()
    await provider.announce(now + 30 * HOUR, now + 31 * HOUR, notice_id="first")
    await provider.announce(now + 20 * HOUR, now + 21 * HOUR, notice_id="second")
    await provider.announce(now + 10 * HOUR, now + 12 * HOUR, notice_id="first")

    assert [window.notice_id for window in (await provider.maintenance()).windows] == ["first", "second"]
    assert (await provider.http.delete("/sandbox/maintenance/first")).status_code == 200
    assert [window.notice_id for window in (await provider.maintenance()).windows] == ["second"]
    assert problem(await provider.http.delete("/sandbox/maintenance/first")) == (404, "NO_SUCH_NOTICE")
    wrong = {"begins": now.isoformat(), "ends": (now - HOUR).isoformat()}
    answer = await provider.http.post("/sandbox/maintenance", json=wrong)
    assert problem(answer) == (409, "WINDOW_ENDS_BEFORE_IT_BEGINS")


async def test_an_outage_lasts_until_it_is_over(provider: Provider) -> None:
    await provider.http.post("/sandbox/outage", json={"on": True})
    assert {problem(answer) for answer in await every_call(provider)} == {(503, "OUTAGE")}
    assert (await provider.maintenance()).outage

    await provider.http.post("/sandbox/outage", json={"on": False})
    assert 503 not in {answer.status_code for answer in await every_call(provider)}
    assert not (await provider.maintenance()).outage


async def test_the_plan_is_for_those_with_a_token(provider: Provider) -> None:
    answer = await provider.http.get("/v1/maintenance", headers={"Authorization": ""})

    assert problem(answer) == (401, "TOKEN_REFUSED")


async def test_announcements_survive_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        await provider.announce(sandbox.clock.now() + HOUR, sandbox.clock.now() + 2 * HOUR)
        await provider.http.post("/sandbox/outage", json={"on": True})
        before = await provider.maintenance()

    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        assert await provider.maintenance() == before


async def test_a_window_is_announced_on_the_start_page(provider: Provider, sandbox: Sandbox) -> None:
    tomorrow = sandbox.clock.today() + timedelta(days=1)
    fields = {"begins": f"{tomorrow}T22:00", "ends": f"{tomorrow}T23:30", "title": "<b>更改</b>"}
    assert (await provider.http.post("/levers/maintenance", data=fields)).status_code == 303

    (window,) = (await provider.maintenance()).windows
    assert f"{window.begins.astimezone(JAPAN):%Y-%m-%d %H:%M}" == f"{tomorrow} 22:00"
    shown = (await provider.http.get("/")).text
    assert f"{tomorrow} 22:00:00" in shown
    assert "&lt;b&gt;更改" in shown
    assert (await provider.http.post(f"/levers/maintenance/{window.notice_id}/withdrawal")).status_code == 303
    assert (await provider.maintenance()).windows == []


@pytest.mark.parametrize("call", ["maintenance", "withdrawal"])
async def test_the_new_calls_can_go_wrong_too(provider: Provider, call: str) -> None:
    await provider.arm("unavailable", call=call)

    answer = await (provider.http.get("/v1/maintenance") if call == "maintenance" else provider.withdraw())

    assert problem(answer) == (503, "UNAVAILABLE")
