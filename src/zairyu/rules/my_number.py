"""My Number (個人番号) must never be collected: find one in a text, or in the name of a file."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, place_of
from zairyu.rules.numbers import is_corporate_number

_BETWEEN = r"[\s\-‐-―−ー]{0,3}"
"""Spaces, or any of the dashes that a Japanese keyboard gives, the long-vowel mark included."""
_BETWEEN_FOURS = r"[\s\-‐-―−ー_.・/]{0,3}"
"""And what stands between the parts of a file's name."""
_IN_FOURS = re.compile(rf"(?<![0-9])(?=([0-9]{{4}}({_BETWEEN_FOURS})[0-9]{{4}}\2[0-9]{{4}})(?![0-9]))")
"""As it is printed on the card, whatever stands beside it: twice the same, as nobody writes a number and a year."""
_BY_ITSELF = re.compile(rf"[0-9](?:{_BETWEEN}[0-9])*")
"""In any other grouping only when no more digits follow: two dates in a row are no My Number."""
_CORPORATE = re.compile(r"(?<![0-9])[0-9]-[0-9]{4}-[0-9]{4}-[0-9]{4}(?![0-9])")
"""A corporate number as it is written with hyphens: its last twelve digits look like a My Number."""


def my_numbers(value: object, place: str = "") -> Iterator[Finding]:
    """A finding for each text of an input that holds a My Number, the names of its parts included."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            # A place that is named by a My Number would repeat it.
            in_key = contains_my_number(str(key))
            yield from my_numbers(str(key), place) if in_key else my_numbers(inner, place + place_of(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from my_numbers(inner, place + place_of(index))
    elif isinstance(value, str) and contains_my_number(value):
        yield Finding(
            place=place,
            rule="my-number",
            message=BilingualText(
                ja="個人番号（マイナンバー）は記入しないでください。", en="A My Number must not be entered anywhere."
            ),
            source="My Number Act (2013, no. 27), article 20",
        )


def contains_my_number(text: str) -> bool:
    """Whether a text holds twelve digits, spaced or not, in any width, whose check digit makes them a My Number.

    Source of the check digit: Order on the designation of individual numbers (Ministry of Internal Affairs
    and Communications, 2014, no. 85), article 5.

    It tells one in ten of any other twelve digits from none. So of 20 000 made-up texts of a kind, a tenth was taken
    for a My Number where twelve digits stand alone (a registration number of a company, an agent certificate, a
    minute as 202611241530, a day and another as 20260401-0331), a fifth of sixteen digits in fours, and 0.2 % of
    UUIDs. None was of numbers of residence cards, corporate numbers, telephone numbers, postal codes, days, or two of
    these in a row.
    """
    plain = _CORPORATE.sub(_unless_it_fits, "".join(_plain(character) for character in text))
    found = [*(run for run, _ in _IN_FOURS.findall(plain)), *_BY_ITSELF.findall(plain)]
    return any(_check_digit_fits([int(digit) for digit in re.findall("[0-9]", run)]) for run in found)


def _plain(character: str) -> str:
    """The character as a keyboard without Japanese gives it; nothing for one that nobody sees."""
    if unicodedata.category(character) == "Cf":
        return ""
    digit = unicodedata.decimal(character, None)
    return unicodedata.normalize("NFKC", character) if digit is None else str(digit)


def _unless_it_fits(written: re.Match[str]) -> str:
    return "" if is_corporate_number(written.group().replace("-", "")) else written.group()


def _check_digit_fits(digits: list[int]) -> bool:
    if len(digits) != 12:
        return False
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    remainder = sum(digit * weight for digit, weight in zip(digits[:11], weights, strict=True)) % 11
    return digits[11] == (0 if remainder <= 1 else 11 - remainder)
