import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.sandbox.provider import REQUEST_ID, Provider, package, problem, provider_of, running
from zairyu.sandbox.service import Sandbox

OTHER = "app-00000002.0123456789abcdef0123"


async def test_the_feed_tells_every_change_once_and_in_order(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))
    first = await provider.feed()
    await provider.submitted(package(expiry, note="other"), OTHER)
    await provider.officer("receipt-number")
    await provider.officer("examination")

    news = await provider.feed(first.next_cursor)

    assert [(event.request_id, event.revision) for event in first.events] == [(REQUEST_ID, 1)]
    assert [(event.request_id, event.revision) for event in news.events] == [
        (OTHER, 1),
        (REQUEST_ID, 2),
        (REQUEST_ID, 3),
    ]
    assert len({event.event_id for event in [*first.events, *news.events]}) == 4
    again = await provider.feed(news.next_cursor)
    assert again.events == []
    assert again.next_cursor == news.next_cursor


async def test_a_long_poll_ends_with_the_news(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))
    cursor = (await provider.feed()).next_cursor

    waiting = asyncio.create_task(provider.feed(cursor, wait=20))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await provider.officer("receipt-number")

    async with asyncio.timeout(5):
        assert [event.revision for event in (await waiting).events] == [2]


async def test_a_long_poll_without_news_ends_with_its_time(provider: Provider) -> None:
    page = await provider.feed(wait=0.05)

    assert page.events == []


async def test_the_sandbox_does_not_wait_for_a_long_poll_to_stop(sandbox: Sandbox, provider: Provider) -> None:
    waiting = asyncio.create_task(provider.feed(wait=60))
    await asyncio.sleep(0.05)

    async with asyncio.timeout(5):
        await sandbox.__aexit__()
        assert (await waiting).events == []


async def test_repeated_and_reversed_events(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))
    await provider.officer("receipt-number")

    await provider.arm("repeat_events")
    repeated = await provider.feed()
    await provider.arm("reverse_events")
    reversed_ = await provider.feed()
    healthy = await provider.feed()

    assert [event.revision for event in repeated.events] == [1, 1, 2, 2]
    assert [event.revision for event in reversed_.events] == [2, 1]
    assert [event.revision for event in healthy.events] == [1, 2]
    assert repeated.next_cursor == reversed_.next_cursor == healthy.next_cursor


async def test_lost_events_are_never_told(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))
    first = await provider.feed()
    await provider.officer("receipt-number")
    await provider.arm("lose_events")

    lost = await provider.feed(first.next_cursor)
    await provider.officer("examination")
    later = await provider.feed(lost.next_cursor)

    assert lost.events == []
    assert [event.revision for event in later.events] == [3]
    assert [event.revision for event in (await provider.feed()).events] == [1, 3]
    assert (await provider.feed(lost.next_cursor)).next_cursor == later.next_cursor
    assert (await provider.record()).receipt_number is not None


async def test_delayed_events_come_a_day_later_and_after_later_ones(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        expiry = sandbox.clock.today() + timedelta(days=60)
        await provider.submitted(package(expiry))
        first = await provider.feed()
        await provider.officer("receipt-number")
        await provider.arm("delay_events")
        held = await provider.feed(first.next_cursor)
        assert held.events == []
        await provider.officer("examination")
        later = await provider.feed(held.next_cursor)
        assert [event.revision for event in later.events] == [3]

    # The delay outlives a restart, and ends a long poll.
    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        waiting = asyncio.create_task(provider.feed(later.next_cursor, wait=20))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await provider.skip(timedelta(days=1, seconds=1))
        async with asyncio.timeout(5):
            told = await waiting
        assert [event.revision for event in told.events] == [2]
        assert (await provider.feed(told.next_cursor)).events == []
        await provider.officer("document-requests", items="課税証明書", due_on=expiry.isoformat())
        assert [event.revision for event in (await provider.feed(told.next_cursor)).events] == [4]
        assert [event.revision for event in (await provider.feed()).events] == [1, 3, 2, 4]
        assert [record.revision for record in sandbox.agency.registry.history(REQUEST_ID)] == [1, 2, 3, 4]


async def test_a_forgotten_cursor_begins_again(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))
    await provider.arm("forget_cursor")

    whole = await provider.feed()
    refused = await provider.http.get("/v1/status-feed", params={"cursor": whole.next_cursor})

    assert problem(refused) == (410, "CURSOR_UNKNOWN")
    assert (await provider.feed()).events == whole.events
    assert (await provider.feed(whole.next_cursor)).events == []


@pytest.mark.parametrize("axis", ["application", "documents", "collection", "outcome"])
async def test_an_odd_word_stands_in_one_place_of_one_record(provider: Provider, expiry: date, axis: str) -> None:
    await provider.submitted(package(expiry))
    await provider.officer("receipt-number")
    await provider.arm("odd_word", axis=axis)

    odd = await provider.feed()
    right = await provider.feed()

    assert odd.events[0] == right.events[0]
    assert odd.events[1] == right.events[1].model_copy(update={axis: "保留"})
    assert await provider.record() == right.events[1]


async def test_an_application_that_came_another_way_is_told_of_too(provider: Provider) -> None:
    stranger = (await provider.http.post("/sandbox/strangers")).json()

    news = (await provider.feed()).events
    assert {event.request_id for event in news} == {stranger["request_id"]}
    assert news[-1].receipt_number == stranger["receipt_number"]
    assert stranger["receipt_number"]
    page = f"/officer/applications/{stranger['request_id']}"
    assert "came another way" in (await provider.http.get(page)).text
    assert (await provider.http.post(f"{page}/examination")).status_code == 303
