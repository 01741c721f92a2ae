"""What Temporal Cloud bills, read off histories."""

from collections import Counter
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

_ACTIONS: Final = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: 1,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: 1,
    EventType.EVENT_TYPE_TIMER_STARTED: 1,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 1,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 1,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 1,
    # A child counts twice; its own start is the second time.
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: 1,
}
"""What Temporal Cloud bills as actions, by the event that shows it. Queries, retries and heartbeats leave no event."""


def actions_of(history: WorkflowHistory) -> int:
    """The billed actions of one history."""
    counts = Counter(event.event_type for event in history.events)
    return sum(count * counts[kind] for kind, count in _ACTIONS.items())
