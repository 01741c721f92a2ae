"""A bare application that asks for itself: every hour one step, and a timer until the next."""

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from bench.bare import do_nothing
    from zairyu.models.base import Model

DAYS = 90
A_DAY = 24


class Polls(Model):
    """How often."""

    count: int


@workflow.defn
class HourlyPoller:
    """Asks so often. The hour between is a millisecond here: to wait longer costs no more."""

    @workflow.run
    async def run(self, polls: Polls) -> None:
        """One step after the other."""
        for _ in range(polls.count):
            await workflow.execute_activity(do_nothing, start_to_close_timeout=timedelta(minutes=1))
            await asyncio.sleep(0.001)
