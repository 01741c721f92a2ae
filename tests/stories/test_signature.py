"""At the desk: what goes wrong with card and PIN costs no more than it must, and the applicant can sign again."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.worker import Worker

from tests.fingers import Fingers
from tests.world import World
from zairyu.client import MessageRefused
from zairyu.models import messages
from zairyu.models.application import ApplicationForm
from zairyu.models.base import BilingualText
from zairyu.models.card import ExpectedSigner, SignatureRequest
from zairyu.models.failures import StepFailure
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, End, Phase
from zairyu.models.steps import SIGN_AT_TERMINAL
from zairyu.sandbox.card.personas import CARLOS
from zairyu.sandbox.card.pull import PullMoment
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.workflows.perform import StepFailed, perform

_FULL = 5
"""Tries of a signature password."""


async def _start(world: World) -> tuple[str, VirtualCard]:
    application_id = await world.start()
    assert isinstance(world.reader, InProcessReader)
    assert world.reader.card is not None
    return application_id, world.reader.card


async def _failed(world: World, application_id: str) -> ApplicationSnapshot:
    """The signature has failed, the applicant has been told, and the application waits for them again."""
    told = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in told.attention] == [AttentionReason.SIGNATURE_FAILED]
    assert told.phase is Phase.SIGNATURE
    assert told.waiting_for is not None
    return told


async def _sign_and_think(world: World, application_id: str) -> None:
    """Sit down at the terminal, and do not type the PIN yet."""
    world.fingers.hold.clear()
    await world.sign(application_id)

    async def asked() -> bool:
        return bool(world.fingers.asked)

    await world.eventually(asked)


async def _signs_after_all(world: World, application_id: str) -> None:
    await world.sign(application_id)
    filed = await world.in_phase(application_id, Phase.RECEIPT)
    assert filed.attention == ()
    assert len(await world.ledger()) == 1


async def test_wrong_pin_costs_one_try_and_no_machine_tries_again(world: World) -> None:
    application_id, card = await _start(world)
    world.fingers.password = "WRONG2026"
    await world.sign(application_id)
    told = await _failed(world, application_id)
    assert "password is wrong" in told.attention[0].explanation.en
    # Longer than the first pause of any step.
    await asyncio.sleep(1.5)
    assert (card.pins_presented, card.sign_tries_left, world.fingers.asked) == (1, _FULL - 1, [_FULL])

    world.fingers.password = world.persona.sign_password
    await _signs_after_all(world, application_id)
    assert world.fingers.asked == [_FULL, _FULL - 1]
    assert (card.pins_presented, card.sign_tries_left) == (2, _FULL)


async def test_desk_program_that_breaks_after_the_pin_was_typed_does_not_ask_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether the card has counted a try: only a person may risk another."""
    application_id, card = await _start(world)
    asked = []

    async def breaks(*_: object) -> None:
        asked.append("PIN")
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(world.fingers, "ask_for_consent", breaks)
        await world.sign(application_id)
        told = await _failed(world, application_id)
        await asyncio.sleep(1.5)
    assert "Something unexpected" in told.attention[0].explanation.en
    assert asked == ["PIN"]
    assert card.pins_presented == 0
    await _signs_after_all(world, application_id)


async def test_every_failure_at_the_desk_is_told_in_its_own_words_and_can_be_mended(world: World) -> None:
    """One after the other, with one application: each leaves the signature to be made again."""
    application_id, card = await _start(world)
    expires_on = (await world.in_phase(application_id, Phase.SIGNATURE)).last_day_online
    assert expires_on is not None
    right = world.persona.sign_password
    strange = world.card(valid_until=expires_on, persona=CARLOS)
    expired = world.card(valid_until=world.today - timedelta(days=1))

    def absent() -> None:
        world.reader.pull()

    def declines() -> None:
        world.reader.insert(card)
        world.fingers.password = None

    def too_short() -> None:
        world.fingers.password = "ABC"

    def of_somebody_else() -> None:
        world.reader.insert(strange)
        world.fingers.password = CARLOS.sign_password

    def out_of_date() -> None:
        world.reader.insert(expired)
        world.fingers.password = right

    def pulled_while_the_pin_is_checked() -> None:
        world.reader.insert(card)
        card.pull_during_verify = PullMoment.AFTER_COUNTING

    steps: dict[Callable[[], None], str] = {
        absent: "no readable card",
        declines: "declined to sign",
        too_short: "6 to 16 letters and digits",
        of_somebody_else: "not the signer of this application",
        out_of_date: "will have expired",
        pulled_while_the_pin_is_checked: "a try may have been used",
    }
    for prepare, words in steps.items():
        prepare()
        await world.sign(application_id)
        explanation = (await _failed(world, application_id)).attention[0].explanation
        assert words in explanation.en, prepare.__name__
        assert explanation.ja

    assert card.pins_presented == 1, "none of the others showed this card a PIN"
    assert card.sign_tries_left == _FULL - 1
    assert strange.sign_tries_left == expired.sign_tries_left == _FULL
    assert not strange.is_unlocked
    world.reader.insert(card)
    await _signs_after_all(world, application_id)
    assert card.sign_tries_left == _FULL


