import pytest

from tests.cards import CardMaker
from zairyu.activities.card_reader.errors import PinMalformed, PinNotGiven
from zairyu.activities.card_reader.jpki import JpkiSession
from zairyu.activities.card_reader.password import SignPassword
from zairyu.sandbox.card.reader import InProcessReader


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "A" * 17, "ABC-1234", "ABC 1234", "パスワード１２３", "ABC123\x00", "ÀBCDEF1", "ß12345", "ABCDEF\nG"],
)
def test_malformed_password_never_becomes_one(typed: str) -> None:
    with pytest.raises(PinMalformed) as caught:
        SignPassword(typed)
    assert not typed or typed not in str(caught.value)


@pytest.mark.parametrize("typed", ["abc123", "ＡＢＣ１２３", " ABC123 ", "ａｂｃ123"])
def test_keyboard_habits_do_not_cost_a_try(typed: str) -> None:
    assert SignPassword(typed).take() == b"ABC123"


def test_password_is_wiped_after_use_and_never_shown(make_card: CardMaker) -> None:
    password = SignPassword("ABC123")
    assert "ABC" not in repr(password)
    secret = password._secret
    with password, JpkiSession.open(InProcessReader(make_card())) as session, pytest.raises(Exception, match="wrong"):
        session.verify(password)
    assert secret == bytes(6)
    with pytest.raises(PinNotGiven):
        password.take()
