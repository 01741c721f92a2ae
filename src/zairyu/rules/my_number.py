"""My Number (個人番号) must never be collected: find one in a text."""

import re
import unicodedata

_BETWEEN = r"[\s\-‐-―−ー]{0,3}"
"""Spaces, or any of the dashes that a Japanese keyboard gives, the long-vowel mark included."""
_IN_FOURS = re.compile(rf"(?<![0-9])(?=([0-9]{{4}}{_BETWEEN}[0-9]{{4}}{_BETWEEN}[0-9]{{4}})(?![0-9]))")
"""As it is printed on the card, whatever stands beside it."""
_BY_ITSELF = re.compile(rf"[0-9](?:{_BETWEEN}[0-9])*")
"""In any other grouping only when no more digits follow: two dates in a row are no My Number."""


def contains_my_number(text: str) -> bool:
    """Whether a text holds twelve digits, spaced or not, in any width, whose check digit makes them a My Number.

    Source of the check digit: Order on the designation of individual numbers (Ministry of Internal Affairs
    and Communications, 2014, no. 85), article 5.
    """
    plain = unicodedata.normalize("NFKC", text)
    found = [*_IN_FOURS.findall(plain), *_BY_ITSELF.findall(plain)]
    return any(_check_digit_fits([int(digit) for digit in re.findall("[0-9]", run)]) for run in found)


def _check_digit_fits(digits: list[int]) -> bool:
    if len(digits) != 12:
        return False
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    remainder = sum(digit * weight for digit, weight in zip(digits[:11], weights, strict=True)) % 11
    return digits[11] == (0 if remainder <= 1 else 11 - remainder)
