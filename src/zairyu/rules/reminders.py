"""How long we wait for people and for the agency before somebody is told."""

from datetime import date

from zairyu.rules.calendar import add_business_days
from zairyu.rules.tables import DatedRow, in_force, load_table


class ReminderRow(DatedRow):
    """Our own limits. The agency promises none of them, so each says what it leans on."""

    receipt_number_business_days: int
    document_reminders_days_before: tuple[int, ...]
    payment_reminders_days_before: tuple[int, ...]
    certificate_reminders_days_before: tuple[int, ...]
    special_period_warnings_days_before: tuple[int, ...]
    status_check_days: int
    disagreement_days: int


_ROWS = load_table("reminders", ReminderRow)


def receipt_number_overdue_on(filed_on: date) -> date:
    """The last day on which a receipt number may still be missing; the alarm is raised when it is over."""
    return add_business_days(filed_on, in_force(_ROWS, filed_on)[0].receipt_number_business_days)


def document_reminders(on: date) -> tuple[int, ...]:
    """How many days before the due date of a document request the person is reminded."""
    return in_force(_ROWS, on)[0].document_reminders_days_before


def payment_reminders(on: date) -> tuple[int, ...]:
    """How many days before the due date of a fee the person is reminded."""
    return in_force(_ROWS, on)[0].payment_reminders_days_before


def certificate_reminders(on: date) -> tuple[int, ...]:
    """How many days before a certificate of eligibility ends the receipt registration is reminded of."""
    return in_force(_ROWS, on)[0].certificate_reminders_days_before


def special_period_warnings(on: date) -> tuple[int, ...]:
    """How many days before the special period of stay ends the person is warned."""
    return in_force(_ROWS, on)[0].special_period_warnings_days_before


def status_check_days(on: date) -> int:
    """After how many days somebody looks up again where an application is, if the interface does not tell."""
    return in_force(_ROWS, on)[0].status_check_days


def disagreement_days(on: date) -> int:
    """How many days two sources may disagree before somebody is told: one of them may only be slow."""
    return in_force(_ROWS, on)[0].disagreement_days
