"""Expressions of a spec pack, in the Common Expression Language (CEL).

The language has no loops without end, no side effects and no way to the machine, so that a pack can be taken from
elsewhere. Each text is compiled once.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import cel

Value = str | list[str]
"""What an item holds: a text, or the texts of its entries."""

_REFERENCE: Final = re.compile(r"(?<![\w.'\"])(item|entry)\.([a-z][a-z0-9_]*)")
_VARIABLES: Final = frozenset({"item", "entry", "on", "filer", "application_type", "residence_status"})
_UNDEFINED: Final = (KeyError, RuntimeError, TypeError, ValueError, ArithmeticError)
"""What the library raises for an expression that has no value: an empty text taken for a number, for example."""


class NoValue(Exception):
    """An expression has no value for what was entered, or none that is true or false."""


def objection_to(expression: str) -> str | None:
    """Why a text is no expression that can be used here; nothing when it is one."""
    try:
        program = _compiled(expression)
    except ValueError as error:
        return str(error).splitlines()[0]
    unknown = _free_variables(program) - _VARIABLES
    return f"there is no variable {', '.join(sorted(unknown))}" if unknown else None


def items_of(expression: str) -> frozenset[str]:
    """The ids of the items that an expression looks at."""
    return frozenset(name for _, name in _REFERENCE.findall(expression))


def is_about_entries(expression: str) -> bool:
    """Whether it is evaluated for each entry of a list."""
    return any(variable == "entry" for variable, _ in _REFERENCE.findall(expression))


def holds(
    expression: str, items: Mapping[str, Value], facts: Mapping[str, str], entry: Mapping[str, str] | None = None
) -> bool:
    """Whether an expression is true.

    Args:
        expression: has no objection.
        items: what each item holds.
        facts: the day of filing and the like, by the variables' names.
        entry: what the items of one entry hold, for an expression about entries.

    Raises:
        NoValue: what was entered gives it no value.
    """
    # Only what it looks at is handed over: that is what takes the time.
    wanted = _wanted(expression)
    context: dict[str, object] = {
        "item": {name: items[name] for name in wanted if name in items},
        "entry": {name: (entry or {})[name] for name in wanted if name in (entry or {})},
        **facts,
    }
    try:
        value = _compiled(expression).execute(context)
    except _UNDEFINED as error:
        raise NoValue(type(error).__name__) from None
    if not isinstance(value, bool):
        raise NoValue("neither true nor false")
    return value


@cache
def _compiled(expression: str) -> cel.Program:
    return cel.compile(expression)


@cache
def _wanted(expression: str) -> frozenset[str]:
    return items_of(expression)


def _free_variables(program: cel.Program) -> set[str]:
    # The names that macros bind are among the variables, and are no fault: `[1].exists(x, x > 0)`.
    bound = set(re.findall(r"\.(?:all|exists|exists_one|filter|map)\(\s*([A-Za-z_]\w*)\s*,", program.source))
    return set(program.variables()) - bound
