from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import EXTENSION
from tests.rules.intentions import intention
from zairyu.models.assessment import Intention
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.rules.special_period import special_period, special_period_until

CHANGE = ApplicationType.CHANGE_OF_STATUS
ACQUISITION = ApplicationType.ACQUISITION_OF_STATUS
THREE_YEARS = PeriodOfStay(years=3)
KEEPING_A_STATUS = [EXTENSION, CHANGE]
FILED_ON = date(2026, 12, 1)

ACT = "Immigration Control and Refugee Recognition Act"
CASES = [
    # (public source, what is filed, last day)
    (f"{ACT}, article 21 (4): two months", intention(EXTENSION, expires_on=date(2027, 1, 31)), date(2027, 3, 31)),
    (f"{ACT}, article 20 (6): two months", intention(CHANGE, expires_on=date(2027, 1, 31)), date(2027, 3, 31)),
    ("Civil Code, article 143: clipped", intention(EXTENSION, expires_on=date(2026, 12, 31)), date(2027, 2, 28)),
    ("Civil Code, article 143: leap year", intention(CHANGE, expires_on=date(2027, 12, 31)), date(2028, 2, 29)),
    ("Civil Code, article 143: from Feb 29", intention(EXTENSION, expires_on=date(2028, 2, 29)), date(2028, 4, 29)),
    (f"{ACT}, article 22-2 (1): 60 days", intention(ACQUISITION, caused_on=date(2026, 11, 16)), date(2027, 1, 15)),
]


@pytest.mark.parametrize(("source", "filed", "last"), CASES, ids=[case[0] for case in CASES])
def test_the_stay_is_lawful_to_the_last_day_of_its_source(source: str, filed: Intention, last: date) -> None:
    found = special_period(filed, filed_on=FILED_ON)

    assert found is not None, source
    assert found.until is not None
    assert found.until.on == last


@pytest.mark.parametrize("kind", KEEPING_A_STATUS)
def test_a_person_reads_what_ends_it_before_its_last_day(kind: ApplicationType) -> None:
    found = special_period(intention(kind, expires_on=date(2027, 1, 31)), filed_on=FILED_ON)

    assert found is not None
    assert found.until is not None
    assert found.until.at == datetime(2027, 3, 31, 15, 0, tzinfo=UTC)
    assert "2027年3月31日（水）" in found.until.sentence.ja
    assert "2027年1月31日（日）までに決定がなければ" in found.sentence.ja
    assert "不許可になれば、その時に終わります" in found.sentence.ja
    assert "A denial ends it at once" in found.sentence.en
    assert "open day" not in found.sentence.en


def test_a_last_day_on_which_offices_are_closed_is_not_moved_but_named() -> None:
    found = special_period(intention(EXTENSION, expires_on=date(2026, 12, 31)), filed_on=FILED_ON)

    assert found is not None
    assert found.until is not None
    assert found.until.on == date(2027, 2, 28)  # a Sunday
    assert "not published" in found.sentence.en
    assert "公表されていない" in found.sentence.ja


@pytest.mark.parametrize("kind", KEEPING_A_STATUS)
def test_who_has_none_reads_why(kind: ApplicationType) -> None:
    expires_on = date(2027, 1, 31)
    short = special_period(intention(kind, expires_on=expires_on, held=PeriodOfStay(days=30)), filed_on=FILED_ON)
    late = special_period(intention(kind, expires_on=expires_on), filed_on=date(2027, 2, 1))

    assert short is not None
    assert short.until is None
    assert "30 days or less" in short.sentence.en
    assert late is not None
    assert late.until is None
    assert "ask the office" in late.sentence.en


@pytest.mark.parametrize("kind", [*KEEPING_A_STATUS, ACQUISITION])
def test_nothing_is_promised_without_the_day_it_is_counted_from(kind: ApplicationType) -> None:
    assert special_period(intention(kind), filed_on=FILED_ON) is None
    mistyped = intention(kind, expires_on=date(9999, 12, 31), caused_on=date(1, 1, 1))
    assert special_period(mistyped, filed_on=FILED_ON) is None


@pytest.mark.parametrize(
    "kind",
    [
        ApplicationType.CERTIFICATE_OF_ELIGIBILITY,
        ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
        ApplicationType.USER_REGISTRATION,
    ],
)
def test_an_application_that_asks_for_no_stay_keeps_none_alive(kind: ApplicationType) -> None:
    told = intention(kind, expires_on=date(2027, 1, 31), caused_on=date(2026, 11, 16))

    assert special_period(told, filed_on=FILED_ON) is None


EXPIRIES = st.dates(date(2023, 1, 1), date(2060, 12, 31))
PERIODS = st.sampled_from([PeriodOfStay(days=15), PeriodOfStay(days=31), PeriodOfStay(months=3), PeriodOfStay(years=5)])


@given(kind=st.sampled_from(KEEPING_A_STATUS), expires_on=EXPIRIES, held=PERIODS, early=st.integers(-5, 90))
@settings(deadline=None)  # shared machines are slow now and then
def test_the_sentence_and_the_workflow_know_the_same_day(
    kind: ApplicationType, expires_on: date, held: PeriodOfStay, early: int
) -> None:
    filed_on = date.fromordinal(expires_on.toordinal() - early)
    found = special_period(intention(kind, expires_on=expires_on, held=held), filed_on=filed_on)

    assert found is not None
    until = found.until.on if found.until else None
    assert until == special_period_until(kind, expires_on, held, filed_on=filed_on)
    assert until is None or until > expires_on


@pytest.mark.parametrize(
    ("expires_on", "until"),
    [
        (date(2027, 1, 31), date(2027, 3, 31)),
        (date(2026, 12, 31), date(2027, 2, 28)),
        (date(2027, 12, 31), date(2028, 2, 29)),
        (date(2027, 12, 29), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 4, 29)),
    ],
)
def test_who_has_filed_stays_legally_for_two_calendar_months(expires_on: date, until: date) -> None:
    assert special_period_until(EXTENSION, expires_on, THREE_YEARS, filed_on=date(2026, 12, 1)) == until


@pytest.mark.parametrize(
    ("held", "has_one"),
    [
        (PeriodOfStay(days=30), False),
        (PeriodOfStay(days=15), False),
        (PeriodOfStay(days=31), True),
        (PeriodOfStay(months=1), True),
        (PeriodOfStay(months=3), True),
        (PeriodOfStay(years=5), True),
    ],
)
def test_nobody_with_thirty_days_or_less_is_promised_one(held: PeriodOfStay, has_one: bool) -> None:
    until = special_period_until(EXTENSION, date(2027, 1, 31), held, filed_on=date(2027, 1, 15))

    assert (until is not None) is has_one


def test_who_files_too_late_is_promised_nothing() -> None:
    expires_on = date(2027, 1, 31)

    assert special_period_until(EXTENSION, expires_on, THREE_YEARS, filed_on=expires_on) == date(2027, 3, 31)
    assert special_period_until(EXTENSION, expires_on, THREE_YEARS, filed_on=date(2027, 2, 1)) is None


def test_a_certificate_of_eligibility_keeps_no_status_alive() -> None:
    kind = ApplicationType.CERTIFICATE_OF_ELIGIBILITY

    assert special_period_until(kind, date(2027, 1, 31), THREE_YEARS, filed_on=date(2027, 1, 1)) is None
