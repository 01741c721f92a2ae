from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stdnum.jp import cn

from zairyu.rules.my_number import contains_my_number

NUMBER = "123456789018"
"""Eleven digits in a row and the check digit that the order of 2014 gives them."""
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def check_digit(eleven: str) -> str:
    """The order's own words: position n from the right, weight n + 1 up to the sixth, n - 5 from the seventh."""
    total = sum(
        int(digit) * (position + 1 if position <= 6 else position - 5)
        for position, digit in enumerate(reversed(eleven), start=1)
    )
    return "0" if total % 11 <= 1 else str(11 - total % 11)


NUMBERS = st.text("0123456789", min_size=11, max_size=11).map(lambda eleven: eleven + check_digit(eleven))
SEPARATORS = st.sampled_from(["", " ", "-", "  ", " - ", "\u3000", "－", "−", "‐", "–", "ー", "ｰ", "\n"])
LETTERS = st.text("abcあ漢番号、。", max_size=5)


def test_the_worked_example_has_its_check_digit() -> None:
    assert check_digit(NUMBER[:11]) == NUMBER[11]


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        "1234 5678 9018",
        "1234-5678-9018",
        "１２３４５６７８９０１８",
        "１２３４　５６７８　９０１８",
        "１２３４－５６７８－９０１８",
        "1234ー5678ー9018",  # the long-vowel mark, one key away on a Japanese keyboard
        "1234−5678−9018",
        "マイナンバーは123456789018です",
        "no. 123456789018.",
        "000000000000",
        "12-3456-789018",
        "電話 090 1234 5678 1234 5678 9018",  # right after another number
        "マイナンバー 1234 5678 9018.pdf",
        "マイナンバー１２３４　５６７８　９０１８．ｐｄｆ",
        "20261124_1234_5678_9018_01.pdf",
        "1234.5678.9018.pdf",
        "scans/1234・5678・9018",
        "１２３４\u200b５６７８\u200b９０１８",  # put in by a web page, and not to be seen
        "١٢٣٤٥٦٧٨٩٠١٨",
        "5-1234-5678-9018",  # no corporate number
    ],
)
def test_a_my_number_is_never_collected_however_it_is_typed(text: str) -> None:
    assert contains_my_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456789012",  # a wrong check digit
        "12345678901",
        "1123456789018",  # part of a longer number
        "1234567890181",
        "０１２３４５６７８９０１８",
        "09012345678",  # a telephone number
        "AB12345678CD",
        "2026-11-24",
        "1234567890x18",
        "5835678256246",  # a corporate number, as that of the next line
        "5-8356-7825-6246",
        "IMG_20261124153012.jpg",
    ],
)
def test_other_numbers_can_be_entered(text: str) -> None:
    assert not contains_my_number(text)


@given(number=NUMBERS, first=SEPARATORS, second=SEPARATORS, before=LETTERS, after=LETTERS, wide=st.booleans())
@settings(deadline=None)  # shared machines are slow now and then
def test_every_my_number_is_found_within_any_text(
    number: str, first: str, second: str, before: str, after: str, wide: bool
) -> None:
    written = f"{number[:4]}{first}{number[4:8]}{second}{number[8:]}"

    assert contains_my_number(before + (written.translate(FULL_WIDTH) if wide else written) + after)


@given(number=NUMBERS, wrong=st.text("0123456789", min_size=1, max_size=1))
@settings(deadline=None)
def test_twelve_digits_with_another_check_digit_are_no_my_number(number: str, wrong: str) -> None:
    assume(wrong != number[11])

    assert not contains_my_number(number[:11] + wrong)


@given(number=NUMBERS, more=st.text("0123456789", min_size=1, max_size=8), before=st.booleans())
@settings(deadline=None)
def test_part_of_a_longer_number_is_no_my_number(number: str, more: str, before: bool) -> None:
    assert not contains_my_number(more + number if before else number + more)


@given(first=st.dates(date(1950, 1, 1)), second=st.dates(date(1950, 1, 1)), between=st.sampled_from([" ", " - ", "-"]))
@settings(deadline=None)
def test_a_pair_of_dates_is_never_refused(first: date, second: date, between: str) -> None:
    assert not contains_my_number(f"{first}{between}{second}")


DIGITS_8, DIGITS_4 = (st.text("0123456789", min_size=size, max_size=size) for size in (8, 4))
CAPITALS = st.text("ABCDEFGHJKLMNPRSTUVWXYZ", min_size=2, max_size=2)
CARD_NUMBERS = st.tuples(CAPITALS, DIGITS_8, CAPITALS).map("".join)
CORPORATE_NUMBERS = st.tuples(DIGITS_8, DIGITS_4).map(
    lambda parts: cn.calc_check_digit("".join(parts)) + "".join(parts)
)
TELEPHONES = st.tuples(st.sampled_from(["03", "045", "090"]), DIGITS_4, DIGITS_4)
DAYS = st.dates(date(1930, 1, 1), date(2100, 1, 1))
TYPED_WITHOUT_FINDING = (
    CARD_NUMBERS
    | CORPORATE_NUMBERS
    | CORPORATE_NUMBERS.map(cn.format)
    | TELEPHONES.map("".join)
    | TELEPHONES.map("-".join)
    | DAYS.map(lambda day: f"{day:%Y%m%d}")
    | DAYS.map(str)
)


@given(first=TYPED_WITHOUT_FINDING, second=TYPED_WITHOUT_FINDING, between=st.sampled_from([" ", "、", "\u3000"]))
@settings(deadline=None)
def test_other_numbers_of_the_form_can_be_entered_one_after_the_other(first: str, second: str, between: str) -> None:
    assert not contains_my_number(f"{first}{between}{second}")


@given(st.text())
@settings(deadline=None)
def test_any_text_can_be_searched(text: str) -> None:
    contains_my_number(text)
