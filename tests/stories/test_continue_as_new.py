"""A long story goes on in a new history, with everything it carried."""

from pathlib import Path

from tests.world import World, temporal_environment
from zairyu.models import messages
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
