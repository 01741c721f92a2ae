"""What the watch over a stay says and does next, and when."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import Field

from zairyu.models.assessment import HeldStay, IntendedApplicant, Intention, MyNumberCard
from zairyu.models.base import BilingualText, Model
from zairyu.models.mail import CardEndsFirst, Occasion, SpecialPeriodEnds, StayExpires, StayUnfiled
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.models.snapshot import End
from zairyu.models.stay import Standing, StayEnd, StayMatter, StayState
from zairyu.rules.calendar import add_months, day_in_japan, end_of_day, start_of_day
from zairyu.rules.examination import likely_decided_by
from zairyu.rules.filing_window import counter_window, online_window
from zairyu.rules.special_period import special_period
from zairyu.rules.tables import DatedRow, in_force, load_table

_EXTENSION: Final = ApplicationType.EXTENSION_OF_PERIOD


class Series(StrEnum):
    """Mails of which only the latest one that is due is sent."""

    STAY = "STAY"
    SPECIAL_PERIOD = "SPECIAL_PERIOD"
    CARD = "CARD"


class StayReminderRow(DatedRow):
    """How long before a last day the person is reminded."""

    series: Series
    months_before: int = Field(default=0, ge=0)
    days_before: int = Field(default=0, ge=0)

    @property
    def name(self) -> str:
        """Tells the reminders of one last day apart."""
        return f"{self.months_before}-months" if self.months_before else f"{self.days_before}-days"

    @property
    def words(self) -> str:
        """For operators."""
        if self.months_before:
            return f"{self.months_before} month{'s' if self.months_before > 1 else ''}"
        return f"{self.days_before} days"

    def before(self, last: date) -> date:
        """The day of the reminder."""
        return add_months(last, -self.months_before) - timedelta(days=self.days_before)


_REMINDERS = load_table("stay_reminders", StayReminderRow)


class Moment(Model):
    """Something is said, or noticed, when it comes."""

    key: str
    series: Series
    at: datetime
    summary: str
    """What operators read on the timer."""
    occasion: Occasion | None = None
    """The mail."""
    matter: StayMatter | None = None
    """What needs attention from then on."""


def moments(standing: Standing, on: date) -> tuple[Moment, ...]:
    """Everything that has a moment, past or to come, as the standing is on a day in Japan; the earliest first."""
    found = [*_of_the_stay(standing, on), *_of_the_special_period(standing, on), *_of_the_card(standing, on)]
    return tuple(sorted(found, key=lambda moment: (moment.at, moment.key)))


def due(standing: Standing, said: Sequence[str], now: datetime) -> tuple[Moment, ...]:
    """What is to be said now: of each series the latest moment that has come, unless it was said.

    A moment that was missed, because the watch began late or nobody worked, is not made up for by more than that one.
    """
    come = [moment for moment in moments(standing, day_in_japan(now)) if moment.at <= now]
    latest = {moment.series: moment for moment in come}
    return tuple(moment for moment in latest.values() if moment.key not in said)


def passed(standing: Standing, now: datetime) -> tuple[str, ...]:
    """The keys of all moments that have come: none of them is to be said later."""
    return tuple(moment.key for moment in moments(standing, day_in_japan(now)) if moment.at <= now)


def matters(standing: Standing, now: datetime) -> dict[StayMatter, datetime]:
    """What needs attention now, and since when."""
    open_matters = {}
    if standing.grant_unknown_since is not None:
        open_matters[StayMatter.GRANT_UNKNOWN] = start_of_day(standing.grant_unknown_since)
    for moment in moments(standing, day_in_japan(now)):
        if moment.matter is not None and moment.at <= now:
            open_matters.setdefault(moment.matter, moment.at)
    return open_matters


def stays_until(standing: Standing) -> date | None:
    """The last day on which the person may stay as things are, if no decision comes."""
    ends = [filed.special_period_until for filed in standing.pending if filed.special_period_until is not None]
    if standing.held is not None:
        ends.append(standing.held.expires_on)
    return max(ends, default=None)


class ExtensionDays(NamedTuple):
    """When an extension of a stay can be filed."""

    opens_on: date
    last_day_online: date
    counter_until: date


def window_of(held: HeldStay | None, on: date) -> ExtensionDays | None:
    """When an extension of a stay can be filed; nothing where no calendar reaches its end."""
    if held is None:
        return None
    online, counter = online_window(_extension_of(held), on=on), counter_window(_extension_of(held), on=on)
    if online is None or online.opens is None or online.closes is None or counter is None or counter.closes is None:
        return None
    return ExtensionDays(online.opens.on, online.closes.on, counter.closes.on)


def _extension_of(held: HeldStay) -> Intention:
    return Intention(
        application_type=_EXTENSION,
        residence_status=held.status,
        applicant=IntendedApplicant(current_stay=held),
    )


def end_of(state: StayState, now: datetime) -> StayEnd | None:
    """How the watch has ended; nothing while there is something to watch."""
    standing = state.standing
    if state.close_reason is not None:
        return StayEnd.CLOSED
    if standing is None:
        return None
    if standing.held is not None and standing.held.status is ResidenceStatus.PERMANENT_RESIDENT:
        return StayEnd.PERMANENT_RESIDENCE
    if standing.ended_with is not None:
        return _ENDS[standing.ended_with]
    expires_at, idle_at = _expires_at(standing, day_in_japan(now)), _idle_at(state)
    if expires_at is not None and expires_at <= now:
        return StayEnd.EXPIRED
    if idle_at is not None and idle_at <= now:
        return StayEnd.NOTHING_TO_WATCH
    return None


def wakes(state: StayState, now: datetime) -> tuple[datetime, str] | None:
    """The next moment at which there is something to do, and what; nothing where only news can bring it."""
    if state.standing is None:
        return None
    on = day_in_japan(now)
    coming = [(moment.at, moment.summary) for moment in moments(state.standing, on)]
    expires_at, idle_at = _expires_at(state.standing, on), _idle_at(state)
    if expires_at is not None:
        coming.append((expires_at, "The counter has closed on a stay with nothing filed"))
    if idle_at is not None:
        coming.append((idle_at, "Nothing is known that could be watched"))
    return min((one for one in coming if one[0] > now), default=None)


def _expires_at(standing: Standing, on: date) -> datetime | None:
    """When a stay with nothing filed is over also at the counter."""
    window = None if standing.pending else window_of(standing.held, on)
    return None if window is None else end_of_day(window.counter_until)


def _idle_at(state: StayState) -> datetime | None:
    """When a watch that knows of nothing stops to wait. Late news may still tell of a stay, for a day."""
    standing = state.standing
    if standing is None or state.told_at is None or standing.grant_unknown_since is not None:
        return None
    if standing.held is not None or standing.pending or state.wanted or any(not one.end for one in state.applications):
        return None
    return state.told_at + timedelta(days=1)


_ENDS: Final = {
    End.DENIED: StayEnd.DENIED,
    End.WITHDRAWN: StayEnd.WITHDRAWN,
    End.TERMINATED: StayEnd.TERMINATED,
}


def _reminders(series: Series, last: date, on: date) -> Iterator[tuple[StayReminderRow, date]]:
    for row in in_force(_REMINDERS, on):
        if row.series is series:
            yield row, row.before(last)


def _of_the_stay(standing: Standing, on: date) -> Iterator[Moment]:
    """Nothing has been filed: remind, and say at last that only the counter is left."""
    held, window = standing.held, window_of(standing.held, on)
    if held is None or window is None or standing.pending or standing.ended_with is not None:
        return
    mail = StayExpires(
        expires_on=held.expires_on,
        opens_on=window.opens_on,
        last_day_online=window.last_day_online,
        counter_until=window.counter_until,
        special_period=_special_period_sentence(standing, on),
        card=_card_sentence(standing, on),
    )
    for row, day in _reminders(Series.STAY, held.expires_on, on):
        yield Moment(
            key=f"stay {held.expires_on} {row.name}",
            series=Series.STAY,
            at=start_of_day(day),
            summary=f"Remind {row.words} before the period of stay ends",
            occasion=mail,
        )
    yield Moment(
        key=f"stay {held.expires_on} unfiled",
        series=Series.STAY,
        at=end_of_day(window.last_day_online),
        summary="Online filing closes",
        # After the counter has closed as well there is nothing left to advise.
        occasion=StayUnfiled(expires_on=held.expires_on, counter_until=window.counter_until)
        if on <= window.counter_until
        else None,
        matter=StayMatter.NOTHING_FILED,
    )


def _of_the_special_period(standing: Standing, on: date) -> Iterator[Moment]:
    """Undecided at the expiry: say when it begins, remind before it ends, and notice that it ended."""
    last = stays_until(standing)
    if last is None or not standing.pending:
        return
    if standing.held is not None and last > standing.held.expires_on:
        yield Moment(
            key=f"special {last} begins",
            series=Series.SPECIAL_PERIOD,
            at=end_of_day(standing.held.expires_on),
            summary="The special period of stay begins",
            occasion=SpecialPeriodEnds(until=last, begins=True),
        )
    # Whoever has filed is reminded as it was then, so that a change of the table moves nothing under way.
    filed_on = min(filed.filed_on for filed in standing.pending)
    for row, day in _reminders(Series.SPECIAL_PERIOD, last, filed_on):
        if standing.held is not None and day <= standing.held.expires_on < last:
            continue
        yield Moment(
            key=f"special {last} {row.name}",
            series=Series.SPECIAL_PERIOD,
            at=start_of_day(day),
            summary=f"Remind {row.words} before the special period ends",
            occasion=SpecialPeriodEnds(until=last),
        )
    yield Moment(
        key=f"special {last} over",
        series=Series.SPECIAL_PERIOD,
        at=end_of_day(last),
        summary="The special period has ended without a decision",
        matter=StayMatter.SPECIAL_PERIOD_OVER,
    )


def _of_the_card(standing: Standing, on: date) -> Iterator[Moment]:
    """The card ends before the decision: it is extended once, because of the pending application, and not later."""
    card = standing.card
    if card is None or card.extended or not standing.pending:
        return
    filed = standing.pending[-1]
    days = {row.name: day for row, day in _reminders(Series.CARD, card.expires_on, on) if day > filed.filed_on}
    if _likely_outlives(card, filed.application_type, filed.filed_on):
        days["filed"] = filed.filed_on
    mail = CardEndsFirst(card_expires_on=card.expires_on, extended_until=_special_period_end(standing))
    for name, day in days.items():
        yield Moment(
            key=f"card {card.expires_on} {name}",
            series=Series.CARD,
            at=start_of_day(day),
            summary="The My Number card ends before the likely end of the examination",
            occasion=mail if on <= card.expires_on else None,
            matter=StayMatter.CARD_ENDS_FIRST,
        )


def _likely_outlives(card: MyNumberCard, application_type: ApplicationType, filed_on: date) -> bool:
    """Whether the examination is likely to go on after the card has ended."""
    decided_by = likely_decided_by(application_type, filed_on=filed_on)
    return decided_by is not None and decided_by.on > card.expires_on


def _special_period_end(standing: Standing) -> date | None:
    return max((filed.special_period_until for filed in standing.pending if filed.special_period_until), default=None)


def _special_period_sentence(standing: Standing, on: date) -> BilingualText | None:
    assert standing.held is not None  # noqa: S101 - asked before
    answer = special_period(_extension_of(standing.held), filed_on=on)
    return None if answer is None else answer.sentence


def _card_sentence(standing: Standing, on: date) -> BilingualText | None:
    """What to know of the card before filing: it signs the application, and may be needed after it has ended."""
    card = standing.card
    if card is None or card.extended or not _likely_outlives(card, _EXTENSION, on):
        return None
    if on > card.expires_on:
        return BilingualText(
            ja=f"マイナンバーカードの有効期限（{card.expires_on}）が切れています。署名には有効なカードが必要です。"
            "お住まいの市区町村で手続をしてください。",
            en=f"Your My Number card ended on {card.expires_on}. Signing needs one that is valid: ask your "
            "municipality.",
        )
    return BilingualText(
        ja=f"マイナンバーカードの有効期限（{card.expires_on}）は、今日申請しても審査の結果より先に切れるおそれがあります。"
        "申請の後、有効期限までに、お住まいの市区町村で延長してください。",
        en=f"Your My Number card ends on {card.expires_on}, perhaps before a decision even if you file today. After "
        "filing, have it extended at your municipality before it ends.",
    )
