"""One request for additional documents: the person is told, reminded, and answers."""

import asyncio
from datetime import date, timedelta

from pydantic import ValidationError
from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from zairyu.models.base import BilingualText
    from zairyu.models.card import SignatureRequest
    from zairyu.models.document_request import (
        BuildSupply,
        DocumentRequestSnapshot,
        DocumentRequestState,
        FollowDocumentRequest,
        Supply,
    )
    from zairyu.models.documents import AttachmentKind, DocumentRef
    from zairyu.models.failures import StepFailure
    from zairyu.models.mail import DocumentsRequested
    from zairyu.models.messages import (
        AssignManualStep,
        CompleteManualStep,
        DocumentsReceived,
        MaintenancePlanned,
        Message,
        RequestChanged,
        Resolve,
        SignAt,
        StopSigning,
        SupplyDocuments,
    )
    from zairyu.models.mynaportal import DocumentSupply
    from zairyu.models.names import CAPABILITY_ABSENT, supply_id
    from zairyu.models.package import SealPackage, UnsignedPackage
    from zairyu.models.snapshot import AttentionReason, ManualStepKind
    from zairyu.models.status import DocumentRequest
    from zairyu.models.steps import BUILD_SUPPLY, SEAL_PACKAGE, SEND_MAIL
    from zairyu.models.steps import SUPPLY_DOCUMENTS as SUPPLY
    from zairyu.rules.calendar import end_of_day, start_of_day
    from zairyu.rules.deadlines import brought_forward
    from zairyu.rules.document_request_outlook import (
        Moment,
        Occurrence,
        by_post_now,
        letter,
        maintenance_letter,
        next_moment,
        online_end,
        rung_after_change,
    )
    from zairyu.rules.manual_steps import instructions
    from zairyu.rules.reminders import document_reminders
    from zairyu.rules.supplying_online import why_not_online
    from zairyu.workflows.document_request_record import DocumentRequestRecord
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.record import refusal, today
    from zairyu.workflows.search_attributes import ATTENTION, NEXT_DEADLINE
    from zairyu.workflows.signing import signature_at
    from zairyu.workflows.versions import AFTER_SENDING

_BY_HAND = ManualStepKind.SUPPLY_DOCUMENTS
_CHANGED = BilingualText(
    ja="求められている資料が変わったため、署名を待っていた回答は提出されませんでした。改めて資料を提出してください。",
    en="What is asked for has changed: the answer that waited for its signature was not sent. Supply documents anew.",
)


