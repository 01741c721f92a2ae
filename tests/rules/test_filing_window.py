from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import EXTENSION
from tests.rules.intentions import intention
from zairyu.models.assessment import Intention, Limit, Window
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.rules.calendar import day_in_japan, is_business_day
from zairyu.rules.filing_window import WindowRow, counter_window, online_window

TODAY = date(2026, 11, 24)
EXPIRIES = st.dates(date(2023, 1, 1), date(2060, 12, 31))

COE = ApplicationType.CERTIFICATE_OF_ELIGIBILITY
CHANGE = ApplicationType.CHANGE_OF_STATUS
ACQUISITION = ApplicationType.ACQUISITION_OF_STATUS
EMPLOYMENT = ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE
REGISTRATION = ApplicationType.USER_REGISTRATION

GUIDE = "ISA, user guide for applicants (2024-03), section 5 (1) イ"
HOLIDAYS = "Act on Holidays of Administrative Organs, article 2"
ACT = "Immigration Control and Refugee Recognition Act, article 22-2 (2); Civil Code, article 140"

OPEN = ".."
"""At any time."""


@dataclass(frozen=True)
class Case:
    """A worked case, and the public source that it follows."""

    source: str
    intention: Intention
    online: str | None
    """First and last day; an end that is left out is open."""
    counter: str | None


CASES = [
    Case(
        "bridge2n.jp (administrative scrivener), filing on the last day: a Saturday, Marine Day on the Monday",
        intention(EXTENSION, expires_on=date(2022, 7, 16)),
        online="2022-04-16..2022-07-15",
        counter="2022-04-16..2022-07-19",
    ),
    Case(f"{GUIDE}, row 1", intention(COE), online=OPEN, counter=OPEN),
    Case(
        f"{GUIDE}, row 2 and note 12",
        intention(CHANGE, expires_on=date(2027, 1, 29), caused_on=date(2026, 12, 1)),
        online="2026-12-01..2027-01-28",
        counter="2026-12-01..2027-01-29",
    ),
    Case(
        f"{GUIDE}, row 2, the cause not yet told",
        intention(CHANGE, expires_on=date(2027, 1, 29)),
        online="..2027-01-28",
        counter="..2027-01-29",
    ),
    Case(
        f"{GUIDE}, row 2 and note 12: a cause on the day of expiry, when only the counter takes it",
        intention(CHANGE, expires_on=date(2027, 1, 29), caused_on=date(2027, 1, 29)),
        online="2027-01-29..2027-01-28",  # over before it begins
        counter="2027-01-29..2027-01-29",
    ),
    Case(
        f"{GUIDE}, row 2: a cause after the expiry",
        intention(CHANGE, expires_on=date(2027, 1, 30), caused_on=date(2027, 1, 31)),
        online="2027-01-31..2027-01-29",
        counter="2027-01-31..2027-02-01",
    ),
    Case(
        f"{GUIDE}, row 3; the year's end, {HOLIDAYS}",
        intention(EXTENSION, expires_on=date(2026, 12, 31)),
        online="2026-09-30..2026-12-30",
        counter="2026-09-30..2027-01-04",
    ),
    Case(
        f"{GUIDE}, row 3; Golden Week with a substitute holiday, {HOLIDAYS}",
        intention(EXTENSION, expires_on=date(2026, 5, 3)),
        online="2026-02-03..2026-05-02",
        counter="2026-02-03..2026-05-07",
    ),
    Case(
        f"{GUIDE}, row 3; three months back from May 31 of a leap year, Civil Code, article 143",
        intention(EXTENSION, expires_on=date(2028, 5, 31)),
        online="2028-02-29..2028-05-30",
        counter="2028-02-29..2028-05-31",
    ),
    Case(
        f"{GUIDE}, row 3; the day after February 29",
        intention(EXTENSION, expires_on=date(2028, 3, 1)),
        online="2027-12-01..2028-02-29",
        counter="2027-12-01..2028-03-01",
    ),
    Case(
        f"{GUIDE}, row 3; an expiry on February 29",
        intention(EXTENSION, expires_on=date(2028, 2, 29)),
        online="2027-11-29..2028-02-28",
        counter="2027-11-29..2028-02-29",
    ),
    Case(
        f"{GUIDE}, row 3; the first of the closed days of the year's end, {HOLIDAYS}",
        intention(EXTENSION, expires_on=date(2026, 12, 29)),
        online="2026-09-29..2026-12-28",
        counter="2026-09-29..2027-01-04",
    ),
    Case(
        "ISA, procedures: application for extension of period of stay: about three months, for 6 months and longer",
        intention(EXTENSION, expires_on=date(2027, 1, 29), held=PeriodOfStay(months=4)),
        online="2026-10-29..2027-01-28",
        counter="..2027-01-29",
    ),
    Case(
        f"{GUIDE}, row 4; {ACT}: the day of birth does not count",
        intention(ACQUISITION, caused_on=date(2026, 11, 16)),
        online="2026-11-16..2026-12-16",
        counter="2026-11-16..2026-12-16",
    ),
    Case(
        f"{GUIDE}, row 4; {ACT}; the 30th day is a Sunday, {HOLIDAYS}",
        intention(ACQUISITION, caused_on=date(2027, 1, 1)),
        online="2027-01-01..2027-01-31",
        counter="2027-01-01..2027-02-01",
    ),
    Case(
        f"{GUIDE}, row 4; {ACT}; over February 29",
        intention(ACQUISITION, caused_on=date(2028, 1, 31)),
        online="2028-01-31..2028-03-01",
        counter="2028-01-31..2028-03-01",
    ),
    Case(
        f"{GUIDE}, row 5 and note 12",
        intention(EMPLOYMENT, expires_on=date(2027, 1, 29)),
        online="..2027-01-28",
        counter="..2027-01-29",
    ),
    Case(
        f"{GUIDE}, row 5: after a Sunday's expiry there is no status to certify on the Monday",
        intention(EMPLOYMENT, expires_on=date(2027, 1, 31)),
        online="..2027-01-30",
        counter="..2027-01-29",
    ),
    Case(
        "ISA, user guide for applicants (2024-03), section 5 (1) ア: registration is online only, at any time",
        intention(REGISTRATION),
        online=OPEN,
        counter=None,
    ),
]


