"""The watch over the mailbox: what the agency writes becomes news of an application, and the rest a person's matter."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from zairyu.activities.agency_mail.errors import AgencyMailboxUnavailable, SenderUncheckable
from zairyu.activities.agency_mail.letter import ReadMail, read_mail
from zairyu.activities.agency_mail.mailbox import FOR_A_PERSON, TAKEN, AgencyMailbox, Arrived, MailboxAccount
from zairyu.activities.agency_mail.sender import Senders
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.silence import LONG, Silence
from zairyu.models.agency_mail import AgencyMailWatched, LeftForAPerson, WatchAgencyMail
from zairyu.models.messages import AgencyWrote
from zairyu.models.names import number_key
from zairyu.models.snapshot import AttentionReason
from zairyu.models.status import Heard, Source
from zairyu.models.steps import WATCH_AGENCY_MAIL
from zairyu.rules.agency_mails import recognised
from zairyu.rules.calendar import day_in_japan

_WATCH: Final = timedelta(hours=1)
"""How long one watch lasts, so that the workflow can go on in a new history. Shorter than the step's one try."""
_LARGEST: Final = 1_000_000
"""Bytes; the agency writes a page of text. Of a larger mail only the beginning is fetched, for its id."""
_BEGINNING: Final = 65_536
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_QUOTES: Final = frozenset("'\"`\\")

_log = structlog.get_logger(__name__)


