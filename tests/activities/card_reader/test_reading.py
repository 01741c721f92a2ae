"""The driver reads who holds a card, without and with the real PC/SC stack in between."""

import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.activities.card_reader.commands import addressed
from tests.cards import VALID_UNTIL, CardMaker, InProcessRig, Rig
from zairyu.activities.card_reader.card_info import BasicAttributes, Sex
from zairyu.activities.card_reader.errors import (
    AuthCertificateMissing,
    CardPulled,
    CardReaderError,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinOutcomeUnknown,
    WrongCard,
    WrongUserPin,
)
from zairyu.activities.card_reader.password import CardInfoPin
from zairyu.activities.card_reader.reading import CardContents, look_for_card_to_read, read_card
from zairyu.activities.card_reader.search import CardFound
from zairyu.models.card import ExpectedSigner
from zairyu.sandbox.card.application import ApplicationName
from zairyu.sandbox.card.behaviour import Behaviour, Token
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import CARLOS, LINH, XUEYING, Persona
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.pull import PullAt, PullMoment
from zairyu.sandbox.card.reader import READER, InProcessChannel, InProcessReader
from zairyu.sandbox.card.tries import PinName


def read(
    rig: Rig, pin: str = LINH.auth_pin, *, holder: ExpectedSigner | None = None, allow_last_try: bool = False
) -> CardContents:
    return read_card(rig.readers, rig.reader, CardInfoPin(pin), holder=holder, allow_last_try=allow_last_try)


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour(), Behaviour(select_clears=True, fails_first_command=True), Behaviour(chains_answers=True)],
    ids=["plain", "6F00 first", "61xx"],
)
def test_card_tells_its_holder_its_fingerprint_and_its_last_day(
    rig: Rig, make_card: CardMaker, pki: SandboxPki, behaviour: Behaviour
) -> None:
    card = make_card(behaviour=behaviour)
    rig.insert(card)
    contents = read(rig)
    certificate = pki.credentials(LINH, VALID_UNTIL).auth.certificate
    assert contents.attributes == BasicAttributes(
        LINH.registered_name, LINH.registered_address, LINH.birth_date, Sex.FEMALE
    )
    assert contents.fingerprint == hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    assert contents.last_day == VALID_UNTIL
    assert card.pins_presented == 1
    assert not card.is_unlocked
    assert repr(contents) == "CardContents()"


def test_look_costs_no_try_and_tells_how_many_are_left(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    with pytest.raises(WrongUserPin):
        read(rig, "0000")
    assert look_for_card_to_read(rig.readers) == CardFound(rig.reader, 2)
    assert card.pins_presented == 1
    assert card.sign_tries_left == 5, "the password for signatures has tries of its own"


def test_last_try_is_left_alone_unless_somebody_insists(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    for _ in range(2):
        with pytest.raises(WrongUserPin):
            read(rig, "0000")
    with pytest.raises(LastTryRefused):
        look_for_card_to_read(rig.readers)
    with pytest.raises(LastTryRefused):
        read(rig)
    assert look_for_card_to_read(rig.readers, insisted=frozenset({LastTryRefused})).tries_left == 1
    with pytest.raises(PinBlocked):
        read(rig, "0000", allow_last_try=True)
    with pytest.raises(PinBlocked):
        look_for_card_to_read(rig.readers)
    assert card.pins_presented == 3


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Behaviour(has_auth_certificate=False), AuthCertificateMissing),
        (Behaviour(token_name=Token.JUKI_CARD), NotMyNumberCard),
        (Behaviour(token_name=Token.ANDROID), NotMyNumberCard),
    ],
    ids=["no certificate", "Juki card", "telephone"],
)
def test_card_that_cannot_be_read_is_told_before_the_pin(
    rig: Rig, make_card: CardMaker, behaviour: Behaviour, error: type[CardReaderError]
) -> None:
    card = make_card(behaviour=behaviour)
    rig.insert(card)
    with pytest.raises(error):
        look_for_card_to_read(rig.readers)
    with pytest.raises(error):
        read(rig)
    assert card.pins_presented == 0


@pytest.mark.parametrize(
    ("name", "birth_date"),
    [("Tran Thi Linh", "19960412"), ("ＴＲＡＮ\u3000ＴＨＩ\u3000ＬＩＮＨ", "1996"), ("TRAN THI LINH", "199604")],
)
def test_holder_is_known_however_their_name_is_typed(
    rig: Rig, make_card: CardMaker, name: str, birth_date: str
) -> None:
    rig.insert(make_card())
    assert read(rig, holder=ExpectedSigner(name=name, birth_date=birth_date)).attributes.name == LINH.registered_name


@pytest.mark.parametrize(("name", "birth_date"), [("Tran Thi Linh", "19960413"), ("Tran Thi Lin", "19960412")])
def test_another_persons_card_tells_nothing(rig: Rig, make_card: CardMaker, name: str, birth_date: str) -> None:
    card = make_card()
    rig.insert(card)
    with pytest.raises(WrongCard) as caught:
        read(rig, holder=ExpectedSigner(name=name, birth_date=birth_date))
    assert "LINH" not in str(caught.value).upper()
    assert not card.is_unlocked


@pytest.mark.parametrize("persona", [CARLOS, XUEYING], ids=lambda persona: persona.key)
def test_two_cards_never_have_one_fingerprint(make_card: CardMaker, rig: Rig, persona: Persona) -> None:
    rig.insert(make_card())
    first = read(rig)
    rig.pull()
    rig.insert(make_card(persona))
    second = read(rig, persona.auth_pin)
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize("moment", PullMoment)
def test_card_pulled_while_it_checks_the_pin_leaves_the_outcome_open(
    rig: Rig, make_card: CardMaker, moment: PullMoment
) -> None:
    card = make_card()
    rig.insert(card)
    card.pull_during_verify = moment
    with pytest.raises(PinOutcomeUnknown):
        read(rig)
    assert card.pins_presented == 1


def test_card_pulled_while_it_is_read_costs_no_try(make_card: CardMaker) -> None:
    rig = InProcessRig()
    card = make_card()
    rig.insert(card)
    read(rig)
    reads = sum(exchange.instruction == Instruction.READ_BINARY for exchange in card.log)
    # The last of them is for the attributes, after the PIN.
    card.pull_at = PullAt(Instruction.READ_BINARY, nth=reads)
    with pytest.raises(CardPulled):
        read(rig)
    assert card.tries_left[PinName.CARD_INFO_PIN] == 3
    assert not card.is_unlocked


def test_card_says_both_things_in_one_use(make_card: CardMaker) -> None:
    """Nobody can put another card in between the certificate and the attributes."""

    class Counting(InProcessReader):
        connections = 0

        def connect(self, reader: str) -> InProcessChannel | None:
            self.connections += 1
            return super().connect(reader)

    reader = Counting(make_card())
    read_card(reader, READER, CardInfoPin(LINH.auth_pin), holder=None, allow_last_try=False)
    assert reader.connections == 1


def test_no_command_of_a_reading_addresses_the_individual_number(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    look_for_card_to_read(rig.readers)
    read(rig)
    in_card_info = {file for application, file in addressed(card.log) if application is ApplicationName.CARD_INFO}
    assert in_card_info == {0x0002, 0x0011}
