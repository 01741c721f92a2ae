import time
from datetime import date

import httpx
import pytest

from tests.sandbox.provider import REQUEST_ID, Provider, package, problem
from zairyu.sandbox.service import Sandbox


async def test_lost_answer_leaves_an_application_behind(sandbox: Sandbox, provider: Provider, expiry: date) -> None:
    await provider.arm("lose_answer")

    with pytest.raises(httpx.RemoteProtocolError):
        await provider.submit(package(expiry))

    assert len(sandbox.agency.registry.applications()) == 1
    submitted = await provider.submitted(package(expiry))
    assert submitted.provisional_number == (await provider.record()).provisional_number
    assert len(sandbox.agency.registry.applications()) == 1


async def test_unavailable_does_nothing(sandbox: Sandbox, provider: Provider, expiry: date) -> None:
    await provider.arm("unavailable", 2)

    for _ in range(2):
        answer = await provider.submit(package(expiry))
        assert problem(answer) == (503, "UNAVAILABLE")
        assert answer.headers["Retry-After"] == "1"

    assert sandbox.agency.registry.applications() == []
    await provider.submitted(package(expiry))


async def test_refuse_does_nothing(sandbox: Sandbox, provider: Provider, expiry: date) -> None:
    await provider.arm("refuse")

    assert problem(await provider.submit(package(expiry))) == (400, "REFUSED_ON_PURPOSE")
    assert sandbox.agency.registry.applications() == []


async def test_timeout_is_silent_and_does_nothing(sandbox: Sandbox, provider: Provider, expiry: date) -> None:
    await provider.arm("timeout", seconds=0.2)
    began = time.monotonic()

    with pytest.raises(httpx.RemoteProtocolError):
        await provider.submit(package(expiry))

    assert time.monotonic() - began >= 0.2
    assert sandbox.agency.registry.applications() == []


async def test_a_fault_meets_only_the_call_it_is_meant_for(provider: Provider, expiry: date) -> None:
    await provider.arm("unavailable", call="look_up")

    await provider.submitted(package(expiry))
    assert problem(await provider.http.get(f"/v1/applications/{REQUEST_ID}")) == (503, "UNAVAILABLE")
    await provider.record()


async def test_armed_faults_can_be_seen_and_taken_back(provider: Provider, expiry: date) -> None:
    await provider.arm("unavailable", 3, call="feed")
    await provider.arm("repeat_events", 1)

    armed = (await provider.http.get("/sandbox/faults")).json()
    assert {(order["kind"], order["call"], order["count"]) for order in armed} == {
        ("unavailable", "feed", 3),
        ("repeat_events", "feed", 1),
    }

    await provider.arm("unavailable", 0, call="feed")
    await provider.feed()
    assert [order["kind"] for order in (await provider.http.get("/sandbox/faults")).json()] == ["repeat_events"]


async def test_an_unknown_fault_is_refused(provider: Provider) -> None:
    answer = await provider.http.post("/sandbox/faults", json={"kind": "explode", "count": 1})

    assert problem(answer) == (422, "REQUEST_MALFORMED")
