"""Logs: structured, of one shape for all libraries, and without personal data."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from pydantic import BaseModel
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from zairyu.runtime.settings import LogFormat

_MASK = "[redacted]"
_PERSONAL_KEYS = frozenset(
    {
        "address", "authorization", "birth_date", "card_number", "client_secret", "email", "given_name", "name",
        "number", "password", "passport", "phone", "pin", "postal_code", "signature", "to", "token",
    }
)  # fmt: skip
_STRUCTLOG_KEYS = frozenset({"_record", "_from_structlog"})
"""What structlog passes on to its own formatter; it is taken out before anything is written."""
_NOT_BEFORE, _NOT_AFTER = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"
"""Not `\\b`, which sees no boundary between a Japanese character and a digit."""
_PERSONAL_TEXT = re.compile(
    # A UUID stays readable: its digits can look like a My Number, and operators find applications by it.
    r"(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"  # a mail address
    rf"|{_NOT_BEFORE}[A-Z]{{2}}[0-9]{{8}}[A-Z]{{2}}{_NOT_AFTER}"  # a residence card number
    rf"|{_NOT_BEFORE}[0-9]{{4}}[ -]?[0-9]{{4}}[ -]?[0-9]{{4}}{_NOT_AFTER}"  # a My Number
)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask what is personal by its key or by its look. A last net: nothing personal should be logged at all."""
    return {key: value if key in _STRUCTLOG_KEYS else _masked_entry(key, value) for key, value in event.items()}


def _masked_entry(key: object, value: Any) -> Any:
    return _MASK if key in _PERSONAL_KEYS else _masked(value)


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {key: _masked_entry(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    if isinstance(value, BaseModel):
        # A model may be a whole person.
        return f"<{type(value).__name__}>"
    return _PERSONAL_TEXT.sub(lambda found: found["uuid"] or _MASK, str(value))


def set_up_logs(level: str, log_format: LogFormat, stream: TextIO = sys.stderr) -> None:
    """Route structlog, the standard library and Temporal's core through one chain."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("httpx", "httpcore", "mail.log"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # As fields of their own instead of text glued to the message.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def core_logs() -> Runtime:
    """A runtime whose core logs come through Python. Its fields hold failure texts, so they are left out."""
    return Runtime(
        telemetry=TelemetryConfig(
            logging=LoggingConfig(
                filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
                forwarding=LogForwardingConfig(
                    logger=logging.getLogger("temporal.core"), append_log_fields_to_message=False
                ),
            )
        )
    )
