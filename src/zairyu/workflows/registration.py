"""A user's registration: from the terms of use to the authentication ID, and its watch through the years."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import ValidationError
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models import mail, registration
    from zairyu.models.base import BilingualText
    from zairyu.models.card import CardReadRequest, ExpectedSigner, SignatureRequest
    from zairyu.models.findings import Finding
    from zairyu.models.messages import AssignManualStep, CompleteManualStep, Message, Resolve, ResolveAction, SignAt
    from zairyu.models.mynaportal import Submission
    from zairyu.models.names import SPEC_PACK_CHANGED, card_terminal_queue, registration_request_id
    from zairyu.models.package import SealPackage
    from zairyu.models.registration import (
        Account,
        RegistrationEnd,
        RegistrationPhase,
        RegistrationSnapshot,
        RegistrationState,
        StartRegistration,
    )
    from zairyu.models.residence import ApplicationType
    from zairyu.models.snapshot import AttentionReason, ManualStepKind
    from zairyu.models.steps import (
        BUILD_REGISTRATION,
        READ_CARD_AT_TERMINAL,
        SEAL_PACKAGE,
        SIGN_AT_TERMINAL,
        SUBMIT_APPLICATION,
        In,
        Out,
        Step,
    )
    from zairyu.rules.calendar import end_of_day
    from zairyu.rules.manual_steps import instructions
    from zairyu.rules.registration import (
        check_holder,
        help_desk_at,
        id_expires_on,
        is_same_card,
        notices,
        password_expires_on,
        sheet_of,
    )
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.record import refusal, today
    from zairyu.workflows.registration_record import RegistrationRecord
    from zairyu.workflows.versions import AFTER_SENDING

_REGISTRATION = ApplicationType.USER_REGISTRATION


class Ended(Exception):
    """The story has come to an end."""

    def __init__(self, end: RegistrationEnd) -> None:
        super().__init__(end)
        self.end = end


@workflow.defn(failure_exception_types=[ValidationError])
class RegistrationWorkflow:
    """One user's registration. It fails only by a bug: whatever the world does, it waits, tells, and goes on."""

    @workflow.init
    def __init__(self, start: StartRegistration) -> None:
        # `null` and bytes pass the converter unread.
        start = StartRegistration.model_validate(start)
        given = start.registration
        state = start.carried_over or RegistrationState(
            user_id=given.user_id, interface_profile=given.interface_profile, form=given.form
        )
        state.after_sending = workflow.patched(AFTER_SENDING)
        self._record = RegistrationRecord(state)
        self._state = state
        self._amended = False
        self._verdict: ResolveAction | None = None
        self._told: registration.EnterAuthenticationId | None = None

    @workflow.run
    async def run(self, start: StartRegistration) -> RegistrationSnapshot:
        """The story. Each phase does its part and says which one follows."""
        record = self._record
        clerks = [
            asyncio.create_task(work()) for work in (record.keep_shown, record.send_mails, record.tell_stay_watch)
        ]
        while self._state.phase is not RegistrationPhase.CLOSED:
            try:
                record.enter(await self._live_through(self._state.phase))
            except Ended as ended:
                record.close(ended.end)
        await self._finish_handlers_and_outboxes()
        for clerk in clerks:
            clerk.cancel()
        record.forget()
        record.show()
        return self.snapshot()

    async def _live_through(self, phase: RegistrationPhase) -> RegistrationPhase:
        match phase:
            case RegistrationPhase.TERMS:
                return await self._wait_for_agreement()
            case RegistrationPhase.CARD:
                return await self._have_card_read()
            case RegistrationPhase.PACKAGING:
                return await self._build_package()
            case RegistrationPhase.SIGNATURE:
                return await self._have_it_signed()
            case RegistrationPhase.SUBMISSION:
                return await self._submit()
            case RegistrationPhase.CONFIRMATION:
                return await self._wait_for_authentication_id()
            case RegistrationPhase.ACTIVE:
                return await self._watch_over_account()
            case RegistrationPhase.EXPIRED:
                return await self._wait_for_another_card()
            case RegistrationPhase.CLOSED:
                return RegistrationPhase.CLOSED

    # ----- up to the authentication ID --------------------------------------------------------------------------

    async def _wait_for_agreement(self) -> RegistrationPhase:
        """Without it nothing is read and nothing is sent."""
        await self._until(lambda: self._state.terms is not None)
        return RegistrationPhase.CARD

    async def _have_card_read(self) -> RegistrationPhase:
        """Wait for the user to sit down at a terminal, as often as it takes."""
        state = self._state
        self._amended = False
        await self._until(lambda: state.visit is not None)
        former = state.reading
        try:
            reading = await self._at_terminal(
                READ_CARD_AT_TERMINAL,
                CardReadRequest(
                    registration_id=state.user_id,
                    title=_REGISTRATION.label,
                    # Another card, but of the person who has registered with the one before.
                    holder=ExpectedSigner(name=former.name, birth_date=former.birth_date)
                    if former and state.round > 1
                    else None,
                ),
                summary="Read the card",
            )
        except StepFailed as failed:
            self._record.call_for(AttentionReason.CARD_READING_FAILED, failed.failure.sentence)
            return RegistrationPhase.CARD
        if reading is None:
            return RegistrationPhase.CARD
        assert state.form is not None
        findings = check_holder(state.form, reading, on=today())
        if findings:
            return await self._park(
                AttentionReason.INPUT_REFUSED,
                BilingualText(ja="この方は登録できません。", en="This person cannot register."),
                findings=findings,
                retry=RegistrationPhase.CARD,
                amended=RegistrationPhase.CARD,
            )
        state.reading = reading
        self._record.tell(
            f"端末{reading.terminal_id}でカードを読み取りました。",
            f"The card was read at terminal {reading.terminal_id}.",
        )
        if is_same_card(state, today()):
            state.account, state.former_account = state.former_account, None
            self._record.tell(
                "登録済みのカードです。認証IDは引き続き使えます。",
                "It is the card that is registered; its ID still serves.",
            )
            return RegistrationPhase.ACTIVE
        return RegistrationPhase.PACKAGING

    async def _build_package(self) -> RegistrationPhase:
        state = self._state
        self._amended = False
        assert state.form is not None and state.reading is not None
        try:
            state.package = await perform(
                BUILD_REGISTRATION,
                registration.BuildRegistration(
                    sheet=sheet_of(state.user_id, state.form, state.reading), filing_day=today()
                ),
                summary="Build and check the registration",
            )
        except StepFailed as failed:
            return await self._park_on(failed, AttentionReason.PACKAGE_REFUSED, retry=RegistrationPhase.PACKAGING)
        self._record.tell("登録データを作成しました。", "The registration is packed.")
        return RegistrationPhase.SIGNATURE

    async def _have_it_signed(self) -> RegistrationPhase:
        """The card that was read signs, or another one of the same person. If it was the wrong one, it is read anew."""
        state = self._state
        await self._until(lambda: state.visit is not None or self._amended)
        if state.visit is not None and state.visit.reads:
            return RegistrationPhase.CARD
        if self._to_be_packed_anew():
            return RegistrationPhase.PACKAGING
        package, reading = state.package, state.reading
        assert package is not None and reading is not None and state.visit is not None
        terminal_id = state.visit.terminal_id
        try:
            signature = await self._at_terminal(
                SIGN_AT_TERMINAL,
                SignatureRequest(
                    application_id=state.user_id,
                    title=_REGISTRATION.label,
                    signer=ExpectedSigner(name=reading.name, birth_date=reading.birth_date),
                    digest=package.digest_to_sign,
                    file_count=package.file_count,
                    filing_day=today(),
                ),
                summary="Sign",
            )
            if signature is None:
                return RegistrationPhase.SIGNATURE
            state.sealed = await perform(
                SEAL_PACKAGE,
                SealPackage(application_id=state.user_id, package=package, signature=signature),
                summary="Seal the signed package",
            )
            if state.visit is not None:
                # Said while it was being sealed: the card is to be read anew, or is asked for elsewhere.
                return RegistrationPhase.SIGNATURE
        except StepFailed as failed:
            self._record.call_for(AttentionReason.SIGNATURE_FAILED, failed.failure.sentence)
            return RegistrationPhase.SIGNATURE
        self._record.tell(f"端末{terminal_id}で署名されました。", f"Signed at terminal {terminal_id}.")
        return RegistrationPhase.SUBMISSION

    async def _submit(self) -> RegistrationPhase:
        """Send it once. The agency then writes to the user."""
        state = self._state
        assert state.sealed is not None
        if state.request_id is None:
            if state.leaving:
                raise Ended(RegistrationEnd.LEFT)
            if self._amended:
                return RegistrationPhase.PACKAGING
            state.request_id = registration_request_id(state.user_id, state.sealed.document.sha256)
        try:
            state.receipt = await perform(
                SUBMIT_APPLICATION,
                Submission(
                    profile=state.interface_profile,
                    request_id=state.request_id,
                    application_type=_REGISTRATION,
                    package=state.sealed.document,
                    spec_pack_digest=state.sealed.spec_pack_digest,
                ),
                summary="Send the registration to the agency",
            )
        except StepFailed as failed:
            # The agency has said no: there is nothing under this id, and another package may be sent.
            state.request_id = None
            if failed.failure.type_name == SPEC_PACK_CHANGED:
                self._record.tell(failed.failure.sentence.ja, failed.failure.sentence.en)
                return RegistrationPhase.PACKAGING
            return await self._park_on(failed, AttentionReason.SUBMISSION_REFUSED, retry=RegistrationPhase.SUBMISSION)
        self._record.mail(mail.RegistrationSent(), key=str(state.round))
        self._record.tell("登録を送信しました。", "The registration was sent.")
        return RegistrationPhase.CONFIRMATION

    async def _wait_for_authentication_id(self) -> RegistrationPhase:
        """The agency's mails go to the user, so the user tells. If none comes, the help desk has to be called."""
        state, key = self._state, f"help-desk {self._state.round}"
        assert state.receipt is not None and state.reading is not None

        def over() -> bool:
            return self._told is not None or state.card_reissued

        overdue = None if key in state.rung else help_desk_at(state.receipt.accepted_at)
        await self._until(over, by=overdue, summary="The agency's mail is overdue")
        if not over():
            state.rung.append(key)
            self._record.mail(mail.ConfirmationOverdue(), key=str(state.round))
            self._record.call_for(
                AttentionReason.HELP_DESK_NEEDED,
                BilingualText(
                    ja="登録後1日以上たっても認証IDが入力されません。メールが届いていなければ、在留申請オンラインシステム"
                    "ヘルプデスクに連絡してください。",
                    en="A day after the registration no authentication ID was entered. If no mail has come, call the "
                    "help desk of the Online Residence Application System.",
                ),
            )
            return RegistrationPhase.CONFIRMATION
        self._record.settle(AttentionReason.HELP_DESK_NEEDED)
        if self._told is None:
            return self._begin_again()
        told, self._told = self._told, None
        state.account = Account(
            authentication_id=told.authentication_id,
            card_id=state.reading.card_id,
            expires_on=id_expires_on(told.password_set_on, state.reading.expires_on),
            password_expires_on=password_expires_on(told.password_set_on),
        )
        state.former_account = None
        self._record.tell("認証IDが入力されました。", "The authentication ID was entered.")
        self._record.stay_known()
        return RegistrationPhase.ACTIVE

    # ----- through the years ------------------------------------------------------------------------------------

    async def _watch_over_account(self) -> RegistrationPhase:
        """Tell the user of each end that comes near."""
        state = self._state
        account = state.account
        assert account is not None
        if state.card_reissued:
            return self._begin_again()
        over = end_of_day(account.expires_on)
        if workflow.now() >= over:
            self._record.mail(
                mail.AuthenticationIdEnds(ends_on=account.expires_on, ended=True), key=f"{account.expires_on}-ended"
            )
            self._record.tell("認証IDの有効期限が切れました。", "The authentication ID has ended.")
            return RegistrationPhase.EXPIRED
        self._record.give_due_notices()
        self._record.remind_of_steps()
        steps = [step.since for step in state.manual_steps]
        moments = [
            (over, "The authentication ID ends"),
            (end_of_day(account.password_expires_on), "The password ends"),
            *((notice.at, f"Notice: {notice.occasion.occasion}") for notice in notices(account)),
            *self._record.step_reminders(),
        ]
        by, summary = min(moment for moment in moments if moment[0] > workflow.now())

        def stirred() -> bool:
            new_steps = state.after_sending and steps != [step.since for step in state.manual_steps]
            return state.card_reissued or state.account is not account or new_steps

        await self._until(stirred, by=by, summary=summary)
        return RegistrationPhase.ACTIVE

    async def _wait_for_another_card(self) -> RegistrationPhase:
        await self._until(lambda: self._state.card_reissued or self._state.visit is not None)
        return self._begin_again()

    def _begin_again(self) -> RegistrationPhase:
        """Another card is another identity to the agency's system: the story begins anew with its reading."""
        state = self._state
        state.round += 1
        state.card_reissued = False
        state.former_account, state.account = state.account or state.former_account, None
        state.package = state.sealed = state.request_id = state.receipt = None
        state.manual_steps.clear()
        if state.visit is None:
            self._record.mail(mail.RegisterAgain(), key=str(state.round))
        self._record.tell(
            "カードが新しくなりました。改めて登録します。", "There is another card: it is registered anew."
        )
        return RegistrationPhase.CARD

    # ----- waiting ----------------------------------------------------------------------------------------------

    async def _until(self, until: Callable[[], bool], *, by: datetime | None = None, summary: str = "") -> None:
        """Wait for people, at the longest until a moment.

        Raises:
            Ended: the user leaves.
        """
        await self._continue_as_new_if_long()
        if self._state.leaving:
            raise Ended(RegistrationEnd.LEFT)
        left = None if by is None else by - workflow.now()
        if left is not None and left <= timedelta():
            return
        try:
            await workflow.wait_condition(
                lambda: until() or self._state.leaving or self._is_long_and_idle(),
                timeout=left,
                timeout_summary=summary or None,
            )
        except TimeoutError:
            return
        if self._state.leaving or not until():
            await self._until(until, by=by, summary=summary)

    async def _at_terminal(self, step: Step[In, Out], what: In, *, summary: str) -> Out | None:
        """What the terminal brings back; nothing when it is not wanted any more, or not there.

        Raises:
            StepFailed: It was not done.
        """
        state, visit = self._state, self._state.visit
        assert visit is not None
        asking = asyncio.create_task(
            perform(
                step, what, queue=card_terminal_queue(visit.terminal_id), summary=f"{summary} at {visit.terminal_id}"
            )
        )

        def wanted() -> bool:
            return state.visit is visit and not self._amended and not state.leaving

        try:
            await workflow.wait_condition(lambda: asking.done() or not wanted())
            if asking.done() and wanted():
                return asking.result()
        finally:
            # Whoever has gone to another terminal meanwhile is asked there.
            if state.visit is visit:
                state.visit = None
            self._record.changed()
        asking.cancel()
        await workflow.wait_condition(asking.done)
        if not asking.cancelled():
            # Looked at, so that it does not count as forgotten: whatever came of it is not wanted any more.
            asking.exception()
        return None

    async def _park_on(
        self, failed: StepFailed, reason: AttentionReason, *, retry: RegistrationPhase
    ) -> RegistrationPhase:
        failure = failed.failure
        return await self._park(
            reason, failure.sentence, findings=failure.findings, retry=retry, amended=RegistrationPhase.PACKAGING
        )

    async def _park(
        self,
        reason: AttentionReason,
        explanation: BilingualText,
        *,
        findings: tuple[Finding, ...],
        retry: RegistrationPhase,
        amended: RegistrationPhase,
    ) -> RegistrationPhase:
        """Stand still until an operator decides, or the user amends what was wrong."""
        self._record.call_for(reason, explanation, findings)
        self._record.parked_on, self._verdict, self._amended = reason, None, False
        try:
            await workflow.wait_condition(lambda: self._verdict is not None or self._amended or self._state.leaving)
        finally:
            self._record.parked_on = None
            self._record.settle(reason)
        if self._state.leaving:
            raise Ended(RegistrationEnd.LEFT)
        if self._verdict is ResolveAction.ABANDON:
            raise Ended(RegistrationEnd.ABANDONED)
        return amended if self._amended else retry

    async def _continue_as_new_if_long(self) -> None:
        """Begin a new history when this one is long, at a moment when nothing is under way."""
        state = self._state
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._is_long_and_idle() or state.form is None:
            return
        workflow.continue_as_new(
            StartRegistration(
                registration=registration.RegistrationInput(
                    user_id=state.user_id, form=state.form, interface_profile=state.interface_profile
                ),
                carried_over=state,
            )
        )

    def _is_long_and_idle(self) -> bool:
        """Whether it can go on in a new history, in which what was said and not acted on would be forgotten.

        A mail server that is down for days keeps nobody from the desk: the story only stays in this history.
        """
        said = self._told is not None or self._amended
        return not said and self._record.all_sent() and workflow.info().is_continue_as_new_suggested()

    async def _finish_handlers_and_outboxes(self) -> None:
        await workflow.wait_condition(lambda: self._record.all_sent() and workflow.all_handlers_finished())

    def _to_be_packed_anew(self) -> bool:
        """A package is built, checked and signed with what was filled in last, and on the day it is signed."""
        package = self._state.package
        return self._amended or (package is not None and package.is_of_another_day_than(today()))

    # ----- messages: handlers record and wake, the story above acts ---------------------------------------------

    @workflow.query(description="The state of the registration.")
    def snapshot(self) -> RegistrationSnapshot:
        """The state of the registration."""
        return self._record.snapshot()

    @workflow.update(description="The user agrees to the terms of use.")
    def accept_terms(self, message: registration.AcceptTerms) -> RegistrationSnapshot:
        """Keep which terms, and when."""
        if self._record.first_time(message):
            self._state.terms = registration.AcceptedTerms(version=message.version, accepted_at=workflow.now())
            self._record.tell(
                f"利用規約（{message.version}）に同意しました。", f"Terms {message.version} are agreed to."
            )
        return self.snapshot()

    @accept_terms.validator
    def _can_be_agreed_to(self, message: registration.AcceptTerms) -> None:
        self._admit(message)

    @workflow.update(description="The user wants their card to be read at this terminal.")
    def read_card_at(self, message: registration.ReadCardAt) -> RegistrationSnapshot:
        """Have the terminal ask for card and PIN."""
        if self._record.first_time(message):
            self._sit_down(
                registration.TerminalVisit(terminal_id=message.terminal_id, reads=True),
                AttentionReason.CARD_READING_FAILED,
            )
        return self.snapshot()

    @read_card_at.validator
    def _can_be_read(self, message: registration.ReadCardAt) -> None:
        self._admit(message)

    @workflow.update(description="The user wants to sign at this terminal.")
    def sign_at(self, message: SignAt) -> RegistrationSnapshot:
        """Have the terminal ask for card and password."""
        if self._record.first_time(message):
            self._sit_down(
                registration.TerminalVisit(terminal_id=message.terminal_id), AttentionReason.SIGNATURE_FAILED
            )
        return self.snapshot()

    @sign_at.validator
    def _can_be_signed(self, message: SignAt) -> None:
        self._admit(message)

    def _sit_down(self, visit: registration.TerminalVisit, mends: AttentionReason) -> None:
        self._record.settle(mends)
        self._state.visit = visit
        self._record.changed()

    @workflow.update(description="What is asked for at a terminal is not wanted any more, or not there.")
    def leave_terminal(self, message: registration.LeaveTerminal) -> RegistrationSnapshot:
        """Take the request back from the terminal; the registration waits for the user again."""
        if self._record.first_time(message):
            self._state.visit = None
            self._record.tell("端末での手続きを取り消しました。", "The request at the terminal was taken back.")
        return self.snapshot()

    @leave_terminal.validator
    def _can_be_left(self, message: registration.LeaveTerminal) -> None:
        self._admit(message)

    @workflow.update(description="Replace what was filled in while it has not been sent.")
    def amend(self, message: registration.AmendRegistration) -> RegistrationSnapshot:
        """Take the new form; the registration is packed again."""
        if self._record.first_time(message):
            self._state.form = message.form
            # Before the card is read there is nothing to be packed anew.
            early = self._state.phase in (RegistrationPhase.TERMS, RegistrationPhase.CARD)
            self._amended = not early or self._record.parked_on is not None
            self._record.tell("登録内容が変更されました。", "The registration was amended.")
        return self.snapshot()

    @amend.validator
    def _can_be_amended(self, message: registration.AmendRegistration) -> None:
        self._admit(message)

    @workflow.update(description="The agency's mails have come: the password is set, and this is the ID.")
    def enter_authentication_id(self, message: registration.EnterAuthenticationId) -> RegistrationSnapshot:
        """The registration is active."""
        if self._record.first_time(message):
            self._told = message
        return self.snapshot()

    @enter_authentication_id.validator
    def _can_be_entered(self, message: registration.EnterAuthenticationId) -> None:
        self._admit(message)

    @workflow.update(description="The user has set a new password with the agency's system.")
    def password_renewed(self, message: registration.PasswordRenewed) -> RegistrationSnapshot:
        """Count its year anew."""
        if self._record.first_time(message) and self._state.account is not None:
            self._state.account = self._state.account.model_copy(
                update={"password_expires_on": password_expires_on(message.renewed_on)}
            )
            self._record.tell("パスワードが更新されました。", "The password was renewed.")
        return self.snapshot()

    @password_renewed.validator
    def _can_be_renewed(self, message: registration.PasswordRenewed) -> None:
        self._admit(message)

    @workflow.update(description="The user has moved, or is reached otherwise.")
    def change_details(self, message: registration.ChangeDetails) -> RegistrationSnapshot:
        """Use them here, and have the user change them with the agency's system, which nobody else can do."""
        if self._record.first_time(message) and self._state.form is not None:
            parts = {name: value for name in ("address", "contact") if (value := getattr(message, name)) is not None}
            self._state.form = self._state.form.model_copy(update=parts)
            how = instructions(ManualStepKind.CHANGE_OF_DETAILS, on=today())
            self._record.ask_by_hand(ManualStepKind.CHANGE_OF_DETAILS, how)
            self._record.mail(mail.DetailsToChange(instructions=how), key=str(len(self._state.handled)))
            self._record.contact_known(key=str(len(self._state.handled)))
            self._record.tell(
                "利用者情報の変更が必要です。", "The details have to be changed with the agency's system."
            )
        return self.snapshot()

    @change_details.validator
    def _can_be_changed(self, message: registration.ChangeDetails) -> None:
        self._admit(message)

    @workflow.update(description="The user has another My Number card, or a renewed one.")
    def card_reissued(self, message: registration.CardReissued) -> RegistrationSnapshot:
        """The ID of the former card does not fit it: the user registers again."""
        if self._record.first_time(message):
            self._state.card_reissued = True
        return self.snapshot()

    @card_reissued.validator
    def _can_be_reissued(self, message: registration.CardReissued) -> None:
        self._admit(message)

    @workflow.update(description="A person did by hand what the interface cannot do.")
    def complete_manual_step(self, message: CompleteManualStep) -> RegistrationSnapshot:
        """Take a manual step as done."""
        if self._record.first_time(message):
            self._record.drop_manual_step(message.step)
            if not self._state.manual_steps:
                self._record.settle(AttentionReason.MANUAL_STEP_OVERDUE)
            self._record.tell(f"手作業が完了しました（{message.step.value}）。", f"Done by hand: {message.step.value}.")
        return self.snapshot()

    @workflow.update(description="Somebody takes a manual step, or gives it back.")
    def assign_manual_step(self, message: AssignManualStep) -> RegistrationSnapshot:
        """Note who does it."""
        if self._record.first_time(message):
            self._record.assign(message.step, message.assignee)
        return self.snapshot()

    @assign_manual_step.validator
    def _can_assign_manual_step(self, message: AssignManualStep) -> None:
        self._admit(message)

    @complete_manual_step.validator
    def _can_complete_manual_step(self, message: CompleteManualStep) -> None:
        self._admit(message)

    @workflow.update(description="An operator's decision on a matter that needs attention.")
    def resolve(self, message: Resolve) -> RegistrationSnapshot:
        """Move a parked registration on, or put a matter aside."""
        if self._record.first_time(message):
            self._record.tell(
                f"担当者の判断: {message.reason.value} {message.action.value}",
                f"Operator: {message.action.value} on {message.reason.value}.",
            )
            if message.reason is self._record.parked_on:
                self._verdict = message.action
            else:
                self._record.settle(message.reason)
        return self.snapshot()

    @resolve.validator
    def _can_be_resolved(self, message: Resolve) -> None:
        self._admit(message)

    @workflow.update(description="The user leaves this service.")
    def end_registration(self, message: registration.EndRegistration) -> RegistrationSnapshot:
        """The story ends. What the agency has stays with the agency."""
        if self._record.first_time(message):
            self._state.leaving = True
            self._record.tell("登録の終了の希望がありました。", "The user wants to leave.")
        return self.snapshot()

    @end_registration.validator
    def _can_be_ended(self, message: registration.EndRegistration) -> None:
        self._admit(message)

    def _admit(self, message: Message) -> None:
        reason = self._record.why_refused(message)
        if reason is not None:
            raise refusal(reason)
