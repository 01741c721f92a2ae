"""The record of a process that people act on: matters, manual steps, and what goes out."""

from datetime import date
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from zairyu.models.base import BilingualText
    from zairyu.models.findings import Finding
    from zairyu.models.mail import Mail
    from zairyu.models.messages import Resolve
    from zairyu.models.names import MESSAGE_REFUSED
    from zairyu.models.snapshot import Attention, AttentionReason, ManualStep, ManualStepKind
    from zairyu.models.state import ProcessState
    from zairyu.models.stay import StayNews
    from zairyu.models.steps import SEND_MAIL, TELL_STAY_WATCH
    from zairyu.rules.calendar import day_in_japan
    from zairyu.rules.matters import why_not_resolved
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.shown import Shown

S = TypeVar("S", bound=ProcessState)


class Record(Shown[S]):
    """Keeps the state of a process that people act on: what needs a person, and what goes out."""

    def __init__(self, state: S) -> None:
        super().__init__(state)
        self.parked_on: AttentionReason | None = None
        """The matter that an operator has to decide before the process goes on."""

    # ----- what needs a person ----------------------------------------------------------------------------------

    def call_for(self, reason: AttentionReason, explanation: BilingualText, findings: tuple[Finding, ...] = ()) -> None:
        """Call for a person. A matter that is open already is told anew."""
        self.log.warning("attention", reason=reason.value)
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

    def instruct(self, kind: ManualStepKind, instructions: BilingualText) -> None:
        """What is to be done by hand has changed; whoever has taken it keeps it."""
        self.state.manual_steps = [
            step.model_copy(update={"instructions": instructions}) if step.kind is kind else step
            for step in self.state.manual_steps
        ]
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
