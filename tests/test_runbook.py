"""The runbook has a page for whatever needs a person, and what stands on a page works."""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main

import zairyu
from zairyu import cli
from zairyu.models import messages
from zairyu.models.base import Model
from zairyu.models.document_request import DOCUMENT_REQUEST_UPDATES
from zairyu.models.feed import FEED_UPDATES
from zairyu.models.names import manual_step_page, runbook_page
from zairyu.models.registration import REGISTRATION_UPDATES
from zairyu.models.snapshot import AttentionReason, ManualStepKind
from zairyu.models.status import Said
from zairyu.models.stay import STAY_UPDATES, StayMatter

ROOT: Final = Path(zairyu.__file__).parents[2]
RUNBOOK: Final = ROOT / "docs" / "runbook"
INDEX: Final = RUNBOOK / "README.md"

PAGES: Final = {
    **{runbook_page(matter): matter.value for matter in (*AttentionReason, *StayMatter)},
    **{manual_step_page(kind): kind.value for kind in ManualStepKind},
}
HEADINGS: Final = (
    "What happened",
    "What people see",
    "What to do",
    "The command",
    "In the Temporal UI",
    "When it is settled",
)

UPDATES: Final[Mapping[str, Mapping[str, type[Model]]]] = {
    "application/ID": messages.UPDATES,
    "application/ID/documents/1": DOCUMENT_REQUEST_UPDATES,
    "registration/USER": REGISTRATION_UPDATES,
    "stay/USER": STAY_UPDATES,
    "status-feed/PROFILE": FEED_UPDATES,
    "agency-mail/PROFILE": {"resolve": messages.Resolve},
}
SIGNALS: Final[Mapping[str, type[Model]]] = {"agency_wrote": messages.AgencyWrote}


def content(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    return re.split(r"^## .*$", content(page), flags=re.M)[HEADINGS.index(heading) + 1]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_all_that_somebody_on_the_telephone_needs(page: str) -> None:
    told = content(page)

    assert told.startswith(f"# {PAGES[page]}\n")
    assert tuple(re.findall(r"^## (.*)$", told, re.M)) == HEADINGS
    assert [heading for heading in HEADINGS if not section(page, heading).strip()] == []
    assert section(page, "What to do").lstrip().startswith("1. ")


def test_every_page_is_that_of_a_matter_and_stands_in_the_index() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in RUNBOOK.rglob("*.md")} - {"docs/runbook/README.md"}
    linked = re.findall(r"^\| \[(\w+)\]\((.+?)\) \|", INDEX.read_text(encoding="utf-8"), re.M)

    assert there == PAGES.keys()
    assert {f"docs/runbook/{target}": name for name, target in linked} == PAGES
    assert len(linked) == len(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", content(page))

    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


@pytest.mark.parametrize(
    ("page", "line"),
    [(page, line) for page in PAGES for line in re.findall(r"^zairyu .*$", section(page, "The command"), re.M)],
)
def test_a_command_of_the_runbook_is_one(page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "document.pdf").touch()

    name, given = parsed(shlex.split(line)[1:])

    match name:
        case "send" | "registration send" | "stay send":
            takes = {"send": messages.UPDATES, "registration send": REGISTRATION_UPDATES, "stay send": STAY_UPDATES}
            takes[name][given["message"]].model_validate({"message_id": "1", **json.loads(given["content"])})
        case "step done" if given["said"] is not None:
            Said.model_validate_json(given["said"])
        case "resolve":
            assert PAGES[page] == given["reason"].value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_a_command_and_words_for_the_dialog(page: str) -> None:
    assert re.findall(r"^zairyu ", section(page, "The command"), re.M)
    assert "```json" in section(page, "In the Temporal UI")


_SAID: Final = re.compile(
    r"Open `(.+?)`, \*More Actions\*, \*Send an? (Update|Signal)\*; Name `(\w+)`, Data:\n\n```json\n(.+?)\n```", re.S
)
DIALOGS: Final = [(page, *said) for page in PAGES for said in _SAID.findall(section(page, "In the Temporal UI"))]


@pytest.mark.parametrize(("page", "process", "kind", "name", "data"), DIALOGS)
def test_what_is_typed_into_the_dialog_is_taken(page: str, process: str, kind: str, name: str, data: str) -> None:
    takes = UPDATES[process] if kind == "Update" else SIGNALS

    message = takes[name].model_validate_json(data)

    # A word that is misspelt would be ignored.
    assert json.loads(data).keys() <= type(message).model_fields.keys()


def test_every_dialog_of_the_runbook_is_checked() -> None:
    in_pages = sum(section(page, "In the Temporal UI").count("```json") for page in PAGES)

    assert len(DIALOGS) == in_pages


def parsed(words: list[str]) -> tuple[str, dict[str, Any]]:
    """What the command line would be called with."""
    command: Any = typer.main.get_command(cli.app)
    name: list[str] = []
    while hasattr(command, "commands"):
        name.append(words[0])
        command, words = command.commands[words[0]], words[1:]
    return " ".join(name), command.make_context(" ".join(name), list(words)).params
