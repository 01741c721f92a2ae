"""An interface that carries less than it might: people do the rest, and the story comes to the same end."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.world import World, temporal_environment
from zairyu.models import messages
from zairyu.models.capability import Capability
from zairyu.models.residence import ApplicationType, CollectionMethod, PeriodOfStay
from zairyu.models.snapshot import ApplicationSnapshot, End, ManualStepKind, Phase
from zairyu.models.status import (
    ApplicationStatus,
    AskedDocuments,
    CollectionStatus,
    DocumentsStatus,
    Fee,
    Grant,
    Outcome,
    PaymentStatus,
    Said,
)
from zairyu.rules.calendar import add_months
from zairyu.rules.interface_profiles import SANDBOX, interface_profile
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki

DAY = timedelta(days=1)
EVERYTHING = interface_profile(SANDBOX).capabilities
STEPS: dict[Capability, set[ManualStepKind]] = {
    Capability.STATUS_FEED: set(),
    Capability.STATUS_LOOK_UP: set(),
    Capability.RECEIPT_NUMBER: {ManualStepKind.NOTE_RECEIPT_NUMBER},
    Capability.DOCUMENT_REQUESTS: {ManualStepKind.NOTE_DOCUMENT_REQUEST},
    Capability.DECISION: {ManualStepKind.NOTE_DECISION},
    Capability.FEE: {ManualStepKind.NOTE_FEE, ManualStepKind.NOTE_PAYMENT},
    Capability.COLLECTION_PROGRESS: {ManualStepKind.NOTE_COLLECTION},
    Capability.DOCUMENT_SUPPLY: {ManualStepKind.SUPPLY_DOCUMENTS},
    Capability.COLLECTION_CHANGE: {ManualStepKind.CHANGE_COLLECTION},
}
"""What people have to do without each of them. Feed and look-up stand in for one another."""

Lesser = Callable[..., Any]


@pytest.fixture
def lesser(temporal: WorkflowEnvironment, keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path) -> Callable[..., Any]:
    """A world whose interface lacks something, or has something more."""

    @asynccontextmanager
    async def make(*lacks: Capability, also: frozenset[Capability] = frozenset()) -> AsyncIterator[World]:
        async with World(temporal, keys, sandbox_pki, tmp_path, capabilities=EVERYTHING - set(lacks) | also) as world:
            yield world

    return make


class Person:
    """Whoever does by hand what the interface cannot, with the officer's ledger in place of the agency's website."""

    def __init__(self, world: World, application_id: str) -> None:
        self.world = world
        self.application_id = application_id
        self.done: list[ManualStepKind] = []

    async def until(self, condition: Callable[[ApplicationSnapshot], bool]) -> ApplicationSnapshot:
        """Wait, and do every manual step that comes up on the way."""

        async def told() -> bool:
            snapshot = await self.world.zairyu.snapshot(self.application_id)
            if condition(snapshot):
                return True
            for step in snapshot.manual_steps:
                await self._do(step.kind)
            return False

        await self.world.eventually(told)
        return await self.world.zairyu.snapshot(self.application_id)

    async def _do(self, kind: ManualStepKind) -> None:
        said = await self.on_the_website(kind)
        if said == Said() and kind is not ManualStepKind.CHANGE_COLLECTION and kind is not ManualStepKind.NOTE_PAYMENT:
            return
        await self.world.zairyu.complete_manual_step(
            self.application_id,
            messages.CompleteManualStep(
                message_id=uuid.uuid4().hex, step=kind, evidence="画面で確認", said=None if said == Said() else said
            ),
        )
        self.done.append(kind)

    async def on_the_website(self, kind: ManualStepKind) -> Said:
        """What stands there now; nothing where the step is to do something, or where it does not stand there yet."""
        (entry,) = await self.world.ledger()
        record = entry["record"]
        grant, fee = record["grant"], record["fee"]
        match kind:
            case ManualStepKind.NOTE_RECEIPT_NUMBER:
                return Said(receipt_number=record["receipt_number"])
            case ManualStepKind.NOTE_DOCUMENT_REQUEST:
                asked = record["document_requests"][-1]
                return Said(request=AskedDocuments(items=tuple(asked["items"]), due_on=asked["due_on"]))
            case ManualStepKind.NOTE_DECISION:
                return Said(outcome=Outcome.PERMITTED, grant=_grant(grant))
            case ManualStepKind.NOTE_FEE:
                return Said(fee=_fee(fee))
            case ManualStepKind.NOTE_COLLECTION:
                ready = record["collection"] != ""
                return Said(collection=CollectionStatus.READY if ready else None)
            case ManualStepKind.CHECK_STATUS:
                return await self._everything(record)
            case _:
                return Said()

    async def _everything(self, record: dict[str, Any]) -> Said:
        words = interface_profile(SANDBOX).words
        return Said(
            receipt_number=record["receipt_number"],
            application=words.application[record["application"]],
            documents=words.documents[record["documents"]],
        )


def _grant(told: dict[str, Any]) -> Grant:
    period = PeriodOfStay(years=told["years"], months=told["months"], days=told["days"])
    return Grant(period=period, expires_on=told["expires_on"])


def _fee(told: dict[str, Any]) -> Fee:
    paid = PaymentStatus.PAID if told["status"] == "納付済" else PaymentStatus.DUE
    return Fee.model_validate({**told, "status": paid})


@pytest.mark.parametrize("lacking", sorted(EVERYTHING))
async def test_without_any_one_capability_the_story_still_comes_to_the_card(
    lesser: Lesser, lacking: Capability
) -> None:
    async with lesser(lacking) as world:
        person = Person(world, await world.file())
        await _to_the_card(world, person)
        by_hand = STEPS[lacking] - {ManualStepKind.SUPPLY_DOCUMENTS}
        assert set(person.done) == by_hand
        (entry,) = await world.ledger()
        assert entry["record"]["collection"] == "発行待ち"
        supplied = [supply["number"] for supply in entry["supplies"]]
        assert supplied == ([] if lacking is Capability.DOCUMENT_SUPPLY else [1])


@pytest.mark.parametrize(
    "lacking",
    [
        {Capability.DECISION, Capability.FEE, Capability.COLLECTION_PROGRESS},
        EVERYTHING - {Capability.STATUS_FEED, Capability.STATUS_LOOK_UP},
    ],
    ids=["all after the examination", "all but the status"],
)
async def test_without_several_of_them_at_once_the_story_still_comes_to_the_card(
    lesser: Lesser, lacking: set[Capability]
) -> None:
    async with lesser(*lacking) as world:
        person = Person(world, await world.file())
        await _to_the_card(world, person)
        by_hand = set[ManualStepKind]().union(*(STEPS[each] for each in lacking)) - {ManualStepKind.SUPPLY_DOCUMENTS}
        assert set(person.done) == by_hand


async def _to_the_card(world: World, person: Person) -> None:
    application_id = person.application_id
    officer = world.officer
    await officer(application_id, "receipt-number")
    await person.until(lambda snapshot: snapshot.receipt_number is not None)
    await officer(application_id, "examination")
    await person.until(lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION)

    await world.zairyu.choose_collection(
        application_id, messages.ChooseCollection(message_id="post", method=CollectionMethod.POST)
    )
    await person.until(lambda snapshot: snapshot.collection_method is CollectionMethod.POST)
    await world.zairyu.choose_collection(
        application_id, messages.ChooseCollection(message_id="counter", method=CollectionMethod.COUNTER)
    )
    await person.until(lambda snapshot: snapshot.collection_method is CollectionMethod.COUNTER)

    await officer(application_id, "document-requests", items="在職証明書", due_on=str(world.today + 14 * DAY))
    await person.until(lambda snapshot: bool(snapshot.document_requests))
    await _answer(world, application_id)

    await officer(application_id, "permission", years="3")
    await person.until(lambda snapshot: snapshot.phase is Phase.PAYMENT)
    due = await person.until(lambda snapshot: snapshot.fee is not None)
    assert (due.granted_period, due.outcome) == (PeriodOfStay(years=3), Outcome.PERMITTED)
    await world.pay(due)
    await person.until(lambda snapshot: snapshot.phase is Phase.COLLECTION)
    await officer(application_id, "ready")
    await person.until(lambda snapshot: snapshot.collection_status is CollectionStatus.READY)
    await world.zairyu.confirm_collection(
        application_id, messages.ConfirmCollection(message_id="mine", collected_on=world.today)
    )
    assert (await world.closed(application_id)).end is End.COMPLETED


async def _answer(world: World, application_id: str) -> None:
    """Supply what is asked for: through the interface, or on the agency's website."""
    await world.supply(application_id, 1)

    async def answered() -> bool:
        request = await world.zairyu.document_request(application_id, 1)
        if ManualStepKind.SUPPLY_DOCUMENTS in {step.kind for step in request.manual_steps}:
            done = messages.CompleteManualStep(
                message_id="uploaded", step=ManualStepKind.SUPPLY_DOCUMENTS, evidence="オンラインシステムで添付"
            )
            await world.zairyu.send_to_document_request(application_id, 1, "complete_manual_step", done)
        return request.answered

    await world.eventually(answered)


