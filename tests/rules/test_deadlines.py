from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import EXTENSION
from tests.rules.intentions import intention
from zairyu.models.base import BilingualText
from zairyu.models.interface import MaintenanceWindow
from zairyu.rules.calendar import day_in_japan
from zairyu.rules.deadlines import CountedFrom, Term, brought_forward, closing, in_words, opening

UNTIL = BilingualText(ja="{day}まで", en="until {day}")
DAYS = st.dates(date(2016, 1, 1), date(2098, 12, 31))


@pytest.mark.parametrize(
    ("day", "ja", "en"),
    [
        (date(2027, 1, 30), "2027年1月30日（土）", "Saturday, January 30, 2027"),
        (date(2028, 2, 29), "2028年2月29日（火）", "Tuesday, February 29, 2028"),
        (date(2026, 12, 31), "2026年12月31日（木）", "Thursday, December 31, 2026"),
        (date(2026, 5, 3), "2026年5月3日（日）", "Sunday, May 3, 2026"),
    ],
)
def test_a_day_is_read_with_its_weekday_in_both_languages(day: date, ja: str, en: str) -> None:
    assert in_words(day) == BilingualText(ja=ja, en=en)


@given(day=DAYS)
@settings(deadline=None)  # shared machines are slow now and then
def test_a_limit_is_a_whole_day_in_japan(day: date) -> None:
    opens, closes = opening(day, UNTIL), closing(day, UNTIL)

    assert opens.on == closes.on == day == day_in_japan(opens.at)
    assert (closes.at.astimezone(UTC) - opens.at.astimezone(UTC)).total_seconds() == 86_400
    assert (day_in_japan(closes.at) - day).days == 1
    assert closes.sentence.ja == f"{in_words(day).ja}まで"


def test_the_last_minute_counts_and_midnight_does_not() -> None:
    closes = closing(date(2027, 1, 30), UNTIL)

    assert datetime(2027, 1, 30, 14, 59, 59, tzinfo=UTC) < closes.at  # 23:59:59 in Japan
    assert datetime(2027, 1, 30, 15, 0, tzinfo=UTC) == closes.at  # 00:00 in Japan


@pytest.mark.parametrize(
    ("term", "fact", "expected"),
    [
        # Civil Code, article 140: the first day does not count.
        (Term(counted_from=CountedFrom.CAUSE, days=30), date(2026, 11, 16), date(2026, 12, 16)),
        (Term(counted_from=CountedFrom.CAUSE, days=60), date(2026, 11, 16), date(2027, 1, 15)),
        # Civil Code, article 143 (2): a month without the day ends on its last one.
        (Term(counted_from=CountedFrom.EXPIRY, months=-3), date(2028, 5, 31), date(2028, 2, 29)),
        (Term(counted_from=CountedFrom.EXPIRY, months=2), date(2026, 12, 31), date(2027, 2, 28)),
        (Term(counted_from=CountedFrom.EXPIRY, days=-1), date(2028, 3, 1), date(2028, 2, 29)),
    ],
)
def test_terms_are_counted_as_the_civil_code_counts_them(term: Term, fact: date, expected: date) -> None:
    assert term.count(fact) == expected


def test_a_term_says_nothing_of_what_is_not_told() -> None:
    told = intention(EXTENSION, expires_on=date(2027, 1, 31))

    assert Term(counted_from=CountedFrom.EXPIRY).day(told) == date(2027, 1, 31)
    assert Term(counted_from=CountedFrom.CAUSE).day(told) is None
    assert Term(counted_from=CountedFrom.EXPIRY).day(intention(EXTENSION)) is None
    assert Term(counted_from=CountedFrom.EXPIRY).day(intention(EXTENSION, expires_on=date(2207, 1, 31))) is None


def test_a_misspelt_column_of_a_term_is_refused() -> None:
    with pytest.raises(ValueError, match="moths"):
        Term.model_validate({"counted_from": "EXPIRY", "moths": 2})


@pytest.mark.parametrize(
    ("windows", "hour"),
    [
        ([], 12),
        ([(12, 14)], 12),  # it begins at the deadline
        ([(10, 11)], 12),  # it is over before
        ([(10, 12)], 10),
        ([(10, 14)], 10),
        ([(10, 14), (8, 10)], 8),  # one follows on the other
        ([(8, 11), (10, 14)], 8),
        ([(8, 9), (10, 14)], 10),
        ([(11, 13), (10, 14)], 10),
    ],
)
def test_window_until_the_deadline_brings_it_forward(windows: list[tuple[int, int]], hour: int) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    planned = [
        MaintenanceWindow(
            begins=midnight + timedelta(hours=begins), ends=midnight + timedelta(hours=ends), source="calendar"
        )
        for begins, ends in windows
    ]

    assert brought_forward(midnight + timedelta(hours=12), planned) == midnight + timedelta(hours=hour)
