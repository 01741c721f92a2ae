"""What the agency of the sandbox charges.

The amounts are those reported for applications received from 2026-10-01 and filed online; the number on the slip
and the days to pay are the sandbox's own choice, since the real ones are not public.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from zairyu.activities.mynaportal.wire import GrantedPeriod

FIRST_DAY_BY_PERIOD: Final = date(2026, 10, 1)
"""Applications received earlier are paid with revenue stamps when the card is collected: no slip is written."""

TIME_TO_PAY: Final = timedelta(days=14)


@dataclass(frozen=True)
class Charge:
    """Yen: the fee, and what the payment service takes on top."""

    amount: int
    settlement_fee: int


_AUTHORIZED_EMPLOYMENT_CERTIFICATE: Final = Charge(1_600, 220)
_RE_ENTRY: Final = {"SINGLE": 3_500, "MULTIPLE": 6_500}
_SETTLEMENT_OF_RE_ENTRY: Final = 220


def charge_for(
    application_type: str, received_on: date, granted: GrantedPeriod | None, re_entry: str | None = None
) -> Charge | None:
    """The charge for a permission, with the re-entry permit that came with it.

    Nothing where none is made or where it is paid with stamps.
    """
    if received_on < FIRST_DAY_BY_PERIOD:
        return None
    main = _charge_for_main(application_type, granted)
    if re_entry is None:
        return main
    return Charge(
        (main.amount if main else 0) + _RE_ENTRY[re_entry], main.settlement_fee if main else _SETTLEMENT_OF_RE_ENTRY
    )


def _charge_for_main(application_type: str, granted: GrantedPeriod | None) -> Charge | None:
    match application_type:
        case "AUTHORIZED_EMPLOYMENT_CERTIFICATE":
            return _AUTHORIZED_EMPLOYMENT_CERTIFICATE
        case "CHANGE_OF_STATUS" | "EXTENSION_OF_PERIOD" if granted is not None:
            return _charge_by_period(granted)
        case _:
            return None


def _charge_by_period(granted: GrantedPeriod) -> Charge:
    period = (12 * granted.years + granted.months, granted.days)  # months, days
    if period <= (3, 0):
        return Charge(10_000, 330)
    if period <= (6, 0):
        return Charge(15_000, 330)
    if period < (12, 0):
        return Charge(21_000, 330)
    if period == (12, 0):
        return Charge(27_000, 330)
    if period < (36, 0):
        return Charge(42_000, 330)
    if period < (60, 0):
        return Charge(56_000, 550)
    return Charge(65_000, 550)
