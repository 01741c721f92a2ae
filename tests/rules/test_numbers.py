import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zairyu.models.application import Address, Contact, CurrentStay
from zairyu.models.base import Model
from zairyu.rules.numbers import is_corporate_number, is_email, is_phone, is_postal_code, is_residence_card_number

NOT_ASCII_DIGITS = ["１２３４５６７８９０", "١٢٣٤٥٦٧٨٩٠", "²³²³²³²³²³"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AB12345678CD", True),
        ("ab12345678cd", False),
        ("AB12345678C", False),
        ("AB12345678CD\n", False),
        (" AB12345678CD", False),
        ("ＡＢ12345678CD", False),
        ("AB１２３４５６７８CD", False),
        ("A1B2345678CD", False),
        ("", False),
    ],
)
def test_a_card_number_is_two_capitals_eight_digits_and_two_capitals(text: str, expected: bool) -> None:
    assert is_residence_card_number(text) is expected


@pytest.mark.parametrize("text", ["7000012050002", "5835678256246"])
def test_a_corporate_number_has_the_check_digit_of_the_order(text: str) -> None:
    # The National Tax Agency's own, and one that is made up.
    assert is_corporate_number(text)
    assert check_digit(text[1:]) == text[0]


def check_digit(twelve: str) -> str:
    """The order's own words: digit n from the right, times 1 where n is odd and 2 where it is even; 9 less the rest."""
    total = sum(int(digit) * (1 if n % 2 else 2) for n, digit in enumerate(reversed(twelve), start=1))
    return str(9 - total % 9)


@given(st.text("0123456789", min_size=13, max_size=13))
@settings(deadline=None)  # shared machines are slow now and then
def test_any_thirteen_digits_with_another_check_digit_are_no_corporate_number(text: str) -> None:
    assert is_corporate_number(text) is (check_digit(text[1:]) == text[0])


@given(number=st.from_regex("[0-9]{13}", fullmatch=True), other=st.from_regex("[0-9]", fullmatch=True))
@settings(deadline=None)
def test_one_wrong_digit_makes_another_number_of_it(number: str, other: str) -> None:
    number = check_digit(number[1:]) + number[1:]
    assume(other != number[0])

    assert not is_corporate_number(other + number[1:])


@pytest.mark.parametrize(
    "text", ["", "583567825624", "5-8356-7825-6246", " 5835678256246", "５８３５６７８２５６２４６"]
)
def test_a_corporate_number_is_thirteen_digits_and_nothing_else(text: str) -> None:
    assert not is_corporate_number(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1600022", True), ("0000000", True), ("160-0022", False), ("160002", False), ("１６０００２２", False)],
)
def test_a_postal_code_is_seven_digits_or_seven_zeros_if_unknown(text: str, expected: bool) -> None:
    assert is_postal_code(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0312345678", True),
        ("09012345678", True),
        ("84912345678", True),
        ("090-1234-5678", False),
        ("+819012345678", False),
        ("12345678", False),
        ("0901234567890", False),
        *((text, False) for text in NOT_ASCII_DIGITS),
    ],
)
def test_a_telephone_number_is_nine_to_twelve_digits_without_hyphens(text: str, expected: bool) -> None:
    assert is_phone(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linh@resident.example", True),
        ("リン@例え.jp", True),
        ("linh", False),
        ("linh@resident", False),
        ("linh@@resident.example", False),
        ("linh @resident.example", False),
        ("linh@resident.example\n", False),
        ("l" * 238 + "@resident.example", False),
    ],
)
def test_a_mail_address_has_an_at_and_a_domain_with_a_point(text: str, expected: bool) -> None:
    assert is_email(text) is expected


@pytest.mark.parametrize(
    ("predicate", "model", "field"),
    [
        (is_residence_card_number, CurrentStay, "card_number"),
        (is_postal_code, Address, "postal_code"),
        (is_phone, Contact, "phone"),
        (is_email, Contact, "email"),
    ],
)
@given(data=st.data())
@settings(deadline=None)
def test_what_an_application_takes_is_what_its_items_take(
    predicate: object, model: type[Model], field: str, data: st.DataObject
) -> None:
    assert callable(predicate)
    pattern = model.model_json_schema()["properties"][field]["pattern"]
    text = data.draw(st.from_regex(pattern, fullmatch=True) | st.text("0129AZaz@. -", max_size=14))
    assume(len(text) <= 254)

    assert predicate(text) is (re.fullmatch(pattern.removesuffix("$"), text) is not None)