def days(window: Window | None) -> str | None:
    if window is None:
        return None
    return f"{window.opens.on if window.opens else ''}..{window.closes.on if window.closes else ''}"


def opening_of(window: Window | None) -> Limit:
    assert window is not None
    assert window.opens is not None
    return window.opens


def closing_of(window: Window | None) -> Limit:
    assert window is not None
    assert window.closes is not None
    return window.closes


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_every_type_is_taken_on_the_days_of_its_source(case: Case) -> None:
    assert days(online_window(case.intention, on=TODAY)) == case.online
    assert days(counter_window(case.intention, on=TODAY)) == case.counter


@pytest.mark.parametrize("window", [online_window, counter_window])
@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION, ACQUISITION, EMPLOYMENT])
def test_no_last_day_is_made_up_for_who_leaves_out_the_fact_it_hangs_on(
    window: Callable[..., Window | None], application_type: ApplicationType
) -> None:
    assert window(intention(application_type), on=TODAY) is None


@pytest.mark.parametrize("window", [online_window, counter_window])
@pytest.mark.parametrize("mistyped", [date.min, date(207, 1, 31), date(2270, 1, 31), date.max])
def test_a_mistyped_year_gets_no_window_instead_of_an_error(
    window: Callable[..., Window | None], mistyped: date
) -> None:
    assert window(intention(EXTENSION, expires_on=mistyped), on=TODAY) is None
    assert window(intention(ACQUISITION, caused_on=mistyped), on=TODAY) is None


@pytest.mark.parametrize("application_type", list(ApplicationType))
def test_nothing_is_said_of_days_before_online_filing_began(application_type: ApplicationType) -> None:
    meant = intention(application_type, expires_on=date(2022, 3, 31), caused_on=date(2022, 3, 1))

    assert online_window(meant, on=date(2022, 3, 15)) is None
    assert online_window(meant, on=date(2022, 3, 16)) is not None


def test_a_person_reads_the_last_day_with_its_weekday() -> None:
    meant = intention(EXTENSION, expires_on=date(2027, 1, 31))
    online, counter = online_window(meant, on=TODAY), counter_window(meant, on=TODAY)

    assert opening_of(online).sentence.ja == "オンラインでは2026年10月31日（土）から申請できます。"
    assert closing_of(online).sentence.ja == "オンラインでは2027年1月30日（土）いっぱいまで申請できます。"
    assert closing_of(online).sentence.en == "Online, it can be filed until the end of Saturday, January 30, 2027."
    assert "おおむね2026年10月31日（土）" in opening_of(counter).sentence.ja
    assert "2027年1月31日（日）は閉庁日" in closing_of(counter).sentence.ja
    assert "2027年2月1日（月）の受付時間内まで" in closing_of(counter).sentence.ja