class AgencyMailReader:
    """Reads the agency's mails."""

    def __init__(
        self,
        account: MailboxAccount | None,
        senders: Senders,
        temporal: Client,
        *,
        unmatched_for: timedelta = timedelta(minutes=10),
        look_again: timedelta = timedelta(seconds=20),
        most_calls: int = 500,
        silence: timedelta = LONG,
    ) -> None:
        """Read a mailbox.

        Args:
            account: The mailbox; nothing where mails are not read.
            senders: Who is the agency.
            temporal: Where the applications are.
            unmatched_for: How long a mail waits whose number belongs to no application: the list of applications is
                behind the applications themselves.
            look_again: How long after a look the next one follows when nothing comes.
            most_calls: After so many calls for a person a watch ends, so that the workflow can go on in a new history
                long before this one is full.
            silence: After how long without an answer a person is called for.
        """
        self._account = account
        self._senders = senders
        self._temporal = temporal
        self._unmatched_for = unmatched_for
        self._look_again = look_again
        self._most_calls = most_calls
        self._silence = Silence(temporal, long=silence)

    @activity.defn(name=WATCH_AGENCY_MAIL.name)
    async def watch_agency_mail(self, watch: WatchAgencyMail) -> AgencyMailWatched:
        """Read what is there and what comes. A mail leaves the inbox only when what it says has arrived.

        So after a crash it is read again: its news has the same id, and counts once.
        """
        async with beating():
            with translated():
                async with self._silence.told():
                    if self._account is None:
                        raise AgencyMailboxUnavailable(detail="ZAIRYU_IMAP_HOST is not set")
                    return await self._watch(AgencyMailbox(self._account))

    async def _watch(self, mailbox: AgencyMailbox) -> AgencyMailWatched:
        stopping = asyncio.create_task(activity.wait_for_worker_shutdown())
        waiting: asyncio.Task[None] | None = None
        ends = asyncio.get_running_loop().time() + _WATCH.total_seconds()
        moved = {TAKEN: 0, FOR_A_PERSON: 0}
        try:
            await asyncio.to_thread(mailbox.open)
            while not stopping.done() and asyncio.get_running_loop().time() < ends:
                await self._look_through(mailbox, moved)
                if moved[FOR_A_PERSON] >= self._most_calls or self._silence.is_long():
                    break
                waiting = asyncio.create_task(asyncio.to_thread(mailbox.wait, self._look_again.total_seconds()))
                await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    break
                waiting.result()
        finally:
            stopping.cancel()
            # Nothing is waited for here: a worker that stops in haste has no time for it.
            mailbox.close()
            if waiting is not None:
                waiting.add_done_callback(_forget)
        return AgencyMailWatched(taken=moved[TAKEN], left=moved[FOR_A_PERSON])

    async def _look_through(self, mailbox: AgencyMailbox, moved: dict[str, int]) -> None:
        """Deal with every mail in the inbox, or with as many as one watch may.

        Raises:
            SenderUncheckable: some mails have to wait for DNS; all others are dealt with.
        """
        uncheckable: SenderUncheckable | None = None
        for mail in await asyncio.to_thread(mailbox.arrived):
            try:
                folder = await self._deal_with(mailbox, mail)
            except SenderUncheckable as error:
                uncheckable = error
                continue
            if folder is not None:
                await asyncio.to_thread(mailbox.move, mail, folder)
                moved[folder] += 1
            if moved[FOR_A_PERSON] >= self._most_calls:
                return
        if uncheckable is not None:
            raise uncheckable

    async def _deal_with(self, mailbox: AgencyMailbox, mail: Arrived) -> str | None:
        """Where a mail belongs after its news was passed on; nothing when it stays in the inbox."""
        too_large = mail.size > _LARGEST
        raw = await asyncio.to_thread(mailbox.content, mail, at_most=_BEGINNING if too_large else _LARGEST)
        if raw is None:
            return None
        read = await asyncio.to_thread(read_mail, raw)
        if too_large or not self._senders.known(read.letter.domain):
            return await self._leave(read, mail, AttentionReason.AGENCY_MAIL_UNRECOGNISED)
        if not read.unambiguous or not await asyncio.to_thread(self._senders.proven, raw, read.letter.domain):
            return await self._leave(read, mail, AttentionReason.AGENCY_MAIL_UNPROVEN)
        return await self._pass_on(read, mail)

    async def _pass_on(self, read: ReadMail, mail: Arrived) -> str | None:
        at = _dated(read, mail)
        what = recognised(read.letter, day_in_japan(at))
        if what is None:
            return await self._leave(read, mail, AttentionReason.AGENCY_MAIL_UNRECOGNISED)
        if what.said is None:
            return TAKEN
        running, closed = await self._applications(what.numbers)
        if len(running) == 1:
            heard = Heard(news_id=read.mail_id, source=Source.MAIL, at=at, said=what.said)
            await self._tell(running[0], AgencyWrote(heard=heard))
            return TAKEN
        if not running and closed:
            _log.info("mail-of-closed-application", workflow_id=closed[0], mail_id=read.mail_id)
            return TAKEN
        if not running and datetime.now(UTC) - mail.at < self._unmatched_for:
            return None
        return await self._leave(read, mail, AttentionReason.AGENCY_MAIL_UNRECOGNISED)

    async def _applications(self, numbers: Sequence[str]) -> tuple[list[str], list[str]]:
        """The workflows of the applications with one of these numbers: those that run, and those that have closed."""
        # A process of an older release is listed with its number as it was issued.
        keys = dict.fromkeys((*(number_key(number) for number in numbers), *numbers))
        # What stood in a mail must not end the value in the query, nor the query, as a NUL does; and servers differ in
        # how a quote is written.
        values = ", ".join(f"'{key}'" for key in keys if key.isprintable() and not _QUOTES & set(key))
        if not values:
            return [], []
        query = (
            f"WorkflowType = 'ApplicationWorkflow' AND TaskQueue = '{activity.info().task_queue}'"
            f" AND (ReceiptNumber IN ({values}) OR ProvisionalNumber IN ({values}))"
        )
        running, closed = set(), set()
        async for execution in self._temporal.list_workflows(query):
            if execution.status is WorkflowExecutionStatus.RUNNING:
                running.add(execution.id)
            elif execution.status is not WorkflowExecutionStatus.CONTINUED_AS_NEW:
                closed.add(execution.id)
        return sorted(running), sorted(closed)

    async def _tell(self, workflow_id: str, news: AgencyWrote) -> None:
        try:
            await self._temporal.get_workflow_handle(workflow_id).signal("agency_wrote", news)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            # It has closed since it was listed.
            _log.info("mail-of-closed-application", workflow_id=workflow_id, mail_id=news.heard.news_id)

    async def _leave(self, read: ReadMail, mail: Arrived, reason: AttentionReason) -> str:
        """Call for a person, in the workflow that watches."""
        workflow_id = activity.info().workflow_id
        assert workflow_id is not None  # noqa: S101 - no other workflow asks for this step
        await self._temporal.get_workflow_handle(workflow_id).signal(
            "left_for_a_person", LeftForAPerson(mail_id=read.mail_id, arrived_at=mail.at, reason=reason)
        )
        return FOR_A_PERSON


def _forget(waiting: asyncio.Task[None]) -> None:
    """How a wait ended that nobody is interested in any more."""
    if not waiting.cancelled():
        waiting.exception()


def _dated(read: ReadMail, mail: Arrived) -> datetime:
    """When the agency wrote: as the mail says, unless that is still to come.

    However old: anybody who has an old mail of the agency can send it once more, and it must not count as new.
    """
    if read.dated is not None and read.dated <= mail.at + _CLOCKS_DIFFER:
        return read.dated
    return mail.at
