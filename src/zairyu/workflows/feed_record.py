"""The record of the poller of one interface profile."""

from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from zairyu.models.feed import FeedNotice, FeedSnapshot, FeedState
    from zairyu.models.messages import Message, Resolve, Unreachable
    from zairyu.models.snapshot import AttentionReason
    from zairyu.rules.feed_notices import explanation_of, summed_up
    from zairyu.rules.matters import silent
    from zairyu.workflows.details import in_japan, matters, story
    from zairyu.workflows.record import Record
    from zairyu.workflows.search_attributes import ATTENTION

_LATELY: Final = 50
"""A poller runs for ever: it shows so much of what happened, and knows so many ids of messages and notices again."""
_KNOWN_IDS: Final = 500


class FeedRecord(Record[FeedState]):
    """What the poller noticed, and what nobody has looked at yet."""

    def note(self, notice: FeedNotice) -> None:
        """Call for a person, once for the same matter."""
        if not self.is_new(notice.notice_id):
            return
        before = next((each for each in self.state.notices if each.reason is notice.reason), None)
        now = summed_up(before, notice)
        self._drop(notice.reason)
        self.state.notices.append(now)
        self.call_for(notice.reason, explanation_of(now))
        del self.state.timeline[:-_LATELY]

    def unreachable(self, news: Unreachable) -> None:
        """Nothing has been heard for long."""
        if self.is_new(news.notice_id):
            self.call_for(AttentionReason.INTERFACE_UNREACHABLE, silent(news.why))
            del self.state.timeline[:-_LATELY]

    def moved(self) -> None:
        """A watch has ended: if there was an answer meanwhile, the silence is over."""
        answered_at = self.state.position.answered_at
        called = [one.since for one in self.state.attention if one.reason is AttentionReason.INTERFACE_UNREACHABLE]
        if answered_at is not None and any(since < answered_at for since in called):
            self.settle(AttentionReason.INTERFACE_UNREACHABLE)
        self.changed()

    def resolve(self, message: Resolve) -> None:
        """A person has looked at it."""
        if self.first_time(message):
            self._drop(message.reason)
            self.settle(message.reason)
            self.tell(f"担当者の確認: {message.reason.value}", f"Operator: {message.reason.value} was looked at.")
            del self.state.timeline[:-_LATELY]

    def wants_sweep(self, message: Message) -> bool:
        """Whether somebody wants every application asked for, and has not said so before."""
        if not self.first_time(message):
            return False
        self.tell("全件照会の指示がありました。", "Every application is to be asked for.")
        del self.state.timeline[:-_LATELY]
        return True

    def is_new(self, said_id: str) -> bool:
        """Whether what has this id was not heard before; of very old ones nobody knows any more."""
        new = super().is_new(said_id)
        del self.state.handled[:-_KNOWN_IDS]
        return new

    def _drop(self, reason: AttentionReason) -> None:
        self.state.notices = [each for each in self.state.notices if each.reason is not reason]

    def snapshot(self) -> FeedSnapshot:
        """The poller as it is shown to people."""
        state = self.state
        return FeedSnapshot(
            profile=state.position.profile,
            cursor=state.position.cursor,
            told=state.position.told,
            last_sweep=state.position.swept,
            sweep_wanted=state.position.sweep_wanted_at is not None,
            attention=tuple(state.attention),
            notices=tuple(state.notices),
            maintenance=state.position.maintenance,
            timeline=tuple(state.timeline),
        )

    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        snapshot = self.snapshot()
        reasons = [attention.reason.value for attention in snapshot.attention]
        return {ATTENTION: reasons or None}, _details(snapshot)


def _details(snapshot: FeedSnapshot) -> str:
    """The poller as operators read it in the UI: Markdown. Moments are shown in Japan's time."""
    lines = [f"**Status feed of {snapshot.profile}** · {snapshot.told} reports told", ""]
    if snapshot.cursor:
        lines += [f"Read up to `{snapshot.cursor}`", ""]
    if (swept := snapshot.last_sweep) is not None:
        lines += [
            f"All asked for one by one: **{in_japan(swept.began_at)} JST**, "
            f"{swept.asked} asked, {swept.missed} with news that the feed had not brought, "
            f"{swept.unanswered} without an answer",
            "",
        ]
    if snapshot.sweep_wanted:
        lines += ["Every application is being asked for.", ""]
    lines += matters(snapshot.attention)
    for window in snapshot.maintenance:
        lines.append(f"- Maintenance: {in_japan(window.begins)} to {in_japan(window.ends)} JST ({window.source})")
    lines += [""] if snapshot.maintenance else []
    return "\n".join([*lines, *story(snapshot.timeline)])
