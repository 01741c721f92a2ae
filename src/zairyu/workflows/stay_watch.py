"""The watch over one person's stay: reminds, starts the extension, follows it, and begins anew with each decision."""

import asyncio

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from zairyu.models import stay
    from zairyu.models.application import ApplicationInput
    from zairyu.models.messages import Message
    from zairyu.models.names import application_workflow_id
    from zairyu.models.state import StartApplication
    from zairyu.rules.stay_news import why_refused, with_card_extended, with_news, with_period_noted
    from zairyu.rules.stay_outlook import EXPLANATIONS
    from zairyu.rules.stay_watch import due, end_of, passed, wakes
    from zairyu.workflows.application import ApplicationWorkflow
    from zairyu.workflows.record import refusal, today
    from zairyu.workflows.stay_record import StayRecord


@workflow.defn(failure_exception_types=[ValidationError])
class StayWatchWorkflow:
    """One stay in Japan, for years. What is known changes by news; what follows from it is asked of the rules."""

    @workflow.init
    def __init__(self, start: stay.StartStayWatch) -> None:
        # `null` and bytes pass the converter unread.
        start = stay.StartStayWatch.model_validate(start)
        self._state = start.carried_over or stay.StayState(user_id=start.user_id)
        self._record = StayRecord(self._state)

    @workflow.run
    async def run(self, start: stay.StartStayWatch) -> stay.StaySnapshot:
        """Do what is due, and sleep until the next moment or the next news."""
        clerks = [asyncio.create_task(self._record.keep_shown()), asyncio.create_task(self._record.send_mails())]
        while not await self._ended():
            await self._start_what_is_wanted()
            self._say_what_is_due()
            await self._continue_as_new_if_long()
            await self._sleep()
        for clerk in clerks:
            clerk.cancel()
        self._record.show()
        return self.snapshot()

    async def _ended(self) -> bool:
        """Whether there is nothing to watch any more, also when the last mail is out."""
        end = end_of(self._state, workflow.now())
        if end is None or self._state.wanted:
            return False
        await self._finish_handlers_and_mails()
        # Something may have been said while the mail server was slow.
        if end_of(self._state, workflow.now()) is not end or self._state.wanted:
            return False
        self._state.end = end
        self._record.tell(f"終了: {end.value}", f"Closed: {end.value}.")
        return True

    async def _start_what_is_wanted(self) -> None:
        """Start an application that lives on its own; it tells its own news."""
        state = self._state
        while state.wanted:
            application = state.wanted[0]
            started = await self._start(application)
            del state.wanted[0]
            if not started:
                self._record.tell(
                    "同じ申請番号の申請が既にあるため、何も始めていません。",
                    "Nothing was started: there is an application with this id already.",
                )
                continue
            state.applications.append(
                stay.StartedApplication(
                    application_id=application.application_id,
                    workflow_id=application_workflow_id(application.application_id),
                    application_type=application.form.application_type,
                    started_at=workflow.now(),
                )
            )
            label = application.form.application_type.label
            self._record.tell(f"申請を始めました: {label.ja}", f"Started: {label.en}.")

    async def _start(self, application: ApplicationInput) -> bool:
        """Whether it was started; one that is there already tells its own news, if it has any for this watch."""
        try:
            await workflow.start_child_workflow(
                ApplicationWorkflow.run,
                StartApplication(application=application),
                id=application_workflow_id(application.application_id),
                parent_close_policy=ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=application.form.application_type.label.en,
            )
        except WorkflowAlreadyStartedError:
            self._record.log.info("application-already-there", application_id=application.application_id)
            return False
        return True

    def _say_what_is_due(self) -> None:
        state, now = self._state, workflow.now()
        if state.standing is None:
            return
        for moment in due(state.standing, state.said, now):
            if moment.occasion is not None:
                self._record.mail(moment.occasion, key=moment.key)
            if moment.matter is not None:
                self._record.log.warning("attention", reason=moment.matter.value)
                text = EXPLANATIONS[moment.matter]
                self._record.tell(f"要対応: {text.ja}", f"Needs attention: {text.en}")
        state.said += [key for key in passed(state.standing, now) if key not in state.said]

    async def _continue_as_new_if_long(self) -> None:
        """Begin a new history when this one is long, at a moment when nothing is under way."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._is_long_and_idle():
            return
        workflow.continue_as_new(stay.StartStayWatch(user_id=self._state.user_id, carried_over=self._state))

    def _is_long_and_idle(self) -> bool:
        """Whether it can go on in a new history; a mail server that is down for days keeps it only in this one."""
        return not self._state.outbox and workflow.info().is_continue_as_new_suggested()

    async def _finish_handlers_and_mails(self) -> None:
        await workflow.wait_condition(lambda: not self._state.outbox and workflow.all_handlers_finished())

    async def _sleep(self) -> None:
        """Until something is said, or the next moment comes."""
        wake = wakes(self._state, workflow.now())
        left, what = (None, None) if wake is None else (wake[0] - workflow.now(), wake[1])
        try:
            await workflow.wait_condition(
                lambda: self._record.stirred or self._is_long_and_idle(), timeout=left, timeout_summary=what
            )
        except TimeoutError:
            # A deadline that is passed is shown no longer.
            self._record.changed()
        self._record.stirred = False

    # ----- news and messages: handlers record and wake, the story above acts ------------------------------------

    @workflow.query(description="The state of the stay.")
    def snapshot(self) -> stay.StaySnapshot:
        """The state of the stay."""
        return self._record.snapshot()

    @workflow.signal(description="A registration or an application says something new of the stay.")
    def news(self, news: stay.StayNews) -> None:
        """Take news, once."""
        if news.user_id != self._state.user_id or not self._record.is_new(news.news_id):
            return
        state, before = self._state, self._state.standing
        state.standing = with_news(before, news, on=today())
        state.told_at = workflow.now()
        held = state.standing.held
        if held is not None and (before is None or held != before.held):
            self._record.tell_period(held)
        if news.filed is not None and (before is None or news.filed not in before.pending):
            label = news.filed.application_type.label
            self._record.tell(f"提出されました: {label.ja}", f"Filed: {label.en}.")
        if news.left:
            state.close_reason = stay.CloseReason.SERVICE_ENDED
            self._record.tell("このサービスの利用を終えました。", "The person has left this service.")
        if news.ended is not None:
            state.applications[:] = [
                one.model_copy(update={"end": news.ended.end})
                if one.application_id == news.ended.application_id
                else one
                for one in state.applications
            ]
            end = news.ended.end.value
            self._record.tell(f"申請が終了しました: {end}", f"An application ended: {end}.")

    @workflow.update(description="Start an application to stay on, and watch it.")
    def start_extension(self, message: stay.StartExtension) -> stay.StaySnapshot:
        """Have an extension or a change started, once per application id."""
        # The same application under another message id is let in, and not started again.
        if self._record.first_time(message) and message.application.application_id not in self._state.known:
            self._state.wanted.append(message.application)
        return self.snapshot()

    @start_extension.validator
    def _can_be_started(self, message: stay.StartExtension) -> None:
        self._admit(message)

    @workflow.update(description="The municipality has extended the My Number card.")
    def card_extended(self, message: stay.CardExtended) -> stay.StaySnapshot:
        """Settle the warning of a card that ends too early."""
        state = self._state
        if self._record.first_time(message):
            assert state.standing is not None
            state.standing = with_card_extended(state.standing, message.until)
            self._record.tell("マイナンバーカードの有効期限が延長されました。", "The My Number card was extended.")
        return self.snapshot()

    @card_extended.validator
    def _can_be_extended(self, message: stay.CardExtended) -> None:
        self._admit(message)

    @workflow.update(description="Somebody has looked at the residence card.")
    def note_period(self, message: stay.NotePeriod) -> stay.StaySnapshot:
        """Watch this period from now on."""
        state = self._state
        if self._record.first_time(message):
            assert state.standing is not None
            state.standing = with_period_noted(state.standing, message.held)
            self._record.tell_period(message.held)
        return self.snapshot()

    @note_period.validator
    def _can_be_noted(self, message: stay.NotePeriod) -> None:
        self._admit(message)

    @workflow.update(description="The person is reached otherwise, or reads another language.")
    def update_contact(self, message: stay.UpdateContact) -> stay.StaySnapshot:
        """Reach the person there from now on. A mail that was not delivered goes out again."""
        state = self._state
        if self._record.first_time(message):
            assert state.standing is not None
            state.standing = state.standing.model_copy(update={"contact": message.contact})
            state.undeliverable = None
            if state.undelivered is not None:
                state.outbox.append(state.undelivered)
                state.undelivered = None
            self._record.tell("連絡先が変更されました。", "The contact was changed.")
        return self.snapshot()

    @update_contact.validator
    def _can_be_reached_otherwise(self, message: stay.UpdateContact) -> None:
        self._admit(message)

    @workflow.update(description="There is nothing to watch any more.")
    def close(self, message: stay.CloseStayWatch) -> stay.StaySnapshot:
        """End the watch. Applications that it has started go on."""
        if self._record.first_time(message):
            self._state.close_reason = message.reason
            self._record.tell(f"見守りの終了: {message.reason.value}", f"Nothing to watch: {message.reason.value}.")
        return self.snapshot()

    @close.validator
    def _can_be_closed(self, message: stay.CloseStayWatch) -> None:
        self._admit(message)

    def _admit(self, message: Message) -> None:
        reason = why_refused(message, self._state, today=today())
        if reason is not None:
            raise refusal(reason)
