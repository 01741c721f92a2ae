"""A quiet year: the watch over a stay, beside one that wakes every week to see whether there is something to do."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import WorkflowHistory
from temporalio.worker import Worker
from tests.stays import WatchedStay, held
from tests.world import World

from bench.bare import WEEKS, WeeklyWatch
from zairyu.rules.calendar import add_months

_YEAR = 12
"""Months."""


async def quiet_year(world: World) -> Sequence[WorkflowHistory]:
    """The history of a watch from a registration to the last reminder of its year, and of a weekly one."""
    stay = WatchedStay(world)
    expires_on = add_months(world.today, _YEAR)
    await stay.tell("registered", held=held(expires_on))
    await stay.live_until(expires_on - timedelta(days=10))
    queue = f"weekly-{stay.user_id}"
    async with Worker(world.temporal, task_queue=queue, workflows=[WeeklyWatch]):
        weekly = await world.temporal.start_workflow(WeeklyWatch.run, id=queue, task_queue=queue)
        await world.environment.fast_forward(weekly, timedelta(weeks=WEEKS, hours=1))
        await weekly.result()
        return await stay.handle.fetch_history(), await weekly.fetch_history()
