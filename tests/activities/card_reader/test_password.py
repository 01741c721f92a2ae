import pytest

from tests.cards import CardMaker
from zairyu.activities.card_reader.errors import PinMalformed, PinNotGiven, WrongPin
from zairyu.activities.card_reader.jpki import JpkiSession
from zairyu.activities.card_reader.password import CardInfoPin, CardPin, SignPassword, UserPin
from zairyu.sandbox.card.reader import READER, InProcessReader


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "A" * 17, "ABC-1234", "ABC 1234", "パスワード１２３", "ABC123\x00", "ÀBCDEF1", "ß12345", "ABCDEF\nG"],
)
def test_malformed_password_never_becomes_one(typed: str) -> None:
    with pytest.raises(PinMalformed) as caught:
        SignPassword(typed)
    assert not typed or typed not in str(caught.value)


@pytest.mark.parametrize("pin", [UserPin, CardInfoPin])
@pytest.mark.parametrize("typed", ["", "123", "12345", "12a4", "12 34", "一二三四", "1234\x00", "①②③④⑤"])
def test_malformed_pin_never_becomes_one(pin: type[CardPin], typed: str) -> None:
    with pytest.raises(PinMalformed, match="four digits"):
        pin(typed)


@pytest.mark.parametrize("typed", ["abc123", "ＡＢＣ１２３", " ABC123 ", "ａｂｃ123"])
def test_keyboard_habits_do_not_cost_a_try(typed: str) -> None:
    assert SignPassword(typed).take() == b"ABC123"


@pytest.mark.parametrize("typed", ["1204", "１２０４", " 1204 ", "12０４"])
def test_full_width_digits_do_not_cost_a_try(typed: str) -> None:
    assert UserPin(typed).take() == b"1204"


def test_password_is_wiped_after_use_and_never_shown(make_card: CardMaker) -> None:
    password = SignPassword("ABC123")
    assert repr(password) == "SignPassword(***)"
    secret = password._secret
    readers = InProcessReader(make_card())
    with password, JpkiSession.open(readers, READER) as session, pytest.raises(WrongPin):
        session.verify(password)
    assert secret == bytes(6)
    with pytest.raises(PinNotGiven):
        password.take()
