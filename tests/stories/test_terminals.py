"""What operators know of the desks before they send a person to one."""

import asyncio
import gc
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from tests.fingers import Fingers
from tests.installed import Installed
from tests.readers import PluggedReaders
from tests.world import PATIENCE, Surroundings, World, temporal_environment
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import MessageRefused, Zairyu
from zairyu.models.names import CORE_QUEUE, terminal_workflow_id
from zairyu.models.terminal import ReaderProblem, Readers, TerminalSnapshot, TerminalState
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.worker import WORKFLOWS, keep_registered, terminal_worker

S300 = "SONY FeliCa RC-S300/P 00 00"
GEMALTO = "Gemalto PC Twin Reader 01 00"
ONE = Readers(names=(S300,))
BOTH = Readers(names=(S300, GEMALTO))
NONE = Readers(problem=ReaderProblem.NO_READER)
NO_SERVICE = Readers(problem=ReaderProblem.CARD_SERVICE_UNAVAILABLE)

UNTIL_GONE = 60.0
"""Seconds. A desk that dies is gone when its heartbeat has stopped and nobody has taken its place; while a step
waits for a worker, no server skips time."""


@asynccontextmanager
async def registered(world: World, terminal_id: str, readers: PluggedReaders) -> AsyncIterator[None]:
    async with (
        world.desk(terminal_id, readers, Fingers("")),
        keep_registered(world.temporal, terminal_id, queue=world.queue, on_connection=_not_lost),
    ):
        yield


def _not_lost(lost: bool) -> None:
    assert not lost


async def told(
    world: Surroundings,
    terminal_id: str,
    condition: Callable[[TerminalSnapshot], bool],
    *,
    within: float = PATIENCE,
) -> TerminalSnapshot:
    """Wait for what a terminal should tell."""
    snapshot: TerminalSnapshot | None = None
    ends = asyncio.get_running_loop().time() + within
    while asyncio.get_running_loop().time() < ends:
        try:
            snapshot = await world.zairyu.terminal(terminal_id)
        except MessageRefused:
            snapshot = None
        if snapshot is not None and condition(snapshot):
            return snapshot
        await asyncio.sleep(0.1)
    raise AssertionError(f"it did not come; the terminal is at\n{snapshot}")


async def has(world: Surroundings, terminal_id: str, readers: Readers, *, within: float = PATIENCE) -> TerminalSnapshot:
    return await told(world, terminal_id, lambda snapshot: snapshot.readers == readers, within=within)


async def watched(world: Surroundings, terminal_id: str) -> None:
    """Wait until the terminal has taken up the next watch: one that leaves before cannot say so."""

    async def begun() -> bool:
        description = await world.temporal.get_workflow_handle(terminal_workflow_id(terminal_id)).describe()
        (watch,) = description.raw_description.pending_activities or (None,)
        return watch is not None and watch.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED

    await world.eventually(begun)


async def run_id(world: Surroundings, terminal_id: str) -> str:
    description = await world.temporal.get_workflow_handle(terminal_workflow_id(terminal_id)).describe()
    assert description.run_id is not None
    return description.run_id


async def details(world: World, terminal_id: str) -> str:
    handle = world.temporal.get_workflow_handle(terminal_workflow_id(terminal_id))
    metadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert isinstance(metadata, WorkflowMetadata)
    return metadata.current_details


@pytest.fixture
def desk(world: World) -> str:
    """The name of a desk of its own, beside that of the world."""
    return f"{world.terminal_id}-desk"


# ----- readers ---------------------------------------------------------------------------------------------------


async def test_desk_says_in_the_ui_which_readers_it_has(world: World, desk: str) -> None:
    async with registered(world, desk, PluggedReaders(S300, GEMALTO)):
        snapshot = await has(world, desk, BOTH)
        assert snapshot.state is TerminalState.PRESENT
        assert snapshot.ended_at is None
        assert snapshot.readers_since is not None
        assert snapshot.readers_since >= snapshot.registered_at
        shown = await details(world, desk)
        assert f"**Terminal {desk}** · present" in shown
        assert f"- `{S300}`\n- `{GEMALTO}`" in shown
        description = await world.temporal.get_workflow_handle(terminal_workflow_id(desk)).describe()
        assert await description.static_summary() == f"Desk terminal {desk}"


async def test_reader_that_is_plugged_in_or_out_is_known_at_once(world: World, desk: str) -> None:
    readers = PluggedReaders(S300)
    async with registered(world, desk, readers):
        first = await has(world, desk, ONE)
        readers.plugged = (S300, GEMALTO)
        second = await has(world, desk, BOTH)
        readers.plugged = ()
        third = await has(world, desk, NONE)
        assert "⚠ **NO_READER**" in await details(world, desk)
        readers.plugged = (S300,)
        await has(world, desk, ONE)
    assert first.readers_since is not None
    assert second.readers_since is not None
    assert third.readers_since is not None
    assert first.readers_since < second.readers_since < third.readers_since
    assert first.registered_at == third.registered_at


