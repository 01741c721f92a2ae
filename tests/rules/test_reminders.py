from datetime import date

import pytest

from zairyu.rules.reminders import document_reminders, payment_reminders, receipt_number_overdue_on


@pytest.mark.parametrize(
    ("filed_on", "last_day"),
    [
        (date(2026, 11, 24), date(2026, 11, 26)),  # a Tuesday
        (date(2026, 11, 20), date(2026, 11, 25)),  # a Friday before a holiday on Monday
        (date(2026, 12, 28), date(2027, 1, 5)),  # the last open day of the year
        (date(2027, 5, 1), date(2027, 5, 7)),  # in Golden Week
    ],
)
def test_no_alarm_for_a_number_that_closed_offices_hold_back(filed_on: date, last_day: date) -> None:
    assert receipt_number_overdue_on(filed_on) == last_day


def test_there_is_a_reminder_in_time_and_one_on_the_eve() -> None:
    for days in (document_reminders(date(2026, 11, 24)), payment_reminders(date(2026, 11, 24))):
        assert days == (7, 1)
