"""What people do by hand because the interface cannot: which steps are open, how they are done, when to remind."""

from datetime import date, datetime, timedelta
from typing import Final

from zairyu.models.base import BilingualText
from zairyu.models.capability import Capability
from zairyu.models.residence import ApplicationType, CollectionMethod
from zairyu.models.snapshot import ManualStep, ManualStepKind, Phase
from zairyu.models.state import ApplicationState
from zairyu.models.status import ApplicationStatus, CollectionStatus, DocumentsStatus, Outcome
from zairyu.rules.calendar import add_business_days, day_in_japan, end_of_day
from zairyu.rules.fees import paid_with_stamps
from zairyu.rules.reminders import status_check_days
from zairyu.rules.tables import DatedRow, in_force, load_table

LOOKED_UP: Final = (
    ManualStepKind.CHECK_STATUS,
    ManualStepKind.NOTE_RECEIPT_NUMBER,
    ManualStepKind.NOTE_DOCUMENT_REQUEST,
    ManualStepKind.NOTE_DECISION,
    ManualStepKind.NOTE_FEE,
    ManualStepKind.NOTE_PAYMENT,
    ManualStepKind.NOTE_COLLECTION,
)
"""The steps that look up a fact: they are open as long as it is wanted and not known."""


class ManualStepRow(DatedRow):
    """How one kind of step is done, and when somebody is reminded of it."""

    kind: ManualStepKind
    instructions: BilingualText
    remind_after_business_days: tuple[int, ...]


_STEPS = load_table("manual_steps", ManualStepRow)


def instructions(kind: ManualStepKind, *, on: date) -> BilingualText:
    """Which site, which button, what to note down.

    Raises:
        LookupError: the table has no such step on that day.
    """
    return _row(kind, on).instructions


def reminders(step: ManualStep) -> tuple[datetime, ...]:
    """The moments at which somebody is reminded that a step is still open."""
    since = day_in_japan(step.since)
    days = _row(step.kind, since).remind_after_business_days
    return tuple(end_of_day(add_business_days(since, count)) for count in days)


def _row(kind: ManualStepKind, on: date) -> ManualStepRow:
    for row in in_force(_STEPS, on):
        if row.kind is kind:
            return row
    raise LookupError(f"no manual step {kind} on {on}")


def facts_wanted(state: ApplicationState, now: datetime) -> tuple[ManualStepKind, ...]:
    """The facts that somebody has to look up now, because the interface does not tell them and nobody else has."""
    if state.receipt is None or state.phase is Phase.CLOSED:
        return ()
    wanted = []
    check = next_status_check(state)
    if check is not None and check <= now:
        wanted.append(ManualStepKind.CHECK_STATUS)
    if state.outcome is None:
        wanted += _while_undecided(state)
    elif state.outcome is Outcome.PERMITTED:
        wanted += _after_permission(state)
    return tuple(wanted)


def next_status_check(state: ApplicationState) -> datetime | None:
    """When somebody has to look up where the application is; nothing where the interface tells."""
    speaks = state.offers(Capability.STATUS_FEED) or state.offers(Capability.STATUS_LOOK_UP)
    if speaks or state.receipt is None or state.outcome is not None:
        return None
    last = state.status_checked_at or state.receipt.accepted_at
    return last + timedelta(days=status_check_days(day_in_japan(last)))


def _while_undecided(state: ApplicationState) -> list[ManualStepKind]:
    report, wanted = state.report, []
    if state.receipt_number is None and not state.tells(Capability.RECEIPT_NUMBER):
        wanted.append(ManualStepKind.NOTE_RECEIPT_NUMBER)
    if report is None:
        return wanted
    asked = report.documents is DocumentsStatus.REQUESTED
    if asked and not any(not request.supplied for request in report.document_requests):
        # Sometimes only the documents column shows that something is wanted.
        wanted.append(ManualStepKind.NOTE_DOCUMENT_REQUEST)
    examined = report.application in (ApplicationStatus.EXAMINATION_COMPLETED, ApplicationStatus.CLOSED)
    if examined and not state.tells(Capability.DECISION):
        wanted.append(ManualStepKind.NOTE_DECISION)
    return wanted


def _after_permission(state: ApplicationState) -> list[ManualStepKind]:
    report, wanted = state.report, []
    assert report is not None  # noqa: S101 - somebody has said the outcome
    if report.grant is None and grants_period(state) and not state.tells(Capability.DECISION):
        wanted.append(ManualStepKind.NOTE_DECISION)
    assert state.receipt is not None  # noqa: S101 - asked before
    with_stamps = paid_with_stamps(day_in_japan(state.receipt.accepted_at))
    to_pay = state.phase is Phase.PAYMENT and not with_stamps and not state.fee_settled
    if to_pay and not state.tells(Capability.FEE):
        wanted.append(ManualStepKind.NOTE_FEE if state.fee is None else ManualStepKind.NOTE_PAYMENT)
    to_collect = state.phase is Phase.COLLECTION or (state.phase is Phase.PAYMENT and with_stamps)
    # What comes by e-mail is the mail itself: there is nothing to fetch when it is only ready.
    there = state.handing_over and not (comes_by_email(state) and state.collection is CollectionStatus.READY)
    if to_collect and not there and state.collected_on is None and not state.tells(Capability.COLLECTION_PROGRESS):
        wanted.append(ManualStepKind.NOTE_COLLECTION)
    return wanted


def comes_by_email(state: ApplicationState) -> bool:
    """Whether the result is a mail of the agency."""
    return state.application.form.collection_method is CollectionMethod.EMAIL


def grants_period(state: ApplicationState) -> bool:
    """Whether a permission comes with a period of stay."""
    return state.application.form.application_type in (
        ApplicationType.CHANGE_OF_STATUS,
        ApplicationType.EXTENSION_OF_PERIOD,
        ApplicationType.ACQUISITION_OF_STATUS,
    )
