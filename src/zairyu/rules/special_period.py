"""The special period of stay: an undecided application keeps the old status alive for a while."""

from datetime import date

from zairyu.models.assessment import Intention, SpecialPeriod
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.rules.calendar import is_business_day
from zairyu.rules.deadlines import CountedFrom, Term, closing, with_days
from zairyu.rules.tables import DatedRow, in_force, load_table


class SpecialPeriodRow(DatedRow):
    """Until when somebody may stay who has no decision yet."""

    application_type: ApplicationType
    until: Term
    """The last day: counted from the expiry, with the old status; counted from the cause, without a status."""
    not_for_days_up_to: int = 0
    """Stays of this many days or fewer have no special period."""

    def too_short(self, held: PeriodOfStay) -> bool:
        """Whether a period of stay is too short to have a special period."""
        return held.length <= (0, self.not_for_days_up_to)


_PERIODS = load_table("special_periods", SpecialPeriodRow)


def special_period(intention: Intention, *, filed_on: date) -> SpecialPeriod | None:
    """What happens if it is filed on a day and not decided by the last day of the period of stay.

    For an acquisition of status, how long one may stay without a status. Nothing for an application that keeps no
    stay lawful, and where the intention leaves out the stay or the cause.
    """
    row = _row(intention.application_type, filed_on)
    last = row.until.day(intention) if row else None
    if row is None or last is None:
        return None
    if row.until.counted_from is CountedFrom.CAUSE:
        return SpecialPeriod(
            until=closing(last, _WITHOUT_STATUS_UNTIL), sentence=with_days(_WITHOUT_STATUS, day=last), source=row.source
        )
    held = intention.applicant.current_stay
    if held is None:
        return None
    if row.too_short(held.period):
        return SpecialPeriod(sentence=_too_short(row.not_for_days_up_to), source=row.source)
    if filed_on > held.expires_on:
        return SpecialPeriod(sentence=_FILED_LATE, source=row.source)
    sentence = with_days(_OLD_STATUS, expiry=held.expires_on, day=last)
    if not is_business_day(last):
        sentence = BilingualText(ja=sentence.ja + _CLOSED_DAY.ja, en=f"{sentence.en} {_CLOSED_DAY.en}")
    return SpecialPeriod(until=closing(last, _OLD_STATUS_UNTIL), sentence=sentence, source=row.source)


def special_period_until(
    application_type: ApplicationType, expires_on: date, held: PeriodOfStay, *, filed_on: date
) -> date | None:
    """The last day of the special period if no decision comes by the expiry; nothing where there is none."""
    row = _row(application_type, filed_on)
    if row is None or row.until.counted_from is not CountedFrom.EXPIRY:
        return None
    return None if filed_on > expires_on or row.too_short(held) else row.until.count(expires_on)


def _row(application_type: ApplicationType, on: date) -> SpecialPeriodRow | None:
    return next((row for row in in_force(_PERIODS, on) if row.application_type is application_type), None)


_OLD_STATUS_UNTIL = BilingualText(
    ja="決定がなければ、特例期間は{day}で終わります。",
    en="Without a decision, the special period of stay ends on {day}.",
)
_OLD_STATUS = BilingualText(
    ja="{expiry}までに決定がなければ、今の在留資格のまま引き続き在留できます。決定の時か{day}の終わりの、"
    "どちらか早い方までです。不許可になれば、その時に終わります。",
    en="Without a decision by {expiry}, the stay goes on under the present status: until the decision or the end of "
    "{day}, whichever is first. A denial ends it at once.",
)
_CLOSED_DAY = BilingualText(
    ja="その末日は閉庁日です。翌開庁日まで続くとは公表されていないので、それより前に窓口に確認してください。",
    en="That last day is one on which offices are closed. It is not published that the period then goes on to the "
    "next open day: ask the office before.",
)
_FILED_LATE = BilingualText(
    ja="在留期間の満了日より後の申請に、特例期間があるとは言えません。窓口に確認してください。",
    en="An application filed after the last day of the period of stay cannot be said to have a special period: "
    "ask the office.",
)
_WITHOUT_STATUS_UNTIL = BilingualText(
    ja="在留資格なしで在留できるのは{day}までです。", en="Staying without a status is lawful until the end of {day}."
)
_WITHOUT_STATUS = BilingualText(
    ja="{day}までは、在留資格なしで在留できます。それまでに決定がなければ、窓口に確認してください。",
    en="Until the end of {day}, staying without a status is lawful. If there is no decision by then, ask the office.",
)


def _too_short(days: int) -> BilingualText:
    return BilingualText(
        ja=f"{days}日以下の在留期間には特例期間がありません。在留できるのは満了日までです。",
        en=f"A period of stay of {days} days or less has no special period: the stay ends with its last day.",
    )
