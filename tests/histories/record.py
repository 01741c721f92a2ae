"""Record the stories afresh: `make histories`. The README beside says when that is allowed."""

import asyncio
import logging
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowHistory

from tests.fingers import Fingers
from tests.histories.files import DIRECTORY, write
from tests.readers import PluggedReaders
from tests.world import PATIENCE, World, temporal_environment
from zairyu.client import MessageRefused
from zairyu.models import messages
from zairyu.models.names import application_workflow_id, terminal_workflow_id
from zairyu.models.residence import CollectionMethod
from zairyu.models.snapshot import AttentionReason, End, Phase
from zairyu.models.status import ApplicationStatus
from zairyu.models.terminal import ReaderProblem, Readers
from zairyu.rules.calendar import add_months
from zairyu.runtime.codec import EncryptingCodec
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.worker import keep_registered

_A_STORY = 120.0
"""Seconds that a story may take."""
_UNDER_WAY = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
)
_LAST = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
)


class Recorder:
    """Writes down what the server has, open and closed."""

    def __init__(self, codec: EncryptingCodec, directory: Path) -> None:
        self._codec = codec
        self._directory = directory

    async def open(self, name: str, workflow: WorkflowHandle[Any, Any]) -> None:
        """The history as it is while the workflow waits, with nothing under way."""
        length = 0
        while True:
            history = await self._history(workflow)
            if len(history.events) == length and history.events[-1].event_type not in _UNDER_WAY:
                return self._write(f"{name}.open", history)
            length = len(history.events)
            await asyncio.sleep(0.5)

    async def closed(self, name: str, workflow: WorkflowHandle[Any, Any]) -> None:
        """The whole history, as soon as the workflow has closed."""
        while True:
            history = await self._history(workflow)
            if history.events[-1].event_type in _LAST:
                return self._write(f"{name}.closed", history)
            await asyncio.sleep(0.1)

    async def _history(self, workflow: WorkflowHandle[Any, Any]) -> WorkflowHistory:
        return await workflow.fetch_history()

    def _write(self, name: str, history: WorkflowHistory) -> None:
        file = self._directory / f"{name}.json"
        write(file, history, self._codec)
        print(f"  {file.name}: {len(history.events)} events")


async def completed(world: World, recorder: Recorder) -> None:
    """To the card in the hand, with documents asked for and supplied, and a reminder of the fee."""
    application_id = await world.file(application_id="completed-story")
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    due_on = world.today + timedelta(days=14)
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(due_on))
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await _mails(world, 2)
    await recorder.open("completed", world.handle(application_id))
    await recorder.open("completed.documents", world.handle(application_id, request=1))
    await recorder.open("status-feed", await _status_feed(world))
    await world.supply(application_id, 1)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    await recorder.closed("completed.documents", world.handle(application_id, request=1))
    await world.officer(application_id, "permission", years="3")
    due = await world.until(application_id, lambda snapshot: snapshot.fee is not None)
    await _mails(world, 4)
    await world.advance(application_id, timedelta(days=8))
    await world.until(application_id, lambda snapshot: str(snapshot.timeline).count("fee-due") == 4)
    paid = messages.ReportPayment(message_id="paid", paid_on=world.today)
    await world.zairyu.report_payment(application_id, paid)
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.until(application_id, lambda snapshot: "collection" in str(snapshot.timeline))
    have_it = messages.ConfirmCollection(message_id="card", collected_on=world.today)
    await world.zairyu.confirm_collection(application_id, have_it)
    await _end(world, application_id, End.COMPLETED)
    await recorder.closed("completed", world.handle(application_id))


async def denied(world: World, recorder: Recorder) -> None:
    """Asked at the desk and taken back; a wrong password; a changed collection; an alarm; documents cut off."""
    application_id = await world.start(application_id="denied-story")
    world.fingers.hold.clear()
    await world.sign(application_id)
    await world.eventually(lambda: _asked(world))
    await world.zairyu.stop_signing(application_id, messages.StopSigning(message_id="not now"))
    world.fingers.hold.set()
    right, world.fingers.password = world.fingers.password, "WRONG9"
    await world.sign(application_id)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    world.fingers.password = right
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    by_post = messages.ChooseCollection(message_id="by post", method=CollectionMethod.POST)
    await world.zairyu.choose_collection(application_id, by_post)
    await world.until(application_id, lambda snapshot: snapshot.collection_method is CollectionMethod.POST)
    await world.advance(application_id, timedelta(days=8))
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    acknowledged = messages.Resolve(
        message_id="seen", reason=AttentionReason.RECEIPT_NUMBER_OVERDUE, action=messages.ResolveAction.ACKNOWLEDGE
    )
    await world.zairyu.resolve(application_id, acknowledged)
    await recorder.open("denied", world.handle(application_id))
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    due_on = world.today + timedelta(days=14)
    await world.officer(application_id, "document-requests", items="課税証明書", due_on=str(due_on))
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await _mails(world, 2)
    await world.officer(application_id, "denial")
    await _end(world, application_id, End.DENIED)
    await recorder.closed("denied", world.handle(application_id))
    await recorder.closed("denied.documents", world.handle(application_id, request=1))


