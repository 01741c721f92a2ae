"""What no rule can look at: an input that JSON lets through and that no form can hold."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, place_of

_DEEPEST: Final = 32
"""Levels of one part in another; a form has less than ten. Whoever reads deeper ones runs out of stack."""


def unreadable_parts(content: Mapping[Any, Any]) -> tuple[Finding, ...]:
    """Everything in an input that cannot be looked at, stored or shown: it is nested too deep, or no text."""
    return tuple(_unreadable(content))


def _unreadable(content: Mapping[Any, Any]) -> Iterator[Finding]:
    """Not by recursion, which is what the depth would break."""
    levels: list[tuple[str, int, object]] = [("", 0, content)]
    while levels:
        place, depth, value = levels.pop()
        if isinstance(value, str):
            if not _is_text(value):
                yield _NO_TEXT.model_copy(update={"place": place})
            continue
        parts: Iterator[tuple[Any, object]] = iter(())
        if isinstance(value, Mapping):
            parts = iter(value.items())
        elif isinstance(value, list | tuple):
            parts = iter(enumerate(value))
        for key, part in parts:
            if depth == _DEEPEST:
                yield _TOO_DEEP.model_copy(update={"place": place})
                break
            if _is_text(str(key)):
                levels.append((place + place_of(key), depth + 1, part))
            else:
                # A place cannot be named by it either.
                yield _NO_TEXT.model_copy(update={"place": place})


def _is_text(value: str) -> bool:
    """Whether it can be written down: JSON lets halves of a character through."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


_TOO_DEEP: Final = Finding(
    place="",
    rule="format",
    message=BilingualText(ja="入れ子が深すぎます。", en="This is nested too deep."),
)
_NO_TEXT: Final = Finding(
    place="",
    rule="format",
    message=BilingualText(ja="文字として読めません。", en="This is no text: a character is cut in half."),
)
