from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registrations import filled_in
from zairyu.models.application import Sex
from zairyu.models.card import CardReading
from zairyu.models.registration import Account, RegistrationForm
from zairyu.rules.calendar import start_of_day
from zairyu.rules.registration import (
    check_holder,
    check_registration,
    differences,
    due_notices,
    fill_in_sheet,
    help_desk_at,
    id_expires_on,
    notices,
    password_expires_on,
    sheet_of,
)
from zairyu.rules.spec_packs import sample_packs

ON = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
DAYS = st.dates(date(2022, 3, 16), date(2090, 12, 31))


def form(**changes: Any) -> dict[str, Any]:
    return filled_in(date(2028, 1, 31), **changes)


def read(**changes: Any) -> RegistrationForm:
    return RegistrationForm.model_validate(form(**changes))


def reading(**changes: Any) -> CardReading:
    return CardReading(
        **{
            "name": "TRAN\u3000THI\u3000LINH",
            "address": "東京都新宿区架空町１丁目２番３号",
            "birth_date": "19960412",
            "sex": Sex.FEMALE,
            "card_id": "a" * 64,
            "expires_on": date(2028, 1, 31),
            "terminal_id": "T1",
            "read_at": AT,
            **changes,
        }
    )


def account(password: date = date(2027, 11, 20), id_until: date = date(2028, 1, 31)) -> Account:
    return Account(authentication_id="SB1", card_id="a" * 64, expires_on=id_until, password_expires_on=password)


def places(content: dict[str, Any]) -> set[str]:
    return {finding.place for finding in check_registration(content, on=ON)}


# ----- who may register ---------------------------------------------------------------------------------------------


def test_resident_may_register() -> None:
    assert check_registration(form(), on=ON) == ()


def test_japanese_relative_needs_no_residence_card() -> None:
    assert check_registration(form(filer="RELATIVE", residence_card=None), on=ON) == ()


def test_foreign_national_needs_the_number_of_the_residence_card() -> None:
    assert places(form(residence_card=None)) == {"/residence_card"}


def test_permanent_resident_has_no_stay_to_watch() -> None:
    assert check_registration(form(residence_card={"number": "AB12345678CD"}), on=ON) == ()


@pytest.mark.parametrize("filer", ["LAWYER_OR_SCRIVENER", "ORGANIZATION_STAFF", "REGISTERED_SUPPORT_ORGANIZATION"])
def test_who_has_no_card_step_is_told_what_to_do_instead(filer: str) -> None:
    (finding,) = check_registration(form(filer=filer), on=ON)
    assert finding.place == "/filer"
    assert finding.source
    words = "directly with" if filer == "LAWYER_OR_SCRIVENER" else "regional immigration office"
    assert words in finding.message.en


def test_short_stay_cannot_register() -> None:
    stay = {"status": "TEMPORARY_VISITOR", "period": {"days": 90}, "expires_on": "2027-01-31"}
    card = {"number": "AB12345678CD", "stay": stay}
    assert places(form(residence_card=card)) == {"/residence_card/stay/status", "/residence_card/stay/period"}


def test_every_finding_is_told_at_once() -> None:
    contact = {"email": "linh@resident.example", "phone": "12"}
    wrong = form(contact=contact, address={"postal_code": "160-0000"}, name="1234 5678 9018")
    assert places(wrong) == {
        "/contact/phone",
        "/address/postal_code",
        "/address/prefecture",
        "/address/municipality",
        "/address/line",
        "/name",
    }


@pytest.mark.parametrize(("born", "allowed"), [("20111121", True), ("20111122", False)])
def test_age_is_judged_when_the_card_has_told_it(born: str, allowed: bool) -> None:
    findings = check_holder(read(), reading(birth_date=born), on=ON)
    assert (findings == ()) is allowed
    assert check_holder(read(filer="RELATIVE"), reading(birth_date=born), on=ON) == ()


