"""The watch of a desk's readers, as Temporal runs it."""

import asyncio

import pytest
from temporalio.testing import ActivityEnvironment

from tests.readers import PluggedReaders
from zairyu.activities.card_reader.registration import ReaderWatch
from zairyu.models.terminal import ReaderProblem, ReaderReport, Readers, WatchReaders

ONE = Readers(names=("SONY FeliCa RC-S300/P 00 00",))


async def _under_way(readers: PluggedReaders, known: Readers) -> tuple[ActivityEnvironment, asyncio.Task[ReaderReport]]:
    """A watch that has shown that it lives, and goes on."""
    environment, beat = ActivityEnvironment(), asyncio.Event()
    environment.on_heartbeat = lambda *_: beat.set()
    watching = asyncio.create_task(environment.run(ReaderWatch(readers).watch_readers, WatchReaders(known=known)))
    async with asyncio.timeout(5):
        await beat.wait()
    assert not watching.done()
    return environment, watching


async def test_watch_of_readers_that_are_known_shows_that_it_lives_and_goes_on() -> None:
    _, watching = await _under_way(PluggedReaders(*ONE.names), ONE)
    done, _ = await asyncio.wait([watching], timeout=2)
    assert not done
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def test_desk_that_closes_says_so_at_once() -> None:
    environment, watching = await _under_way(PluggedReaders(*ONE.names), ONE)
    environment.worker_shutdown()
    async with asyncio.timeout(5):
        assert await watching == ReaderReport(readers=ONE, closing=True)


async def test_desk_whose_card_service_hangs_still_says_that_it_closes() -> None:
    readers = PluggedReaders(*ONE.names)
    readers.service_answers.clear()
    try:
        environment, watching = await _under_way(readers, ONE)
        environment.worker_shutdown()
        async with asyncio.timeout(9):
            report = await watching
    finally:
        readers.service_answers.set()
    assert report == ReaderReport(readers=Readers(problem=ReaderProblem.CARD_SERVICE_UNAVAILABLE), closing=True)
