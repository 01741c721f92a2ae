"""Several applications in one request: a family, or a school's list. And the report of what became of each."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from zairyu.models.application import ApplicationId
from zairyu.models.base import BilingualText, Model
from zairyu.models.findings import Finding

GroupKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Tells the entries of one list apart. As opaque as an id: it is shown in reports."""


class GroupEntry(Model):
    """One application of a list: written there, or a file of its own."""

    key: GroupKey
    application: dict[str, Any] | None = None
    """As in `ApplicationFile`, unchecked: what is wrong with one is told with it and stops no other."""
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.application is None) is (self.file is None):
            raise ValueError("an entry has either an application or a file")
        return self


class GroupFile(Model):
    """The input of `zairyu start-group --input FILE`."""

    group_id: ApplicationId
    """Opaque. Together with an entry's key it makes up the id of an application that brings none."""
    applications: tuple[GroupEntry, ...] = Field(min_length=1, max_length=1000)


class GroupResult(StrEnum):
    """What became of one entry."""

    STARTED = "STARTED"
    ALREADY_THERE = "ALREADY_THERE"
    """It was started before, and nothing has changed."""
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    """It could not be started now; run the same list again."""


class GroupLine(Model):
    """One entry in the report."""

    key: GroupKey
    application_id: str | None = None
    result: GroupResult
    findings: tuple[Finding, ...] = ()
    """Everything that is wrong with it."""
    other_content: bool | None = None
    """Of one that was there: whether it was handed in with another content. Unknown where no history is kept."""
    reason: BilingualText | None = None
    """Why it failed."""


class GroupReport(Model):
    """What became of a list, in its order."""

    group_id: ApplicationId
    counts: dict[GroupResult, int]
    """How many entries came out how."""
    lines: tuple[GroupLine, ...]

    @classmethod
    def of(cls, group_id: str, lines: Iterable[GroupLine]) -> Self:
        """The report that consists of these lines."""
        lines = tuple(lines)
        counted = Counter(line.result for line in lines)
        return cls(group_id=group_id, counts={result: counted[result] for result in GroupResult}, lines=lines)
