"""What the guard sees: the workflow with one line changed, against the stories as they were recorded."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.histories.files import DIRECTORY, read
from tests.replay.comparison import HOW_TO_MEND, _fields, objection
from tests.replay.replaying import replayed
from zairyu.workflows import application as story_of
from zairyu.workflows import application_messages as messages_of
from zairyu.workflows.document_request import DocumentRequestWorkflow

Copy = Callable[[str, str], list[type]]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copy]:
    """Makes the workflows with another text in one place of `application.py`, or of its messages."""
    monkeypatch.syspath_prepend(tmp_path)
    copied = {
        module.__name__: f"{module.__name__.rpartition('.')[2]}_with_one_line_changed"
        for module in (story_of, messages_of)
    }

    def make(before: str, after: str) -> list[type]:
        texts = {name: Path(sys.modules[name].__file__ or "").read_text(encoding="utf-8") for name in copied}
        count = sum(text.count(before) for text in texts.values())
        assert count == 1, f"the workflow does not say {before!r} once any more: choose another line"
        for name, text in texts.items():
            changed = text.replace(before, after).replace(messages_of.__name__, copied[messages_of.__name__])
            (tmp_path / f"{copied[name]}.py").write_text(changed, encoding="utf-8")
        module = importlib.import_module(copied[story_of.__name__])
        return [module.ApplicationWorkflow, DocumentRequestWorkflow]

    yield make
    for name in copied.values():
        sys.modules.pop(name, None)


def story(name: str) -> WorkflowHistory:
    return read(DIRECTORY / f"{name}.json")


def until_first_signal(history: WorkflowHistory) -> WorkflowHistory:
    """As it was at the moment when the agency's first word had come and no worker had looked at it."""
    events = list(history.events)
    signal = next(
        index for index, event in enumerate(events) if event.HasField("workflow_execution_signaled_event_attributes")
    )
    return WorkflowHistory(history.workflow_id, events[: signal + 1])


async def test_an_unchanged_copy_does_what_was_recorded(copy: Copy) -> None:
    workflows = copy("class Ended(Exception):", "class Ended(Exception):")
    for file in DIRECTORY.glob("*.json"):
        if read(file).workflow_id.startswith("application/"):
            assert await objection(file.name, read(file), workflows) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("                BUILD_PACKAGE,\n", "                SEAL_PACKAGE,\n", id="another-step"),
        pytest.param("self._case.mail(mail.ReceiptNumberIssued(receipt_number=number))", "pass", id="one-mail-less"),
    ],
)
async def test_the_replayer_alone_sees_another_course(copy: Copy, before: str, after: str) -> None:
    workflows = copy(before, after)
    assert (await replayed(story("completed.closed"), workflows)).failure is not None
    why = await objection("completed.closed", story("completed.closed"), workflows)
    assert why is not None
    assert why.endswith(HOW_TO_MEND)


@pytest.mark.parametrize(
    ("history", "before", "after", "told"),
    [
        pytest.param(
            "completed.open",
            "filing_day=today()),",
            "filing_day=today() - timedelta(days=1)),",
            ["activity 'build_package'", "input[0].filing_day\n"],
            id="argument",
        ),
        pytest.param(
            "window-missed.closed",
            "by=min(limits, default=None),",
            "by=min(limits) - timedelta(hours=1),",
            ["timer 'Online filing closes'", "seconds\n"],
            id="timer",
        ),
        pytest.param(
            "completed.open",
            'summary="Build and check the package"',
            'summary="Build the package"',
            ["activity 'build_package'", 'recorded: "Build and check the package"', 'today:    "Build the package"'],
            id="summary",
        ),
        pytest.param(
            "early.open",
            "state.office = office.code if office else None",
            "state.office = None",
            ["search attributes", "Office\n", "today:    (absent)"],
            id="search-attribute",
        ),
        pytest.param(
            "denied.closed",
            "        self._case.show()\n        return self.snapshot()",
            '        self._case.show()\n        return self.snapshot().model_copy(update={"office": "elsewhere"})',
            ["complete", "result[0].office\n", 'today:    "elsewhere"'],
            id="result",
        ),
    ],
)
async def test_the_exact_comparison_sees_what_the_replayer_does_not(
    copy: Copy, history: str, before: str, after: str, told: list[str]
) -> None:
    workflows = copy(before, after)
    assert (await replayed(story(history), workflows)).failure is None
    why = await objection(history, story(history), workflows)
    assert why is not None
    assert [part for part in told if part not in why] == []
    assert why.endswith(HOW_TO_MEND)


@pytest.mark.parametrize(("today", "seen"), [(None, False), ([], False), ({}, False), ("later", True), (1, True)])
def test_an_added_field_is_seen_as_soon_as_something_is_in_it(today: object, *, seen: bool) -> None:
    assert bool(list(_fields({"form": {"name": "A"}}, {"form": {"name": "A", "added": today}}))) is seen
    assert list(_fields({"form": {"name": "A", "removed": today}}, {"form": {"name": "A"}})) != []


async def test_a_renamed_signal_is_seen_even_where_nothing_followed_it_yet(copy: Copy) -> None:
    workflows = copy("def status_changed(self", "def status_has_changed(self")
    history = until_first_signal(story("completed.closed"))
    assert (await replayed(history, workflows)).failure is None
    why = await objection("completed.closed", history, workflows)
    assert why is not None
    assert "signal 'status_changed'\n    nobody takes it" in why


async def test_a_patched_change_goes_together_with_what_was_recorded(copy: Copy) -> None:
    new_way = 'today() - timedelta(days=1) if workflow.patched("2026-12-01-signed-on") else today()'
    workflows = copy("filing_day=today()),", f"filing_day={new_way}),")
    for name in ("completed.open", "completed.closed"):
        assert await objection(name, story(name), workflows) is None


async def test_the_text_says_where_and_how_to_go_on(copy: Copy) -> None:
    workflows = copy('summary="Build and check the package"', 'summary="Build the package"')
    why = await objection("completed.closed.json", story("completed.closed"), workflows)
    assert why is not None
    assert why.startswith("completed.closed.json: today's code does not do what this history has done.\n\n  command ")
    for way_out in ("workflow.patched(_SIGNED_ON)", '_SIGNED_ON = "2026-12-01-signed-on"', "make histories"):
        assert way_out in why
