"""Whether today's code does exactly what a history has done, and if not, what to do about it.

The Replayer alone does not see a changed argument, timer, result or search attribute, nor a renamed signal. So
beside it every command is compared with what the history notes, with all its attributes.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from temporalio.client import WorkflowHistory
from temporalio.workflow import _Definition

from tests.replay.commands import Command, recorded_commands
from tests.replay.replaying import replayed

HOW_TO_MEND: Final = """\
Applications that are open in production have such a history behind them. At their next event a worker lives
through it again with the code as it is now, and it has to come to the same point.

If any open application may have lived through this story, keep the old way for it and give the new way to those
that come there later. The id of the patch is a constant with a date; its comment says why, and when it may go:

    _SIGNED_ON = "2026-12-01-signed-on"
    \"\"\"The package bears the day of signing. Goes when no application filed before this day is open.\"\"\"

    day = signature.signed_at.date() if workflow.patched(_SIGNED_ON) else today()

A signal or an update that gets another name keeps a handler under the old one. Copy the old recordings into
tests/histories/2026-12-01-signed-on/ first: they are replayed there until the patch goes.

If no open application can have lived through it (the workflow or this part of the story is not released yet), or
if the change can do none of them any harm (a longer timeout, the wording of a summary): `make histories`, read
what changed in tests/histories, and say in the commit why it does no harm."""

_MOST_COMMANDS = 3
_MOST_FIELDS = 6
_MOST_LETTERS = 120
_ABSENT: Final = object()


async def objection(name: str, history: WorkflowHistory, workflows: Sequence[type]) -> str | None:
    """Why a history and today's code do not go together, with the way out; nothing when they do.

    Args:
        name: how the history is called in the text.
        history: decrypted, open or closed.
        workflows: the production workflows.
    """
    replay = await replayed(history, workflows)
    refused = replay.failure is not None
    found = [*_without_handler(history, workflows), *_different(history, replay.commands, cut_short=refused)]
    if replay.failure is not None:
        found.insert(0, f"the Replayer refuses: {_gist(replay.failure)}")
    if not found:
        return None
    listed = "\n\n".join(found[:_MOST_COMMANDS]).replace("\n", "\n  ")
    more = f"\n\n  ... and {len(found) - _MOST_COMMANDS} more" if len(found) > _MOST_COMMANDS else ""
    return f"{name}: today's code does not do what this history has done.\n\n  {listed}{more}\n\n{HOW_TO_MEND}"


def _without_handler(history: WorkflowHistory, workflows: Sequence[type]) -> Iterator[str]:
    """Messages that were taken and that nobody would take now. The Replayer passes over them in silence."""
    started = history.events[0].workflow_execution_started_event_attributes
    definitions = [_Definition.must_from_class(workflow) for workflow in workflows]
    (definition,) = [each for each in definitions if each.name == started.workflow_type.name]
    told = set()
    for event in history.events:
        if event.HasField("workflow_execution_signaled_event_attributes"):
            kind, taken = "signal", definition.signals.keys()
            message = event.workflow_execution_signaled_event_attributes.signal_name
        elif event.HasField("workflow_execution_update_accepted_event_attributes"):
            kind, taken = "update", definition.updates.keys()
            message = event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
        else:
            continue
        if message not in taken and (kind, message) not in told:
            told.add((kind, message))
            place = f"event {event.event_id}, {kind} {message!r}"
            yield f"{place}\n  nobody takes it: {definition.name} has no such handler"


def _gist(failure: Exception) -> str:
    """The sentence in the middle of Core's report."""
    sentence = re.search(r'message: "([^"]+)"', str(failure))
    return sentence[1] if sentence else str(failure)


def _different(history: WorkflowHistory, all_issued: Sequence[Command], *, cut_short: bool) -> Iterator[str]:
    recorded = recorded_commands(history)
    issued = _that_reached_the_server(all_issued, recorded)
    for number, (past, today) in enumerate(zip(recorded, issued, strict=False), start=1):
        title = f"command {number} of {len(recorded)} (event {past.event}), {past}"
        if (past.kind, past.key) != (today.kind, today.key):
            yield f"{title}\n  today here: {today}"
            return  # all that follows is shifted
        fields = list(_fields(past.what, today.what))
        if fields:
            yield "\n".join([title, *fields[:_MOST_FIELDS], *(["  ..."] if len(fields) > _MOST_FIELDS else [])])
    if len(issued) < len(recorded) and not cut_short:
        past = recorded[len(issued)]
        yield f"command {len(issued) + 1} of {len(recorded)} (event {past.event}), {past}\n  today: nothing"
    if len(issued) > len(recorded) and not _under_way(history, recorded):
        yield f"after the last of {len(recorded)} commands\n  today also: {issued[len(recorded)]}"


def _that_reached_the_server(issued: Sequence[Command], recorded: Sequence[Command]) -> list[Command]:
    """Without what was asked for and taken back in one breath: the server never hears of it."""
    noted = {(command.kind, command.key) for command in recorded}
    taken_back = {
        (kind, command.key)
        for command in issued
        for kind, back in (
            ("timer", "cancel timer"),
            ("activity", "cancel activity"),
            ("child workflow", "cancel workflow"),
        )
        if command.kind == back and (kind, command.key) not in noted
    }
    unheard = taken_back | {(f"cancel {kind.removeprefix('child ')}", key) for kind, key in taken_back}
    return [command for command in issued if (command.kind, command.key) not in unheard]


def _under_way(history: WorkflowHistory, recorded: Sequence[Command]) -> bool:
    """Whether something has happened at the end of the history that the workflow has not answered yet."""
    noted = {command.event for command in recorded}
    rest = [event for event in reversed(history.events) if event.event_id not in noted]
    return not rest[0].HasField("workflow_task_completed_event_attributes")


def _fields(past: Any, today: Any, path: str = "") -> Iterator[str]:
    """Each field that differs, with its path."""
    if isinstance(past, dict) and isinstance(today, dict):
        for name in {**past, **today}:
            if name not in past and not today[name]:
                continue  # a field that was added later, with nothing in it: readers of either age see the same
            yield from _fields(past.get(name, _ABSENT), today.get(name, _ABSENT), f"{path}.{name}".lstrip("."))
    elif isinstance(past, list) and isinstance(today, list):
        for index in range(max(len(past), len(today))):
            yield from _fields(
                past[index] if index < len(past) else _ABSENT,
                today[index] if index < len(today) else _ABSENT,
                f"{path}[{index}]",
            )
    elif past != today:
        yield f"  {path}\n    recorded: {_shown(past)}\n    today:    {_shown(today)}"


def _shown(value: Any) -> str:
    text = "(absent)" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]} ..."
