"""What changed from one spec pack to another, table by table, for whoever has to judge a new version."""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from zairyu.models.base import Model
from zairyu.rules.spec_pack_reading import CODES, HEAD, Files

Rows = Mapping[str, Mapping[str, Any]]


class Change(Model):
    """One difference between two packs."""

    place: str
    """The file, and the row by its name: `items/group-n-applicant.csv education_level`."""
    what: str = ""
    """The column; empty where the whole row or file was added or removed."""
    before: str | None = None
    """Nothing where it was added."""
    after: str | None = None
    """Nothing where it was removed."""


def changes(before: Files, after: Files) -> tuple[Change, ...]:
    """Every difference between two packs without faults; what stayed alike is left out."""
    return tuple(_changes(before, after))


def _changes(before: Files, after: Files) -> Iterator[Change]:
    for path in sorted({*before, *after}):
        if path not in before:
            yield Change(place=path, after="added")
        elif path not in after:
            yield Change(place=path, before="removed")
        elif before[path] != after[path]:
            read = _head if path == HEAD else _table
            yield from _rows(path, read(path, before[path]), read(path, after[path]))


def _rows(path: str, before: Rows, after: Rows) -> Iterator[Change]:
    for name in [*after, *(name for name in before if name not in after)]:
        place = f"{path} {name}".strip()
        if name not in before:
            yield Change(place=place, after="added")
        elif name not in after:
            yield Change(place=place, before="removed")
        else:
            for what in {**before[name], **after[name]}:
                old, new = (row[name].get(what, "") for row in (before, after))
                if old != new:
                    yield Change(place=place, what=what, before=str(old), after=str(new))
    orders = [[name for name in rows if name in before and name in after] for rows in (before, after)]
    if orders[0] != orders[1]:
        yield Change(place=path, what="order", before=", ".join(orders[0]), after=", ".join(orders[1]))


def _table(path: str, content: bytes) -> Rows:
    """The rows of a CSV by their names."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    return {" ".join(row[column] for column in _NAMED_BY.get(path, ("id",))): row for row in rows}


_NAMED_BY: Final = {CODES: ("list", "key")}


def _head(_: str, content: bytes) -> Rows:
    """The tables of `pack.toml` by their names; what stands outside of any has none."""
    head = tomllib.loads(content.decode("utf-8-sig"))
    forms = {f"form {form['application_type']}": form for form in head.pop("form", [])}
    groups = {f"group {group['letter']}": group for group in head.pop("group", [])}
    tables = {name: value for name, value in head.items() if isinstance(value, dict)}
    plain = {name: value for name, value in head.items() if name not in tables}
    return {"": plain, **tables, **forms, **groups}
