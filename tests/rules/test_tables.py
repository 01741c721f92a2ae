from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from zairyu.models.residence import PeriodOfStay
from zairyu.rules import tables
from zairyu.rules.applicants import ApplicantRow
from zairyu.rules.attachments import AttachmentLimits, PhotoRule, RequiredAttachment
from zairyu.rules.card_authorities import CardAuthorityRow
from zairyu.rules.collection import CollectionRow
from zairyu.rules.fees import FeeRow
from zairyu.rules.filing_window import WindowRow
from zairyu.rules.jurisdiction import OfficeRow
from zairyu.rules.reminders import ReminderRow
from zairyu.rules.special_period import SpecialPeriodRow
from zairyu.rules.tables import DatedRow, in_force, load_table


@dataclass(frozen=True)
class Table:
    """A table, and what a row of it is about: no two rows of one subject may count on the same day."""

    row: type[DatedRow]
    subjects: Callable[[Any], Iterable[Hashable]]
    ends_by_itself: bool = False
    """Every row has a last day from the start, as certificates have."""


TABLES = {
    "attachment_limits": Table(AttachmentLimits, lambda row: ["limits"]),
    "card_authorities": Table(CardAuthorityRow, lambda row: [row.key_identifier, row.sha256], ends_by_itself=True),
    "collection": Table(CollectionRow, lambda row: [(row.application_type, row.method)]),
    "fees_online": Table(
        FeeRow, lambda row: [(row.application_type, str((row.over, row.at_least, row.up_to, row.under)))]
    ),
    "applicants": Table(ApplicantRow, lambda row: ["applicants"]),
    "filing_windows": Table(WindowRow, lambda row: [row.application_type]),
    "offices": Table(OfficeRow, lambda row: row.prefectures),
    "photo_rules": Table(PhotoRule, lambda row: ["photo"]),
    "reminders": Table(ReminderRow, lambda row: ["reminders"]),
    "required_attachments": Table(
        RequiredAttachment,
        lambda row: [
            (row.kind, filer, kind, status)
            for filer in row.filers
            for kind in row.application_types
            for status in row.residence_statuses
        ],
    ),
    "special_periods": Table(SpecialPeriodRow, lambda row: [row.application_type]),
}
each_table = pytest.mark.parametrize("name", sorted(TABLES))


def rows_of(name: str) -> Sequence[DatedRow]:
    return load_table(name, TABLES[name].row)


def turning_days(rows: Sequence[DatedRow]) -> list[date]:
    """The days on which something begins or has ended: between them nothing changes."""
    ends = [row.effective_until + timedelta(days=1) for row in rows if row.effective_until is not None]
    return sorted({row.effective_from for row in rows}.union(ends))


def test_every_table_is_watched() -> None:
    there = {file.name for file in (files("zairyu.rules") / "data").iterdir()}

    assert there == {f"{name}.toml" for name in TABLES}, (
        "A table came or went: say in TABLES what its rows are about, so that overlapping rows are found."
    )


@each_table
def test_every_number_of_the_law_has_a_source_and_its_days(name: str) -> None:
    rows = rows_of(name)

    assert rows
    for row in rows:
        assert row.source.strip()
        assert date(2010, 1, 1) <= row.effective_from <= date(2030, 1, 1)
        assert row.effective_until is None or row.effective_until >= row.effective_from


@each_table
def test_no_two_rows_say_different_things_of_the_same_day(name: str) -> None:
    rows = rows_of(name)

    for day in turning_days(rows):
        subjects = [subject for row in in_force(rows, day) for subject in TABLES[name].subjects(row)]
        twice = {subject for subject in subjects if subjects.count(subject) > 1}
        assert not twice, f"{name}.toml: on {day} two rows count for {twice}; end the older with effective_until."


@each_table
def test_no_day_falls_between_two_rows(name: str) -> None:
    rows = rows_of(name)
    days = turning_days(rows)

    if TABLES[name].ends_by_itself:
        days.pop()
    else:
        assert any(row.effective_until is None for row in rows), f"{name}.toml ends; leave the newest row open."
    for day in days:
        assert in_force(rows, day), f"{name}.toml: nothing counts on {day}; let the next row begin on that day."


PERIODS = st.builds(
    lambda years, months, days: PeriodOfStay(years=years, months=months, days=days or int(not years and not months)),
    st.integers(0, 5),
    st.integers(0, 11),
    st.integers(0, 90),
)


@given(granted=PERIODS, on=st.dates(date(2022, 3, 16), date(2040, 12, 31)))
@settings(deadline=None)  # shared machines are slow now and then
def test_every_granted_period_has_exactly_one_fee(granted: PeriodOfStay, on: date) -> None:
    counting = [row for row in in_force(load_table("fees_online", FeeRow), on) if row.covers(granted)]

    assert len(counting) == 1


@given(shorter=PERIODS, longer=PERIODS, on=st.sampled_from([date(2026, 9, 30), date(2026, 10, 1)]))
@settings(deadline=None)
def test_a_longer_period_never_costs_less(shorter: PeriodOfStay, longer: PeriodOfStay, on: date) -> None:
    def months(period: PeriodOfStay) -> tuple[int, int]:
        return period.years * 12 + period.months, period.days

    first, second = sorted((shorter, longer), key=months)
    rows = in_force(load_table("fees_online", FeeRow), on)
    amounts = [next(row.amount for row in rows if row.covers(period)) for period in (first, second)]

    assert amounts == sorted(amounts)


# ----- a table that somebody edits wrongly --------------------------------------------------------------------


class Limit(DatedRow):
    days: int = Field(ge=1)
    warning: str | None = None


GOOD = 'days = 3\neffective_from = 2026-01-05\nsource = "the law"\n'


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Limit, ...]]:
    def load(text: str) -> tuple[Limit, ...]:
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "limits.toml").write_text(text)
        return load_table("limits", Limit)

    monkeypatch.setattr(tables, "files", lambda _: tmp_path)
    return load


def test_a_row_counts_from_its_first_to_its_last_day(edited: Callable[[str], tuple[Limit, ...]]) -> None:
    rows = edited(f"[[row]]\n{GOOD}effective_until = 2026-09-30\n")

    counted = [date(2026, 1, 4), date(2026, 1, 5), date(2026, 9, 30), date(2026, 10, 1)]
    assert [bool(in_force(rows, day)) for day in counted] == [False, True, True, False]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (GOOD.replace("3", "0"), "days"),
        (GOOD.replace("3", '"three"'), "days"),
        (GOOD.replace("source", "sauce"), "source"),
        (GOOD.replace("the law", ""), "source"),
        (GOOD.replace("2026-01-05", "2026-02-30"), "limits"),
        (GOOD + "effective_until = 2026-01-04\n", "ends before it begins"),
        (GOOD + "effective_untill = 2026-09-30\n", "effective_untill"),
        (GOOD + 'waring = "look out"\n', "waring"),
    ],
)
def test_a_mistake_in_a_table_is_named_before_it_reaches_an_application(
    edited: Callable[[str], tuple[Limit, ...]], wrong: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        edited(f"[[row]]\n{GOOD}\n[[row]]\n{wrong}")

    assert "table limits" in str(refused.value)
    if "02-30" not in wrong:  # no TOML at all, so there is no row to name
        assert "row 2" in str(refused.value)


@pytest.mark.parametrize("text", ["", "# nothing\n", f"[[rows]]\n{GOOD}", "[[row]\n"])
def test_a_file_without_rows_is_named(edited: Callable[[str], tuple[Limit, ...]], text: str) -> None:
    with pytest.raises(ValueError, match="table limits"):
        edited(text)
