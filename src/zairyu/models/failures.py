"""What a workflow learns of a step that failed."""

from zairyu.models.base import BilingualText, Model
from zairyu.models.errors import StepError
from zairyu.models.findings import Finding


class StepFailure(Model):
    """A `StepError` as it crosses from an activity to a workflow: the first detail of the activity's failure."""

    type_name: str
    sentence: BilingualText
    findings: tuple[Finding, ...] = ()
    detail: str | None = None
    """A technical word for operators. Never personal data."""

    @classmethod
    def of(cls, error: StepError) -> "StepFailure":
        """The failure that tells of an error."""
        return cls(type_name=error.type_name, sentence=error.sentence, findings=error.findings, detail=error.detail)
