"""The record of one long process: what is noted in it is seen from outside at once."""

from abc import ABC, abstractmethod
from datetime import date
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    import structlog

    from zairyu.models.base import BilingualText
    from zairyu.models.findings import Finding
    from zairyu.models.mail import Mail
    from zairyu.models.messages import Message, Resolve
    from zairyu.models.names import MESSAGE_REFUSED
    from zairyu.models.snapshot import Attention, AttentionReason, ManualStep, ManualStepKind, TimelineEntry
    from zairyu.models.state import ProcessState
    from zairyu.models.stay import StayNews
    from zairyu.models.steps import SEND_MAIL, TELL_STAY_WATCH
    from zairyu.rules.calendar import day_in_japan
    from zairyu.rules.matters import why_not_resolved
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.search_attributes import changes

S = TypeVar("S", bound=ProcessState)


class Record(ABC, Generic[S]):
    """Keeps the state of a process, and shows it: search attributes, details, log, mails."""

    def __init__(self, state: S) -> None:
        self.state = state
        self.parked_on: AttentionReason | None = None
        """The matter that an operator has to decide before the process goes on."""
        self._stale = True
        self._shown: dict[SearchAttributeKey[Any], Any] = {}
        # Not structlog.get_logger(): that one would log again at every replay.
        self._log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
            workflow.logger,
            processors=[structlog.stdlib.render_to_log_kwargs],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    # ----- what is seen from outside ----------------------------------------------------------------------------

    @abstractmethod
    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        """The values under which the process is found, and the details operators read, in Markdown."""

    def changed(self) -> None:
        """The state is another one now; it is shown when this turn of the workflow is over."""
        self._stale = True

    async def keep_shown(self) -> None:
        """Show every change, for ever: one update of the search attributes for all changes of one turn."""
        while True:
            await workflow.wait_condition(lambda: self._stale)
            self.show()

    def show(self) -> None:
        """Show the present state: the search attributes that changed, and the details."""
        self._stale = False
        now, details = self._seen()
        workflow.upsert_search_attributes(changes(self._shown, now))
        self._shown = now
        workflow.set_current_details(details)

    def tell(self, ja: str, en: str) -> None:
        """Note what happened. Carries no personal data."""
        self.state.timeline.append(TimelineEntry(at=workflow.now(), text=BilingualText(ja=ja, en=en)))
        self.changed()

    # ----- what needs a person ----------------------------------------------------------------------------------

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

    def ask_by_hand(self, kind: ManualStepKind, instructions: BilingualText) -> None:
        """Ask for something to be done by hand. What is asked for already is asked anew."""
        self.drop_manual_step(kind)
        self.state.manual_steps.append(ManualStep(kind=kind, since=workflow.now(), instructions=instructions))
        self.changed()

    def assign(self, kind: ManualStepKind, assignee: str | None) -> None:
        """Somebody takes a manual step, or gives it back."""
        self.state.manual_steps = [
            step.model_copy(update={"assignee": assignee}) if step.kind is kind else step
            for step in self.state.manual_steps
        ]
        taken = f"@{assignee}" if assignee else "-"
        self.tell(f"手作業（{kind.value}）の担当: {taken}", f"{kind.value} is in the hands of {taken}.")

    def drop_manual_step(self, kind: ManualStepKind) -> None:
        """It is done, or not wanted any more."""
        self.state.manual_steps = [step for step in self.state.manual_steps if step.kind is not kind]
        self.changed()

    # ----- messages ---------------------------------------------------------------------------------------------

    def first_time(self, message: Message) -> bool:
        """Whether a message is new, and not a repeat that must change nothing."""
        return self.is_new(message.message_id)

    def is_new(self, said_id: str) -> bool:
        """Whether what has this id was not heard before; from now on it has been."""
        if said_id in self.state.handled:
            return False
        self.state.handled.append(said_id)
        return True

    def admit_decision(self, message: Resolve) -> None:
        """Let a decision on a matter in, where the process never stands still on one.

        Raises:
            ApplicationError: it cannot be taken.
        """
        reason = None if message.message_id in self.state.handled else why_not_resolved(message, self.state)
        if reason is not None:
            raise refusal(reason)

    # ----- what goes out ----------------------------------------------------------------------------------------

    def put_in_outbox(self, mail: Mail) -> None:
        """Have a mail sent, once per occasion and key. The story does not wait for the mail server."""
        name = f"{mail.occasion.occasion} {mail.key}".rstrip()
        if name not in self.state.mailed:
            self.state.mailed.append(name)
            self.state.outbox.append(mail)

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

    async def tell_stay_watch(self) -> None:
        """Pass on the news of somebody's stay, for ever."""
        news: list[StayNews] = self.state.stay_news
        while True:
            await workflow.wait_condition(lambda: bool(news))
            await perform(TELL_STAY_WATCH, news[0], summary="Tell the watch over the stay")
            del news[0]

    def all_sent(self) -> bool:
        """Whether nothing is left to go out."""
        return not self.state.outbox and not self.state.stay_news


def refusal(reason: BilingualText) -> ApplicationError:
    """The answer to a message that a validator does not let in."""
    return ApplicationError(f"{reason.en} / {reason.ja}", type=MESSAGE_REFUSED, non_retryable=True)


def today() -> date:
    """The day in Japan, by the workflow's clock."""
    return day_in_japan(workflow.now())
