import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zairyu.rules.value_class import CharacterClass, value_class

VOCABULARY = " ".join(["EMPTY", ", ".join(CharacterClass)])
ALPHABETS = {
    CharacterClass.DIGITS: "0123456789",
    CharacterClass.HALF_CAPITALS: "ABCXYZ",
    CharacterClass.HALF_SMALL: "abcxyz",
    CharacterClass.HALF_SIGNS: "!-@_~",
    CharacterClass.SPACES: " \u3000\xa0",
    CharacterClass.FULL_DIGITS: "０９",
    CharacterClass.FULL_LETTERS: "ＡＺａｚ",
    CharacterClass.HIRAGANA: "ぁあんゞ",
    CharacterClass.KATAKANA: "ァアヶー・ㇰ",
    CharacterClass.HALF_KATAKANA: "ｱｶﾞｰ｡",
    CharacterClass.KANJI: "亜一東京凜熙々〇",
    CharacterClass.RARE_KANJI: "髙﨑𠮷⼭纊",
    CharacterClass.ACCENTED: "éñßĐ\u0301",
    CharacterClass.CONTROL: "\n\t\x00\u200b\u202e\ufeff",
    CharacterClass.OTHER: "。「＠①㈱αЖ한\U0001f600\ud800",
}


@pytest.mark.parametrize("kind", CharacterClass)
def test_every_kind_of_character_is_told(kind: CharacterClass) -> None:
    assert {value_class(character) for character in ALPHABETS[kind]} == {f"1: {kind}"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "EMPTY"),
        ("AB12345678CD", "12: DIGITS, HALF_CAPITALS"),
        ("TRAN THI LINH", "13: HALF_CAPITALS, SPACES"),
        ("髙橋 マリア", "6: SPACES, KATAKANA, KANJI, RARE_KANJI"),
        ("東京都新宿区１－２", "9: FULL_DIGITS, KANJI, OTHER"),
        ("linh@resident.example", "21: HALF_SMALL, HALF_SIGNS"),
        (unicodedata.normalize("NFD", "José"), "5: HALF_CAPITALS, HALF_SMALL, ACCENTED"),
    ],
)
def test_a_class_names_length_and_kinds(text: str, told: str) -> None:
    assert value_class(text) == told


@given(data=st.data())
@settings(deadline=None)  # shared machines are slow now and then
def test_another_text_of_the_same_kinds_has_the_same_class(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(CharacterClass), min_size=1))
    one, other = ("".join(data.draw(st.sampled_from(ALPHABETS[kind])) for kind in kinds) for _ in range(2))

    assert value_class(one) == value_class(other)


@given(st.text(min_size=3) | st.text("0123456789ABC :,_", min_size=3))
@settings(deadline=None)
def test_a_text_is_never_read_in_its_class(text: str) -> None:
    # What the class says of every text, it may say of this one.
    assume(text not in VOCABULARY)

    assert text not in value_class(text).partition(": ")[2]
    assert text not in value_class(text) or text.isdecimal()
