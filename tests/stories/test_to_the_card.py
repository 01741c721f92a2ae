"""The whole story, on a real server, over real HTTP and SMTP, with a card: a call away, and over real PC/SC."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.cards import DaemonRig
from tests.world import World
from zairyu.models import messages
from zairyu.models.snapshot import End, Phase
from zairyu.models.status import Outcome
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessReader


@pytest.mark.parametrize("reader", [InProcessReader, DaemonRig], ids=["in process", "PC/SC daemon"])
async def test_from_the_form_to_the_card_in_the_hand(
    temporal: WorkflowEnvironment,
    keys: KeyRing,
    sandbox_pki: SandboxPki,
    tmp_path: Path,
    reader: type[InProcessReader | DaemonRig],
) -> None:
    async with World(temporal, keys, sandbox_pki, tmp_path, reader()) as world:
        await live_through_it(world)


async def live_through_it(world: World) -> None:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(
        application_id, "document-requests", items="在職証明書", due_on=str(world.today + timedelta(days=14))
    )
    asked = await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    assert asked.receipt_number
    await world.supply(application_id, 1)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    await world.officer(application_id, "permission", years="3")
    due = await world.until(
        application_id, lambda snapshot: snapshot.fee is not None and snapshot.phase is Phase.PAYMENT
    )
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.until(application_id, lambda snapshot: snapshot.collection_status == "READY")
    await world.zairyu.confirm_collection(
        application_id, messages.ConfirmCollection(message_id="card", collected_on=world.today)
    )
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    assert closed.outcome is Outcome.PERMITTED
    assert closed.granted_period is not None
    assert closed.granted_period.years == 3
    assert closed.attention == ()
    assert len(await world.ledger()) == 1
    mails = await world.mails()
    assert len({mail["message_id"] for mail in mails}) == len(mails) == 5
