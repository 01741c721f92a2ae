"""An application's story as operators read it in the UI: Markdown, without personal data."""

from zairyu.models.snapshot import ApplicationSnapshot
from zairyu.rules.calendar import JAPAN


def details(snapshot: ApplicationSnapshot) -> str:
    """The present state and the timeline. Moments are shown in Japan's time."""
    state = snapshot.phase.value if snapshot.end is None else f"{snapshot.phase.value} — {snapshot.end.value}"
    lines = [f"**{snapshot.application_type.label.en}** · {state}", ""]
    if snapshot.waiting_for:
        lines += [snapshot.waiting_for.en, ""]
    if snapshot.next_deadline:
        moment = snapshot.next_deadline.at.astimezone(JAPAN)
        lines += [f"Next deadline: **{moment:%Y-%m-%d %H:%M} JST** ({snapshot.next_deadline.what.en})", ""]
    if snapshot.in_special_period:
        lines += [f"Special period of stay: until **{snapshot.special_period_until}** or the decision", ""]
    for window in snapshot.maintenance:
        begins, ends = (moment.astimezone(JAPAN) for moment in (window.begins, window.ends))
        lines += [f"Planned maintenance: {begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} JST", ""]
    for attention in snapshot.attention:
        lines += [f"> ⚠ **{attention.reason.value}** — {attention.explanation.en}", ""]
    for step in snapshot.manual_steps:
        taken = f" (@{step.assignee})" if step.assignee else ""
        lines += [f"> ✋ **{step.kind.value}**{taken} — {step.instructions.en}", ""]
    for word in snapshot.unknown_words:
        lines += [f"> ? {word.axis.value}: the agency says “{word.word}”, which nobody here knows", ""]
    for found in snapshot.disagreements:
        lines += [
            f"> ≠ {found.axis.value}: {found.counts.value} says “{found.counted}”, and counts; "
            f"{found.other.value} says “{found.set_aside}”",
            "",
        ]
    if snapshot.after_denial:
        lines += [snapshot.after_denial.en, ""]
    lines += [f"- {finding.severity.value}: {finding.message.en}" for finding in snapshot.package_findings]
    for number, attachments in enumerate(snapshot.to_follow, start=2):
        kinds = ", ".join(attachment.kind.label.en for attachment in attachments)
        when = "supplied" if number in snapshot.followed else "when the agency asks"
        lines.append(f"- Delivery {number}, {when}: {kinds}")
    lines += [""] if snapshot.package_findings or snapshot.to_follow else []
    lines += [f"- **{entry.at.astimezone(JAPAN):%Y-%m-%d %H:%M}** {entry.text.en}" for entry in snapshot.timeline]
    return "\n".join(lines)
