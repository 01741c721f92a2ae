"""A typed client for other systems: start applications, send people's decisions in, read where they are."""

import asyncio
import json
import mimetypes
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from zairyu.activities.documents.blobs import BlobStore
from zairyu.models import messages
from zairyu.models.application import ApplicationForm, ApplicationId, ApplicationInput
from zairyu.models.application_file import AttachmentFile
from zairyu.models.base import BilingualText
from zairyu.models.document_request import DocumentRequestSnapshot
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.findings import Finding, Severity
from zairyu.models.names import (
    CORE_QUEUE,
    MESSAGE_REFUSED,
    application_workflow_id,
    document_request_workflow_id,
    terminal_workflow_id,
)
from zairyu.models.snapshot import ApplicationSnapshot, Phase
from zairyu.models.state import StartApplication
from zairyu.models.terminal import TerminalSnapshot, TerminalState
from zairyu.rules.intake import check_input, malformed_findings
from zairyu.workflows.application import ApplicationWorkflow
from zairyu.workflows.document_request import DocumentRequestWorkflow
from zairyu.workflows.terminal import TerminalWorkflow

_STARTING_SECONDS = 10.0
"""How long a document request may take to start after the application has heard of it."""


_ID: Final[TypeAdapter[str | None]] = TypeAdapter(ApplicationId | None)


