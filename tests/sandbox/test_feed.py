import asyncio
from datetime import date

from tests.sandbox.provider import REQUEST_ID, Provider, package
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
