"""Who can file online for themselves."""

from datetime import date

from pydantic import Field

from zairyu.models.residence import PeriodOfStay
from zairyu.rules.calendar import add_months
from zairyu.rules.tables import DatedRow, in_force, load_table


class ApplicantRow(DatedRow):
    """What a person must be to file for themselves."""

    minimum_age: int = Field(ge=0, description="years")
    excluded_up_to: PeriodOfStay
    """Who holds a period of stay of this length or less is not a mid- to long-term resident."""

    def old_enough(self, born: date, *, on: date) -> bool:
        """Whether a person born on a day has the age on another day."""
        return add_months(born, 12 * self.minimum_age) <= on

    def stays_long_enough(self, held: PeriodOfStay) -> bool:
        """Whether the period of stay that is held is a mid- to long-term one."""
        return held.length > self.excluded_up_to.length


_APPLICANTS = load_table("applicants", ApplicantRow)


def applicant_rule(on: date) -> ApplicantRow | None:
    """What counts on a day in Japan; nothing before online filing began."""
    return next(iter(in_force(_APPLICANTS, on)), None)
