"""Deadlines: the days that a rule counts to, and the sentences in which people read them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import ConfigDict

from zairyu.models.assessment import Intention, Limit
from zairyu.models.base import BilingualText, Model
from zairyu.models.interface import MaintenanceWindow
from zairyu.rules.calendar import add_months, end_of_day, reaches, start_of_day


class CountedFrom(StrEnum):
    """The fact whose day a term is counted from."""

    EXPIRY = "EXPIRY"
    """The last day of the period of stay."""
    CAUSE = "CAUSE"
    """The day on which the change, the birth or another cause happened."""
    FILING = "FILING"


class Term(Model):
    """Months and days before (negative) or after a fact, as a table's row gives them.

    The day of the fact is not counted, so "within 30 days of a birth" ends on the day of birth + 30 days. Months are
    calendar months, clipped to the month's end. Source: Civil Code, articles 138, 140 and 143.
    """

    model_config = ConfigDict(extra="forbid")

    counted_from: CountedFrom
    months: int = 0
    days: int = 0

    def count(self, fact: date) -> date:
        """The day that the term ends on, or begins on when it is counted backwards."""
        return add_months(fact, self.months) + timedelta(days=self.days)

    def day(self, intention: Intention) -> date | None:
        """The day, counted from what the intention says of the stay and the cause; nothing where it does not say."""
        fact = None
        match self.counted_from:
            case CountedFrom.EXPIRY:
                fact = expiry(intention)
            case CountedFrom.CAUSE if intention.cause is not None:
                fact = intention.cause.happened_on
        return self.count(fact) if fact is not None and reaches(fact) else None


def expiry(intention: Intention) -> date | None:
    """The last day of the period of stay held.

    Nothing where there is no stay, and where no calendar reaches the day: a mistyped year has no deadlines.
    """
    held = intention.applicant.current_stay
    return held.expires_on if held is not None and reaches(held.expires_on) else None


def opening(day: date, sentence: BilingualText) -> Limit:
    """From the first moment of a day on. `{day}` in the sentence becomes the day in words."""
    return Limit(on=day, at=start_of_day(day), sentence=with_days(sentence, day=day))


def closing(day: date, sentence: BilingualText, **others: date) -> Limit:
    """To the last moment of a day. `{day}` in the sentence becomes the day in words, and so do the other days."""
    return Limit(on=day, at=end_of_day(day), sentence=with_days(sentence, day=day, **others))


def with_days(sentence: BilingualText, **days: date) -> BilingualText:
    """A sentence with days in words where it names them, for example `{day}`."""
    words = {name: in_words(day) for name, day in days.items()}
    return BilingualText(
        ja=sentence.ja.format(**{name: text.ja for name, text in words.items()}),
        en=sentence.en.format(**{name: text.en for name, text in words.items()}),
    )


# Not the locale's names: a worker's locale must not choose the language of a letter.
_WEEKDAYS = tuple(
    BilingualText(ja=ja, en=en)
    for ja, en in zip(
        "月火水木金土日",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def in_words(day: date) -> BilingualText:
    """A day with its weekday: 2027年1月30日（土）, or Saturday, January 30, 2027."""
    weekday = _WEEKDAYS[day.weekday()]
    return BilingualText(
        ja=f"{day.year}年{day.month}月{day.day}日（{weekday.ja}）",
        en=f"{weekday.en}, {_MONTHS[day.month - 1]} {day.day}, {day.year}",
    )


def swallowing(deadline: datetime, windows: Iterable[MaintenanceWindow]) -> list[MaintenanceWindow]:
    """The windows in which the interface rests until a deadline, the latest first: one may follow on another."""
    found = []
    for window in sorted(windows, key=lambda window: window.begins, reverse=True):
        if window.swallows(deadline):
            found.append(window)
            deadline = window.begins
    return found


def brought_forward(deadline: datetime, windows: Iterable[MaintenanceWindow]) -> datetime:
    """The moment before which something has to arrive, where the interface rests until its deadline."""
    found = swallowing(deadline, windows)
    return found[-1].begins if found else deadline
