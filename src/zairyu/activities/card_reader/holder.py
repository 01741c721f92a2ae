"""Whether a card is that of the person who is expected, by name and birth date."""

import re
import unicodedata
from itertools import groupby
from typing import Final

from zairyu.models.card import ExpectedSigner

_GLYPH_CHOICE: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Variation selectors: they choose how a character is drawn, not which one it is."""


def is_holder(expected: ExpectedSigner, *, name: str, birth_date: str, replaced: str = "") -> bool:
    """Compare who is expected with whom a card names.

    A character that stands for one the card cannot write is taken for any one character.

    Args:
        expected: Who should be the holder; day and month of birth may be unknown.
        name: As the card has it.
        birth_date: As the card has it, `YYYYMMDD`.
        replaced: 1 for each character of the name that stands for another, 0 for the others.
    """
    if not birth_date.startswith(expected.birth_date):
        return False
    wanted = _plain(expected.name)
    return wanted == _plain(name) or re.fullmatch(_name_pattern(name, replaced), wanted) is not None


def _plain(name: str) -> str:
    """A name without the differences that keyboards and registers make: width, case, spaces and glyphs."""
    return "".join(_GLYPH_CHOICE.sub("", unicodedata.normalize("NFKC", name)).upper().split())


def _name_pattern(name: str, replaced: str) -> str:
    """What a plain name must match, any one character in place of each that is marked as replaced."""
    marks = replaced if len(replaced) == len(name) else "0" * len(name)
    runs = groupby(zip(name, marks, strict=True), key=lambda pair: pair[1] == "1" and not pair[0].isspace())
    pattern = ""
    for is_replaced, pairs in runs:
        run = "".join(character for character, _ in pairs)
        pattern += "." * len(run) if is_replaced else re.escape(_plain(run))
    return pattern
