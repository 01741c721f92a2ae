"""The reader of the agency's mails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from tests.histories.recorder import Recorder
from tests.world import World
from zairyu.models.agency_mail import AgencyMailWatched, LeftForAPerson, StartAgencyMail, WatchAgencyMail
from zairyu.models.messages import Resolve, ResolveAction
from zairyu.models.names import agency_mail_workflow_id
from zairyu.models.snapshot import AttentionReason
from zairyu.models.steps import WATCH_AGENCY_MAIL
from zairyu.workflows.agency_mail import AgencyMailWorkflow

_ARRIVED = datetime(2026, 11, 24, 3, tzinfo=UTC)


async def agency_mail(world: World, recorder: Recorder) -> None:
    """Mails that wait for a person, of both kinds and one of them told twice; one kind is settled."""
    async with _reader(world, "agency-mail-story", for_ever=True) as reader:
        await _put_aside(reader, "mail-1", AttentionReason.AGENCY_MAIL_UNRECOGNISED)
        await _put_aside(reader, "mail-1", AttentionReason.AGENCY_MAIL_UNRECOGNISED)
        await _put_aside(reader, "mail-2", AttentionReason.AGENCY_MAIL_UNPROVEN)
        await reader.execute_update(
            AgencyMailWorkflow.resolve,
            Resolve(
                message_id="read",
                reason=AttentionReason.AGENCY_MAIL_UNRECOGNISED,
                action=ResolveAction.ACKNOWLEDGE,
            ),
        )
        await recorder.open("agency-mail", reader)
        await reader.terminate()


async def agency_mail_continued(world: World, recorder: Recorder) -> None:
    """Watch after watch, until its story goes on in a new history, which knows what waits for a person."""
    async with _reader(world, "agency-mail-continued", for_ever=False) as reader:
        first = (await reader.describe()).run_id
        await _put_aside(reader, "mail-1", AttentionReason.AGENCY_MAIL_UNPROVEN)

        async def goes_on() -> bool:
            return (await reader.describe()).run_id != first

        await world.eventually(goes_on)
        await recorder.closed(
            "agency-mail-continued.first", world.temporal.get_workflow_handle(reader.id, run_id=first)
        )
        await reader.terminate()


async def _put_aside(reader: WorkflowHandle[AgencyMailWorkflow, None], mail_id: str, reason: AttentionReason) -> None:
    await reader.signal(
        AgencyMailWorkflow.left_for_a_person, LeftForAPerson(mail_id=mail_id, arrived_at=_ARRIVED, reason=reason)
    )


@asynccontextmanager
async def _reader(
    world: World, profile: str, *, for_ever: bool
) -> AsyncIterator[WorkflowHandle[AgencyMailWorkflow, None]]:
    """The workflow beside a mailbox in which nothing ever comes."""
    ended = asyncio.Event()

    @activity.defn(name=WATCH_AGENCY_MAIL.name)
    async def watch_agency_mail(_: WatchAgencyMail) -> AgencyMailWatched:
        while for_ever and not ended.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.2)
        return AgencyMailWatched()

    queue = f"{world.queue}-{profile}"
    async with Worker(world.temporal, task_queue=queue, workflows=[AgencyMailWorkflow], activities=[watch_agency_mail]):
        yield await world.temporal.start_workflow(
            AgencyMailWorkflow.run,
            StartAgencyMail(profile=profile),
            id=agency_mail_workflow_id(profile),
            task_queue=queue,
        )
        ended.set()
