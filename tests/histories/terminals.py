"""A desk terminal that stands there, leaves, is gone, or is there for long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fingers import Fingers
from tests.histories.recorder import Recorder
from tests.readers import PluggedReaders
from tests.world import World
from zairyu.client import MessageRefused
from zairyu.models.names import terminal_workflow_id
from zairyu.models.terminal import ReaderProblem, Readers
from zairyu.worker import keep_registered


async def terminal(world: World, recorder: Recorder) -> None:
    """A desk whose card service stops and runs again, and which is shut down in order."""
    readers = PluggedReaders("Reader 1")
    desk = world.temporal.get_workflow_handle(terminal_workflow_id("terminal"))
    async with _desk(world, "terminal", readers):
        await _has(world, "terminal", Readers(names=("Reader 1",)))
        readers.service_runs = False
        await _has(world, "terminal", Readers(problem=ReaderProblem.CARD_SERVICE_UNAVAILABLE))
        readers.service_runs, readers.plugged = True, ("Reader 1", "Reader 2")
        await _has(world, "terminal", Readers(names=("Reader 1", "Reader 2")))
        await recorder.open("terminal", desk)
    await recorder.closed("terminal", desk)


async def terminal_gone(world: World, recorder: Recorder) -> None:
    """A desk that registers and is not heard of again."""
    async with keep_registered(world.temporal, "terminal-gone", queue=world.queue, on_connection=lambda _: None):
        await _has(world, "terminal-gone", None)
    gone = world.temporal.get_workflow_handle(terminal_workflow_id("terminal-gone"))
    await recorder.closed("terminal-gone", gone)


async def terminal_continued(world: World, recorder: Recorder) -> None:
    """A desk whose reader comes and goes until its story goes on in a new history."""
    readers = PluggedReaders()
    async with _desk(world, "terminal-continued", readers):
        await _has(world, "terminal-continued", Readers(problem=ReaderProblem.NO_READER))
        desk = world.temporal.get_workflow_handle(terminal_workflow_id("terminal-continued"))
        first = (await desk.describe()).run_id
        assert first is not None
        while (await desk.describe()).run_id == first:
            readers.plugged = () if readers.plugged else ("Reader 1",)
            problem = None if readers.plugged else ReaderProblem.NO_READER
            await _has(world, "terminal-continued", Readers(names=tuple(readers.plugged), problem=problem))
        await recorder.closed("terminal-continued.first", world.temporal.get_workflow_handle(desk.id, run_id=first))
        await recorder.open("terminal-continued", desk)


@asynccontextmanager
async def _desk(world: World, terminal_id: str, readers: PluggedReaders) -> AsyncIterator[None]:
    async with (
        world.desk(terminal_id, readers, Fingers("")),
        keep_registered(world.temporal, terminal_id, queue=world.queue, on_connection=lambda _: None),
    ):
        yield


async def _has(world: World, terminal_id: str, readers: Readers | None) -> None:
    """Wait until a terminal is registered and has told that it has these readers; `None` is before it has told."""

    async def told() -> bool:
        try:
            return (await world.zairyu.terminal(terminal_id)).readers == readers
        except MessageRefused:
            return False

    await world.eventually(told)
