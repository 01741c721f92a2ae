from datetime import date

import pytest

from tests.applications import EXTENSION
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.rules.special_period import special_period_until

THREE_YEARS = PeriodOfStay(years=3)


@pytest.mark.parametrize(
    ("expires_on", "until"),
    [
        (date(2027, 1, 31), date(2027, 3, 31)),
        (date(2026, 12, 31), date(2027, 2, 28)),
        (date(2027, 12, 31), date(2028, 2, 29)),
        (date(2027, 12, 29), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 4, 29)),
    ],
)
def test_who_has_filed_stays_legally_for_two_calendar_months(expires_on: date, until: date) -> None:
    assert special_period_until(EXTENSION, expires_on, THREE_YEARS, filed_on=date(2026, 12, 1)) == until


@pytest.mark.parametrize(
    ("held", "has_one"),
    [
        (PeriodOfStay(days=30), False),
        (PeriodOfStay(days=15), False),
        (PeriodOfStay(days=31), True),
        (PeriodOfStay(months=1), True),
        (PeriodOfStay(months=3), True),
        (PeriodOfStay(years=5), True),
    ],
)
def test_nobody_with_thirty_days_or_less_is_promised_one(held: PeriodOfStay, has_one: bool) -> None:
    until = special_period_until(EXTENSION, date(2027, 1, 31), held, filed_on=date(2027, 1, 15))

    assert (until is not None) is has_one


def test_who_files_too_late_is_promised_nothing() -> None:
    expires_on = date(2027, 1, 31)

    assert special_period_until(EXTENSION, expires_on, THREE_YEARS, filed_on=expires_on) == date(2027, 3, 31)
    assert special_period_until(EXTENSION, expires_on, THREE_YEARS, filed_on=date(2027, 2, 1)) is None


def test_a_certificate_of_eligibility_keeps_no_status_alive() -> None:
    kind = ApplicationType.CERTIFICATE_OF_ELIGIBILITY

    assert special_period_until(kind, date(2027, 1, 31), THREE_YEARS, filed_on=date(2027, 1, 1)) is None
