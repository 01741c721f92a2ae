"""A document request as people see it, and what its days bring."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from zairyu.models.base import BilingualText, Model
from zairyu.models.document_request import DocumentRequestSnapshot, DocumentRequestState
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.mail import DocumentsRequested, MaintenanceAhead
from zairyu.models.snapshot import ManualStepKind, NextDeadline
from zairyu.rules.calendar import day_in_japan, end_of_day, start_of_day
from zairyu.rules.deadlines import brought_forward, swallowing
from zairyu.rules.manual_steps import reminders
from zairyu.rules.reminders import document_reminders
from zairyu.rules.supplying_online import by_post, online_until

DEADLINE = BilingualText(ja="追加資料の提出期限", en="Additional documents are due")


class Occurrence(StrEnum):
    """What a day may bring to a request that is open."""

    DUE_SOON = "DUE_SOON"
    MAINTENANCE = "MAINTENANCE"
    """A planned window swallows the due date."""
    ONLINE_OVER = "ONLINE_OVER"
    """From now on the documents go by post."""
    STEP_OPEN = "STEP_OPEN"
    """Somebody has had the time to do by hand what they were asked to."""


class Moment(Model):
    """From `at` on, something has to be seen to, once."""

    at: datetime
    what: Occurrence
    key: str
    summary: str
    """What operators read on the timer."""


def snapshot_of(state: DocumentRequestState, *, today: date) -> DocumentRequestSnapshot:
    """The request as it is shown to people on a day in Japan."""
    start = state.start
    return DocumentRequestSnapshot(
        application_id=start.application_id,
        request=start.request,
        answered=state.answered,
        refusal=state.refusal,
        waiting_for=_waiting_for(state) if state.after_sending and not state.answered else None,
        supplies=tuple(state.supplies),
        to_sign=state.package is not None,
        sign_at=None if state.sign_at is None else state.sign_at.terminal_id,
        attention=tuple(state.attention),
        manual_steps=tuple(state.manual_steps),
        prepared=state.prepared,
        evidence=state.evidence,
        next_deadline=_next_deadline(state) if state.after_sending and not state.answered else None,
        online_until=online_end(state, today),
        maintenance=tuple(windows_before(state)),
        timeline=tuple(state.timeline),
    )


def card_valid_until(state: DocumentRequestState, said: date | None = None) -> date | None:
    """The latest last day of the card that was heard of; nothing when nobody has said any."""
    days = (state.start.card_expires_on, state.card_valid_until, said)
    return max((day for day in days if day is not None), default=None)


def online_end(state: DocumentRequestState, today: date) -> date | None:
    """The last day on which documents can be supplied online; nothing where there is none."""
    return online_until(
        period_expires_on=state.start.period_expires_on, card_valid_until=card_valid_until(state), on=today
    )


def windows_before(state: DocumentRequestState) -> list[MaintenanceWindow]:
    """The planned windows in which the due date ends: what has to arrive has to arrive before."""
    return swallowing(end_of_day(state.start.request.due_on), state.maintenance)


def by_post_now(state: DocumentRequestState, today: date) -> BilingualText:
    """How the documents are handed in by post."""
    start = state.start
    return by_post(office=start.office, receipt_number=start.receipt_number, due_on=start.request.due_on, on=today)


def next_moment(state: DocumentRequestState, today: date) -> Moment | None:
    """What has to be seen to next, of what has not been seen to yet; it may be due already."""
    pending = [moment for moment in _moments(state, today) if moment.key not in state.rung]
    return min(pending, key=lambda moment: (moment.at, moment.key), default=None)


def rung_after_change(state: DocumentRequestState, now: datetime) -> list[str]:
    """The keys of what has been seen to, when the request has become another one.

    It is reminded of anew; a reminder whose moment is over would say nothing that the mail of the change does not.
    """
    reminders = [each for each in _moments(state, day_in_japan(now)) if each.what is Occurrence.DUE_SOON]
    keys = {reminder.key for reminder in reminders}
    kept = [key for key in state.rung if key not in keys]
    return kept + [reminder.key for reminder in reminders if reminder.at <= now]


def letter(
    state: DocumentRequestState, today: date, *, reminder: bool = False, changed: bool = False
) -> DocumentsRequested:
    """What the person is told of the request on a day in Japan."""
    last = online_end(state, today)
    by_post_some_day = last is not None and last < max(state.start.request.due_on, today)
    return DocumentsRequested(
        request=state.start.request,
        changed=changed,
        reminder=reminder,
        supplied_in_part=bool(state.supplies),
        online_until=last if by_post_some_day and last is not None and last >= today else None,
        by_post=by_post_now(state, today) if by_post_some_day else None,
    )


def maintenance_letter(state: DocumentRequestState, now: datetime) -> MaintenanceAhead | None:
    """What the person is told of planned maintenance; nothing when it has begun."""
    window = min(windows_before(state), key=lambda window: window.begins, default=None)
    if window is None or window.begins <= now:
        return None
    request = state.start.request
    return MaintenanceAhead(deadline=DEADLINE, before=window.begins, until=window.ends, request=request)


def _moments(state: DocumentRequestState, today: date) -> list[Moment]:
    due_on = state.start.request.due_on
    moments = [
        Moment(
            at=at,
            what=Occurrence.DUE_SOON,
            key=f"{days}-days",
            summary=f"Remind {days} days before the documents are due",
        )
        for days in document_reminders(day_in_japan(state.since))
        # A reminder of what has just been said says nothing.
        if (at := start_of_day(due_on - timedelta(days=days))) > state.since
    ]
    moments += [
        Moment(
            at=state.since,
            what=Occurrence.MAINTENANCE,
            key=f"maintenance-{window.begins.isoformat()}",
            summary="Maintenance is planned",
        )
        for window in windows_before(state)
    ]
    last = online_end(state, today)
    if last is not None:
        moments.append(
            Moment(
                at=end_of_day(last),
                what=Occurrence.ONLINE_OVER,
                key=f"online-until-{last}",
                summary=f"Documents can be supplied online until {last}",
            )
        )
    moments += [
        Moment(at=at, what=Occurrence.STEP_OPEN, key=f"step-open-{at.isoformat()}", summary="Remind of the manual step")
        for step in state.manual_steps
        for at in reminders(step)
    ]
    return moments


def _next_deadline(state: DocumentRequestState) -> NextDeadline:
    due = end_of_day(state.start.request.due_on)
    return NextDeadline(at=brought_forward(due, state.maintenance), what=DEADLINE)


def _waiting_for(state: DocumentRequestState) -> BilingualText:
    if state.sign_at is not None:
        return BilingualText(ja="端末での署名を待っています。", en="Waiting for the signature at the terminal.")
    if state.package is not None:
        return BilingualText(
            ja="提出する資料に署名してください（端末で）。", en="The signer has to sign the documents at a terminal."
        )
    if state.answer is not None:
        return BilingualText(ja="資料を提出しています。", en="The documents are being supplied.")
    if any(step.kind is ManualStepKind.SUPPLY_DOCUMENTS for step in state.manual_steps):
        return BilingualText(
            ja="資料を手作業で提出し、記録してください。", en="Somebody has to hand the documents in, and note it."
        )
    if state.supplies:
        return BilingualText(ja="残りの資料を提出してください。", en="The rest of the documents has to be supplied.")
    return BilingualText(ja="追加資料を提出してください。", en="Additional documents have to be supplied.")
