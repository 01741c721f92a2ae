"""When an application can be filed: online, and at the counter."""

from datetime import date, datetime, timedelta

from zairyu.models.base import Model
from zairyu.models.residence import ApplicationType
from zairyu.rules.calendar import add_months, business_day_on_or_after, start_of_day
from zairyu.rules.tables import DatedRow, in_force, load_table


class WindowRow(DatedRow):
    """The window of one kind of application, counted from the expiry of the period of stay."""

    application_type: ApplicationType
    opens_months_before_expiry: int
    closes_days_before_expiry: int
    """The last day online lies this many days before the expiry."""


class FilingWindow(Model):
    """The days on which an application is taken."""

    opens_on: date
    last_day_online: date
    counter_until: date
    """The last day at the counter: the day of expiry, or the next day on which offices are open."""

    @property
    def opens_at(self) -> datetime:
        """The first moment online."""
        return start_of_day(self.opens_on)

    @property
    def closes_at(self) -> datetime:
        """The first moment at which online filing is closed."""
        return start_of_day(self.last_day_online + timedelta(days=1))


_WINDOWS = load_table("filing_windows", WindowRow)


def filing_window(application_type: ApplicationType, expires_on: date, *, on: date) -> FilingWindow:
    """The window of an application for a stay that expires on a day, by the rules in force on a day.

    Raises:
        LookupError: the table has no window for this kind of application.
    """
    for row in in_force(_WINDOWS, on):
        if row.application_type is application_type:
            return FilingWindow(
                opens_on=add_months(expires_on, -row.opens_months_before_expiry),
                last_day_online=expires_on - timedelta(days=row.closes_days_before_expiry),
                counter_until=business_day_on_or_after(expires_on),
            )
    raise LookupError(f"no filing window for {application_type} on {on}")
