"""Reading a spec pack: every fault at once, with its file and row."""

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from pydantic import ValidationError

from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding
from zairyu.models.spec_pack import (
    CodeRow,
    Form,
    FormRow,
    GroupRow,
    Item,
    ItemRow,
    MessageRow,
    PackFile,
    PackHead,
    RelatedCheck,
    RelatedCheckRow,
    Row,
    SpecPack,
)
from zairyu.rules.expressions import is_about_entries, items_of, objection_to

Files = Mapping[str, bytes]
"""The files of a pack, by their paths in it."""

HEAD: Final = "pack.toml"
CODES: Final = "codes.csv"
CHECKS: Final = "related_checks.csv"
MESSAGES: Final = "messages.csv"

R = TypeVar("R", bound=Row)
Rows = Mapping[str, R]
"""The rows of a table that could be read, by their places: `codes.csv:12` is line 12."""


class Reading:
    """One reading of a pack: goes on after a fault, so that all of them are told together."""

    def __init__(self, files: Files, digest: str) -> None:
        self._files = files
        self._digest = digest
        self._sheets: dict[str, Rows[ItemRow]] = {}
        self._numbered: dict[tuple[str, int | None], tuple[Item, ...]] = {}
        self.faults: list[Finding] = []

    def pack(self) -> SpecPack | None:
        """The pack as far as it can be read; nothing when its head or a table cannot."""
        head = self._head()
        codes = self._table(CODES, CodeRow)
        checks = self._table(CHECKS, RelatedCheckRow)
        messages = self._table(MESSAGES, MessageRow)
        for path in sorted(self._files):
            if path.startswith("items/"):
                self._sheets[path] = self._table(path, ItemRow)
        by_list = self._codes(codes)
        self._check_sheets(by_list)
        resolved = self._checks(checks, self._messages(messages))
        if head is None:
            return None
        self._check_statuses(head)
        forms = tuple(self._forms(head, resolved))
        self._check_use(head, forms, checks)
        if self.faults:
            return None
        return SpecPack(
            **head.model_dump(include=set(PackHead.model_fields)),
            digest=self._digest,
            forms=forms,
            codes=by_list,
        )

    # ----- files ------------------------------------------------------------------------------------------------

    def _head(self) -> PackFile | None:
        try:
            return PackFile.model_validate(tomllib.loads(self._text(HEAD)))
        except ValidationError as error:
            self._malformed(HEAD, error)
        except ValueError as error:
            self._fault(HEAD, "pack-file", "読み取れません", f"it cannot be read: {error}")
        return None

    def _table(self, path: str, kind: type[R]) -> dict[str, R]:
        table: dict[str, R] = {}
        try:
            reader = csv.DictReader(io.StringIO(self._text(path)), strict=True)
            unknown = [name for name in reader.fieldnames or () if name not in kind.model_fields]
            if unknown:
                self._fault(f"{path}:1", "pack-column", f"不明な列: {unknown}", f"unknown columns: {unknown}")
                return table
            for row in reader:
                self._row(table, f"{path}:{reader.line_num}", row, kind)
        except (ValueError, csv.Error) as error:
            self._fault(path, "pack-file", "読み取れません", f"it cannot be read: {error}")
        return table

    def _row(self, table: dict[str, R], place: str, row: Mapping[str | None, str | None], kind: type[R]) -> None:
        if None in row or None in row.values():
            self._fault(place, "pack-row", "列の数が合いません", "another number of cells than columns")
            return
        try:
            table[place] = kind.model_validate({column: cell for column, cell in row.items() if cell})
        except ValidationError as error:
            self._malformed(place, error)

    def _text(self, path: str) -> str:
        if path not in self._files:
            raise ValueError("there is no such file")
        return self._files[path].decode("utf-8-sig")

    # ----- tables -----------------------------------------------------------------------------------------------

    def _codes(self, table: Rows[CodeRow]) -> dict[str, dict[str, CodeRow]]:
        lists: dict[str, dict[str, CodeRow]] = {}
        given: set[tuple[str, str]] = set()
        for place, row in table.items():
            known = lists.setdefault(row.list, {})
            if row.key in known or (row.list, row.code) in given:
                self._fault(
                    place,
                    "pack-code-twice",
                    f"コード表{row.list}に{row.key}または{row.code}が重複しています",
                    f"the code list {row.list} has {row.key} or {row.code} twice",
                )
            known[row.key] = row
            given.add((row.list, row.code))
        return lists

    def _messages(self, table: Rows[MessageRow]) -> Rows[MessageRow]:
        messages: dict[str, MessageRow] = {}
        for place, row in table.items():
            if row.id in messages:
                self._fault(place, "pack-id-twice", f"{row.id}が重複しています", f"{row.id} is there twice")
            messages[row.id] = row
        return messages

    def _check_sheets(self, codes: Mapping[str, object]) -> None:
        for sheet in self._sheets.values():
            for place, item in sheet.items():
                if item.codes is not None and item.codes not in codes:
                    self._fault(
                        place,
                        "pack-code-list",
                        f"コード表{item.codes}がありません",
                        f"there is no code list {item.codes}",
                    )
                self._check_expression(place, item.when)
                if item.when is not None and is_about_entries(item.when) and item.repeat == 1:
                    self._fault(
                        place,
                        "pack-expression",
                        "entryは繰り返し項目でのみ使えます",
                        "entry belongs to items that repeat",
                    )

    def _check_expression(self, place: str, expression: str | None) -> None:
        why = objection_to(expression) if expression else None
        if why is not None:
            self._fault(place, "pack-expression", f"式が正しくありません: {why}", f"the expression is wrong: {why}")

    def _checks(self, table: Rows[RelatedCheckRow], messages: Mapping[str, MessageRow]) -> list[RelatedCheck]:
        checks, seen = [], set()
        for place, row in table.items():
            self._check_expression(place, row.expression)
            if row.id in seen:
                self._fault(place, "pack-id-twice", f"{row.id}が重複しています", f"{row.id} is there twice")
            seen.add(row.id)
            unlisted = sorted(items_of(row.expression) - set(row.items))
            if unlisted:
                self._fault(
                    place,
                    "pack-expression",
                    f"items列にない項目があります: {unlisted}",
                    f"the column items does not name {unlisted}",
                )
            if row.message not in messages:
                self._fault(
                    place,
                    "pack-message",
                    f"メッセージ{row.message}がありません",
                    f"there is no message {row.message}",
                )
                continue
            message = messages[row.message]
            checks.append(RelatedCheck(id=row.id, expression=row.expression, items=row.items, message=message))
        return checks

    # ----- forms ------------------------------------------------------------------------------------------------

    def _forms(self, head: PackFile, checks: Sequence[RelatedCheck]) -> Iterator[Form]:
        for form in head.form:
            if form.group_starts_at is None:
                yield self._form(form, None, self._items(form.sheet, None), checks)
                continue
            for group in head.group:
                items = [
                    *self._items(form.sheet, None),
                    *self._items(group.applicant, form.group_starts_at),
                    *(
                        item.model_copy(update={"filers": group.organization_filers})
                        for item in self._items(group.organization, None)
                    ),
                ]
                yield self._form(form, group, items, checks)

    def _items(self, path: str | None, starts_at: int | None) -> tuple[Item, ...]:
        """The items of a sheet, numbered as on the form it is part of. Many forms share a sheet."""
        if path is None:
            return ()
        if (path, starts_at) not in self._numbered:
            self._numbered[path, starts_at] = tuple(self._number(path, starts_at))
        return self._numbered[path, starts_at]

    def _number(self, path: str, starts_at: int | None) -> Iterator[Item]:
        if path not in self._sheets:
            self._fault(HEAD, "pack-file", f"{path}がありません", f"there is no file {path}")
            return
        for place, row in self._sheets[path].items():
            if row.number.startswith("+") is (starts_at is None) and row.number:
                self._fault(
                    place,
                    "pack-number",
                    "＋で始まる番号は、グループの申請人用シートでのみ使います",
                    "numbers with + belong to the applicant's part of a group, and to no other",
                )
            yield Item(**row.model_dump(exclude={"number"}), number=_numbered(row.number, starts_at or 0))

    def _form(
        self, form: FormRow, group: GroupRow | None, items: Iterable[Item], checks: Sequence[RelatedCheck]
    ) -> Form:
        whole = tuple(items)
        ids = {item.id for item in whole}
        name = f"{form.application_type}{f' {group.letter}' if group else ''}"
        for kind, names in (
            ("pack-column-twice", [header for item in whole for header in item.headers]),
            ("pack-id-twice", [item.id for item in whole]),
        ):
            twice = sorted(name for name, count in Counter(names).items() if count > 1)
            if twice:
                self._fault(HEAD, kind, f"{name}: 重複しています: {twice}", f"{name}: there twice: {twice}")
        for item in whole:
            if item.when is not None and (unknown := sorted(items_of(item.when) - ids)):
                self._fault(
                    HEAD,
                    "pack-expression",
                    f"{name}: 項目{item.id}の条件に不明な項目があります: {unknown}",
                    f"{name}: the condition of item {item.id} names unknown items: {unknown}",
                )
        return Form(
            application_type=form.application_type,
            paper_form=form.paper_form,
            group=group.letter if group else None,
            residence_statuses=group.residence_statuses if group else form.residence_statuses,
            items=whole,
            checks=tuple(check for check in checks if ids.issuperset(check.items)),
        )

    def _check_statuses(self, head: PackFile) -> None:
        """A status in two groups would have two forms."""
        listed = [status for group in head.group for status in group.residence_statuses]
        twice = sorted({status.value for status in listed if listed.count(status) > 1})
        types = [form.application_type for form in head.form]
        twice += sorted({kind.value for kind in types if types.count(kind) > 1})
        if twice:
            self._fault(HEAD, "pack-form-twice", f"重複しています: {twice}", f"there twice: {twice}")

    def _check_use(self, head: PackFile, forms: Sequence[Form], checks: Rows[RelatedCheckRow]) -> None:
        """What no form uses was meant for one, and is misspelt."""
        used = {form.sheet for form in head.form}
        used |= {path for group in head.group for path in (group.applicant, group.organization) if path}
        for path in sorted(self._sheets.keys() - used):
            self._fault(path, "pack-unused", "どの申請書でも使われていません", "no form uses it")
        working = {check.id for form in forms for check in form.checks}
        for place, row in checks.items():
            if row.id not in working:
                self._fault(
                    place,
                    "pack-unused",
                    f"{row.id}の項目がすべてそろう申請書がありません",
                    f"no form has all items of {row.id}",
                )

    # ----- faults -----------------------------------------------------------------------------------------------

    def _fault(self, place: str, rule: str, ja: str, en: str) -> None:
        fault = Finding(place=place, rule=rule, message=BilingualText(ja=f"{ja}。", en=f"{en}."))
        if fault not in self.faults:
            self.faults.append(fault)

    def _malformed(self, place: str, error: ValidationError) -> None:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            column = ".".join(str(part) for part in fault["loc"])
            self._fault(
                place,
                "pack-format",
                f"{column or '行'}: 形式が正しくありません（{fault['msg']}）",
                f"{column or 'the row'}: {fault['msg']}",
            )


def _numbered(number: str, starts_at: int) -> str:
    if not number.startswith("+"):
        return number
    first, point, rest = number.removeprefix("+").partition(".")
    return f"{starts_at + int(first)}{point}{rest}"
