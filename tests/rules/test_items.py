from datetime import date
from typing import Any

import pytest

from tests.packs import small_pack
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.models.spec_pack import SpecPack
from zairyu.rules.items import FilledForm, fill_in

ON = date(2026, 11, 24)
CAREER: dict[str, Any] = {"employer": "架空商事", "from": "201804", "until": "2021"}
EMPLOYER: dict[str, Any] = {
    "number": "5835678256246",
    "postal_code": "1600000",
    "phone": "0312345678",
    "email": "post@employer.example",
    "capital": 10000000,
    "card": "AB12345678CD",
}


def entered(**details: Any) -> dict[str, Any]:
    """A flawless form, as JSON, with changes to its details; an employer only where they are given."""
    return {
        "application_type": "EXTENSION_OF_PERIOD",
        "residence_status": "NURSING_CARE",
        "filer": "APPLICANT",
        "reason": "引き続き勤務するため",
        "applicant": {"name": "TRAN THI LINH", "birth_date": "199604", "sex": "FEMALE"},
        "details": {"married": False, "graduated_on": "2018-03-31", "careers": [CAREER], **details},
    }


def by_relative(**employer: Any) -> dict[str, Any]:
    return {**entered(employer={**EMPLOYER, **employer}), "filer": "RELATIVE"}


def filled(form: dict[str, Any], pack: SpecPack | None = None) -> FilledForm:
    pack = pack or small_pack()
    sheet = pack.form_for(ApplicationType.EXTENSION_OF_PERIOD, ResidenceStatus.NURSING_CARE)
    assert sheet is not None
    return fill_in(sheet, form, pack, on=ON)


def cells(form: dict[str, Any]) -> dict[str, str]:
    return {cell.header: cell.text for cell in filled(form).cells}


def findings(form: dict[str, Any], pack: SpecPack | None = None) -> list[tuple[str, str]]:
    return [(finding.place, finding.rule) for finding in filled(form, pack).findings]


def only_finding(form: dict[str, Any]) -> Finding:
    (finding,) = filled(form).findings
    return finding


def with_applicant(**changes: Any) -> dict[str, Any]:
    form = entered()
    return {**form, "applicant": {**form["applicant"], **changes}}


def test_a_flawless_form_has_no_findings() -> None:
    assert findings(entered()) == []
    assert findings(by_relative()) == []


def test_values_are_written_as_the_pack_prescribes() -> None:
    row = cells(by_relative())

    assert row["2 生年月日"] == "199604"  # the day is unknown
    assert row["4 性別"] == "XF"
    assert row["17.1 配偶者"] == "X0"
    assert row["18 卒業年月日"] == "20180331"
    assert row["19 職歴の有無"] == "X1"
    assert row["19.1 職歴 勤務先 1"] == "架空商事"
    assert row["19.1 職歴 勤務先 2"] == ""
    assert row["19.3 職歴 退社年月 1"] == "2021"
    assert row["3.5 機関 資本金"] == "10000000"


def test_a_group_goes_on_counting_where_the_form_leaves_off() -> None:
    assert [cell.header for cell in filled(entered()).cells][4:6] == ["17.1 配偶者", "17.2 配偶者の氏名"]


# ----- items that are asked only sometimes ----------------------------------------------------------------------------


def test_an_item_is_required_only_where_it_is_asked() -> None:
    assert findings(entered(married=False)) == []
    assert findings(entered(married=True)) == [("/details/spouse_name", "item-required")]
    assert findings(entered(married=True, spouse_name="NGUYEN VAN NAM")) == []


def test_what_is_not_asked_is_not_sent_and_is_said() -> None:
    form = entered(married=False, spouse_name="NGUYEN VAN NAM")

    assert findings(form) == [("/details/spouse_name", "item-not-asked")]
    assert cells(form)["17.2 配偶者の氏名"] == ""


def test_an_item_of_a_list_is_asked_entry_by_entry() -> None:
    careers = [CAREER, {"employer": "架空物産", "from": None, "until": None}]

    assert findings(entered(careers=careers)) == [("/details/careers/1/from", "item-required")]