# ----- the form and the card ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "on_card",
    ["東京都新宿区架空町１丁目２番３号", "東京都 新宿区 架空町1丁目2番3号", "東京都新宿区架空町１丁目２番３号　"],
)
def test_same_address_written_otherwise_is_no_difference(on_card: str) -> None:
    assert differences(read(), reading(address=on_card)) == ()


def test_every_difference_is_shown_and_the_form_counts() -> None:
    said = read(name="TRAN LINH", birth_date="19960413", sex="MALE")
    shown = differences(said, reading(address="東京都新宿区別町９番"))
    assert [finding.place for finding in shown] == ["/name", "/birth_date", "/sex", "/address"]
    sheet = sheet_of("user-0001", said, reading())
    assert (sheet.name, sheet.birth_date, sheet.sex) == ("TRAN LINH", "19960413", Sex.MALE)


def test_card_fills_in_what_was_left_out() -> None:
    sheet = sheet_of("user-0001", read(), reading())
    assert (sheet.name, sheet.birth_date, sheet.sex) == ("TRAN THI LINH", "19960412", Sex.FEMALE)
    assert fill_in_sheet(sheet, sample_packs(), ON) == ()


def test_sex_that_the_card_does_not_say_has_to_be_filled_in() -> None:
    sheet = sheet_of("user-0001", read(), reading(sex=None))
    assert [finding.place for finding in fill_in_sheet(sheet, sample_packs(), ON)] == ["/sex"]


# ----- how long it lasts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("set_on", "last_day"),
    [
        (date(2026, 11, 21), date(2027, 11, 20)),
        (date(2028, 2, 29), date(2029, 2, 27)),
        (date(2027, 1, 1), date(2027, 12, 31)),
    ],
)
def test_password_lasts_a_year(set_on: date, last_day: date) -> None:
    assert password_expires_on(set_on) == last_day


@pytest.mark.parametrize(
    ("card", "last_day"),
    [
        (date(2028, 1, 31), date(2028, 1, 31)),
        (date(2033, 1, 31), date(2031, 11, 20)),
        (None, date(2031, 11, 20)),
    ],
)
def test_authentication_id_lasts_as_long_as_the_card_and_at_most_five_years(card: date | None, last_day: date) -> None:
    assert id_expires_on(ON, card) == last_day


def test_mail_is_overdue_after_a_day() -> None:
    assert help_desk_at(AT) == AT + timedelta(days=1)


@given(DAYS, DAYS)
def test_notices_come_thirty_and_seven_days_before_each_end(password: date, id_until: date) -> None:
    given_at = {(notice.occasion.occasion, notice.at) for notice in notices(account(password, id_until))}
    assert given_at == {
        (occasion, start_of_day(end - timedelta(days=days)))
        for occasion, end in (("password-ends", password), ("authentication-id-ends", id_until))
        for days in (30, 7)
    }


@given(DAYS, DAYS, st.integers(0, 3000))
def test_an_end_is_announced_once_at_a_time_and_never_after_it(password: date, id_until: date, days: int) -> None:
    now = start_of_day(date(2022, 3, 16)) + timedelta(days=days)
    due = due_notices(account(password, id_until), now)
    occasions = [notice.occasion.occasion for notice in due]
    assert len(set(occasions)) == len(occasions)
    for notice in due:
        end = password if notice.occasion.occasion == "password-ends" else id_until
        assert notice.at <= now < start_of_day(end + timedelta(days=1))


def test_who_registers_late_is_told_only_of_the_nearest_notice() -> None:
    due = due_notices(account(id_until=date(2026, 11, 25)), AT)
    assert [notice.key for notice in due] == ["2026-11-25-7-days"]


@pytest.mark.parametrize(
    ("extra", "place"), [({"123456789018": "x"}, ""), ({"notes": ["x", "123456789018"]}, "/notes/1")]
)
def test_a_my_number_is_refused_wherever_it_stands_and_never_repeated(extra: dict[str, Any], place: str) -> None:
    findings = check_registration(form(**extra), on=ON)
    assert [finding.place for finding in findings if finding.rule == "my-number"] == [place]
    assert "123456789018" not in str(findings)
