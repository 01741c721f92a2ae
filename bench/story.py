"""A whole story, lived through as fast as the world allows, by many applicants at once."""

import asyncio
from datetime import date, timedelta

from tests.world import World

from zairyu.models import messages
from zairyu.models.snapshot import ApplicationSnapshot, Phase
from zairyu.models.status import CollectionStatus


async def whole_story(world: World, expires_on: date) -> str:
    """From the form to the card, with one request for documents; returns the application's id."""
    application_id = await world.start(expires_on=expires_on)
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    due_on = str(world.today + timedelta(days=14))
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=due_on)
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await world.eventually(lambda: _supplied(world, application_id))
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    await world.officer(application_id, "permission", years="3")
    due = await world.until(application_id, lambda snapshot: snapshot.fee is not None)
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.until(application_id, _ready)
    await world.zairyu.confirm_collection(
        application_id, messages.ConfirmCollection(message_id="card", collected_on=world.today)
    )
    await world.closed(application_id)
    return application_id


async def many_stories(world: World, count: int, expires_on: date) -> list[str]:
    """That many applicants at once."""
    return list(await asyncio.gather(*(whole_story(world, expires_on) for _ in range(count))))


async def _supplied(world: World, application_id: str) -> bool:
    await world.supply(application_id, 1)
    return True


def _ready(snapshot: ApplicationSnapshot) -> bool:
    return snapshot.phase is Phase.COLLECTION and snapshot.collection_status is not CollectionStatus.NOT_READY
