"""An application for extension of period of stay, in all its turns."""

from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from tests.histories.recorder import Recorder
from tests.world import World
from zairyu.models import messages
from zairyu.models.names import application_workflow_id
from zairyu.models.residence import CollectionMethod
from zairyu.models.snapshot import AttentionReason, End, Phase
from zairyu.models.status import ApplicationStatus
from zairyu.rules.calendar import add_months


async def completed(world: World, recorder: Recorder) -> None:
    """To the card in the hand, with documents asked for and supplied, and a reminder of the fee."""
    application_id = await world.file(application_id="completed-story")
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    due_on = world.today + timedelta(days=14)
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(due_on))
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await world.mailed(2)
    await recorder.open("completed", world.handle(application_id))
    await recorder.open("completed.documents", world.handle(application_id, request=1))
    await recorder.open("status-feed", await _status_feed(world))
    await world.supply(application_id, 1)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    await recorder.closed("completed.documents", world.handle(application_id, request=1))
    await world.officer(application_id, "permission", years="3")
    due = await world.until(application_id, lambda snapshot: snapshot.fee is not None)
    await world.mailed(4)
    await world.advance(application_id, timedelta(days=8))
    await world.until(application_id, lambda snapshot: str(snapshot.timeline).count("fee-due") == 4)
    paid = messages.ReportPayment(message_id="paid", paid_on=world.today)
    await world.zairyu.report_payment(application_id, paid)
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.until(application_id, lambda snapshot: "collection" in str(snapshot.timeline))
    have_it = messages.ConfirmCollection(message_id="card", collected_on=world.today)
    await world.zairyu.confirm_collection(application_id, have_it)
    await world.ended(application_id, End.COMPLETED)
    await recorder.closed("completed", world.handle(application_id))


async def denied(world: World, recorder: Recorder) -> None:
    """Asked at the desk and taken back; a wrong password; a changed collection; an alarm; documents cut off."""
    application_id = await world.start(application_id="denied-story")
    world.fingers.hold.clear()
    await world.sign(application_id)
    await world.eventually(lambda: _asked(world))
    await world.zairyu.stop_signing(application_id, messages.StopSigning(message_id="not now"))
    world.fingers.hold.set()
    right, world.fingers.password = world.fingers.password, "WRONG9"
    await world.sign(application_id)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    world.fingers.password = right
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    by_post = messages.ChooseCollection(message_id="by post", method=CollectionMethod.POST)
    await world.zairyu.choose_collection(application_id, by_post)
    await world.until(application_id, lambda snapshot: snapshot.collection_method is CollectionMethod.POST)
    await world.advance(application_id, timedelta(days=8))
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    acknowledged = messages.Resolve(
        message_id="seen", reason=AttentionReason.RECEIPT_NUMBER_OVERDUE, action=messages.ResolveAction.ACKNOWLEDGE
    )
    await world.zairyu.resolve(application_id, acknowledged)
    await recorder.open("denied", world.handle(application_id))
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    due_on = world.today + timedelta(days=14)
    await world.officer(application_id, "document-requests", items="課税証明書", due_on=str(due_on))
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await world.mailed(2)
    await world.officer(application_id, "denial")
    await world.ended(application_id, End.DENIED)
    await recorder.closed("denied", world.handle(application_id))
    await recorder.closed("denied.documents", world.handle(application_id, request=1))


async def _asked(world: World) -> bool:
    return bool(world.fingers.asked)


async def withdrawn(world: World, recorder: Recorder) -> None:
    """Withdrawn after filing, by a person at the counter."""
    application_id = await world.file(application_id="withdrawn-story")
    await world.officer(application_id, "receipt-number")
    await world.in_phase(application_id, Phase.EXAMINATION)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no more"))
    asked = await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    await world.mailed(1)
    await recorder.open("withdrawn", world.handle(application_id))
    by_hand = messages.CompleteManualStep(
        message_id="done", step=asked.manual_steps[0].kind, evidence="窓口の受付印のある控え"
    )
    await world.zairyu.complete_manual_step(application_id, by_hand)
    await world.ended(application_id, End.WITHDRAWN)
    await recorder.closed("withdrawn", world.handle(application_id))


async def window_missed(world: World, recorder: Recorder) -> None:
    """Nobody comes to sign until online filing has closed."""
    application_id = await world.start(
        expires_on=world.today + timedelta(days=10), application_id="window-missed-story"
    )
    await world.in_phase(application_id, Phase.SIGNATURE)
    await recorder.open("window-missed", world.handle(application_id))
    await world.advance(application_id, timedelta(days=11))
    await world.ended(application_id, End.WINDOW_MISSED)
    await recorder.closed("window-missed", world.handle(application_id))


async def early(world: World, recorder: Recorder) -> None:
    """Handed in before its window opens, amended while it waits, and given up before it is signed."""
    opens_on = world.today + timedelta(days=40)
    application_id = await world.start(expires_on=add_months(opens_on, 3), application_id="early-story")
    await world.in_phase(application_id, Phase.FILING_WINDOW)
    await recorder.open("early", world.handle(application_id))
    by_post = messages.ChooseCollection(message_id="by post", method=CollectionMethod.POST)
    await world.zairyu.choose_collection(application_id, by_post)
    await world.advance(application_id, timedelta(days=41))
    await world.in_phase(application_id, Phase.SIGNATURE)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no more"))
    await world.ended(application_id, End.CANCELLED)
    await recorder.closed("early", world.handle(application_id))


async def continued(world: World, recorder: Recorder) -> None:
    """Long enough to go on in a new history, which begins with all that the first one knew."""
    application_id = await world.start(application_id="continued-story")
    first = (await world.handle(application_id).describe()).run_id
    assert first is not None
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.until(
        application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION
    )
    await world.mailed(1)
    await recorder.closed(
        "continued.first", world.temporal.get_workflow_handle(application_workflow_id(application_id), run_id=first)
    )
    await recorder.open("continued", world.handle(application_id))
    await world.officer(application_id, "denial")
    await world.ended(application_id, End.DENIED)
    await recorder.closed("continued", world.handle(application_id))


async def _status_feed(world: World) -> WorkflowHandle[Any, Any]:
    running = "WorkflowType = 'StatusFeedWorkflow' AND ExecutionStatus = 'Running'"
    (feed,) = [workflow.id async for workflow in world.temporal.list_workflows(running)]
    return world.temporal.get_workflow_handle(feed)
