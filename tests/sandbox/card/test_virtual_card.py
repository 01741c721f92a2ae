"""The card by itself: what observers of real cards have told."""

import pytest

from tests.cards import VALID_UNTIL, CardMaker
from zairyu.sandbox.card.municipality import issue_card
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.virtual_card import Behaviour, PulledOutError, PullMoment, VirtualCard

SELECT = "00A4040C0AD392F000260100000001"
SIGN_PASSWORD = "00A4020C02001B"
SIGN_CERTIFICATE = "00A4020C020001"
SIGN_KEY = "00A4020C02001A"
RIGHT = "002000800C" + LINH.sign_password.encode().hex()
WRONG = "0020008006" + b"WRONG1".hex()
TRIES = "00200080"
SIGN = "802A008003010203" + "00"


def run(card: VirtualCard, *commands: str) -> str:
    """The last status word, in hexadecimal."""
    answer = b""
    for command in commands:
        answer = card.process(bytes.fromhex(command))
    return answer[-2:].hex().upper()


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        (["00A4040C07A0000002471001"], "6A82"),
        (["00A4020C02001B"], "6A82"),
        ([SELECT, "00A4020C023F00"], "6A82"),
        ([SELECT, "00A4000002001B"], "6A86"),
        ([SELECT, SIGN_CERTIFICATE, "00B0000004"], "6982"),
        ([SELECT, SIGN_KEY, SIGN], "6982"),
        ([SELECT, SIGN_KEY, "00B0000004"], "6981"),
        ([SELECT, "00A4020C020006", "00B000A000"], "6B00"),
        ([SELECT, "00B0860020"], "9000"),
        ([SELECT, SIGN_PASSWORD, TRIES], "63C5"),
        ([SELECT, SIGN_PASSWORD, TRIES + "00"], "6700"),
        ([SELECT, SIGN_PASSWORD, RIGHT, TRIES], "63C5"),
        ([SELECT, "0020009B"], "63C5"),
        ([SELECT, "00200098"], "63C3"),
        ([SELECT, SIGN_PASSWORD, RIGHT, SIGN_CERTIFICATE, "00B0000004"], "9000"),
        ([SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY, SIGN], "9000"),
        ([SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY, "802A018003010203"], "6A86"),
        ([SELECT, SIGN_PASSWORD, RIGHT, "00A4020C020017", SIGN], "6982"),
        ([SELECT, "00A4020C02000A", "00B0000000010000"], "6700"),
        ([SELECT, "00880000"], "6D00"),
        (["A0A40000"], "6E00"),
        (["00A404"], "6700"),
    ],
)
def test_status_words(card: VirtualCard, commands: list[str], status: str) -> None:
    assert run(card, *commands) == status


def test_fifth_wrong_try_blocks_and_the_right_one_comes_too_late(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD)
    assert [run(card, WRONG) for _ in range(5)] == ["63C4", "63C3", "63C2", "63C1", "63C0"]
    assert run(card, RIGHT) == "6984"
    assert run(card, TRIES) == "63C0"
    assert run(card, "00200098") == "63C3"
    card.unblock()
    assert run(card, RIGHT) == "9000"


def test_tries_survive_power_and_restart(pki: SandboxPki) -> None:
    directory = pki.sign_ca_file.parent.parent
    run(issue_card(directory, LINH, VALID_UNTIL), SELECT, SIGN_PASSWORD, WRONG)
    again = issue_card(directory, LINH, VALID_UNTIL)
    assert again.sign_tries_left == 4
    again.unblock()


@pytest.mark.parametrize(
    ("moment", "left"), [(PullMoment.BEFORE_COUNTING, 5), (PullMoment.AFTER_COUNTING, 4)], ids=["before", "after"]
)
def test_right_pin_may_cost_a_try_when_the_card_is_pulled(card: VirtualCard, moment: PullMoment, left: int) -> None:
    run(card, SELECT, SIGN_PASSWORD)
    card.pull_during_verify = moment
    with pytest.raises(PulledOutError):
        run(card, RIGHT)
    assert card.sign_tries_left == left
    assert card.log[-1].status is None


def test_verified_pin_lives_as_long_as_the_power(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD, RIGHT)
    card.reset()
    assert run(card, SELECT, SIGN_CERTIFICATE, "00B0000004") == "9000"
    card.power_off()
    card.power_on()
    assert run(card, SELECT, SIGN_CERTIFICATE, "00B0000004") == "6982"


def test_some_cards_forget_the_pin_sooner(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(select_clears=True))
    assert run(card, SELECT, SIGN_PASSWORD, RIGHT, SELECT, SIGN_CERTIFICATE, "00B0000004") == "6982"
    card = make_card(behaviour=Behaviour(warm_reset_clears=True))
    run(card, SELECT, SIGN_PASSWORD, RIGHT)
    card.reset()
    assert run(card, SELECT, SIGN_CERTIFICATE, "00B0000004") == "6982"


def test_first_command_after_power_up_may_fail(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(fails_first_command=True))
    card.power_on()
    assert run(card, SELECT) == "6F00"
    assert run(card, SELECT) == "9000"


def test_pin_is_masked_in_the_log(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD, RIGHT)
    assert LINH.sign_password.encode().hex().upper() not in str(card.log)
    assert card.log[-1].command == "002000800C" + "**" * 12
    assert card.pins_presented == 1
