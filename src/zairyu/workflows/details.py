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
    for attention in snapshot.attention:
        lines += [f"> ⚠ **{attention.reason.value}** — {attention.explanation.en}", ""]
    for step in snapshot.manual_steps:
        lines += [f"> ✋ **{step.kind.value}** — {step.instructions.en}", ""]
    lines += [f"- {finding.severity.value}: {finding.message.en}" for finding in snapshot.package_findings]
    for number, attachments in enumerate(snapshot.to_follow, start=2):
        kinds = ", ".join(attachment.kind.label.en for attachment in attachments)
        lines.append(f"- Delivery {number}, when the agency asks: {kinds}")
    lines += [""] if snapshot.package_findings or snapshot.to_follow else []
    lines += [f"- **{entry.at.astimezone(JAPAN):%Y-%m-%d %H:%M}** {entry.text.en}" for entry in snapshot.timeline]
    return "\n".join(lines)
