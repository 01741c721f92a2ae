from datetime import date
from pathlib import Path

import pytest

from tests.packs import pack_of, packs_of, small_pack, small_pack_files, spoilt
from zairyu.models.residence import ApplicationType, Filer, ResidenceStatus
from zairyu.rules.spec_pack_changes import changes
from zairyu.rules.spec_packs import SpecPackFaulty, digest_of, files_in, load_pack, sample_packs

EXTENSION = ApplicationType.EXTENSION_OF_PERIOD
ENGINEER = ResidenceStatus.ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES


def faults(files: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(SpecPackFaulty) as caught:
        pack_of(files)
    return [(fault.place, fault.rule) for fault in caught.value.faults]


# ----- which pack counts ----------------------------------------------------------------------------------------------


def test_a_pack_counts_from_its_first_day_until_a_later_one_begins() -> None:
    old, new = small_pack(), small_pack(("pack.toml", "2026-04-01", "2027-01-01"))
    packs = packs_of(new, old)

    assert packs.in_force(EXTENSION, date(2026, 3, 31)) is None
    assert packs.in_force(EXTENSION, date(2026, 4, 1)) is old
    assert packs.in_force(EXTENSION, date(2026, 12, 31)) is old
    assert packs.in_force(EXTENSION, date(2027, 1, 1)) is new


def test_of_two_packs_of_one_day_the_one_listed_last_counts() -> None:
    first, corrected = small_pack(), small_pack(("pack.toml", 'version = "1"', 'version = "1a"'))

    assert packs_of(first, corrected).in_force(EXTENSION, date(2026, 5, 1)) is corrected


def test_a_newer_pack_without_the_application_leaves_the_older_one_in_force() -> None:
    old = small_pack()
    new = small_pack(
        ("pack.toml", "2026-04-01", "2027-01-01"), ("pack.toml", "EXTENSION_OF_PERIOD", "CHANGE_OF_STATUS")
    )

    assert packs_of(old, new).in_force(EXTENSION, date(2027, 2, 1)) is old


@pytest.mark.parametrize("application_type", ApplicationType)
def test_the_sample_covers_every_application(application_type: ApplicationType) -> None:
    assert sample_packs().in_force(application_type, date(2026, 3, 31)) is None
    assert sample_packs().in_force(application_type, date(2026, 4, 1)) is not None


def test_the_form_goes_by_type_and_status() -> None:
    pack = small_pack()
    form = pack.form_for(EXTENSION, ENGINEER)

    assert form is not None
    assert (form.paper_form, form.group) == ("small form", "N")
    assert pack.form_for(EXTENSION, ResidenceStatus.TEMPORARY_VISITOR) is None
    assert pack.form_for(ApplicationType.CHANGE_OF_STATUS, ENGINEER) is None
    organizations = [item for item in form.items if item.pointer.startswith("/details/employer/")]
    assert all(Filer.APPLICANT not in item.filers for item in organizations)
    assert len(organizations) == 6


def test_attachments_are_counted_from_one() -> None:
    assert small_pack().layout.attachment_name(0) == "attachment-01.pdf"


# ----- reading a pack -------------------------------------------------------------------------------------------------


SHEET, APPLICANT = "items/sheet-1.csv", "items/group-n-applicant.csv"
HEAD, CHECKS = "pack.toml", "related_checks.csv"


@pytest.mark.parametrize(
    ("path", "before", "after", "place", "rule", "told"),
    [
        (SHEET, ",CODE,sex,", ",CODE,gender,", f"{SHEET}:3", "pack-code-list", "gender"),
        (SHEET, ",CODE,sex,", ",TEXT,sex,", f"{SHEET}:3", "pack-format", "code list"),
        (SHEET, "true,,26,1", "true,,many,1", f"{SHEET}:2", "pack-format", "max_length"),
        (SHEET, "sex,4,性別", "sex,+4,性別", f"{SHEET}:3", "pack-number", "+"),
        (SHEET, "sex,4,性別", "sex,3,氏名", HEAD, "pack-column-twice", "3 氏名"),
        (SHEET, "sex,4,性別", "name,4,性別", HEAD, "pack-id-twice", "name"),
        (SHEET, ",600,1,", ",600,1", f"{SHEET}:5", "pack-row", "cells"),
        (SHEET, "label_ja", "label_jp", f"{SHEET}:1", "pack-column", "label_jp"),
        (APPLICANT, "true,,20,3", "true,,20,1", f"{APPLICANT}:6", "pack-format", "*"),
        (APPLICANT, "== 'YES'", "== ", f"{APPLICANT}:3", "pack-expression", "yntax"),
        (APPLICANT, "item.married ==", "mariied ==", f"{APPLICANT}:3", "pack-expression", "mariied"),
        (APPLICANT, "item.married ==", "entry.married ==", f"{APPLICANT}:3", "pack-expression", "repeat"),
        (APPLICANT, "item.married ==", "item.maried ==", HEAD, "pack-expression", "maried"),
        ("codes.csv", "sex,FEMALE,XF", "sex,FEMALE,XM", "codes.csv:3", "pack-code-twice", "XM"),
        (CHECKS, "birth_date,graduation\n", "birth_date,unheard\n", f"{CHECKS}:2", "pack-message", "unheard"),
        (CHECKS, ",graduated_on birth_date,", ",graduated_on,", f"{CHECKS}:2", "pack-expression", "birth_date"),
        ("messages.csv", "WARNING", "REMARK", "messages.csv:2", "pack-format", "severity"),
        (HEAD, 'manifest = "manifest.xml"', 'manifest = "../manifest.xml"', HEAD, "pack-format", "layout.manifest"),
        (HEAD, 'root = "Pa', 'root = "在留', HEAD, "pack-format", "manifest.root"),
        (HEAD, 'encoding = "cp932"', 'encoding = "ebcdic"', HEAD, "pack-format", "csv.encoding"),
        (HEAD, "[layout]", "[other]", HEAD, "pack-format", "layout"),
        (HEAD, "[layout]", "[layout", HEAD, "pack-file", "cannot be read"),
        (HEAD, '"NURSING_CARE"]', '"NURSING_HOME"]', HEAD, "pack-format", "residence_statuses"),
        (HEAD, "items/sheet-1.csv", "items/sheet-9.csv", HEAD, "pack-file", "sheet-9"),
    ],
)
def test_a_fault_is_told_with_file_and_row(
    path: str, before: str, after: str, place: str, rule: str, told: str
) -> None:
    with pytest.raises(SpecPackFaulty, match="spec pack small") as caught:
        pack_of(spoilt((path, before, after)))

    found = [fault for fault in caught.value.faults if (fault.place, fault.rule) == (place, rule)]
    assert found, caught.value.faults
    assert told in found[0].message.en
    assert found[0].message.ja


def test_every_fault_is_told_at_once() -> None:
    files = spoilt(
        ("items/sheet-1.csv", ",CODE,sex,", ",CODE,gender,"),
        ("codes.csv", "sex,FEMALE,XF", "sex,FEMALE,XM"),
        ("messages.csv", "WARNING", "REMARK"),
        ("pack.toml", "max_package_bytes = 1000000", "max_package_bytes = 0"),
    )

    assert {place for place, _ in faults(files)} >= {
        "items/sheet-1.csv:3",
        "codes.csv:3",
        "messages.csv:2",
        "pack.toml",
    }


@pytest.mark.parametrize("path", sorted(small_pack_files()))
def test_a_missing_file_is_told(path: str) -> None:
    files = small_pack_files()
    del files[path]

    assert any(rule == "pack-file" for _, rule in faults(files))


def test_what_no_form_uses_is_told() -> None:
    files = small_pack_files()
    files["items/left-over.csv"] = files["items/sheet-1.csv"]
    files["related_checks.csv"] += "lonely,item.nowhere == '',nowhere,graduation\n"

    assert faults(files) == [("items/left-over.csv", "pack-unused"), ("related_checks.csv:3", "pack-unused")]


def test_a_status_has_one_form() -> None:
    files = small_pack_files()
    files["pack.toml"] += (
        '\n[[group]]\nletter = "U"\nlabel = { ja = "他", en = "Other" }\nresidence_statuses = ["NURSING_CARE"]\n'
    )

    assert ("pack.toml", "pack-form-twice") in faults(files)


# ----- files and digests ----------------------------------------------------------------------------------------------


def written(directory: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
    return directory


def test_notes_beside_a_pack_are_not_part_of_it(tmp_path: Path) -> None:
    directory = written(tmp_path, {**small_pack_files(), "README.md": "notes", "items/old.csv.bak": "x"})

    assert files_in(directory).keys() == small_pack_files().keys()


def test_a_pack_has_the_digest_of_its_files(tmp_path: Path) -> None:
    files = files_in(written(tmp_path, small_pack_files()))
    changed = {**files, "codes.csv": files["codes.csv"] + b"sex,OTHER,XO,x,x\n"}

    assert load_pack(files, "small").digest == digest_of(files) == digest_of(dict(reversed(files.items())))
    assert digest_of(changed) != digest_of(files)
    assert digest_of({**files, "items/more.csv": b""}) != digest_of(files)


# ----- what changed ---------------------------------------------------------------------------------------------------


def told(*spoils: tuple[str, str, str]) -> list[tuple[str, str, str | None, str | None]]:
    before, after = (
        {path: text.encode() for path, text in files.items()} for files in (small_pack_files(), spoilt(*spoils))
    )
    return [(change.place, change.what, change.before, change.after) for change in changes(before, after)]


def test_equal_packs_have_no_changes() -> None:
    assert told() == []


def test_changes_are_told_by_file_row_and_column() -> None:
    assert told(
        ("pack.toml", "max_package_bytes = 1000000", "max_package_bytes = 2000000"),
        ("pack.toml", 'root = "Package"', 'root = "Parcel"'),
        ("pack.toml", "group_starts_at = 17", "group_starts_at = 18"),
        ("items/sheet-1.csv", "true,,26,1", "true,,40,1"),
        ("codes.csv", "sex,FEMALE,XF", "sex,FEMALE,XW"),
        ("messages.csv", "graduation,", "graduated,"),
    ) == [
        ("codes.csv sex FEMALE", "code", "XF", "XW"),
        ("items/sheet-1.csv name", "max_length", "26", "40"),
        ("messages.csv graduated", "", None, "added"),
        ("messages.csv graduation", "", "removed", None),
        ("pack.toml", "max_package_bytes", "1000000", "2000000"),
        ("pack.toml manifest", "root", "Package", "Parcel"),
        ("pack.toml form EXTENSION_OF_PERIOD", "group_starts_at", "17", "18"),
    ]


def test_another_order_of_items_is_a_change() -> None:
    files = small_pack_files()
    header, name, sex, *rest = files["items/sheet-1.csv"].splitlines()
    swapped = {**files, "items/sheet-1.csv": "\n".join([header, sex, name, *rest])}
    before, after = ({path: text.encode() for path, text in each.items()} for each in (files, swapped))

    (change,) = changes(before, after)

    assert (change.place, change.what) == ("items/sheet-1.csv", "order")
