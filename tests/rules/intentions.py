"""Applications that somebody thinks of filing, with nothing but the days that a rule looks at."""

from datetime import date
from typing import Final

from zairyu.models.application import Cause
from zairyu.models.assessment import HeldStay, IntendedApplicant, Intention, MyNumberCard
from zairyu.models.residence import ApplicationType, CauseKind, Filer, PeriodOfStay, ResidenceStatus

ONE_YEAR: Final = PeriodOfStay(years=1)


def intention(
    application_type: ApplicationType,
    *,
    expires_on: date | None = None,
    held: PeriodOfStay = ONE_YEAR,
    caused_on: date | None = None,
    filer: Filer = Filer.APPLICANT,
    card: MyNumberCard | None = None,
) -> Intention:
    stay = HeldStay(status=ResidenceStatus.STUDENT, period=held, expires_on=expires_on) if expires_on else None
    return Intention(
        application_type=application_type,
        filer=filer,
        applicant=IntendedApplicant(current_stay=stay),
        cause=Cause(kind=CauseKind.OTHER, happened_on=caused_on) if caused_on else None,
        card=card,
    )
