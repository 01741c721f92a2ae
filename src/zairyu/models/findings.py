"""Findings: everything that is wrong with an input, each with its place and the rule."""

from enum import StrEnum

from zairyu.models.base import BilingualText, Model


def place_of(*parts: int | str) -> str:
    """The JSON pointer (RFC 6901) to a part of an input, by the keys and indices that lead to it."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class Severity(StrEnum):
    """Whether a finding stops the application."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTICE = "NOTICE"
    """Nothing is wrong; it says what is done with what was entered."""


class ItemName(Model):
    """An item of the agency's form, as people find it there."""

    number: str
    label: BilingualText


class Finding(Model):
    """One thing that is wrong, where, and by which rule. Never carries the value: values are personal."""

    place: str
    """JSON pointer (RFC 6901) into the applicant's input; empty for the whole of it."""
    rule: str
    """Short stable name of the rule, for example `filing-window`."""
    message: BilingualText
    severity: Severity = Severity.ERROR
    source: str | None = None
    """The public document and section the rule comes from."""
    item: ItemName | None = None
    """The item of the form, where the rule is about one."""
    value_class: str | None = None
    """How long the value is and which kinds of characters it has: `12: DIGITS, HALF_CAPITALS`."""
