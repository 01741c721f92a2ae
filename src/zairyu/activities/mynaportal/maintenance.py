"""When the interface rests, and which processes have to be told before it does."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import ValidationError
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.errors import (
    CapabilityAbsent,
    MynaportalError,
    MynaportalRefused,
    MynaportalUnderMaintenance,
)
from zairyu.models.interface import InterfaceProfile, MaintenanceWindow
from zairyu.models.messages import MaintenancePlanned

_NOT_YET_FILED: Final = ("INTAKE", "FILING_WINDOW", "PACKAGING", "SIGNATURE", "SUBMISSION")
"""The phases of an application whose deadline is one of ours to meet."""
_NEXT_DEADLINE: Final = SearchAttributeKey.for_datetime("NextDeadline")
_ROUGHLY: Final = timedelta(minutes=1)
"""SQL stores compare moments as texts, which are wrong by a fraction of a second: what they find is looked at again."""

_log = structlog.get_logger(__name__)


class MaintenanceCalendar:
    """The profile's calendar, and what the interface announces itself. One for each process that speaks to it."""

    def __init__(self, client: MynaportalClient, profile: InterfaceProfile) -> None:
        self._client = client
        self._planned = profile.maintenance
        self._announced: tuple[MaintenanceWindow, ...] = ()

    def windows(self, now: datetime) -> tuple[MaintenanceWindow, ...]:
        """Those that are not over, the next one first."""
        known = dict.fromkeys((*self._planned, *self._announced))
        return tuple(sorted((each for each in known if now < each.ends), key=lambda each: (each.begins, each.ends)))

    def ensure_open(self, now: datetime) -> None:
        """Do not knock in vain.

        Raises:
            MynaportalUnderMaintenance: it rests now.
        """
        if ends := [window.ends for window in self.windows(now) if window.holds(now)]:
            raise MynaportalUnderMaintenance(over_in=max(ends) - now)

    async def look(self) -> bool:
        """Ask the interface what it announces; whether it answered. Without an answer the last one counts."""
        try:
            announced = await self._client.maintenance()
        except (MynaportalRefused, CapabilityAbsent):
            self._announced = ()  # it announces nothing this way
        except MynaportalError as error:
            _log.info("maintenance-unknown", error=error.type_name)
            return False
        else:
            self._announced = tuple(_readable(announced))
        return True

    async def keep_looking(self, every: timedelta) -> None:
        """Ask again and again, for ever: every process that sends has to know, and not only the one that polls."""
        while True:
            await self.look()
            await asyncio.sleep(every.total_seconds())


def _readable(windows: list[wire.Window]) -> list[MaintenanceWindow]:
    readable = []
    for window in windows:
        try:
            readable.append(
                MaintenanceWindow(begins=window.begins, ends=window.ends, source=f"{window.title} ({window.notice_id})")
            )
        except ValidationError:
            _log.warning("maintenance-window-unreadable", notice_id=window.notice_id)
    return readable


class DeadlineTeller:
    """Tells the processes whose next deadline lies in a window: what has to arrive has to arrive before.

    Who has been told shows an earlier deadline, and is not found again. What was told is remembered all the same: the
    server's list lags behind.
    """

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal
        self._told: set[tuple[str, datetime, datetime]] = set()

    async def tell(self, windows: tuple[MaintenanceWindow, ...], *, queue: str) -> int:
        """Tell everybody whom a window concerns and who has not been told; how many that were."""
        self._told &= {
            (workflow_id, window.begins, window.ends) for workflow_id, *_ in self._told for window in windows
        }
        count = 0
        for window in windows:
            for workflow_id in await self._concerned(window, queue):
                key = (workflow_id, window.begins, window.ends)
                if key not in self._told:
                    await self._tell(workflow_id, window)
                    self._told.add(key)
                    count += 1
        return count

    async def _concerned(self, window: MaintenanceWindow, queue: str) -> list[str]:
        phases = ", ".join(f"'{phase}'" for phase in _NOT_YET_FILED)
        first, last = (window.begins - _ROUGHLY).isoformat(), (window.ends + _ROUGHLY).isoformat()
        query = (
            f"ExecutionStatus = 'Running' AND TaskQueue = '{queue}' AND NextDeadline BETWEEN '{first}' AND '{last}'"
            f" AND (WorkflowType = 'DocumentRequestWorkflow'"
            f" OR (WorkflowType = 'ApplicationWorkflow' AND Phase IN ({phases})))"
        )
        return [
            workflow.id
            async for workflow in self._temporal.list_workflows(query)
            if (deadline := workflow.typed_search_attributes.get(_NEXT_DEADLINE)) and window.swallows(deadline)
        ]

    async def _tell(self, workflow_id: str, window: MaintenanceWindow) -> None:
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            await handle.signal("maintenance_planned", MaintenancePlanned(window=window))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
