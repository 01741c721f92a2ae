"""What a denial means on the day on which it is heard."""

from datetime import date, timedelta

import pytest

from tests.rules.intentions import intention
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.rules.denial import after_denial

EXPIRY = date(2027, 1, 31)
"""A Sunday: the counter takes it on the Monday after, online filing ends on the day before."""
FILED = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 12, 20), "filed again online until Saturday, January 30, 2027"),
        (date(2027, 1, 30), "filed again online until Saturday, January 30, 2027"),
        (date(2027, 1, 31), "Nothing can be filed online any more: go to the counter by Monday, February 1, 2027"),
        (date(2027, 2, 1), "special period of stay is over"),
        (date(2027, 3, 31), "special period of stay is over"),
    ],
)
@pytest.mark.parametrize("kind", [ApplicationType.EXTENSION_OF_PERIOD, ApplicationType.CHANGE_OF_STATUS])
def test_a_denial_says_until_when_the_stay_is_lawful(kind: ApplicationType, today: date, words: str) -> None:
    told = after_denial(intention(kind, expires_on=EXPIRY), filed_on=FILED, today=today)

    assert words in told.en
    assert "不許可の理由" in told.ja


@pytest.mark.parametrize(("days", "words"), [(60, "lawful until"), (61, "was lawful until")])
def test_a_child_denied_a_status_may_stay_for_sixty_days_after_the_birth(days: int, words: str) -> None:
    born = date(2026, 11, 1)
    asked_for = intention(ApplicationType.ACQUISITION_OF_STATUS, caused_on=born)

    told = after_denial(asked_for, filed_on=born + timedelta(days=10), today=born + timedelta(days=days))

    assert words in told.en
    assert "2026年12月31日" in told.ja


def test_who_is_abroad_loses_nothing() -> None:
    told = after_denial(intention(ApplicationType.CERTIFICATE_OF_ELIGIBILITY), filed_on=FILED, today=FILED)

    assert "it can be filed again" in told.en


def test_a_certificate_for_work_is_not_a_stay() -> None:
    certificate = intention(ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE, expires_on=EXPIRY)

    assert "as before" in after_denial(certificate, filed_on=FILED, today=FILED).en


def test_a_stay_that_nobody_told_of_is_asked_for_at_the_office() -> None:
    told = after_denial(intention(ApplicationType.EXTENSION_OF_PERIOD), filed_on=FILED, today=FILED)

    assert "Go to the regional immigration office today" in told.en


@pytest.mark.parametrize(
    ("held", "today", "words"),
    [
        (PeriodOfStay(days=30), date(2027, 2, 1), "lawful until Sunday, January 31, 2027 only"),
        (PeriodOfStay(years=1), date(2027, 4, 1), "lawful until Wednesday, March 31, 2027 only"),
    ],
)
def test_a_special_period_that_never_was_or_is_over_does_not_end_with_the_denial(
    held: PeriodOfStay, today: date, words: str
) -> None:
    asked_for = intention(ApplicationType.EXTENSION_OF_PERIOD, expires_on=EXPIRY, held=held)

    told = after_denial(asked_for, filed_on=FILED, today=today)

    assert words in told.en
    assert "ended today" not in told.en
    assert "特例期間" not in told.ja
