"""A typed client for other systems: start applications, send people's decisions in, read where they are."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError
from temporalio.api.history.v1 import WorkflowExecutionStartedEventAttributes
from temporalio.client import Client, WorkflowExecution, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.stay.telling import tell_watch
from zairyu.handed_in import HandedIn, check_ids, no_file
from zairyu.models import messages
from zairyu.models.agency_mail import AgencyMailSnapshot
from zairyu.models.application import ApplicationInput
from zairyu.models.assessment import Assessment, Intention
from zairyu.models.base import BilingualText
from zairyu.models.document_request import DocumentRequestSnapshot
from zairyu.models.documents import DocumentRef
from zairyu.models.feed import FeedSnapshot
from zairyu.models.findings import Finding, Severity
from zairyu.models.names import (
    CORE_QUEUE,
    MESSAGE_REFUSED,
    agency_mail_workflow_id,
    application_workflow_id,
    document_request_workflow_id,
    manual_step_page,
    registration_workflow_id,
    runbook_page,
    status_feed_workflow_id,
    stay_workflow_id,
    terminal_workflow_id,
)
from zairyu.models.needs_person import NeedsPerson
from zairyu.models.registration import (
    RegistrationFile,
    RegistrationForm,
    RegistrationInput,
    RegistrationSnapshot,
    StartRegistration,
)
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, OperatorId, Phase
from zairyu.models.state import StartApplication
from zairyu.models.stay import StartExtension, StayMatter, StayNews, StaySnapshot
from zairyu.models.terminal import TerminalSnapshot, TerminalState
from zairyu.rules.assessment import assess
from zairyu.rules.intake import malformed_findings
from zairyu.rules.judgement import implausible_days
from zairyu.rules.readable import unreadable_parts
from zairyu.rules.registration import check_registration_entries
from zairyu.rules.spec_packs import SpecPacks
from zairyu.runtime.keys import KeyRingError
from zairyu.workflows.application import ApplicationWorkflow
from zairyu.workflows.document_request import DocumentRequestWorkflow
from zairyu.workflows.registration import RegistrationWorkflow
from zairyu.workflows.search_attributes import ATTENTION, MANUAL_STEPS, NEEDS_PERSON, NEXT_DEADLINE
from zairyu.workflows.stay_watch import StayWatchWorkflow
from zairyu.workflows.terminal import TerminalWorkflow

_STARTING_SECONDS = 10.0
"""How long a document request may take to start after the application has heard of it, and a process to go on in a
new history."""

_NEVER = datetime.max.replace(tzinfo=UTC)

T = TypeVar("T")


class ApplicationRefused(Exception):
    """What was given cannot be taken: nothing was started. Carries every finding at once."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


class MessageRefused(Exception):
    """A running application did not take a message; nothing has changed. The text says why, in both languages."""


