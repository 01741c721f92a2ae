"""Failures of the outside world, as workflows know them: a type name, whether it is final, and a sentence.

Each outside system has its own branch beside its driver; this is the root they grow from.
"""

from datetime import timedelta
from typing import ClassVar

from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding


class StepError(Exception):
    """A step failed for a reason we have a name for.

    The text of the exception is the English sentence: it carries no personal data, because it reaches logs.
    """

    final: ClassVar[bool] = True
    """Whether trying the same again can only fail again."""
    sentence: ClassVar[BilingualText]
    again_in: timedelta | None = None
    """When another try makes sense; by default the patience of the step says so."""

    def __init__(self, *, findings: tuple[Finding, ...] = (), detail: str | None = None) -> None:
        super().__init__(self.sentence.en if detail is None else f"{self.sentence.en} ({detail})")
        self.findings = findings
        self.detail = detail
        """A technical word for operators: a status code, an error name. Never personal data."""

    @property
    def type_name(self) -> str:
        """The name that workflows and operators see."""
        return type(self).__name__