async def test_card_pulled_while_the_applicant_types_is_not_a_card_that_was_never_there(world: World) -> None:
    application_id, card = await _start(world)
    await _sign_and_think(world, application_id)
    busy = await world.zairyu.snapshot(application_id)
    assert busy.waiting_for is None
    world.reader.pull()
    world.fingers.hold.set()
    told = await _failed(world, application_id)
    assert "left the reader" in told.attention[0].explanation.en
    assert (card.pins_presented, card.sign_tries_left) == (0, _FULL)
    world.reader.insert(card)
    await _signs_after_all(world, application_id)


async def test_last_try_is_not_spent(world: World) -> None:
    application_id, card = await _start(world)
    world.fingers.password = "WRONG2026"
    for wrong in range(1, _FULL):
        await world.sign(application_id)
        told = await _failed(world, application_id)
        assert "password is wrong" in told.attention[0].explanation.en
        assert card.sign_tries_left == _FULL - wrong
    await world.sign(application_id)
    told = await _failed(world, application_id)
    assert "Only one try is left" in told.attention[0].explanation.en
    assert card.sign_tries_left == 1
    assert card.pins_presented == _FULL - 1

    card.unblock()
    world.fingers.password = world.persona.sign_password
    await _signs_after_all(world, application_id)


async def _taken_back(world: World) -> None:
    """The desk has noticed that nobody wants the signature any more."""

    async def told() -> bool:
        return bool(world.fingers.taken_back)

    await world.eventually(told)
    world.fingers.hold.set()


async def test_application_amended_while_it_is_signed_is_never_filed_as_it_was(world: World) -> None:
    application_id, card = await _start(world)
    await _sign_and_think(world, application_id)
    (file,) = (world.directory / "input").rglob("application.json")
    form = ApplicationForm.model_validate_json(file.read_bytes()).model_copy(update={"reason": "訂正した理由です。"})
    await world.zairyu.amend(application_id, messages.Amend(message_id="amended", form=form))
    await _taken_back(world)
    assert card.pins_presented == 0
    await world.until(application_id, lambda snapshot: str(snapshot.timeline).count("The package is built") == 2)
    assert await world.ledger() == []
    await _signs_after_all(world, application_id)
    assert len(world.fingers.asked) == 2


async def test_signature_that_is_stopped_from_outside_leaves_the_desk_and_can_be_made_again(world: World) -> None:
    application_id, card = await _start(world)
    await _sign_and_think(world, application_id)
    stopped = await world.zairyu.stop_signing(application_id, messages.StopSigning(message_id="stop"))
    assert stopped.phase is Phase.SIGNATURE
    assert stopped.attention == ()
    await _taken_back(world)
    assert card.pins_presented == 0
    with pytest.raises(MessageRefused, match="No signature is under way"):
        await world.zairyu.stop_signing(application_id, messages.StopSigning(message_id="stop-2"))
    await _signs_after_all(world, application_id)


async def test_application_given_up_at_the_desk_asks_for_no_password(world: World) -> None:
    application_id, card = await _start(world)
    await _sign_and_think(world, application_id)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="give-up"))
    assert (await world.closed(application_id)).end is End.CANCELLED
    await _taken_back(world)
    assert card.pins_presented == 0
    assert await world.ledger() == []


async def test_nobody_is_kept_at_the_desk_beyond_the_window(world: World) -> None:
    """The server skips no time while a step is under way, so the last seconds pass as they are."""
    application_id, card = await _start(world)
    waiting = await world.in_phase(application_id, Phase.SIGNATURE)
    assert waiting.next_deadline is not None
    await world.advance(application_id, waiting.next_deadline.at - world.now - timedelta(seconds=10))
    await _sign_and_think(world, application_id)
    closed = await world.closed(application_id)
    assert closed.end is End.WINDOW_MISSED
    await _taken_back(world)
    assert card.pins_presented == 0


