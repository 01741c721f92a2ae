"""What operators and other systems look up is there, and names nothing that is gone."""

import re
from pathlib import Path

import zairyu
from zairyu.models.capability import Capability
from zairyu.models.registration import REGISTRATION_UPDATES, RegistrationPhase
from zairyu.models.snapshot import ManualStepKind
from zairyu.models.stay import STAY_UPDATES, CloseReason
from zairyu.rules.tables import table_names
from zairyu.workflows.search_attributes import ALL, NEEDS_PERSON

ROOT = Path(zairyu.__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_operators_are_led_to_the_runbook() -> None:
    """`tests/test_runbook.py` says that every matter has its page there."""
    told = page("operations.md")

    assert "(runbook/README.md)" in told
    assert NEEDS_PERSON in told


def test_who_runs_a_cluster_is_told_every_search_attribute() -> None:
    commands = re.findall(r"^add (\w+) '(.*)'$", page("operations.md"), re.MULTILINE)
    told = {name: kind for kind, names in commands for name in names.split()}

    assert told == {key.name: key.indexed_value_type.name.title().replace("_", "") for key in ALL}


def test_what_a_person_does_without_a_capability_is_told() -> None:
    told = page("after-sending.md")

    assert [capability for capability in Capability if f"| `{capability.value}` |" not in told] == []
    own = {ManualStepKind.CHANGE_OF_DETAILS}  # of a registration
    assert [kind for kind in set(ManualStepKind) - own if f"`{kind.value}`" not in told] == []


def test_every_message_to_a_user_s_processes_is_told() -> None:
    told = page("people.md")
    own = REGISTRATION_UPDATES.keys() - {"assign_manual_step", "complete_manual_step", "resolve"}  # as for applications

    assert [name for name in (*own, *STAY_UPDATES) if name not in told and name != "start_extension"] == []
    assert "stay extend" in told


def test_every_phase_in_which_a_registration_waits_is_told() -> None:
    told = page("people.md")
    waiting = set(RegistrationPhase) - {
        RegistrationPhase.PACKAGING,
        RegistrationPhase.SUBMISSION,
        RegistrationPhase.CLOSED,
    }

    assert [phase for phase in waiting if f"| `{phase.value}` |" not in told] == []
    assert [reason for reason in re.findall(r'"reason": "(\w+)"', told) if reason not in set(CloseReason)] == []


def test_every_table_of_the_law_is_listed_and_every_listed_one_is_there() -> None:
    listed = {
        name
        for cell in re.findall(r"^\|[^|]*\|[^|]*\|([^|]*)\|$", page("law.md"), re.M)
        for name in re.findall(r"`(\w+)`", cell)
    }

    assert listed == set(table_names())


def test_every_rule_that_a_package_is_judged_by_is_told() -> None:
    told = page("packages.md")
    judges = [f"rules/{name}.py" for name in ("items", "item_values", "attachments", "required_documents")]
    judges += [f"activities/documents/{name}.py" for name in ("pdf", "photo")]
    texts = [(ROOT / "src" / "zairyu" / judge).read_text(encoding="utf-8") for judge in judges]
    rules = {
        rule
        for text in texts
        for rule in re.findall(r'"((?:item|details|attachment|photo|organization)-[a-z-]+)"', text)
    }

    assert len(rules) > 20
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in told and not rule.startswith("photo-")] == []
