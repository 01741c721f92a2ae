"""The agency's mails reach the applications, once, and nothing else does."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests import agency_post as post
from tests.dns_server import NameServer
from tests.dovecot import Dovecot
from tests.receiver import Filed, Receiver
from tests.world import PATIENCE
from zairyu.activities.agency_mail.activity import AgencyMailReader
from zairyu.activities.agency_mail.mailbox import FOR_A_PERSON, TAKEN
from zairyu.activities.agency_mail.sender import Senders, name_server
from zairyu.models.agency_mail import AgencyMailSnapshot, StartAgencyMail
from zairyu.models.snapshot import AttentionReason
from zairyu.models.status import AskedDocuments, DocumentsStatus, Heard, Said, Source
from zairyu.workflows.agency_mail import AgencyMailWorkflow

RECEIPT, PROVISIONAL = "東オンＥＮ26000001", "仮00000001"
NEVER = timedelta(hours=1)


class Desk:
    """A mailbox, whoever reads it, and the applications that it writes about."""

    def __init__(self, environment: WorkflowEnvironment, dovecot: Dovecot, dns: NameServer) -> None:
        self.temporal = environment.client
        self.dovecot = dovecot
        self.dns = dns
        self.queue = f"agency-mail-{uuid.uuid4().hex[:12]}"
        self.account = dovecot.account
        self._applications: list[WorkflowHandle[Receiver, None]] = []

    @asynccontextmanager
    async def reads(
        self, *, unmatched_for: timedelta = NEVER, most_calls: int = 500, silence: timedelta = NEVER
    ) -> AsyncIterator[None]:
        """Read the mailbox as long as the context lasts; the workflow lives on."""
        await self.temporal.start_workflow(
            AgencyMailWorkflow.run,
            StartAgencyMail(profile=self.queue),
            id=self.id,
            task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        reader = AgencyMailReader(
            self.account,
            Senders(domains=(post.AGENCY,), resolver=name_server(self.dns.address)),
            self.temporal,
            unmatched_for=unmatched_for,
            look_again=timedelta(seconds=0.5),
            most_calls=most_calls,
            silence=silence,
        )
        async with Worker(
            self.temporal,
            task_queue=self.queue,
            workflows=[AgencyMailWorkflow, Receiver],
            activities=[reader.watch_agency_mail],
            # As in production: a watch is told to end before it is cut off.
            graceful_shutdown_timeout=timedelta(seconds=5),
        ):
            yield

    @property
    def id(self) -> str:
        return f"agency-mail/{self.queue}"

    async def snapshot(self) -> AgencyMailSnapshot:
        snapshot: AgencyMailSnapshot = await self.temporal.get_workflow_handle(self.id).query(
            "snapshot", result_type=AgencyMailSnapshot
        )
        return snapshot

    async def file(self, receipt: str | None = None, provisional: str | None = None) -> WorkflowHandle[Receiver, None]:
        """An application that can be found by its numbers."""
        handle = await self.temporal.start_workflow(
            Receiver.run,
            Filed(receipt=receipt, provisional=provisional),
            id=f"application/{uuid.uuid4().hex}",
            task_queue=self.queue,
        )
        self._applications.append(handle)
        return handle

    async def listed(self) -> None:
        """Wait until the list of applications knows the numbers of all."""
        query = f"TaskQueue = '{self.queue}' AND (ReceiptNumber IS NOT NULL OR ProvisionalNumber IS NOT NULL)"

        async def there() -> bool:
            listed = [execution.id async for execution in self.temporal.list_workflows(query)]
            return len(listed) == len(self._applications)

        await self.eventually(there)

    async def heard(self, application: WorkflowHandle[Receiver, None], count: int = 1) -> tuple[Heard, ...]:
        """Wait until an application was told so often."""

        async def enough() -> bool:
            return len((await application.query(Receiver.told)).news) >= count

        await self.eventually(enough)
        return (await application.query(Receiver.told)).news

    async def moved(self, folder: str, count: int = 1) -> None:
        """Wait until so many mails lie in a folder, or in the inbox."""

        async def there() -> bool:
            return len(self.dovecot.mails(folder)) == count

        await self.eventually(there)

    async def eventually(self, condition: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not await condition():  # noqa: ASYNC110 - neither mailbox nor server tell
                    await asyncio.sleep(0.1)
        except TimeoutError:
            watching = await self.temporal.get_workflow_handle(self.id).describe()
            pytest.fail(f"it did not come\n{watching.raw_description.pending_activities}\n{self.dovecot.log}")

    async def end(self) -> None:
        for handle in (self.temporal.get_workflow_handle(self.id), *self._applications):
            with suppress(RPCError):  # it has closed
                await handle.terminate()


@pytest.fixture
async def desk(temporal: WorkflowEnvironment, dovecot: Dovecot, dns: NameServer) -> AsyncIterator[Desk]:
    with temporal.with_time_skipping_disabled():
        desk = Desk(temporal, dovecot, dns)
        yield desk
        await desk.end()


def _mail(form: tuple[str, str], *, receipt: str = RECEIPT, provisional: str = PROVISIONAL, **changes: object) -> bytes:
    return post.signed(post.written(form, receipt=receipt, provisional=provisional, **changes))  # type: ignore[arg-type]


async def test_each_mail_says_its_own_to_the_application_it_names(desk: Desk) -> None:
    dated = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    async with desk.reads():
        application, other = await desk.file(RECEIPT, PROVISIONAL), await desk.file("東オンＥＮ26000002", "仮2")
        await desk.listed()
        forms = (post.RECEIVED, post.NUMBERED, post.DOCUMENTS, post.EXAMINED, post.READY, post.SENT)
        for number, form in enumerate(forms):
            arrived = datetime.now(UTC) - timedelta(seconds=60 - number)
            desk.dovecot.deliver(_mail(form, message_id=f"<{number}@a>", dated=dated), at=arrived)
        await desk.moved(TAKEN, len(forms))

        news = await desk.heard(application, 5)
        assert [(one.source, one.at) for one in news] == [(Source.MAIL, dated)] * 5
        assert len({one.news_id for one in news}) == 5
        assert [one.said for one in news] == [
            Said(receipt_number=RECEIPT),
            Said(
                documents=DocumentsStatus.REQUESTED,
                request=AskedDocuments(
                    items=("在職証明書", "課税証明書（直近1年分）"), due_on=datetime(2026, 12, 8, tzinfo=UTC).date()
                ),
            ),
            Said(application="EXAMINATION_COMPLETED"),
            Said(collection="READY"),
            Said(collection="SENT"),
        ]
        assert await desk.heard(other, 0) == ()
        assert (await desk.snapshot()).left == ()


async def test_numbers_in_letters_of_another_width_name_the_same_application(desk: Desk) -> None:
    async with desk.reads():
        application = await desk.file(None, "仮ＡＢ 123")
        await desk.listed()
        desk.dovecot.deliver(_mail(post.NUMBERED, provisional="仮ａb１23"))

        (news,) = await desk.heard(application)
        assert news.said.receipt_number == RECEIPT
        await desk.moved(TAKEN)


async def test_forged_and_strange_mails_reach_no_application(desk: Desk) -> None:
    forged = {
        "unsigned": post.written(post.EXAMINED, receipt=RECEIPT, message_id="<1@a>"),
        "changed": _mail(post.EXAMINED, message_id="<2@a>") + b"more\n",
        "signed by another": post.signed(
            post.written(post.EXAMINED, receipt=RECEIPT, message_id="<3@a>"), domain="evil.example"
        ),
        "with a subject of its own above": b"Subject: x\n" + _mail(post.EXAMINED, message_id="<4@a>"),
        "with a word of a mail server that we do not have": b"Authentication-Results: mx; dkim=pass header.d="
        + post.AGENCY.encode() + b"\n" + post.written(post.EXAMINED, receipt=RECEIPT, message_id="<5@a>"),
    }  # fmt: skip
    strange = {
        "another form": _mail(("【模擬環境】システム停止 / x", "申請受付番号：{receipt}\n"), message_id="<6@a>"),
        "no number": _mail((post.EXAMINED[0], "審査が完了しました。\n"), message_id="<7@a>"),
        "from somebody else": post.written(post.EXAMINED, receipt=RECEIPT, sender="a@b.example", message_id="<8@a>"),
        "huge": _mail((post.EXAMINED[0], post.EXAMINED[1] + "あ" * 1_000_000), message_id="<9@a>"),
        "no mail at all": b"\xff\x00\n\n",
    }
    async with desk.reads():
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        for raw in (*forged.values(), *strange.values()):
            desk.dovecot.deliver(raw)
        await desk.moved(FOR_A_PERSON, len(forged) + len(strange))

        assert await desk.heard(application, 0) == ()
        assert desk.dovecot.mails(TAKEN) == []
        reasons = [mail.reason for mail in (await desk.snapshot()).left]
        assert reasons.count(AttentionReason.AGENCY_MAIL_UNPROVEN) == len(forged)
        assert reasons.count(AttentionReason.AGENCY_MAIL_UNRECOGNISED) == len(strange)


async def test_mail_that_comes_before_its_application_is_listed_waits_for_it(desk: Desk) -> None:
    async with desk.reads():
        desk.dovecot.deliver(_mail(post.NUMBERED))
        await asyncio.sleep(2)
        assert len(desk.dovecot.mails()) == 1

        application = await desk.file(None, PROVISIONAL)
        (news,) = await desk.heard(application)
        assert news.said.receipt_number == RECEIPT
        await desk.moved(TAKEN)


async def test_mail_whose_number_is_nobody_s_goes_to_a_person_in_the_end(desk: Desk) -> None:
    async with desk.reads(unmatched_for=timedelta(minutes=10)):
        desk.dovecot.deliver(_mail(post.NUMBERED, message_id="<1@a>"), at=datetime.now(UTC) - timedelta(minutes=11))
        desk.dovecot.deliver(_mail(post.NUMBERED, message_id="<2@a>"), at=datetime.now(UTC) - timedelta(minutes=9))
        await desk.moved(FOR_A_PERSON)
        await desk.moved("", 1)

        (left,) = (await desk.snapshot()).left
        assert left.reason is AttentionReason.AGENCY_MAIL_UNRECOGNISED


@pytest.mark.parametrize("number", ["x')OR(ReceiptNumber!='y", "x\\", 'x"', "%", "x')--", "x\x00y"])
async def test_number_that_would_ask_for_others_finds_nobody(desk: Desk, number: str) -> None:
    async with desk.reads(unmatched_for=timedelta()):
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        desk.dovecot.deliver(_mail(post.EXAMINED, receipt=number))
        await desk.moved(FOR_A_PERSON)

        assert await desk.heard(application, 0) == ()


async def test_number_of_two_applications_goes_to_a_person(desk: Desk) -> None:
    async with desk.reads():
        applications = await desk.file(RECEIPT, "仮1"), await desk.file(RECEIPT, "仮2")
        await desk.listed()
        desk.dovecot.deliver(_mail(post.EXAMINED))
        await desk.moved(FOR_A_PERSON)

        assert [await desk.heard(application, 0) for application in applications] == [(), ()]


async def test_mail_of_a_closed_application_is_taken(desk: Desk) -> None:
    async with desk.reads():
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        await application.terminate()
        desk.dovecot.deliver(_mail(post.SENT))
        await desk.moved(TAKEN)
        assert (await desk.snapshot()).left == ()


@pytest.mark.parametrize("message_id", ["<1@a>", None])
async def test_mail_that_is_told_twice_after_a_crash_is_the_same_news(desk: Desk, message_id: str | None) -> None:
    """It was passed on, and could not be moved; so it is read again."""
    async with desk.reads():
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        with desk.dovecot.unable_to_move():
            desk.dovecot.deliver(_mail(post.EXAMINED, message_id=message_id))
            await desk.heard(application, 2)
        await desk.moved(TAKEN)

        news = await desk.heard(application, 2)
        assert len({one.news_id for one in news}) == 1


async def test_person_is_called_once_for_a_mail_that_could_not_be_moved(desk: Desk) -> None:
    async with desk.reads():
        with desk.dovecot.unable_to_move():
            desk.dovecot.deliver(post.written(post.EXAMINED, receipt=RECEIPT))

            async def called() -> bool:
                return bool((await desk.snapshot()).left)

            await desk.eventually(called)
            await asyncio.sleep(2)
        await desk.moved(FOR_A_PERSON)

        snapshot = await desk.snapshot()
        assert len(snapshot.left) == len(snapshot.timeline) == 1


async def test_mails_that_come_while_nobody_reads_are_read_later(desk: Desk) -> None:
    """Worker away, server away, and the numbers of all mails changed."""
    async with desk.reads():
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        desk.dovecot.deliver(_mail(post.NUMBERED, message_id="<1@a>"))
        await desk.heard(application)
        await desk.moved(TAKEN)
        desk.dovecot.stop()
        desk.dovecot.deliver(_mail(post.EXAMINED, message_id="<2@a>"))
        desk.dovecot.number_mails_anew()
        desk.dovecot.start()
        await desk.heard(application, 2)
        await desk.moved(TAKEN, 2)
    desk.dovecot.deliver(_mail(post.SENT, message_id="<3@a>"))
    async with desk.reads():
        await desk.moved(TAKEN, 3)
        news = await desk.heard(application, 3)
        assert len({one.news_id for one in news}) == 3


async def test_mail_that_dns_cannot_prove_now_holds_up_no_other(desk: Desk) -> None:
    async with desk.reads():
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        desk.dns.broken = True
        desk.dovecot.deliver(_mail(post.EXAMINED, message_id="<1@a>"))
        desk.dovecot.deliver(post.written(post.EXAMINED, sender="a@b.example", message_id="<2@a>"))
        await desk.moved(FOR_A_PERSON)
        await desk.moved("", 1)
        desk.dns.broken = False
        await desk.heard(application)
        await desk.moved(TAKEN)


async def test_old_mail_that_is_sent_once_more_is_as_old_as_it_says(desk: Desk) -> None:
    """Its signature holds for ever: whoever has it can send it, and what it says must not count as the later word."""
    arrived = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    async with desk.reads():
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        desk.dovecot.deliver(_mail(post.READY, dated=arrived - timedelta(days=30)), at=arrived)
        (news,) = await desk.heard(application)
        assert news.at == arrived - timedelta(days=30)


async def test_flood_of_mails_does_not_end_the_workflow(desk: Desk) -> None:
    """One history takes ten thousand signals and no more: a watch ends in time for the next one."""
    for number in range(7):
        desk.dovecot.deliver(post.written(post.READY, sender="a@b.example", message_id=f"<{number}@b>"))
    async with desk.reads(most_calls=3):
        await desk.moved(FOR_A_PERSON, 7)
    history = await desk.temporal.get_workflow_handle(desk.id).fetch_history()
    watches = [event for event in history.events if event.HasField("activity_task_completed_event_attributes")]
    assert len(watches) >= 2


async def test_date_to_come_is_replaced_by_the_arrival(desk: Desk) -> None:
    arrived = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    async with desk.reads():
        application = await desk.file(RECEIPT, PROVISIONAL)
        await desk.listed()
        desk.dovecot.deliver(_mail(post.EXAMINED, dated=arrived + timedelta(days=1)), at=arrived)
        (news,) = await desk.heard(application)
        assert news.at == arrived


async def test_wrong_password_shows_what_to_mend_and_costs_no_mail(desk: Desk) -> None:
    desk.account = replace(desk.dovecot.account, password="wrong")
    async with desk.reads(silence=timedelta()):

        async def refused() -> bool:
            (step,) = (
                await desk.temporal.get_workflow_handle(desk.id).describe()
            ).raw_description.pending_activities or [None]
            return step is not None and step.last_failure.application_failure_info.type == "AgencyMailboxLoginRefused"

        async def called() -> bool:
            return AttentionReason.AGENCY_MAILBOX_UNREACHABLE in await reasons()

        async def settled() -> bool:
            return AttentionReason.AGENCY_MAILBOX_UNREACHABLE not in await reasons()

        async def reasons() -> set[AttentionReason]:
            return {attention.reason for attention in (await desk.snapshot()).attention}

        await desk.eventually(refused)
        await desk.eventually(called)
        (matter,) = (await desk.snapshot()).attention
        assert "ZAIRYU_IMAP_PASSWORD" in matter.explanation.en
    desk.dovecot.deliver(post.written(post.EXAMINED, receipt=RECEIPT))
    desk.account = desk.dovecot.account
    async with desk.reads():
        await desk.moved(FOR_A_PERSON)
    async with desk.reads():
        await desk.eventually(settled)
