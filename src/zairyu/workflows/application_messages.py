"""What may be said to a running application: each message is recorded here, and the story acts on it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models import messages
    from zairyu.models.residence import CollectionMethod
    from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, ManualStepKind
    from zairyu.models.status import CollectionStatus
    from zairyu.rules.calendar import day_in_japan
    from zairyu.rules.progress import what_is_new
    from zairyu.workflows.case import Case
    from zairyu.workflows.record import refusal


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
        before, now = self._state.report, message.report
        if now.request_id != self._state.request_id or (before is not None and now.revision <= before.revision):
            return
        self._state.report = now
        if now.collection is CollectionStatus.SENT and self._state.sent_on is None:
            self._state.sent_on = day_in_japan(now.reported_at)
        for sentence in what_is_new(before, now, self._state.application.form.application_type):
            self._case.tell(sentence.ja, sentence.en)
        self._case.changed()

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
            match message.step:
                case ManualStepKind.WITHDRAWAL:
                    self._state.withdrawal_evidence = message.evidence
            self._case.tell(f"手作業が完了しました（{message.step.value}）。", f"Done by hand: {message.step.value}.")
        return self.snapshot()

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
