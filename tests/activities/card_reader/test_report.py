"""What a help desk sees of a card without any PIN."""

from datetime import date

from tests.cards import VALID_UNTIL, CardMaker
from zairyu.activities.card_reader.report import report_of
from zairyu.sandbox.card.behaviour import Behaviour, Token
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.tries import PinName


def test_childs_card_is_in_order_and_cannot_sign(make_card: CardMaker) -> None:
    (report,) = report_of(InProcessReader(make_card(behaviour=Behaviour(has_sign_certificate=False))))
    assert report.problem is None
    assert report.can_sign is False
    assert report.password_tries_left is None
    assert report.pin_tries_left == 3
    assert report.auth_valid_until == VALID_UNTIL


def test_telephone_is_named_as_what_it_is(make_card: CardMaker) -> None:
    """Its certificate for logging in cannot be read without a PIN, which is no reason to hide the rest."""
    (report,) = report_of(InProcessReader(make_card(behaviour=Behaviour(token_name=Token.ANDROID))))
    assert report.token == Token.ANDROID
    assert report.password_tries_left == 5
    assert report.auth_valid_until is None


def test_look_uses_no_try_and_leaves_no_power(make_card: CardMaker) -> None:
    card = make_card(valid_until=date(2027, 1, 31))
    (report,) = report_of(InProcessReader(card))
    assert report.auth_valid_until == date(2027, 1, 31)
    assert card.pins_presented == 0
    assert not card.is_unlocked
    assert (card.tries_left[PinName.SIGN_PASSWORD], card.tries_left[PinName.AUTH_PIN]) == (5, 3)
