"""What a workflow asks of the server, in one form for both sides: as a history notes it, as today's code issues it.

Left out is only what belongs to the run and not to the code: the namespace, the name of the worker's own queue,
sequence numbers, stack traces. Markers of patches are left to the Replayer, which knows when they may be absent.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload, RetryPolicy
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionStartedEventAttributes
from temporalio.api.sdk.v1 import UserMetadata
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.client import WorkflowHistory

_PATCH_ATTRIBUTE: Final = "TemporalChangeVersion"
_OWN_QUEUE: Final = "(the workflow's own)"
_DEFAULT_RETRY: Final = {"first": 1.0, "factor": 2.0, "longest": 100.0, "tries": 0, "not for": []}


@dataclass(frozen=True)
class Command:
    """One thing a workflow asked for."""

    kind: str
    key: str
    """Tells commands of one kind apart: an activity's id, a timer's, a child's."""
    what: Mapping[str, Any]
    event: int = 0
    """The event that notes it, where it comes from a history."""

    def __str__(self) -> str:
        name = self.what.get("type") or self.what.get("summary") or self.key
        return f"{self.kind} {name!r}" if name else self.kind


# ----- as a history notes it ------------------------------------------------------------------------------------


def recorded_commands(history: WorkflowHistory) -> list[Command]:
    notes = _Notes(history.events)
    return [command for event in history.events if (command := notes.command(event)) is not None]


