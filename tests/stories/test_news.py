"""A whole story on a feed that loses, doubles, reverses, delays and forgets: nothing lost, nothing done twice."""

from collections import Counter
from datetime import timedelta

from tests.world import World
from zairyu.models import messages
from zairyu.models.feed import SweepNow
from zairyu.models.snapshot import AttentionReason, End, Phase
from zairyu.models.status import ApplicationStatus, CollectionStatus

DAY = timedelta(days=1)


async def test_a_feed_with_every_fault_still_brings_the_application_to_its_end_once(world: World) -> None:
    application_id = await world.file()

    await world.arm("lose_events", call="feed")
    await world.officer(application_id, "receipt-number")
    await world.eventually(lambda: struck(world, "lose_events"))
    assert (await world.zairyu.snapshot(application_id)).receipt_number is None
    await world.zairyu.send_to_feed("sweep_now", SweepNow(message_id="now"))
    await world.until(application_id, lambda snapshot: snapshot.receipt_number is not None)

    async def noticed() -> bool:
        reasons = {attention.reason for attention in (await world.zairyu.feed()).attention}
        return AttentionReason.NEWS_MISSED in reasons

    await world.eventually(noticed)

    await world.arm("repeat_events", call="feed")
    await world.officer(application_id, "examination")
    await world.until(
        application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION
    )
    await world.arm("reverse_events", call="feed", count=3)
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(world.today + 14 * DAY))
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await world.supply(application_id, 1)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)

    await world.arm("delay_events", call="feed")
    await world.officer(application_id, "permission", years="3")
    await world.eventually(lambda: struck(world, "delay_events"))
    assert (await world.zairyu.snapshot(application_id)).outcome is None
    await world.advance(application_id, DAY + timedelta(hours=1))
    due = await world.in_phase(application_id, Phase.PAYMENT)

    await world.arm("forget_cursor", call="feed")
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.until(application_id, lambda snapshot: snapshot.collection_status is CollectionStatus.READY)
    confirmed = messages.ConfirmCollection(message_id="mine", collected_on=world.today)
    await world.zairyu.confirm_collection(application_id, confirmed)
    closed = await world.closed(application_id)

    assert closed.end is End.COMPLETED
    told = Counter(entry.text.en for entry in closed.timeline)
    assert [sentence for sentence, times in told.items() if times > 1] == []
    letters = await world.mails()
    assert [letter["subject"] for letter in letters if letter["repeats"]] == []
    assert len(letters) == len({letter["subject"] for letter in letters})
    reasons = {attention.reason for attention in (await world.zairyu.feed()).attention}
    assert reasons == {AttentionReason.NEWS_MISSED, AttentionReason.FEED_STARTED_OVER}


async def struck(world: World, fault: str) -> bool:
    armed = (await world.http.get("/sandbox/faults")).json()
    return fault not in {order["kind"] for order in armed}