async def test_card_service_that_does_not_run_is_told_and_the_desk_stays(world: World, desk: str) -> None:
    readers = PluggedReaders(S300)
    readers.service_runs = False
    async with registered(world, desk, readers):
        snapshot = await has(world, desk, NO_SERVICE)
        assert snapshot.state is TerminalState.PRESENT
        assert "⚠ **CARD_SERVICE_UNAVAILABLE**" in await details(world, desk)
        readers.service_runs = True
        await has(world, desk, ONE)


async def test_card_service_that_hangs_is_told_and_the_desk_stays(world: World, desk: str) -> None:
    readers = PluggedReaders(S300)
    async with registered(world, desk, readers):
        await has(world, desk, ONE)
        try:
            readers.service_answers.clear()
            snapshot = await has(world, desk, NO_SERVICE)
        finally:
            readers.service_answers.set()
        assert snapshot.state is TerminalState.PRESENT
        await has(world, desk, ONE)


# ----- desks that come and go ------------------------------------------------------------------------------------


async def test_desk_that_is_shut_down_is_listed_no_more_until_it_is_back(world: World, desk: str) -> None:
    async def listed() -> bool:
        return desk in {snapshot.terminal_id for snapshot in await world.zairyu.terminals()}

    async def not_listed() -> bool:
        return not await listed()

    async with registered(world, desk, PluggedReaders(S300)):
        await has(world, desk, ONE)
        await world.eventually(listed)
        before = await run_id(world, desk)
    closed = await told(world, desk, lambda snapshot: snapshot.state is not TerminalState.PRESENT)
    assert closed.state is TerminalState.CLOSED
    assert closed.ended_at is not None
    assert await world.temporal.get_workflow_handle(terminal_workflow_id(desk)).result() == closed.model_dump(
        mode="json"
    )
    assert "shut down, since" in await details(world, desk)
    await world.eventually(not_listed)

    async with registered(world, desk, PluggedReaders(GEMALTO)):
        back = await has(world, desk, Readers(names=(GEMALTO,)))
        await world.eventually(listed)
        assert back.state is TerminalState.PRESENT
        assert await run_id(world, desk) != before


async def test_two_desks_do_not_disturb_each_other(world: World, desk: str) -> None:
    other, readers, others = f"{desk}-2", PluggedReaders(S300), PluggedReaders(GEMALTO)
    async with registered(world, desk, readers):
        async with registered(world, other, others):
            await has(world, desk, ONE)
            await has(world, other, Readers(names=(GEMALTO,)))

            async def both_listed() -> bool:
                return [snapshot.terminal_id for snapshot in await world.zairyu.terminals()] == [desk, other]

            await world.eventually(both_listed)
            others.service_runs = False
            await has(world, other, NO_SERVICE)
            await watched(world, other)
        await told(world, other, lambda snapshot: snapshot.state is TerminalState.CLOSED)
        readers.plugged = (S300, GEMALTO)
        snapshot = await has(world, desk, BOTH)
        assert snapshot.state is TerminalState.PRESENT


async def test_history_of_a_desk_does_not_name_its_computer(world: World, desk: str) -> None:
    async with registered(world, desk, PluggedReaders(S300)):
        await has(world, desk, ONE)
    handle = world.temporal.get_workflow_handle(terminal_workflow_id(desk))
    await handle.result()
    workers = set()
    async for event in handle.fetch_history_events():
        if event.HasField("activity_task_started_event_attributes"):
            workers.add(event.activity_task_started_event_attributes.identity)
        if event.HasField("activity_task_completed_event_attributes"):
            workers.add(event.activity_task_completed_event_attributes.identity)
    assert workers == {f"terminal/{desk}"}


@pytest.mark.parametrize("terminal_id", ["", "T 1", "../T1", None], ids=repr)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_registration_that_cannot_be_read_fails_and_does_not_hang(world: World, terminal_id: str | None) -> None:
    said = None if terminal_id is None else {"terminal_id": terminal_id}
    handle = await world.temporal.start_workflow("TerminalWorkflow", said, id=uuid.uuid4().hex, task_queue=world.queue)
    with pytest.raises(WorkflowFailureError) as failed:
        async with asyncio.timeout(5):
            await handle.result()
    assert isinstance(failed.value.cause, ApplicationError)
    # As in test_messages: the SDK's coroutine is to be heard of here, and not in the test after this one.
    await world.stop_worker()
    gc.collect()


