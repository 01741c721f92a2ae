"""At the desk, somebody who registers has their card read: who is asked for what, and what becomes of it."""

import asyncio

import pytest

from tests.activities.card_reader.commands import addressed
from tests.activities.card_reader.conftest import NOW
from tests.activities.card_reader.corner import BusyReader, Corner, SlowReader, at_work
from tests.cards import VALID_UNTIL, CardMaker, DaemonRig
from zairyu.activities.card_reader.errors import (
    AuthCertificateMissing,
    CardAbsent,
    CardBusy,
    CardPulled,
    CardReaderError,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinNotGiven,
    PinOutcomeUnknown,
    ReadingDeclined,
    SignatureDeclined,
    TerminalFault,
    TerminalStopped,
    UserPinMalformed,
    WrongCard,
    WrongUserPin,
)
from zairyu.activities.card_reader.reading_session import Reading
from zairyu.activities.card_reader.signing_session import Signature
from zairyu.models.card import CardReadRequest, ExpectedSigner, SignatureRequest
from zairyu.sandbox.card.application import ApplicationName
from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.pull import PullAt, PullMoment
from zairyu.sandbox.card.tries import PinName

FULL = 3


def of_linh(reading: Reading) -> bool:
    return (reading.attributes.name, reading.attributes.birth_date) == (LINH.registered_name, LINH.birth_date)


