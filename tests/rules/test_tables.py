from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from zairyu.rules import tables
from zairyu.rules.agency_mails import AgencyMailRow
from zairyu.rules.agent_number import AgentCodeRow
from zairyu.rules.applicants import ApplicantRow
from zairyu.rules.card_authorities import CardAuthorityRow
from zairyu.rules.card_life import CardRow
from zairyu.rules.collection import CertificateValidityRow, CollectionRow, EnclosureRow
from zairyu.rules.deliveries import AttachmentLimits
from zairyu.rules.examination import ExaminationRow
from zairyu.rules.fees import ConcurrentFeeRow, FeeRow, PaymentRow
from zairyu.rules.filer_conditions import RelativeRow
from zairyu.rules.filers import FilerRow, PermissionRow
from zairyu.rules.filing_window import WindowRow
from zairyu.rules.judgement import KinshipRow
from zairyu.rules.jurisdiction import OfficeRow
from zairyu.rules.manual_steps import ManualStepRow
from zairyu.rules.registration import RegistrationRow
from zairyu.rules.reminders import ReminderRow
from zairyu.rules.required_documents import CategoryRow, PhotoRule, RequiredAttachment
from zairyu.rules.special_period import SpecialPeriodRow
from zairyu.rules.statuses import StatusRow
from zairyu.rules.stay_watch import StayReminderRow
from zairyu.rules.supplying_online import SupplyOnlineRow
from zairyu.rules.tables import AnyRow, DatedRow, about_table, in_force, load_table, table_names


@dataclass(frozen=True)
class Table:
    """A table, and what a row of it is about: no two rows of one subject may count on the same day."""

    row: type[DatedRow]
    subjects: Callable[[Any], Iterable[Hashable]]
    ends_by_itself: bool = False
    """Every row has a last day from the start, as certificates have."""


TABLES = {
    "card_life": Table(CardRow, lambda row: [row.rule]),
    "examination_periods": Table(ExaminationRow, lambda row: [row.application_type]),
    "attachment_limits": Table(AttachmentLimits, lambda row: ["limits"]),
    "card_authorities": Table(CardAuthorityRow, lambda row: [row.key_identifier, row.sha256], ends_by_itself=True),
    "agency_mails": Table(AgencyMailRow, lambda row: [(row.domain, row.subject.pattern)]),
    "agent_categories": Table(AgentCodeRow, lambda row: [row.sign, row.code]),
    "agent_offices": Table(AgentCodeRow, lambda row: [row.sign, row.code]),
    "certificate_validity": Table(CertificateValidityRow, lambda row: ["certificate of eligibility"]),
    "collection": Table(CollectionRow, lambda row: [(kind, row.method) for kind in row.application_types]),
    "enclosures": Table(EnclosureRow, lambda row: [(kind, row.method, row.what.en) for kind in row.application_types]),
    "fee_payment": Table(PaymentRow, lambda row: ["payment"]),
    "fees": Table(FeeRow, lambda row: [(kind, row.granted.en) for kind in row.application_types]),
    "fees_concurrent": Table(ConcurrentFeeRow, lambda row: [(row.permission, row.re_entry)]),
    "applicants": Table(ApplicantRow, lambda row: ["applicants"]),
    "concurrent_permissions": Table(PermissionRow, lambda row: row.permissions),
    "filers": Table(FilerRow, lambda row: [(filer, cell) for filer in row.filers for cell in row.procedures]),
    "manual_steps": Table(ManualStepRow, lambda row: [row.kind]),
    "kinships": Table(KinshipRow, lambda row: [row.filer]),
    "relatives": Table(RelativeRow, lambda row: ["relatives"]),
    "statuses": Table(StatusRow, lambda row: [row.status]),
    "filing_windows": Table(WindowRow, lambda row: [(row.application_type, row.way)]),
    "offices": Table(OfficeRow, lambda row: row.prefectures),
    "organization_categories": Table(
        CategoryRow,
        lambda row: [(kind, status) for kind in row.application_types for status in row.residence_statuses],
    ),
    "photo_rules": Table(PhotoRule, lambda row: ["photo"]),
    "registration": Table(RegistrationRow, lambda row: [row.subject]),
    "reminders": Table(ReminderRow, lambda row: ["reminders"]),
    "required_attachments": Table(
        RequiredAttachment,
        lambda row: [
            (frozenset(row.kinds), kind, status, filer, category, cause)
            for kind in row.application_types
            for status in row.residence_statuses
            for filer in row.filers
            for category in row.organization_categories
            for cause in row.causes
        ],
    ),
    "special_periods": Table(SpecialPeriodRow, lambda row: [row.application_type]),
    "supply_online": Table(SupplyOnlineRow, lambda row: ["documents"]),
    "stay_reminders": Table(StayReminderRow, lambda row: [(row.series, row.name)]),
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

    assert set(table_names()) == set(TABLES)
    assert there == {f"{name}.toml" for name in TABLES}, (
        "A table came or went: say in TABLES what its rows are about, so that overlapping rows are found."
    )


@each_table
def test_every_table_says_what_it_is_about(name: str) -> None:
    assert about_table(name), f"{name}.toml: begin with a comment that says what the table says."


def test_rows_without_a_source_are_listed() -> None:
    sourceless = [
        f"{name}, row {number}"
        for name in table_names()
        for number, row in enumerate(load_table(name, AnyRow), start=1)
        if not row.source.strip()
    ]

    assert not sourceless


@each_table
def test_what_is_shown_of_a_table_is_what_counts(name: str) -> None:
    shown = load_table(name, AnyRow)

    for row, counted in zip(shown, rows_of(name), strict=True):
        assert (row.source, row.effective_from, row.effective_until) == (
            counted.source,
            counted.effective_from,
            counted.effective_until,
        )
        assert set(row.model_extra or {}) <= set(type(counted).model_fields)


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
        subjects = Counter(subject for row in in_force(rows, day) for subject in TABLES[name].subjects(row))
        twice = {subject for subject, rows_of_it in subjects.items() if rows_of_it > 1}
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
