"""How long the agency's examination is likely to take."""

from datetime import date

from zairyu.models.assessment import Limit
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType
from zairyu.rules.calendar import reaches
from zairyu.rules.deadlines import CountedFrom, Term, closing
from zairyu.rules.tables import DatedRow, in_force, load_table


class ExaminationRow(DatedRow):
    """The standard processing period of one kind of application. It is a guideline, never a promise."""

    application_type: ApplicationType
    longest: Term
    """Its later end."""
    in_words: BilingualText
    """The whole of it, as the agency says it."""


_PERIODS = load_table("examination_periods", ExaminationRow)


def likely_decided_by(
    application_type: ApplicationType, *, filed_on: date, caused_on: date | None = None
) -> Limit | None:
    """The end of the standard processing period of an application that is filed on a day.

    Args:
        application_type: What is filed.
        filed_on: The day in Japan.
        caused_on: The day of the cause, from which the period of an acquisition of status is counted.

    Returns:
        The end, with the period in its sentence; nothing where there is no such period, and for an acquisition
        without the day of its cause.
    """
    row = next((row for row in in_force(_PERIODS, filed_on) if row.application_type is application_type), None)
    if row is None:
        return None
    start = caused_on if row.longest.counted_from is CountedFrom.CAUSE else filed_on
    if start is None or not reaches(start):
        return None
    return closing(
        row.longest.count(start),
        BilingualText(
            ja=f"標準処理期間は{row.in_words.ja}です。{{day}}までが目安ですが、それより長くかかることもあります。",
            en=f"The standard processing period is {row.in_words.en}: likely decided by {{day}}, but it can take "
            "longer.",
        ),
    )
