"""The number of a filing agent's certificate: as it is printed, and as the twelve digits that the agency asks for.

Source: ISA, online procedures from March 2022 (2022-01), conversion of agent certificate numbers. Printed are the
office, the category, the year's last two digits and the serial: (東)弁10第50号. The twelve digits have the year before
the category, and in full: 13 2010 7 00050.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple, Self

from pydantic import Field

from zairyu.models.base import BilingualText, Model
from zairyu.models.findings import Finding
from zairyu.rules.tables import DatedRow, in_force, load_table

_SOURCE: Final = "ISA, online procedures from March 2022 (2022-01), conversion of agent certificate numbers"
_CENTURY: Final = 2000
"""The twelve digits put 20 before the two digits of the year that are printed (same source)."""


class AgentCodeRow(DatedRow):
    """An issuing office, or a category of agents: its sign as printed, and its code in the twelve digits."""

    sign: str = Field(min_length=1, max_length=1)
    code: str = Field(pattern=r"^[0-9]{1,2}$")
    name: BilingualText


_OFFICES = load_table("agent_offices", AgentCodeRow)
_CATEGORIES = load_table("agent_categories", AgentCodeRow)


class AgentNumberRefused(ValueError):
    """A text is not the number of an agent certificate. The sentence does not repeat the text."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(finding.message.en for finding in findings))
        self.findings = tuple(findings)


class AgentNumber(Model):
    """The number of a filing agent's certificate."""

    office: AgentCodeRow
    category: AgentCodeRow
    year: int = Field(ge=_CENTURY, lt=_CENTURY + 100)
    """Of issue."""
    serial: int = Field(ge=1, le=99999)

    @classmethod
    def parse(cls, text: str, *, on: date) -> Self:
        """Read a number as it is printed, or its twelve digits; in any width, with or without spaces.

        Args:
            text: for example `(東)弁10第50号` or `132010700050`.
            on: the day in Japan on which it is read. No certificate is from a later year.

        Raises:
            AgentNumberRefused: with everything that is wrong, each with its place in the text.
        """
        parts, as_digits = _split(text)
        findings: list[Finding] = []
        office = _known(in_force(_OFFICES, on), parts["office"], as_digits)
        if office is None:
            findings.append(_unknown("office", parts["office"], in_force(_OFFICES, on), as_digits))
        category = _known(in_force(_CATEGORIES, on), parts["category"], as_digits)
        if category is None:
            findings.append(_unknown("category", parts["category"], in_force(_CATEGORIES, on), as_digits))
        findings.extend(_check_year(parts["year"], on, as_digits))
        findings.extend(_check_serial(parts["serial"]))
        if office is None or category is None or findings:
            raise AgentNumberRefused(findings)
        year = int(parts["year"].text)
        return cls(
            office=office,
            category=category,
            year=year if as_digits else _CENTURY + year,
            serial=int(parts["serial"].text),
        )

    @property
    def digits(self) -> str:
        """The twelve digits: office, year, category, serial."""
        return f"{self.office.code}{self.year}{self.category.code}{self.serial:05}"

    @property
    def notation(self) -> str:
        """As it is printed on the certificate."""
        return f"({self.office.sign}){self.category.sign}{self.year - _CENTURY:02}第{self.serial}号"


class _Part(NamedTuple):
    """A piece of the text, and the character at which it begins, counted from 1."""

    text: str
    at: int


_PRINTED: Final = (
    ("", r"\("),
    ("office", r"[^()]*"),
    ("", r"\)"),
    ("category", r"[^0-9第]*"),
    ("year", r"[0-9]*"),
    ("", r"第"),
    ("serial", r"[0-9]*"),
    ("", r"号"),
    ("", r"\Z"),
)
"""Loose, so that a part that is missing or wrong is named as that part, and the others are still read."""
_TWELVE_DIGITS: Final = (
    ("office", r"[0-9]{2}"),
    ("year", r"[0-9]{4}"),
    ("category", r"[0-9]"),
    ("serial", r"[0-9]{5}"),
    ("", r"\Z"),
)

_PART_NAMES: Final = {
    "office": BilingualText(ja="発行局", en="issuing office"),
    "category": BilingualText(ja="区分", en="category"),
}


def _split(text: str) -> tuple[Mapping[str, _Part], bool]:
    """The parts of a number, and whether it was written as digits only."""
    characters = [
        (plain, place)
        for place, character in enumerate(text, start=1)
        for plain in unicodedata.normalize("NFKC", character)
        if not plain.isspace()
    ]
    plain = "".join(character for character, _ in characters)
    places = [*(place for _, place in characters), len(text) + 1]
    as_digits = re.fullmatch(r"[0-9]+", plain) is not None
    parts, at = {}, 0
    for name, pattern in _TWELVE_DIGITS if as_digits else _PRINTED:
        found = re.compile(pattern).match(plain, at)
        if found is None:
            raise AgentNumberRefused([_malformed(places[at])])
        parts[name] = _Part(found.group(), places[at])
        at = found.end()
    return parts, as_digits


def _known(rows: Sequence[AgentCodeRow], part: _Part, as_digits: bool) -> AgentCodeRow | None:
    return next((row for row in rows if part.text == (row.code if as_digits else row.sign)), None)


def _check_year(part: _Part, on: date, as_digits: bool) -> Iterator[Finding]:
    if as_digits and not part.text.startswith("20"):
        yield _finding("year", part.at, ja="年は20で始まる4桁です。", en="the year has four digits and begins with 20.")
    elif not as_digits and len(part.text) != 2:
        yield _finding("year", part.at, ja="年は西暦の下2桁です。", en="the year is written with its last two digits.")
    elif int(part.text) % 100 > on.year - _CENTURY:
        yield _finding("year", part.at, ja="発行年が未来です。", en="the year of issue lies in the future.")


def _check_serial(part: _Part) -> Iterator[Finding]:
    if not (1 <= len(part.text) <= 5 and int(part.text)):
        yield _finding(
            "serial", part.at, ja="通し番号は1から99999までの数字です。", en="the serial is a number from 1 to 99999."
        )


def _unknown(name: str, part: _Part, rows: Sequence[AgentCodeRow], as_digits: bool) -> Finding:
    label, known = _PART_NAMES[name], [row.code if as_digits else row.sign for row in rows]
    return _finding(
        name,
        part.at,
        ja=f"{label.ja}の{'コード' if as_digits else '記号'}は{'・'.join(known)}のいずれかです。",
        en=f"the {label.en}'s {'code' if as_digits else 'sign'} is one of {', '.join(known)}.",
    )


def _malformed(at: int) -> Finding:
    return _finding(
        "",
        at,
        ja="届出済証明書の番号は「(東)弁10第50号」の形か、12桁の数字です。",
        en="the number of an agent certificate reads like (東)弁10第50号, or has twelve digits.",
    )


def _finding(part: str, at: int, *, ja: str, en: str) -> Finding:
    return Finding(
        place=f"/{part}" if part else "",
        rule="agent-number",
        message=BilingualText(ja=f"{at}文字目: {ja}", en=f"Character {at}: {en}"),
        source=_SOURCE,
    )
