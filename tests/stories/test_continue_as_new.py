"""A long story goes on in a new history, with everything it carried."""

from datetime import timedelta
from pathlib import Path

from tests.stays import WatchedStay
from tests.stories.test_amended import told
from tests.world import World, temporal_environment
from zairyu.models import messages
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import End, Phase
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki


async def test_an_application_goes_on_in_a_new_history_and_forgets_nothing(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    async with (
        # A history counts as long much sooner here than it does by default.
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=40") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        application_id = await world.file()
        choice = messages.ChooseCollection(message_id="by post", method="POST")
        await world.officer(application_id, "receipt-number")
        await world.officer(application_id, "examination")
        await world.in_phase(application_id, Phase.EXAMINATION)
        await world.zairyu.choose_collection(application_id, choice)
        await world.until(application_id, lambda snapshot: snapshot.collection_method == "POST")
        await world.officer(application_id, "permission", years="3")
        due = await world.in_phase(application_id, Phase.PAYMENT)
        # The same message again, now perhaps in another history, still changes nothing.
        await world.zairyu.choose_collection(application_id, choice)
        assert (await world.zairyu.snapshot(application_id)).collection_method == "POST"
        await world.pay(await world.until(application_id, lambda snapshot: snapshot.fee is not None))
        await world.in_phase(application_id, Phase.COLLECTION)
        await world.officer(application_id, "ready")
        await world.until(application_id, lambda snapshot: snapshot.collection_status == "READY")
        await world.zairyu.confirm_collection(
            application_id, messages.ConfirmCollection(message_id="card", collected_on=world.today)
        )
        closed = await world.closed(application_id)
        description = await world.handle(application_id).describe()
        first = await world.handle(application_id).fetch_history()
        assert due.receipt_number == closed.receipt_number
        assert closed.end is End.COMPLETED
        started = first.events[0].workflow_execution_started_event_attributes
        assert started.continued_execution_run_id, "the story fitted into one history"
        assert description.run_id != started.first_execution_run_id
        assert len(await world.ledger()) == 1
        message_ids = [mail["message_id"] for mail in await world.mails()]
        assert len(set(message_ids)) == len(message_ids) == 4


async def test_certificate_that_waits_for_its_registration_goes_on_in_a_new_history(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    async with (
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=15") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        application_id = await world.file(ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
        for action in ("receipt-number", "examination", "permission", "ready", "sent"):
            await world.officer(application_id, action)
        sent = await world.until(
            application_id, lambda snapshot: "Mail sent (certificate-mailed)" in str(snapshot.timeline)
        )
        await world.advance(application_id, timedelta(days=35))
        await world.until(application_id, lambda snapshot: str(snapshot.timeline).count("certificate-mailed") == 4)
        await world.officer(application_id, "handover")
        closed = await world.closed(application_id)
        assert closed.end is End.COMPLETED
        assert closed.certificate_valid_until == sent.certificate_valid_until is not None
        started = (await world.handle(application_id).fetch_history()).events[0]
        assert started.workflow_execution_started_event_attributes.continued_execution_run_id
        message_ids = [mail["message_id"] for mail in await world.mails()]
        assert len(set(message_ids)) == len(message_ids) == 5


async def test_news_of_a_stay_is_told_once_from_whichever_history(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    """With a worker that stands still while the agency decides."""
    async with (
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=15") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        stay = WatchedStay(world)
        application_id = await world.file(
            user_id=stay.user_id, concurrent_permissions=["RE_ENTRY"], re_entry="MULTIPLE"
        )
        await world.officer(application_id, "receipt-number")
        await world.officer(application_id, "examination")
        await world.until(application_id, lambda snapshot: "Mail sent" in str(snapshot.timeline))
        await world.stop_worker()
        await world.officer(application_id, "permission", years="3")
        await world.start_worker()
        due = await world.until(application_id, lambda snapshot: snapshot.phase is Phase.PAYMENT and bool(snapshot.fee))
        assert due.concurrent_permissions
        await world.pay(due)
        await world.in_phase(application_id, Phase.COLLECTION)
        await world.stop_worker()
        await world.officer(application_id, "ready")
        await world.officer(application_id, "handover")
        await world.start_worker()
        closed = await world.closed(application_id)
        assert closed.end is End.COMPLETED
        assert not closed.concurrent_terminated
        assert await told(stay) == [f"{application_id} {what}" for what in ("filed", "granted", "ended")]


async def test_mail_server_that_is_down_keeps_a_long_application_from_nothing(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    async with (
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=15") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        application_id = await world.file()
        await world.arm("unavailable", call="mail", count=1000)
        await world.officer(application_id, "receipt-number")
        await world.officer(application_id, "examination")
        due_on = world.today + timedelta(days=14)
        await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(due_on))
        await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
        await world.supply(application_id, 1)
        await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
        await world.arm("unavailable", call="mail", count=0)
        await world.officer(application_id, "denial")
        assert (await world.closed(application_id)).end is End.DENIED