@workflow.defn(failure_exception_types=[ValidationError])
class DocumentRequestWorkflow:
    """Follows one request until the agency has the documents, or the application no longer needs them."""

    @workflow.init
    def __init__(self, start: FollowDocumentRequest) -> None:
        # `null` and bytes pass the converter unread.
        start = FollowDocumentRequest.model_validate(start)
        self._record = DocumentRequestRecord(DocumentRequestState(start=start, since=workflow.now()))
        self._state = self._record.state

    @workflow.run
    async def run(self, start: FollowDocumentRequest) -> DocumentRequestSnapshot:
        """Tell, remind, and pass answers on. A refused answer can be given again, also after the due date."""
        state, record = self._state, self._record
        state.after_sending = workflow.patched(AFTER_SENDING)
        if not state.after_sending:
            return await self._as_before()
        self._begin()
        clerks = [
            asyncio.create_task(work) for work in (record.keep_shown(), record.send_mails(), self._live_day_by_day())
        ]
        while not state.answered:
            await workflow.wait_condition(lambda: state.answered or state.answer is not None)
            if state.answer is not None and not state.answered:
                await self._pass_on_unless_brought(state.answer)
            state.answered = state.answered or state.received
        self._close()
        await workflow.wait_condition(lambda: record.all_sent() and workflow.all_handlers_finished())
        for clerk in clerks:
            clerk.cancel()
        record.show()
        return self.snapshot()

    # ----- day by day -------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        state, start = self._state, self._state.start
        for window in start.maintenance:
            self._note_maintenance(MaintenancePlanned(window=window))
        moment = next_moment(state, today())
        if start.by_hand:
            self._record.ask_by_hand(_BY_HAND, instructions(_BY_HAND, on=today()))
        if moment is not None and moment.what is Occurrence.ONLINE_OVER and moment.at <= workflow.now():
            # The first mail says it.
            state.rung.append(moment.key)
            self._record.ask_by_hand(_BY_HAND, by_post_now(state, today()))
        self._record.mail(letter(state, today()), key=self._known_as())
        self._record.tell(
            f"追加資料を{start.request.due_on}までに求められました。",
            f"Additional documents are due on {start.request.due_on}.",
        )

    async def _live_day_by_day(self) -> None:
        """See to what each day brings, for as long as the request is open."""
        state = self._state
        while not state.answered:
            moment = next_moment(state, today())
            if moment is not None and moment.at <= workflow.now():
                state.rung.append(moment.key)
                self._see_to(moment)
                continue
            try:
                await workflow.wait_condition(
                    lambda moment=moment: state.answered or next_moment(state, today()) != moment,  # type: ignore[misc]
                    timeout=None if moment is None else moment.at - workflow.now(),
                    timeout_summary="" if moment is None else moment.summary,
                )
            except TimeoutError:
                continue

    def _see_to(self, moment: Moment) -> None:
        state, known_as = self._state, self._known_as()
        match moment.what:
            case Occurrence.DUE_SOON:
                self._record.mail(letter(state, today(), reminder=True), key=f"{known_as}-{moment.key}")
            case Occurrence.MAINTENANCE:
                occasion = maintenance_letter(state, workflow.now())
                if occasion is not None:
                    self._record.mail(occasion, key=f"documents-{known_as}-{moment.key}")
            case Occurrence.ONLINE_OVER:
                self._go_by_post(key=f"{known_as}-{moment.key}")
            case Occurrence.STEP_OPEN:
                self._record.call_for(
                    AttentionReason.MANUAL_STEP_OVERDUE,
                    BilingualText(
                        ja="追加資料がまだ手作業で提出されていません。",
                        en="The documents were not handed in by hand yet.",
                    ),
                )

    def _ask_for_more_by_hand(self, now_asked: DocumentRequest) -> None:
        """Whoever has the manual step keeps it, and reads there what has changed."""
        state, last = self._state, online_end(self._state, today())
        way = instructions(_BY_HAND, on=today())
        if last is not None and last < today():
            way = by_post_now(state, today())
        self._record.instruct(
            _BY_HAND,
            BilingualText(
                ja=f"{way.ja}（求められている資料が変わりました。期限は{now_asked.due_on}です。）",
                en=f"{way.en} (What is asked for has changed; it is due on {now_asked.due_on}.)",
            ),
        )

    def _drop_what_answered_less(self) -> None:
        """An answer that is not on its way yet was made for another request, and so was its declaration."""
        state = self._state
        state.prepared = None
        if state.package is not None:
            state.answer, state.refusal = None, _CHANGED

    def _known_as(self) -> str:
        return self._state.start.known_as or str(self._state.start.request.number)

    def _go_by_post(self, *, key: str) -> None:
        """From now on the documents cannot be supplied online: neither those that wait for a signature."""
        state, way = self._state, by_post_now(self._state, today())
        self._record.ask_by_hand(_BY_HAND, way)
        if state.package is not None:
            state.answer, state.refusal = None, why_not_online(way)
        self._record.mail(letter(state, today(), reminder=True), key=key)
        self._record.tell(
            "追加資料をオンラインで提出できなくなりました。", "Documents cannot be supplied online any more."
        )

    # ----- an answer --------------------------------------------------------------------------------------------

    async def _pass_on_unless_brought(self, answer: SupplyDocuments) -> None:
        """Pass an answer on; no longer when a person says that the documents are handed in."""
        state = self._state
        passing = asyncio.create_task(self._pass_on(answer))
        await workflow.wait_condition(lambda: passing.done() or state.answered)
        if not passing.done():
            passing.cancel()
            await workflow.wait_condition(passing.done)
        error = None if passing.cancelled() else passing.exception()
        if error is not None and not is_cancelled_exception(error):
            raise error

    async def _pass_on(self, answer: SupplyDocuments) -> None:
        state, start = self._state, self._state.start
        asked = start.request
        document: DocumentRef | None = None
        try:
            document = await self._made_of(answer)
            if document is None:
                return
            await perform(
                SUPPLY,
                DocumentSupply(
                    profile=start.profile,
                    request_id=start.request_id,
                    request_number=start.request.number,
                    supply_id=supply_id(answer.message_id),
                    attachments=answer.attachments,
                    partial=not answer.complete,
                    document=document,
                ),
                summary=f"Supply {len(answer.attachments)} additional documents",
            )
        except StepFailed as failed:
            self._not_taken(failed.failure, document)
        else:
            self._taken(answer, document, asked)
        finally:
            if state.answer is answer:
                state.answer = None
            self._record.changed()

    async def _made_of(self, answer: SupplyDocuments) -> DocumentRef | None:
        """What is sent: one PDF, signed where the interface wants it. Nothing when the answer is not wanted any more.

        Raises:
            StepFailed: the documents cannot be sent as they are.
        """
        state, start = self._state, self._state.start
        earlier = [
            attachment.kind
            for supply in state.supplies
            for attachment in supply.attachments
            if attachment.kind is not AttachmentKind.DECLARATION
        ]
        try:
            while state.answer is answer:
                built = await perform(
                    BUILD_SUPPLY,
                    BuildSupply(
                        application_id=start.application_id,
                        application_type=start.application_type,
                        receipt_number=start.receipt_number,
                        request=state.start.request,
                        attachments=answer.attachments,
                        complete=answer.complete,
                        to_follow=answer.to_follow,
                        earlier=tuple(earlier),
                        delivery=len(state.supplies) + 1,
                        day=today(),
                    ),
                    summary=f"Join {len(answer.attachments)} additional documents",
                )
                if built.package is None or start.signer is None:
                    return built.document
                signed = await self._signed(answer, built.package)
                if signed is not None:
                    return signed
        finally:
            state.package = state.sign_at = None
        return None

    async def _signed(self, answer: SupplyDocuments, package: UnsignedPackage) -> DocumentRef | None:
        """Wait for the signer at a terminal, as often as it takes.

        Nothing when another day has begun, for which it has to be made anew, or when the answer is not wanted any more.
        """
        state = self._state
        state.package = package
        self._record.tell("追加資料に署名が必要です。", "The documents have to be signed.")
        while True:
            await workflow.wait_condition(lambda: state.sign_at is not None or state.answer is not answer)
            asked = state.sign_at
            if asked is None or state.answer is not answer or package.is_of_another_day_than(today()):
                return None
            try:
                sealed = await self._sealed(answer, asked, package)
            except StepFailed as failed:
                if state.sign_at is asked:
                    self._record.call_for(AttentionReason.SIGNATURE_FAILED, failed.failure.sentence)
                sealed = None
            # Whoever has gone to another terminal meanwhile is asked there.
            still_here = state.sign_at is asked
            if still_here:
                state.sign_at = None
                self._record.changed()
            if sealed is not None and still_here and state.answer is answer:
                return sealed

    async def _sealed(self, answer: SupplyDocuments, asked: SignAt, package: UnsignedPackage) -> DocumentRef | None:
        """The package with the signature in it; nothing when it is not wanted any more, or not there.

        Raises:
            StepFailed: it was not signed, or with another key.
        """
        state, start = self._state, self._state.start
        assert start.signer is not None
        label, number = start.application_type.label, start.request.number
        signature = await signature_at(
            asked.terminal_id,
            SignatureRequest(
                application_id=start.application_id,
                title=BilingualText(
                    ja=f"追加資料の提出（{number}回目）: {label.ja}", en=f"Additional documents ({number}): {label.en}"
                ),
                signer=start.signer,
                applicant=start.applicant,
                digest=package.digest_to_sign,
                file_count=package.file_count,
                filing_day=today(),
            ),
            wanted=lambda: state.sign_at is asked and state.answer is answer,
        )
        if signature is None:
            return None
        sealed = await perform(
            SEAL_PACKAGE,
            SealPackage(application_id=start.application_id, package=package, signature=signature),
            summary="Seal the signed documents",
        )
        self._hear_of_card(signature.certificate_expires_on)
        self._record.tell(f"端末{asked.terminal_id}で署名されました。", f"Signed at terminal {asked.terminal_id}.")
        return sealed.document

    def _taken(self, answer: SupplyDocuments, document: DocumentRef, asked: DocumentRequest) -> None:
        state, number = self._state, len(self._state.supplies) + 1
        state.supplies.append(
            Supply(
                supplied_at=workflow.now(),
                attachments=answer.attachments,
                complete=answer.complete,
                document=document,
            )
        )
        state.refusal = state.prepared = None
        # It may be complete for what was asked for then, and not for what is asked for now.
        complete = answer.complete and asked.items == state.start.request.items
        # A person may have handed the rest in just now.
        state.answered = state.answered or complete
        self._record.drop_manual_step(_BY_HAND)
        for reason in (
            AttentionReason.DOCUMENTS_REFUSED,
            AttentionReason.SIGNATURE_FAILED,
            AttentionReason.MANUAL_STEP_OVERDUE,
        ):
            self._record.settle(reason)
        self._record.tell(
            f"追加資料を提出しました（{number}回目）。" + ("" if complete else "残りは追って提出します。"),
            f"Documents supplied (delivery {number})." + ("" if complete else " The rest follows."),
        )

    def _not_taken(self, failure: StepFailure, document: DocumentRef | None) -> None:
        self._state.refusal = failure.sentence
        if failure.type_name == CAPABILITY_ABSENT:
            self._state.prepared = document
            self._record.ask_by_hand(_BY_HAND, instructions(_BY_HAND, on=today()))
            self._record.tell(
                "追加資料を手作業で提出する必要があります。", "The documents have to be handed in by hand."
            )
        else:
            self._record.call_for(AttentionReason.DOCUMENTS_REFUSED, failure.sentence, failure.findings)

    def _hear_of_card(self, last: date | None) -> None:
        state = self._state
        if last is not None and (state.card_valid_until is None or last > state.card_valid_until):
            state.card_valid_until = last

    def _close(self) -> None:
        """Nothing needs a person any more."""
        state = self._state
        state.attention.clear()
        state.manual_steps.clear()
        state.answer = state.refusal = state.prepared = None
        self._record.changed()

    # ----- messages: handlers record and wake, the story above acts ---------------------------------------------

    @workflow.query(description="The state of the request.")
    def snapshot(self) -> DocumentRequestSnapshot:
        """The state of the request."""
        return self._record.snapshot()

    @workflow.signal(description="The interface will be down when the documents are due.")
    def maintenance_planned(self, message: MaintenancePlanned) -> None:
        """Whatever has to arrive by the due date has to arrive before the window begins."""
        self._note_maintenance(message)

    @workflow.signal(description="The agency asks for something else, or by another day.")
    def request_changed(self, message: RequestChanged) -> None:
        """Follow what is asked for now; what was supplied stays supplied."""
        state, now_asked, before = self._state, message.request, self._state.start.request
        if now_asked == before or now_asked.number != before.number or state.answered:
            return
        state.start = state.start.model_copy(update={"request": now_asked})
        if not state.mailed:
            # Nobody has been told of it yet.
            return
        # Its mails are others than those of before.
        known_as = f"{self._known_as()}-changed-{len(state.mailed)}"
        state.start = state.start.model_copy(update={"known_as": known_as})
        state.rung = rung_after_change(state, workflow.now())
        self._ask_for_more_by_hand(now_asked)
        if now_asked.items != before.items:
            self._drop_what_answered_less()
        self._record.mail(letter(state, today(), changed=True), key=known_as)
        self._record.tell(
            f"求められている追加資料が変わりました。期限は{now_asked.due_on}です。",
            f"What is asked for has changed; it is due on {now_asked.due_on}.",
        )

    @workflow.signal(description="The agency has the documents.")
    def documents_received(self, message: DocumentsReceived) -> None:
        """The request is over, however they came there; what is on its way is let go on."""
        state = self._state
        if message.request.number != state.start.request.number or state.received:
            return
        state.received = True
        # Nobody comes to sign what the agency has.
        on_its_way = state.answer is not None and state.package is None
        if not on_its_way and not state.answered:
            state.answered = True
            self._record.tell("追加資料が届いたと確認されました。", "The agency says that it has the documents.")

    def _note_maintenance(self, message: MaintenancePlanned) -> None:
        state, window = self._state, message.window
        deadline = brought_forward(end_of_day(state.start.request.due_on), state.maintenance)
        if window.swallows(deadline) and window not in state.maintenance:
            state.maintenance.append(window)
            self._record.changed()

    @workflow.update(description="Answer the request with these documents, or with a part of them.")
    def supply_documents(self, message: SupplyDocuments) -> DocumentRequestSnapshot:
        """Take the documents; they are passed on at once, or when they are signed."""
        if self._record.first_time(message):
            self._hear_of_card(message.card_valid_until)
            self._state.answer = message
            self._record.changed()
        return self.snapshot()

    @supply_documents.validator
    def _can_be_supplied(self, message: SupplyDocuments) -> None:
        self._admit(message)

    @workflow.update(description="The signer wants to sign the documents at this terminal.")
    def sign_at(self, message: SignAt) -> DocumentRequestSnapshot:
        """Have the terminal ask for card and password."""
        if self._record.first_time(message):
            self._record.settle(AttentionReason.SIGNATURE_FAILED)
            self._state.sign_at = message
            self._record.changed()
        return self.snapshot()

    @sign_at.validator
    def _can_be_signed(self, message: SignAt) -> None:
        self._admit(message)

    @workflow.update(description="The signature is not wanted any more, or not at this terminal.")
    def stop_signing(self, message: StopSigning) -> DocumentRequestSnapshot:
        """Take the request back from the terminal; the documents wait for a signature again."""
        if self._record.first_time(message):
            self._state.sign_at = None
            self._record.tell("署名の依頼を取り消しました。", "The request for a signature was taken back.")
        return self.snapshot()

    @stop_signing.validator
    def _can_be_stopped(self, message: StopSigning) -> None:
        self._admit(message)

    @workflow.update(description="Somebody takes the manual step, or nobody has it any more.")
    def assign_manual_step(self, message: AssignManualStep) -> DocumentRequestSnapshot:
        """Note who has it."""
        if self._record.first_time(message):
            self._record.assign(message.step, message.assignee)
        return self.snapshot()

    @assign_manual_step.validator
    def _can_assign_manual_step(self, message: AssignManualStep) -> None:
        self._admit(message)

    @workflow.update(description="A person has handed the documents in, or sent them.")
    def complete_manual_step(self, message: CompleteManualStep) -> DocumentRequestSnapshot:
        """The request counts as answered."""
        if self._record.first_time(message):
            self._state.evidence = message.evidence
            self._state.answered = True
            self._record.drop_manual_step(_BY_HAND)
            self._record.tell("追加資料を手作業で提出しました。", "The documents were handed in by hand.")
        return self.snapshot()

    @complete_manual_step.validator
    def _can_complete_manual_step(self, message: CompleteManualStep) -> None:
        self._admit(message)

    @workflow.update(description="An operator has looked at a matter.")
    def resolve(self, message: Resolve) -> DocumentRequestSnapshot:
        """Put a matter aside."""
        if self._record.first_time(message):
            self._record.settle(message.reason)
            self._record.tell(
                f"担当者の確認: {message.reason.value}", f"Operator: {message.reason.value} was looked at."
            )
        return self.snapshot()

    @resolve.validator
    def _can_be_resolved(self, message: Resolve) -> None:
        self._admit(message)

    def _admit(self, message: Message) -> None:
        reason = self._record.why_refused(message)
        if reason is not None:
            raise refusal(reason)

    # ----- requests that began before all that: goes with its patch ----------------------------------------------

    async def _as_before(self) -> DocumentRequestSnapshot:
        state, request = self._state, self._state.start.request
        workflow.upsert_search_attributes([NEXT_DEADLINE.value_set(end_of_day(request.due_on))])
        telling = asyncio.create_task(self._tell_and_remind_as_before())
        while not state.answered:
            await workflow.wait_condition(lambda: state.answered or state.answer is not None)
            if state.answer is not None:
                await self._pass_on_as_before(state.answer)
        await telling
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.snapshot()

    async def _tell_and_remind_as_before(self) -> None:
        state, request = self._state, self._state.start.request
        await self._send_mail_as_before(reminder=False, key=str(request.number))
        for days in document_reminders(today()):
            left = start_of_day(request.due_on - timedelta(days=days)) - workflow.now()
            if left <= timedelta():
                continue
            try:
                await workflow.wait_condition(
                    lambda: state.answered,
                    timeout=left,
                    timeout_summary=f"Remind {days} days before the documents are due",
                )
            except TimeoutError:
                await self._send_mail_as_before(reminder=True, key=f"{request.number}-{days}-days")
            else:
                return

    async def _pass_on_as_before(self, answer: SupplyDocuments) -> None:
        state, start = self._state, self._state.start
        try:
            await perform(
                SUPPLY,
                DocumentSupply(
                    profile=start.profile,
                    request_id=start.request_id,
                    request_number=start.request.number,
                    supply_id=supply_id(answer.message_id),
                    attachments=answer.attachments,
                    partial=not answer.complete,
                ),
                summary=f"Supply {len(answer.attachments)} additional documents",
            )
        except StepFailed as failed:
            state.refusal = failed.failure.sentence
            workflow.upsert_search_attributes([ATTENTION.value_set([AttentionReason.DOCUMENTS_REFUSED.value])])
        else:
            state.answered, state.refusal = answer.complete, None
            if answer.complete:
                workflow.upsert_search_attributes([ATTENTION.value_unset(), NEXT_DEADLINE.value_unset()])
        state.answer = None

    async def _send_mail_as_before(self, *, reminder: bool, key: str) -> None:
        occasion = DocumentsRequested(request=self._state.start.request, reminder=reminder)
        try:
            await perform(
                SEND_MAIL,
                self._record.letter(occasion, key=key),
                summary="Mail: remind of documents" if reminder else "Mail: documents asked",
            )
        except StepFailed:
            workflow.upsert_search_attributes([ATTENTION.value_set([AttentionReason.MAIL_UNDELIVERABLE.value])])