@pytest.mark.parametrize("also", [(), (Capability.DOCUMENT_SUPPLY, Capability.COLLECTION_CHANGE)], ids=["", "or takes"])
async def test_an_interface_that_tells_nothing_at_all_has_somebody_look_again_and_again(
    lesser: Lesser, also: tuple[Capability, ...]
) -> None:
    async with lesser(Capability.STATUS_FEED, Capability.STATUS_LOOK_UP, *also) as world:
        person = Person(world, await world.file())
        application_id = person.application_id
        await world.officer(application_id, "receipt-number")
        await person.until(lambda snapshot: snapshot.receipt_number is not None)
        assert person.done == [ManualStepKind.NOTE_RECEIPT_NUMBER]

        await world.officer(application_id, "examination")
        await world.advance(application_id, 8 * DAY)
        await person.until(lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION)
        assert person.done[1:] == [ManualStepKind.CHECK_STATUS]

        await world.officer(application_id, "document-requests", items="在職証明書", due_on=str(world.today + 30 * DAY))
        await world.advance(application_id, 8 * DAY)
        asked = await person.until(lambda snapshot: bool(snapshot.document_requests))
        assert asked.documents_status is DocumentsStatus.REQUESTED
        assert person.done[2:] == [ManualStepKind.CHECK_STATUS, ManualStepKind.NOTE_DOCUMENT_REQUEST]
        await _answer(world, application_id)

        await world.officer(application_id, "permission", years="1")
        await world.advance(application_id, 8 * DAY)
        due = await person.until(lambda snapshot: snapshot.fee is not None)
        assert due.phase is Phase.PAYMENT
        await world.pay(due)
        await person.until(lambda snapshot: snapshot.phase is Phase.COLLECTION)
        await world.officer(application_id, "ready")
        await person.until(lambda snapshot: snapshot.collection_status is CollectionStatus.READY)
        confirmed = messages.ConfirmCollection(message_id="mine", collected_on=world.today)
        await world.zairyu.confirm_collection(application_id, confirmed)
        assert (await world.closed(application_id)).end is End.COMPLETED


