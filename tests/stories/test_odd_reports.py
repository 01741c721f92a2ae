"""What the agency says late, all at once, in an odd order, or takes back."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.stories.test_every_type import examined, mailed
from tests.world import World
from zairyu.activities.mynaportal.status_words import report_of
from zairyu.activities.mynaportal.wire import StatusRecord
from zairyu.models import messages
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import ApplicationSnapshot, End, ManualStepKind, Phase
from zairyu.models.status import ApplicationStatus, CollectionStatus, Outcome
from zairyu.rules.calendar import add_months


async def due(world: World, application_id: str) -> ApplicationSnapshot:
    """The fee is asked for."""
    return await world.until(
        application_id, lambda snapshot: snapshot.phase is Phase.PAYMENT and snapshot.fee is not None
    )


async def reported(world: World, application_id: str, **says: Any) -> None:
    """The agency says something that no button of the officer says."""
    [entry] = [entry for entry in await world.ledger() if entry["request_id"].startswith(application_id)]
    report = report_of(StatusRecord.model_validate(entry["record"]), world.profile)
    news = report.model_copy(update={**says, "revision": report.revision + 1, "event_id": "odd"})
    await world.handle(application_id).signal("status_changed", messages.StatusChanged(report=news))


async def test_permission_whose_fee_is_never_paid_comes_to_nothing(world: World) -> None:
    application_id = await examined(
        world, ApplicationType.EXTENSION_OF_PERIOD, concurrent_permissions=["RE_ENTRY"], re_entry="SINGLE"
    )
    await world.officer(application_id, "permission", years="3")
    await due(world, application_id)
    await world.officer(application_id, "termination")
    closed = await world.closed(application_id)
    assert closed.end is End.TERMINATED
    assert closed.concurrent_terminated
    assert "Terminated." in str(closed.timeline)
    letters = await mailed(world, "The decision")
    assert len(letters) == 2
    assert "terminated" in letters[0]


async def test_paying_is_over_when_the_agency_hands_over(world: World) -> None:
    application_id = await examined(world, ApplicationType.EXTENSION_OF_PERIOD)
    await world.officer(application_id, "permission", years="3")
    await due(world, application_id)
    await reported(world, application_id, collection=CollectionStatus.COLLECTED, application=ApplicationStatus.CLOSED)
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert closed.attention == ()


async def test_what_the_agency_closes_without_a_word_on_collection_can_be_confirmed(world: World) -> None:
    application_id = await examined(world, ApplicationType.ACQUISITION_OF_STATUS)
    await world.officer(application_id, "permission", years="1")
    await world.in_phase(application_id, Phase.COLLECTION)
    await reported(world, application_id, application=ApplicationStatus.CLOSED)
    await world.until(application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.CLOSED)
    await world.zairyu.confirm_collection(
        application_id, messages.ConfirmCollection(message_id="in the hand", collected_on=world.today)
    )
    assert (await world.closed(application_id)).end is End.COMPLETED


async def test_certificate_counts_from_the_day_it_was_sent_even_if_that_is_heard_later(world: World) -> None:
    application_id = await examined(world, ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
    await world.officer(application_id, "permission")
    await world.officer(application_id, "ready")
    await world.until(application_id, lambda snapshot: snapshot.collection_status is CollectionStatus.READY)
    issued_on = world.today
    await world.stop_worker()
    await world.officer(application_id, "sent")
    await world.advance(application_id, timedelta(days=5))
    await world.officer(application_id, "handover")
    await world.start_worker()
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert closed.certificate_valid_until == add_months(issued_on, 3)


async def test_certificate_of_which_only_the_receipt_is_heard_has_no_made_up_last_day(world: World) -> None:
    application_id = await examined(world, ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
    await reported(
        world,
        application_id,
        application=ApplicationStatus.CLOSED,
        outcome=Outcome.PERMITTED,
        collection=CollectionStatus.COLLECTED,
    )
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert closed.certificate_valid_until is None


async def test_decision_counts_that_came_before_the_letter_of_withdrawal(world: World) -> None:
    """Both are heard in one moment, after a standstill."""
    application_id = await examined(world, ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="enough"))
    await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    await world.stop_worker()
    await reported(world, application_id, outcome=Outcome.DENIED)
    done = messages.CompleteManualStep(message_id="by hand", step=ManualStepKind.WITHDRAWAL, evidence="東京局")
    async with asyncio.TaskGroup() as both:
        both.create_task(world.zairyu.complete_manual_step(application_id, done))
        await asyncio.sleep(0.5)
        await world.start_worker()
    assert (await world.closed(application_id)).end is End.DENIED
    [letter] = await mailed(world, "The decision")
    assert "denied" in letter or "not be issued" in letter
