"""What may be said to a running application: each message is recorded here, and the story acts on it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models import mail, messages
    from zairyu.models.residence import CollectionMethod
    from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, ManualStepKind
    from zairyu.models.status import Heard, PaymentStatus, Said, Source
    from zairyu.rules.calendar import JAPAN
    from zairyu.rules.deadlines import brought_forward
    from zairyu.rules.manual_steps import instructions
    from zairyu.rules.outlook import FILING_CLOSES
    from zairyu.workflows.case import Case
    from zairyu.workflows.record import refusal, today


class ApplicationMessages:
    """The query, the signal and the updates of an application. Handlers record and wake; none of them waits."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._state = case.state
        self._amended = False
        """The application is another one than was checked."""
        self._verdict: messages.ResolveAction | None = None
        """What an operator decided on the matter that the application is parked on."""

    @workflow.query(description="The state of the application.")
    def snapshot(self) -> ApplicationSnapshot:
        """The state of the application."""
        return self._case.snapshot()

    @workflow.signal(description="The agency says something new.")
    def status_changed(self, message: messages.StatusChanged) -> None:
        """Take a report of the agency. Only a higher revision is news."""
        report = message.report
        if report.request_id == self._state.request_id and report.revision > self._state.revision:
            self._case.take_report(report)

    @workflow.signal(description="The agency has written a mail about it.")
    def agency_wrote(self, message: messages.AgencyWrote) -> None:
        """Take what a mail says, once. The interface may say otherwise; the later word counts."""
        heard = message.heard
        if self._state.receipt is not None and self._case.is_new(heard.news_id):
            self._case.hear(heard)

    @workflow.signal(description="The interface will be down when online filing closes.")
    def maintenance_planned(self, message: messages.MaintenancePlanned) -> None:
        """Have it filed before the window, once for each."""
        state, window = self._state, message.window
        swallowed = state.closes_at is not None and window.swallows(brought_forward(state.closes_at, state.maintenance))
        if state.request_id is not None or not swallowed or window in state.maintenance:
            return
        state.maintenance.append(window)
        begins = window.begins.astimezone(JAPAN)
        self._case.tell(
            f"保守のため、{begins:%Y-%m-%d %H:%M}から締切まで提出できません。",
            f"Planned maintenance begins at {begins:%Y-%m-%d %H:%M} JST and lasts beyond the deadline.",
        )
        if workflow.now() < window.begins:
            self._case.mail(
                mail.MaintenanceAhead(deadline=FILING_CLOSES, before=window.begins, until=window.ends),
                key=f"{window.begins:%Y%m%dT%H%M%z}",
            )

    @workflow.update(description="Replace parts of the application before it is filed.")
    def amend(self, message: messages.Amend) -> ApplicationSnapshot:
        """Take the new parts; the application is checked and packed again."""
        if self._case.first_time(message):
            parts = {
                name: value
                for name in ("form", "photo", "attachments")
                if (value := getattr(message, name)) is not None
            }
            self._state.application = self._state.application.model_copy(update=parts)
            self._amended = True
            self._case.tell("申請内容が変更されました。", "The application was amended.")
        return self.snapshot()

    @amend.validator
    def _can_be_amended(self, message: messages.Amend) -> None:
        self._admit(message)

    @workflow.update(description="The applicant wants to sign at this terminal.")
    def sign_at(self, message: messages.SignAt) -> ApplicationSnapshot:
        """Have the terminal ask for card and PIN."""
        if self._case.first_time(message):
            self._case.settle(AttentionReason.SIGNATURE_FAILED)
            self._state.sign_at = message
            self._case.changed()
        return self.snapshot()

    @sign_at.validator
    def _can_be_signed(self, message: messages.SignAt) -> None:
        self._admit(message)

    @workflow.update(description="The signature is not wanted any more, or not at this terminal.")
    def stop_signing(self, message: messages.StopSigning) -> ApplicationSnapshot:
        """Take the request back from the terminal; the application waits for a signature again."""
        if self._case.first_time(message):
            self._state.sign_at = None
            self._case.tell("署名の依頼を取り消しました。", "The request for a signature was taken back.")
        return self.snapshot()

    @stop_signing.validator
    def _can_be_stopped(self, message: messages.StopSigning) -> None:
        self._admit(message)

    @workflow.update(description="How the applicant wants to collect the result.")
    def choose_collection(self, message: messages.ChooseCollection) -> ApplicationSnapshot:
        """Before filing the form changes; after it the agency is told."""
        if self._case.first_time(message):
            if self._filed():
                self._state.wanted_collection = message.method
            else:
                self._use_collection(message.method)
                self._amended = True
                self._case.tell(f"受領方法: {message.method.value}", f"The collection is to be {message.method.value}.")
        return self.snapshot()

    @choose_collection.validator
    def _can_choose_collection(self, message: messages.ChooseCollection) -> None:
        self._admit(message)

    @workflow.update(description="The applicant says that the fee was paid.")
    def report_payment(self, message: messages.ReportPayment) -> ApplicationSnapshot:
        """Stop reminding. The agency's word, not the applicant's, moves the application on."""
        if self._case.first_time(message):
            self._state.payment_reported_on = message.paid_on
            self._case.tell("納付したとの連絡がありました。", "The applicant says that the fee is paid.")
        return self.snapshot()

    @report_payment.validator
    def _can_report_payment(self, message: messages.ReportPayment) -> None:
        self._admit(message)

    @workflow.update(description="The applicant has in their hand what they applied for.")
    def confirm_collection(self, message: messages.ConfirmCollection) -> ApplicationSnapshot:
        """The story ends well."""
        if self._case.first_time(message):
            self._state.collected_on = message.collected_on
            self._case.tell("受領の連絡がありました。", "The applicant has it in their hand.")
        return self.snapshot()

    @confirm_collection.validator
    def _can_confirm_collection(self, message: messages.ConfirmCollection) -> None:
        self._admit(message)

    @workflow.update(description="The applicant wants to end the application.")
    def request_withdrawal(self, message: messages.RequestWithdrawal) -> ApplicationSnapshot:
        """Before filing it ends at once; after it a person has to withdraw it at the office."""
        if self._case.first_time(message):
            self._state.withdrawal_requested = True
            self._case.tell("取下げの希望がありました。", "The applicant wants to withdraw.")
        return self.snapshot()

    @request_withdrawal.validator
    def _can_be_withdrawn(self, message: messages.RequestWithdrawal) -> None:
        self._admit(message)

    @workflow.update(description="A person did by hand what the interface cannot do.")
    def complete_manual_step(self, message: messages.CompleteManualStep) -> ApplicationSnapshot:
        """Take the outcome of a manual step."""
        if self._case.first_time(message):
            self._case.drop_manual_step(message.step)
            self._case.tell(f"手作業が完了しました（{message.step.value}）。", f"Done by hand: {message.step.value}.")
            self._note(message)
        return self.snapshot()

    def _note(self, message: messages.CompleteManualStep) -> None:
        """What a person brings back from a manual step."""
        state, said = self._state, message.said
        match message.step:
            case ManualStepKind.WITHDRAWAL:
                state.withdrawal_evidence = message.evidence
            case ManualStepKind.CORRECTION:
                state.corrections.clear()
            case ManualStepKind.CHANGE_COLLECTION if state.collection_by_hand is not None:
                self._use_collection(state.collection_by_hand)
                state.collection_by_hand = None
            case ManualStepKind.CHECK_STATUS:
                state.status_checked_at = workflow.now()
            case ManualStepKind.NOTE_PAYMENT if state.fee is not None:
                said = Said(fee=state.fee.model_copy(update={"status": PaymentStatus.PAID}))
        if said is not None:
            self._case.hear(Heard(news_id=message.message_id, source=Source.HAND, at=workflow.now(), said=said))
        self._case.news += 1

    @workflow.update(description="Somebody takes a manual step, or gives it back.")
    def assign_manual_step(self, message: messages.AssignManualStep) -> ApplicationSnapshot:
        """Note who does it."""
        if self._case.first_time(message):
            self._case.assign(message.step, message.assignee)
        return self.snapshot()

    @assign_manual_step.validator
    def _can_be_assigned(self, message: messages.AssignManualStep) -> None:
        self._admit(message)

    @workflow.update(description="Something in what was filed is wrong.")
    def request_correction(self, message: messages.RequestCorrection) -> ApplicationSnapshot:
        """Have a person tell the office: after filing nothing can be corrected online."""
        if self._case.first_time(message):
            self._state.corrections.append(message.what)
            self._case.ask_by_hand(ManualStepKind.CORRECTION, instructions(ManualStepKind.CORRECTION, on=today()))
            self._case.tell("提出した内容の訂正が必要です。", "Something that was filed has to be corrected.")
            self._case.news += 1
        return self.snapshot()

    @request_correction.validator
    def _can_be_corrected(self, message: messages.RequestCorrection) -> None:
        self._admit(message)

    @complete_manual_step.validator
    def _can_complete_manual_step(self, message: messages.CompleteManualStep) -> None:
        self._admit(message)

    @workflow.update(description="An operator's decision on a matter that needs attention.")
    def resolve(self, message: messages.Resolve) -> ApplicationSnapshot:
        """Move a parked application on, or put a matter aside."""
        if self._case.first_time(message):
            self._case.tell(
                f"担当者の判断: {message.reason.value} {message.action.value}",
                f"Operator: {message.action.value} on {message.reason.value}.",
            )
            if message.reason is self._case.parked_on:
                self._verdict = message.action
            else:
                self._case.settle(message.reason)
        return self.snapshot()

    @resolve.validator
    def _can_be_resolved(self, message: messages.Resolve) -> None:
        self._admit(message)

    def _admit(self, message: messages.Message) -> None:
        reason = self._case.why_refused(message)
        if reason is not None:
            raise refusal(reason)

    def _filed(self) -> bool:
        """Whether the package may have reached the agency."""
        return self._state.request_id is not None

    def _use_collection(self, method: CollectionMethod) -> None:
        application = self._state.application
        form = application.form.model_copy(update={"collection_method": method})
        self._state.application = application.model_copy(update={"form": form})
