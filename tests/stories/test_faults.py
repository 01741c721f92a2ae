"""The outside world fails in every way it knows. Asserted is what the agency and the mailbox ended up with."""

import asyncio
import json
from collections import Counter
from datetime import timedelta

import pytest

from tests.world import World
from zairyu.models import messages
from zairyu.models.application import ApplicationForm
from zairyu.models.residence import ApplicationType, CollectionMethod
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, End, Phase
from zairyu.rules.calendar import add_months
from zairyu.runtime.embedded import free_port

_LONGER_THAN_ANY_PAUSE = timedelta(minutes=5)


async def _skip_pauses(world: World, application_id: str, phase: Phase) -> ApplicationSnapshot:
    """Wait for a phase, and let the pauses between two tries pass at once."""
    ends = asyncio.get_running_loop().time() + 30
    while True:
        snapshot = await world.zairyu.snapshot(application_id)
        if snapshot.phase is phase:
            return snapshot
        assert asyncio.get_running_loop().time() < ends, snapshot
        await world.environment.fast_forward(world.handle(application_id), _LONGER_THAN_ANY_PAUSE)
        await asyncio.sleep(0.1)


async def _attention(world: World, application_id: str, reason: AttentionReason) -> ApplicationSnapshot:
    return await world.until(
        application_id, lambda snapshot: reason in [attention.reason for attention in snapshot.attention]
    )


async def _mails_came(world: World, number: int) -> None:
    """Wait for so many mails. Who is asked for documents by mail can supply them."""

    async def came() -> bool:
        return len(await world.mails()) >= number

    await world.eventually(came)


# ----- the submission -------------------------------------------------------------------------------------------


async def test_lost_answer_makes_no_second_application(world: World) -> None:
    await world.arm("lose_answer")
    application_id = await world.start()
    await world.sign(application_id)
    filed = await _skip_pauses(world, application_id, Phase.RECEIPT)
    (entry,) = await world.ledger()
    assert entry["record"]["provisional_number"] == filed.provisional_number
    assert entry["sha256"] == filed.package_sha256


async def test_lost_answer_and_then_an_outage_make_no_second_application(world: World) -> None:
    """The look-up fails as well, for a time and with a word that must not be taken for a no."""
    await world.arm("lose_answer")
    application_id = await world.start()
    await world.sign(application_id)
    await world.eventually(world.ledger)
    await world.arm("unavailable", call="look_up")
    await world.arm("refuse", call="look_up")
    filed = await _skip_pauses(world, application_id, Phase.RECEIPT)
    (entry,) = await world.ledger()
    assert entry["record"]["provisional_number"] == filed.provisional_number


@pytest.mark.parametrize("call", ["token", "look_up", "submission"])
async def test_outage_before_the_submission_only_delays_it(world: World, call: str) -> None:
    # A worker that has a token wants no other for half an hour.
    await world.stop_worker()
    await world.arm("unavailable", count=2, call=call)
    await world.arm("timeout", call=call, seconds=0.1)
    await world.start_worker()
    application_id = await world.start()
    await world.sign(application_id)
    filed = await _skip_pauses(world, application_id, Phase.RECEIPT)
    assert filed.attention == ()
    assert len(await world.ledger()) == 1
    assert (await world.http.get("/sandbox/faults")).json() == [], "every fault that was armed has struck"


async def _refused(world: World) -> str:
    await world.arm("refuse")
    application_id = await world.start()
    await world.sign(application_id)
    parked = await _attention(world, application_id, AttentionReason.SUBMISSION_REFUSED)
    assert parked.phase is Phase.SUBMISSION
    assert parked.waiting_for is not None
    assert await world.ledger() == []
    return application_id


async def _resolve(world: World, application_id: str, action: messages.ResolveAction) -> ApplicationSnapshot:
    return await world.zairyu.resolve(
        application_id,
        messages.Resolve(message_id="operator", reason=AttentionReason.SUBMISSION_REFUSED, action=action),
    )


async def test_refused_submission_is_not_lost_when_an_operator_retries(world: World) -> None:
    application_id = await _refused(world)
    await _resolve(world, application_id, messages.ResolveAction.RETRY)
    filed = await world.in_phase(application_id, Phase.RECEIPT)
    assert filed.attention == ()
    assert len(await world.ledger()) == 1
    assert len(world.fingers.asked) == 1, "what was signed is sent again, without asking for the PIN again"


