"""Filling in a form: from what a person entered to the cells of the CSV, with everything that is wrong.

Pure, so that intake can say on the first day what packaging would refuse weeks later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding
from zairyu.rules.spec_packs import Form, Item, ItemKind, SpecPack, Width

_SAME_CHARACTER: Final = str.maketrans("〜‖−—¢£¬", "～∥－―￠￡￢")
"""Characters that Unicode has twice and cp932 once: the receiving side reads the second, whichever was typed."""

_WIDTHS: Final = {
    Width.ANY: BilingualText(ja="全角または半角の文字", en="full-width or half-width characters"),
    Width.FULL: BilingualText(ja="全角文字", en="full-width characters"),
    Width.HALF: BilingualText(ja="半角英数字記号", en="half-width letters, digits and signs"),
    Width.HALF_CAPITALS: BilingualText(ja="半角の英大文字・数字・記号", en="half-width capitals, digits and signs"),
}


@dataclass(frozen=True)
class Cell:
    """One cell of the CSV; empty where the form says nothing."""

    header: str
    text: str


@dataclass(frozen=True)
class FilledForm:
    """All cells in their order, and all that is wrong with them."""

    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]


def fill_in(form: Form, entered: Mapping[str, Any], pack: SpecPack) -> FilledForm:
    """Fill in a form of a pack from what was entered, given as JSON."""
    cells: list[Cell] = []
    findings: list[Finding] = []
    for item in form.items:
        for header, place, value in _entries(item, entered):
            # An entry beyond the end of a list is no entry that lacks something.
            text = "" if place is None or value in (None, "") else _written(item, value, pack)
            cells.append(Cell(header, text or ""))
            if place is not None:
                findings.extend(_faults(item, place, text, pack))
    return FilledForm(tuple(cells), (*findings, *_too_many(form, entered, pack)))


# ----- from the form to the cell ------------------------------------------------------------------------------


def _entries(item: Item, entered: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Any]]:
    """The column, the place and the value of each entry; no place where the list has no such entry."""
    if item.repeat == 1:
        yield item.headers[0], item.pointer, _at(entered, item.pointer)
        return
    rows = _rows(item, entered)
    for index, header in enumerate(item.headers):
        place = item.pointer.replace("*", str(index)) if index < len(rows) else None
        yield header, place, None if place is None else _at(entered, place)


def _rows(item: Item, entered: Mapping[str, Any]) -> list[Any]:
    rows = _at(entered, item.pointer.partition("/*")[0])
    return rows if isinstance(rows, list) else []


def _at(entered: Any, pointer: str) -> Any:
    for key in pointer.split("/")[1:]:
        if isinstance(entered, Mapping):
            entered = entered.get(key)
        elif isinstance(entered, list) and key.isdigit():
            entered = entered[int(key)]
        else:
            return None
    return entered


def _written(item: Item, value: Any, pack: SpecPack) -> str | None:
    """The text of a cell; nothing when the code list does not know the value."""
    if item.codes is not None:
        return pack.codes[item.codes].get(_key(value))
    if item.kind is ItemKind.DATE:
        return str(value).replace("-", "")
    return str(value).translate(_SAME_CHARACTER)


def _key(value: Any) -> str:
    """The key of a value in a code list, as described in `spec_packs/README.md`."""
    if isinstance(value, bool | list):
        return "YES" if value else "NO"
    if isinstance(value, Mapping):
        return "".join(f"{value[unit]}{unit[0].upper()}" for unit in ("years", "months", "days") if value.get(unit))
    return str(value)


# ----- what is wrong with it ----------------------------------------------------------------------------------


def _faults(item: Item, place: str, text: str | None, pack: SpecPack) -> Iterator[Finding]:
    if text is None:
        yield _finding(
            item, place, pack, "item-code", "この値に対応するコードがありません", "there is no code for this value"
        )
        return
    if not text:
        if item.required:
            yield _finding(item, place, pack, "item-required", "記入してください", "this item is required")
        return
    outside = [position for position, character in enumerate(text, start=1) if not _is_known(character)]
    if outside:
        yield _finding(
            item,
            place,
            pack,
            "item-characters",
            f"{outside[0]}文字目は使えない文字です（JIS第1・第2水準にない漢字、記号付きの英字、改行など）",
            f"character {outside[0]} cannot be used (kanji beyond JIS levels 1 and 2, accented letters, line breaks)",
        )
    other_width = [
        position
        for position, character in enumerate(text, start=1)
        if _is_known(character) and not _fits(character, item.width)
    ]
    if other_width:
        width = _WIDTHS[item.width]
        yield _finding(
            item,
            place,
            pack,
            "item-width",
            f"{width.ja}で記入してください（{other_width[0]}文字目）",
            f"write it in {width.en} (character {other_width[0]})",
        )
    if len(text) > item.max_length:
        yield _finding(
            item,
            place,
            pack,
            "item-length",
            f"{item.max_length}文字以内で記入してください（現在{len(text)}文字）",
            f"at most {item.max_length} characters; there are {len(text)}",
        )


def _too_many(form: Form, entered: Mapping[str, Any], pack: SpecPack) -> Iterator[Finding]:
    first_of_list = {item.pointer.partition("/*")[0]: item for item in reversed(form.items) if item.repeat > 1}
    for place, item in first_of_list.items():
        if len(_rows(item, entered)) > item.repeat:
            yield _finding(
                item,
                place,
                pack,
                "item-entries",
                f"記入できるのは{item.repeat}件までです",
                f"there is room for {item.repeat} entries",
            )


def _finding(item: Item, place: str, pack: SpecPack, rule: str, ja: str, en: str) -> Finding:
    return Finding(
        place=place,
        rule=rule,
        message=BilingualText(
            ja=f"{item.number} {item.label.ja}: {ja}。", en=f"Item {item.number}, {item.label.en}: {en}."
        ),
        source=f"spec pack {pack.label}, item {item.number}",
    )


def _is_known(character: str) -> bool:
    return _is_half_width(character) or _is_jis_x_0208(character)


def _fits(character: str, width: Width) -> bool:
    match width:
        case Width.ANY:
            return True
        case Width.FULL:
            return not _is_half_width(character)
        case Width.HALF:
            return _is_half_width(character)
        case Width.HALF_CAPITALS:
            return _is_half_width(character) and not character.islower()


def _is_half_width(character: str) -> bool:
    return " " <= character <= "~"


def _is_jis_x_0208(character: str) -> bool:
    """Whether a character is in the standard itself, not among the vendors' additions that cp932 also has."""
    try:
        written = character.encode("cp932")
    except UnicodeEncodeError:
        return False
    lead = written[0]
    return len(written) == 2 and (0x81 <= lead <= 0x84 or 0x88 <= lead <= 0x9F or 0xE0 <= lead <= 0xEA)
