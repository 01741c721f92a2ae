"""`zairyu package` and `zairyu spec-pack`, as people type them: no server, no keys."""

import csv
import json
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from zairyu.cli import app

SAMPLE = Path(str(files("zairyu") / "spec_packs" / "sample-2026-04"))
Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ZAIRYU_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def content(run: Run, tmp_path: Path) -> dict[str, Any]:
    run("sample", tmp_path / "in")
    read: dict[str, Any] = json.loads((tmp_path / "in" / "application.json").read_bytes())
    return read


@pytest.fixture
def package(run: Run, tmp_path: Path) -> Callable[..., Any]:
    def build(content: dict[str, Any], *words: str) -> Any:
        file = tmp_path / "in" / "changed.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return run("package", "--input", file, "--out", tmp_path / "out", *words)

    return build


def findings_csv(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "out" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_clean_input_makes_the_same_package_each_time(package: Run, content: dict[str, Any], tmp_path: Path) -> None:
    first = json.loads(package(content, "--json").stdout)
    again = package(content)

    assert first["findings"] == []
    assert first["package"]["sample"] is True
    assert again.exit_code == 0
    assert f"sha256={first['package']['sha256']}" in again.stdout
    assert "見本 SAMPLE" in again.stdout
    assert (tmp_path / "out" / "package.zip").stat().st_size == first["package"]["size"]
    assert findings_csv(tmp_path) == []


def test_warnings_do_not_stop_it_and_tell_by_the_exit_code(
    package: Run, content: dict[str, Any], tmp_path: Path
) -> None:
    answer = package({**content, "attachments": content["attachments"][:1]})

    assert answer.exit_code == 1
    assert (tmp_path / "out" / "package.zip").exists()
    assert {row["severity"] for row in findings_csv(tmp_path)} == {"WARNING"}


def test_errors_are_all_told_and_leave_no_package(package: Run, content: dict[str, Any], tmp_path: Path) -> None:
    package(content)
    (tmp_path / "in" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    content["reason"] = "①"
    content["details"]["careers"][0]["joined"] = "soon"
    content["attachments"].append({"kind": "OTHER", "file": "broken.pdf"})
    content["photo"] = "nowhere.jpg"

    answer = package(content, "--json")

    assert answer.exit_code == 2
    told = json.loads(answer.stdout)
    assert told["package"] is None
    errors = {finding["place"]: finding for finding in told["findings"] if finding["severity"] == "ERROR"}
    assert errors.keys() >= {
        "/reason",
        "/details/careers/0/joined",
        f"/attachments/{len(content['attachments']) - 1}",
        "/photo",
    }
    assert errors["/reason"]["item"]["number"] == "14"
    assert errors["/reason"]["value_class"] == "1: OTHER"
    assert not (tmp_path / "out" / "package.zip").exists()
    (row,) = [row for row in findings_csv(tmp_path) if row["place"] == "/reason"]
    assert (row["item"], row["rule"], row["value_class"]) == ("14", "item-characters", "1: OTHER")
    assert "①" not in answer.stdout


def test_the_day_decides_which_rules_count(package: Run, content: dict[str, Any]) -> None:
    answer = package(content, "--on", "2027-12-01", "--json")

    assert answer.exit_code == 2
    assert "filing-window" in {finding["rule"] for finding in json.loads(answer.stdout)["findings"]}


@pytest.mark.parametrize(("words", "variable"), [(["--on", "2026-03-20"], {}), ([], {"ZAIRYU_SPEC_PACKS": "nowhere"})])
def test_without_a_spec_pack_there_is_no_package(
    package: Run,
    content: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    variable: dict[str, str],
) -> None:
    for name, value in variable.items():
        monkeypatch.setenv(name, value)

    answer = package(content, *words)

    assert answer.exit_code == 2
    assert "spec pack" in answer.stderr
    assert not (tmp_path / "out" / "package.zip").exists()


# ----- spec packs -----------------------------------------------------------------------------------------------------


def test_a_sound_pack_is_told_with_its_digest(run: Run) -> None:
    for_people, for_programs = run("spec-pack", "check", SAMPLE), run("spec-pack", "check", SAMPLE, "--json")

    assert (for_people.exit_code, for_programs.exit_code) == (0, 0)
    told = json.loads(for_programs.stdout)
    assert told["faults"] == []
    assert f"sha256={told['digest']}" in for_people.stdout
    assert "SAMPLE" in for_people.stdout


def test_faults_are_told_with_file_and_row(run: Run, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(SAMPLE, tmp_path / "pack"))
    with (pack / "codes.csv").open("a", encoding="utf-8") as codes:
        codes.write("sex,MALE,XM,男,Male\n")
    line = len((pack / "codes.csv").read_text(encoding="utf-8").splitlines())

    answer = run("spec-pack", "check", pack)

    assert answer.exit_code == 2
    assert f"codes.csv:{line}" in answer.stdout
    assert "there twice" in answer.stdout or "has MALE or XM twice" in answer.stdout


def test_what_changed_against_another_pack_is_told(run: Run, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(SAMPLE, tmp_path / "pack"))
    head = (pack / "pack.toml").read_text(encoding="utf-8")
    (pack / "pack.toml").write_text(head.replace('"2026-04"', '"2027-01"').replace("2026-04-01", "2027-01-01"))

    told = json.loads(run("spec-pack", "check", pack, "--against", SAMPLE, "--json").stdout)
    same = run("spec-pack", "check", SAMPLE, "--against", SAMPLE)

    changed = {(change["place"], change["what"]): (change["before"], change["after"]) for change in told["changes"]}
    assert changed["pack.toml", "version"] == ("2026-04", "2027-01")
    assert changed["pack.toml", "effective_from"] == ("2026-04-01", "2027-01-01")
    assert "Nothing differs" in same.stdout


@pytest.mark.parametrize("words", [["nowhere"], [SAMPLE, "--against", "nowhere"]])
def test_a_directory_that_is_not_there_is_said(run: Run, words: list[Any]) -> None:
    answer = run("spec-pack", "check", *words)

    assert answer.exit_code == 2
    assert "cannot be read" in answer.stderr


def test_the_format_is_published_as_json_schema(run: Run) -> None:
    schemas = json.loads(run("spec-pack", "schema").stdout)

    assert set(schemas) == {"pack.toml", "items/*.csv", "codes.csv", "related_checks.csv", "messages.csv"}
    assert schemas["items/*.csv"]["properties"]["max_length"]["description"] == "In characters."