async def test_refused_submission_whose_certificate_has_expired_meanwhile_is_signed_again(world: World) -> None:
    """A certificate of eligibility has no last day, so months may pass; the card of the one who signed has one."""
    application_id = await world.start(ApplicationType.CERTIFICATE_OF_ELIGIBILITY)
    await world.arm("refuse")
    await world.sign(application_id)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    await world.advance(application_id, timedelta(days=100))
    await _resolve(world, application_id, messages.ResolveAction.RETRY)
    asked = await world.in_phase(application_id, Phase.SIGNATURE)
    assert "has expired" in str(asked.timeline)
    world.reader.insert(world.card(valid_until=add_months(world.today, 12)))
    await world.sign(application_id)
    filed = await world.in_phase(application_id, Phase.RECEIPT)
    assert filed.attention == ()
    assert len(await world.ledger()) == 1


async def test_refused_submission_can_be_abandoned(world: World) -> None:
    application_id = await _refused(world)
    await _resolve(world, application_id, messages.ResolveAction.ABANDON)
    closed = await world.in_phase(application_id, Phase.CLOSED)
    assert closed.end is End.REJECTED
    assert closed.attention == ()
    assert await world.ledger() == []


async def test_refused_submission_is_amended_signed_again_and_filed(world: World) -> None:
    application_id = await _refused(world)
    before = await world.zairyu.snapshot(application_id)
    (file,) = (world.directory / "input").rglob("application.json")
    content = json.loads(file.read_bytes())
    form = ApplicationForm.model_validate({**content, "reason": "前回の理由を訂正します。"})
    await world.zairyu.amend(application_id, messages.Amend(message_id="amended", form=form))
    await world.sign(application_id)
    filed = await world.in_phase(application_id, Phase.RECEIPT)
    assert filed.attention == ()
    assert filed.package_sha256 != before.package_sha256
    (entry,) = await world.ledger()
    assert entry["sha256"] == filed.package_sha256
    assert len(world.fingers.asked) == 2


async def test_agency_that_refuses_again_parks_again(world: World) -> None:
    application_id = await _refused(world)
    await world.arm("refuse")
    before = (await world.zairyu.snapshot(application_id)).attention[0].since
    await _resolve(world, application_id, messages.ResolveAction.RETRY)
    await world.until(
        application_id, lambda snapshot: bool(snapshot.attention) and snapshot.attention[0].since > before
    )
    assert await world.ledger() == []


# ----- mail -----------------------------------------------------------------------------------------------------


async def test_mail_server_that_is_down_does_not_stop_the_story_and_the_mail_comes_later(world: World) -> None:
    application_id = await world.file()
    right = world.settings.smtp_port
    await world.stop_worker()
    world.settings = world.settings.model_copy(update={"smtp_port": free_port()})
    await world.start_worker()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    waiting = await world.until(
        application_id, lambda snapshot: snapshot.application_status is not None and "審査" in str(snapshot.timeline)
    )
    assert waiting.phase is Phase.EXAMINATION
    assert await world.mails() == []

    await world.stop_worker()
    world.settings = world.settings.model_copy(update={"smtp_port": right})
    await world.start_worker()
    async with asyncio.timeout(30):
        while not await world.mails():
            await world.environment.fast_forward(world.handle(application_id), _LONGER_THAN_ANY_PAUSE)
            await asyncio.sleep(0.05)
    told = await world.until(application_id, lambda snapshot: "receipt-number" in str(snapshot.timeline))
    assert told.attention == ()
    assert len(await world.mails()) == 1


@pytest.mark.parametrize(("fault", "deliveries"), [("unavailable", 1), ("timeout", 1), ("lose_answer", 2)])
async def test_mail_that_went_wrong_is_sent_again_and_recognised(world: World, fault: str, deliveries: int) -> None:
    application_id = await world.file()
    await world.arm(fault, call="mail", seconds=0.1)
    await world.officer(application_id, "receipt-number")
    async with asyncio.timeout(30):
        while "メールを送信しました" not in str((await world.zairyu.snapshot(application_id)).timeline):
            await world.environment.fast_forward(world.handle(application_id), _LONGER_THAN_ANY_PAUSE)
            await asyncio.sleep(0.05)
    mails = await world.mails()
    assert len(mails) == deliveries
    assert len({mail["message_id"] for mail in mails}) == 1
    assert len({(mail["subject"], mail["text"]) for mail in mails}) == 1
    assert (await world.zairyu.snapshot(application_id)).attention == ()


async def test_mail_that_is_refused_for_good_is_told_and_the_next_one_is_sent(world: World) -> None:
    application_id = await world.file()
    await world.arm("refuse", call="mail")
    await world.officer(application_id, "receipt-number")
    told = await _attention(world, application_id, AttentionReason.MAIL_UNDELIVERABLE)
    assert told.phase is Phase.EXAMINATION
    assert await world.mails() == []
    await world.zairyu.resolve(
        application_id,
        messages.Resolve(
            message_id="called-by-telephone",
            reason=AttentionReason.MAIL_UNDELIVERABLE,
            action=messages.ResolveAction.ACKNOWLEDGE,
        ),
    )
    await world.officer(application_id, "examination")
    await world.officer(application_id, "denial")
    closed = await world.closed(application_id)
    assert closed.end is End.DENIED
    assert closed.attention == ()
    assert len(await world.mails()) == 1


