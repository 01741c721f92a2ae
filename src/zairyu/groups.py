"""Starting a list of applications, each its own workflow. The same list again completes what is missing.

A group is no process of its own: it begins with the list and ends with the report. What ties its applications to the
list are their ids, which follow from the list, so that it can be run again at any time.
"""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from temporalio.service import RPCError

from zairyu.activities.documents.errors import BlobStoreUnavailable
from zairyu.client import ApplicationRefused, Zairyu
from zairyu.models.application import ApplicationInput
from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding
from zairyu.models.group import GroupEntry, GroupFile, GroupLine, GroupReport, GroupResult
from zairyu.rules.intake import malformed_findings
from zairyu.rules.readable import unreadable_parts

_AT_ONCE: Final = 8
"""Entries that are under way at the same time: each reads files and asks the server."""
_IDS: Final = uuid.UUID("6f0c2f5e-6f2f-5c39-9d0a-0b8c4f8f6f10")
"""Made up once, so that the same group and key always give the same application id."""


class GroupRefused(Exception):
    """A whole list was refused, and nothing was started. Carries every finding."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


def derived_application_id(group_id: str, key: str) -> str:
    """The id of an application that brings none of its own."""
    return str(uuid.uuid5(_IDS, f"{group_id}\n{key}"))


async def start_group_file(zairyu: Zairyu, file: Path, *, on: date) -> GroupReport:
    """Start the list of applications that a JSON file describes.

    Raises:
        GroupRefused: the list itself is wrong; nothing was started.
    """
    try:
        content = json.loads(await asyncio.to_thread(file.read_bytes))
    except OSError:
        raise GroupRefused([_unreadable("")]) from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise GroupRefused([_NO_OBJECT])
    return await start_group(zairyu, content, beside=file.parent, on=on)


async def start_group(zairyu: Zairyu, content: Mapping[str, Any], *, beside: Path, on: date) -> GroupReport:
    """Start every application of a list that is right, and say of each what became of it.

    Args:
        zairyu: the client.
        content: the list, as in `GroupFile`.
        beside: the folder that relative paths start from.
        on: today, a day in Japan.

    Raises:
        GroupRefused: the list itself is wrong: it cannot be read, or names a key or an application twice.
    """
    try:
        group = GroupFile.model_validate(content)
    except ValidationError as error:
        raise GroupRefused(list(malformed_findings(error))) from None
    forms = await asyncio.gather(*(_form_of(entry, beside) for entry in group.applications))
    ids = [
        _application_id(form, group.group_id, entry.key) for entry, form in zip(group.applications, forms, strict=True)
    ]
    if twice := [*_twice([entry.key for entry in group.applications], "key"), *_twice(ids, "application_id")]:
        raise GroupRefused(twice)
    starter = _Starter(zairyu, beside, on)
    lines = await asyncio.gather(*map(starter.start, group.applications, forms, ids))
    return GroupReport.of(group.group_id, lines)


class _Starter:
    """Starts the entries of one list, a few at a time."""

    def __init__(self, zairyu: Zairyu, beside: Path, on: date) -> None:
        self._zairyu = zairyu
        self._beside = beside
        self._on = on
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._gone: BilingualText | None = None
        """Why the server is taken for gone: each call has waited for it already, and no other entry waits again."""

    async def start(self, entry: GroupEntry, form: dict[str, Any] | Finding, application_id: str) -> GroupLine:
        if isinstance(form, Finding):
            return GroupLine(key=entry.key, result=GroupResult.REFUSED, findings=(form,))
        folder = self._beside if entry.file is None else (self._beside / entry.file).parent
        told: dict[str, Any] = {"key": entry.key, "application_id": application_id}
        async with self._places:
            try:
                application = await self._zairyu.read(
                    {**form, "application_id": application_id}, beside=folder, on=self._on
                )
                if self._gone is not None:
                    return GroupLine(**told, result=GroupResult.FAILED, reason=self._gone)
                if await self._zairyu.begin(application):
                    return GroupLine(**told, result=GroupResult.STARTED)
                other = await self._other_content(application)
                return GroupLine(**told, result=GroupResult.ALREADY_THERE, other_content=other)
            except ApplicationRefused as refused:
                return GroupLine(**told, result=GroupResult.REFUSED, findings=refused.findings)
            except BlobStoreUnavailable:
                return GroupLine(**told, result=GroupResult.FAILED, reason=_NO_STORE)
            except RPCError as error:
                self._gone = _no_answer(error.status.name)
                return GroupLine(**told, result=GroupResult.FAILED, reason=self._gone)

    async def _other_content(self, application: ApplicationInput) -> bool | None:
        """Compared with what was handed in, before anybody amended it. Documents are compared by their content."""
        before = await self._zairyu.handed_in(application.application_id)
        return None if before is None else before != application


async def _form_of(entry: GroupEntry, beside: Path) -> dict[str, Any] | Finding:
    content = entry.application
    if entry.file is not None:
        try:
            content = json.loads(await asyncio.to_thread((beside / entry.file).read_bytes))
        except OSError:
            return _unreadable("/file")
        except (ValueError, RecursionError):
            return _NO_OBJECT
    if not isinstance(content, dict):
        return _NO_OBJECT
    # Its id stands in the report, which could not be shown otherwise.
    return next(iter(unreadable_parts(content)), content)


def _application_id(form: dict[str, Any] | Finding, group_id: str, key: str) -> str:
    own = None if isinstance(form, Finding) else form.get("application_id")
    # One that is no id at all is found wrong with the rest of its form.
    return derived_application_id(group_id, key) if own is None else str(own)


def _twice(names: Sequence[str], what: str) -> list[Finding]:
    counted = Counter(names)
    return [
        Finding(
            place=f"/applications/{index}/{'key' if what == 'key' else 'application/application_id'}",
            rule=f"{what.replace('_', '-')}-twice",
            message=BilingualText(
                ja="同じ一覧の中に同じ番号が2回以上あります。", en="The same name stands in the list more than once."
            ),
        )
        for index, name in enumerate(names)
        if counted[name] > 1
    ]


def _unreadable(place: str) -> Finding:
    return Finding(
        place=place,
        rule="file",
        message=BilingualText(ja="ファイルを読み取れません。", en="The file cannot be read."),
    )


_NO_OBJECT: Final = Finding(
    place="",
    rule="json",
    message=BilingualText(ja="入力はJSONのオブジェクトではありません。", en="The input is not a JSON object."),
)


_NO_STORE: Final = BilingualText(
    ja="書類の保管先に接続できません。同じ一覧でもう一度実行してください。",
    en="The document store cannot be reached. Run the same list again.",
)


def _no_answer(status: str) -> BilingualText:
    return BilingualText(
        ja=f"サーバーが応答しません（{status}）。同じ一覧でもう一度実行してください。",
        en=f"The server does not answer ({status}). Run the same list again.",
    )
