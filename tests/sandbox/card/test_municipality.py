"""Which day a card ends when nobody says a day."""

from datetime import date

import pytest

from zairyu.sandbox.card.municipality import usual_last_day
from zairyu.sandbox.card.personas import GLORIA, LINH


def test_period_of_stay_is_about_to_be_renewed() -> None:
    assert usual_last_day(LINH, date(2026, 12, 31)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("today", "last_day"),
    [
        (date(2026, 2, 27), date(2030, 2, 28)),
        (date(2026, 2, 28), date(2031, 2, 28)),
        (date(2027, 11, 21), date(2032, 2, 29)),
    ],
)
def test_permanent_resident_has_until_the_fifth_birthday(today: date, last_day: date) -> None:
    assert usual_last_day(GLORIA, today) == last_day
