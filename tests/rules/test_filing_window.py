from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import EXTENSION
from zairyu.models.residence import ApplicationType
from zairyu.rules.calendar import is_business_day
from zairyu.rules.filing_window import filing_window

TODAY = date(2026, 11, 24)
EXPIRIES = st.dates(date(2023, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("expires_on", "opens_on", "last_day_online", "counter_until"),
    [
        (date(2027, 1, 29), date(2026, 10, 29), date(2027, 1, 28), date(2027, 1, 29)),  # a Friday
        (date(2027, 1, 31), date(2026, 10, 31), date(2027, 1, 30), date(2027, 2, 1)),  # a Sunday
        (date(2027, 5, 31), date(2027, 2, 28), date(2027, 5, 30), date(2027, 5, 31)),
        (date(2028, 5, 31), date(2028, 2, 29), date(2028, 5, 30), date(2028, 5, 31)),
        (date(2028, 3, 1), date(2027, 12, 1), date(2028, 2, 29), date(2028, 3, 1)),
        (date(2028, 2, 29), date(2027, 11, 29), date(2028, 2, 28), date(2028, 2, 29)),
        (date(2027, 1, 1), date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 4)),  # online on a closed day
        (date(2026, 12, 29), date(2026, 9, 29), date(2026, 12, 28), date(2027, 1, 4)),
        (date(2027, 5, 3), date(2027, 2, 3), date(2027, 5, 2), date(2027, 5, 6)),  # Golden Week
    ],
)
def test_nobody_misses_the_last_day(
    expires_on: date, opens_on: date, last_day_online: date, counter_until: date
) -> None:
    window = filing_window(EXTENSION, expires_on, on=TODAY)

    assert (window.opens_on, window.last_day_online, window.counter_until) == (opens_on, last_day_online, counter_until)


def test_online_filing_opens_and_closes_at_midnight_in_japan() -> None:
    window = filing_window(EXTENSION, date(2027, 1, 31), on=TODAY)

    assert window.opens_at == datetime(2026, 10, 30, 15, 0, tzinfo=UTC)
    assert window.closes_at == datetime(2027, 1, 30, 15, 0, tzinfo=UTC)


@given(expires_on=EXPIRIES)
@settings(deadline=None)  # shared machines are slow now and then
def test_only_the_counter_ever_moves(expires_on: date) -> None:
    window = filing_window(EXTENSION, expires_on, on=TODAY)

    assert window.opens_on < window.last_day_online < expires_on <= window.counter_until
    assert window.opens_at < window.closes_at
    assert window.last_day_online == expires_on - timedelta(days=1)
    assert is_business_day(window.counter_until)


@given(on=st.dates(date(2022, 3, 16), date(2060, 12, 31)))
@settings(deadline=None)
def test_every_day_since_online_filing_began_has_a_rule(on: date) -> None:
    filing_window(EXTENSION, date(2027, 1, 31), on=on)


def test_an_application_without_a_known_window_is_not_given_one() -> None:
    with pytest.raises(LookupError, match="CHANGE_OF_STATUS"):
        filing_window(ApplicationType.CHANGE_OF_STATUS, date(2027, 1, 31), on=TODAY)
    with pytest.raises(LookupError, match="2022-03-15"):
        filing_window(EXTENSION, date(2027, 1, 31), on=date(2022, 3, 15))
