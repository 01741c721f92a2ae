"""At the desk: who is asked for what, and what becomes of it."""

import asyncio
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from tests.activities.card_reader.conftest import NOW
from tests.activities.card_reader.corner import BusyReader, Corner, SlowReader, at_work
from tests.cards import CardMaker, DaemonRig
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardBusy,
    CardPulled,
    CardReaderError,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinMalformed,
    PinNotGiven,
    SignatureDeclined,
    TerminalFault,
    TerminalStopped,
    WrongCard,
    WrongPin,
)
from zairyu.activities.card_reader.signing_session import Signature
from zairyu.models.card import ExpectedSigner, SignatureRequest
from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.pull import PullAt
from zairyu.sandbox.card.tries import PinName


def another(request: SignatureRequest, application_id: str, **changes: object) -> SignatureRequest:
    digest = f"{sum(application_id.encode()):064x}"
    return request.model_copy(update={"application_id": application_id, "digest": digest, **changes})


def signs(signature: Signature, request: SignatureRequest) -> bool:
    """Whether a signature is of this request; an invalid one raises."""
    key = load_der_x509_certificate(signature.certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(signature.signature, bytes.fromhex(request.digest), PKCS1v15(), Prehashed(SHA256()))
    return True


# ----- one package ----------------------------------------------------------------------------------------------------


async def test_person_with_their_card_gets_a_signature(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    async with corner.open() as desk:
        signature = await desk.sign(signature_request)
    assert signs(signature, signature_request)
    assert signature.signed_at == NOW
    assert corner.person.holders == ["TRAN\u3000THI\u3000LINH"]
    assert not card.is_unlocked


async def test_desk_with_the_real_daemon_signs_and_lets_the_card_go(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    rig = DaemonRig()
    card = make_card()
    rig.insert(card)
    try:
        async with corner.open(rig.readers) as desk:
            assert signs(await desk.sign(signature_request), signature_request)
        assert card.pins_presented == 1
        assert not card.is_unlocked
    finally:
        rig.pull()


async def test_card_may_come_late(corner: Corner, make_card: CardMaker, signature_request: SignatureRequest) -> None:
    card = make_card()
    corner.person.on_card_wanted = lambda: corner.reader.insert(card)
    async with corner.open() as desk:
        assert signs(await desk.sign(signature_request), signature_request)


async def test_no_card_no_question(corner: Corner, signature_request: SignatureRequest) -> None:
    async with corner.open(card_wait=0) as desk:
        with pytest.raises(CardAbsent):
            await desk.sign(signature_request)
    assert corner.person.cards_wanted == [("app-0001-test",)]
    assert corner.person.asked == []


async def test_card_taken_away_while_the_person_types_costs_nothing(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    async with corner.open() as desk:
        signing = asyncio.create_task(desk.sign(signature_request))
        await corner.until("asked")
        corner.reader.pull()
        corner.person.hold.set()
        with pytest.raises(CardPulled):
            await signing
    assert card.pins_presented == 0


async def test_person_who_walks_away_is_not_waited_for_all_day(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    async with corner.open(answer_wait=0.05) as desk:
        with pytest.raises(PinNotGiven):
            await desk.sign(signature_request)
    assert card.pins_presented == 0


async def test_person_may_decline_at_any_stage(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    async with corner.open() as desk:
        corner.person.walks_off.set()
        with pytest.raises(SignatureDeclined):
            await desk.sign(signature_request)
        corner.person.walks_off.clear()
        card = make_card()
        corner.reader.insert(card)
        corner.person.password = None
        with pytest.raises(SignatureDeclined):
            await desk.sign(signature_request)
    assert card.pins_presented == 0


async def test_malformed_password_never_reaches_the_card(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.password = "1234"
    async with corner.open() as desk:
        with pytest.raises(PinMalformed):
            await desk.sign(signature_request)
    assert card.pins_presented == 0


# ----- what goes wrong, and the person who goes on --------------------------------------------------------------------


async def test_wrong_password_can_be_typed_again_and_each_entry_is_one_try(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.password = "WRONG123"
    corner.person.goes_on_after = {WrongPin}
    corner.person.on_failure = lambda _: setattr(corner.person, "password", LINH.sign_password)
    async with corner.open() as desk:
        assert signs(await desk.sign(signature_request), signature_request)
    assert corner.person.asked == [5, 4]
    assert card.pins_presented == 2


async def test_person_who_leaves_after_a_wrong_password_spends_no_more(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.password = "WRONG123"
    async with corner.open() as desk:
        with pytest.raises(WrongPin) as caught:
            await desk.sign(signature_request)
    assert caught.value.tries_left == 4
    assert card.pins_presented == 1


async def test_last_try_is_used_only_when_the_person_at_the_desk_says_so(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.password = "WRONG123"
    corner.person.goes_on_after = {WrongPin}
    async with corner.open() as desk:
        with pytest.raises(LastTryRefused):
            await desk.sign(signature_request)
        assert card.sign_tries_left == 1
        assert corner.person.asked == [5, 4, 3, 2]

        corner.person.goes_on_after = {LastTryRefused}
        corner.person.password = LINH.sign_password
        assert signs(await desk.sign(signature_request), signature_request)
    assert corner.person.asked[4:] == [1]
    assert card.sign_tries_left == 5


async def test_insisting_once_does_not_hold_for_the_next_person(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.password = "WRONG123"
    corner.person.goes_on_after = {WrongPin, LastTryRefused}
    async with corner.open() as desk:
        with pytest.raises(PinBlocked):
            await desk.sign(signature_request)
        assert card.sign_tries_left == 0
        card.unblock()
        corner.person.goes_on_after = {WrongPin}
        with pytest.raises(LastTryRefused):
            await desk.sign(signature_request)
    assert card.sign_tries_left == 1


async def test_person_with_another_persons_card_puts_their_own_and_signs(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    strange, own = make_card(CARLOS), make_card()
    corner.reader.insert(strange)
    corner.person.password = CARLOS.sign_password
    corner.person.goes_on_after = {WrongCard}

    def fetches_the_right_one(_: CardReaderError) -> None:
        corner.reader.insert(own)
        corner.person.password = LINH.sign_password

    corner.person.on_failure = fetches_the_right_one
    async with corner.open() as desk:
        assert signs(await desk.sign(signature_request), signature_request)
    assert strange.sign_tries_left == own.sign_tries_left == 5


async def test_desk_says_why_no_card_can_be_read_and_goes_on_when_that_is_mended(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    """Nobody has to press a button: the person puts the right card, and the password is asked for."""
    corner.reader.insert(make_card(behaviour=Behaviour(token_name="JPKIAPGPSETOKEN")))
    card = make_card()

    def puts_the_right_one() -> None:
        if isinstance(corner.person.notices[-1], NotMyNumberCard):
            corner.reader.insert(card)

    corner.person.on_card_wanted = puts_the_right_one
    async with corner.open() as desk:
        assert signs(await desk.sign(signature_request), signature_request)
    assert [type(notice) for notice in corner.person.notices] == [type(None), NotMyNumberCard]
    assert corner.person.failures == []


async def test_what_is_not_mended_in_time_is_what_the_application_hears(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    corner.reader = BusyReader(make_card())
    async with corner.open(card_wait=0.5) as desk:
        with pytest.raises(CardBusy):
            await desk.sign(signature_request)
    assert [type(notice) for notice in corner.person.notices] == [type(None), CardBusy]


async def test_what_was_insisted_on_with_one_card_does_not_hold_for_the_next(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    """A couple confuses their cards, each with one try left: the second one is not risked by the first one's word."""
    strange, own = make_card(CARLOS), make_card()
    for card in (strange, own):
        for _ in range(4):
            card._tries.spend(PinName.SIGN_PASSWORD)
    corner.reader.insert(strange)
    corner.person.password = CARLOS.sign_password
    corner.person.goes_on_after = {LastTryRefused, WrongCard}

    def fetches_their_own(error: CardReaderError) -> None:
        if isinstance(error, WrongCard):
            corner.reader.insert(own)
            corner.person.goes_on_after = {WrongCard}

    corner.person.on_failure = fetches_their_own
    async with corner.open() as desk:
        with pytest.raises(LastTryRefused):
            await desk.sign(signature_request)
    assert own.sign_tries_left == 1
    assert own.pins_presented == 0


# ----- several packages -----------------------------------------------------------------------------------------------


async def test_parent_signs_for_two_children_with_one_password(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    first = another(signature_request, "child-1", applicant="TRAN MAI")
    second = another(signature_request, "child-2", applicant="TRAN NAM")
    async with corner.open(gather=0.2) as desk:
        one, two = await asyncio.gather(desk.sign(first), desk.sign(second))
    assert signs(one, first)
    assert signs(two, second)
    assert corner.person.shown == [("child-1", "child-2")]
    assert card.pins_presented == 1


async def test_package_that_comes_while_the_card_is_fetched_joins_the_session(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    first, second = another(signature_request, "child-1"), another(signature_request, "child-2")
    async with corner.open() as desk:
        one = asyncio.create_task(desk.sign(first))
        await corner.until("cards_wanted")
        two = asyncio.create_task(desk.sign(second))
        corner.person.on_card_wanted = lambda: corner.reader.insert(card)
        assert signs(await one, first)
        assert signs(await two, second)
    assert corner.person.cards_wanted == [("child-1",), ("child-1", "child-2")]
    assert card.pins_presented == 1


async def test_package_that_was_never_shown_is_not_signed_along(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    async with corner.open() as desk:
        one = asyncio.create_task(desk.sign(another(signature_request, "child-1")))
        await corner.until("asked")
        two = asyncio.create_task(desk.sign(another(signature_request, "child-2")))
        await asyncio.sleep(0.05)
        corner.person.hold.set()
        await asyncio.gather(one, two)
    assert corner.person.shown == [("child-1",), ("child-2",)]
    assert card.pins_presented == 2


async def test_package_that_the_person_does_not_confirm_is_not_signed(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    corner.reader.insert(make_card())
    corner.person.unwanted = {"child-2"}
    first = another(signature_request, "child-1")
    async with corner.open(gather=0.2) as desk:
        one, two = await asyncio.gather(
            desk.sign(first), desk.sign(another(signature_request, "child-2")), return_exceptions=True
        )
    assert isinstance(one, Signature)
    assert signs(one, first)
    assert isinstance(two, SignatureDeclined)


async def test_nothing_confirmed_shows_the_card_no_password(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.unwanted = {signature_request.application_id}
    async with corner.open() as desk:
        with pytest.raises(SignatureDeclined):
            await desk.sign(signature_request)
    assert card.pins_presented == 0


async def test_package_that_was_never_shown_is_not_declined_along(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    corner.reader.insert(make_card())
    corner.person.hold.clear()
    corner.person.password = None
    second = another(signature_request, "child-2")
    async with corner.open() as desk:
        one = asyncio.create_task(desk.sign(another(signature_request, "child-1")))
        await corner.until("asked")
        two = asyncio.create_task(desk.sign(second))
        await asyncio.sleep(0.05)
        corner.person.hold.set()
        with pytest.raises(SignatureDeclined):
            await one
        corner.person.password = LINH.sign_password
        assert signs(await two, second)


async def test_many_packages_on_a_slow_card_have_time_for_each(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundredth of the times of a contactless card: 20 s for a signature, 60 s for a use."""
    monkeypatch.setattr("zairyu.activities.card_reader.signing_session.LONGEST_USE", timedelta(seconds=0.6))
    corner.reader.insert(make_card(behaviour=Behaviour(signing_delay=timedelta(seconds=0.2))))
    requests = [another(signature_request, f"child-{number}") for number in range(4)]
    async with corner.open(gather=0.2) as desk:
        signatures = await asyncio.gather(*(desk.sign(request) for request in requests))
    assert all(signs(signature, request) for signature, request in zip(signatures, requests, strict=True))


async def test_two_people_are_served_one_after_the_other(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    linh, carlos = make_card(), make_card(CARLOS)
    corner.reader.insert(linh)
    for_carlos = another(signature_request, "app-0002", signer=ExpectedSigner(name=CARLOS.name, birth_date="19881103"))

    def places_their_card() -> None:
        if corner.person.cards_wanted[-1] == ("app-0002",):
            corner.reader.insert(carlos)
            corner.person.password = CARLOS.sign_password

    corner.person.on_card_wanted = places_their_card
    async with corner.open() as desk:
        one, two = await asyncio.gather(desk.sign(signature_request), desk.sign(for_carlos))
    assert signs(one, signature_request)
    assert signs(two, for_carlos)
    assert corner.person.shown == [("app-0001-test",), ("app-0002",)]
    assert linh.pins_presented == carlos.pins_presented == 1


# ----- taken back, and stopped ----------------------------------------------------------------------------------------


async def _broken_off(task: asyncio.Task[Signature]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("stage", ["cards_wanted", "asked"])
async def test_request_that_is_taken_back_takes_its_question_along(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest, stage: str
) -> None:
    card = make_card()
    if stage == "asked":
        corner.reader.insert(card)
        corner.person.hold.clear()
    async with corner.open() as desk:
        signing = asyncio.create_task(desk.sign(signature_request))
        await corner.until(stage)
        await _broken_off(signing)
        await corner.until("taken_back")
        corner.person.hold.set()
        corner.reader.insert(card)
        assert signs(await desk.sign(signature_request), signature_request)
    assert card.pins_presented == 1


async def test_one_of_two_taken_back_leaves_the_other(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    kept = another(signature_request, "child-1")
    async with corner.open(gather=0.1) as desk:
        one = asyncio.create_task(desk.sign(kept))
        two = asyncio.create_task(desk.sign(another(signature_request, "child-2")))
        await corner.until("asked")
        await _broken_off(two)
        corner.person.hold.set()
        assert signs(await one, kept)
    assert corner.person.taken_back == 0
    assert card.pins_presented == 1


async def test_application_that_asks_again_is_asked_once(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    """A server that lost the first asking from sight starts another while the desk still has it."""
    corner.person.on_card_wanted = lambda: None
    card = make_card()
    async with corner.open() as desk:
        first = asyncio.create_task(desk.sign(signature_request))
        await corner.until("cards_wanted")
        second = asyncio.create_task(desk.sign(signature_request))
        with pytest.raises(SignatureDeclined):
            await first
        corner.reader.insert(card)
        assert signs(await second, signature_request)
    assert corner.person.shown == [("app-0001-test",)]
    assert card.pins_presented == 1


@pytest.mark.parametrize("stage", ["cards_wanted", "asked"])
async def test_application_whose_signer_was_amended_asks_the_right_person(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest, stage: str
) -> None:
    card = make_card()
    if stage == "asked":
        corner.reader.insert(card)
        corner.person.hold.clear()
    misspelt = signature_request.model_copy(
        update={"signer": ExpectedSigner(name="Tran Thi Lin", birth_date="19960412")}
    )
    async with corner.open() as desk:
        first = asyncio.create_task(desk.sign(misspelt))
        await corner.until(stage)
        second = asyncio.create_task(desk.sign(signature_request))
        with pytest.raises(SignatureDeclined):
            await first
        await corner.until("taken_back")
        corner.reader.insert(card)
        corner.person.hold.set()
        assert signs(await second, signature_request)
    assert all(corner.person.cards_wanted), "nobody was asked for a card for nothing"
    assert corner.person.failures == []


async def test_next_request_waits_until_the_card_is_let_go(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    """Otherwise it would find the card in the middle of the commands of the one that was taken back."""
    reader = SlowReader()
    card = make_card()
    reader.insert(card)
    async with corner.open(reader) as desk:
        signing = asyncio.create_task(desk.sign(signature_request))
        await asyncio.to_thread(reader.at_work.wait, 10)
        await _broken_off(signing)
        again = asyncio.create_task(desk.sign(signature_request))
        await asyncio.sleep(0.05)
        assert card.log == []
        reader.go_on.set()
        assert signs(await again, signature_request)
    assert card.pins_presented == 1
    assert not card.is_unlocked


async def test_desk_that_closes_sends_people_away_with_a_reason(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    corner.reader.insert(card)
    corner.person.hold.clear()
    async with corner.open() as desk:
        signing = asyncio.create_task(desk.sign(signature_request))
        await corner.until("asked")
    with pytest.raises(TerminalStopped):
        await signing
    with pytest.raises(TerminalStopped):
        await desk.sign(signature_request)
    assert card.pins_presented == 0


async def test_desk_that_closes_lets_a_card_that_signs_finish(
    corner: Corner, slow: SlowReader, signature_request: SignatureRequest
) -> None:
    """The password was typed: what it bought is not thrown away."""
    async with corner.open(slow) as desk:
        signing = asyncio.create_task(desk.sign(signature_request))
        await at_work(corner, slow)
        closing = asyncio.create_task(desk.aclose())
        await asyncio.sleep(0.05)
        assert not closing.done()
        slow.go_on.set()
        assert signs(await signing, signature_request)
        await closing


async def test_desk_that_closes_waits_for_the_card_of_a_signature_that_was_taken_back(
    corner: Corner, slow: SlowReader, signature_request: SignatureRequest
) -> None:
    """Otherwise the program would end, and the card would keep its power and the verified password."""
    async with corner.open(slow) as desk:
        signing = asyncio.create_task(desk.sign(signature_request))
        await at_work(corner, slow)
        await _broken_off(signing)
        closing = asyncio.create_task(desk.aclose())
        await asyncio.sleep(0.1)
        assert not closing.done()
        slow.go_on.set()
        await closing
    assert slow.card is not None
    assert not slow.card.is_unlocked


async def test_signature_that_was_taken_back_meanwhile_is_not_told_as_made(
    corner: Corner, slow: SlowReader, signature_request: SignatureRequest
) -> None:
    amended = signature_request.model_copy(update={"digest": "aa" * 32})
    async with corner.open(slow) as desk:
        first = asyncio.create_task(desk.sign(signature_request))
        person = await at_work(corner, slow)
        second = asyncio.create_task(desk.sign(amended))
        with pytest.raises(SignatureDeclined):
            await first
        person.hold.clear()
        slow.go_on.set()
        await corner.until("taken_back")
        assert person.holders == []
        person.hold.set()
        assert signs(await second, amended)
    assert len(person.asked) == 2, "what is signed now was shown"


async def test_failure_of_what_was_taken_back_bothers_nobody(
    corner: Corner, slow: SlowReader, signature_request: SignatureRequest
) -> None:
    first = another(signature_request, "child-1")
    async with corner.open(slow, gather=0.1) as desk:
        one = asyncio.create_task(desk.sign(first))
        two = asyncio.create_task(desk.sign(another(signature_request, "child-2")))
        person = await at_work(corner, slow)
        assert slow.card is not None
        slow.card.pull_at = PullAt(Instruction.SIGN, nth=2)
        await _broken_off(two)
        slow.go_on.set()
        assert signs(await one, first)
    assert person.failures == []


async def test_prompt_that_breaks_fails_the_request_and_not_the_desk(
    corner: Corner, make_card: CardMaker, signature_request: SignatureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = make_card()
    corner.reader.insert(card)

    async def breaks(*_: object) -> None:
        raise ZeroDivisionError

    async with corner.open() as desk:
        with monkeypatch.context() as broken:
            broken.setattr(corner.person, "ask_for_consent", breaks)
            with pytest.raises(ZeroDivisionError):
                await desk.sign(signature_request)
        assert card.pins_presented == 0
        assert [type(failure) for failure in corner.person.failures] == [TerminalFault]
        assert signs(await desk.sign(signature_request), signature_request)
