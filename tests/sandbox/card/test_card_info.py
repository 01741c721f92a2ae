"""The application with the holder's attributes, and the number that nobody reads."""

from collections.abc import Iterator

import pytest

from tests.cards import CardMaker
from tests.sandbox.card.commands import (
    AUTH_KEY,
    AUTH_PIN,
    CARD_INFO_PIN,
    READ,
    RIGHT_PIN,
    SELECT,
    SELECT_CARD_INFO,
    TRIES,
    read_file,
    run,
)
from zairyu.sandbox.card.personas import LINH, PERSONAS, Persona
from zairyu.sandbox.card.tries import PinName
from zairyu.sandbox.card.virtual_card import VirtualCard

MY_NUMBER = "00A4020C020001"
ATTRIBUTES = "00A4020C020002"
WRONG_PIN = "0020008004" + b"9876".hex()


def open_card_info(card: VirtualCard, persona: Persona = LINH) -> None:
    assert run(card, SELECT_CARD_INFO, CARD_INFO_PIN, "0020008004" + persona.auth_pin.encode().hex()) == "9000"


def objects(content: bytes, start: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """BER-TLV with tags of two bytes: where each object starts, its tag and its value."""
    while start < len(content) and content[start + 1 : start + 2] != b"\xff":
        length, value = content[start + 2], start + 3
        if length & 0x80:
            size = length & 0x7F
            length, value = int.from_bytes(content[value : value + size], "big"), value + size
        yield start, int.from_bytes(content[start : start + 2], "big"), content[value : value + length]
        start = value + length


@pytest.mark.parametrize("persona", PERSONAS.values(), ids=PERSONAS.keys())
def test_attributes_are_where_the_table_says(make_card: CardMaker, persona: Persona) -> None:
    card = make_card(persona)
    open_card_info(card, persona)
    content = read_file(card, 0x0002)
    ((_, tag, value),) = objects(content)
    assert tag == 0xFF20
    (_, first, table), *rest = objects(content[: content.index(value) + len(value)], content.index(value))
    assert first == 0xDF21
    assert [start for start, _, _ in rest] == [int.from_bytes(table[at : at + 2], "big") for at in range(0, 8, 2)]
    assert {tag: value.decode() for _, tag, value in rest} == {
        0xDF22: persona.registered_name,
        0xDF23: persona.registered_address,
        0xDF24: f"{persona.birth_date:%Y%m%d}",
        0xDF25: persona.sex,
    }


@pytest.mark.parametrize("persona", PERSONAS.values(), ids=PERSONAS.keys())
def test_number_on_the_card_can_be_nobodys(make_card: CardMaker, persona: Persona) -> None:
    card = make_card(persona)
    open_card_info(card, persona)
    content = read_file(card, 0x0001)
    assert content[:3] == bytes.fromhex("FF100C")
    assert content[15:] == b"\xff\xff"
    *digits, check = (int(digit) for digit in content[3:15].decode())
    # The rule as it is written, from the right: weights 2 to 7, then 2 to 6.
    remainder = sum(digit * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits), start=1)) % 11
    assert check != (0 if remainder <= 1 else 11 - remainder)


@pytest.mark.parametrize("file", [MY_NUMBER, ATTRIBUTES])
def test_nothing_is_read_without_its_pin(card: VirtualCard, file: str) -> None:
    assert run(card, SELECT_CARD_INFO, file, READ) == "6982"
    assert run(card, SELECT, AUTH_PIN, RIGHT_PIN, SELECT_CARD_INFO, file, READ) == "6982"
    open_card_info(card)
    assert run(card, file, READ) == "9000"


def test_pin_of_one_application_opens_nothing_of_the_other(card: VirtualCard) -> None:
    open_card_info(card)
    assert run(card, SELECT, AUTH_KEY, "802A00800101" + "00") == "6982"


def test_its_pin_has_a_counter_of_its_own(card: VirtualCard) -> None:
    assert run(card, SELECT_CARD_INFO, CARD_INFO_PIN, TRIES) == "63C3"
    assert [run(card, WRONG_PIN) for _ in range(4)] == ["63C2", "63C1", "63C0", "6984"]
    assert card.tries_left == {PinName.SIGN_PASSWORD: 5, PinName.AUTH_PIN: 3, PinName.CARD_INFO_PIN: 0}
    card.unblock()
    assert run(card, "00200091") == "63C3"
    # The references of the other application mean nothing here.
    assert run(card, "0020009B") == "6A82"