def test_the_organizations_part_is_not_the_applicants_to_fill_in() -> None:
    form = {**by_relative(), "filer": "APPLICANT"}

    assert {rule for _, rule in findings(form)} == {"item-not-asked"}
    assert cells(form)["3.5 機関 資本金"] == ""


def test_what_may_be_asked_after_all_is_not_sent_away() -> None:
    form = entered(married=None, spouse_name="NGUYEN VAN NAM")

    assert findings(form) == [("/details/married", "item-required")]


def test_while_nobody_files_the_organizations_part_is_neither_missed_nor_sent_away() -> None:
    assert findings({**entered(), "filer": None}) == []
    assert findings({**by_relative(), "filer": None}) == []


def test_a_condition_on_a_wrong_value_throws_nothing_away() -> None:
    pack = small_pack(("items/group-n-applicant.csv", "item.married == 'YES'", "int(item.graduated_on) > 20170101"))

    assert findings(entered(graduated_on="soon", spouse_name="NAM"), pack) == [("/details/graduated_on", "item-format")]


def test_what_no_item_reads_is_said_instead_of_lost() -> None:
    form = entered(maried=True, careers=[{**CAREER, "salary": 300}], hobbies=["go", "shogi"])

    assert findings(form) == [
        ("/details/careers/0/salary", "details-unknown"),
        ("/details/maried", "details-unknown"),
        ("/details/hobbies/0", "details-unknown"),
        ("/details/hobbies/1", "details-unknown"),
    ]


# ----- what is wrong with a value -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("employer", "rule"),
    [
        ({"number": "5835678256247"}, "item-format"),
        ({"number": "583567825624"}, "item-format"),
        ({"postal_code": "160000"}, "item-format"),
        ({"phone": "03-1234-5678"}, "item-format"),
        ({"email": "nobody"}, "item-format"),
        ({"capital": "10,000"}, "item-format"),
        ({"capital": True}, "item-format"),
        ({"capital": {"yen": 5}}, "item-format"),
        ({"card": "AB1234567CD"}, "item-format"),
        ({"capital": "1" * 14}, "item-length"),
    ],
)
def test_each_kind_of_value_has_its_form(employer: dict[str, Any], rule: str) -> None:
    rules = {finding.rule for finding in filled(by_relative(**employer)).findings if "employer" in finding.place}

    assert rule in rules


@pytest.mark.parametrize("day", ["2018-02-30", "20181301", "2018", "２０１８０３３１", "yesterday", "2018-3-1"])
def test_a_day_has_to_exist(day: str) -> None:
    assert ("/details/graduated_on", "item-format") in findings(entered(graduated_on=day))


@pytest.mark.parametrize(("month", "good"), [("201804", True), ("2018-04", True), ("2018", True), ("201813", False)])
def test_a_month_may_be_unknown(month: str, *, good: bool) -> None:
    assert (findings(entered(careers=[{**CAREER, "from": month}])) == []) is good


def test_everything_that_is_wrong_is_said_at_once() -> None:
    form = with_applicant(name="Trần Thị Linh", sex="OTHER", birth_date="1996-13")
    form["reason"] = "町" * 601

    assert findings(form) == [
        ("/applicant/name", "item-characters"),
        ("/applicant/name", "item-normalised"),
        ("/applicant/sex", "item-code"),
        ("/applicant/birth_date", "item-format"),
        ("/reason", "item-length"),
    ]


def test_a_finding_names_item_place_and_rule_but_not_the_value() -> None:
    finding = only_finding({**entered(), "reason": "会社員①"})

    assert finding.place == "/reason"
    assert finding.source == "spec pack small 1, item 14"
    assert finding.item is not None
    assert (finding.item.number, finding.item.label.en) == ("14", "Reason")
    assert "4文字目" in finding.message.ja
    assert "character 4" in finding.message.en
    assert finding.value_class is not None
    assert "会社員" not in finding.model_dump_json()
    assert "①" not in finding.model_dump_json()


