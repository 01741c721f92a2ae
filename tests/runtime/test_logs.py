import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio import activity, workflow
from temporalio.runtime import LogForwardingConfig, LoggingConfig, TelemetryConfig

from tests.applications import application
from zairyu.runtime import logs
from zairyu.runtime.logs import redact, set_up_logs
from zairyu.runtime.settings import LogFormat

EMAIL, CARD, MY_NUMBER = "linh@resident.example", "AB12345678CD", "123456789018"
APPLICATION_ID = "12345678-1234-4123-8123-123456789018"
"""A UUID may consist of digits alone."""
QUIETED = ("httpx", "httpcore", "mail.log")

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Logs as a worker writes them, for one test only."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIETED}
    on_message = workflow.logger.workflow_info_on_message, activity.logger.activity_info_on_message
    root.handlers = []  # or they would be closed
    stream = io.StringIO()
    try:
        yield stream
    finally:
        root.handlers = handlers
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        workflow.logger.workflow_info_on_message, activity.logger.activity_info_on_message = on_message
        structlog.reset_defaults()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    set_up_logs("INFO", LogFormat.JSON, stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


# ----- what is masked -----------------------------------------------------------------------------------------


def masked(value: Any, key: str = "detail") -> Any:
    return redact(None, "info", {key: value})[key]


@pytest.mark.parametrize(
    "secret", [EMAIL, "tran.linh+visa@docomo.ne.jp", CARD, MY_NUMBER, "1234 5678 9018", "1234-5678-9018"]
)
@pytest.mark.parametrize("around", ["{}", "to {}.", "<{}>", "宛先{}です", "番号：{}、", "a={};b"])
def test_nobody_is_recognised_by_a_number_or_an_address_in_a_log(secret: str, around: str) -> None:
    text = masked(around.format(secret))

    assert "[redacted]" in text
    assert secret not in text


@pytest.mark.parametrize(
    "text",
    [
        APPLICATION_ID,
        f"application/{APPLICATION_ID}/documents/1",
        f"{APPLICATION_ID}.{'0123456789' * 2}",
        "東オ2026-000123",
        "K2026112400001",
        "2026-11-24T03:00:00.123456Z",
        "1234" * 16,  # a digest
        "127.0.0.1:7233",
    ],
)
def test_what_operators_search_for_stays_readable(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("key", ["name", "email", "address", "birth_date", "password", "pin", "token", "to", "phone"])
@pytest.mark.parametrize("value", ["TRAN THI LINH", 1204, ["x"], {"deep": "x"}, None])
def test_a_personal_key_shows_nothing_however_deep_it_lies(key: str, value: Any) -> None:
    assert masked(value, key) == "[redacted]"
    assert masked([{"inner": ({key: value},)}]) == [{"inner": [{key: "[redacted]"}]}]


def test_a_whole_model_is_not_written_out() -> None:
    assert masked({"input": application()}) == {"input": "<ApplicationInput>"}
    assert "TRAN" not in str(masked([application().form.applicant]))


@dataclass
class Letter:
    recipient: str = EMAIL


@pytest.mark.parametrize("value", [Letter(), ValueError(EMAIL), {EMAIL}, frozenset([EMAIL]), EMAIL.encode(), (EMAIL,)])
def test_nothing_slips_through_in_another_type(value: Any) -> None:
    assert EMAIL not in str(masked(value))


def test_ordinary_values_stay_as_they_are() -> None:
    assert masked(503) == 503
    assert masked(0.5) == 0.5
    assert masked(None) is None
    assert masked(False) is False
    assert masked(date(2026, 11, 24)) == "2026-11-24"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(f"x {EMAIL} y"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
@settings(deadline=None)  # shared machines are slow now and then
def test_any_event_can_be_logged(event: dict[str, Any]) -> None:
    assert EMAIL not in json.dumps(redact(None, "info", dict(event)))


# ----- all libraries through one chain ------------------------------------------------------------------------


def test_our_own_logs_and_those_of_libraries_go_the_same_way(lines: Lines) -> None:
    structlog.get_logger("zairyu.ours").info("mail-sent", email=EMAIL, detail=f"to {EMAIL}", attempt=2)
    logging.getLogger("library").warning("sent to %s", EMAIL, extra={"card_number": CARD, "attempt": 3})

    ours, theirs = lines()
    assert (ours["event"], ours["logger"], ours["level"], ours["attempt"]) == ("mail-sent", "zairyu.ours", "info", 2)
    assert (ours["email"], ours["detail"]) == ("[redacted]", "to [redacted]")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("sent to [redacted]", "library", "warning")
    assert (theirs["card_number"], theirs["attempt"]) == ("[redacted]", 3)
    assert ours["timestamp"].endswith("Z")
    assert theirs["timestamp"].endswith("Z")


def _fail() -> None:
    raise ValueError(f"no such recipient: {EMAIL}")


def test_an_exception_is_logged_without_the_person_it_speaks_of(lines: Lines, stream: io.StringIO) -> None:
    for logger in (structlog.get_logger("ours"), logging.getLogger("library")):
        try:
            _fail()
        except ValueError:
            logger.exception("failed")

    for line in lines():
        assert "ValueError: no such recipient: [redacted]" in line["exception"]
    assert EMAIL not in stream.getvalue()


def test_arguments_of_a_message_are_masked_too(lines: Lines, stream: io.StringIO) -> None:
    structlog.get_logger("ours").info("sent to %s", EMAIL)

    assert len(lines()) == 1
    assert EMAIL not in stream.getvalue()


def test_temporals_own_fields_are_fields_and_not_text(lines: Lines) -> None:
    """As the loggers of activities and workflows give them."""
    logging.getLogger("temporalio.activity").warning(
        "Completing activity as failed", extra={"temporal_activity": {"workflow_id": "application/x", "name": "LINH"}}
    )

    (line,) = lines()
    assert line["temporal_activity"] == {"workflow_id": "application/x", "name": "[redacted]"}


def test_every_request_to_the_agency_is_not_logged_with_its_address(lines: Lines) -> None:
    for name in QUIETED:
        logging.getLogger(name).info("GET http://client:secret@host/")
    logging.getLogger("library").debug("chatter")

    assert lines() == []


def test_a_person_at_a_console_reads_the_same_masked_lines(stream: io.StringIO) -> None:
    set_up_logs("INFO", LogFormat.CONSOLE, stream)
    structlog.get_logger("ours").info("mail-sent", detail=EMAIL)

    assert "mail-sent" in stream.getvalue()
    assert EMAIL not in stream.getvalue()
    assert "\x1b" not in stream.getvalue(), "a file is no terminal"


# ----- the core of Temporal's SDK -----------------------------------------------------------------------------


@dataclass
class CoreEntry:
    """What the core hands to Python."""

    target: str = "worker"
    level: int = logging.WARNING
    time: float = 1_800_000_000.0
    message: str = "Failing workflow task"
    fields: dict[str, str] = field(default_factory=lambda: {"failure": "TRAN THI LINH"})

    def __repr__(self) -> str:
        return "<CoreEntry>"  # the real one has no text either


def test_failure_texts_in_the_fields_of_core_logs_are_dropped(
    lines: Lines, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[TelemetryConfig] = []
    monkeypatch.setattr(logs, "Runtime", lambda *, telemetry: told.append(telemetry))
    logs.core_logs()
    (telemetry,) = told
    assert isinstance(telemetry.logging, LoggingConfig)
    forwarding = telemetry.logging.forwarding
    assert isinstance(forwarding, LogForwardingConfig)

    forwarding._on_logs([CoreEntry()])

    (line,) = lines()
    assert "Failing workflow task" in line["event"]
    assert line["level"] == "warning"
    assert "TRAN" not in stream.getvalue()
