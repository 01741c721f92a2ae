"""The holder's attributes, and the number that is not ours to read."""

from datetime import date

import pytest

from tests.activities.card_reader.commands import addressed
from tests.activities.card_reader.conftest import NOW, Sign
from tests.cards import CardMaker, Rig
from zairyu.activities.card_reader.card_info import BasicAttributes, CardInfoSession, Sex
from zairyu.activities.card_reader.errors import (
    CardFault,
    CardReaderError,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinOutcomeUnknown,
    WrongUserPin,
)
from zairyu.activities.card_reader.jpki import JpkiSession, KeyPair
from zairyu.activities.card_reader.password import CardInfoPin, UserPin
from zairyu.activities.card_reader.reading import look_for_card_to_read, read_card
from zairyu.activities.card_reader.signing import look_for_card
from zairyu.sandbox.card.application import ApplicationName
from zairyu.sandbox.card.behaviour import Behaviour, Token
from zairyu.sandbox.card.personas import ANJALI, LINH, Persona
from zairyu.sandbox.card.pull import PullMoment
from zairyu.sandbox.card.tries import PinName
from zairyu.sandbox.card.virtual_card import VirtualCard

MY_NUMBER = 0x0001


def attributes_of(rig: Rig, pin: str) -> BasicAttributes:
    with CardInfoSession.open(rig.readers, rig.reader) as session:
        session.verify(CardInfoPin(pin))
        return session.basic_attributes()


CARDS = [
    Behaviour(),
    Behaviour(select_clears=True, fails_first_command=True),
    Behaviour(chains_answers=True),
    Behaviour(corrects_le=True, most_per_read=5),
]


@pytest.mark.parametrize("behaviour", CARDS, ids=["plain", "6F00 first", "61xx", "short reads"])
@pytest.mark.parametrize("persona", [LINH, ANJALI], ids=lambda persona: persona.key)
def test_attributes_are_those_of_the_register(
    rig: Rig, make_card: CardMaker, persona: Persona, behaviour: Behaviour
) -> None:
    card = make_card(persona, behaviour=behaviour)
    rig.insert(card)
    assert attributes_of(rig, persona.auth_pin) == BasicAttributes(
        name=persona.registered_name,
        address=persona.registered_address,
        birth_date=persona.birth_date,
        sex=Sex(int(persona.sex)),
    )
    assert card.pins_presented == 1
    assert not card.is_unlocked


def test_personal_data_does_not_show_when_attributes_are_printed(rig: Rig, make_card: CardMaker) -> None:
    rig.insert(make_card())
    assert repr(attributes_of(rig, LINH.auth_pin)) == "BasicAttributes()"


def test_attributes_stay_shut_without_the_pin(rig: Rig, make_card: CardMaker) -> None:
    rig.insert(make_card())
    with CardInfoSession.open(rig.readers, rig.reader) as session, pytest.raises(CardFault, match="6982"):
        session.basic_attributes()


