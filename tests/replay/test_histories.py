"""No change of a workflow may break the applications that are open while it is released."""

from pathlib import Path

import pytest

from tests.histories.files import DIRECTORY, read, recorded
from tests.replay.comparison import objection
from zairyu.worker import WORKFLOWS


def name(file: Path) -> str:
    return file.relative_to(DIRECTORY).as_posix()


@pytest.mark.parametrize("file", recorded(), ids=name)
async def test_todays_code_does_what_was_recorded(file: Path) -> None:
    why = await objection(name(file), read(file), WORKFLOWS)
    if why is not None:
        pytest.fail(why, pytrace=False)


def test_every_workflow_has_a_recorded_history() -> None:
    started = {
        read(file).events[0].workflow_execution_started_event_attributes.workflow_type.name for file in recorded()
    }
    assert started == {workflow.__name__ for workflow in WORKFLOWS}


def test_every_recording_stands_in_the_table() -> None:
    table = (DIRECTORY / "README.md").read_text(encoding="utf-8")
    assert [name(file) for file in recorded() if f"`{file.name}`" not in table] == []
