"""What operators read of a process in the UI: Markdown, without personal data. Moments are shown in Japan's time."""

from collections.abc import Sequence
from datetime import datetime

from zairyu.models.snapshot import ApplicationSnapshot, Attention, ManualStep, NextDeadline, TimelineEntry
from zairyu.models.stay import StayAttention
from zairyu.rules.calendar import JAPAN


def details(snapshot: ApplicationSnapshot) -> str:
    """The present state of an application, and its timeline."""
    state = snapshot.phase.value if snapshot.end is None else f"{snapshot.phase.value} — {snapshot.end.value}"
    lines = [f"**{snapshot.application_type.label.en}** · {state}", ""]
    if snapshot.waiting_for:
        lines += [snapshot.waiting_for.en, ""]
    lines += deadline(snapshot.next_deadline)
    if snapshot.in_special_period:
        lines += [f"Special period of stay: until **{snapshot.special_period_until}** or the decision", ""]
    for window in snapshot.maintenance:
        lines += [f"Planned maintenance: {in_japan(window.begins)} to {in_japan(window.ends)} JST", ""]
    lines += matters(snapshot.attention, snapshot.manual_steps)
    for word in snapshot.unknown_words:
        lines += [f"> ? The agency says “{word.word}” ({word.axis.label.en}), which nobody here knows", ""]
    for found in snapshot.disagreements:
        lines += [f"> ≠ {found.sentence.en}", ""]
    if snapshot.after_denial:
        lines += [snapshot.after_denial.en, ""]
    lines += [f"- {finding.severity.value}: {finding.message.en}" for finding in snapshot.package_findings]
    for number, attachments in enumerate(snapshot.to_follow, start=2):
        kinds = ", ".join(attachment.kind.label.en for attachment in attachments)
        when = "supplied" if number in snapshot.followed else "when the agency asks"
        lines.append(f"- Delivery {number}, {when}: {kinds}")
    lines += [""] if snapshot.package_findings or snapshot.to_follow else []
    return "\n".join([*lines, *story(snapshot.timeline)])


# ----- what all processes have in common ------------------------------------------------------------------------------


def in_japan(moment: datetime) -> str:
    """A moment as people in Japan write it, to the minute."""
    return f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M}"


def deadline(nearest: NextDeadline | None) -> list[str]:
    """The nearest deadline, if there is one."""
    return [f"Next deadline: **{in_japan(nearest.at)} JST** ({nearest.what.en})", ""] if nearest else []


def matters(attention: Sequence[Attention | StayAttention], steps: Sequence[ManualStep] = ()) -> list[str]:
    """What needs a person: matters, and what is done by hand."""
    lines = []
    for matter in attention:
        lines += [f"> ⚠ **{matter.reason.value}** — {matter.explanation.en}", ""]
    for step in steps:
        taken = f" (@{step.assignee})" if step.assignee else ""
        lines += [f"> ✋ **{step.kind.value}**{taken} — {step.instructions.en}", ""]
    return lines


def story(timeline: Sequence[TimelineEntry]) -> list[str]:
    """What happened, the oldest first."""
    return [f"- **{in_japan(entry.at)}** {entry.text.en}" for entry in timeline]
