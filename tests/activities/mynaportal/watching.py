"""A watch over the news as a worker runs it, and small applications that keep what they are told."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import AwareDatetime
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from zairyu.activities.mynaportal.client import MynaportalClient
    from zairyu.activities.mynaportal.maintenance import MaintenanceCalendar
    from zairyu.activities.mynaportal.watch import Pace, StatusWatch
    from zairyu.models.base import Model
    from zairyu.models.feed import FeedSnapshot, WatchFeed
    from zairyu.models.interface import InterfaceProfile, MaintenanceWindow
    from zairyu.models.messages import MaintenancePlanned, StatusChanged
    from zairyu.models.mynaportal import FeedPosition
    from zairyu.models.names import application_of_request, application_workflow_id
    from zairyu.models.status import StatusReport
    from zairyu.rules.interface_profiles import interface_profile
    from zairyu.workflows.search_attributes import AGENCY_REVISION, NEXT_DEADLINE, PHASE, REQUEST_ID
    from zairyu.workflows.status_feed import StatusFeedWorkflow

PROFILE: Final = interface_profile("sandbox")
QUICK: Final = Pace(
    poll=timedelta(seconds=0.2),
    sweep=timedelta(days=1),
    maintenance=timedelta(seconds=0.2),
    again=timedelta(seconds=0.2),
)
"""Real seconds instead of minutes: the feed of a real server is asked more often, and no clock is touched."""
_PATIENCE: Final = 20.0


class Filed(Model):
    """An application as the poller sees it."""

    request_id: str | None
    """Nothing for one of an older release, which shows none."""
    phase: str = "EXAMINATION"
    deadline: AwareDatetime | None = None
    revision: int | None = None
    """The newest that it has heard of before."""


class Hearings(Model):
    """What an application was told, in order."""

    reports: tuple[StatusReport, ...] = ()
    windows: tuple[MaintenanceWindow, ...] = ()


@workflow.defn(name="ApplicationWorkflow")
class SmallApplication:
    """Shows what the real one shows to the poller, and keeps what it is told."""

    @workflow.init
    def __init__(self, filed: Filed) -> None:
        self._hearings = Hearings()
        self._revision = 0
        self._over = False

    @workflow.run
    async def run(self, filed: Filed) -> None:
        shown: list[Any] = [PHASE.value_set(filed.phase)]
        if filed.request_id:
            shown.append(REQUEST_ID.value_set(filed.request_id))
        if filed.deadline:
            shown.append(NEXT_DEADLINE.value_set(filed.deadline))
        if filed.revision:
            shown.append(AGENCY_REVISION.value_set(filed.revision))
        workflow.upsert_search_attributes(shown)
        await workflow.wait_condition(lambda: self._over)

    @workflow.signal
    def status_changed(self, message: StatusChanged) -> None:
        self._hearings = self._hearings.model_copy(update={"reports": (*self._hearings.reports, message.report)})
        if message.report.revision > self._revision:
            self._revision = message.report.revision
            workflow.upsert_search_attributes([AGENCY_REVISION.value_set(self._revision)])

    @workflow.signal
    def maintenance_planned(self, message: MaintenancePlanned) -> None:
        self._hearings = self._hearings.model_copy(update={"windows": (*self._hearings.windows, message.window)})
        workflow.upsert_search_attributes([NEXT_DEADLINE.value_set(message.window.begins)])

    @workflow.signal
    def close(self, filed: Filed) -> None:
        self._over = True

    @workflow.query
    def hearings(self) -> Hearings:
        return self._hearings


class Watch:
    """One try of the watch in the background, as a worker runs it."""

    def __init__(
        self,
        town: "Town",
        client: MynaportalClient,
        profile: InterfaceProfile = PROFILE,
        *,
        pace: Pace = QUICK,
        start: FeedPosition | None = None,
        beaten: FeedPosition | None = None,
        tried_for: timedelta = timedelta(),
    ) -> None:
        self.beats: list[FeedPosition] = []
        self._environment = ActivityEnvironment()
        self._environment.info = dataclasses.replace(
            self._environment.info,
            task_queue=town.queue,
            workflow_id=town.feed.id,
            scheduled_time=datetime.now(UTC) - tried_for,
            current_attempt_scheduled_time=datetime.now(UTC),
            heartbeat_details=[] if beaten is None else [beaten.model_dump()],
        )
        self._environment.on_heartbeat = self.beats.append
        watch = StatusWatch(client, profile, MaintenanceCalendar(client, profile), town.temporal, pace)
        self.running: asyncio.Task[FeedPosition] = asyncio.create_task(
            self._environment.run(watch.watch_status_feed, start or FeedPosition(profile=PROFILE.name))
        )

    async def until(self, reached: Callable[[FeedPosition], bool], *, within: float = _PATIENCE) -> None:
        """Wait until it beats with such a position."""
        async with asyncio.timeout(within):
            while not any(reached(beat) for beat in self.beats):
                if self.running.done():
                    self.beats.append(await self.running)
                    assert reached(self.beats[-1]), self.beats[-1]
                await asyncio.sleep(0.01)

    async def read_up_to(self, cursor: str) -> None:
        await self.until(lambda beat: beat.cursor == cursor)

    async def ended(self) -> FeedPosition:
        """The watch ends by itself, because there is something to show."""
        async with asyncio.timeout(_PATIENCE):
            return await self.running

    async def stop(self) -> FeedPosition:
        """The worker shuts down."""
        self._environment.worker_shutdown()
        async with asyncio.timeout(2):
            return await self.running

    async def failed(self) -> BaseException:
        async with asyncio.timeout(_PATIENCE):
            (error,) = await asyncio.gather(self.running, return_exceptions=True)
        assert isinstance(error, BaseException)
        return error


class Town:
    """Small applications on a real server, and the poller's own workflow, whose activity a test runs by hand."""

    def __init__(self, temporal: Client, name: str, feed: WorkflowHandle[Any, Any]) -> None:
        self.temporal = temporal
        self.queue = queue_of(name)
        self.feed = feed
        self._name = name

    def request_id(self, number: int) -> str:
        """Of an application that no other test has."""
        return f"app-{self._name}-{number:05}.0123456789abcdef0123"

    async def files(self, request_id: str, **shown: Any) -> None:
        """An application is open that was sent under this id."""
        await self._start(request_id, Filed(request_id=request_id, **shown))

    async def filed_by_an_older_release(self, request_id: str) -> None:
        await self._start(request_id, Filed(request_id=None))

    async def _start(self, request_id: str, filed: Filed) -> None:
        handle = await self.temporal.start_workflow(
            SmallApplication.run, filed, id=self.workflow_id(request_id), task_queue=self.queue
        )
        listed = f"WorkflowId = '{handle.id}'" + (f" AND RequestId = '{request_id}'" if filed.request_id else "")

        async def found() -> bool:
            return [one.id async for one in self.temporal.list_workflows(listed)] == [handle.id]

        await self.eventually(found)

    async def closes(self, request_id: str) -> None:
        handle = self.temporal.get_workflow_handle(self.workflow_id(request_id))
        await handle.signal(SmallApplication.close, Filed(request_id=request_id))
        await handle.result()

    def workflow_id(self, request_id: str) -> str:
        return application_workflow_id(application_of_request(request_id))

    async def hearings(self, request_id: str) -> Hearings:
        handle = self.temporal.get_workflow_handle(self.workflow_id(request_id))
        return await handle.query(SmallApplication.hearings)

    async def revisions(self, request_id: str) -> list[int]:
        """What it was told, each time."""
        return [report.revision for report in (await self.hearings(request_id)).reports]

    async def shows(self, request_id: str, revision: int) -> None:
        """Wait until the server lists it with this revision."""

        async def listed() -> bool:
            query = f"RequestId = '{request_id}' AND AgencyRevision = {revision}"
            return bool([one async for one in self.temporal.list_workflows(query)])

        await self.eventually(listed)

    async def snapshot(self) -> FeedSnapshot:
        return await self.feed.query(StatusFeedWorkflow.snapshot)

    async def notices(self) -> list[tuple[str, int, tuple[str, ...]]]:
        """What a person is asked to look at: why, how many, which."""
        return [(each.reason.value, each.count, each.request_ids) for each in (await self.snapshot()).notices]

    async def eventually(self, condition: Callable[[], Awaitable[object]], *, within: float = _PATIENCE) -> None:
        async with asyncio.timeout(within):
            while not await condition():  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.02)


@asynccontextmanager
async def town(temporal: Client, activities: Sequence[Callable[..., Any]] = ()) -> AsyncIterator[Town]:
    """A town of its own queue. Without activities the poller waits for a worker that does not come."""
    name = uuid.uuid4().hex[:12]
    queue = queue_of(name)
    async with AsyncExitStack() as stack:
        feed = await temporal.start_workflow(
            StatusFeedWorkflow.run, WatchFeed(profile=PROFILE.name), id=f"status-feed/{name}", task_queue=queue
        )
        stack.push_async_callback(feed.terminate)
        await stack.enter_async_context(
            Worker(
                temporal,
                task_queue=queue,
                workflows=[SmallApplication, StatusFeedWorkflow],
                activities=activities,
                # With none, as by default, a worker of temporalio 1.35.0 that cancels a step just as it ends may never
                # close.
                graceful_shutdown_timeout=timedelta(seconds=1),
            )
        )
        yield Town(temporal, name, feed)


def queue_of(name: str) -> str:
    return f"news-{name}"
