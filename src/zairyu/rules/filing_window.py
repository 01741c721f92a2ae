"""When an application can be filed: online, and at the counter."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from zairyu.models.assessment import Intention, Window
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.rules.calendar import business_day_on_or_after, business_day_on_or_before, is_business_day
from zairyu.rules.deadlines import Term, closing, opening
from zairyu.rules.tables import DatedRow, in_force, load_table


class Way(StrEnum):
    """Where an application is filed."""

    ONLINE = "ONLINE"
    COUNTER = "COUNTER"


class Opening(Term):
    """The first day on which an application is taken."""

    about: bool = False
    """The agency itself says "about"."""
    held_at_least: PeriodOfStay | None = None
    """For shorter periods of stay nobody says from when on."""


class Closing(Term):
    """The last day on which an application is taken."""

    moves: bool = False
    """To the next day on which government offices are open, if they are closed on the last one. The counter's last
    day is otherwise the open day before."""


class WindowRow(DatedRow):
    """The window of one kind of application, on one way; a missing end is open."""

    application_type: ApplicationType
    way: Way
    opens: Opening | None = None
    closes: Closing | None = None

    @model_validator(mode="after")
    def _exact_online(self) -> Self:
        if self.way is Way.ONLINE and ((self.opens and self.opens.about) or (self.closes and self.closes.moves)):
            raise ValueError("online filing neither begins about a day nor moves with closed days")
        return self


_WINDOWS = load_table("filing_windows", WindowRow)


def online_window(intention: Intention, *, on: date) -> Window | None:
    """When it can be filed online, by the rules in force on a day.

    Nothing where the intention leaves out the fact that the last day is counted from, where no calendar reaches the
    days, and where no rule says that it is filed this way at all. A cause that is left out leaves the window of a
    change open at its beginning; one that arises too late makes it begin after its end.
    """
    return _window(intention, Way.ONLINE, on)


def counter_window(intention: Intention, *, on: date) -> Window | None:
    """When it can be filed at the counter, as `online_window` says it of filing online.

    The window has days; on each of them the counter is open only in office hours, and only if it is a business day.
    """
    return _window(intention, Way.COUNTER, on)


def _window(intention: Intention, way: Way, on: date) -> Window | None:
    row = _row(intention.application_type, way, on)
    if row is None:
        return None
    first = row.opens.day(intention) if row.opens and _says_when(row.opens, intention) else None
    opens = opening(first, _OPENS[way, row.opens.about]) if row.opens and first else None
    if row.closes is None:
        return Window(opens=opens, source=row.source)
    due = row.closes.day(intention)
    if due is None:
        return None
    last, sentence = due, _CLOSES[way]
    if way is Way.COUNTER and not is_business_day(due):
        last = business_day_on_or_after(due) if row.closes.moves else business_day_on_or_before(due)
        sentence = _CLOSED_DAY
    if row.opens and not _says_when(row.opens, intention):
        sentence = BilingualText(ja=sentence.ja + _ASK_WHEN.ja, en=f"{sentence.en} {_ASK_WHEN.en}")
    return Window(opens=opens, closes=closing(last, sentence, due=due), source=row.source)


def _row(application_type: ApplicationType, way: Way, on: date) -> WindowRow | None:
    rows = in_force(_WINDOWS, on)
    return next((row for row in rows if row.application_type is application_type and row.way is way), None)


def _says_when(opens: Opening, intention: Intention) -> bool:
    held = intention.applicant.current_stay
    return opens.held_at_least is None or held is None or held.period.length >= opens.held_at_least.length


_OPENS = {
    (Way.ONLINE, False): BilingualText(
        ja="オンラインでは{day}から申請できます。", en="Online, it can be filed from {day}."
    ),
    (Way.COUNTER, False): BilingualText(
        ja="窓口では{day}から申請できます。", en="At the counter, it can be filed from {day}."
    ),
    (Way.COUNTER, True): BilingualText(
        ja="窓口ではおおむね{day}から申請できます。", en="At the counter, it can be filed from about {day}."
    ),
}
_CLOSES = {
    Way.ONLINE: BilingualText(
        ja="オンラインでは{day}いっぱいまで申請できます。", en="Online, it can be filed until the end of {day}."
    ),
    Way.COUNTER: BilingualText(
        ja="窓口では{day}の受付時間内まで申請できます。",
        en="At the counter, it can be filed until the office closes on {day}.",
    ),
}
_CLOSED_DAY = BilingualText(
    ja="期限の{due}は閉庁日なので、窓口では{day}の受付時間内まで申請できます。",
    en="The office is closed on the last day itself, {due}: at the counter, it can be filed until the office closes "
    "on {day}.",
)
_ASK_WHEN = BilingualText(
    ja="この長さの在留期間でいつから受け付けるかは公表されていないので、窓口に確認してください。",
    en="From when on it is taken for a period of stay of this length is not published: ask the office.",
)