class Zairyu:
    """Speaks to the applications of one installation. Safe to share; holds no state of its own."""

    def __init__(
        self, temporal: Client, blobs: BlobStore, packs: SpecPacks, *, profile: str = "sandbox", queue: str = CORE_QUEUE
    ) -> None:
        self._temporal = temporal
        self._blobs = blobs
        self._packs = packs
        self._profile = profile
        self._queue = queue

    # ----- starting ---------------------------------------------------------------------------------------------

    async def start_file(self, file: Path, *, on: date) -> ApplicationSnapshot:
        """Start the application that a JSON file describes.

        Raises:
            ApplicationRefused: with every finding; nothing was started.
        """
        return await self.start(await _json_object(file), beside=file.parent, on=on)

    async def start(self, content: Mapping[str, Any], *, beside: Path, on: date) -> ApplicationSnapshot:
        """Start an application, once per application id.

        Raises:
            ApplicationRefused: with every finding; nothing was started.
        """
        return await self.start_application(await self.read(content, beside=beside, on=on))

    async def read(self, content: Mapping[str, Any], *, beside: Path, on: date) -> ApplicationInput:
        """Check an application and store its documents, without starting it.

        Args:
            content: the form with the documents as paths, as in `ApplicationFile`.
            beside: the folder that relative paths start from.
            on: today, a day in Japan.

        Raises:
            ApplicationRefused: with every finding.
            BlobStoreUnavailable: the documents cannot be stored now.
        """
        handed_in = await asyncio.to_thread(HandedIn.read, content, beside=beside, packs=self._packs, on=on)
        with handed_in:
            if handed_in.is_refused:
                raise ApplicationRefused(handed_in.findings)
            application = handed_in.application(str(uuid.uuid4()), self._profile)
            documents = [*([handed_in.photo] if handed_in.photo else [])]
            documents += [(attachment.document, content) for attachment, content in handed_in.attachments]
            for document, opened in documents:
                await self._blobs.put_file(opened.file, document.media_type, sha256=document.sha256)
        return application

    async def start_application(self, application: ApplicationInput) -> ApplicationSnapshot:
        """Start an application whose documents are stored and which has been checked.

        The same application id again attaches to the application that there is, open or closed.
        """
        await self.begin(application)
        return await self.snapshot(application.application_id)

    async def begin(self, application: ApplicationInput) -> bool:
        """Start an application as `start_application` does, without asking where it is then.

        Returns:
            Whether it was started now; an application that is there already, open or closed, is left alone.
        """
        try:
            await self._temporal.start_workflow(
                ApplicationWorkflow.run,
                StartApplication(application=application),
                id=application_workflow_id(application.application_id),
                task_queue=self._queue,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=application.form.application_type.label.en,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def handed_in(self, application_id: str) -> ApplicationInput | None:
        """What an application was started with, before anything was amended.

        Nothing where no history is kept, where the key of it is gone, and where it was started with what is no
        application.
        """
        handle = self._application(application_id)
        try:
            started = await _first_event(handle)
            first_run = started.first_execution_run_id
            if started.continued_execution_run_id:
                started = await _first_event(self._temporal.get_workflow_handle(handle.id, run_id=first_run))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        try:
            (start,) = await self._temporal.data_converter.decode(started.input.payloads, [StartApplication])
        except (ValidationError, KeyRingError):
            return None
        application: ApplicationInput = start.application
        return application

    # ----- asking what the law says -----------------------------------------------------------------------------

    @staticmethod
    def assess(content: Mapping[str, Any], *, on: date) -> Assessment:
        """Everything the law says of an intended application on a day in Japan. Starts nothing, and asks no server.

        Args:
            content: an `Intention`, or a whole application as for `start`.
            on: the day in Japan to judge it by.

        Raises:
            ApplicationRefused: it cannot be read, with every finding.
        """
        if unreadable := unreadable_parts(content):
            raise ApplicationRefused(unreadable)
        try:
            intention = Intention.model_validate(content)
        except ValidationError as error:
            raise ApplicationRefused(tuple(malformed_findings(error))) from None
        if findings := tuple(implausible_days(intention, on)):
            raise ApplicationRefused(findings)
        return assess(intention, on=on)

    # ----- people's decisions -----------------------------------------------------------------------------------

    async def send(self, application_id: str, name: str, message: messages.Message) -> ApplicationSnapshot:
        """Send any update by its name; the methods below say the same with types.

        Raises:
            MessageRefused: the application did not take it; nothing has changed.
        """
        with _refusals():
            snapshot: ApplicationSnapshot = await _answer(
                lambda: self._application(application_id).execute_update(
                    name, message, id=message.message_id, result_type=ApplicationSnapshot
                )
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
        """The applicant has the new card or the certificate."""
        return await self.send(application_id, "confirm_collection", message)

    async def request_correction(self, application_id: str, message: messages.RequestCorrection) -> ApplicationSnapshot:
        """Something in what was filed is wrong, and the office has to be told."""
        return await self.send(application_id, "request_correction", message)

    async def assign_manual_step(self, application_id: str, message: messages.AssignManualStep) -> ApplicationSnapshot:
        """Somebody takes a manual step, or gives it back."""
        return await self.send(application_id, "assign_manual_step", message)

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
        """Answer a request for additional documents, or a part of it.

        Raises:
            MessageRefused: there is no such open request, or it is being answered already, or the documents cannot be
                supplied online any more.
        """
        return await self.send_to_document_request(application_id, request_number, "supply_documents", message)

    async def send_to_document_request(
        self, application_id: str, request_number: int, name: str, message: messages.Message
    ) -> DocumentRequestSnapshot:
        """Send any update to a request for additional documents, by its name.

        A request that the application has only just heard of may still be starting; it is waited for.

        Raises:
            MessageRefused: there is no such open request, or it did not take it; nothing has changed.
        """
        handle = self._temporal.get_workflow_handle(document_request_workflow_id(application_id, request_number))
        ends = asyncio.get_running_loop().time() + _STARTING_SECONDS
        while True:
            with _refusals():
                try:
                    snapshot: DocumentRequestSnapshot = await _answer(
                        lambda: handle.execute_update(
                            name, message, id=message.message_id, result_type=DocumentRequestSnapshot
                        )
                    )
                except RPCError as error:
                    late = asyncio.get_running_loop().time() > ends
                    if late or error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    if not await self._asked(application_id, request_number):
                        raise
                else:
                    return snapshot
            await asyncio.sleep(0.1)

    async def _asked(self, application_id: str, request_number: int) -> bool:
        """Whether documents are asked for, as far as the application has heard."""
        asked = (await self.snapshot(application_id)).document_requests
        return any(request.number == request_number and not request.supplied for request in asked)

    async def document_request(self, application_id: str, request_number: int) -> DocumentRequestSnapshot:
        """Where a request for additional documents is. Closed ones answer as long as their history is kept.

        Raises:
            MessageRefused: there is no such request.
        """
        handle = self._temporal.get_workflow_handle_for(
            DocumentRequestWorkflow.run, document_request_workflow_id(application_id, request_number)
        )
        with _refusals():
            return await _answer(lambda: handle.query(DocumentRequestWorkflow.snapshot))

    async def store_pdf(self, file: Path) -> DocumentRef:
        """Put a PDF into the blob store, to be referred to in a message."""
        with await asyncio.to_thread(file.open, "rb") as opened:
            return await self._blobs.put_file(opened, "application/pdf")

    async def fetch_document(self, document: DocumentRef, into: BinaryIO) -> None:
        """Write a document of the blob store into an open file.

        Raises:
            BlobStoreUnavailable: the store cannot be reached now.
        """
        await self._blobs.fetch(document, into)

    # ----- reading ----------------------------------------------------------------------------------------------

    async def snapshot(self, application_id: str) -> ApplicationSnapshot:
        """Where an application is. Closed ones answer as long as their history is kept.

        Raises:
            MessageRefused: there is no such application.
        """
        with _refusals():
            return await _answer(lambda: self._application(application_id).query(ApplicationWorkflow.snapshot))

    async def wait_for(self, application_id: str, *phases: Phase, every: float = 0.5) -> ApplicationSnapshot:
        """Wait until an application is in one of these phases, or closed."""
        while True:
            snapshot = await self.snapshot(application_id)
            if snapshot.phase in (*phases, Phase.CLOSED):
                return snapshot
            await asyncio.sleep(every)

    # ----- registrations ----------------------------------------------------------------------------------------

    async def register_file(self, file: Path, *, on: date) -> RegistrationSnapshot:
        """Start the registration that a JSON file describes.

        Raises:
            ApplicationRefused: with every finding; nothing was started.
        """
        return await self.register(await _json_object(file), on=on)

    async def register(self, content: Mapping[str, Any], *, on: date) -> RegistrationSnapshot:
        """Start a user's registration. The same user id again attaches to the registration that there is.

        Args:
            content: as in `RegistrationFile`.
            on: today, a day in Japan.

        Raises:
            ApplicationRefused: with every finding; nothing was started.
        """
        form = {key: value for key, value in content.items() if key != "user_id"}
        findings = [*check_ids(content), *check_registration_entries(form, self._packs, on=on)]
        if any(finding.severity is Severity.ERROR for finding in findings):
            raise ApplicationRefused(findings)
        user_id = RegistrationFile.model_validate(content).user_id or str(uuid.uuid4())
        # A closed one is not begun again, and answers like an open one.
        with suppress(WorkflowAlreadyStartedError):
            await self._temporal.start_workflow(
                RegistrationWorkflow.run,
                StartRegistration(
                    registration=RegistrationInput(
                        user_id=user_id, form=RegistrationForm.model_validate(form), interface_profile=self._profile
                    )
                ),
                id=registration_workflow_id(user_id),
                task_queue=self._queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=ApplicationType.USER_REGISTRATION.label.en,
            )
        return await self.registration(user_id)

    async def registration(self, user_id: str) -> RegistrationSnapshot:
        """Where a registration is. Closed ones answer as long as their history is kept.

        Raises:
            MessageRefused: there is no such registration.
        """
        with _refusals():
            return await _answer(lambda: self._registration(user_id).query(RegistrationWorkflow.snapshot))

    async def send_to_registration(self, user_id: str, name: str, message: messages.Message) -> RegistrationSnapshot:
        """Send any update of `REGISTRATION_UPDATES` by its name.

        Raises:
            MessageRefused: the registration did not take it; nothing has changed.
        """
        with _refusals():
            snapshot: RegistrationSnapshot = await _answer(
                lambda: self._registration(user_id).execute_update(
                    name, message, id=message.message_id, result_type=RegistrationSnapshot
                )
            )
            return snapshot

    def _registration(self, user_id: str) -> WorkflowHandle[RegistrationWorkflow, RegistrationSnapshot]:
        return self._temporal.get_workflow_handle_for(RegistrationWorkflow.run, registration_workflow_id(user_id))

    # ----- stays ------------------------------------------------------------------------------------------------

    async def tell_stay_watch(self, news: StayNews) -> None:
        """Tell the watch over a stay what has changed; the first news begins it, and a repeat changes nothing."""
        await tell_watch(self._temporal, news, queue=self._queue)

    async def stay(self, user_id: str) -> StaySnapshot:
        """Where somebody's stay is. A watch that has closed answers as long as its history is kept.

        Raises:
            MessageRefused: nobody watches over a stay of this user.
        """
        with _refusals():
            return await _answer(lambda: self._stay(user_id).query(StayWatchWorkflow.snapshot))

    async def send_to_stay(self, user_id: str, name: str, message: messages.Message) -> StaySnapshot:
        """Send any update of `STAY_UPDATES` by its name.

        Raises:
            MessageRefused: the watch did not take it; nothing has changed.
        """
        with _refusals():
            snapshot: StaySnapshot = await _answer(
                lambda: self._stay(user_id).execute_update(
                    name, message, id=message.message_id, result_type=StaySnapshot
                )
            )
            return snapshot

    async def start_extension(self, user_id: str, file: Path, *, on: date) -> StaySnapshot:
        """Have the watch start the extension or the change of status that a JSON file describes.

        Raises:
            ApplicationRefused: with every finding; nothing was started.
            MessageRefused: the watch did not take it.
        """
        content = await _json_object(file)
        application = await self.read({**content, "user_id": user_id}, beside=file.parent, on=on)
        message = StartExtension(message_id=application.application_id, application=application)
        return await self.send_to_stay(user_id, "start_extension", message)

    def _stay(self, user_id: str) -> WorkflowHandle[StayWatchWorkflow, StaySnapshot]:
        return self._temporal.get_workflow_handle_for(StayWatchWorkflow.run, stay_workflow_id(user_id))

    # ----- the pollers ------------------------------------------------------------------------------------------

    async def feed(self, profile: str | None = None) -> FeedSnapshot:
        """How far the agency's news have been read; of this installation's profile by default.

        Raises:
            MessageRefused: nobody reads them.
        """
        handle = self._temporal.get_workflow_handle(status_feed_workflow_id(profile or self._profile))
        with _refusals():
            return await _answer(lambda: handle.query("snapshot", result_type=FeedSnapshot))

    async def send_to_feed(self, name: str, message: messages.Message, profile: str | None = None) -> FeedSnapshot:
        """Send any update of `FEED_UPDATES` by its name.

        Raises:
            MessageRefused: the poller did not take it; nothing has changed.
        """
        handle = self._temporal.get_workflow_handle(status_feed_workflow_id(profile or self._profile))
        with _refusals():
            snapshot: FeedSnapshot = await handle.execute_update(
                name, message, id=message.message_id, result_type=FeedSnapshot
            )
            return snapshot

    async def agency_mail(self, profile: str | None = None) -> AgencyMailSnapshot:
        """Which of the agency's mails wait for a person.

        Raises:
            MessageRefused: nobody reads them.
        """
        handle = self._temporal.get_workflow_handle(agency_mail_workflow_id(profile or self._profile))
        with _refusals():
            return await _answer(lambda: handle.query("snapshot", result_type=AgencyMailSnapshot))

    async def send_to_agency_mail(
        self, name: str, message: messages.Message, profile: str | None = None
    ) -> AgencyMailSnapshot:
        """Send an update to whoever reads the agency's mails: `resolve`.

        Raises:
            MessageRefused: it was not taken; nothing has changed.
        """
        handle = self._temporal.get_workflow_handle(agency_mail_workflow_id(profile or self._profile))
        with _refusals():
            snapshot: AgencyMailSnapshot = await handle.execute_update(
                name, message, id=message.message_id, result_type=AgencyMailSnapshot
            )
            return snapshot

    # ----- operators --------------------------------------------------------------------------------------------

    async def needing_person(
        self, *, reason: AttentionReason | StayMatter | None = None, assignee: OperatorId | None = None
    ) -> list[NeedsPerson]:
        """The open processes that need a person, the nearest deadline first. The list may lag behind by a moment.

        Args:
            reason: only those with this matter.
            assignee: only those with a manual step that this operator has taken.
        """
        query = f"{NEEDS_PERSON} AND TaskQueue = '{self._queue}'"
        if reason is not None:
            query += f" AND {ATTENTION.name} = '{reason.value}'"
        if assignee is not None:
            query += f" AND {MANUAL_STEPS.name} = '@{assignee}'"
        # A process that goes on in a new history may be listed twice.
        listed = {found.id: _needs_person(found) async for found in self._temporal.list_workflows(query)}
        return sorted(listed.values(), key=lambda one: (one.next_deadline or _NEVER, one.started_at, one.process_id))

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
        handle = self._temporal.get_workflow_handle_for(TerminalWorkflow.run, workflow_id)
        return await _answer(lambda: handle.query(TerminalWorkflow.snapshot))

    def _application(self, application_id: str) -> WorkflowHandle[ApplicationWorkflow, ApplicationSnapshot]:
        return self._temporal.get_workflow_handle_for(ApplicationWorkflow.run, application_workflow_id(application_id))


def _needs_person(found: WorkflowExecution) -> NeedsPerson:
    told = found.typed_search_attributes
    reasons, steps = told.get(ATTENTION) or (), told.get(MANUAL_STEPS) or ()
    kinds = tuple(word for word in steps if not word.startswith("@"))
    return NeedsPerson(
        process_id=found.id,
        process=found.workflow_type,
        reasons=tuple(reasons),
        manual_steps=kinds,
        assignees=tuple(word[1:] for word in steps if word.startswith("@")),
        next_deadline=told.get(NEXT_DEADLINE),
        started_at=found.start_time,
        runbook=(*map(runbook_page, reasons), *map(manual_step_page, kinds)),
    )


async def _json_object(file: Path) -> dict[str, Any]:
    """What an input file holds.

    Raises:
        ApplicationRefused: it cannot be read, or holds something else.
    """
    try:
        content = json.loads(await asyncio.to_thread(file.read_bytes))
    except OSError:
        raise ApplicationRefused([no_file("")]) from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ApplicationRefused([_not_json()])
    return content


async def _first_event(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionStartedEventAttributes:
    async for event in handle.fetch_history_events(page_size=1):
        return event.workflow_execution_started_event_attributes
    raise AssertionError("a history begins with its start")


async def _answer(asking: Callable[[], Awaitable[T]]) -> T:
    """What a process answers. In the moment in which it ends or goes on in a new history it is asked once more."""
    ends = asyncio.get_running_loop().time() + _STARTING_SECONDS
    while True:
        try:
            return await asking()
        except RPCError as error:
            # There is no other sign: a task queue without a worker has the same status.
            between = error.status is RPCStatusCode.FAILED_PRECONDITION and any(
                words in error.message for words in ("not scheduled yet", "unexpected workflow task failure")
            )
            if not between or asyncio.get_running_loop().time() > ends:
                raise
        await asyncio.sleep(0.1)


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


def _not_json() -> Finding:
    return Finding(
        place="",
        rule="json",
        message=BilingualText(ja="入力はJSONのオブジェクトではありません。", en="The input is not a JSON object."),
    )
