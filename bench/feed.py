"""`python -m bench.feed`: one poller for ten thousand open applications, and what 90 days of one application cost.

Everything is on one machine: the embedded server, the sandbox, and a worker with the real workflows.
"""

import asyncio
import logging
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table
from temporalio.client import Client
from temporalio.worker import Worker
from tests.activities.mynaportal.watching import Town, Watch, queue_of
from tests.world import temporal_environment

from bench.bare import do_nothing
from bench.counting import actions_of
from bench.hourly import A_DAY, DAYS, HourlyPoller, Polls
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.watch import Pace
from zairyu.models.application import ApplicationForm, ApplicationInput
from zairyu.models.capability import Capability
from zairyu.models.interface import InterfaceProfile
from zairyu.models.mynaportal import FeedPosition, Swept
from zairyu.models.names import application_of_request, application_workflow_id
from zairyu.models.snapshot import Phase
from zairyu.models.state import ApplicationState, StartApplication
from zairyu.models.status import ApplicationStatus, StatusReport, SubmissionReceipt
from zairyu.rules.calendar import add_months, day_in_japan
from zairyu.rules.interface_profiles import interface_profile
from zairyu.runtime.embedded import embedded_server, free_port
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.sandbox.applicant import application_form
from zairyu.sandbox.card.personas import DEMO_APPLICANT
from zairyu.sandbox.case import Stage
from zairyu.sandbox.registry import Contents
from zairyu.sandbox.service import Sandbox, SandboxSettings
from zairyu.worker import WORKFLOWS
from zairyu.workflows.search_attributes import ALL

_OPEN: Final = 10_000
_CHANGED: Final = 100
"""One in so many has news."""
_SAMPLE: Final = 50
"""Histories that are looked at, of those with news and of those without."""
_AT_ONCE: Final = 50
_MONTHS: Final = 3
_PROFILE: Final = interface_profile("sandbox")
_WITHOUT_FEED: Final = _PROFILE.model_copy(update={"capabilities": _PROFILE.capabilities - {Capability.STATUS_FEED}})
_KEYS: Final = KeyRing("bench", {"bench": bytes(32)})
_PACE: Final = Pace(poll=timedelta(seconds=1))


@dataclass
class Cycle:
    """What one look at everybody cost."""

    seconds: float
    signals: int
    per_changed: float
    """Actions of an application with news."""
    unchanged_events: int
    """Events that applications without news gained."""


