"""The special period of stay: an undecided application keeps the old status alive for a while."""

from datetime import date

from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.rules.calendar import add_months
from zairyu.rules.tables import DatedRow, in_force, load_table


class SpecialPeriodRow(DatedRow):
    """How long the special period lasts, and which stays are too short for it."""

    application_type: ApplicationType
    months_after_expiry: int
    not_for_days_up_to: int
    """Stays of this many days or fewer have no special period."""


_PERIODS = load_table("special_periods", SpecialPeriodRow)


def special_period_until(
    application_type: ApplicationType, expires_on: date, held: PeriodOfStay, *, filed_on: date
) -> date | None:
    """The last day of the special period if no decision comes by the expiry; nothing where there is none."""
    if filed_on > expires_on:
        return None
    for row in in_force(_PERIODS, filed_on):
        if row.application_type is application_type:
            short = not held.years and not held.months and held.days <= row.not_for_days_up_to
            return None if short else add_months(expires_on, row.months_after_expiry)
    return None
