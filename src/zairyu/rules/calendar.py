"""Days in Japan: the only days the law knows."""

import calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from holidays.countries.japan import Japan

JAPAN = ZoneInfo("Asia/Tokyo")

_YEAR_END = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
"""Government offices are closed. Source: Act on Holidays of Administrative Organs (1988), article 1."""


_YEARS = range(2015, 2100)
_NATIONAL_HOLIDAYS = frozenset(Japan(years=_YEARS))
"""Read at import, because the library looks up files. Equinoxes after 2099 are not computed by anybody yet."""


def day_in_japan(moment: datetime) -> date:
    """The day in Japan at a moment.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone belongs to no day")
    return moment.astimezone(JAPAN).date()


def start_of_day(day: date) -> datetime:
    """Midnight in Japan at which a day begins."""
    return datetime.combine(day, time.min, JAPAN)


def end_of_day(day: date) -> datetime:
    """The first moment when a day in Japan is over."""
    return start_of_day(day + timedelta(days=1))


def add_months(day: date, months: int) -> date:
    """The same day of another month, clipped to that month's end: May 31 less 3 months is Feb 28 or 29."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def reaches(day: date) -> bool:
    """Whether the national holidays of the day's year are known, and those of a year before and after it."""
    return day.year - 1 in _YEARS and day.year + 1 in _YEARS


def is_business_day(day: date) -> bool:
    """Whether government offices are open. Source: Act on Holidays of Administrative Organs (1988), article 1.

    Raises:
        LookupError: the national holidays of that year are not known.
    """
    if day.year not in _YEARS:
        raise LookupError(f"the national holidays of {day.year} are not known")
    return day.weekday() < 5 and (day.month, day.day) not in _YEAR_END and day not in _NATIONAL_HOLIDAYS


def business_day_on_or_after(day: date) -> date:
    """The day itself, or the next one on which government offices are open.

    Source: Act on Holidays of Administrative Organs (1988), article 2: a limit that falls on a closed day is
    met on the next open day.
    """
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def business_day_on_or_before(day: date) -> date:
    """The day itself, or the last one before it on which government offices are open."""
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day


def add_business_days(day: date, count: int) -> date:
    """The day that lies `count` open days after a day; the day itself does not count."""
    for _ in range(count):
        day = business_day_on_or_after(day + timedelta(days=1))
    return day
