"""Filling in a form: from what a person entered to the cells of the CSV, with everything that is wrong.

Pure, so that a person hears on the first day what packaging would refuse weeks later.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, Severity, place_of
from zairyu.models.residence import Filer
from zairyu.models.spec_pack import Form, Item, Normalisation, RelatedCheck, SpecPack
from zairyu.rules.expressions import NoValue, holds, items_of
from zairyu.rules.expressions import Value as Held
from zairyu.rules.item_values import EMPTY, Fault, Value, faults_of, read_value
from zairyu.rules.value_class import value_class


@dataclass(frozen=True)
class Cell:
    """One cell of the CSV; empty where the form says nothing."""

    header: str
    text: str


@dataclass(frozen=True)
class FilledForm:
    """All cells in their order, and all that is to be said of them."""

    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]


def fill_in(form: Form, entered: Mapping[str, Any], pack: SpecPack, *, on: date) -> FilledForm:
    """Fill in a form of a pack from what was entered, given as JSON, on a day in Japan."""
    filling = _Filling(form, entered, pack, on)
    return FilledForm(tuple(filling.cells()), tuple(filling.findings()))


@dataclass(frozen=True)
class _Entry:
    """An item at one place of the form: once, or for each entry of its list."""

    item: Item
    header: str
    place: str | None
    """Nothing where the list has no such entry."""
    value: Value
    index: int


class _Filling:
    """One form being filled in."""

    def __init__(self, form: Form, entered: Mapping[str, Any], pack: SpecPack, on: date) -> None:
        self._form, self._entered, self._pack = form, entered, pack
        self._facts = {"on": f"{on:%Y%m%d}", **{name: str(entered.get(name) or "") for name in _FACTS}}
        self._entries = [entry for item in form.items for entry in self._entries_of(item)]
        self._values: dict[str, Held] = {item.id: [] if item.repeat > 1 else "" for item in form.items}
        self._rows: dict[tuple[str | None, int], dict[str, str]] = {}
        for entry in self._entries:
            self._note(entry)

    def _note(self, entry: _Entry) -> None:
        """Keep a value for the expressions."""
        item = entry.item
        if item.repeat == 1:
            self._values[item.id] = entry.value.text
        elif entry.place is not None:
            texts = self._values[item.id]
            assert isinstance(texts, list)  # noqa: S101 - it was made so above
            texts.append(entry.value.text)
            self._rows.setdefault((item.listed_under, entry.index), {})[item.id] = entry.value.text

    def cells(self) -> Iterator[Cell]:
        for entry in self._entries:
            yield Cell(entry.header, entry.value.cell if self._is_asked(entry) else "")

    def findings(self) -> Iterator[Finding]:
        wrong: set[str] = set()
        for entry in self._entries:
            for finding in self._of_entry(entry):
                if finding.severity is Severity.ERROR:
                    wrong.add(entry.item.id)
                yield finding
        yield from self._too_many()
        for check in self._form.checks:
            # What is wrong in itself need not be compared with anything.
            if wrong.isdisjoint(check.items):
                yield from self._related(check)
        yield from self._of_no_item()

    # ----- one item ---------------------------------------------------------------------------------------------

    def _entries_of(self, item: Item) -> Iterator[_Entry]:
        rows = self._list_of(item)
        codes = self._pack.codes.get(item.codes or "", {})
        for index, header in enumerate(item.headers):
            place: str | None = item.pointer
            if item.repeat > 1:
                place = item.pointer.replace("*", str(index)) if index < len(rows) else None
            value = EMPTY if place is None else read_value(item, _at(self._entered, place), codes, self._pack.csv)
            yield _Entry(item, header, place, value, index)

    def _list_of(self, item: Item) -> Sequence[Any]:
        rows = _at(self._entered, item.listed_under) if item.listed_under else None
        return rows if isinstance(rows, list) else []

    def _is_asked(self, entry: _Entry) -> bool:
        item = entry.item
        filer = self._facts["filer"]
        if filer and filer not in item.filers:
            return False
        if not filer and item.filers != _ANYBODY and not entry.value.text:
            # As long as nobody is named who files, nothing is missed, and nothing thrown away.
            return False
        if item.when is None:
            return True
        row = self._rows.get((item.listed_under, entry.index), {})
        try:
            return holds(item.when, self._values, self._facts, row)
        except NoValue:
            # What its condition looks at is wrong itself; nothing that was entered is thrown away for it.
            return bool(entry.value.text)

    def _of_entry(self, entry: _Entry) -> Iterator[Finding]:
        item, value = entry.item, entry.value
        if entry.place is None:
            return
        if not self._is_asked(entry):
            if value is not EMPTY and not _is_no(value) and not self._awaits_another(item):
                yield self._finding(entry, _NOT_ASKED)
            return
        if value is EMPTY:
            if item.required:
                yield self._finding(entry, _REQUIRED)
            return
        for fault in faults_of(item, value, self._pack.csv):
            yield self._finding(entry, fault)
        if value.normalised:
            yield self._finding(entry, _told(value.normalised), Severity.NOTICE)

    def _awaits_another(self, item: Item) -> bool:
        """Whether it may be asked after all, once a missing item is filled in on which that depends."""
        awaited = items_of(item.when) if item.when else frozenset()
        return any(other.id in awaited and other.required and not self._values[other.id] for other in self._form.items)

    def _finding(self, entry: _Entry, fault: Fault, severity: Severity = Severity.ERROR) -> Finding:
        return self._said_of(
            entry.item, entry.place or "", fault.rule, fault.message, severity, value_class(entry.value.text)
        )

    def _said_of(
        self, item: Item, place: str, rule: str, message: BilingualText, severity: Severity, shape: str | None = None
    ) -> Finding:
        name = item.name
        title_ja, title_en = f"{name.number} {name.label.ja}".strip(), f"{name.number}, {name.label.en}".strip(", ")
        return Finding(
            place=place,
            rule=rule,
            message=BilingualText(ja=f"{title_ja}: {message.ja}。", en=f"Item {title_en}: {message.en}."),
            severity=severity,
            source=f"spec pack {self._pack.label}, item {name.number or item.id}",
            item=name,
            value_class=shape,
        )

    # ----- the form as a whole ----------------------------------------------------------------------------------

    def _too_many(self) -> Iterator[Finding]:
        first_of_list = {item.listed_under: item for item in reversed(self._form.items) if item.listed_under}
        for place, item in first_of_list.items():
            if len(self._list_of(item)) > item.repeat:
                message = BilingualText(
                    ja=f"記入できるのは{item.repeat}件までです", en=f"there is room for {item.repeat} entries"
                )
                yield self._said_of(item, place, "item-entries", message, Severity.ERROR)

    def _related(self, check: RelatedCheck) -> Iterator[Finding]:
        try:
            if holds(check.expression, self._values, self._facts):
                return
            message, severity = BilingualText(ja=check.message.ja, en=check.message.en), check.message.severity
        except NoValue:
            message, severity = _NOT_COMPARABLE, Severity.ERROR
        item = next(item for item in self._form.items if item.id == check.items[0])
        place = item.listed_under or item.pointer
        yield self._said_of(item, place, f"related-{check.id}".replace("_", "-"), _without_stop(message), severity)

    def _of_no_item(self) -> Iterator[Finding]:
        """What the form has no item for would be lost without a word."""
        read = {tuple(item.pointer.split("/")[1:]) for item in self._form.items}
        on_the_way = {pointer[:length] for pointer in read for length in range(len(pointer))}
        for path in _leaves(self._entered.get("details"), ("details",)):
            pointer = tuple("*" if isinstance(key, int) else key for key in path)
            # An item may take a whole, such as a period; one that asks whether there is a list takes no part of it.
            wholes = (pointer[:length] for length in range(len(pointer)))
            if pointer not in read and not any(whole in read and whole not in on_the_way for whole in wholes):
                yield Finding(
                    place=place_of(*path),
                    rule="details-unknown",
                    message=BilingualText(
                        ja="この申請書にはない項目です。項目名を確認してください。",
                        en="The form has no such item. Check the name.",
                    ),
                    source=f"spec pack {self._pack.label}",
                )


_ANYBODY: Final = frozenset(Filer)
_FACTS: Final = ("filer", "application_type", "residence_status")
_REQUIRED: Final = Fault("item-required", BilingualText(ja="記入してください", en="this item is required"))
_NOT_ASKED: Final = Fault(
    "item-not-asked",
    BilingualText(ja="この申請では記入しない項目です", en="this item is not asked here; leave it out"),
)
_NOT_COMPARABLE: Final = BilingualText(
    ja="他の項目との整合を確認できません", en="it cannot be compared with the other items"
)
_DONE: Final = {
    Normalisation.FULL_WIDTH: BilingualText(ja="全角", en="in full-width characters"),
    Normalisation.HALF_WIDTH: BilingualText(ja="半角", en="in half-width characters"),
    Normalisation.CAPITALS: BilingualText(ja="大文字", en="in capitals"),
    Normalisation.NO_HYPHENS: BilingualText(ja="ハイフンなし", en="without hyphens"),
}


def _told(normalised: Sequence[Normalisation]) -> Fault:
    ja, en = "・".join(_DONE[step].ja for step in normalised), ", ".join(_DONE[step].en for step in normalised)
    return Fault("item-normalised", BilingualText(ja=f"{ja}に直して記入します", en=f"it is written {en}"))


def _is_no(value: Value) -> bool:
    """A plain no says nothing that could be lost, and forms that leave no answer out give one everywhere."""
    return value.text == "NO"


def _without_stop(message: BilingualText) -> BilingualText:
    return BilingualText(ja=message.ja.removesuffix("。"), en=message.en.removesuffix("."))


def _at(entered: Any, pointer: str) -> Any:
    for key in pointer.split("/")[1:]:
        if isinstance(entered, Mapping):
            entered = entered.get(key)
        elif isinstance(entered, list) and key.isdigit():
            entered = entered[int(key)]
        else:
            return None
    return entered


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _leaves(part, (*path, index))
    elif value is not None:
        yield path
