"""Who can file online for themselves."""

import calendar
from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from zairyu.models.assessment import Answer, HeldStay, Intention, Reason, Route
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, PeriodOfStay, ResidenceStatus
from zairyu.rules.calendar import add_months
from zairyu.rules.obstacles import AT_THE_COUNTER, BY_SOMEBODY_ELSE, Obstacle
from zairyu.rules.tables import DatedRow, in_force, load_table


class ApplicantRow(DatedRow):
    """What a person must be to file for themselves."""

    minimum_age: int = Field(ge=0, description="years")
    excluded_up_to: PeriodOfStay
    """Who holds a period of stay of this length or less is not a mid- to long-term resident."""
    excluded_statuses: frozenset[ResidenceStatus]
    """Who holds one of these is not a mid- to long-term resident either."""

    def stays_long_enough(self, held: PeriodOfStay) -> bool:
        """Whether the period of stay that is held is a mid- to long-term one."""
        return held.length > self.excluded_up_to.length

    def resident(self, stay: HeldStay) -> bool:
        """Whether who holds a stay is a mid- to long-term resident by it."""
        return stay.status not in self.excluded_statuses and self.stays_long_enough(stay.period)


_APPLICANTS = load_table("applicants", ApplicantRow)


def applicant_rule(on: date) -> ApplicantRow | None:
    """What counts on a day in Japan; nothing before online filing began."""
    return next(iter(in_force(_APPLICANTS, on)), None)


# ----- how old somebody is --------------------------------------------------------------------------------------


def has_age(born: date, years: int, *, on: date) -> bool:
    """Whether a person born on a day has had that birthday on another day.

    Who was born on February 29 has it on February 28 of a common year. Source: Immigration Control and Refugee
    Recognition Act, article 19-5 (1) (ii).
    """
    return born.year + years <= on.year and add_months(born, 12 * years) <= on


def is_under(birth_date: str | None, years: int, *, on: date) -> bool | None:
    """Whether somebody is younger; nothing where the day or the month of birth that decides it is not known."""
    possible = days_of_birth(birth_date) if birth_date is not None else None
    if possible is None:
        return None
    first, last = possible
    if first > on or not has_age(first, years, on=on):
        return True
    return False if has_age(last, years, on=on) else None


def days_of_birth(birth_date: str) -> tuple[date, date] | None:
    """The first and the last day that a `YYYY`, `YYYYMM` or `YYYYMMDD` can mean; nothing for a day that never was."""
    year, month, day = int(birth_date[:4]), int(birth_date[4:6] or 0), int(birth_date[6:8] or 0)
    try:
        last_month = month or 12
        return (
            date(year, month or 1, day or 1),
            date(year, last_month, day or calendar.monthrange(year, last_month)[1]),
        )
    except ValueError:
        return None


# ----- what speaks against filing for oneself -------------------------------------------------------------------


def own_obstacles(intention: Intention, on: date) -> Iterator[Obstacle]:
    """Everything that speaks against applicants filing for themselves on a day in Japan."""
    rule = applicant_rule(on)
    if rule is not None:
        yield from _too_young(intention.applicant.birth_date, rule, on)
        # Only who stays in Japan without any status acquires one: there is no stay to look at (Act, article 22-2).
        if intention.application_type is not ApplicationType.ACQUISITION_OF_STATUS:
            yield from _no_resident(intention, rule)


def _too_young(birth_date: str | None, rule: ApplicantRow, on: date) -> Iterator[Obstacle]:
    too_young = is_under(birth_date, rule.minimum_age, on=on)
    if too_young is not False:
        yield Obstacle(
            answer=Answer.NOT_ALLOWED if too_young else Answer.ALLOWED_IF,
            reason=Reason(
                place="/applicant/birth_date",
                rule="minimum-age",
                text=BilingualText(
                    ja=f"{rule.minimum_age}歳未満の方は、ご本人では申請できません。",
                    en=f"A person under {rule.minimum_age} cannot file for themselves.",
                ),
                source=rule.source,
            ),
            instead=(BY_SOMEBODY_ELSE,) if too_young else (),
            leaves=(Route.COUNTER,),
        )


def _no_resident(intention: Intention, rule: ApplicantRow) -> Iterator[Obstacle]:
    stay = intention.applicant.current_stay
    excluded = rule.excluded_up_to.label
    if stay is None:
        yield _residents_only(
            Answer.ALLOWED_IF,
            "/applicant/current_stay",
            ja=f"ご本人で申請できるのは中長期在留者（在留期間が{excluded.ja}を超える方など）に限ります。",
            en="Only mid- to long-term residents can file for themselves, with a period of stay of more than "
            f"{excluded.en}.",
            rule=rule,
        )
        return
    if stay.status in rule.excluded_statuses:
        yield _residents_only(
            Answer.NOT_ALLOWED,
            "/applicant/current_stay/status",
            ja=f"在留資格「{stay.status.label.ja}」の方は、ご本人ではオンラインで申請できません。",
            en=f"With the status {stay.status.label.en}, filing online for oneself is not possible.",
            rule=rule,
        )
    if not rule.stays_long_enough(stay.period):
        yield _residents_only(
            Answer.NOT_ALLOWED,
            "/applicant/current_stay/period",
            ja=f"在留期間が{excluded.ja}以下の方は、ご本人ではオンラインで申請できません。",
            en=f"With a period of stay of {excluded.en} or less, filing online for oneself is not possible.",
            rule=rule,
        )


def _residents_only(
    answer: Literal[Answer.ALLOWED_IF, Answer.NOT_ALLOWED], place: str, *, ja: str, en: str, rule: ApplicantRow
) -> Obstacle:
    return Obstacle(
        answer=answer,
        reason=Reason(
            place=place, rule="mid-to-long-term-resident", text=BilingualText(ja=ja, en=en), source=rule.source
        ),
        instead=() if answer is Answer.ALLOWED_IF else (AT_THE_COUNTER,),
        leaves=(Route.COUNTER,),
    )