def test_pin_of_the_attributes_has_tries_of_its_own(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    for tries_left in (2, 1):
        with pytest.raises(WrongUserPin) as caught:
            attributes_of(rig, "0000")
        assert caught.value.tries_left == tries_left
    with pytest.raises(LastTryRefused):
        attributes_of(rig, LINH.auth_pin)
    with CardInfoSession.open(rig.readers, rig.reader) as session:
        assert session.tries_left() == 1
        with pytest.raises(PinBlocked):
            session.verify(CardInfoPin("0000"), allow_last_try=True)
        assert session.tries_left() == 0
    assert card.tries_left == {PinName.SIGN_PASSWORD: 5, PinName.AUTH_PIN: 3, PinName.CARD_INFO_PIN: 0}


def test_card_pulled_during_verify_leaves_the_outcome_open(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    card.pull_during_verify = PullMoment.AFTER_COUNTING
    with pytest.raises(PinOutcomeUnknown):
        attributes_of(rig, LINH.auth_pin)
    assert card.pins_presented == 1


def test_card_without_the_application_is_another_card(rig: Rig, make_card: CardMaker) -> None:
    rig.insert(make_card(behaviour=Behaviour(token_name=Token.JUKI_CARD)))
    with pytest.raises(NotMyNumberCard):
        attributes_of(rig, LINH.auth_pin)


# ----- the file of attributes ----------------------------------------------------------------------------------------


def tlv(tag: int, value: bytes, *, size: int = 0) -> bytes:
    head = tag.to_bytes(2, "big")
    return head + (bytes((0x80 | size,)) + len(value).to_bytes(size, "big") if size else bytes((len(value),))) + value


def attributes(*, size: int = 0, **changed: bytes | None) -> bytes:
    values = {"name": b"A", "address": b"B", "birth_date": b"19960412", "sex": b"2"} | changed
    tags = {"name": 0xDF22, "address": 0xDF23, "birth_date": 0xDF24, "sex": 0xDF25}
    parts = [tlv(tags[key], value, size=size) for key, value in values.items() if value is not None]
    return tlv(0xFF20, b"".join(parts), size=size)


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_every_form_of_length_is_read(size: int) -> None:
    read = BasicAttributes.parse(attributes(size=size, address="東京都".encode()))
    assert read == BasicAttributes("A", "東京都", date(1996, 4, 12), Sex.FEMALE)


def test_object_of_a_later_card_is_left_alone() -> None:
    inner = attributes()[3:] + tlv(0xDF26, b"?") + b"\x5a\x01?"
    assert BasicAttributes.parse(tlv(0xFF20, inner)).name == "A"


@pytest.mark.parametrize(
    ("digit", "sex"),
    [(b"1", Sex.MALE), (b"2", Sex.FEMALE), (b"9", Sex.NOT_APPLICABLE), (b"3", Sex.UNKNOWN), (b"", Sex.UNKNOWN)],
)
def test_sex_that_nobody_knows_is_unknown(digit: bytes, sex: Sex) -> None:
    assert BasicAttributes.parse(attributes(sex=digit)).sex is sex


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x20",
        attributes()[:-1],
        attributes() * 2,
        attributes(name=None),
        attributes(sex=None),
        attributes(name=b"\xff"),
        attributes(birth_date=b"19960431"),
        attributes(birth_date=b"1996041"),
        attributes(birth_date=b"+9960412"),
        b"\xff\x20\x80" + attributes()[3:],
    ],
)
def test_malformed_attributes_are_a_fault_that_does_not_repeat_them(content: bytes) -> None:
    with pytest.raises(CardFault) as caught:
        BasicAttributes.parse(content)
    assert caught.value.__cause__ is None
    assert caught.value.detail == "basic attributes: malformed"


# ----- the Individual Number -----------------------------------------------------------------------------------------


def _everything(rig: Rig, card: VirtualCard, sign: Sign) -> None:
    """Every function of the driver."""
    look_for_card(rig.readers, filing_day=date(2026, 12, 1), now=NOW)
    made = sign()
    look_for_card_to_read(rig.readers)
    read_card(rig.readers, rig.reader, CardInfoPin(LINH.auth_pin), holder=None, allow_last_try=False)
    with JpkiSession.open(rig.readers, rig.reader) as jpki:
        jpki.token_name()
        jpki.presence()
        jpki.verify(UserPin(LINH.auth_pin))
        for pair in KeyPair:
            jpki.tries_left(pair)
            jpki.ca_certificate(pair)
        jpki.certificate(KeyPair.AUTH)
        with pytest.raises(CardReaderError):
            jpki.sign(KeyPair.AUTH, bytes(32), made.certificate.public_key)
    with CardInfoSession.open(rig.readers, rig.reader) as info:
        info.tries_left()
        info.verify(CardInfoPin(LINH.auth_pin))
        info.basic_attributes()
    with CardInfoSession.open(rig.readers, rig.reader) as info, pytest.raises(CardReaderError):
        info.basic_attributes()


def _public_functions(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))}


@pytest.mark.parametrize("behaviour", CARDS, ids=["plain", "6F00 first", "61xx", "short reads"])
def test_no_command_ever_addresses_the_individual_number(
    rig: Rig, make_card: CardMaker, sign: Sign, behaviour: Behaviour
) -> None:
    card = make_card(behaviour=behaviour)
    rig.insert(card)
    _everything(rig, card, sign)
    files = addressed(card.log)
    assert (ApplicationName.JPKI, MY_NUMBER) in files  # there, it is the certificate for signatures
    assert {file for application, file in files if application is ApplicationName.CARD_INFO} == {0x0002, 0x0011}


def test_a_new_function_of_the_driver_joins_the_watch_over_the_individual_number() -> None:
    """What is added here is to be called in `_everything`."""
    common = {"open", "close", "switch_to", "tries_left", "verify"}
    assert _public_functions(CardInfoSession) == common | {"basic_attributes"}
    assert _public_functions(JpkiSession) == common | {
        "token_name",
        "presence",
        "certificate",
        "ca_certificate",
        "sign",
    }
