"""The moments at which the applicant is told of the special period of stay, without anybody asking."""

from datetime import datetime, timedelta
from typing import Final

from zairyu.models.base import Model
from zairyu.models.mail import SpecialPeriodEnds
from zairyu.models.state import ApplicationState
from zairyu.rules.calendar import day_in_japan, end_of_day, start_of_day
from zairyu.rules.reminders import special_period_warnings

SPECIAL_PERIOD_BEGINS: Final = "special-period"


class Notice(Model):
    """From `at` on, the person should know."""

    key: str
    at: datetime
    summary: str
    """What operators read on the timer."""
    mail: SpecialPeriodEnds | None = None
    """Nothing where the watch over the person's stay writes; the application only notes it."""


def notices(state: ApplicationState) -> tuple[Notice, ...]:
    """When the special period begins, and when it will soon be over: as long as the application is undecided."""
    stay, last = state.application.form.applicant.current_stay, state.special_period_until
    if stay is None or last is None or state.receipt is None or state.outcome is not None:
        return ()
    watched = state.application.user_id is not None
    warnings = special_period_warnings(day_in_japan(state.receipt.accepted_at))
    days = [(before, last - timedelta(days=before)) for before in sorted(warnings, reverse=True)]
    return (
        Notice(
            key=SPECIAL_PERIOD_BEGINS,
            at=end_of_day(stay.expires_on),
            summary="The special period of stay begins",
            mail=None if watched else SpecialPeriodEnds(until=last, begins=True),
        ),
        *(
            Notice(
                key=f"special-period-{before}-days",
                at=start_of_day(day),
                summary=f"Warn {before} days before the special period ends",
                mail=SpecialPeriodEnds(until=last),
            )
            for before, day in days
            if day > stay.expires_on and not watched
        ),
    )