async def test_desk_whose_readers_come_and_go_all_day_goes_on_in_a_new_history(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    readers = PluggedReaders(S300)
    async with (
        # A history counts as long much sooner here than it does by default.
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=20") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
        registered(world, "flapping", readers),
    ):
        first = await has(world, "flapping", ONE)
        run = await run_id(world, "flapping")
        for _ in range(10):
            readers.plugged = ()
            await has(world, "flapping", NONE)
            readers.plugged = (S300,)
            last = await has(world, "flapping", ONE)
            if await run_id(world, "flapping") != run:
                break
        else:
            raise AssertionError("the story fitted into one history")
        assert (last.state, last.registered_at) == (TerminalState.PRESENT, first.registered_at)
        history = await world.temporal.get_workflow_handle(terminal_workflow_id("flapping")).fetch_history()
        started = history.events[0].workflow_execution_started_event_attributes
        assert started.continued_execution_run_id
        assert "Card readers since" in await details(world, "flapping")


# ----- desks that die --------------------------------------------------------------------------------------------


@asynccontextmanager
async def desk_process(
    world: World, key_file: Path, terminal_id: str, reader: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A desk that can be killed; one that still lives is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.desk_process"),
        world.temporal.service_client.config.target_host,
        str(key_file),
        world.queue,
        terminal_id,
        reader,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_desk_that_lost_power_is_gone_and_registers_when_it_is_back(
    world: World, key_file: Path, desk: str
) -> None:
    async with desk_process(world, key_file, desk, S300) as process:
        await has(world, desk, ONE)
        before = await run_id(world, desk)
        process.kill()
    gone = await told(world, desk, lambda snapshot: snapshot.state is not TerminalState.PRESENT, within=UNTIL_GONE)
    assert gone.state is TerminalState.GONE
    assert gone.ended_at is not None
    assert gone.readers == ONE
    assert "gone: it went silent, since" in await details(world, desk)
    async with desk_process(world, key_file, desk, GEMALTO):
        back = await has(world, desk, Readers(names=(GEMALTO,)))
        assert back.state is TerminalState.PRESENT
        assert back.registered_at > gone.ended_at
        assert await run_id(world, desk) != before


async def test_desk_that_crashed_and_was_started_again_was_never_gone(world: World, key_file: Path, desk: str) -> None:
    async with desk_process(world, key_file, desk, S300) as process:
        before = await has(world, desk, ONE)
        run = await run_id(world, desk)
        process.kill()
    async with desk_process(world, key_file, desk, GEMALTO) as process:
        after = await has(world, desk, Readers(names=(GEMALTO,)))
        assert (after.state, after.registered_at) == (TerminalState.PRESENT, before.registered_at)
        assert await run_id(world, desk) == run
        process.terminate()
        closed = await told(world, desk, lambda snapshot: snapshot.state is not TerminalState.PRESENT)
        assert closed.state is TerminalState.CLOSED


# ----- the connection --------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds processes as Linux shows them")
@pytest.mark.timeout(240)
async def test_desk_hears_that_the_server_is_lost_and_registers_when_it_is_back(tmp_path: Path) -> None:
    heard: list[bool] = []
    installed, readers = Installed(tmp_path), PluggedReaders(S300)
    installed.logs.mkdir()

    async def until_heard(*lost: bool) -> None:
        async with asyncio.timeout(UNTIL_GONE):
            while heard != [*lost]:  # noqa: ASYNC110 - the connection tells nobody else
                await asyncio.sleep(0.1)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(installed.__aexit__)
        await installed.start_server()
        temporal = await Client.connect(installed.endpoints.temporal_address, plugins=[zairyu_plugin(installed.keys)])
        installed.zairyu = Zairyu(temporal, BlobStore(installed.settings.blobs, installed.keys), sample_packs())
        await stack.enter_async_context(Worker(temporal, task_queue=CORE_QUEUE, workflows=WORKFLOWS))
        desk = Desk(readers, Fingers(""), TrustedRoots.of([]))
        await stack.enter_async_context(terminal_worker(temporal, "T1", desk, readers))
        await stack.enter_async_context(
            keep_registered(temporal, "T1", on_connection=heard.append, every=timedelta(seconds=1))
        )
        await has(installed, "T1", ONE)
        assert heard == []

        await installed.kill_server()
        await until_heard(True)
        readers.plugged = ()
        await installed.start_server()
        await until_heard(True, False)
        back = await has(installed, "T1", NONE)
        assert back.state is TerminalState.PRESENT
    assert heard == [True, False], "told once each"