@pytest.mark.parametrize("text", ["髙", "﨑", "①", "㈱", "ｶﾅ", "é", "line\nbreak", "tab\t", "𠮷", "한", "😀", "\x7f"])
def test_characters_outside_the_standard_are_refused(text: str) -> None:
    assert findings({**entered(), "reason": text}) == [("/reason", "item-characters")]


def test_a_pack_may_take_all_that_its_encoding_can_write() -> None:
    pack = small_pack(
        ("pack.toml", '"cp932"', '"utf-8"'), ("pack.toml", '"JIS_X_0208"', '"ANY"'), ("pack.toml", '"\\r\\n"', '"\\n"')
    )

    assert findings({**entered(), "reason": "髙橋é𠮷"}, pack) == []
    assert findings({**entered(), "reason": "line\nbreak"}, pack) == [("/reason", "item-characters")]


def test_characters_that_unicode_has_twice_are_written_the_one_way() -> None:
    form = {**entered(), "reason": "一〜二−三—四"}

    assert findings(form) == []
    assert cells(form)["14 更新の理由"] == "一～二－三―四"


def test_more_entries_than_the_form_has_room_for_are_said_once() -> None:
    assert findings(entered(careers=[CAREER] * 4)) == [("/details/careers", "item-entries")]


@pytest.mark.parametrize("applicant", [None, 5, "TRAN", [], [{"name": "TRAN"}], {"name": None, "relatives": [7]}])
def test_a_malformed_form_gives_findings_not_a_crash(applicant: object) -> None:
    assert ("/applicant/name", "item-required") in findings({"applicant": applicant, "details": [3]})


# ----- normalisation --------------------------------------------------------------------------------------------------


def test_a_text_is_made_to_fit_only_where_the_pack_says_so_and_that_is_said() -> None:
    form = with_applicant(name="Ｔran ｔhi Linh")
    notice = only_finding(form)

    assert (notice.place, notice.rule, notice.severity) == ("/applicant/name", "item-normalised", Severity.NOTICE)
    assert "半角・大文字" in notice.message.ja
    assert "in half-width characters, in capitals" in notice.message.en
    assert cells(form)["3 氏名"] == "TRAN THI LINH"
    # The reason may be of any width, so nothing is done to it.
    assert cells({**form, "reason": "ＡＢＣ　１"})["14 更新の理由"] == "ＡＢＣ　１"


@pytest.mark.parametrize("written", ["160-0000", "１６０−００００", "160ー0000", "160 0000"])
def test_a_postal_code_loses_its_hyphen(written: str) -> None:
    form = by_relative(postal_code=written)

    assert findings(form) == [("/details/employer/postal_code", "item-normalised")]
    assert cells(form)["3.2 機関 郵便番号"] == "1600000"


def test_an_employers_name_is_written_in_full_width() -> None:
    assert cells(entered(careers=[{**CAREER, "employer": "ABC ｼｮｳｼﾞ"}]))["19.1 職歴 勤務先 1"] == "ＡＢＣ　ショウジ"


# ----- related items --------------------------------------------------------------------------------------------------


def test_related_items_are_compared() -> None:
    finding = only_finding(entered(graduated_on="1990-03-31"))

    assert (finding.place, finding.rule) == ("/details/graduated_on", "related-graduation-after-birth")
    assert finding.severity is Severity.WARNING
    assert finding.message.en == "Item 18, Graduation: The graduation is before the birth."


def test_what_is_wrong_in_itself_is_not_compared() -> None:
    form = with_applicant(birth_date="soon")

    assert findings(form) == [("/applicant/birth_date", "item-format")]


def test_a_check_without_a_value_stops_instead_of_passing() -> None:
    pack = small_pack(
        (
            "related_checks.csv",
            "item.graduated_on == '' || item.graduated_on > item.birth_date",
            "1 / 0 > size(item.graduated_on)",
        )
    )

    assert findings(entered(), pack) == [("/details/graduated_on", "related-graduation-after-birth")]
    assert filled(entered(), pack).findings[0].severity is Severity.ERROR
