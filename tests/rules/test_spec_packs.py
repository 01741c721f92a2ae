import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.spec_packs import SpecPack, load_pack, pack_in_force

EXTENSION = ApplicationType.EXTENSION_OF_PERIOD
ENGINEER = ResidenceStatus.ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES


@pytest.fixture
def pack() -> SpecPack:
    found = pack_in_force(EXTENSION, date(2026, 11, 1))
    assert found is not None
    return found


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A copy of the sample to spoil."""
    copy = tmp_path / "draft"
    shutil.copytree(str(files("zairyu") / "spec_packs" / "sample-2026-04"), copy)
    return copy


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_sample_says_that_it_is_one(pack: SpecPack) -> None:
    assert pack.sample
    assert pack.label == "sample 2026-04"
    assert all(code.startswith("X") for codes in pack.codes.values() for code in codes.values())


def test_a_pack_counts_from_its_first_day_on(pack: SpecPack) -> None:
    assert pack_in_force(EXTENSION, date(2026, 3, 31)) is None
    assert pack_in_force(EXTENSION, date(2026, 4, 1)) is pack


@pytest.mark.parametrize("application_type", ApplicationType)
def test_a_pack_counts_from_its_first_day(application_type: ApplicationType) -> None:
    assert pack_in_force(application_type, date(2026, 3, 31)) is None
    assert pack_in_force(application_type, date(2026, 4, 1)) is not None


def test_the_form_goes_by_type_and_status(pack: SpecPack) -> None:
    form = pack.form_for(EXTENSION, ENGINEER)

    assert form is not None
    assert form.paper_form == "別記第30号の2様式"
    assert pack.form_for(EXTENSION, ResidenceStatus.TEMPORARY_VISITOR) is None


def test_every_status_of_residence_has_a_code(pack: SpecPack) -> None:
    assert pack.codes["status_of_residence"].keys() == {status.value for status in ResidenceStatus}


def test_one_country_can_have_two_codes(pack: SpecPack) -> None:
    assert pack.codes["nationality"]["VNM"] != pack.codes["relative_nationality"]["VNM"]


def test_columns_of_a_repeated_item_are_numbered(pack: SpecPack) -> None:
    form = pack.form_for(EXTENSION, ENGINEER)
    assert form is not None

    (relationship,) = (item for item in form.items if item.number == "16.2")

    assert relationship.headers[0] == "16.2 在日親族等 続柄 1"
    assert len(relationship.headers) == 6


def test_column_names_can_be_written_in_the_packs_encoding(pack: SpecPack) -> None:
    for form in pack.forms:
        for item in form.items:
            "".join(item.headers).encode(pack.csv.encoding)


def test_attachments_are_counted_from_one(pack: SpecPack) -> None:
    assert pack.layout.attachment_name(0) == "attachment-01.pdf"


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("items/extension-sheet-1.csv", ",CODE,sex,", ",CODE,gender,", "no code list gender"),
        ("items/extension-sheet-1.csv", ",CODE,sex,", ",TEXT,sex,", "item 4: a code list belongs to the kind CODE"),
        ("items/extension-sheet-1.csv", "*/relationship", "0/relationship", "does not match|pattern"),
        ("items/extension-sheet-1.csv", "false,12,6", "false,12,1", "item 16.8: an item repeats exactly"),
        ("items/extension-sheet-1.csv", "4,性別", "3,氏名", "two columns have the same name"),
        ("codes.csv", "sex,FEMALE,XF", "sex,FEMALE,XM", "code list sex"),
        ("pack.toml", 'manifest = "manifest.xml"', 'manifest = "../manifest.xml"', "pattern"),
        ("pack.toml", 'root = "Res', 'root = "在留', "pattern"),
        ("pack.toml", 'encoding = "cp932"', 'encoding = "utf-8"', "cp932"),
        ("pack.toml", "[layout]", "[other]", "layout"),
    ],
)
def test_a_malformed_pack_stops_the_start_and_is_named(draft: Path, file: str, old: str, new: str, reason: str) -> None:
    replace(draft / file, old, new)

    with pytest.raises(ValueError, match=reason) as caught:
        load_pack(draft)

    assert "spec pack draft" in str(caught.value)
