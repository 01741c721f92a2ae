import calendar
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.models.assessment import Answer, Intention, Route
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.applicants import applicant_rule, has_age, is_under, own_obstacles

TODAY: Final = date(2026, 11, 24)
IF, NO = Answer.ALLOWED_IF, Answer.NOT_ALLOWED
STAY: Final = {"status": "STUDENT", "period": {"years": 1}, "expires_on": "2027-01-31"}


def judge(
    application_type: ApplicationType = ApplicationType.EXTENSION_OF_PERIOD, *, on: date = TODAY, **applicant: Any
) -> list[tuple[Answer, str, str]]:
    """What speaks against an applicant who says everything else."""
    intention = Intention.model_validate(
        {
            "application_type": application_type,
            "applicant": {"birth_date": "19960412", "current_stay": STAY, **applicant},
        }
    )
    return [(found.answer, found.reason.place, found.reason.rule) for found in own_obstacles(intention, on)]


# ----- age --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birth_date", "answer"),
    [
        ("20111124", None),  # fifteen today
        ("20111125", NO),
        ("201111", IF),  # perhaps fifteen already
        ("201110", None),
        ("201112", NO),
        ("2011", IF),
        ("2010", None),
        ("2012", NO),
        ("20261124", NO),
        ("20270101", NO),
        ("20110230", IF),  # no such day: nothing can be said
        ("0000", IF),
        (None, IF),
    ],
)
def test_applicants_file_from_fifteen_on(birth_date: str | None, answer: Answer | None) -> None:
    expected = [] if answer is None else [(answer, "/applicant/birth_date", "minimum-age")]

    assert judge(birth_date=birth_date) == expected


@pytest.mark.parametrize("years", [15, 16])
def test_who_was_born_on_leap_day_grows_older_on_the_last_of_february(years: int) -> None:
    """Source: Immigration Control and Refugee Recognition Act, article 19-5 (1) (ii)."""
    birthday = date(2012 + years, 2, 29 if calendar.isleap(2012 + years) else 28)

    assert is_under("20120229", years, on=birthday - timedelta(days=1)) is True
    assert is_under("20120229", years, on=birthday) is False


@given(born=st.dates(date(1950, 1, 1), date(2040, 12, 31)), years=st.integers(0, 20))
def test_the_last_day_of_being_younger_is_the_one_before_the_birthday(born: date, years: int) -> None:
    first = next(
        day
        for day in (date(born.year + years, born.month, 28) + timedelta(days=n) for n in range(-28, 4))
        if has_age(born, years, on=day)
    )

    assert first.year == born.year + years
    assert (first.month, first.day) in {(born.month, born.day), (2, 28)}
    assert is_under(f"{born:%Y%m%d}", years, on=first) is False
    assert is_under(f"{born:%Y%m%d}", years, on=first - timedelta(days=1)) is True


@given(born=st.dates(date(1950, 1, 1), date(2040, 12, 31)), on=st.dates(date(2022, 3, 16), date(2060, 1, 1)))
@settings(deadline=None)
def test_a_part_of_a_birth_date_never_says_more_than_the_whole(born: date, on: date) -> None:
    whole = is_under(f"{born:%Y%m%d}", 15, on=on)

    assert is_under(f"{born:%Y%m}", 15, on=on) in (whole, None)
    assert is_under(f"{born:%Y}", 15, on=on) in (whole, None)


# ----- residents --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ResidenceStatus)
def test_diplomats_officials_and_visitors_do_not_file_for_themselves(status: ResidenceStatus) -> None:
    excluded = status.label.ja in {"外交", "公用", "短期滞在"}

    assert judge(current_stay={**STAY, "status": status}) == (
        [(NO, "/applicant/current_stay/status", "mid-to-long-term-resident")] if excluded else []
    )


@pytest.mark.parametrize(
    ("period", "refused"),
    [
        ({"days": 30}, True),
        ({"days": 90}, True),
        ({"months": 3}, True),
        ({"months": 3, "days": 1}, False),
        ({"months": 4}, False),
        ({"years": 1}, False),
    ],
)
def test_who_stays_three_months_or_less_does_not_file_for_themselves(period: dict[str, int], refused: bool) -> None:
    assert judge(current_stay={**STAY, "period": period}) == (
        [(NO, "/applicant/current_stay/period", "mid-to-long-term-resident")] if refused else []
    )


@pytest.mark.parametrize("application_type", ApplicationType)
def test_only_who_acquires_a_status_holds_none(application_type: ApplicationType) -> None:
    found = judge(application_type, current_stay=None)

    acquires = application_type is ApplicationType.ACQUISITION_OF_STATUS
    assert found == ([] if acquires else [(IF, "/applicant/current_stay", "mid-to-long-term-resident")])


def test_what_is_closed_online_is_open_at_the_counter() -> None:
    intention = Intention.model_validate(
        {
            "application_type": "EXTENSION_OF_PERIOD",
            "applicant": {"birth_date": "2015", "current_stay": {**STAY, "period": {"days": 90}}},
        }
    )

    for obstacle in own_obstacles(intention, TODAY):
        assert obstacle.leaves == (Route.COUNTER,)
        assert obstacle.instead


def test_nothing_is_said_of_days_before_online_filing() -> None:
    assert applicant_rule(date(2022, 3, 15)) is None
    assert judge(on=date(2022, 3, 15), birth_date="2020", current_stay=None) == []


@pytest.mark.parametrize("birth_date", ["0001", "00010229", "99850101", "9999", "99991231"])
@pytest.mark.parametrize("on", [date.min, date.max])
def test_no_year_of_birth_is_too_far_to_be_answered(birth_date: str, on: date) -> None:
    assert is_under(birth_date, 15, on=on) in (True, False, None)
