"""One reader of the agency's mails for everybody: applications hear what it reads, and people see to the rest."""

import asyncio
from typing import Any, Final

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from zairyu.models.agency_mail import (
        AgencyMailSnapshot,
        AgencyMailState,
        LeftForAPerson,
        StartAgencyMail,
        WatchAgencyMail,
    )
    from zairyu.models.messages import Resolve, Unreachable
    from zairyu.models.snapshot import AttentionReason
    from zairyu.models.steps import WATCH_AGENCY_MAIL
    from zairyu.rules.agency_mails import explanation
    from zairyu.rules.matters import silent
    from zairyu.workflows.details import in_japan, matters, story
    from zairyu.workflows.perform import perform
    from zairyu.workflows.record import Record
    from zairyu.workflows.search_attributes import ATTENTION

_KEPT: Final = 100
"""Mails, entries and messages that are remembered: the mailbox itself has all mails, and this goes on for ever."""
_TOLD: Final = 1000
"""Ids of mails that are remembered. One comes twice when a crash falls between the call for a person and the move, and
then soon."""


@workflow.defn(failure_exception_types=[ValidationError])
class AgencyMailWorkflow:
    """Watches the mailbox that the agency writes to, for ever.

    The reading, and the signals to applications, happen in one long activity. What it cannot understand lies in a
    folder of the mailbox, and here as a matter that needs attention; nothing of a mail's content comes here.
    """

    @workflow.init
    def __init__(self, start: StartAgencyMail) -> None:
        # `null` and bytes pass the converter unread.
        start = StartAgencyMail.model_validate(start)
        self._record = _Record(start.carried_over or AgencyMailState(profile=start.profile))

    @workflow.run
    async def run(self, start: StartAgencyMail) -> None:
        """Watch, again and again, and go on in a new history when this one is long."""
        showing = asyncio.create_task(self._record.keep_shown())
        while not workflow.info().is_continue_as_new_suggested():
            await perform(
                WATCH_AGENCY_MAIL,
                WatchAgencyMail(profile=start.profile),
                summary=f"Read the agency's mails to {start.profile}",
            )
            self._record.settle(AttentionReason.AGENCY_MAILBOX_UNREACHABLE)
        showing.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(StartAgencyMail(profile=start.profile, carried_over=self._record.state))

    @workflow.signal(description="A mail was put aside for a person.")
    def left_for_a_person(self, mail: LeftForAPerson) -> None:
        """Call for a person, once for each mail."""
        self._record.left(mail)

    @workflow.signal(description="The mailbox has given no answer for long.")
    def unreachable(self, news: Unreachable) -> None:
        """Call for a person, until it can be read."""
        self._record.unreachable(news)

    @workflow.update(description="Somebody has read the mails that were put aside.")
    def resolve(self, message: Resolve) -> AgencyMailSnapshot:
        """Settle a matter, with all its mails."""
        if self._record.first_time(message):
            self._record.resolved(message)
        return self._record.snapshot()

    @resolve.validator
    def _can_be_resolved(self, message: Resolve) -> None:
        self._record.admit_decision(message)

    @workflow.query(description="The mails that wait for a person.")
    def snapshot(self) -> AgencyMailSnapshot:
        """The mails that wait for a person."""
        return self._record.snapshot()


class _Record(Record[AgencyMailState]):
    """The record of the mails that wait for a person."""

    def left(self, mail: LeftForAPerson) -> None:
        state = self.state
        if mail.mail_id in state.told:
            return
        state.told = [*state.told, mail.mail_id][-_TOLD:]
        state.left = [*state.left, mail][-_KEPT:]
        self.call_for(mail.reason, explanation(mail.reason, sum(one.reason is mail.reason for one in state.left)))
        self._forget_the_oldest()

    def unreachable(self, news: Unreachable) -> None:
        if self.is_new(news.notice_id):
            self.call_for(AttentionReason.AGENCY_MAILBOX_UNREACHABLE, silent(news.why))
            self._forget_the_oldest()

    def resolved(self, message: Resolve) -> None:
        self.state.left = [mail for mail in self.state.left if mail.reason is not message.reason]
        self.settle(message.reason)
        self.tell(f"対応済み: {message.reason.value}", f"Settled: {message.reason.value}.")
        self._forget_the_oldest()

    def snapshot(self) -> AgencyMailSnapshot:
        """As it is shown to operators."""
        state = self.state
        return AgencyMailSnapshot(
            profile=state.profile,
            attention=tuple(state.attention),
            left=tuple(state.left),
            timeline=tuple(state.timeline),
        )

    def _forget_the_oldest(self) -> None:
        self.state.timeline = self.state.timeline[-_KEPT:]
        self.state.handled = self.state.handled[-_KEPT:]

    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        reasons = [attention.reason.value for attention in self.state.attention]
        return {ATTENTION: reasons or None}, _details(self.snapshot())


def _details(snapshot: AgencyMailSnapshot) -> str:
    """The matter as operators read it in the UI: Markdown. Moments are shown in Japan's time."""
    lines = [f"**The agency's mails** · {snapshot.profile}", ""]
    lines += matters(snapshot.attention)
    lines += [f"- Mail of {in_japan(mail.arrived_at)} JST: {mail.reason.value}" for mail in snapshot.left]
    lines += [""] if snapshot.left else []
    return "\n".join([*lines, *story(snapshot.timeline)])
