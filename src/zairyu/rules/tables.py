"""Dated tables: the law's numbers, each row with its source and the days it is in force.

A table is a TOML file in `rules/data` with an array of tables `row`. It is read once, when its rule module is
imported; a malformed table stops the process at its start, not in the middle of somebody's application.
"""

import tomllib
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from itertools import takewhile
from typing import Self, TypeVar

from pydantic import ConfigDict, Field, model_validator

from zairyu.models.base import Model


class DatedRow(Model):
    """One row: what counts from a day on, and who says so."""

    # A misspelt column must not be read as an absent one: `effective_untill` would be a rule without an end.
    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1)
    """The public document and its section."""
    effective_from: date
    effective_until: date | None = None
    """The last day on which the row counts; open when nothing has replaced it."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.effective_until is not None and self.effective_until < self.effective_from:
            raise ValueError(f"a row ends before it begins: {self.effective_from} to {self.effective_until}")
        return self

    def counts_on(self, day: date) -> bool:
        """Whether the row is in force on a day in Japan."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)


class AnyRow(DatedRow):
    """A row of any table, to be shown: its columns are whatever the file says."""

    model_config = ConfigDict(extra="allow")


R = TypeVar("R", bound=DatedRow)


def table_names() -> tuple[str, ...]:
    """Every table there is, by name."""
    data = files("zairyu.rules") / "data"
    return tuple(sorted(file.name.removesuffix(".toml") for file in data.iterdir() if file.name.endswith(".toml")))


def about_table(name: str) -> str:
    """What a table says of itself: the comment that its file begins with, one paragraph to a line."""
    lines = takewhile(lambda line: line.startswith("#"), _text(name).splitlines())
    paragraphs = "\n".join(line.removeprefix("#").strip() for line in lines).split("\n\n")
    return "\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)


def load_table(name: str, row: type[R]) -> tuple[R, ...]:
    """Read `rules/data/{name}.toml`.

    Raises:
        ValueError: the file or a row is malformed; the text names the table and the row's number.
    """
    try:
        content = tomllib.loads(_text(name))["row"]
    except ValueError as error:
        raise ValueError(f"table {name}: {error}") from error
    except KeyError:
        raise ValueError(f"table {name} has no [[row]]") from None
    rows = []
    for number, values in enumerate(content, start=1):
        try:
            rows.append(row.model_validate(values))
        except ValueError as error:
            raise ValueError(f"table {name}, row {number}: {error}") from error
    return tuple(rows)


def in_force(rows: Sequence[R], on: date) -> tuple[R, ...]:
    """The rows that count on a day in Japan."""
    return tuple(row for row in rows if row.counts_on(on))


def _text(name: str) -> str:
    return (files("zairyu.rules") / "data" / f"{name}.toml").read_text(encoding="utf-8")