class _Notes:
    def __init__(self, events: Sequence[HistoryEvent]) -> None:
        self._events = {event.event_id: event for event in events}
        self._started = events[0].workflow_execution_started_event_attributes

    def command(self, event: HistoryEvent) -> Command | None:
        name = event.WhichOneof("attributes") or ""
        reader: Callable[[HistoryEvent, Any], Command | None] | None = getattr(self, f"_{name}", None)
        if reader is not None:
            return reader(event, getattr(event, name))
        if "marker_recorded" in name or any(name.startswith(word) for word in _ANSWERS):
            return None
        raise NotImplementedError(f"tests/replay/commands.py does not read {name} yet: add it on both sides")

    def _activity_task_scheduled_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        return Command(
            "activity",
            noted.activity_id,
            {
                "type": noted.activity_type.name,
                "queue": self._queue(noted.task_queue.name),
                "input": _values(noted.input.payloads),
                "schedule to close": _seconds(noted.schedule_to_close_timeout),
                "schedule to start": _seconds(noted.schedule_to_start_timeout),
                "start to close": _seconds(noted.start_to_close_timeout),
                "heartbeat": _seconds(noted.heartbeat_timeout),
                "retry": _retry(noted.retry_policy),
                "priority": MessageToDict(noted.priority),
                "headers": _named_values(noted.header.fields),
                "summary": _summary(event.user_metadata),
            },
            event.event_id,
        )

    def _activity_task_cancel_requested_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        scheduled = self._events[noted.scheduled_event_id].activity_task_scheduled_event_attributes
        return Command("cancel activity", scheduled.activity_id, {"id": scheduled.activity_id}, event.event_id)

    def _timer_started_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        what = {"seconds": _seconds(noted.start_to_fire_timeout), "summary": _summary(event.user_metadata)}
        return Command("timer", noted.timer_id, what, event.event_id)

    def _timer_canceled_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        return Command("cancel timer", noted.timer_id, {"id": noted.timer_id}, event.event_id)

    def _upsert_workflow_search_attributes_event_attributes(self, event: HistoryEvent, noted: Any) -> Command | None:
        values = _named_values(noted.search_attributes.indexed_fields)
        if values.keys() == {_PATCH_ATTRIBUTE}:
            return None
        return Command("search attributes", "", values, event.event_id)

    def _workflow_properties_modified_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        return Command("memo", "", _named_values(noted.upserted_memo.fields), event.event_id)

    def _start_child_workflow_execution_initiated_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        what = {
            "type": noted.workflow_type.name,
            "id": noted.workflow_id,
            "queue": self._queue(noted.task_queue.name),
            "when the parent closes": noted.parent_close_policy,
            "reuse of the id": noted.workflow_id_reuse_policy,
            "cron": noted.cron_schedule,
            "execution timeout": _seconds(noted.workflow_execution_timeout),
            "search attributes": _named_values(noted.search_attributes.indexed_fields),
            "summary": _summary(event.user_metadata),
            "priority": MessageToDict(noted.priority),
            **_run(noted, noted.input.payloads, noted.header.fields, noted.memo.fields),
        }
        return Command("child workflow", noted.workflow_id, what, event.event_id)

    def _request_cancel_external_workflow_execution_initiated_event_attributes(
        self, event: HistoryEvent, noted: Any
    ) -> Command:
        workflow_id = noted.workflow_execution.workflow_id
        return Command("cancel workflow", workflow_id, {"id": workflow_id}, event.event_id)

    def _signal_external_workflow_execution_initiated_event_attributes(
        self, event: HistoryEvent, noted: Any
    ) -> Command:
        workflow_id = noted.workflow_execution.workflow_id
        what = {
            "name": noted.signal_name,
            "input": _values(noted.input.payloads),
            "headers": _named_values(noted.header.fields),
        }
        return Command("signal workflow", workflow_id, what, event.event_id)

    def _workflow_execution_update_accepted_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        return Command("accept update", noted.protocol_instance_id, {"id": noted.protocol_instance_id}, event.event_id)

    def _workflow_execution_update_completed_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        accepted = self._events[noted.accepted_event_id].workflow_execution_update_accepted_event_attributes
        what = {
            "result": _values(noted.outcome.success.payloads),
            "failure": _failure(noted.outcome.failure),
        }
        return Command("answer update", accepted.protocol_instance_id, what, event.event_id)

    def _workflow_execution_completed_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        return Command("complete", "", {"result": _values(noted.result.payloads)}, event.event_id)

    def _workflow_execution_failed_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        return Command("fail", "", {"failure": _failure(noted.failure)}, event.event_id)

    def _workflow_execution_canceled_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        return Command("end as cancelled", "", {"details": _values(noted.details.payloads)}, event.event_id)

    def _workflow_execution_continued_as_new_event_attributes(self, event: HistoryEvent, noted: Any) -> Command:
        what = {
            "type": noted.workflow_type.name,
            "queue": self._queue(noted.task_queue.name),
            **_run(noted, noted.input.payloads, noted.header.fields, noted.memo.fields),
        }
        return Command("continue as new", "", what, event.event_id)

    def _queue(self, name: str) -> str:
        return _OWN_QUEUE if name == self._started.task_queue.name else name


_ANSWERS: Final = (
    "workflow_execution_started",
    "workflow_execution_signaled",
    "workflow_execution_cancel_requested",
    "workflow_execution_terminated",
    "workflow_execution_timed_out",
    "workflow_execution_options_updated",
    "workflow_execution_time_skipping",
    "workflow_execution_paused",
    "workflow_execution_unpaused",
    "workflow_task_",
    "activity_task_started",
    "activity_task_completed",
    "activity_task_failed",
    "activity_task_timed_out",
    "activity_task_canceled",
    "activity_properties_modified_externally",
    "timer_fired",
    "start_child_workflow_execution_failed",
    "child_workflow_execution_",
    "external_workflow_execution_",
    "request_cancel_external_workflow_execution_failed",
    "signal_external_workflow_execution_failed",
)
"""What happens to a workflow, and is not asked for by it."""


# ----- as today's code issues it --------------------------------------------------------------------------------


def issued_commands(
    commands: Iterable[WorkflowCommand], started: WorkflowExecutionStartedEventAttributes, *, replay_queue: str
) -> list[Command]:
    """The commands in the order in which they were issued; `replay_queue` is how the Replayer calls its own queue."""
    issue = _Issue(started, replay_queue)
    return [issued for command in commands if (issued := issue.command(command)) is not None]


