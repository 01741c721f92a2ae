from datetime import date
from typing import Any

import pytest

from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.items import FilledForm, fill_in
from zairyu.rules.spec_packs import pack_in_force

RELATIVE: dict[str, Any] = {
    "relationship": "妻",
    "name": "NGUYEN VAN BINH",
    "birth_date": "1995",
    "nationality": "VNM",
    "lives_together": True,
    "place_of_work_or_school": "架空商事",
    "card_number": None,
}


def entered(**changes: Any) -> dict[str, Any]:
    """A flawless form, as JSON, with changes to its applicant."""
    return {
        "desired_period": {"years": 3, "months": 0, "days": 0},
        "reason": "引き続き勤務するため",
        "criminal_record": False,
        "applicant": {
            "name": "TRAN THI LINH",
            "birth_date": "199604",
            "sex": "FEMALE",
            "nationality": "VNM",
            "married": False,
            "occupation": "会社員",
            "home_town": "Da Nang",
            "address": {
                "postal_code": "1600000",
                "prefecture": "東京都",
                "municipality": "新宿区",
                "line": "架空町１丁目２番３号",
            },
            "contact": {"email": "linh@example.com", "phone": "09000000000", "language": "en"},
            "passport": {"number": "C1234567", "expires_on": "2031-05-01"},
            "current_stay": {
                "card_number": "AB12345678CD",
                "status": "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES",
                "period": {"years": 4, "months": 3, "days": 0},
                "expires_on": "2027-01-31",
            },
            "relatives": [RELATIVE],
            **changes,
        },
    }


def filled(form: dict[str, Any]) -> FilledForm:
    pack = pack_in_force(ApplicationType.EXTENSION_OF_PERIOD, date(2026, 11, 1))
    assert pack is not None
    sheet = pack.form_for(
        ApplicationType.EXTENSION_OF_PERIOD,
        ResidenceStatus.ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES,
    )
    assert sheet is not None
    return fill_in(sheet, form, pack)


def cells(form: dict[str, Any]) -> dict[str, str]:
    return {cell.header: cell.text for cell in filled(form).cells}


def rules(form: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding.place, finding.rule) for finding in filled(form).findings]


def test_a_flawless_form_has_no_findings() -> None:
    assert rules(entered()) == []


def test_values_are_written_as_the_pack_prescribes() -> None:
    row = cells(entered())

    assert row["2 生年月日"] == "199604"  # the day is unknown
    assert row["10.2 旅券 有効期限"] == "20310501"
    assert row["4 性別"] == "XF"
    assert row["5 配偶者の有無"] == "X0"
    assert row["11.2 在留期間"] == "X02"  # 4 years 3 months
    assert row["13 希望する在留期間"] == "X05"
    assert row["16.1 在日親族及び同居者の有無"] == "X1"
    assert row["16.3 在日親族等 氏名 1"] == "NGUYEN VAN BINH"
    assert row["16.3 在日親族等 氏名 2"] == ""
    assert row["16.6 在日親族等 同居の有無 1"] == "X1"


def test_a_country_has_the_code_of_its_item() -> None:
    row = cells(entered())

    assert row["1 国籍・地域"] != row["16.5 在日親族等 国籍・地域 1"]


def test_without_relatives_their_columns_are_empty_and_nothing_is_missing() -> None:
    form = entered(relatives=[])

    assert rules(form) == []
    assert cells(form)["16.1 在日親族及び同居者の有無"] == "X0"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    form = entered(
        name="Trần Thị Linh",
        nationality="XXX",
        occupation="",
        address={
            "postal_code": "１６０００００",
            "prefecture": "東京都",
            "municipality": "Shinjuku",
            "line": "町" * 61,
        },
        relatives=[RELATIVE, {**RELATIVE, "name": "髙橋"}],
    )

    assert rules(form) == [
        ("/applicant/nationality", "item-code"),
        ("/applicant/name", "item-characters"),
        ("/applicant/name", "item-width"),
        ("/applicant/occupation", "item-required"),
        ("/applicant/address/postal_code", "item-width"),
        ("/applicant/address/municipality", "item-width"),
        ("/applicant/address/line", "item-length"),
        ("/applicant/relatives/1/name", "item-characters"),
    ]


def test_a_finding_names_item_place_and_rule_but_not_the_value() -> None:
    (finding,) = filled(entered(occupation="会社員①")).findings

    assert finding.place == "/applicant/occupation"
    assert finding.source == "spec pack sample 2026-04, item 6"
    assert "4文字目" in finding.message.ja
    assert "character 4" in finding.message.en
    assert "会社員" not in finding.model_dump_json()
    assert "①" not in finding.model_dump_json()


@pytest.mark.parametrize("text", ["髙", "﨑", "①", "㈱", "ｶﾅ", "é", "line\nbreak", "tab\t", "𠮷", "한", "😀", "\x7f"])
def test_characters_outside_the_standard_are_refused(text: str) -> None:
    assert rules(entered(home_town=text)) == [("/applicant/home_town", "item-characters")]


def test_characters_that_unicode_has_twice_are_written_the_one_way() -> None:
    form = entered(home_town="一〜二−三—四")

    assert rules(form) == []
    assert cells(form)["7 本国における居住地"] == "一～二－三―四"


def test_more_relatives_than_the_form_has_room_for_is_said_once() -> None:
    assert rules(entered(relatives=[RELATIVE] * 7)) == [("/applicant/relatives", "item-entries")]


@pytest.mark.parametrize("applicant", [None, 5, "TRAN", [], [{"name": "TRAN"}], {"name": None, "relatives": [7]}])
def test_a_malformed_form_gives_findings_not_a_crash(applicant: object) -> None:
    assert ("/applicant/name", "item-required") in rules({"applicant": applicant, "desired_period": []})
