"""The record of one registration."""

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from zairyu.models.assessment import HeldStay
    from zairyu.models.base import BilingualText
    from zairyu.models.mail import Mail, Occasion
    from zairyu.models.messages import Message
    from zairyu.models.registration import RegistrationEnd, RegistrationPhase, RegistrationSnapshot, RegistrationState
    from zairyu.models.residence import ApplicationType
    from zairyu.models.stay import StayNews
    from zairyu.rules.alarms import step_alarms
    from zairyu.rules.registration import due_notices
    from zairyu.rules.registration_admission import why_refused
    from zairyu.rules.registration_outlook import snapshot_of
    from zairyu.workflows.details import deadline, matters, story
    from zairyu.workflows.record import Record, today
    from zairyu.workflows.search_attributes import (
        APPLICATION_TYPE,
        ATTENTION,
        END,
        MANUAL_STEPS,
        NEXT_DEADLINE,
        PHASE,
        manual_steps_of,
    )


class RegistrationRecord(Record[RegistrationState]):
    """The record of one registered user, for years."""

    def snapshot(self) -> RegistrationSnapshot:
        """The registration as it is shown to people."""
        return snapshot_of(self.state, parked=self.parked_on is not None, today=today())

    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        snapshot = self.snapshot()
        return _attributes_of(snapshot, listed=self.state.after_sending), _details(snapshot)

    def enter(self, phase: RegistrationPhase) -> None:
        """The one place where the phase changes, and with it all that is seen from outside."""
        if phase is not self.state.phase:
            self.log.info("phase", before=self.state.phase.value, now=phase.value)
            self.state.phase = phase
        self.changed()

    def close(self, end: RegistrationEnd) -> None:
        """The story is over: nothing needs attention any more."""
        self.state.end = end
        self.state.attention.clear()
        self.state.manual_steps.clear()
        self._tell_stay_watch_that_they_left()
        self.tell(f"終了: {end.value}", f"Closed: {end.value}.")
        self.enter(RegistrationPhase.CLOSED)

    def forget(self) -> None:
        """Let go of everything that says who it was."""
        state = self.state
        state.form = state.reading = state.account = state.former_account = None
        self.changed()

    def why_refused(self, message: Message) -> BilingualText | None:
        """Why a message cannot be taken now."""
        return why_refused(message, self.state, parked_on=self.parked_on, today=today())

    def mail(self, occasion: Occasion, *, key: str) -> None:
        """Write to the user, as long as they are one."""
        state = self.state
        if state.form is not None:
            self.put_in_outbox(
                Mail(
                    reference=state.user_id,
                    application_type=ApplicationType.USER_REGISTRATION,
                    to=state.form.contact,
                    name=self.name_of_user,
                    occasion=occasion,
                    key=key,
                )
            )

    def give_due_notices(self) -> None:
        """Tell the user of the ends that come near."""
        if self.state.account is not None:
            for notice in due_notices(self.state.account, workflow.now()):
                self.mail(notice.occasion, key=notice.key)

    def step_reminders(self) -> list[tuple[datetime, str]]:
        """When somebody is reminded of the open manual steps; an older process reminds nobody."""
        steps = self.state.manual_steps if self.state.after_sending else []
        return [(alarm.at, alarm.summary) for alarm in step_alarms(steps)]

    def remind_of_steps(self) -> None:
        """Call for a person where a manual step is open for too long, once at each reminder."""
        if not self.state.after_sending:
            return
        for alarm in step_alarms(self.state.manual_steps):
            if alarm.at <= workflow.now() and alarm.key not in self.state.rung:
                self.state.rung.append(alarm.key)
                self.call_for(alarm.reason, alarm.explanation)

    @property
    def name_of_user(self) -> str:
        """As they wrote it, or as on their card."""
        form, reading = self.state.form, self.state.reading
        if form is not None and form.name is not None:
            return form.name
        return reading.name.replace("\u3000", " ") if reading else ""

    def stay_known(self) -> None:
        """Have the watch over the stay told, or begun."""
        if self.state.reading is not None:
            self._tell_of_stay(str(self.state.round), held=self._stay, card_expires_on=self.state.reading.expires_on)

    def contact_known(self, *, key: str) -> None:
        """Have the reminders of the stay sent there from now on."""
        self._tell_of_stay(f"contact {key}")

    def _tell_stay_watch_that_they_left(self) -> None:
        if self.state.account or self.state.former_account:
            self._tell_of_stay("left", left=True)

    @property
    def _stay(self) -> HeldStay | None:
        form = self.state.form
        return form.residence_card.stay if form and form.residence_card else None

    def _tell_of_stay(self, what: str, **news: Any) -> None:
        """Only a foreign national's stay is watched."""
        state = self.state
        if state.form is None or self._stay is None:
            return
        state.stay_news.append(
            StayNews(
                news_id=f"registration {state.user_id} {what}",
                user_id=state.user_id,
                name=self.name_of_user,
                contact=state.form.contact,
                **news,
            )
        )


def _attributes_of(snapshot: RegistrationSnapshot, *, listed: bool) -> dict[SearchAttributeKey[Any], Any]:
    """The values under which a registration is found, `None` where there is none yet; its manual steps if listed."""
    return {
        PHASE: snapshot.phase.value,
        END: snapshot.end.value if snapshot.end else None,
        APPLICATION_TYPE: ApplicationType.USER_REGISTRATION.value,
        **({MANUAL_STEPS: manual_steps_of(snapshot.manual_steps)} if listed else {}),
        ATTENTION: [attention.reason.value for attention in snapshot.attention] or None,
        NEXT_DEADLINE: snapshot.next_deadline.at if snapshot.next_deadline else None,
    }


def _details(snapshot: RegistrationSnapshot) -> str:
    """The present state and the timeline as operators read them: Markdown, without personal data."""
    state = snapshot.phase.value if snapshot.end is None else f"{snapshot.phase.value} — {snapshot.end.value}"
    lines = [f"**{ApplicationType.USER_REGISTRATION.label.en}** · {state}", ""]
    if snapshot.waiting_for:
        lines += [snapshot.waiting_for.en, ""]
    lines += [*deadline(snapshot.next_deadline), *matters(snapshot.attention, snapshot.manual_steps)]
    return "\n".join([*lines, *story(snapshot.timeline)])
