"""How a recorded history lies in a file: as Temporal writes it, but readable in a review.

Payloads are decrypted, and those that hold JSON hold it as JSON (`json`) and not as base64 of it (`data`). Nothing
that a replay looks at is changed. Temporal's own form, with base64, is read as well.
"""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from zairyu.runtime.codec import EncryptingCodec

DIRECTORY = Path(__file__).parent
_STICKY = "TASK_QUEUE_KIND_STICKY"


def recorded() -> list[Path]:
    """Every recorded history, also those kept in a folder for the sake of a patch."""
    return sorted(DIRECTORY.rglob("*.json"))


def read(file: Path) -> WorkflowHistory:
    content = _changed(json.loads(file.read_text(encoding="utf-8")), _compact)
    return WorkflowHistory.from_json(content["workflowId"], content)


def write(file: Path, history: WorkflowHistory, codec: EncryptingCodec) -> None:
    """Write a history that names neither a key nor the machine."""
    clear = History(events=history.events)
    for payload in list(_payloads(clear)):
        (opened,) = codec.opened([payload])
        payload.CopyFrom(opened)
    events = WorkflowHistory(history.workflow_id, clear.events).to_json_dict()["events"]
    content = {"workflowId": history.workflow_id, "events": _changed(_changed(events, _readable), _anonymous)}
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _payloads(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            parts = [part for part in value.values() if isinstance(part, Message)]
        elif isinstance(value, Message):
            parts = [value]
        else:
            parts = list(value)
        for part in parts:
            yield from _payloads(part)


def _changed(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The same JSON with every object changed, the inner ones first."""
    if isinstance(value, dict):
        return change({key: _changed(part, change) for key, part in value.items()})
    if isinstance(value, list):
        return [_changed(part, change) for part in value]
    return value


def _is_payload(value: dict[str, Any]) -> bool:
    return isinstance(value.get("metadata"), dict) and "encoding" in value["metadata"]


def _readable(value: dict[str, Any]) -> dict[str, Any]:
    if not _is_payload(value):
        return value
    metadata = {name: base64.b64decode(text).decode() for name, text in value["metadata"].items()}
    if metadata["encoding"] != "json/plain":
        return value
    return {"metadata": metadata, "json": json.loads(base64.b64decode(value["data"]))}


def _compact(value: dict[str, Any]) -> dict[str, Any]:
    if not _is_payload(value) or "json" not in value:
        return value
    metadata = {name: base64.b64encode(text.encode()).decode() for name, text in value["metadata"].items()}
    data = json.dumps(value["json"], ensure_ascii=False, separators=(",", ":")).encode()
    return {"metadata": metadata, "data": base64.b64encode(data).decode()}


def _anonymous(value: dict[str, Any]) -> dict[str, Any]:
    """Without process, host and folder: those stand in identities, sticky queues and stack traces."""
    changed = dict(value)
    if "identity" in changed:
        changed["identity"] = "recorder"
    if changed.get("kind") == _STICKY:
        changed["name"] = "sticky"
    for trace in ("stackTrace", "stack_trace"):
        if trace in changed:
            changed[trace] = ""
    return changed
