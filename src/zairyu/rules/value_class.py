"""The class of a value: how long it is and which kinds of characters it has, never what it says.

For findings, which travel to places where the value itself must not go.
"""

import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Final


class CharacterClass(StrEnum):
    """Kinds of characters, as the agency's forms tell them apart; in the order in which a class names them."""

    DIGITS = "DIGITS"
    HALF_CAPITALS = "HALF_CAPITALS"
    HALF_SMALL = "HALF_SMALL"
    HALF_SIGNS = "HALF_SIGNS"
    SPACES = "SPACES"
    """Of any width."""
    FULL_DIGITS = "FULL_DIGITS"
    FULL_LETTERS = "FULL_LETTERS"
    HIRAGANA = "HIRAGANA"
    KATAKANA = "KATAKANA"
    """With its long-vowel mark and its middle dot."""
    HALF_KATAKANA = "HALF_KATAKANA"
    """With its punctuation."""
    KANJI = "KANJI"
    """Of JIS levels 1 and 2, which every form takes; and the signs that stand for one: 々, 〆, 〇."""
    RARE_KANJI = "RARE_KANJI"
    """All others, with the radicals that look like kanji."""
    ACCENTED = "ACCENTED"
    """Latin letters beyond ASCII, and marks that are put onto a letter."""
    CONTROL = "CONTROL"
    """What nobody sees: line breaks, tabs, marks of direction and of width."""
    OTHER = "OTHER"


def value_class(text: str) -> str:
    """Say of what kind a text is: `12: DIGITS, HALF_CAPITALS`; `EMPTY` where there is none.

    The number is that of Unicode's characters. Two texts of the same length and the same kinds have the same class.
    """
    if not text:
        return "EMPTY"
    found = {_class_of(character) for character in text}
    return f"{len(text)}: {', '.join(kind for kind in CharacterClass if kind in found)}"


def _class_of(character: str) -> CharacterClass:
    return next((kind for kind, holds in _TESTS if holds(character)), CharacterClass.OTHER)


def _between(first: str, last: str) -> Callable[[str], bool]:
    return lambda character: first <= character <= last


def _is_kanji(character: str) -> bool:
    try:
        written = character.encode("shift_jis")  # unlike cp932, without what vendors added
    except UnicodeEncodeError:
        return False
    return (len(written) == 2 and written >= b"\x88\x9f") or character in "々〆〇"


def _is_named(*beginnings: str) -> Callable[[str], bool]:
    return lambda character: unicodedata.name(character, "").startswith(beginnings)


_TESTS: Final[tuple[tuple[CharacterClass, Callable[[str], bool]], ...]] = (
    (CharacterClass.DIGITS, _between("0", "9")),
    (CharacterClass.HALF_CAPITALS, _between("A", "Z")),
    (CharacterClass.HALF_SMALL, _between("a", "z")),
    (CharacterClass.HALF_SIGNS, _between("!", "~")),
    (CharacterClass.SPACES, lambda character: unicodedata.category(character) == "Zs"),
    (CharacterClass.CONTROL, lambda character: unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")),
    (CharacterClass.FULL_DIGITS, _between("０", "９")),
    (CharacterClass.FULL_LETTERS, _is_named("FULLWIDTH LATIN ")),
    (CharacterClass.HIRAGANA, _between("\u3041", "\u309f")),
    (CharacterClass.KATAKANA, _between("\u30a0", "\u30ff")),
    (CharacterClass.KATAKANA, _between("\u31f0", "\u31ff")),
    (CharacterClass.HALF_KATAKANA, _between("\uff61", "\uff9f")),
    (CharacterClass.KANJI, _is_kanji),
    (CharacterClass.RARE_KANJI, _is_named("CJK UNIFIED", "CJK COMPATIBILITY IDEO", "CJK RADICAL", "KANGXI RADICAL")),
    (CharacterClass.ACCENTED, _is_named("LATIN ", "COMBINING ")),
)
"""The first that holds."""
