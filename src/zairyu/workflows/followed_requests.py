"""The agency's requests for documents that one application follows: each is a process of its own."""

import asyncio
from contextlib import suppress
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from zairyu.models import messages
    from zairyu.models.base import BilingualText
    from zairyu.models.capability import Capability
    from zairyu.models.card import ExpectedSigner
    from zairyu.models.document_request import FollowDocumentRequest
    from zairyu.models.names import document_request_workflow_id
    from zairyu.models.snapshot import AttentionReason
    from zairyu.models.status import DocumentRequest
    from zairyu.workflows.case import Case
    from zairyu.workflows.document_request import DocumentRequestWorkflow


class FollowedRequests:
    """Begins a process for each request, and ends it when the agency has its answer from elsewhere."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._state = case.state
        self._following: dict[int, asyncio.Task[None]] = {}
        self._open: dict[int, workflow.ChildWorkflowHandle[Any, Any]] = {}
        """Those whose answer the agency has not told of."""
        self._told: dict[int, DocumentRequest] = {}
        """What each of them was told that it is about."""

    @property
    def under_way(self) -> bool:
        """Whether any of them is followed in this history."""
        return bool(self._following)

    def new(self) -> list[DocumentRequest]:
        """Those that nobody follows yet."""
        report = self._state.report
        if report is None or report.outcome is not None:
            return []
        return [
            request
            for request in report.document_requests
            if not request.supplied and request.number not in self._state.followed_requests
        ]

    def follow_new(self) -> None:
        """Follow what nobody follows yet."""
        for request in self.new():
            self._state.followed_requests.append(request.number)
            self._following[request.number] = asyncio.create_task(self._follow(request))

    async def tell_changes(self) -> None:
        """Tell those that the agency has changed, and those whose documents it has, however they came there."""
        report = self._state.report
        for request in report.document_requests if report else ():
            child = self._open.get(request.number)
            if child is None or request == self._told[request.number]:
                continue
            self._told[request.number] = request
            # It may have ended just now.
            with suppress(FailureError):
                if request.supplied:
                    del self._open[request.number]
                    received = messages.DocumentsReceived(request=request)
                    await child.signal(DocumentRequestWorkflow.documents_received, received)
                else:
                    changed = messages.RequestChanged(request=request)
                    await child.signal(DocumentRequestWorkflow.request_changed, changed)

    def stop(self) -> None:
        """Follow none of them any more."""
        for task in self._following.values():
            task.cancel()
        self._following.clear()

    async def _follow(self, request: DocumentRequest) -> None:
        application_id = self._state.application.application_id
        try:
            child = await workflow.start_child_workflow(
                DocumentRequestWorkflow.run,
                self._what_to_follow(request),
                id=document_request_workflow_id(application_id, request.number),
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                static_summary=f"Request {request.number} for additional documents, due on {request.due_on}",
            )
            self._open[request.number], self._told[request.number] = child, request
            if self._state.after_sending:
                # Something may have been told while it was starting.
                await self.tell_changes()
            followed = await child
        except ChildWorkflowError as error:
            if is_cancelled_exception(error):
                return
            self._case.call_for(
                AttentionReason.DOCUMENTS_REFUSED,
                BilingualText(
                    ja=f"追加資料（{request.number}回目）の手続が中断されました。資料は提出先に直接届けてください。",
                    en=f"Following request {request.number} was broken off. Bring the documents to the office.",
                ),
            )
        else:
            if self._state.after_sending:
                self._case.documents_supplied(followed)
        finally:
            self._following.pop(request.number, None)
            self._open.pop(request.number, None)

    def _what_to_follow(self, request: DocumentRequest) -> FollowDocumentRequest:
        state, form = self._state, self._state.application.form
        assert state.request_id is not None
        follow = FollowDocumentRequest(
            application_id=state.application.application_id,
            application_type=form.application_type,
            profile=state.application.interface_profile,
            request_id=state.request_id,
            receipt_number=state.receipt_number,
            request=request,
            to=form.signer.contact,
            name=form.signer.name,
            applicant=None if form.representative is None else form.applicant.name,
        )
        if not state.after_sending:
            return follow
        stay = form.applicant.current_stay
        return follow.model_copy(
            update={
                "signer": ExpectedSigner(name=form.signer.name, birth_date=form.signer.birth_date),
                "period_expires_on": stay.expires_on if stay and state.special_period_until else None,
                "card_expires_on": state.card_expires_on,
                "office": state.office,
                "by_hand": not state.offers(Capability.DOCUMENT_SUPPLY),
                "known_as": self._case.known_as(request),
            }
        )
