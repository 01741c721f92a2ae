"""The commands that say what the law says, as people type them and as programs call them."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from typer.testing import CliRunner, Result

from zairyu import cli
from zairyu.cli import speaking
from zairyu.models.assessment import Answer, Assessment
from zairyu.models.residence import ApplicationType
from zairyu.rules.tables import table_names

REFUSED: Final = 2

Zairyu: TypeAlias = Callable[..., Result]


@pytest.fixture
def zairyu(monkeypatch: pytest.MonkeyPatch) -> Zairyu:
    """The command, told nothing: the law needs no server and no settings."""
    for name in list(os.environ):
        if name.startswith(("ZAIRYU_", "TEMPORAL_")):
            monkeypatch.delenv(name)

    def run(*words: str, columns: int = 200) -> Result:
        # A console keeps the width that it was made with.
        for console in (speaking.out, speaking.err):
            monkeypatch.setattr(console, "_width", columns)
        return CliRunner().invoke(cli.app, words, env={"NO_COLOR": "1"})

    return run


# ----- the tables ----------------------------------------------------------------------------------------------------


def test_all_tables_are_listed_with_what_they_say(zairyu: Zairyu) -> None:
    for_people, for_programs = zairyu("rules", "show"), zairyu("rules", "show", "--json")
    assert for_people.exit_code == for_programs.exit_code == 0
    about = json.loads(for_programs.stdout)
    assert tuple(about) == table_names()
    assert all(about.values())
    for name in table_names():
        assert name in for_people.stdout
    assert "What a permission or certificate costs, in yen" in for_people.stdout


@pytest.mark.parametrize(
    ("on", "amounts"),
    [
        ("2025-03-31", {4000, 1200, 0}),
        ("2026-09-30", {5500, 1600, 0}),
        ("2026-10-01", {10000, 15000, 21000, 27000, 42000, 56000, 65000, 1600, 0}),
        ("2022-03-15", set()),
    ],
)
def test_the_rows_of_a_day_are_shown_and_no_others(zairyu: Zairyu, on: str, amounts: set[int]) -> None:
    for_people, for_programs = (
        zairyu("rules", "show", "fees", "--on", on),
        zairyu("rules", "show", "fees", "--on", on, "--json"),
    )
    assert for_people.exit_code == for_programs.exit_code == 0
    rows = json.loads(for_programs.stdout)
    assert {row["online"] for row in rows} == amounts
    for row in rows:
        assert row["source"] in for_people.stdout
        assert row["effective_from"] <= on
        assert row["effective_until"] is None or row["effective_until"] >= on
        assert str(row["online"]) in for_people.stdout
        assert row["granted"]["ja"] in for_people.stdout
        assert row["granted"]["en"] in for_people.stdout
    assert ("Nothing is in force" in for_people.stdout) is not rows


@pytest.mark.parametrize("name", table_names())
def test_every_table_is_shown_today_on_a_narrow_screen(zairyu: Zairyu, name: str) -> None:
    for_people, for_programs = zairyu("rules", "show", name, columns=60), zairyu("rules", "show", name, "--json")
    assert for_people.exit_code == for_programs.exit_code == 0
    rows = json.loads(for_programs.stdout)
    assert rows
    for row in rows:
        assert row["source"]
        for column, value in row.items():
            assert value is None or column in for_people.stdout
    assert "…" not in for_people.stdout, "nothing is cut off"


def test_table_that_is_not_there_is_refused_with_the_list(zairyu: Zairyu) -> None:
    answer = zairyu("rules", "show", "../offices")
    assert answer.exit_code == REFUSED
    assert answer.stdout == ""
    for name in table_names():
        assert name in answer.stderr


def test_day_that_is_none_is_refused(zairyu: Zairyu) -> None:
    answer = zairyu("rules", "show", "fees", "--on", "2026-02-30")
    assert answer.exit_code == REFUSED
    assert answer.stdout == ""


# ----- agents' numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("(東)弁10第50号", "132010700050"),
        ("（東）弁１０第５０号", "132010700050"),
        ("132010700050", "(東)弁10第50号"),
        ("13 2010 7 00050", "(東)弁10第50号"),
    ],
)
def test_agents_number_is_written_the_other_way(zairyu: Zairyu, text: str, told: str) -> None:
    answer = zairyu("agent-number", text)
    assert answer.exit_code == 0
    assert answer.stdout == f"{told}\n"


@pytest.mark.parametrize("text", ["(東)弁10第50号", "132010700050"])
def test_programs_get_both_ways_and_what_they_mean(zairyu: Zairyu, text: str) -> None:
    answer = zairyu("agent-number", text, "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout) == {
        "digits": "132010700050",
        "notation": "(東)弁10第50号",
        "office": {"ja": "東京局", "en": "Tokyo Regional Immigration Services Bureau"},
        "category": {"ja": "弁護士", "en": "Lawyer"},
        "year": 2010,
        "serial": 50,
    }


def test_wrong_number_hears_everything_in_both_languages(zairyu: Zairyu) -> None:
    for_people, for_programs = (
        zairyu("agent-number", "(京)司99第0号"),
        zairyu("agent-number", "(京)司99第0号", "--json"),
    )
    assert for_people.exit_code == for_programs.exit_code == REFUSED
    assert for_people.stdout == ""
    findings = json.loads(for_programs.stdout)
    assert [finding["place"] for finding in findings] == ["/office", "/category", "/year", "/serial"]
    for finding in findings:
        assert finding["place"] in for_people.stderr
    assert "発行年が未来です" in for_people.stderr
    assert "the year of issue lies in the future" in for_people.stderr


# ----- the assessment ------------------------------------------------------------------------------------------------


@pytest.fixture
def intention(tmp_path: Path) -> Path:
    """A student who wants to become an engineer."""
    file = tmp_path / "intention.json"
    stay = {"status": "STUDENT", "period": {"years": 1}, "expires_on": "2027-01-31"}
    applicant = {"birth_date": "20000101", "address": {"prefecture": "沖縄県"}, "current_stay": stay}
    status = "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"
    content = {"application_type": "CHANGE_OF_STATUS", "residence_status": status, "applicant": applicant}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_person_and_a_program_read_the_same_assessment(zairyu: Zairyu, intention: Path) -> None:
    for_people = zairyu("assess", "--input", str(intention), "--on", "2026-12-01")
    for_programs = zairyu("assess", "--input", str(intention), "--on", "2026-12-01", "--json")

    assert for_people.exit_code == for_programs.exit_code == 0
    told = Assessment.model_validate_json(for_programs.stdout)
    assert told.online is not None
    assert told.online.closes is not None
    for words in (
        told.online.closes.sentence.en,
        "福岡出入国在留管理局那覇支局",
        "申請できます。",
        "through Mynaportal",
        "42,330 yen",
        "File online, and sign. By 2027-01-30.",
    ):
        assert words in for_people.stdout


def test_the_documents_are_numbered_through_and_those_that_stop_it_come_first(zairyu: Zairyu, intention: Path) -> None:
    content = json.loads(intention.read_text(encoding="utf-8"))
    intention.write_text(json.dumps({**content, "organization_category": "CATEGORY_2"}), encoding="utf-8")

    told = zairyu("assess", "--input", str(intention), "--on", "2026-12-01").stdout

    places = [
        told.index(words)
        for words in (
            "必須の添付",
            "2. Attach the form made by the organization",
            "3. Attach the last year's total table",
            "場合による書類",
            "4. For graduates of a professional training college: Attach",
        )
    ]
    assert places == sorted(places)


def test_the_names_in_a_column_follow_one_another(zairyu: Zairyu) -> None:
    told = zairyu("rules", "show", "required_attachments", "--on", "2026-12-01").stdout

    assert "CERTIFICATE_OF_ELIGIBILITY, CHANGE_OF_STATUS, EXTENSION_OF_PERIOD" in told


def test_a_whole_application_is_assessed_as_it_is_handed_in(zairyu: Zairyu, tmp_path: Path) -> None:
    for kind in ApplicationType:
        written = zairyu("sample", str(tmp_path / kind), "--type", kind)
        assert written.exit_code == 0
        if kind is ApplicationType.USER_REGISTRATION:
            continue
        told = zairyu("assess", "--input", written.stdout.strip(), "--json")
        assert told.exit_code == 0, told.output
        assert Assessment.model_validate_json(told.stdout).permissibility.answer is Answer.ALLOWED


def test_what_cannot_be_assessed_says_why(zairyu: Zairyu, intention: Path) -> None:
    content = json.loads(intention.read_text(encoding="utf-8"))
    content["applicant"]["current_stay"]["expires_on"] = "2207-01-31"
    intention.write_text(json.dumps(content), encoding="utf-8")
    mistyped = zairyu("assess", "--input", str(intention), "--on", "2026-12-01")
    assert mistyped.exit_code == REFUSED
    assert "/applicant/current_stay/expires_on" in mistyped.output
    intention.write_text('{"filer": "NOBODY"}', encoding="utf-8")
    nothing = zairyu("assess", "--input", str(intention), "--json")
    assert nothing.exit_code == REFUSED
    assert {finding["place"] for finding in json.loads(nothing.stdout)} == {"/application_type", "/filer"}
    intention.write_text("[]", encoding="utf-8")
    assert zairyu("assess", "--input", str(intention)).exit_code == REFUSED
    assert zairyu("assess", "--input", str(intention.parent / "nowhere.json")).exit_code == REFUSED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_an_intention_is_read_as_json_tells_its_encoding(zairyu: Zairyu, intention: Path, encoding: str) -> None:
    """As another program wrote it: `start` reads the same files."""
    intention.write_bytes(intention.read_text(encoding="utf-8").encode(encoding))
    assert zairyu("assess", "--input", str(intention), "--on", "2026-12-01").exit_code == 0


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "[" * 900 + "]" * 900, "[" * 5000, '{"a": ' * 900 + "1" + "}" * 900, '{"filer": "\\ud800"}', "1e400"],
)
def test_whatever_a_file_holds_ends_in_words(zairyu: Zairyu, intention: Path, text: str) -> None:
    intention.write_text(text, encoding="utf-8")
    for as_json in ((), ("--json",)):
        refused = zairyu("assess", "--input", str(intention), *as_json)
        assert refused.exit_code == REFUSED
        assert refused.output
        assert isinstance(refused.exception, SystemExit)
    assert zairyu("assess", "--input", str(intention.parent)).exit_code == REFUSED