def test_who_holds_a_short_stay_is_told_to_ask_when_the_counter_takes_it() -> None:
    def last(held: PeriodOfStay) -> str:
        meant = intention(EXTENSION, expires_on=date(2027, 1, 29), held=held)
        return closing_of(counter_window(meant, on=TODAY)).sentence.en

    assert "ask the office" in last(PeriodOfStay(months=5))
    assert "ask the office" not in last(PeriodOfStay(months=6))


def test_nobody_is_sent_to_a_closed_counter_for_an_employment_certificate() -> None:
    last = closing_of(counter_window(intention(EMPLOYMENT, expires_on=date(2027, 1, 31)), on=TODAY))

    assert "closed on the last day itself, Sunday, January 31, 2027" in last.sentence.en
    assert "2027年1月29日（金）の受付時間内まで" in last.sentence.ja


def test_windows_open_and_close_at_midnight_in_japan_wherever_the_server_is() -> None:
    meant = intention(EXTENSION, expires_on=date(2027, 1, 31))
    window = online_window(meant, on=TODAY)

    assert opening_of(window).at == datetime(2026, 10, 30, 15, 0, tzinfo=UTC)
    # 23:59 in Japan is still in time and 00:00 is not, both while the server has the day before.
    assert datetime(2027, 1, 30, 14, 59, tzinfo=UTC) < closing_of(window).at
    assert datetime(2027, 1, 30, 15, 0, tzinfo=UTC) == closing_of(window).at


# ----- whatever the days are ----------------------------------------------------------------------------------------

DATED = st.sampled_from([CHANGE, EXTENSION, ACQUISITION, EMPLOYMENT])
WINDOWS = st.sampled_from([online_window, counter_window])
HELD = st.sampled_from([PeriodOfStay(months=4), PeriodOfStay(months=6), PeriodOfStay(years=5)])


@st.composite
def intentions(draw: st.DrawFn) -> Intention:
    expires_on = draw(EXPIRIES)
    caused_on = expires_on - timedelta(days=draw(st.integers(1, 400)))
    return intention(draw(DATED), expires_on=expires_on, caused_on=caused_on, held=draw(HELD))


@given(meant=intentions(), window=WINDOWS, hours=st.integers(-12_000, 1_000))
@settings(deadline=None)  # shared machines are slow now and then
def test_every_day_is_before_in_or_after_the_window(
    meant: Intention, window: Callable[..., Window | None], hours: int
) -> None:
    found = window(meant, on=TODAY)
    assert found is not None
    last = closing_of(found)
    moment = last.at + timedelta(hours=hours)
    today = day_in_japan(moment)
    before = found.opens is not None and moment < found.opens.at
    after = moment >= last.at

    assert not (before and after)
    assert before == (found.opens is not None and today < found.opens.on)
    assert after == (today > last.on)


@given(meant=intentions())
@settings(deadline=None)
def test_the_counter_is_never_closed_while_online_filing_is_open(meant: Intention) -> None:
    if meant.application_type is EMPLOYMENT:
        return  # its limit moves to no later day, so it can end before a weekend
    online, counter = online_window(meant, on=TODAY), counter_window(meant, on=TODAY)

    assert closing_of(counter).on >= closing_of(online).on
    assert closing_of(counter).at >= closing_of(online).at
    assert counter is not None
    assert counter.opens is None or counter.opens.at == opening_of(online).at
    assert is_business_day(closing_of(counter).on)


@given(kind=DATED, window=WINDOWS, first=EXPIRIES, second=EXPIRIES)
@settings(deadline=None)
def test_who_may_stay_longer_never_has_to_file_earlier(
    kind: ApplicationType, window: Callable[..., Window | None], first: date, second: date
) -> None:
    def when(expires_on: date) -> list[datetime]:
        found = window(intention(kind, expires_on=expires_on, caused_on=date(2022, 12, 1)), on=TODAY)
        return [closing_of(found).at, *([opening_of(found).at] if found and found.opens else [])]

    earlier, later = when(min(first, second)), when(max(first, second))

    assert all(one <= other for one, other in zip(earlier, later, strict=True))


def test_a_table_that_moves_the_last_day_online_is_refused() -> None:
    row = {
        "application_type": EXTENSION,
        "way": "ONLINE",
        "effective_from": date(2026, 1, 5),
        "source": "the law",
    }
    for end in (
        {"closes": {"counted_from": "EXPIRY", "moves": True}},
        {"opens": {"counted_from": "EXPIRY", "about": True}},
    ):
        with pytest.raises(ValueError, match="online filing neither"):
            WindowRow.model_validate(row | end)