async def test_an_interface_that_takes_a_withdrawal_leaves_nobody_anything_to_do(lesser: Lesser) -> None:
    async with lesser(also=frozenset({Capability.WITHDRAWAL})) as world:
        application_id = await world.file()
        await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="enough"))
        closed = await world.closed(application_id)
        assert closed.end is End.WITHDRAWN
        assert closed.manual_steps == ()
        (entry,) = await world.ledger()
        assert entry["record"]["outcome"] == "取下げ"


async def test_a_withdrawal_that_the_interface_refuses_is_made_by_hand(lesser: Lesser) -> None:
    async with lesser(also=frozenset({Capability.WITHDRAWAL})) as world:
        application_id = await world.file()
        await world.arm("refuse", call="withdrawal")
        await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="enough"))
        waiting = await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
        assert [step.kind for step in waiting.manual_steps] == [ManualStepKind.WITHDRAWAL]
        assert [attention.reason for attention in waiting.attention] == ["WITHDRAWAL_REFUSED"]
        done = messages.CompleteManualStep(message_id="done", step=ManualStepKind.WITHDRAWAL, evidence="東京局")
        await world.zairyu.complete_manual_step(application_id, done)
        assert (await world.closed(application_id)).end is End.WITHDRAWN


async def test_a_lost_answer_to_a_withdrawal_withdraws_once(lesser: Lesser) -> None:
    async with lesser(also=frozenset({Capability.WITHDRAWAL})) as world:
        application_id = await world.file()
        await world.arm("lose_answer", call="withdrawal")
        await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="enough"))
        assert (await world.closed(application_id)).end is End.WITHDRAWN


