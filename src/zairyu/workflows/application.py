"""The whole life of one application, from the form to what it was filed for: a card, or a certificate."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta

from pydantic import ValidationError
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models import mail, messages
    from zairyu.models.assessment import Intention
    from zairyu.models.base import BilingualText
    from zairyu.models.capability import Capability
    from zairyu.models.card import ExpectedSigner, SignatureRequest, SignatureResult
    from zairyu.models.findings import Finding, Severity
    from zairyu.models.mynaportal import CollectionChange, Submission, SubmissionLookUp, Withdrawal
    from zairyu.models.names import (
        CAPABILITY_ABSENT,
        SPEC_PACK_CHANGED,
        submission_request_id,
    )
    from zairyu.models.package import BuildPackage, SealPackage
    from zairyu.models.residence import CollectionMethod
    from zairyu.models.snapshot import (
        ApplicationSnapshot,
        AttentionReason,
        End,
        ManualStepKind,
        Phase,
    )
    from zairyu.models.state import ApplicationState, StartApplication
    from zairyu.models.status import (
        CollectionStatus,
        Fee,
        Outcome,
        SubmissionReceipt,
    )
    from zairyu.models.stay import EndedApplication, FiledApplication
    from zairyu.models.steps import (
        BUILD_PACKAGE,
        CHANGE_COLLECTION,
        LOOK_UP_SUBMISSION,
        SEAL_PACKAGE,
        SUBMIT_APPLICATION,
        WITHDRAW_APPLICATION,
    )
    from zairyu.rules.calendar import day_in_japan, start_of_day
    from zairyu.rules.collection import certificate_valid_until, collection_options, is_stamped
    from zairyu.rules.denial import after_denial
    from zairyu.rules.fees import has_fee, paid_with_stamps, why_fee_differs
    from zairyu.rules.filing_window import counter_window, online_window
    from zairyu.rules.intake import check_application
    from zairyu.rules.jurisdiction import competent_office
    from zairyu.rules.manual_steps import instructions
    from zairyu.rules.reminders import certificate_reminders, payment_reminders
    from zairyu.rules.special_period import special_period_until
    from zairyu.workflows.application_messages import ApplicationMessages
    from zairyu.workflows.case import Case
    from zairyu.workflows.followed_requests import FollowedRequests
    from zairyu.workflows.perform import StepFailed, perform
    from zairyu.workflows.record import today
    from zairyu.workflows.signing import signature_at
    from zairyu.workflows.versions import AFTER_SENDING
    from zairyu.workflows.waiting import wait_until

_PERMITTED = (Phase.PAYMENT, Phase.COLLECTION)
_LAST_LOOK = timedelta(days=1)
"""How long we look for a submission whose answer never came, after the window has closed."""


class Ended(Exception):
    """The story has come to an end."""

    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end = end


@workflow.defn(failure_exception_types=[ValidationError])
class ApplicationWorkflow(ApplicationMessages):
    """One application. It fails only by a bug: whatever the world does, it waits, tells, and goes on."""

    @workflow.init
    def __init__(self, start: StartApplication) -> None:
        # `null` and bytes pass the converter unread.
        start = StartApplication.model_validate(start)
        state = start.carried_over or ApplicationState(application=start.application)
        state.after_sending = workflow.patched(AFTER_SENDING)
        super().__init__(Case(state))
        self._news_looked_at = 0
        self._requests = FollowedRequests(self._case)

    @workflow.run
    async def run(self, start: StartApplication) -> ApplicationSnapshot:
        """The story. Each phase does its part and says which one follows."""
        clerks = [
            asyncio.create_task(work)
            for work in (self._case.keep_shown(), self._case.send_mails(), self._case.tell_stay_watch())
        ]
        while self._state.phase is not Phase.CLOSED:
            try:
                self._case.enter(await self._live_through(self._state.phase))
            except Ended as ended:
                self._close(ended.end)
        await self._finish_handlers_and_outboxes()
        for clerk in clerks:
            clerk.cancel()
        self._case.show()
        return self.snapshot()

    async def _live_through(self, phase: Phase) -> Phase:
        match phase:
            case Phase.INTAKE:
                return await self._check_intake()
            case Phase.FILING_WINDOW:
                return await self._wait_for_filing_window()
            case Phase.PACKAGING:
                return await self._build_package()
            case Phase.SIGNATURE:
                return await self._have_it_signed()
            case Phase.SUBMISSION:
                return await self._submit()
            case Phase.RECEIPT:
                return await self._wait_for_receipt_number()
            case Phase.EXAMINATION:
                return await self._accompany_examination()
            case Phase.DECISION:
                return self._announce_decision()
            case Phase.PAYMENT:
                return await self._wait_for_payment()
            case Phase.COLLECTION:
                return await self._wait_for_collection()
            case Phase.CLOSED:
                return Phase.CLOSED

    # ----- before filing ----------------------------------------------------------------------------------------

    async def _check_intake(self) -> Phase:
        """Whoever starts an application has checked it; it is checked again on the day that counts."""
        state = self._state
        self._amended = False
        state.package = state.sealed = None
        self._look_up_window()
        if self._too_late():
            raise Ended(End.WINDOW_MISSED)
        errors = tuple(
            finding
            for finding in check_application(state.application, on=today())
            if finding.severity is Severity.ERROR
        )
        if errors:
            return await self._park(
                AttentionReason.INPUT_REFUSED,
                BilingualText(ja="申請内容に誤りがあります。", en="The application has errors."),
                findings=errors,
                retry=Phase.INTAKE,
            )
        office = competent_office(state.application.form.applicant.address.prefecture, on=today())
        state.office = office.code if office else None
        self._case.tell("申請内容を確認しました。", "The application has been checked.")
        return Phase.FILING_WINDOW

    def _look_up_window(self) -> None:
        """From when until when it can be filed: what an application has no limit for, stays open."""
        state, intention = self._state, Intention.of(self._state.application.form)
        online, counter = online_window(intention, on=today()), counter_window(intention, on=today())
        state.opens_on = online.opens.on if online and online.opens else None
        state.last_day_online = online.closes.on if online and online.closes else None
        state.closes_at = online.closes.at if online and online.closes else None
        state.counter_until = counter.closes.on if counter and counter.closes else None

    async def _wait_for_filing_window(self) -> Phase:
        opens_on = self._state.opens_on
        if opens_on is not None and today() < opens_on:
            self._case.tell(f"オンライン申請は{opens_on}に始まります。", f"Online filing opens on {opens_on}.")
            await self._before_filing(
                lambda: False, by=start_of_day(opens_on), summary=f"Online filing opens on {opens_on}"
            )
            # The law and the applicant may have changed something meanwhile.
            return Phase.INTAKE
        return Phase.PACKAGING

    async def _build_package(self) -> Phase:
        state = self._state
        try:
            state.package = await perform(
                BUILD_PACKAGE,
                BuildPackage(application=state.application, filing_day=today()),
                summary="Build and check the package",
            )
        except StepFailed as failed:
            return await self._park_on(failed, AttentionReason.PACKAGE_REFUSED, retry=Phase.PACKAGING)
        self._case.tell("申請データを作成しました。", "The package is built.")
        return Phase.SIGNATURE

    async def _have_it_signed(self) -> Phase:
        """Wait for the applicant to sit down at a terminal, as often as it takes."""
        state = self._state
        await self._before_filing(lambda: state.sign_at is not None)
        if self._amended:
            state.sign_at = None
            return Phase.INTAKE
        assert state.package is not None and state.sign_at is not None
        if state.package.is_of_another_day_than(today()):
            # Whoever signs, signs what is true today: by the pack and the law of this day.
            return Phase.PACKAGING
        asked = state.sign_at
        try:
            signature = await self._signature_from(asked)
            if signature is None:
                return Phase.SIGNATURE
            state.sealed = await perform(
                SEAL_PACKAGE,
                SealPackage(
                    application_id=state.application.application_id, package=state.package, signature=signature
                ),
                summary="Seal the signed package",
            )
            state.card_expires_on = signature.certificate_expires_on
            if state.sign_at is not asked:
                return Phase.SIGNATURE
        except StepFailed as failed:
            if state.sign_at is asked:
                self._case.call_for(AttentionReason.SIGNATURE_FAILED, failed.failure.sentence)
            return Phase.SIGNATURE
        finally:
            # Whoever has gone to another terminal meanwhile is asked there.
            if state.sign_at is asked:
                state.sign_at = None
        self._case.tell(f"端末{asked.terminal_id}で署名されました。", f"Signed at terminal {asked.terminal_id}.")
        return Phase.SUBMISSION

    async def _signature_from(self, asked: messages.SignAt) -> SignatureResult | None:
        """What the terminal brings back; nothing when the signature is not wanted any more, or not there.

        Raises:
            StepFailed: It was not signed.
        """
        state, form = self._state, self._state.application.form
        assert state.package is not None

        def wanted() -> bool:
            return state.sign_at is asked and not self._amended and not state.withdrawal_requested

        return await signature_at(
            asked.terminal_id,
            SignatureRequest(
                application_id=state.application.application_id,
                title=form.application_type.label,
                signer=ExpectedSigner(name=form.signer.name, birth_date=form.signer.birth_date),
                applicant=form.applicant.name,
                digest=state.package.digest_to_sign,
                file_count=state.package.file_count,
                filing_day=today(),
            ),
            wanted=wanted,
            closes_at=state.closes_at,
        )

    async def _submit(self) -> Phase:
        """Send it once. A filing counts from the provisional number."""
        state, application = self._state, self._state.application
        assert state.sealed is not None
        if state.request_id is None:
            if state.withdrawal_requested:
                raise Ended(End.CANCELLED)
            if self._amended:
                return Phase.INTAKE
            if self._too_late():
                raise Ended(End.WINDOW_MISSED)
            if self._certificate_expired():
                self._case.tell(
                    "署名した電子証明書の有効期限が切れたため、改めて署名が必要です。",
                    "The certificate that signed it has expired: it has to be signed anew.",
                )
                return Phase.PACKAGING
            state.request_id = submission_request_id(application.application_id, state.sealed.document.sha256)
        try:
            state.receipt = await perform(
                SUBMIT_APPLICATION,
                Submission(
                    profile=application.interface_profile,
                    request_id=state.request_id,
                    application_type=application.form.application_type,
                    package=state.sealed.document,
                    spec_pack_digest=state.sealed.spec_pack_digest,
                ),
                summary="Send the package to the agency",
                within=None if state.closes_at is None else state.closes_at - workflow.now(),
            )
        except StepFailed as failed:
            if not failed.out_of_time:
                # The agency has said no: there is nothing under this id, and another package may be sent.
                state.request_id = None
                if failed.failure.type_name == SPEC_PACK_CHANGED:
                    self._case.tell(failed.failure.sentence.ja, failed.failure.sentence.en)
                    return Phase.PACKAGING
                return await self._park_on(failed, AttentionReason.SUBMISSION_REFUSED, retry=Phase.SUBMISSION)
            state.receipt = await self._look_for_it(state.request_id)
        number = state.receipt.provisional_number
        self._case.tell(f"提出しました。申請受付仮番号 {number}", f"Filed. Provisional number {number}.")
        self._note_stay_while_pending()
        return Phase.RECEIPT

    def _note_stay_while_pending(self) -> None:
        """From here on the old status may outlive its period: the watch over the stay has to know."""
        state, form = self._state, self._state.application.form
        stay = form.applicant.current_stay
        if stay is not None:
            state.special_period_until = special_period_until(
                form.application_type, stay.expires_on, stay.period, filed_on=self._filed_on()
            )
        self._case.stay_changed("filed", filed=self._pending())

    def _pending(self) -> FiledApplication:
        state = self._state
        return FiledApplication(
            application_id=state.application.application_id,
            application_type=state.application.form.application_type,
            filed_on=self._filed_on(),
            special_period_until=state.special_period_until,
        )

    async def _look_for_it(self, request_id: str) -> SubmissionReceipt:
        """The window has closed on a submission that nobody has answered: has the agency got it?"""
        while True:
            try:
                found = await perform(
                    LOOK_UP_SUBMISSION,
                    SubmissionLookUp(profile=self._state.application.interface_profile, request_id=request_id),
                    summary="Look for the package at the agency",
                    within=_LAST_LOOK,
                )
            except StepFailed as failed:
                self._case.call_for(AttentionReason.SUBMISSION_UNKNOWN, failed.failure.sentence)
                if await self._verdict_on(AttentionReason.SUBMISSION_UNKNOWN) is messages.ResolveAction.ABANDON:
                    raise Ended(End.REJECTED) from None
            else:
                if found.receipt is None:
                    raise Ended(End.WINDOW_MISSED)
                return found.receipt

    # ----- after filing -----------------------------------------------------------------------------------------

    async def _wait_for_receipt_number(self) -> Phase:
        """The mail with the number is the applicant's proof that the application is pending."""
        await self._accompany(lambda: self._state.receipt_number is not None or self._state.outcome is not None)
        number = self._state.receipt_number
        if number is not None:
            self._case.mail(mail.ReceiptNumberIssued(receipt_number=number))
        return Phase.EXAMINATION

    async def _accompany_examination(self) -> Phase:
        """Documents asked for on the way are followed by workflows of their own."""
        await self._accompany(lambda: self._state.outcome is not None)
        return Phase.DECISION

    def _announce_decision(self) -> Phase:
        outcome, report = self._state.outcome, self._state.report
        assert outcome is not None and report is not None
        self._requests.stop()
        # What was decided cannot be withdrawn any more.
        self._state.withdrawal_requested = False
        self._state.manual_steps.clear()
        self._state.corrections.clear()
        self._mail_decision(outcome)
        match outcome:
            case Outcome.PERMITTED:
                # The new period counts from the decision, long before the card is in the hand.
                self._case.stay_changed("granted", filed=self._pending())
                return Phase.PAYMENT if self._has_fee() else Phase.COLLECTION
            case Outcome.DENIED:
                raise Ended(End.DENIED)
            case Outcome.WITHDRAWN:
                raise Ended(End.WITHDRAWN)
            case Outcome.TERMINATED:
                raise Ended(End.TERMINATED)

    def _mail_decision(self, outcome: Outcome) -> None:
        """What was filed for together with it ends with it unless it is permitted, and no mail of the agency tells."""
        state, permissions = self._state, self._state.application.form.concurrent_permissions
        form = state.application.form
        stay = form.applicant.current_stay
        if outcome is Outcome.DENIED and state.after_sending:
            state.after_denial = after_denial(Intention.of(form), filed_on=self._filed_on(), today=today())
        self._case.mail(
            mail.Decided(
                outcome=outcome,
                grant=state.report.grant if state.report else None,
                special_period_ended=state.special_period_until is not None
                and stay is not None
                and today() > stay.expires_on,
                meaning=state.after_denial,
                fee_follows=self._has_fee(),
                concurrent_permissions=permissions,
            ),
            # A permission may still be terminated, and that is another mail.
            key=outcome.value,
        )
        if permissions and outcome is not Outcome.PERMITTED:
            self._case.tell(
                "同時に申請した許可の審査も終止となりました。",
                "The permissions filed for together with it ended with it.",
            )

    def _has_fee(self) -> bool:
        form = self._state.application.form
        return has_fee(form.application_type, received_on=self._filed_on(), concurrent=form.concurrent_permissions)

    async def _wait_for_payment(self) -> Phase:
        """The amount is known only now: since October 2026 it goes by the period granted."""
        with_stamps = self._state.after_sending and paid_with_stamps(self._filed_on())
        await self._accompany(lambda: self._state.fee is not None or self._state.fee_settled or with_stamps)
        # Received before October 2026: revenue stamps go with what is sent or brought.
        while self._state.fee is not None:
            fee, again = self._state.fee, self._known_as(self._state.fee)
            self._compare_fee(again)
            await self._have_it_paid(fee, again)
            if self._state.fee_settled:
                break
        return Phase.COLLECTION

    def _known_as(self, fee: Fee) -> str:
        """What tells the mails about a fee from those about one that it took the place of; nothing for the first."""
        fees = self._state.fees
        if not self._state.after_sending:
            return ""
        if fee.is_asked_as not in fees:
            fees.append(fee.is_asked_as)
        number = fees.index(fee.is_asked_as) + 1
        return f"fee-{number}" if number > 1 else ""

    async def _have_it_paid(self, fee: Fee, again: str) -> None:
        """Tell and remind until it is paid, or until the agency asks for another fee in its place."""
        state = self._state

        def over() -> bool:
            another = state.after_sending and state.fee is not None and state.fee.is_asked_as != fee.is_asked_as
            return state.fee_settled or another

        if not state.fee_settled:
            self._case.mail(mail.FeeDue(fee=fee), key=again)
        for days in payment_reminders(today()):
            moment = start_of_day(fee.due_on - timedelta(days=days))
            if moment > workflow.now() and not await self._accompany(
                lambda: over() or state.payment_reported_on is not None,
                by=moment,
                summary=f"Remind {days} days before the fee is due",
            ):
                self._case.mail(mail.FeeDue(fee=fee, reminder=True), key=f"{again} {days}-days".lstrip())
        await self._accompany(over)

    async def _wait_for_collection(self) -> Phase:
        """A certificate of eligibility by e-mail is itself the mail; anything else is fetched, or comes by post."""
        await self._accompany(lambda: self._state.handing_over or self._collected())
        if self._state.application.form.collection_method is CollectionMethod.EMAIL:
            await self._have_receipt_registered()
        elif self._state.collection is CollectionStatus.READY:
            self._say_how_to_collect()
        await self._accompany(self._collected)
        raise Ended(End.COMPLETED)

    def _say_how_to_collect(self) -> None:
        form, report = self._state.application.form, self._state.report
        granted = report.grant.period if report and report.grant else None
        options = {
            option.method: option
            for option in collection_options(
                Intention.of(form),
                on=self._filed_on(),
                granted=granted,
            )
        }
        way = options.get(form.collection_method)
        if way is not None and not way.open:
            # The period granted may be so short that there is no card to send.
            self._case.tell(
                "".join(why.ja for why in way.closed_because), " ".join(why.en for why in way.closed_because)
            )
            self._use_collection(CollectionMethod.COUNTER)
            way = options.get(CollectionMethod.COUNTER)
        if way is not None:
            self._case.mail(
                mail.CollectionReady(
                    method=way.method,
                    in_passport=is_stamped(form.application_type, granted, on=self._filed_on()),
                    what_to_bring_or_send=way.enclosures,
                    send_to=way.send_to,
                    warnings=way.warnings,
                )
            )

    async def _have_receipt_registered(self) -> None:
        """The mail of the agency is the certificate: no other mail tells that the examination is completed."""
        state = self._state
        await self._accompany(lambda: state.sent_on is not None or self._collected())
        if state.sent_on is None:
            # Nobody has said when it was issued, and it is in the hand.
            return
        if state.certificate_valid_until is None:
            state.certificate_valid_until = certificate_valid_until(state.sent_on)
        valid_until = state.certificate_valid_until
        if not self._collected():
            self._case.mail(mail.CertificateMailed(valid_until=valid_until))
        for days in certificate_reminders(today()):
            moment = start_of_day(valid_until - timedelta(days=days))
            if moment > workflow.now() and not await self._accompany(
                self._collected, by=moment, summary=f"Remind {days} days before the certificate ends"
            ):
                self._case.mail(mail.CertificateMailed(valid_until=valid_until, reminder=True), key=f"{days}-days")

    def _collected(self) -> bool:
        return self._state.collection is CollectionStatus.COLLECTED or self._state.collected_on is not None

    # ----- waiting ----------------------------------------------------------------------------------------------

    async def _before_filing(
        self, until: Callable[[], bool], *, by: datetime | None = None, summary: str = "Online filing closes"
    ) -> None:
        """Wait, but not beyond the window, and not when the applicant changes something or gives up.

        Raises:
            Ended: the window has closed, or the applicant has given up.
        """
        state = self._state
        limits = [limit for limit in (by, state.closes_at) if limit is not None]
        await wait_until(
            lambda: until() or self._amended or state.withdrawal_requested,
            by=min(limits, default=None),
            summary=summary,
        )
        if state.withdrawal_requested:
            raise Ended(End.CANCELLED)
        if self._too_late():
            raise Ended(End.WINDOW_MISSED)

    async def _accompany(self, until: Callable[[], bool], *, by: datetime | None = None, summary: str = "") -> bool:
        """Wait for the agency, and meanwhile serve what the agency and the applicant ask for.

        Returns:
            Whether it came about before the moment `by`.

        Raises:
            Ended: the application was withdrawn by hand.
        """
        while True:
            self._news_looked_at = self._case.news
            await self._serve()
            self._case.look_around()
            if until():
                return True
            if by is not None and workflow.now() >= by:
                return False
            await self._continue_as_new_if_long()
            wakes = self._case.wakes()
            if by is not None:
                wakes.append((by, summary))
            moment, what = min(wakes, default=(None, ""))
            await wait_until(
                lambda: until() or self._asked() or self._news() or self._is_long_and_idle(), by=moment, summary=what
            )

    async def _park_on(self, failed: StepFailed, reason: AttentionReason, *, retry: Phase) -> Phase:
        failure = failed.failure
        return await self._park(reason, failure.sentence, findings=failure.findings, retry=retry)

    async def _park(
        self, reason: AttentionReason, explanation: BilingualText, *, findings: tuple[Finding, ...], retry: Phase
    ) -> Phase:
        """Stand still until an operator decides, or the applicant amends what was wrong."""
        # Who sat at a terminal does not wait there for that.
        self._state.sign_at = None
        self._case.call_for(reason, explanation, findings)
        verdict = await self._verdict_on(reason, bounded=True)
        if verdict is messages.ResolveAction.ABANDON:
            raise Ended(End.REJECTED)
        return retry if verdict is messages.ResolveAction.RETRY else Phase.INTAKE

    async def _verdict_on(self, reason: AttentionReason, *, bounded: bool = False) -> messages.ResolveAction | None:
        """What the operator decides; nothing when the applicant amended the application instead."""
        self._case.parked_on, self._verdict = reason, None
        self._case.changed()
        try:
            if bounded:
                await self._before_filing(lambda: self._verdict is not None)
            else:
                await workflow.wait_condition(lambda: self._verdict is not None)
            return self._verdict
        finally:
            self._case.parked_on = None
            self._case.settle(reason)

    async def _continue_as_new_if_long(self) -> None:
        """Begin a new history when this one is long, at a moment when nothing is under way."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._is_long_and_idle():
            return
        workflow.continue_as_new(StartApplication(application=self._state.application, carried_over=self._state))

    def _is_long_and_idle(self) -> bool:
        """Whether it can go on in a new history; a mail server that is down for days keeps it only in this one."""
        return not self._requests.under_way and self._case.all_sent() and workflow.info().is_continue_as_new_suggested()

    async def _finish_handlers_and_outboxes(self) -> None:
        await workflow.wait_condition(lambda: self._case.all_sent() and workflow.all_handlers_finished())

    # ----- serving what is asked for after filing ---------------------------------------------------------------

    def _asked(self) -> bool:
        state = self._state
        return (
            state.wanted_collection is not None
            or (state.outcome is None and state.withdrawal_evidence is not None)
            or self._has_to_be_withdrawn()
            or bool(self._requests.new())
        )

    def _news(self) -> bool:
        """Whatever is said of it may settle an alarm or set a new one."""
        return self._case.news != self._news_looked_at

    async def _serve(self) -> None:
        state = self._state
        if state.outcome is None and state.withdrawal_evidence is not None:
            self._mail_decision(Outcome.WITHDRAWN)
            raise Ended(End.WITHDRAWN)
        if state.phase in _PERMITTED and state.outcome not in (None, Outcome.PERMITTED):
            # A permission whose fee is never paid comes to nothing.
            self._announce_decision()
        if self._has_to_be_withdrawn():
            await self._withdraw()
        self._requests.follow_new()
        if state.after_sending:
            await self._requests.tell_changes()
        if state.wanted_collection is not None:
            await self._change_collection(state.wanted_collection)

    def _has_to_be_withdrawn(self) -> bool:
        """Whether it is wanted, not asked of the agency, and in nobody's hands."""
        state = self._state
        by_hand = ManualStepKind.WITHDRAWAL in {step.kind for step in state.manual_steps}
        return state.withdrawal_requested and not state.withdrawal_sent and not by_hand

    async def _withdraw(self) -> None:
        """No online function for a withdrawal is documented: a person takes a letter to the office."""
        state = self._state
        if state.offers(Capability.WITHDRAWAL):
            assert state.request_id is not None
            try:
                await perform(
                    WITHDRAW_APPLICATION,
                    Withdrawal(profile=state.application.interface_profile, request_id=state.request_id),
                    summary="Withdraw the application",
                )
            except StepFailed as failed:
                if failed.failure.type_name != CAPABILITY_ABSENT:
                    self._case.call_for(AttentionReason.WITHDRAWAL_REFUSED, failed.failure.sentence)
            else:
                state.withdrawal_sent = True
                self._case.tell("取下げを提出先に伝えました。", "The agency was asked to take it back.")
                if not state.tells(Capability.DECISION):
                    # Nobody else would say that it is over.
                    state.withdrawal_evidence = state.request_id
                return
        self._case.ask_by_hand(ManualStepKind.WITHDRAWAL, instructions(ManualStepKind.WITHDRAWAL, on=today()))
        self._case.tell("取下げの手続が必要です。", "The withdrawal has to be made by hand.")

    async def _change_collection(self, method: CollectionMethod) -> None:
        state = self._state
        assert state.request_id is not None
        state.wanted_collection = None
        try:
            await perform(
                CHANGE_COLLECTION,
                CollectionChange(
                    profile=state.application.interface_profile, request_id=state.request_id, method=method
                ),
                summary=f"Change the collection to {method.value}",
            )
        except StepFailed as failed:
            if failed.failure.type_name == CAPABILITY_ABSENT:
                self._change_collection_by_hand(method)
            else:
                self._case.call_for(AttentionReason.COLLECTION_CHANGE_REFUSED, failed.failure.sentence)
        else:
            self._use_collection(method)
            self._case.tell(
                f"受領方法を{method.value}に変更しました。", f"The collection is changed to {method.value}."
            )

    def _change_collection_by_hand(self, method: CollectionMethod) -> None:
        self._state.collection_by_hand = method
        how = instructions(ManualStepKind.CHANGE_COLLECTION, on=today())
        self._case.ask_by_hand(
            ManualStepKind.CHANGE_COLLECTION,
            BilingualText(ja=f"{how.ja}（新しい受領方法: {method.value}）", en=f"{how.en} (To be: {method.value}.)"),
        )
        self._case.tell("受領方法の変更は手作業が必要です。", "The collection has to be changed by hand.")

    def _compare_fee(self, again: str) -> None:
        """Tell an operator when the agency asks for another amount than the law's table says."""
        report, form = self._state.report, self._state.application.form
        assert report is not None and report.fee is not None
        if (again or "fee") in self._state.rung:
            return
        self._state.rung.append(again or "fee")
        if again:
            self._case.settle(AttentionReason.FEE_DIFFERS)
        difference = why_fee_differs(
            report.fee,
            application_type=form.application_type,
            received_on=self._filed_on(),
            grant=report.grant,
            concurrent=form.concurrent_permissions,
            re_entry=form.re_entry,
        )
        if difference is not None:
            self._case.call_for(AttentionReason.FEE_DIFFERS, difference)

    def _close(self, end: End) -> None:
        self._requests.stop()
        if end is End.WINDOW_MISSED:
            until = self._state.counter_until
            self._case.mail(mail.WindowMissed(counter_until=until if until and today() <= until else None))
        self._case.close(end)
        application_id = self._state.application.application_id
        self._case.stay_changed("ended", ended=EndedApplication(application_id=application_id, end=end))

    # ----- facts ------------------------------------------------------------------------------------------------

    def _too_late(self) -> bool:
        """Whether online filing is closed."""
        closes_at = self._state.closes_at
        return closes_at is not None and workflow.now() >= closes_at

    def _filed_on(self) -> date:
        receipt = self._state.receipt
        assert receipt is not None
        return day_in_japan(receipt.accepted_at)

    def _certificate_expired(self) -> bool:
        """Whether the certificate in the signature has ended before the application could be sent."""
        last = self._state.card_expires_on
        return last is not None and today() > last