async def test_applicant_who_goes_to_another_terminal_signs_there_and_once(world: World) -> None:
    application_id, card = await _start(world)
    await _sign_and_think(world, application_id)
    elsewhere = Fingers(world.persona.sign_password)
    other = f"{world.terminal_id}-b"
    with pytest.raises(MessageRefused, match="under way at this terminal"):
        await world.zairyu.sign_at(application_id, messages.SignAt(message_id="again", terminal_id=world.terminal_id))
    world.reader.pull()
    async with world.desk(other, InProcessReader(card), elsewhere):
        await world.zairyu.sign_at(application_id, messages.SignAt(message_id="other", terminal_id=other))
        filed = await world.in_phase(application_id, Phase.RECEIPT)
    assert f"Signed at terminal {other}" in str(filed.timeline)
    await _taken_back(world)
    assert len(await world.ledger()) == 1
    assert (card.pins_presented, elsewhere.holders) == (1, ["TRAN\u3000THI\u3000LINH"])


async def test_two_people_at_two_terminals_sign_at_once(world: World) -> None:
    """Both have the password prompt before either types."""
    linh, _ = await _start(world)
    expires_on = (await world.in_phase(linh, Phase.SIGNATURE)).last_day_online
    assert expires_on is not None
    card_of_carlos = world.card(valid_until=expires_on, persona=CARLOS)
    card_of_linh = world.reader.card if isinstance(world.reader, InProcessReader) else None
    carlos = await world.start(persona=CARLOS)
    assert card_of_linh is not None
    world.reader.insert(card_of_linh)
    fingers, terminal_id = Fingers(CARLOS.sign_password), f"{world.terminal_id}-b"
    fingers.hold.clear()
    async with world.desk(terminal_id, InProcessReader(card_of_carlos), fingers):
        await _sign_and_think(world, linh)
        await world.in_phase(carlos, Phase.SIGNATURE)
        await world.zairyu.sign_at(carlos, messages.SignAt(message_id="sign", terminal_id=terminal_id))

        async def asked() -> bool:
            return bool(fingers.asked)

        await world.eventually(asked)
        fingers.hold.set()
        world.fingers.hold.set()
        await world.in_phase(linh, Phase.RECEIPT)
        await world.in_phase(carlos, Phase.RECEIPT)
    assert world.fingers.holders == ["TRAN\u3000THI\u3000LINH"]
    assert fingers.holders == [CARLOS.registered_name]
    assert len(await world.ledger()) == 2


async def test_two_applications_of_one_signer_are_signed_in_one_session(world: World) -> None:
    first, _ = await _start(world)
    second = await world.start()
    assert isinstance(world.reader, InProcessReader)
    card = world.reader.card
    assert card is not None
    terminal_id = f"{world.terminal_id}-b"
    fingers = Fingers(world.persona.sign_password)
    async with world.desk(terminal_id, world.reader, fingers, gather=timedelta(seconds=1)):
        for application_id in (first, second):
            await world.in_phase(application_id, Phase.SIGNATURE)
            await world.zairyu.sign_at(application_id, messages.SignAt(message_id="sign", terminal_id=terminal_id))
        for application_id in (first, second):
            await world.in_phase(application_id, Phase.RECEIPT)
    assert [set(shown) for shown in fingers.shown] == [{first, second}]
    assert card.pins_presented == 1
    assert len(await world.ledger()) == 2


# ----- a terminal that is not there ------------------------------------------------------------------------------


@workflow.defn(sandboxed=False)
class OneSignature:
    """Asks a terminal that nobody has switched on, with less patience than an application has."""

    @workflow.run
    async def run(self) -> StepFailure:
        impatient = replace(SIGN_AT_TERMINAL.patience, pick_up=timedelta(seconds=1))
        with pytest.raises(StepFailed) as failed:
            await perform(
                replace(SIGN_AT_TERMINAL, patience=impatient),
                SignatureRequest(
                    application_id="nobody",
                    title=BilingualText(ja="-", en="-"),
                    signer=ExpectedSigner(name="-", birth_date="2000"),
                    digest="0" * 64,
                    file_count=1,
                    filing_day=workflow.now().date(),
                ),
                queue="card-terminal/not-there",
                summary="Sign at a terminal that is not there",
            )
        assert not failed.value.out_of_time, "it certainly was not signed"
        return failed.value.failure


async def test_terminal_that_is_switched_off_is_told_and_not_waited_for_for_ever(world: World) -> None:
    assert SIGN_AT_TERMINAL.patience.pick_up == timedelta(minutes=2)
    async with Worker(world.temporal, task_queue="impatient", workflows=[OneSignature]):
        failure = await world.temporal.execute_workflow(OneSignature.run, id="one-signature", task_queue="impatient")
    assert failure.type_name == "NotPickedUp"
    assert "does not answer" in failure.sentence.en


@pytest.mark.parametrize("terminal_id", ["", "T 1", "端末", "card-terminal/T1", "x" * 33])
def test_name_that_no_terminal_has_is_refused_at_once(terminal_id: str) -> None:
    with pytest.raises(ValueError, match="terminal_id"):
        messages.SignAt(message_id="m", terminal_id=terminal_id)
