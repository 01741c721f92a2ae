"""One request for additional documents: the person is told, reminded, and answers."""

import asyncio
from datetime import timedelta

from pydantic import ValidationError
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models.base import BilingualText
    from zairyu.models.document_request import DocumentRequestSnapshot, FollowDocumentRequest
    from zairyu.models.mail import DocumentsRequested, Mail
    from zairyu.models.messages import SupplyDocuments
    from zairyu.models.mynaportal import DocumentSupply
    from zairyu.models.names import supply_id
    from zairyu.models.snapshot import AttentionReason
    from zairyu.models.steps import SEND_MAIL
    from zairyu.models.steps import SUPPLY_DOCUMENTS as SUPPLY
    from zairyu.rules.calendar import day_in_japan, end_of_day, start_of_day
    from zairyu.rules.reminders import document_reminders
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.record import refusal
    from zairyu.workflows.search_attributes import ATTENTION, NEXT_DEADLINE

_ANSWERED = BilingualText(ja="この求めには既に回答しています。", en="The request is being answered already.")
_NO_PDF = BilingualText(ja="資料はPDFで提出してください。", en="Documents are PDFs.")


@workflow.defn(failure_exception_types=[ValidationError])
class DocumentRequestWorkflow:
    """Follows one request until the agency has the documents, or the application no longer needs them."""

    @workflow.init
    def __init__(self, start: FollowDocumentRequest) -> None:
        # `null` and bytes pass the converter unread.
        start = FollowDocumentRequest.model_validate(start)
        self._start = start
        self._snapshot = DocumentRequestSnapshot(application_id=start.application_id, request=start.request)
        self._answer: SupplyDocuments | None = None
        self._handled: list[str] = []

    @workflow.run
    async def run(self, start: FollowDocumentRequest) -> DocumentRequestSnapshot:
        """Tell, remind, and pass the answer on. A refused answer can be given again, also after the due date."""
        overdue = end_of_day(start.request.due_on)
        workflow.upsert_search_attributes([NEXT_DEADLINE.value_set(overdue)])
        telling = asyncio.create_task(self._tell_and_remind())
        while not self._snapshot.answered:
            await workflow.wait_condition(lambda: self._answer is not None)
            await self._pass_on()
        await telling
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._snapshot

    async def _tell_and_remind(self) -> None:
        await self._send_mail(reminder=False, key=str(self._start.request.number))
        for days in document_reminders(day_in_japan(workflow.now())):
            left = start_of_day(self._start.request.due_on - timedelta(days=days)) - workflow.now()
            if left <= timedelta():
                continue
            try:
                await workflow.wait_condition(
                    lambda: self._snapshot.answered,
                    timeout=left,
                    timeout_summary=f"Remind {days} days before the documents are due",
                )
            except TimeoutError:
                await self._send_mail(reminder=True, key=f"{self._start.request.number}-{days}-days")
            else:
                return

    async def _pass_on(self) -> None:
        answer, start = self._answer, self._start
        assert answer is not None
        try:
            await perform(
                SUPPLY,
                DocumentSupply(
                    profile=start.profile,
                    request_id=start.request_id,
                    request_number=start.request.number,
                    supply_id=supply_id(answer.message_id),
                    attachments=answer.attachments,
                ),
                summary=f"Supply {len(answer.attachments)} additional documents",
            )
        except StepFailed as failed:
            self._answer = None
            self._snapshot = self._snapshot.model_copy(update={"refusal": failed.failure.sentence})
            workflow.upsert_search_attributes([ATTENTION.value_set([AttentionReason.DOCUMENTS_REFUSED.value])])
        else:
            self._snapshot = self._snapshot.model_copy(update={"answered": True, "refusal": None})
            workflow.upsert_search_attributes([ATTENTION.value_unset(), NEXT_DEADLINE.value_unset()])

    async def _send_mail(self, *, reminder: bool, key: str) -> None:
        start = self._start
        mail = Mail(
            reference=start.application_id,
            application_type=start.application_type,
            to=start.to,
            name=start.name,
            applicant=start.applicant,
            receipt_number=start.receipt_number,
            occasion=DocumentsRequested(request=start.request, reminder=reminder),
            key=key,
        )
        try:
            await perform(SEND_MAIL, mail, summary="Mail: remind of documents" if reminder else "Mail: documents asked")
        except StepFailed:
            workflow.upsert_search_attributes([ATTENTION.value_set([AttentionReason.MAIL_UNDELIVERABLE.value])])

    # ----- messages -------------------------------------------------------------------------------------------

    @workflow.update(description="Answer the request with these documents.")
    def supply_documents(self, message: SupplyDocuments) -> DocumentRequestSnapshot:
        """Take the documents; they are passed on at once."""
        if message.message_id not in self._handled:
            self._handled.append(message.message_id)
            self._answer = message
        return self._snapshot

    @supply_documents.validator
    def _can_be_supplied(self, message: SupplyDocuments) -> None:
        if message.message_id in self._handled:
            return
        if self._snapshot.answered or self._answer is not None:
            raise refusal(_ANSWERED)
        if any(attachment.document.media_type != "application/pdf" for attachment in message.attachments):
            raise refusal(_NO_PDF)

    @workflow.query(description="The state of the request.")
    def snapshot(self) -> DocumentRequestSnapshot:
        """The state of the request."""
        return self._snapshot
