"""Writes down what the server has of a story."""

import asyncio
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowHistory

from tests.histories.files import write
from zairyu.runtime.codec import EncryptingCodec

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
