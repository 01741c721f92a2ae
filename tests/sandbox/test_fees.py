from datetime import date

import pytest

from zairyu.activities.mynaportal.wire import GrantedPeriod
from zairyu.sandbox.fees import Charge, charge_for

FIRST = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("years", "months", "days", "charge"),
    [
        (0, 0, 90, Charge(10_000, 330)),
        (0, 3, 0, Charge(10_000, 330)),
        (0, 3, 1, Charge(15_000, 330)),
        (0, 6, 0, Charge(15_000, 330)),
        (0, 7, 0, Charge(21_000, 330)),
        (1, 0, 0, Charge(27_000, 330)),
        (1, 3, 0, Charge(42_000, 330)),
        (2, 0, 0, Charge(42_000, 330)),
        (3, 0, 0, Charge(56_000, 550)),
        (4, 3, 0, Charge(56_000, 550)),
        (5, 0, 0, Charge(65_000, 550)),
    ],
)
def test_the_fee_goes_by_the_period_granted(years: int, months: int, days: int, charge: Charge) -> None:
    granted = GrantedPeriod(years=years, months=months, days=days, expires_on=date(2030, 1, 1))

    assert charge_for("EXTENSION_OF_PERIOD", FIRST, granted) == charge
    assert charge_for("CHANGE_OF_STATUS", FIRST, granted) == charge


def test_nothing_is_charged_online_for_what_is_free_or_was_received_earlier() -> None:
    granted = GrantedPeriod(years=3, expires_on=date(2030, 1, 1))

    assert charge_for("EXTENSION_OF_PERIOD", date(2026, 9, 30), granted) is None
    assert charge_for("ACQUISITION_OF_STATUS", FIRST, granted) is None
    assert charge_for("CERTIFICATE_OF_ELIGIBILITY", FIRST, None) is None
