"""The record of a watch over one stay."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from zairyu.models import stay
    from zairyu.models.assessment import HeldStay
    from zairyu.models.mail import Mail, Occasion
    from zairyu.models.steps import SEND_MAIL
    from zairyu.rules.stay_outlook import snapshot_of
    from zairyu.workflows.details import deadline, matters, story
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.search_attributes import ATTENTION, END, NEXT_DEADLINE, RESIDENCE_STATUS
    from zairyu.workflows.shown import Shown


class StayRecord(Shown[stay.StayState]):
    """What is known of a stay, and the mails about it."""

    def __init__(self, state: stay.StayState) -> None:
        super().__init__(state)
        self.stirred = False
        """Whether something new was heard since the watch slept."""

    def snapshot(self) -> stay.StaySnapshot:
        """The stay as it is shown to people."""
        return snapshot_of(self.state, workflow.now())

    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        snapshot = self.snapshot()
        return _attributes_of(snapshot), _details(snapshot)

    def is_new(self, said_id: str) -> bool:
        """Whether it was not heard before; what is new wakes the watch."""
        new = super().is_new(said_id)
        self.stirred = self.stirred or new
        return new

    def tell_period(self, held: HeldStay) -> None:
        """Note until when the stay is known to last."""
        self.tell(f"在留期間の満了日: {held.expires_on}", f"The period of stay ends on {held.expires_on}.")

    def mail(self, occasion: Occasion, *, key: str) -> None:
        """Put a mail into the outbox. The watch does not wait for the mail server."""
        standing = self.state.standing
        assert standing is not None
        self.state.outbox.append(
            Mail(reference=self.state.user_id, to=standing.contact, name=standing.name, occasion=occasion, key=key)
        )

    async def send_mails(self) -> None:
        """Empty the outbox, for ever. A mail that cannot be delivered calls for a person."""
        state = self.state
        while True:
            await workflow.wait_condition(lambda: bool(state.outbox))
            assert state.standing is not None
            mail = state.outbox[0].model_copy(update={"to": state.standing.contact})
            occasion = mail.occasion.occasion
            try:
                await perform(SEND_MAIL, mail, summary=f"Mail: {occasion}")
            except StepFailed as failed:
                self.log.warning("attention", reason=stay.StayMatter.MAIL_UNDELIVERABLE.value)
                state.undelivered = mail
                state.undeliverable = stay.StayAttention(
                    reason=stay.StayMatter.MAIL_UNDELIVERABLE,
                    since=workflow.now(),
                    explanation=failed.failure.sentence,
                )
                self.tell(f"メールが届きません（{occasion}）。", f"A mail cannot be delivered ({occasion}).")
            else:
                self.tell(f"メールを送信しました（{occasion}）。", f"Mail sent ({occasion}).")
            del state.outbox[0]


def _attributes_of(snapshot: stay.StaySnapshot) -> dict[SearchAttributeKey[Any], Any]:
    return {
        END: snapshot.end.value if snapshot.end else None,
        RESIDENCE_STATUS: snapshot.residence_status.value if snapshot.residence_status else None,
        ATTENTION: [attention.reason.value for attention in snapshot.attention] or None,
        NEXT_DEADLINE: snapshot.next_deadline.at if snapshot.next_deadline else None,
    }


def _details(snapshot: stay.StaySnapshot) -> str:
    """The stay as operators read it in the UI: Markdown, without personal data. Moments are shown in Japan's time."""
    status = snapshot.residence_status.label.en if snapshot.residence_status else "nothing known yet"
    lines = [f"**Stay** · {status}{f' · {snapshot.end.value}' if snapshot.end else ''}", ""]
    if snapshot.expires_on:
        lines += [f"Last day: **{snapshot.expires_on}** · online {snapshot.opens_on} to {snapshot.last_day_online}", ""]
    if snapshot.special_period_until:
        lines += [f"Undecided; at the longest until **{snapshot.special_period_until}**", ""]
    lines += [*deadline(snapshot.next_deadline), *matters(snapshot.attention)]
    lines += [
        f"- Started: `{one.workflow_id}`{f' · {one.end.value}' if one.end else ''}" for one in snapshot.applications
    ]
    return "\n".join([*lines, *story(snapshot.timeline)])