class Office:
    """Many open applications, here and at the agency."""

    def __init__(self, town: Town, sandbox: Sandbox, http: httpx.AsyncClient, count: int) -> None:
        self._town = town
        self._registry = sandbox.agency.registry
        self._client = MynaportalClient(http, client_id="sandbox-client", client_secret="sandbox-secret")  # noqa: S106 - of the sandbox
        self.requests: Sequence[str] = [town.request_id(number) for number in range(count)]

    async def open(self) -> float:
        """File them all, and start a workflow in examination for each; seconds."""
        today = day_in_japan(datetime.now(UTC))
        form = ApplicationForm.model_validate(
            application_form(DEMO_APPLICANT, add_months(today, 2), "EXTENSION_OF_PERIOD")
        )
        contents = Contents(
            application_type=form.application_type.value,
            signer_name="SAMPLE",
            files=[],
            csv_row={},
            period_expires_on=None,
            collection_method="POST",
        )
        with self._registry.entry():
            for number, request_id in enumerate(self.requests):
                self._registry.add(
                    request_id, provisional_number=f"K{number:08}", sha256="0" * 64, size=1, contents=contents
                )
        began = time.perf_counter()
        places = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._start(each, form, places) for each in self.requests))
        await self._town.eventually(self._all_listed, within=600.0)
        return time.perf_counter() - began

    async def _start(self, request_id: str, form: ApplicationForm, places: asyncio.Semaphore) -> None:
        application = ApplicationInput(application_id=application_of_request(request_id), form=form)
        async with places:
            await self._town.temporal.start_workflow(
                "ApplicationWorkflow",
                StartApplication(application=application, carried_over=_examined(application, request_id)),
                id=application_workflow_id(application.application_id),
                task_queue=self._town.queue,
            )

    async def _all_listed(self) -> bool:
        listed = await self._town.temporal.count_workflows(
            f"WorkflowType = 'ApplicationWorkflow' AND TaskQueue = '{self._town.queue}' AND RequestId IS NOT NULL"
        )
        return listed.count == len(self.requests)

    async def change(self, requests: Sequence[str]) -> None:
        """The agency goes on with some of them."""
        with self._registry.entry():
            for request_id in requests:
                record = self._registry.application(request_id).record
                words = {Stage.RECEIVED.value: Stage.UNDER_EXAMINATION.value}
                self._registry.change(record, application=words.get(record.application, Stage.RECEIVED.value))

    async def cycle(self, profile: InterfaceProfile, start: FeedPosition, changed: Sequence[str]) -> Cycle:
        """From the change at the agency until everybody concerned has been told."""
        quiet = [each for each in self.requests if each not in set(changed)]
        before = {each: await self._history(each) for each in (*changed[:_SAMPLE], *quiet[:_SAMPLE])}
        await self.change(changed)
        began = time.perf_counter()
        watch = Watch(self._town, self._client, profile, pace=_PACE, start=start)
        if Capability.STATUS_FEED in profile.capabilities:
            end = str(self._registry.last_sequence())
            await watch.until(lambda beat: beat.cursor == end, within=600.0)
        else:
            await watch.until(lambda beat: beat.swept is not None, within=600.0)
        seconds = time.perf_counter() - began
        signals = watch.beats[-1].told
        await watch.stop()
        await asyncio.sleep(2.0)
        after = {each: await self._history(each) for each in before}
        return Cycle(
            seconds=seconds,
            signals=signals,
            per_changed=sum(after[each][1] - before[each][1] for each in changed[:_SAMPLE]) / len(changed[:_SAMPLE]),
            unchanged_events=sum(after[each][0] - before[each][0] for each in quiet[:_SAMPLE]),
        )

    async def _history(self, request_id: str) -> tuple[int, int]:
        """Events and actions."""
        history = await self._town.temporal.get_workflow_handle(self._town.workflow_id(request_id)).fetch_history()
        return len(history.events), actions_of(history)

    async def actions(self, request_id: str) -> int:
        return (await self._history(request_id))[1]

    def at_the_end(self) -> FeedPosition:
        """A position from which nothing has been missed, and no sweep is due."""
        now = datetime.now(UTC)
        swept = Swept(began_at=now, ended_at=now, asked=0, unanswered=0, missed=0)
        return FeedPosition(profile=_PROFILE.name, cursor=str(self._registry.last_sequence()), swept=swept)


def _examined(application: ApplicationInput, request_id: str) -> ApplicationState:
    now = datetime.now(UTC)
    report = StatusReport(
        event_id=f"{request_id}/1",
        request_id=request_id,
        revision=1,
        reported_at=now,
        provisional_number="K1",
        receipt_number="東オンＥＮ26000001",
        application=ApplicationStatus.RECEIVED,
    )
    offers = tuple(sorted(_PROFILE.capabilities))
    return ApplicationState(
        application=application,
        after_sending=True,
        phase=Phase.EXAMINATION,
        request_id=request_id,
        receipt=SubmissionReceipt(request_id=request_id, provisional_number="K1", accepted_at=now, offers=offers),
        report=report.model_copy(update={"offers": offers}),
        told=report.model_copy(update={"offers": offers}),
    )


