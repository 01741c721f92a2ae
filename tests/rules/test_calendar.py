import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.rules.calendar import (
    add_business_days,
    add_months,
    business_day_on_or_after,
    day_in_japan,
    is_business_day,
    reaches,
    start_of_day,
)

DAYS = st.dates(date(2015, 1, 1), date(2099, 12, 1))
MONTHS = st.integers(-60, 60)


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def machine_elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process runs where the day is another one than in Japan."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("machine_elsewhere")
@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 1, 30, 14, 59, 59, tzinfo=UTC), date(2027, 1, 30)),  # 23:59:59 in Japan
        (datetime(2027, 1, 30, 15, 0, tzinfo=UTC), date(2027, 1, 31)),  # 00:00 in Japan
        (datetime(2028, 2, 28, 15, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 10, 0, tzinfo=timezone(timedelta(hours=-5))), date(2027, 1, 1)),
    ],
)
def test_last_minute_of_the_day_is_the_one_in_japan(moment: datetime, day: date) -> None:
    assert day_in_japan(moment) == day


@pytest.mark.usefixtures("machine_elsewhere")
def test_a_day_begins_at_midnight_in_japan() -> None:
    assert start_of_day(date(2027, 1, 31)) == datetime(2027, 1, 30, 15, 0, tzinfo=UTC)


def test_a_time_without_a_zone_is_never_guessed() -> None:
    with pytest.raises(ValueError, match="zone"):
        day_in_japan(datetime(2027, 1, 30, 15, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 5, 31), -3, date(2027, 2, 28)),
        (date(2028, 5, 31), -3, date(2028, 2, 29)),
        (date(2028, 5, 29), -3, date(2028, 2, 29)),
        (date(2027, 5, 29), -3, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 1, 31), -3, date(2026, 10, 31)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_no_day_is_won_or_lost_at_the_end_of_a_month(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(first=DAYS, second=DAYS, months=MONTHS)
@settings(deadline=None)  # shared machines are slow now and then
def test_a_later_day_never_gives_an_earlier_limit(first: date, second: date, months: int) -> None:
    earlier, later = sorted((first, second))

    assert add_months(earlier, months) <= add_months(later, months)


@given(day=DAYS, months=MONTHS)
@settings(deadline=None)
def test_there_and_back_is_the_same_day_unless_a_month_was_too_short(day: date, months: int) -> None:
    back = add_months(add_months(day, months), -months)

    assert back == day or (back < day and day.day > 28)


@given(day=DAYS, months=MONTHS)
@settings(deadline=None)
def test_a_month_is_a_calendar_month(day: date, months: int) -> None:
    moved = add_months(day, months)

    assert moved.year * 12 + moved.month == day.year * 12 + day.month + months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("day", "open_on"),
    [
        (date(2026, 12, 28), date(2026, 12, 28)),  # the last open day of the year
        (date(2026, 12, 29), date(2027, 1, 4)),
        (date(2026, 12, 31), date(2027, 1, 4)),
        (date(2027, 1, 1), date(2027, 1, 4)),
        (date(2027, 1, 3), date(2027, 1, 4)),
        (date(2028, 1, 3), date(2028, 1, 4)),  # a Monday
        (date(2027, 4, 28), date(2027, 4, 28)),
        (date(2027, 4, 29), date(2027, 4, 30)),  # Showa Day, a Thursday
        (date(2027, 5, 1), date(2027, 5, 6)),  # weekend, then three holidays
        (date(2027, 5, 5), date(2027, 5, 6)),
        (date(2027, 3, 21), date(2027, 3, 23)),  # the equinox on a Sunday moves to Monday
        (date(2026, 5, 2), date(2026, 5, 7)),  # a Saturday; Constitution Day on Sunday is made up for on the 6th
        (date(2026, 5, 3), date(2026, 5, 7)),
        (date(2026, 5, 6), date(2026, 5, 7)),
        (date(2022, 7, 16), date(2022, 7, 19)),  # a Saturday; Marine Day on the 18th
        (date(2026, 9, 22), date(2026, 9, 24)),  # between two holidays
        (date(2028, 2, 29), date(2028, 2, 29)),  # a Tuesday
        (date(2026, 11, 28), date(2026, 11, 30)),  # a Saturday
    ],
)
def test_a_closed_office_never_costs_the_last_day(day: date, open_on: date) -> None:
    assert business_day_on_or_after(day) == open_on


@given(day=DAYS)
@settings(deadline=None)
def test_the_moved_limit_is_the_first_open_day(day: date) -> None:
    moved = business_day_on_or_after(day)

    assert moved >= day
    assert is_business_day(moved)
    assert not any(is_business_day(day + timedelta(days=passed)) for passed in range((moved - day).days))
    assert business_day_on_or_after(moved) == moved


@given(day=DAYS, count=st.integers(0, 10))
@settings(deadline=None)
def test_open_days_are_counted_one_by_one(day: date, count: int) -> None:
    end = add_business_days(day, count)

    between = [day + timedelta(days=passed) for passed in range(1, (end - day).days + 1)]
    assert sum(map(is_business_day, between)) == count
    assert end == day if count == 0 else is_business_day(end)


@given(day=st.dates(), months=st.integers(-12, 12))
@settings(deadline=None)
def test_what_is_counted_from_a_day_within_reach_is_known(day: date, months: int) -> None:
    if reaches(day):
        business_day_on_or_after(add_months(day, months))
    else:
        assert not date(2016, 1, 1) <= day <= date(2098, 12, 31)


@pytest.mark.parametrize("day", [date(2014, 12, 31), date(2100, 1, 1)])
def test_a_year_whose_holidays_nobody_knows_is_not_guessed(day: date) -> None:
    with pytest.raises(LookupError, match=str(day.year)):
        is_business_day(day)
