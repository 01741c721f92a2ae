"""A process that needs a person, as the list of processes tells it: no process is asked."""

from pydantic import AwareDatetime

from zairyu.models.base import Model


class NeedsPerson(Model):
    """One open process with a matter or a manual step."""

    process_id: str
    """Under which it is found, for example `application/{application_id}`."""
    process: str
    """What kind of process it is: the name of its workflow."""
    reasons: tuple[str, ...] = ()
    """The matters, as in `AttentionReason`; a stay's, as in `StayMatter`."""
    manual_steps: tuple[str, ...] = ()
    """As in `ManualStepKind`."""
    assignees: tuple[str, ...] = ()
    """Who has taken the manual steps; which of them, the process itself tells."""
    next_deadline: AwareDatetime | None = None
    started_at: AwareDatetime
    runbook: tuple[str, ...] = ()
    """The pages that say what to do."""