# ----- news, documents, collection ------------------------------------------------------------------------------


async def test_repeated_and_reversed_news_changes_nothing(world: World) -> None:
    """All of it on one page, in the wrong order, twice; and the same pages again from the beginning."""
    application_id = await world.file()
    await world.in_phase(application_id, Phase.RECEIPT)
    await world.stop_worker()
    await world.arm("repeat_events", count=1000)
    await world.arm("reverse_events", count=1000)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(
        application_id, "document-requests", items="在職証明書", due_on=str(world.today + timedelta(days=14))
    )
    await world.start_worker()
    await _mails_came(world, 2)
    await world.supply(application_id, 1)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    await world.officer(application_id, "permission", years="3")
    due = await world.in_phase(application_id, Phase.PAYMENT)
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.officer(application_id, "handover")
    closed = await world.closed(application_id)
    assert closed.end is End.COMPLETED
    sentences = Counter(entry.text.en for entry in closed.timeline)
    assert [sentence for sentence, times in sentences.items() if times > 1] == []
    mails = await world.mails()
    assert len({mail["message_id"] for mail in mails}) == len(mails)
    (entry,) = await world.ledger()
    assert len(entry["supplies"]) == 1


async def test_report_of_another_package_and_an_old_report_change_nothing(world: World) -> None:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    before = await world.until(
        application_id,
        lambda snapshot: snapshot.application_status == "UNDER_EXAMINATION" and "Mail sent" in str(snapshot.timeline),
    )
    reports = [
        (await world.temporal.data_converter.decode(payloads, [messages.StatusChanged]))[0].report
        async for event in world.handle(application_id).fetch_history_events()
        if (payloads := event.workflow_execution_signaled_event_attributes.input.payloads)
    ]
    assert len(reports) == 3
    foreign = reports[-1].model_copy(update={"request_id": "another-one.0", "revision": 99, "outcome": "DENIED"})
    for report in (*reversed(reports), *reports, foreign):
        await world.handle(application_id).signal("status_changed", messages.StatusChanged(report=report))
    assert await world.zairyu.snapshot(application_id) == before


async def test_outage_of_the_news_only_delays_them(world: World) -> None:
    application_id = await world.file()
    await world.arm("unavailable", call="feed")
    await world.arm("lose_answer", call="feed")
    await world.officer(application_id, "receipt-number")
    await world.in_phase(application_id, Phase.EXAMINATION)


async def _asked_for_documents(world: World) -> str:
    application_id = await world.file()
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(
        application_id, "document-requests", items="在職証明書", due_on=str(world.today + timedelta(days=14))
    )
    await _mails_came(world, 2)
    return application_id


async def test_lost_answer_to_documents_makes_no_second_supply(world: World) -> None:
    application_id = await _asked_for_documents(world)
    await world.arm("lose_answer", call="documents")
    await world.supply(application_id, 1)
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    assert (await world.handle(application_id, request=1).result())["answered"] is True
    (entry,) = await world.ledger()
    assert len(entry["supplies"]) == 1


async def test_refused_documents_can_be_supplied_again(world: World) -> None:
    application_id = await _asked_for_documents(world)
    await world.arm("refuse", call="documents")
    await world.supply(application_id, 1, message_id="first")

    async def refused() -> bool:
        return (await world.handle(application_id, request=1).query("snapshot"))["refusal"] is not None

    await world.eventually(refused)
    await world.supply(application_id, 1, message_id="second")
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    answered = await world.handle(application_id, request=1).result()
    assert (answered["answered"], answered["refusal"]) == (True, None)
    (entry,) = await world.ledger()
    assert len(entry["supplies"]) == 1


async def test_refused_change_of_collection_is_told_and_can_be_asked_again(world: World) -> None:
    application_id = await world.file()
    await world.arm("refuse", call="collection")
    await world.zairyu.choose_collection(
        application_id, messages.ChooseCollection(message_id="first", method=CollectionMethod.POST)
    )
    told = await _attention(world, application_id, AttentionReason.COLLECTION_CHANGE_REFUSED)
    assert told.collection_method is CollectionMethod.COUNTER
    await world.arm("lose_answer", call="collection")
    await world.zairyu.choose_collection(
        application_id, messages.ChooseCollection(message_id="second", method=CollectionMethod.POST)
    )
    await world.until(application_id, lambda snapshot: snapshot.collection_method is CollectionMethod.POST)
    (entry,) = await world.ledger()
    assert entry["collection_method"] == "POST"
