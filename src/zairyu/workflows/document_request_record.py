"""The record of one document request."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from zairyu.models.base import BilingualText
    from zairyu.models.document_request import DocumentRequestSnapshot, DocumentRequestState
    from zairyu.models.mail import Mail, Occasion
    from zairyu.models.messages import Message
    from zairyu.rules.document_request_admission import why_refused
    from zairyu.rules.document_request_outlook import snapshot_of
    from zairyu.workflows.details import deadline, in_japan, matters, story
    from zairyu.workflows.record import Record, today
    from zairyu.workflows.search_attributes import ATTENTION, MANUAL_STEPS, NEXT_DEADLINE, manual_steps_of


class DocumentRequestRecord(Record[DocumentRequestState]):
    """The record of one request for additional documents, from the mail that tells of it to its answer."""

    def snapshot(self) -> DocumentRequestSnapshot:
        """The request as it is shown to people."""
        return snapshot_of(self.state, today=today())

    def _seen(self) -> tuple[dict[SearchAttributeKey[Any], Any], str]:
        snapshot = self.snapshot()
        return {
            ATTENTION: [attention.reason.value for attention in snapshot.attention] or None,
            MANUAL_STEPS: manual_steps_of(snapshot.manual_steps),
            NEXT_DEADLINE: snapshot.next_deadline.at if snapshot.next_deadline else None,
        }, _details(snapshot)

    def why_refused(self, message: Message) -> BilingualText | None:
        """Why a message cannot be taken now."""
        return why_refused(message, self.state, today=today())

    def mail(self, occasion: Occasion, *, key: str) -> None:
        """Write to the person who filed the application."""
        self.put_in_outbox(self.letter(occasion, key=key))

    def letter(self, occasion: Occasion, *, key: str) -> Mail:
        """A mail to the person who filed the application."""
        start = self.state.start
        return Mail(
            reference=start.application_id,
            application_type=start.application_type,
            to=start.to,
            name=start.name,
            applicant=start.applicant,
            receipt_number=start.receipt_number,
            occasion=occasion,
            key=key,
        )


def _details(snapshot: DocumentRequestSnapshot) -> str:
    """The request as operators read it in the UI: Markdown, without personal data. What is asked for is left out."""
    lines = [f"**Additional documents, request {snapshot.request.number}** · due on {snapshot.request.due_on}", ""]
    if snapshot.waiting_for:
        lines += [snapshot.waiting_for.en, ""]
    lines += deadline(snapshot.next_deadline)
    for window in snapshot.maintenance:
        lines += [f"Planned maintenance: {in_japan(window.begins)} to {in_japan(window.ends)} JST", ""]
    if snapshot.online_until:
        lines += [f"Online until {snapshot.online_until}, then by post.", ""]
    lines += matters(snapshot.attention, snapshot.manual_steps)
    return "\n".join([*lines, *story(snapshot.timeline)])