class _Issue:
    def __init__(self, started: WorkflowExecutionStartedEventAttributes, replay_queue: str) -> None:
        self._started = started
        self._own_queues = {"", replay_queue, started.task_queue.name}
        self._activities: dict[int, str] = {}
        self._children: dict[int, str] = {}
        self._updates: dict[str, str] = {}

    def command(self, command: WorkflowCommand) -> Command | None:
        name = command.WhichOneof("variant") or ""
        reader: Callable[[WorkflowCommand, Any], Command | None] | None = getattr(self, f"_{name}", None)
        if reader is not None:
            return reader(command, getattr(command, name))
        if name in ("set_patch_marker", "respond_to_query"):
            return None
        raise NotImplementedError(f"tests/replay/commands.py does not read {name} yet: add it on both sides")

    def _schedule_activity(self, command: WorkflowCommand, issued: Any) -> Command:
        self._activities[issued.seq] = issued.activity_id
        return Command(
            "activity",
            issued.activity_id,
            {
                "type": issued.activity_type,
                "queue": self._queue(issued.task_queue),
                "input": _values(issued.arguments),
                **_limits_as_noted(issued),
                "retry": _retry(issued.retry_policy) if issued.HasField("retry_policy") else _DEFAULT_RETRY,
                "priority": MessageToDict(issued.priority),
                "headers": _named_values(issued.headers),
                "summary": _summary(command.user_metadata),
            },
        )

    def _request_cancel_activity(self, command: WorkflowCommand, issued: Any) -> Command:
        activity_id = self._activities[issued.seq]
        return Command("cancel activity", activity_id, {"id": activity_id})

    def _start_timer(self, command: WorkflowCommand, issued: Any) -> Command:
        what = {"seconds": _seconds(issued.start_to_fire_timeout), "summary": _summary(command.user_metadata)}
        return Command("timer", str(issued.seq), what)

    def _cancel_timer(self, command: WorkflowCommand, issued: Any) -> Command:
        return Command("cancel timer", str(issued.seq), {"id": str(issued.seq)})

    def _upsert_workflow_search_attributes(self, command: WorkflowCommand, issued: Any) -> Command:
        return Command("search attributes", "", _named_values(issued.search_attributes.indexed_fields))

    def _modify_workflow_properties(self, command: WorkflowCommand, issued: Any) -> Command:
        return Command("memo", "", _named_values(issued.upserted_memo.fields))

    def _start_child_workflow_execution(self, command: WorkflowCommand, issued: Any) -> Command:
        self._children[issued.seq] = issued.workflow_id
        what = {
            "type": issued.workflow_type,
            "id": issued.workflow_id,
            "queue": self._queue(issued.task_queue),
            "when the parent closes": issued.parent_close_policy,
            "reuse of the id": issued.workflow_id_reuse_policy,
            "cron": issued.cron_schedule,
            "execution timeout": _seconds(issued.workflow_execution_timeout),
            "search attributes": _named_values(issued.search_attributes.indexed_fields),
            "summary": _summary(command.user_metadata),
            "priority": MessageToDict(issued.priority),
            **_run(issued, issued.input, issued.headers, issued.memo),
        }
        return Command("child workflow", issued.workflow_id, what)

    def _cancel_child_workflow_execution(self, command: WorkflowCommand, issued: Any) -> Command:
        workflow_id = self._children[issued.child_workflow_seq]
        return Command("cancel workflow", workflow_id, {"id": workflow_id})

    def _signal_external_workflow_execution(self, command: WorkflowCommand, issued: Any) -> Command:
        workflow_id = issued.child_workflow_id or issued.workflow_execution.workflow_id
        what = {"name": issued.signal_name, "input": _values(issued.args), "headers": _named_values(issued.headers)}
        return Command("signal workflow", workflow_id, what)

    def _update_response(self, command: WorkflowCommand, issued: Any) -> Command | None:
        key = issued.protocol_instance_id
        match issued.WhichOneof("response"):
            case "accepted":
                return Command("accept update", key, {"id": key})
            case "completed":
                return Command("answer update", key, {"result": [_value(issued.completed)], "failure": None})
            case _:
                return Command("answer update", key, {"result": [], "failure": _failure(issued.rejected)})

    def _complete_workflow_execution(self, command: WorkflowCommand, issued: Any) -> Command:
        return Command("complete", "", {"result": [_value(issued.result)] if issued.HasField("result") else []})

    def _fail_workflow_execution(self, command: WorkflowCommand, issued: Any) -> Command:
        return Command("fail", "", {"failure": _failure(issued.failure)})

    def _cancel_workflow_execution(self, command: WorkflowCommand, issued: Any) -> Command:
        return Command("end as cancelled", "", {"details": _values(issued.details.payloads)})

    def _continue_as_new_workflow_execution(self, command: WorkflowCommand, issued: Any) -> Command:
        what = {
            "type": issued.workflow_type or self._started.workflow_type.name,
            "queue": self._queue(issued.task_queue),
            **_run(issued, issued.arguments, issued.headers, issued.memo),
        }
        return Command("continue as new", "", what)

    def _queue(self, name: str) -> str:
        return _OWN_QUEUE if name in self._own_queues else name


