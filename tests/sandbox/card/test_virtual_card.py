"""The card by itself: what observers of real cards have told."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.cards import VALID_UNTIL, CardMaker
from tests.sandbox.card.commands import (
    AUTH_CERTIFICATE,
    AUTH_KEY,
    AUTH_PIN,
    READ,
    RIGHT,
    RIGHT_PIN,
    SELECT,
    SELECT_CARD_INFO,
    SIGN,
    SIGN_CERTIFICATE,
    SIGN_KEY,
    SIGN_PASSWORD,
    TRIES,
    WRONG,
    answer,
    read_file,
    run,
)
from zairyu.sandbox.card.application import ApplicationName
from zairyu.sandbox.card.behaviour import Behaviour, BlockedStatus, Token
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.municipality import issue_card
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.pull import PowerLostError, PullAt, PulledOutError, PullMoment
from zairyu.sandbox.card.tries import PinName
from zairyu.sandbox.card.virtual_card import VirtualCard


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        (["00A4040C07A0000002471001"], "6A82"),
        (["00A4020C02001B"], "6A82"),
        (["00A40000"], "6A86"),
        ([SELECT, "00A40000"], "9000"),
        ([SELECT, SIGN_PASSWORD, "00A40000", TRIES], "63C5"),
        ([SELECT, "00A4020C023F00"], "6A82"),
        ([SELECT, "00A4000002001B"], "6A86"),
        ([SELECT, "00A4020002001B"], "6A86"),
        ([SELECT, READ], "6986"),
        ([SELECT, SIGN_CERTIFICATE, "00B0000004"], "6982"),
        ([SELECT, SIGN_CERTIFICATE, SELECT, READ], "6986"),
        ([SELECT, SIGN_KEY, SIGN], "6982"),
        ([SELECT, SIGN_KEY, "00B0000004"], "6981"),
        ([SELECT, SIGN_KEY, TRIES], "6A88"),
        ([SELECT, "00A4020C020006", "00B000A000"], "6B00"),
        ([SELECT, "00B0860020"], "9000"),
        ([SELECT, "00B0860020", "00B0000020"], "9000"),
        ([SELECT, "00B09F0020"], "6A82"),
        ([SELECT, AUTH_CERTIFICATE, "00B00000"], "6700"),
        ([SELECT, SIGN_PASSWORD, TRIES], "63C5"),
        ([SELECT, SIGN_PASSWORD, TRIES + "00"], "6700"),
        ([SELECT, SIGN_PASSWORD, RIGHT, TRIES], "63C5"),
        ([SELECT, SIGN_PASSWORD, "00200000"], "6A86"),
        ([SELECT, SIGN_PASSWORD, "00200180"], "6A86"),
        ([SELECT, "0020009B"], "63C5"),
        ([SELECT, "00200098"], "63C3"),
        ([SELECT, "00200099"], "6A82"),
        ([SELECT, SIGN_PASSWORD, RIGHT, SIGN_CERTIFICATE, "00B0000004"], "9000"),
        ([SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY, SIGN], "9000"),
        ([SELECT, SIGN_PASSWORD, RIGHT, "802A009A0301020300"], "9000"),
        ([SELECT, SIGN_PASSWORD, RIGHT, SIGN], "6981"),
        ([SELECT, SIGN_PASSWORD, RIGHT, AUTH_KEY, SIGN], "6982"),
        ([SELECT, AUTH_CERTIFICATE, "00B0000000010000"], "6700"),
        ([SELECT, AUTH_CERTIFICATE, "00B00000000000"], "6700"),
        ([SELECT, "00C0000000"], "6985"),
        ([SELECT, "80FC0000"], "6700"),
        ([SELECT, "00880000"], "6D00"),
        ([SELECT, "0024018006" + b"SECRET".hex()], "6D00"),
        (["A0A40000"], "6E00"),
        (["00A404"], "6700"),
        ([""], "6700"),
    ],
)
def test_status_words(card: VirtualCard, commands: list[str], status: str) -> None:
    assert run(card, *commands) == status


# ----- PINs and their counters --------------------------------------------------------------------------------------


def test_fifth_wrong_try_blocks_and_the_right_one_comes_too_late(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD)
    assert [run(card, WRONG) for _ in range(5)] == ["63C4", "63C3", "63C2", "63C1", "63C0"]
    assert run(card, RIGHT) == "6984"
    assert run(card, TRIES) == "63C0"
    assert run(card, "00200098") == "63C3"
    card.unblock()
    assert run(card, SIGN_PASSWORD, RIGHT) == "9000"


def test_some_cards_say_blocked_with_another_word(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(blocked_status=BlockedStatus.ISO))
    card.block()
    assert run(card, SELECT, SIGN_PASSWORD, TRIES) == "63C0"
    assert run(card, RIGHT) == "6983"


def test_right_password_gives_all_tries_back(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD, WRONG, WRONG)
    assert card.sign_tries_left == 3
    run(card, RIGHT)
    assert card.tries_left == {PinName.SIGN_PASSWORD: 5, PinName.AUTH_PIN: 3, PinName.CARD_INFO_PIN: 3}


def test_wrong_password_ends_what_the_right_one_opened(card: VirtualCard) -> None:
    assert run(card, SELECT, SIGN_PASSWORD, RIGHT, WRONG, SIGN_KEY, SIGN) == "6982"


def test_tries_survive_power_and_restart(pki: SandboxPki) -> None:
    directory = pki.sign_ca_file.parent.parent
    run(issue_card(directory, LINH, VALID_UNTIL), SELECT, SIGN_PASSWORD, WRONG)
    again = issue_card(directory, LINH, VALID_UNTIL)
    assert again.sign_tries_left == 4
    again.unblock()
    assert again.sign_tries_left == 5


def test_pin_is_masked_in_the_log(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD, RIGHT)
    assert card.log[-1].command == "002000800C" + "**" * 12
    assert card.pins_presented == 1
    run(card, "0024018006" + b"SECRET".hex(), "00200080" + b"123456".hex(), "00200080000004" + b"1234".hex())
    logged = str(card.log)
    for secret in (LINH.sign_password, "SECRET", "23456", "1234"):
        assert secret.encode().hex().upper() not in logged
    assert LINH.sign_password not in str(vars(card))


# ----- the life of a verified PIN -----------------------------------------------------------------------------------


def test_verified_pin_lives_as_long_as_the_power(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD, RIGHT)
    card.reset()
    assert run(card, READ) == "6986"
    assert run(card, SELECT, SIGN_CERTIFICATE, "00B0000004") == "9000"
    assert run(card, SELECT_CARD_INFO, SELECT, SIGN_CERTIFICATE, "00B0000004") == "9000"
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


# ----- how answers travel -------------------------------------------------------------------------------------------


def test_first_command_after_power_up_may_fail(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(fails_first_command=True))
    card.power_on()
    assert run(card, SELECT) == "6F00"
    assert run(card, SELECT) == "9000"
    card.reset()
    assert run(card, SELECT) == "9000"


def test_answer_may_have_to_be_fetched(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(chains_answers=True))
    assert run(card, SELECT) == "9000"
    assert answer(card, "00B0860020") == b"\x61\x20"
    first, rest = answer(card, "00C0000010"), answer(card, "00C0000010")
    assert first[-2:] == b"\x61\x10"
    assert first[:-2] + rest == b"JPKIAPICCTOKEN2".ljust(32) + b"\x90\x00"
    assert answer(card, AUTH_CERTIFICATE, READ) == b"\x61\x00"
    assert len(answer(card, "00C0000000")) == 256 + 2
    assert run(card, READ, SIGN_PASSWORD, "00C0000000") == "6985"


def test_right_length_may_have_to_be_asked_for(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(corrects_le=True))
    assert answer(card, SELECT, "00A4020C020008", READ) == b"\x6c\x03"
    assert answer(card, "00B0000003") == bytes.fromhex("8F8F009000")
    assert answer(card, SIGN_PASSWORD, RIGHT, SIGN_KEY, "802A00800301020310") == b"\x6c\x00"
    assert run(card, SIGN) == "9000"


@pytest.mark.parametrize("le", ["", "10", "FF"])
def test_signature_that_does_not_fit_is_refused(card: VirtualCard, le: str) -> None:
    assert run(card, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY, "802A008003010203" + le) == "6700"


def test_read_may_give_less_than_asked_for(make_card: CardMaker, pki: SandboxPki) -> None:
    card = make_card(behaviour=Behaviour(most_per_read=100))
    assert len(answer(card, SELECT, AUTH_CERTIFICATE, READ)) == 100 + 2
    certificate = pki.credentials(LINH, VALID_UNTIL).auth.certificate.public_bytes(Encoding.DER)
    assert read_file(card, 0x000A).startswith(certificate)


def test_file_is_longer_than_the_certificate_in_it(card: VirtualCard, pki: SandboxPki) -> None:
    certificate = pki.credentials(LINH, VALID_UNTIL).sign.certificate.public_bytes(Encoding.DER)
    run(card, SELECT, SIGN_PASSWORD, RIGHT)
    content = read_file(card, 0x0001)
    assert content.startswith(certificate)
    assert set(content[len(certificate) :]) == {0xFF}


def test_card_of_extended_length_takes_a_certificate_in_one_read(make_card: CardMaker, pki: SandboxPki) -> None:
    card = make_card(behaviour=Behaviour(takes_extended_length=True))
    certificate = pki.credentials(LINH, VALID_UNTIL).sign.certificate.public_bytes(Encoding.DER)
    password = LINH.sign_password.encode().hex()
    assert run(card, SELECT, SIGN_PASSWORD, f"0020008000000C{password}") == "9000"
    assert answer(card, SIGN_CERTIFICATE, "00B00000000000").startswith(certificate)
    assert len(answer(card, "00B00000000400")) == 0x400 + 2
    assert len(answer(card, SIGN_KEY, "802A0080" + "000003010203" + "0100")) == 256 + 2
    assert run(card, "802A0080" + "000004010203") == "6700"
    assert "**" * 12 in card.log[2].command


# ----- kinds of cards -----------------------------------------------------------------------------------------------


def test_card_without_signature_certificate_says_so(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(has_sign_certificate=False))
    assert answer(card, SELECT, "00B0880003") == bytes.fromhex("008F009000")
    assert run(card, SIGN_CERTIFICATE) == "6A82"
    assert run(card, AUTH_CERTIFICATE) == "9000"


def test_card_without_authentication_certificate_says_so(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(has_auth_certificate=False))
    assert answer(card, SELECT, "00B0880003") == bytes.fromhex("8F00009000")
    assert run(card, AUTH_CERTIFICATE) == "6A82"


@pytest.mark.parametrize("token", Token)
def test_kind_of_card_is_in_its_token_information(make_card: CardMaker, token: Token) -> None:
    card = make_card(behaviour=Behaviour(token_name=token))
    run(card, SELECT)
    content = read_file(card, 0x0006)
    assert len(content) == 160
    assert content[:32].decode() == token.ljust(32)
    is_card = token is Token.MY_NUMBER_CARD
    assert run(card, SELECT_CARD_INFO) == ("9000" if is_card else "6A82")


def test_android_shows_its_authentication_certificate_after_the_pin_only(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(token_name=Token.ANDROID))
    assert run(card, SELECT, AUTH_CERTIFICATE, READ) == "6982"
    assert run(card, AUTH_PIN, RIGHT_PIN, AUTH_CERTIFICATE, READ) == "9000"
    assert run(make_card(), SELECT, AUTH_CERTIFICATE, READ) == "9000"


def test_iphone_alone_hears_the_last_command(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(token_name=Token.IPHONE))
    assert run(card, SELECT, "80FC0000") == "9000"
    assert run(card, "80FC000000") == "6700"


# ----- a card that leaves, a card that takes its time ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "left"), [(PullMoment.BEFORE_COUNTING, 5), (PullMoment.AFTER_COUNTING, 4)], ids=["before", "after"]
)
def test_right_pin_may_cost_a_try_when_the_card_is_pulled(card: VirtualCard, moment: PullMoment, left: int) -> None:
    run(card, SELECT, SIGN_PASSWORD)
    card.pull_during_verify = moment
    assert run(card, TRIES) == "63C5"
    with pytest.raises(PulledOutError):
        run(card, RIGHT)
    assert card.sign_tries_left == left
    assert card.log[-1].status is None
    assert not card.is_unlocked


def test_card_can_leave_at_any_command(card: VirtualCard) -> None:
    run(card, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY)
    card.pull_at = PullAt(Instruction.SIGN, nth=2)
    assert run(card, SIGN, SELECT, SIGN_KEY) == "9000"
    with pytest.raises(PulledOutError):
        run(card, SIGN)
    assert run(card, SIGN) == "9000"


def test_commands_take_their_time_and_signatures_more(make_card: CardMaker) -> None:
    slow, slower = timedelta(milliseconds=20), timedelta(milliseconds=60)
    card = make_card(behaviour=Behaviour(delay=slow, signing_delay=slower))
    started = time.perf_counter()
    run(card, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY)
    prepared = time.perf_counter()
    run(card, SIGN)
    signed = time.perf_counter()
    assert prepared - started >= 4 * 0.02
    assert signed - prepared >= 0.08


def test_card_at_work_stops_without_power(make_card: CardMaker) -> None:
    card = make_card(behaviour=Behaviour(signing_delay=timedelta(hours=1)))
    run(card, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY)
    with ThreadPoolExecutor(1) as reader:
        signing = reader.submit(run, card, SIGN)
        while not card.is_at_work:
            time.sleep(0.001)
        card.power_off()
        with pytest.raises(PowerLostError):
            signing.result(10)
    assert card.log[-1].status is None


def test_log_tells_which_file_of_which_application_was_touched(card: VirtualCard) -> None:
    run(card, "00A4020C020001", SELECT, SIGN_PASSWORD, SELECT_CARD_INFO, "00B0820004")
    assert [(exchange.application, exchange.file, exchange.status) for exchange in card.log] == [
        (None, None, 0x6A82),
        (ApplicationName.JPKI, None, 0x9000),
        (ApplicationName.JPKI, 0x001B, 0x9000),
        (ApplicationName.CARD_INFO, None, 0x9000),
        (ApplicationName.CARD_INFO, 0x0002, 0x6982),
    ]
