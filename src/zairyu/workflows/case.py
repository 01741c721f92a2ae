"""The record of one application: what is noted in it is seen from outside at once."""

from datetime import date
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    import structlog

    from zairyu.models.base import BilingualText
    from zairyu.models.findings import Finding
    from zairyu.models.mail import Mail, Occasion
    from zairyu.models.messages import Message
    from zairyu.models.snapshot import ApplicationSnapshot, Attention, AttentionReason, End, Phase, TimelineEntry
    from zairyu.models.state import ApplicationState
    from zairyu.models.steps import SEND_MAIL
    from zairyu.rules.admission import why_refused
    from zairyu.rules.alarms import RINGING, alarms
    from zairyu.rules.calendar import day_in_japan
    from zairyu.rules.outlook import snapshot_of
    from zairyu.workflows.details import details
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.search_attributes import attributes_of, changes


class Case:
    """Keeps the state of an application, and shows it: search attributes, details, log, mails."""

    def __init__(self, state: ApplicationState) -> None:
        self.state = state
        self.parked_on: AttentionReason | None = None
        """The matter that an operator has to decide before the application goes on."""
        self._stale = True
        self._shown: dict[SearchAttributeKey[Any], Any] = {}
        # Not structlog.get_logger(): that one would log again at every replay.
        self._log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
            workflow.logger,
            processors=[structlog.stdlib.render_to_log_kwargs],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    def snapshot(self) -> ApplicationSnapshot:
        """The application as it is shown to people."""
        return snapshot_of(self.state, parked=self.parked_on is not None)

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

    def changed(self) -> None:
        """The state is another one now; it is shown when this turn of the workflow is over."""
        self._stale = True

    async def keep_shown(self) -> None:
        """Show every change, for ever: one update of the search attributes for all changes of one turn."""
        while True:
            await workflow.wait_condition(lambda: self._stale)
            self.show()

    def show(self) -> None:
        """Show the present state: the search attributes that changed, and the details operators read."""
        self._stale = False
        snapshot = self.snapshot()
        now = attributes_of(snapshot)
        workflow.upsert_search_attributes(changes(self._shown, now))
        self._shown = now
        workflow.set_current_details(details(snapshot))

    def tell(self, ja: str, en: str) -> None:
        """Note what happened. Carries no personal data."""
        self.state.timeline.append(TimelineEntry(at=workflow.now(), text=BilingualText(ja=ja, en=en)))
        self.changed()

    # ----- attention --------------------------------------------------------------------------------------------

    def call_for(self, reason: AttentionReason, explanation: BilingualText, findings: tuple[Finding, ...] = ()) -> None:
        """Call for a person. A matter that is open already is told anew."""
        self._log.warning("attention", reason=reason.value)
        self.settle(reason)
        self.state.attention.append(
            Attention(reason=reason, since=workflow.now(), explanation=explanation, findings=findings)
        )
        self.tell(f"要対応: {explanation.ja}", f"Needs attention: {explanation.en}")

    def settle(self, reason: AttentionReason) -> None:
        """A matter is done."""
        open_matters = [attention for attention in self.state.attention if attention.reason is not reason]
        if len(open_matters) < len(self.state.attention):
            self.state.attention = open_matters
            self.changed()

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

    # ----- messages ---------------------------------------------------------------------------------------------

    def why_refused(self, message: Message) -> BilingualText | None:
        """Why a message cannot be taken now."""
        today = day_in_japan(workflow.now())
        return why_refused(message, self.state, parked_on=self.parked_on, today=today)

    def first_time(self, message: Message) -> bool:
        """Whether a message is new, and not a repeat that must change nothing."""
        if message.message_id in self.state.handled:
            return False
        self.state.handled.append(message.message_id)
        return True

    # ----- mail -------------------------------------------------------------------------------------------------

    def mail(self, occasion: Occasion, *, key: str = "") -> None:
        """Put a mail into the outbox, once per occasion and key. The story does not wait for the mail server."""
        name = f"{occasion.occasion} {key}".rstrip()
        if name in self.state.mailed:
            return
        application = self.state.application
        applicant = application.form.applicant
        self.state.mailed.append(name)
        self.state.outbox.append(
            Mail(
                reference=application.application_id,
                application_type=application.form.application_type,
                to=applicant.contact,
                name=applicant.name,
                receipt_number=self.state.receipt_number,
                occasion=occasion,
                key=key,
            )
        )

    async def send_mails(self) -> None:
        """Empty the outbox, for ever. A mail that cannot be delivered calls for a person."""
        outbox = self.state.outbox
        while True:
            await workflow.wait_condition(lambda: bool(outbox))
            occasion = outbox[0].occasion.occasion
            try:
                await perform(SEND_MAIL, outbox[0], summary=f"Mail: {occasion}")
            except StepFailed as failed:
                self.call_for(AttentionReason.MAIL_UNDELIVERABLE, failed.failure.sentence)
            else:
                self.tell(f"メールを送信しました（{occasion}）。", f"Mail sent ({occasion}).")
            del outbox[0]


def today() -> date:
    """The day in Japan, by the workflow's clock."""
    return day_in_japan(workflow.now())