@asynccontextmanager
async def _office(directory: Path, count: int) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        lock = stack.enter_context((directory / "lock").open("w"))
        server = await stack.enter_async_context(
            embedded_server(
                directory / "temporal.sqlite3",
                search_attributes=ALL,
                codec_url="http://127.0.0.1:9",
                log=directory / "temporal.log",
                port=free_port(),
                ui_port=free_port(),
                lock=lock.fileno(),
            )
        )
        temporal = await Client.connect(server.address, plugins=[zairyu_plugin(_KEYS)])
        sandbox = await stack.enter_async_context(Sandbox(SandboxSettings(data_dir=directory / "sandbox")))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=sandbox.base_url))
        queue = queue_of("bench")
        await stack.enter_async_context(Worker(temporal, task_queue=queue, workflows=WORKFLOWS))
        town = Town(temporal, "bench", temporal.get_workflow_handle("status-feed/bench"))
        yield Office(town, sandbox, http, count)


async def measure_feed(console: Console, count: int) -> None:
    """Print what one poller costs, beside applications that ask for themselves."""
    with tempfile.TemporaryDirectory() as directory:
        async with _office(Path(directory), count) as office:
            started = await office.open()
            share = max(count // _CHANGED, _MONTHS)
            first, second = office.requests[:share], office.requests[share : 2 * share]
            by_feed = await office.cycle(_PROFILE, office.at_the_end(), first)
            nowhere = FeedPosition(profile=_PROFILE.name)
            by_number = await office.cycle(_WITHOUT_FEED, nowhere, second)
            one = office.requests[-1]
            for _ in range(_MONTHS):
                await office.cycle(_PROFILE, office.at_the_end(), [one])
            ours = await office.actions(one)
    _print(console, count, started, by_feed, by_number, ours, await _hourly())


async def _hourly() -> int:
    """The actions of one that asks for itself. The polls of 90 days, shared among 24 that run side by side."""
    async with temporal_environment(_KEYS) as environment:
        with environment.with_time_skipping_disabled():
            async with Worker(
                environment.client, task_queue="hourly", workflows=[HourlyPoller], activities=[do_nothing]
            ):
                actions = await asyncio.gather(*(_share(environment.client, number) for number in range(A_DAY)))
    starts_too_many = A_DAY - 1
    return sum(actions) - starts_too_many


async def _share(client: Client, number: int) -> int:
    bare = await client.start_workflow(HourlyPoller.run, Polls(count=DAYS), id=f"hourly-{number}", task_queue="hourly")
    await bare.result()
    return actions_of(await bare.fetch_history())


def _print(
    console: Console, count: int, started: float, by_feed: Cycle, by_number: Cycle, ours: int, theirs: int
) -> None:
    table = Table(
        "", "seconds", "signals", "actions of one with news", "events of 50 without",
        title=f"One look at {count:,} open applications, one in {_CHANGED} with news, {os.cpu_count()} processors",
    )  # fmt: skip
    for name, cycle in (("by the feed", by_feed), ("number by number", by_number)):
        table.add_row(
            name, f"{cycle.seconds:.1f}", str(cycle.signals), f"{cycle.per_changed:.1f}", str(cycle.unchanged_events)
        )
    console.print(table)
    console.print(
        f"They were started in {started:.0f} s. Number by number, the profile allows "
        f"{_WITHOUT_FEED.requests_per_second:.0f} requests a second, {_WITHOUT_FEED.requests_at_once} at once."
    )
    days = Table("One application, 90 days, news once a month", "Temporal actions", title="Waiting")
    days.add_row("told by the one poller", f"{ours:,}")
    days.add_row("asks for itself every hour (an hour is a millisecond here)", f"{theirs:,}")
    console.print(days)
    console.print(
        f"The poller itself: a watch an hour is {A_DAY * DAYS:,} actions in 90 days, for all applications together; "
        "its heartbeats, at most one in 8 s, leave no event and are billed beside."
    )


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(measure_feed(Console(), int(sys.argv[1]) if len(sys.argv) > 1 else _OPEN))