class ApplicationRefused(Exception):
    """An application was not started. Carries every finding at once."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


class MessageRefused(Exception):
    """A running application did not take a message; nothing has changed. The text says why, in both languages."""


class Zairyu:
    """Speaks to the applications of one installation. Safe to share; holds no state of its own."""

    def __init__(
        self, temporal: Client, blobs: BlobStore, *, profile: str = "sandbox", queue: str = CORE_QUEUE
    ) -> None:
        self._temporal = temporal
        self._blobs = blobs
        self._profile = profile
        self._queue = queue

    # ----- starting ---------------------------------------------------------------------------------------------

    async def start_file(self, file: Path, *, on: date) -> ApplicationSnapshot:
        """Start the application that a JSON file describes.

        Raises:
            ApplicationRefused: with every finding; nothing was started.
        """
        try:
            content = json.loads(await asyncio.to_thread(file.read_bytes))
        except OSError:
            raise ApplicationRefused([_no_file("")]) from None
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ApplicationRefused([_not_json()])
        return await self.start(content, beside=file.parent, on=on)

    async def start(self, content: Mapping[str, Any], *, beside: Path, on: date) -> ApplicationSnapshot:
        """Start an application, once per application id.

        Args:
            content: the form with the documents as paths, as in `ApplicationFile`.
            beside: the folder that relative paths start from.
            on: today, a day in Japan.

        Raises:
            ApplicationRefused: with every finding; nothing was started.
        """
        findings = list(_check_id(content))
        photo, attachments = await self._store_documents(content, beside, findings)
        findings += check_input(_form_part(content), photo, attachments, on=on)
        if any(finding.severity is Severity.ERROR for finding in findings):
            raise ApplicationRefused(findings)
        assert photo is not None  # noqa: S101 - a missing photo is a finding
        return await self.start_application(
            ApplicationInput(
                application_id=content.get("application_id") or str(uuid.uuid4()),
                form=ApplicationForm.model_validate(content),
                photo=photo,
                attachments=attachments,
                interface_profile=self._profile,
            )
        )

    async def start_application(self, application: ApplicationInput) -> ApplicationSnapshot:
        """Start an application whose documents are stored and which has been checked.

        The same application id again attaches to the application that there is, open or closed.
        """
        form = application.form
        # A closed one is not begun again, and answers like an open one.
        with suppress(WorkflowAlreadyStartedError):
            await self._temporal.start_workflow(
                ApplicationWorkflow.run,
                StartApplication(application=application),
                id=application_workflow_id(application.application_id),
                task_queue=self._queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=form.application_type.label.en,
            )
        return await self.snapshot(application.application_id)

    async def _store_documents(
        self, content: Mapping[str, Any], beside: Path, findings: list[Finding]
    ) -> tuple[DocumentRef | None, tuple[Attachment, ...]]:
        """Put the documents that can be read into the blob store; say which ones cannot."""
        photo = await self._store(content.get("photo"), "/photo", beside, findings)
        attachments = []
        listed = content.get("attachments", [])
        for index, entry in enumerate(listed if isinstance(listed, list) else []):
            place = f"/attachments/{index}"
            try:
                attachment = AttachmentFile.model_validate(entry)
            except ValidationError as error:
                findings += malformed_findings(error, place)
                continue
            document = await self._store(str(attachment.file), f"{place}/file", beside, findings)
            if document is not None:
                attachments.append(Attachment(kind=attachment.kind, document=document))
        return photo, tuple(attachments)

    async def _store(self, name: object, place: str, beside: Path, findings: list[Finding]) -> DocumentRef | None:
        if not isinstance(name, str):
            findings.append(_no_file(place))
            return None
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        try:
            return await self._blobs.put(await asyncio.to_thread((beside / name).read_bytes), media_type)
        except (OSError, ValueError):
            findings.append(_no_file(place))
            return None

    # ----- people's decisions -----------------------------------------------------------------------------------

    async def send(self, application_id: str, name: str, message: messages.Message) -> ApplicationSnapshot:
        """Send any update by its name; the methods below say the same with types.

        Raises:
            MessageRefused: the application did not take it; nothing has changed.
        """
        with _refusals():
            snapshot: ApplicationSnapshot = await self._application(application_id).execute_update(
                name, message, id=message.message_id, result_type=ApplicationSnapshot
            )
            return snapshot

    async def amend(self, application_id: str, message: messages.Amend) -> ApplicationSnapshot:
        """Replace parts of an application that has not been filed."""
        return await self.send(application_id, "amend", message)

    async def sign_at(self, application_id: str, message: messages.SignAt) -> ApplicationSnapshot:
        """The applicant sits at a terminal and wants to sign."""
        return await self.send(application_id, "sign_at", message)

    async def stop_signing(self, application_id: str, message: messages.StopSigning) -> ApplicationSnapshot:
        """The signature is not wanted any more, or not at the terminal that asks for it."""
        return await self.send(application_id, "stop_signing", message)

    async def choose_collection(self, application_id: str, message: messages.ChooseCollection) -> ApplicationSnapshot:
        """How the applicant wants to collect the result."""
        return await self.send(application_id, "choose_collection", message)

    async def report_payment(self, application_id: str, message: messages.ReportPayment) -> ApplicationSnapshot:
        """The applicant says that the fee was paid."""
        return await self.send(application_id, "report_payment", message)

    async def confirm_collection(self, application_id: str, message: messages.ConfirmCollection) -> ApplicationSnapshot:
        """The applicant has the new card."""
        return await self.send(application_id, "confirm_collection", message)

    async def request_withdrawal(self, application_id: str, message: messages.RequestWithdrawal) -> ApplicationSnapshot:
        """The applicant wants to end the application."""
        return await self.send(application_id, "request_withdrawal", message)

    async def complete_manual_step(
        self, application_id: str, message: messages.CompleteManualStep
    ) -> ApplicationSnapshot:
        """A person did by hand what the interface cannot do."""
        return await self.send(application_id, "complete_manual_step", message)

    async def resolve(self, application_id: str, message: messages.Resolve) -> ApplicationSnapshot:
        """An operator's decision on a matter that needs attention."""
        return await self.send(application_id, "resolve", message)

    async def supply_documents(
        self, application_id: str, request_number: int, message: messages.SupplyDocuments
    ) -> DocumentRequestSnapshot:
        """Answer a request for additional documents.

        A request that the application has only just heard of may still be starting; it is waited for.

        Raises:
            MessageRefused: there is no such open request, or it is being answered already.
        """
        handle = self._temporal.get_workflow_handle_for(
            DocumentRequestWorkflow.run, document_request_workflow_id(application_id, request_number)
        )
        ends = asyncio.get_running_loop().time() + _STARTING_SECONDS
        while True:
            with _refusals():
                try:
                    return await handle.execute_update(
                        DocumentRequestWorkflow.supply_documents, message, id=message.message_id
                    )
                except RPCError as error:
                    snapshot = await self.snapshot(application_id)
                    asked = {request.number for request in snapshot.document_requests if not request.supplied}
                    late = asyncio.get_running_loop().time() > ends
                    if error.status is not RPCStatusCode.NOT_FOUND or request_number not in asked or late:
                        raise
            await asyncio.sleep(0.1)

    async def store_pdf(self, file: Path) -> DocumentRef:
        """Put a PDF into the blob store, to be referred to in a message."""
        return await self._blobs.put(await asyncio.to_thread(file.read_bytes), "application/pdf")

    # ----- reading ----------------------------------------------------------------------------------------------

    async def snapshot(self, application_id: str) -> ApplicationSnapshot:
        """Where an application is. Closed ones answer as long as their history is kept.

        Raises:
            MessageRefused: there is no such application.
        """
        with _refusals():
            return await self._application(application_id).query(ApplicationWorkflow.snapshot)

    async def wait_for(self, application_id: str, *phases: Phase, every: float = 0.5) -> ApplicationSnapshot:
        """Wait until an application is in one of these phases, or closed."""
        while True:
            snapshot = await self.snapshot(application_id)
            if snapshot.phase in (*phases, Phase.CLOSED):
                return snapshot
            await asyncio.sleep(every)

    # ----- desk terminals ---------------------------------------------------------------------------------------

    async def terminals(self) -> list[TerminalSnapshot]:
        """The desk terminals that are there, in the order of their ids."""
        running = f"WorkflowType = 'TerminalWorkflow' AND ExecutionStatus = 'Running' AND TaskQueue = '{self._queue}'"
        # The list may lag behind: it may name a terminal that has just left, or one that registered anew twice.
        listed = {execution.id async for execution in self._temporal.list_workflows(running)}
        told = await asyncio.gather(*(self._terminal(workflow_id) for workflow_id in sorted(listed)))
        return [snapshot for snapshot in told if snapshot.state is TerminalState.PRESENT]

    async def terminal(self, terminal_id: str) -> TerminalSnapshot:
        """A desk terminal. One that has left answers as long as its history is kept.

        Raises:
            MessageRefused: no such terminal has registered.
        """
        with _refusals():
            return await self._terminal(terminal_workflow_id(terminal_id))

    async def _terminal(self, workflow_id: str) -> TerminalSnapshot:
        return await self._temporal.get_workflow_handle_for(TerminalWorkflow.run, workflow_id).query(
            TerminalWorkflow.snapshot
        )

    def _application(self, application_id: str) -> WorkflowHandle[ApplicationWorkflow, ApplicationSnapshot]:
        return self._temporal.get_workflow_handle_for(ApplicationWorkflow.run, application_workflow_id(application_id))


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what became of a message in our own words.

    Raises:
        MessageRefused: it was not taken, or there is no such open process.
    """
    try:
        yield
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError) and error.cause.type == MESSAGE_REFUSED:
            raise MessageRefused(error.cause.message) from None
        raise
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise MessageRefused("There is no such open process. / 該当する手続がありません。") from None
        raise


def _check_id(content: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        _ID.validate_python(content.get("application_id"))
    except ValidationError as error:
        yield from malformed_findings(error, "/application_id")


def _form_part(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in ("application_id", "photo", "attachments")}


def _no_file(place: str) -> Finding:
    return Finding(
        place=place,
        rule="file",
        message=BilingualText(ja="ファイルを読み取れません。", en="The file cannot be read."),
    )


def _not_json() -> Finding:
    return Finding(
        place="",
        rule="json",
        message=BilingualText(ja="入力はJSONのオブジェクトではありません。", en="The input is not a JSON object."),
    )