async def test_a_special_period_in_which_nothing_is_told_still_ends_with_what_somebody_looked_up(
    lesser: Lesser,
) -> None:
    async with lesser(Capability.DECISION) as world:
        person = Person(world, await world.file(expires_on=world.today + 20 * DAY))
        application_id = person.application_id
        await world.officer(application_id, "receipt-number")
        await world.officer(application_id, "examination")
        await world.advance(application_id, 30 * DAY)
        await person.until(lambda snapshot: snapshot.in_special_period)
        await world.officer(application_id, "permission", years="1", expires_on=str(add_months(world.today, 12)))
        due = await person.until(lambda snapshot: snapshot.phase is Phase.PAYMENT)
        assert not due.in_special_period
        assert person.done == [ManualStepKind.NOTE_DECISION]


async def test_what_people_brought_goes_on_in_a_new_history(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    lacking = EVERYTHING - {Capability.STATUS_FEED, Capability.STATUS_LOOK_UP}
    async with (
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=15") as environment,
        World(environment, keys, sandbox_pki, tmp_path, capabilities=EVERYTHING - lacking) as world,
    ):
        person = Person(world, await world.file(expires_on=world.today + 20 * DAY))
        application_id = person.application_id
        wrong = messages.RequestCorrection(message_id="c-1", what="電話番号")
        await world.zairyu.send(application_id, "request_correction", wrong)
        taken = messages.AssignManualStep(message_id="a-1", step=ManualStepKind.CORRECTION, assignee="sato01")
        await world.zairyu.send(application_id, "assign_manual_step", taken)
        await world.advance(application_id, 21 * DAY)
        begun = await world.until(application_id, lambda snapshot: snapshot.in_special_period)
        since = {step.kind: step.since for step in begun.manual_steps}
        assert ManualStepKind.CORRECTION in since
        for message_id in ("c-2", "c-3", "c-4"):
            more = messages.RequestCorrection(message_id=message_id, what="勤務先")
            await world.zairyu.send(application_id, "request_correction", more)
        await world.zairyu.send(application_id, "request_correction", wrong)
        carried = await world.zairyu.snapshot(application_id)
        assert carried.corrections == ("電話番号", "勤務先", "勤務先", "勤務先")

        for action in ("receipt-number", "examination"):
            await world.officer(application_id, action)
        await person.until(lambda snapshot: snapshot.receipt_number is not None)
        await world.officer(application_id, "permission", years="1")
        due = await person.until(lambda snapshot: snapshot.fee is not None)
        assert (due.phase, due.in_special_period) == (Phase.PAYMENT, False)
        started = (await world.handle(application_id).fetch_history()).events[0]
        assert started.workflow_execution_started_event_attributes.continued_execution_run_id
        message_ids = [mail["message_id"] for mail in await world.mails()]
        assert len(set(message_ids)) == len(message_ids)


async def test_a_certificate_by_mail_of_which_nothing_is_told_is_registered_in_time(lesser: Lesser) -> None:
    async with lesser(Capability.COLLECTION_PROGRESS, Capability.DECISION) as world:
        application_id = await world.file(ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
        for action in ("receipt-number", "examination", "permission"):
            await world.officer(application_id, action)
        for step, said in (
            (ManualStepKind.NOTE_DECISION, Said(outcome=Outcome.PERMITTED)),
            (ManualStepKind.NOTE_COLLECTION, Said(collection=CollectionStatus.SENT)),
        ):
            await world.until(
                application_id, lambda snapshot, step=step: step in {each.kind for each in snapshot.manual_steps}
            )
            noted = messages.CompleteManualStep(message_id=step.value, step=step, evidence="メール", said=said)
            await world.zairyu.complete_manual_step(application_id, noted)
        sent = await world.until(application_id, lambda snapshot: snapshot.certificate_valid_until is not None)
        assert sent.manual_steps == ()
        await world.zairyu.confirm_collection(
            application_id, messages.ConfirmCollection(message_id="mine", collected_on=world.today)
        )
        assert (await world.closed(application_id)).end is End.COMPLETED
