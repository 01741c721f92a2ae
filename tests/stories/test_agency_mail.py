"""The mails that wait for a person: all of them are shown, each once, until somebody has seen to them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.world import PATIENCE, temporal_environment
from zairyu.models.agency_mail import (
    AgencyMailSnapshot,
    AgencyMailWatched,
    LeftForAPerson,
    StartAgencyMail,
    WatchAgencyMail,
)
from zairyu.models.messages import Resolve, ResolveAction
from zairyu.models.names import agency_mail_workflow_id
from zairyu.models.snapshot import AttentionReason
from zairyu.models.steps import WATCH_AGENCY_MAIL
from zairyu.runtime.keys import KeyRing
from zairyu.workflows.agency_mail import AgencyMailWorkflow
from zairyu.workflows.search_attributes import ATTENTION

ARRIVED = datetime(2026, 11, 24, 3, tzinfo=UTC)
UNRECOGNISED, UNPROVEN = AttentionReason.AGENCY_MAIL_UNRECOGNISED, AttentionReason.AGENCY_MAIL_UNPROVEN


class Reader:
    """The workflow, beside a mailbox in which nothing comes; a watch ends when the test says so."""

    handle: WorkflowHandle[AgencyMailWorkflow, None]

    def __init__(self, environment: WorkflowEnvironment) -> None:
        self._temporal = environment.client
        self._profile = f"agency-mail-{uuid.uuid4().hex[:12]}"
        self.watch_ends = asyncio.Event()

    @activity.defn(name=WATCH_AGENCY_MAIL.name)
    async def watch_agency_mail(self, _: WatchAgencyMail) -> AgencyMailWatched:
        while not self.watch_ends.is_set() and not activity.is_worker_shutdown():
            activity.heartbeat()
            await asyncio.sleep(0.1)
        return AgencyMailWatched()

    @asynccontextmanager
    async def live(self) -> AsyncIterator["Reader"]:
        async with Worker(
            self._temporal,
            task_queue=self._profile,
            workflows=[AgencyMailWorkflow],
            activities=[self.watch_agency_mail],
            # As in production: a watch is told to end before it is cut off.
            graceful_shutdown_timeout=timedelta(seconds=5),
        ):
            self.handle = await self._temporal.start_workflow(
                AgencyMailWorkflow.run,
                StartAgencyMail(profile=self._profile),
                id=agency_mail_workflow_id(self._profile),
                task_queue=self._profile,
            )
            yield self
            await self.handle.terminate()

    async def leave(self, mail_id: str, reason: AttentionReason = UNRECOGNISED) -> None:
        mail = LeftForAPerson(mail_id=mail_id, arrived_at=ARRIVED, reason=reason)
        await self.handle.signal(AgencyMailWorkflow.left_for_a_person, mail)

    async def resolve(
        self,
        message_id: str,
        reason: AttentionReason = UNRECOGNISED,
        action: ResolveAction = ResolveAction.ACKNOWLEDGE,
    ) -> AgencyMailSnapshot:
        return await self.handle.execute_update(
            AgencyMailWorkflow.resolve, Resolve(message_id=message_id, reason=reason, action=action)
        )

    async def snapshot(self) -> AgencyMailSnapshot:
        return await self.handle.query(AgencyMailWorkflow.snapshot)

    async def attention(self) -> list[str]:
        """What operators can search it by."""
        return list((await self.handle.describe()).typed_search_attributes.get(ATTENTION) or ())

    async def eventually(self, condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await condition():  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.1)


@pytest.fixture
async def reader(temporal: WorkflowEnvironment) -> AsyncIterator[Reader]:
    with temporal.with_time_skipping_disabled():
        async with Reader(temporal).live() as reader:
            yield reader


async def test_each_mail_is_shown_once_with_its_reason(reader: Reader) -> None:
    for mail_id in ("one", "one", "two"):
        await reader.leave(mail_id)
    await reader.leave("three", UNPROVEN)
    await reader.leave("three", UNPROVEN)

    snapshot = await reader.snapshot()
    assert [(mail.mail_id, mail.reason) for mail in snapshot.left] == [
        ("one", UNRECOGNISED),
        ("two", UNRECOGNISED),
        ("three", UNPROVEN),
    ]
    assert [attention.reason for attention in snapshot.attention] == [UNRECOGNISED, UNPROVEN]
    assert "2 mail(s)" in snapshot.attention[0].explanation.en
    assert len(snapshot.timeline) == 3
    assert await reader.attention() == [UNRECOGNISED, UNPROVEN]


async def test_settled_matter_is_settled_once_and_comes_again_with_the_next_mail(reader: Reader) -> None:
    await reader.leave("one")
    await reader.leave("two", UNPROVEN)
    settled = await reader.resolve("read")
    assert [mail.mail_id for mail in settled.left] == ["two"]
    assert await reader.attention() == [UNPROVEN]

    await reader.leave("one")  # it is known
    await reader.leave("three")
    again = await reader.resolve("read")

    assert [mail.mail_id for mail in again.left] == ["two", "three"]
    assert [attention.reason for attention in again.attention] == [UNPROVEN, UNRECOGNISED]


@pytest.mark.parametrize("action", [ResolveAction.RETRY, ResolveAction.ABANDON])
async def test_decision_that_would_do_nothing_is_refused(reader: Reader, action: ResolveAction) -> None:
    with pytest.raises(WorkflowUpdateFailedError):
        await reader.resolve("of nothing")
    await reader.leave("one")
    with pytest.raises(WorkflowUpdateFailedError):
        await reader.resolve("of no use", action=action)
    assert len((await reader.snapshot()).left) == 1


async def test_flood_of_mails_does_not_fill_the_history_with_itself(reader: Reader) -> None:
    for start in range(0, 150, 50):
        await asyncio.gather(*(reader.leave(f"mail {number}") for number in range(start, start + 50)))

    snapshot = await reader.snapshot()
    assert len(snapshot.left) == len(snapshot.timeline) == 100
    assert len(snapshot.attention) == 1


async def test_what_waits_for_a_person_survives_the_change_to_a_new_history(keys: KeyRing) -> None:
    async with temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=20") as environment:
        with environment.with_time_skipping_disabled():
            async with Reader(environment).live() as reader:
                first = (await reader.handle.describe()).run_id
                for number in range(15):
                    await reader.leave(f"mail {number}", UNPROVEN)
                reader.watch_ends.set()

                async def goes_on() -> bool:
                    return (await reader.handle.describe()).run_id != first

                await reader.eventually(goes_on)
                reader.watch_ends.clear()
                await reader.leave("mail 3", UNPROVEN)

                assert len((await reader.snapshot()).left) == 15
                assert await reader.attention() == [UNPROVEN]
