"""What comes after sending: other sources than the interface, what people do by hand, the special period of stay."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.histories.recorder import Recorder
from tests.world import World
from zairyu.models import messages
from zairyu.models.capability import Capability
from zairyu.models.feed import SweepNow
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.names import status_feed_workflow_id
from zairyu.models.residence import CollectionMethod, PeriodOfStay
from zairyu.models.snapshot import AttentionReason, End, ManualStepKind, Phase
from zairyu.models.status import (
    ApplicationStatus,
    CollectionStatus,
    Fee,
    Grant,
    Heard,
    Outcome,
    Said,
    Source,
)
from zairyu.rules.calendar import add_months, start_of_day
from zairyu.rules.interface_profiles import SANDBOX, interface_profile

DAY = timedelta(days=1)
SILENT: Mapping[str, Any] = {"capabilities": frozenset({Capability.DOCUMENT_SUPPLY})}
"""An interface that takes documents and tells nothing."""
TAKING_BACK: Mapping[str, Any] = {
    "capabilities": interface_profile(SANDBOX).capabilities | {Capability.WITHDRAWAL},
}


async def special_period(world: World, recorder: Recorder) -> None:
    """Signed before planned maintenance; a mail and a correction; undecided at the expiry, warned, denied."""
    expires_on = world.today + 20 * DAY
    application_id = await world.start(expires_on=expires_on, application_id="special-period-story")
    await world.in_phase(application_id, Phase.SIGNATURE)
    closes_at = start_of_day(expires_on)
    window = MaintenanceWindow(begins=closes_at - 2 * DAY, ends=closes_at, source="calendar")
    handle = world.handle(application_id)
    await handle.signal("maintenance_planned", messages.MaintenancePlanned(window=window))
    await world.mailed(1)
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    number = Heard(news_id="mail-1", source=Source.MAIL, at=world.now, said=Said(receipt_number="東オンＥＮ26000001"))
    await handle.signal("agency_wrote", messages.AgencyWrote(heard=number))
    await world.in_phase(application_id, Phase.EXAMINATION)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.until(
        application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION
    )
    wrong = messages.RequestCorrection(message_id="wrong", what="電話番号")
    await world.zairyu.send(application_id, "request_correction", wrong)
    take = messages.AssignManualStep(message_id="take", step=ManualStepKind.CORRECTION, assignee="sato01")
    await world.zairyu.send(application_id, "assign_manual_step", take)
    examined = Heard(
        news_id="mail-2",
        source=Source.MAIL,
        at=world.now,
        said=Said(application=ApplicationStatus.EXAMINATION_COMPLETED),
    )
    await handle.signal("agency_wrote", messages.AgencyWrote(heard=examined))
    await world.advance(application_id, 21 * DAY)
    await world.until(
        application_id, lambda snapshot: snapshot.in_special_period and "special-period" in str(snapshot.timeline)
    )
    await recorder.open("special-period", handle)
    done = messages.CompleteManualStep(message_id="done", step=ManualStepKind.CORRECTION, evidence="東京局 電話")
    await world.zairyu.complete_manual_step(application_id, done)
    last = (await world.zairyu.snapshot(application_id)).special_period_until
    assert last is not None
    await world.advance(application_id, start_of_day(last - 30 * DAY) + timedelta(hours=1) - world.now)
    await world.until(application_id, lambda snapshot: str(snapshot.timeline).count("(special-period)") == 2)
    await world.officer(application_id, "denial")
    await world.ended(application_id, End.DENIED)
    await recorder.closed("special-period", handle)


async def by_hand(world: World, recorder: Recorder) -> None:
    """An interface that tells nothing: everything is looked up by people, and one of them is reminded."""
    application_id = await world.file(application_id="by-hand-story")
    by_post = messages.ChooseCollection(message_id="by post", method=CollectionMethod.POST)
    await world.zairyu.choose_collection(application_id, by_post)
    await world.until(application_id, lambda snapshot: len(snapshot.manual_steps) == 2)
    await _done(world, application_id, ManualStepKind.CHANGE_COLLECTION)
    await world.advance(application_id, 8 * DAY)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention) and len(snapshot.manual_steps) == 2)
    await recorder.open("by-hand", world.handle(application_id))
    await _done(world, application_id, ManualStepKind.NOTE_RECEIPT_NUMBER, Said(receipt_number="東オンＥＮ26000001"))
    await _done(
        world,
        application_id,
        ManualStepKind.CHECK_STATUS,
        Said(application=ApplicationStatus.EXAMINATION_COMPLETED),
    )
    granted = Grant(period=PeriodOfStay(years=3), expires_on=add_months(world.today, 38))
    await _done(world, application_id, ManualStepKind.NOTE_DECISION, Said(outcome=Outcome.PERMITTED, grant=granted))
    fee = Fee(amount=56_000, settlement_fee=550, payment_number="60000000001", due_on=world.today + 14 * DAY)
    await _done(world, application_id, ManualStepKind.NOTE_FEE, Said(fee=fee))
    await _done(world, application_id, ManualStepKind.NOTE_PAYMENT)
    await _done(world, application_id, ManualStepKind.NOTE_COLLECTION, Said(collection=CollectionStatus.SENT))
    have_it = messages.ConfirmCollection(message_id="card", collected_on=world.today)
    await world.until(application_id, lambda snapshot: snapshot.collection_status is CollectionStatus.SENT)
    await world.zairyu.confirm_collection(application_id, have_it)
    await world.ended(application_id, End.COMPLETED)
    await recorder.closed("by-hand", world.handle(application_id))


async def _done(world: World, application_id: str, step: ManualStepKind, said: Said | None = None) -> None:
    await world.until(application_id, lambda snapshot: step in {each.kind for each in snapshot.manual_steps})
    message = messages.CompleteManualStep(message_id=uuid.uuid4().hex, step=step, evidence="画面で確認", said=said)
    await world.zairyu.complete_manual_step(application_id, message)


async def taken_back(world: World, recorder: Recorder) -> None:
    """Withdrawn by an interface that takes a withdrawal."""
    application_id = await world.file(application_id="taken-back-story")
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no more"))
    await world.ended(application_id, End.WITHDRAWN)
    await recorder.closed("taken-back", world.handle(application_id))


async def feed_noticed(world: World, recorder: Recorder) -> None:
    """The poller, after news that the feed had lost were found, and an operator has looked at it."""
    application_id = await world.file(application_id="feed-noticed-story")
    await world.arm("lose_events", call="feed")
    await world.officer(application_id, "receipt-number")
    await world.zairyu.send_to_feed("sweep_now", SweepNow(message_id="now"))
    await world.until(application_id, lambda snapshot: snapshot.receipt_number is not None)

    async def noticed() -> bool:
        return bool((await world.zairyu.feed()).attention)

    await world.eventually(noticed)
    looked = messages.Resolve(
        message_id="seen", reason=AttentionReason.NEWS_MISSED, action=messages.ResolveAction.ACKNOWLEDGE
    )
    await world.zairyu.send_to_feed("resolve", looked)
    feed = world.temporal.get_workflow_handle(status_feed_workflow_id((await world.zairyu.feed()).profile))
    await recorder.open("status-feed-noticed", feed)