def _limits_as_noted(issued: Any) -> dict[str, float]:
    """The server notes the limits as they work: none is longer than the one around it."""
    close = _seconds(issued.schedule_to_close_timeout)
    start, one_try, heartbeat = (
        _seconds(issued.schedule_to_start_timeout),
        _seconds(issued.start_to_close_timeout),
        _seconds(issued.heartbeat_timeout),
    )
    if close:
        start, one_try = min(start or close, close), min(one_try or close, close)
    return {
        "schedule to close": close,
        "schedule to start": start,
        "start to close": one_try,
        "heartbeat": min(heartbeat, one_try),
    }


# ----- both sides -----------------------------------------------------------------------------------------------


def _run(
    message: Any, given: Iterable[Payload], headers: Mapping[str, Payload], memo: Mapping[str, Payload]
) -> dict[str, Any]:
    return {
        "input": _values(given),
        "run timeout": _seconds(message.workflow_run_timeout),
        "headers": _named_values(headers),
        "memo": _named_values(memo),
    }


def _seconds(duration: Duration) -> float:
    return duration.ToTimedelta().total_seconds()


def _retry(policy: RetryPolicy) -> dict[str, Any]:
    return {
        "first": _seconds(policy.initial_interval),
        "factor": policy.backoff_coefficient,
        "longest": _seconds(policy.maximum_interval),
        "tries": policy.maximum_attempts,
        "not for": list(policy.non_retryable_error_types),
    }


def _summary(metadata: UserMetadata) -> Any:
    return _value(metadata.summary) if metadata.HasField("summary") else None


def _value(payload: Payload) -> Any:
    encoding = payload.metadata.get("encoding", b"").decode()
    if encoding == "json/plain":
        return json.loads(payload.data)
    return None if encoding == "binary/null" else {"encoding": encoding, "bytes": payload.data.hex()}


def _values(payloads: Iterable[Payload]) -> list[Any]:
    return [_value(payload) for payload in payloads]


def _named_values(payloads: Mapping[str, Payload]) -> dict[str, Any]:
    return {name: _value(payload) for name, payload in payloads.items()}


def _failure(failure: Failure) -> dict[str, Any] | None:
    if failure == Failure():
        return None
    plain = Failure()
    plain.CopyFrom(failure)
    for field in ("encoded_attributes", "stack_trace", "cause"):
        plain.ClearField(field)
    encoded = _value(failure.encoded_attributes) if failure.HasField("encoded_attributes") else {}
    return {
        **MessageToDict(plain),
        "encoded": {name: text for name, text in encoded.items() if name != "stack_trace"},
        "cause": _failure(failure.cause) if failure.HasField("cause") else None,
    }
