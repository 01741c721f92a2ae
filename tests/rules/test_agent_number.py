from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zairyu.models.findings import Finding
from zairyu.rules.agent_number import AgentCodeRow, AgentNumber, AgentNumberRefused
from zairyu.rules.tables import in_force, load_table

TODAY = date(2026, 11, 21)
OFFICES = in_force(load_table("agent_offices", AgentCodeRow), TODAY)
CATEGORIES = in_force(load_table("agent_categories", AgentCodeRow), TODAY)


def refused(text: str) -> dict[str, Finding]:
    with pytest.raises(AgentNumberRefused) as error:
        AgentNumber.parse(text, on=TODAY)
    findings = {finding.place: finding for finding in error.value.findings}
    assert len(findings) == len(error.value.findings)
    for finding in findings.values():
        assert finding.rule == "agent-number"
        assert finding.message.ja
        assert finding.message.en
        assert finding.source
    return findings


# ISA, online procedures from March 2022 (2022-01), conversion of agent certificate numbers: the example, and every
# line of the code table.
def test_the_example_of_the_notice_is_converted_both_ways() -> None:
    number = AgentNumber.parse("(東)弁10第50号", on=TODAY)

    assert number.digits == "132010700050"
    assert number.notation == "(東)弁10第50号"
    assert AgentNumber.parse("132010700050", on=TODAY) == number
    assert (number.office.name.ja, number.category.name.en) == ("東京局", "Lawyer")


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        ("札", "11"),
        ("仙", "12"),
        ("東", "13"),
        ("横", "15"),
        ("名", "16"),
        ("阪", "17"),
        ("神", "18"),
        ("高", "19"),
        ("広", "20"),
        ("福", "22"),
        ("那", "24"),
    ],
)
@pytest.mark.parametrize(("category", "category_code"), [("行", "2"), ("弁", "7")])
def test_every_office_and_category_has_its_code(sign: str, code: str, category: str, category_code: str) -> None:
    digits = f"{code}2022{category_code}00001"

    assert AgentNumber.parse(f"({sign}){category}22第1号", on=TODAY).digits == digits
    assert AgentNumber.parse(digits, on=TODAY).notation == f"({sign}){category}22第1号"


def test_no_office_and_no_category_but_those_of_the_notice_is_known() -> None:
    assert (len(OFFICES), len(CATEGORIES)) == (11, 2)
    assert all(len(office.code) == 2 for office in OFFICES)
    assert all(len(category.code) == 1 for category in CATEGORIES)


@pytest.mark.parametrize(
    "text",
    [
        "（東）弁１０第５０号",
        " (東) 弁 10 第 50 号 ",
        "　（東）　弁10第00050号\n",
        "(東)弁10第050号",
        "１３２０１０７０００５０",
        "13 2010 7 00050",
    ],
)
def test_a_number_may_be_typed_in_any_width_and_with_spaces(text: str) -> None:
    assert AgentNumber.parse(text, on=TODAY).digits == "132010700050"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("(京)弁10第50号", {"/office": 2}),
        ("()弁10第50号", {"/office": 2}),
        ("(東京)弁10第50号", {"/office": 2}),
        ("(東)司10第50号", {"/category": 4}),
        ("(東)10第50号", {"/category": 4}),
        ("(東)弁2010第50号", {"/year": 5}),
        ("(東)弁第50号", {"/year": 5}),
        ("(東)弁27第50号", {"/year": 5}),
        ("(東)弁10第0号", {"/serial": 8}),
        ("(東)弁10第号", {"/serial": 8}),
        ("(東)弁10第100000号", {"/serial": 8}),
        ("（ 東 ）　弁10第 100000号", {"/serial": 12}),
        ("(東)弁10第" + "9" * 5000 + "号", {"/serial": 8}),
        ("(京)司99第0号", {"/office": 2, "/category": 4, "/year": 5, "/serial": 8}),
        ("142010700050", {"/office": 1}),
        ("132010300050", {"/category": 7}),
        ("131999700050", {"/year": 3}),
        ("132027700050", {"/year": 3}),
        ("132010700000", {"/serial": 8}),
        ("992099900000", {"/office": 1, "/year": 3, "/category": 7, "/serial": 8}),
        ("", {"": 1}),
        ("  ", {"": 3}),
        ("東弁10第50号", {"": 1}),
        ("(東弁10第50号", {"": 10}),
        ("(東)弁10-50", {"": 7}),
        ("(東)弁10第50", {"": 10}),
        ("(東)弁10第50号の2", {"": 11}),
        ("13201070005", {"": 8}),
        ("1320107000500", {"": 13}),
    ],
)
def test_everything_wrong_is_told_with_its_place(text: str, places: dict[str, int]) -> None:
    findings = refused(text)

    assert set(findings) == set(places)
    for place, at in places.items():
        assert findings[place].message.en.startswith(f"Character {at}: ")
        assert findings[place].message.ja.startswith(f"{at}文字目: ")


def test_the_year_of_today_is_not_in_the_future() -> None:
    assert AgentNumber.parse("(東)弁26第1号", on=TODAY).year == 2026
    assert AgentNumber.parse("132026700001", on=TODAY).year == 2026
    assert AgentNumber.parse("(東)弁00第1号", on=TODAY).digits == "132000700001"


def test_what_is_known_is_said_where_a_sign_is_not() -> None:
    message = refused("(京)弁10第50号")["/office"].message

    for office in OFFICES:
        assert office.sign in message.en
        assert office.sign in message.ja
    assert "24" in refused("992010700050")["/office"].message.en


NUMBERS = st.builds(
    AgentNumber,
    office=st.sampled_from(OFFICES),
    category=st.sampled_from(CATEGORIES),
    year=st.integers(2000, TODAY.year),
    serial=st.integers(1, 99999),
)


@given(NUMBERS)
def test_both_ways_of_writing_say_the_same(number: AgentNumber) -> None:
    assert len(number.digits) == 12
    assert AgentNumber.parse(number.digits, on=TODAY) == number
    assert AgentNumber.parse(number.notation, on=TODAY) == number


@given(st.text() | st.text("()（）東弁行第号0123456789１ ", max_size=20))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        number = AgentNumber.parse(text, on=TODAY)
    except AgentNumberRefused:
        return
    assert AgentNumber.parse(number.digits, on=TODAY) == number


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    for finding in refused("TRAN THI LINH").values():
        assert "LINH" not in finding.model_dump_json()
