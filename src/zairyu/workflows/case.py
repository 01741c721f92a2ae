"""The record of one application."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from zairyu.models.assessment import HeldStay
    from zairyu.models.base import BilingualText
    from zairyu.models.mail import Mail, Occasion
    from zairyu.models.messages import Message
    from zairyu.models.residence import Filer
    from zairyu.models.snapshot import ApplicationSnapshot, End, Phase
    from zairyu.models.state import ApplicationState
    from zairyu.models.status import Outcome
    from zairyu.models.stay import EndedApplication, FiledApplication, StayNews
    from zairyu.rules.admission import why_refused
    from zairyu.rules.alarms import RINGING, alarms
    from zairyu.rules.outlook import snapshot_of
    from zairyu.rules.stay_news import CHANGING_THE_STAY
    from zairyu.workflows.details import details
    from zairyu.workflows.record import Record, today
    from zairyu.workflows.search_attributes import attributes_of


class Case(Record[ApplicationState]):
    """The record of one application, from its start to its end."""

    def snapshot(self) -> ApplicationSnapshot:
        """The application as it is shown to people."""
        return snapshot_of(self.state, parked=self.parked_on is not None)

    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        snapshot = self.snapshot()
        return attributes_of(snapshot), details(snapshot)

    def enter(self, phase: Phase) -> None:
        """The one place where the phase changes, and with it all that is seen from outside."""
        if phase is not self.state.phase:
            self._log.info("phase", before=self.state.phase.value, now=phase.value)
            self.state.phase = phase
        self.changed()

    def close(self, end: End) -> None:
        """The story is over: nothing needs attention any more."""
        self.state.end = end
        self.state.attention.clear()
        self.state.manual_steps.clear()
        self.tell(f"終了: {end.value}", f"Closed: {end.value}.")
        self.enter(Phase.CLOSED)

    def ring(self) -> None:
        """Call for a person when a last day has passed, once; settle it when the matter is done."""
        pending = alarms(self.state)
        for alarm in pending:
            if alarm.at <= workflow.now() and alarm.key not in self.state.rung:
                self.state.rung.append(alarm.key)
                self.call_for(alarm.reason, alarm.explanation)
        still_open = {alarm.reason for alarm in pending}
        for reason in RINGING:
            if reason not in still_open:
                self.settle(reason)

    def why_refused(self, message: Message) -> BilingualText | None:
        """Why a message cannot be taken now."""
        return why_refused(message, self.state, parked_on=self.parked_on, today=today())

    def mail(self, occasion: Occasion, *, key: str = "") -> None:
        """Write to whoever files it."""
        application, form = self.state.application, self.state.application.form
        self.put_in_outbox(
            Mail(
                reference=application.application_id,
                application_type=form.application_type,
                to=form.signer.contact,
                name=form.signer.name,
                applicant=None if form.representative is None else form.applicant.name,
                receipt_number=self.state.receipt_number,
                occasion=occasion,
                key=key,
            )
        )

    def stay_changed(
        self, what: str, *, filed: FiledApplication | None = None, ended: EndedApplication | None = None
    ) -> None:
        """Have the watch over the applicant's stay told. Only a registered user's stay is watched.

        The end is always told: the watch may have started it as another application than it was amended to be.
        """
        application = self.state.application
        form, report = application.form, self.state.report
        if application.user_id is None or (ended is None and form.application_type not in CHANGING_THE_STAY):
            return
        held = None
        if report is not None and report.grant is not None and report.outcome is Outcome.PERMITTED:
            grant = report.grant
            held = HeldStay(status=form.residence_status, period=grant.period, expires_on=grant.expires_on)
        self.state.stay_news.append(
            StayNews(
                news_id=f"{application.application_id} {what}",
                user_id=application.user_id,
                name=form.signer.name,
                contact=form.signer.contact,
                held=held,
                # A parent's card says nothing of the child's.
                card_expires_on=self.state.card_expires_on if form.filer is Filer.APPLICANT else None,
                filed=filed,
                ended=ended,
            )
        )
