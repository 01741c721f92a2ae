from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.models.residence import ApplicationType
from zairyu.rules.examination import likely_decided_by

FILED_ON = date(2026, 12, 1)
PAGE = "ISA, procedures, standard processing period of the"
CASES = [
    # (public source, type, filed on, likely decided by)
    (f"{PAGE} extension: 2 weeks to 1 month", ApplicationType.EXTENSION_OF_PERIOD, FILED_ON, date(2027, 1, 1)),
    (f"{PAGE} change: 1 to 2 months", ApplicationType.CHANGE_OF_STATUS, FILED_ON, date(2027, 2, 1)),
    (f"{PAGE} COE: 1 to 3 months", ApplicationType.CERTIFICATE_OF_ELIGIBILITY, FILED_ON, date(2027, 3, 1)),
    (
        f"{PAGE} employment certificate: same day, 1 to 3 months with a new employer",
        ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
        date(2026, 11, 30),
        date(2027, 2, 28),
    ),
    (
        f"{PAGE} acquisition: within 60 days of the cause, whenever it is filed",
        ApplicationType.ACQUISITION_OF_STATUS,
        FILED_ON,
        date(2027, 1, 15),
    ),
]


@pytest.mark.parametrize(("source", "kind", "filed_on", "day"), CASES, ids=[case[0] for case in CASES])
def test_the_likely_end_is_the_later_end_of_the_standard_period(
    source: str, kind: ApplicationType, filed_on: date, day: date
) -> None:
    limit = likely_decided_by(kind, filed_on=filed_on, caused_on=date(2026, 11, 16))

    assert limit is not None, source
    assert limit.on == day


def test_nobody_reads_a_guideline_as_a_promise() -> None:
    limit = likely_decided_by(ApplicationType.EXTENSION_OF_PERIOD, filed_on=FILED_ON)

    assert limit is not None
    assert limit.at == datetime(2027, 1, 1, 15, 0, tzinfo=UTC)
    assert limit.sentence.ja.startswith("標準処理期間は2週間から1か月です。2027年1月1日（金）までが目安")
    assert "two weeks to one month" in limit.sentence.en
    assert "it can take longer" in limit.sentence.en


def test_what_is_not_examined_or_not_told_has_no_likely_end() -> None:
    assert likely_decided_by(ApplicationType.USER_REGISTRATION, filed_on=FILED_ON) is None
    assert likely_decided_by(ApplicationType.ACQUISITION_OF_STATUS, filed_on=FILED_ON) is None
    mistyped = date(1, 1, 1)
    assert likely_decided_by(ApplicationType.ACQUISITION_OF_STATUS, filed_on=FILED_ON, caused_on=mistyped) is None


@given(
    kind=st.sampled_from(list(ApplicationType)),
    first=st.dates(date(2022, 3, 16), date(2060, 1, 1)),
    second=st.dates(date(2022, 3, 16), date(2060, 1, 1)),
)
@settings(deadline=None)  # shared machines are slow now and then
def test_filing_later_never_brings_an_earlier_decision(kind: ApplicationType, first: date, second: date) -> None:
    earlier, later = (likely_decided_by(kind, filed_on=day) for day in sorted((first, second)))

    assert (earlier is None) == (later is None)
    assert earlier is None or later is None or earlier.on <= later.on