async def _asked(world: World) -> bool:
    return bool(world.fingers.asked)


async def withdrawn(world: World, recorder: Recorder) -> None:
    """Withdrawn after filing, by a person at the counter."""
    application_id = await world.file(application_id="withdrawn-story")
    await world.officer(application_id, "receipt-number")
    await world.in_phase(application_id, Phase.EXAMINATION)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no more"))
    asked = await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    await _mails(world, 1)
    await recorder.open("withdrawn", world.handle(application_id))
    by_hand = messages.CompleteManualStep(
        message_id="done", step=asked.manual_steps[0].kind, evidence="窓口の受付印のある控え"
    )
    await world.zairyu.complete_manual_step(application_id, by_hand)
    await _end(world, application_id, End.WITHDRAWN)
    await recorder.closed("withdrawn", world.handle(application_id))


async def window_missed(world: World, recorder: Recorder) -> None:
    """Nobody comes to sign until online filing has closed."""
    application_id = await world.start(
        expires_on=world.today + timedelta(days=10), application_id="window-missed-story"
    )
    await world.in_phase(application_id, Phase.SIGNATURE)
    await recorder.open("window-missed", world.handle(application_id))
    await world.advance(application_id, timedelta(days=11))
    await _end(world, application_id, End.WINDOW_MISSED)
    await recorder.closed("window-missed", world.handle(application_id))


async def early(world: World, recorder: Recorder) -> None:
    """Handed in before its window opens, amended while it waits, and given up before it is signed."""
    opens_on = world.today + timedelta(days=40)
    application_id = await world.start(expires_on=add_months(opens_on, 3), application_id="early-story")
    await world.in_phase(application_id, Phase.FILING_WINDOW)
    await recorder.open("early", world.handle(application_id))
    by_post = messages.ChooseCollection(message_id="by post", method=CollectionMethod.POST)
    await world.zairyu.choose_collection(application_id, by_post)
    await world.advance(application_id, timedelta(days=41))
    await world.in_phase(application_id, Phase.SIGNATURE)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no more"))
    await _end(world, application_id, End.CANCELLED)
    await recorder.closed("early", world.handle(application_id))


async def continued(world: World, recorder: Recorder) -> None:
    """Long enough to go on in a new history, which begins with all that the first one knew."""
    application_id = await world.start(application_id="continued-story")
    first = (await world.handle(application_id).describe()).run_id
    assert first is not None
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.until(
        application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION
    )
    await _mails(world, 1)
    await recorder.closed(
        "continued.first", world.temporal.get_workflow_handle(application_workflow_id(application_id), run_id=first)
    )
    await recorder.open("continued", world.handle(application_id))
    await world.officer(application_id, "denial")
    await _end(world, application_id, End.DENIED)
    await recorder.closed("continued", world.handle(application_id))


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


Story = Callable[[World, Recorder], Awaitable[None]]
STORIES: Mapping[tuple[str, ...], Sequence[Story]] = {
    (): (completed, denied, withdrawn, window_missed, early, terminal, terminal_gone),
    ("limit.historyCount.suggestContinueAsNew=40",): (continued, terminal_continued),
}
"""The stories, by the flags of the server that they need."""


async def _status_feed(world: World) -> WorkflowHandle[Any, Any]:
    running = "WorkflowType = 'StatusFeedWorkflow' AND ExecutionStatus = 'Running'"
    (feed,) = [workflow.id async for workflow in world.temporal.list_workflows(running)]
    return world.temporal.get_workflow_handle(feed)


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


async def _mails(world: World, count: int) -> None:
    """Wait until the applicant has so many mails."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if len(await world.mails()) >= count:
                return
            await asyncio.sleep(0.05)


async def _end(world: World, application_id: str, end: End) -> None:
    closed = await world.in_phase(application_id, Phase.CLOSED)
    if closed.end is not end:
        raise AssertionError(f"it ended otherwise:\n{closed.model_dump_json(indent=2)}")


async def main() -> None:
    """Live through every story, and replace what was recorded only when all of them came to their end."""
    # A story has its failed steps; they are no news here.
    logging.getLogger("temporalio").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        fresh = directory / "histories"
        fresh.mkdir()
        keys = KeyRing.load_or_generate(directory / "keys.json")
        pki = SandboxPki(directory / "pki")
        recorder = Recorder(EncryptingCodec(keys), fresh)
        for flags, stories in STORIES.items():
            async with temporal_environment(keys, *flags) as environment:
                for story in stories:
                    print(story.__doc__)
                    folder = directory / story.__name__
                    folder.mkdir()
                    async with World(environment, keys, pki, folder) as world, asyncio.timeout(_A_STORY):
                        await story(world, recorder)
        for file in fresh.iterdir():
            content = file.read_text(encoding="utf-8")
            if any(trace in content for trace in (f"@{socket.gethostname()}", str(Path.home()), name)):
                sys.exit(f"{file.name} would name this machine: mend _anonymous in tests/histories/files.py")
        for file in DIRECTORY.glob("*.json"):
            file.unlink()
        for file in fresh.iterdir():
            (DIRECTORY / file.name).write_bytes(file.read_bytes())


if __name__ == "__main__":
    asyncio.run(main())