async def broken_off(task: asyncio.Task[Reading]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# ----- one person -----------------------------------------------------------------------------------------------------


async def test_person_with_their_card_is_read(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    async with corner.open() as desk:
        reading = await desk.read(read_request)
    assert of_linh(reading)
    assert reading.attributes.address == LINH.registered_address
    assert (reading.last_day, reading.read_at) == (VALID_UNTIL, NOW)
    assert corner.person.shown == [(read_request.registration_id,)]
    assert corner.person.asked == [FULL]
    assert corner.person.read_as == [LINH.registered_name]
    assert card.pins_presented == 1
    assert not card.is_unlocked
    assert LINH.registered_name not in repr(reading)


async def test_desk_with_the_real_daemon_reads_and_lets_the_card_go(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    rig = DaemonRig()
    card = make_card()
    rig.insert(card)
    try:
        async with corner.open(rig.readers) as desk:
            assert of_linh(await desk.read(read_request))
        assert card.pins_presented == 1
        assert not card.is_unlocked
    finally:
        rig.pull()


async def test_my_number_is_never_addressed_at_the_desk(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.pin = "0000"
    corner.person.goes_on_after = {WrongUserPin}
    corner.person.on_failure = lambda _: setattr(corner.person, "pin", LINH.auth_pin)
    async with corner.open() as desk:
        assert of_linh(await desk.read(read_request))
    in_card_info = {file for application, file in addressed(card.log) if application is ApplicationName.CARD_INFO}
    assert in_card_info == {0x0002, 0x0011}


async def test_person_whom_nobody_knows_yet_is_read_too(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    corner.reader.insert(make_card(CARLOS))
    corner.person.pin = CARLOS.auth_pin
    async with corner.open() as desk:
        reading = await desk.read(read_request.model_copy(update={"holder": None}))
    assert reading.attributes.name == CARLOS.registered_name


async def test_card_may_come_late(corner: Corner, make_card: CardMaker, read_request: CardReadRequest) -> None:
    card = make_card()
    corner.person.on_card_wanted = lambda: corner.reader.insert(card)
    async with corner.open() as desk:
        assert of_linh(await desk.read(read_request))


async def test_no_card_no_question(corner: Corner, read_request: CardReadRequest) -> None:
    async with corner.open(card_wait=0) as desk:
        with pytest.raises(CardAbsent):
            await desk.read(read_request)
    assert corner.person.cards_wanted == [(read_request.registration_id,)]
    assert corner.person.asked == []


async def test_person_who_walks_away_is_not_waited_for_all_day(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    async with corner.open(answer_wait=0.05) as desk:
        with pytest.raises(PinNotGiven):
            await desk.read(read_request)
    assert card.pins_presented == 0


async def test_person_may_decline_at_any_stage(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    async with corner.open() as desk:
        corner.person.walks_off.set()
        with pytest.raises(ReadingDeclined):
            await desk.read(read_request)
        corner.person.walks_off.clear()
        card = make_card()
        corner.reader.insert(card)
        corner.person.pin = None
        with pytest.raises(ReadingDeclined):
            await desk.read(read_request)
    assert card.pins_presented == 0


async def test_malformed_pin_never_reaches_the_card(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.pin = LINH.sign_password
    async with corner.open() as desk:
        with pytest.raises(UserPinMalformed):
            await desk.read(read_request)
    assert card.pins_presented == 0


# ----- what goes wrong, and the person who goes on --------------------------------------------------------------------


async def test_wrong_pin_can_be_typed_again_and_each_entry_is_one_try(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.pin = "0000"
    corner.person.goes_on_after = {WrongUserPin}
    corner.person.on_failure = lambda _: setattr(corner.person, "pin", LINH.auth_pin)
    async with corner.open() as desk:
        assert of_linh(await desk.read(read_request))
    assert corner.person.asked == [3, 2]
    assert card.pins_presented == 2
    assert card.sign_tries_left == 5


async def test_person_who_leaves_after_a_wrong_pin_spends_no_more(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.pin = "0000"
    async with corner.open() as desk:
        with pytest.raises(WrongUserPin) as caught:
            await desk.read(read_request)
    assert caught.value.tries_left == 2
    assert card.pins_presented == 1


async def test_last_try_is_used_only_when_the_person_at_the_desk_says_so(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.pin = "0000"
    corner.person.goes_on_after = {WrongUserPin}
    async with corner.open() as desk:
        with pytest.raises(LastTryRefused):
            await desk.read(read_request)
        assert card.tries_left[PinName.CARD_INFO_PIN] == 1
        corner.person.goes_on_after = {LastTryRefused}
        corner.person.pin = LINH.auth_pin
        assert of_linh(await desk.read(read_request))
    assert corner.person.asked == [3, 2, 1]


async def test_blocked_pin_is_told_and_nobody_is_asked_for_it(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    for _ in range(FULL):
        card._tries.spend(PinName.CARD_INFO_PIN)
    corner.reader.insert(card)
    async with corner.open() as desk:
        with pytest.raises(PinBlocked):
            await desk.read(read_request)
    assert corner.person.asked == []
    assert [type(failure) for failure in corner.person.failures] == [PinBlocked]


async def test_card_without_a_certificate_is_told_before_anything_is_typed(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card(behaviour=Behaviour(has_auth_certificate=False))
    corner.reader.insert(card)
    async with corner.open() as desk:
        with pytest.raises(AuthCertificateMissing):
            await desk.read(read_request)
    assert corner.person.asked == []
    assert card.pins_presented == 0


async def test_card_without_a_certificate_for_signatures_is_read(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    """A child's card has none, and what is read stands elsewhere."""
    corner.reader.insert(make_card(behaviour=Behaviour(has_sign_certificate=False)))
    async with corner.open() as desk:
        assert of_linh(await desk.read(read_request))


@pytest.mark.parametrize(("moment", "left"), [(PullMoment.AFTER_COUNTING, 2), (PullMoment.BEFORE_COUNTING, 3)])
async def test_pin_whose_answer_was_lost_is_not_sent_again_by_itself(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest, moment: PullMoment, left: int
) -> None:
    card = make_card()
    corner.reader.insert(card)
    card.pull_during_verify = moment
    async with corner.open() as desk:
        with pytest.raises(PinOutcomeUnknown):
            await desk.read(read_request)
        assert card.pins_presented == 1
        corner.reader.insert(card)
        assert of_linh(await desk.read(read_request))
    assert corner.person.asked == [FULL, left], "what may have been counted is shown before the next entry"


async def test_card_pulled_after_the_pin_is_told_and_read_again_with_another_entry(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    corner.person.goes_on_after = {CardPulled}
    corner.person.on_failure = lambda _: corner.reader.insert(card)
    async with corner.open() as desk:
        reading = asyncio.create_task(desk.read(read_request))
        await corner.until("asked")
        so_far = sum(exchange.instruction == Instruction.READ_BINARY for exchange in card.log)
        # The use begins as the look did; one more command reads the attributes.
        card.pull_at = PullAt(Instruction.READ_BINARY, nth=so_far)
        corner.person.hold.set()
        assert of_linh(await reading)
    assert [type(failure) for failure in corner.person.failures] == [CardPulled]
    assert card.pins_presented == 2
    assert not card.is_unlocked


async def test_another_persons_card_brings_nothing_back_and_their_own_does(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    strange, own = make_card(CARLOS), make_card()
    corner.reader.insert(strange)
    corner.person.pin = CARLOS.auth_pin
    corner.person.goes_on_after = {WrongCard}

    def fetches_the_right_one(_: CardReaderError) -> None:
        corner.reader.insert(own)
        corner.person.pin = LINH.auth_pin

    corner.person.on_failure = fetches_the_right_one
    async with corner.open() as desk:
        assert of_linh(await desk.read(read_request))
    assert [type(failure) for failure in corner.person.failures] == [WrongCard]
    assert corner.person.read_as == [LINH.registered_name], "nobody was told whose the other card is"
    assert strange.tries_left == own.tries_left


async def test_desk_says_why_no_card_can_be_read_and_goes_on_when_that_is_mended(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    corner.reader.insert(make_card(behaviour=Behaviour(token_name="JPKIAPGPSETOKEN")))
    card = make_card()

    def puts_the_right_one() -> None:
        if isinstance(corner.person.notices[-1], NotMyNumberCard):
            corner.reader.insert(card)

    corner.person.on_card_wanted = puts_the_right_one
    async with corner.open() as desk:
        assert of_linh(await desk.read(read_request))
    assert [type(notice) for notice in corner.person.notices] == [type(None), NotMyNumberCard]
    assert corner.person.failures == []


async def test_what_is_not_mended_in_time_is_what_the_registration_hears(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    corner.reader = BusyReader(make_card())
    async with corner.open(card_wait=0.5) as desk:
        with pytest.raises(CardBusy):
            await desk.read(read_request)
    assert [type(notice) for notice in corner.person.notices] == [type(None), CardBusy]


# ----- one after the other --------------------------------------------------------------------------------------------


async def test_signature_that_waits_meanwhile_is_made_afterwards(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest, signature_request: SignatureRequest
) -> None:
    """One person for both: they are asked for one thing after the other."""
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    async with corner.open() as desk:
        reading = asyncio.create_task(desk.read(read_request))
        await corner.until("asked")
        signing = asyncio.create_task(desk.sign(signature_request))
        await asyncio.sleep(0.05)
        assert corner.person.shown == [(read_request.registration_id,)]
        corner.person.hold.set()
        assert of_linh(await reading)
        assert isinstance(await signing, Signature)
    assert corner.person.shown == [(read_request.registration_id,), (signature_request.application_id,)]
    assert corner.person.asked == [3, 5]


async def test_everybody_comes_in_the_order_in_which_they_came(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest, signature_request: SignatureRequest
) -> None:
    linh, carlos = make_card(), make_card(CARLOS)
    for_carlos = CardReadRequest(
        registration_id="user-0002-test",
        title=read_request.title,
        holder=ExpectedSigner(name=CARLOS.name, birth_date="19881103"),
    )

    def places_their_card() -> None:
        is_carlos = corner.person.cards_wanted[-1] == ("user-0002-test",)
        corner.reader.insert(carlos if is_carlos else linh)
        corner.person.pin = (CARLOS if is_carlos else LINH).auth_pin

    corner.person.on_card_wanted = places_their_card
    async with corner.open() as desk:
        signed, first, second = await asyncio.gather(
            desk.sign(signature_request), desk.read(for_carlos), desk.read(read_request)
        )
    assert isinstance(signed, Signature)
    assert first.attributes.name == CARLOS.registered_name
    assert of_linh(second)
    assert corner.person.shown == [("app-0001-test",), ("user-0002-test",), ("user-0001-test",)]


async def test_declining_to_be_read_declines_no_signature(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest, signature_request: SignatureRequest
) -> None:
    corner.reader.insert(make_card())
    corner.person.pin = None
    async with corner.open() as desk:
        read, signed = await asyncio.gather(
            desk.read(read_request), desk.sign(signature_request), return_exceptions=True
        )
    assert isinstance(read, ReadingDeclined)
    assert isinstance(signed, Signature)


async def test_declining_to_sign_declines_no_reading(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest, signature_request: SignatureRequest
) -> None:
    corner.reader.insert(make_card())
    corner.person.password = None
    async with corner.open() as desk:
        signed, read = await asyncio.gather(
            desk.sign(signature_request), desk.read(read_request), return_exceptions=True
        )
    assert isinstance(signed, SignatureDeclined)
    assert isinstance(read, Reading)


# ----- taken back, and stopped ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["cards_wanted", "asked"])
async def test_reading_that_is_taken_back_takes_its_question_along(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest, stage: str
) -> None:
    card = make_card()
    if stage == "asked":
        corner.reader.insert(card)
        corner.person.hold.clear()
    async with corner.open() as desk:
        reading = asyncio.create_task(desk.read(read_request))
        await corner.until(stage)
        await broken_off(reading)
        await corner.until("taken_back")
        corner.person.hold.set()
        corner.reader.insert(card)
        assert of_linh(await desk.read(read_request))
    assert card.pins_presented == 1


async def test_registration_that_asks_again_is_asked_once(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    async with corner.open() as desk:
        first = asyncio.create_task(desk.read(read_request))
        await corner.until("cards_wanted")
        second = asyncio.create_task(desk.read(read_request))
        with pytest.raises(ReadingDeclined):
            await first
        corner.reader.insert(card)
        assert of_linh(await second)
    assert corner.person.shown == [(read_request.registration_id,)]
    assert card.pins_presented == 1


async def test_registration_of_another_person_than_thought_asks_the_right_one(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    mistaken = read_request.model_copy(update={"holder": ExpectedSigner(name="Tran Thi Lin", birth_date="19960412")})
    async with corner.open() as desk:
        first = asyncio.create_task(desk.read(mistaken))
        await corner.until("asked")
        second = asyncio.create_task(desk.read(read_request))
        with pytest.raises(ReadingDeclined):
            await first
        await corner.until("taken_back")
        corner.person.hold.set()
        assert of_linh(await second)
    assert corner.person.failures == []


async def test_what_was_read_for_nobody_any_more_is_told_to_nobody(
    corner: Corner, slow: SlowReader, read_request: CardReadRequest
) -> None:
    async with corner.open(slow) as desk:
        reading = asyncio.create_task(desk.read(read_request))
        person = await at_work(corner, slow)
        await broken_off(reading)
        slow.go_on.set()
        await corner.until("taken_back")
    assert person.read_as == []
    assert slow.card is not None
    assert not slow.card.is_unlocked


async def test_desk_that_closes_lets_a_card_that_is_read_finish(
    corner: Corner, slow: SlowReader, read_request: CardReadRequest
) -> None:
    async with corner.open(slow) as desk:
        reading = asyncio.create_task(desk.read(read_request))
        await at_work(corner, slow)
        closing = asyncio.create_task(desk.aclose())
        await asyncio.sleep(0.05)
        assert not closing.done()
        slow.go_on.set()
        assert of_linh(await reading)
        await closing


async def test_desk_that_closes_sends_people_away_with_a_reason(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    async with corner.open() as desk:
        reading = asyncio.create_task(desk.read(read_request))
        await corner.until("asked")
    with pytest.raises(TerminalStopped):
        await reading
    with pytest.raises(TerminalStopped):
        await desk.read(read_request)
    assert card.pins_presented == 0


async def test_prompt_that_breaks_fails_the_reading_and_not_the_desk(
    corner: Corner, make_card: CardMaker, read_request: CardReadRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = make_card()
    corner.reader.insert(card)

    async def breaks(*_: object) -> None:
        raise ZeroDivisionError

    async with corner.open() as desk:
        with monkeypatch.context() as broken:
            broken.setattr(corner.person, "ask_for_pin", breaks)
            with pytest.raises(ZeroDivisionError):
                await desk.read(read_request)
        assert [type(failure) for failure in corner.person.failures] == [TerminalFault]
        assert of_linh(await desk.read(read_request))
