"""Bare workflows: one with as many activities, timers, signals and updates as a story, one that wakes every week."""

import asyncio
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from zairyu.models.base import Model


WEEKS = 52


class Load(Model):
    """How many of each."""

    activities: int
    timers: int
    signals: int
    updates: int


@activity.defn
async def do_nothing() -> None:
    """One step."""


@workflow.defn
class BareWorkflow:
    """Its activities one after the other; timers run beside them and are never reached."""

    def __init__(self) -> None:
        self._said = 0

    @workflow.run
    async def run(self, load: Load) -> None:
        timers = [asyncio.create_task(asyncio.sleep(86_400)) for _ in range(load.timers)]
        for _ in range(load.activities):
            await workflow.execute_activity(do_nothing, start_to_close_timeout=timedelta(minutes=1))
        await workflow.wait_condition(lambda: self._said == load.signals + load.updates)
        for timer in timers:
            timer.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.signal
    def tell(self, load: Load) -> None:
        self._said += 1

    @workflow.update
    def ask(self) -> int:
        self._said += 1
        return self._said


async def many_bare(client: Client, count: int, load: Load) -> None:
    """That many at once, on one worker."""
    queue = f"bare-{uuid.uuid4().hex}"
    async with Worker(client, task_queue=queue, workflows=[BareWorkflow], activities=[do_nothing]):
        await asyncio.gather(*(_one(client, queue, load) for _ in range(count)))


async def _one(client: Client, queue: str, load: Load) -> None:
    handle = await client.start_workflow(BareWorkflow.run, load, id=f"bare-{uuid.uuid4().hex}", task_queue=queue)
    for _ in range(load.signals):
        await handle.signal(BareWorkflow.tell, load)
    for _ in range(load.updates):
        await handle.execute_update(BareWorkflow.ask)
    await handle.result()


@workflow.defn
class WeeklyWatch:
    """Looks every week, and finds nothing."""

    @workflow.run
    async def run(self) -> None:
        """A year of weeks."""
        for _ in range(WEEKS):
            await asyncio.sleep(7 * 86_400)
