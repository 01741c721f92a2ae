"""One poller for everybody: it hears what the agency says and tells only the applications that changed."""

import asyncio

from pydantic import ValidationError
from temporalio import exceptions, workflow
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from zairyu.models.feed import FeedNotice, FeedSnapshot, FeedState, SweepNow, WatchFeed
    from zairyu.models.messages import Resolve, Unreachable
    from zairyu.models.mynaportal import FeedPosition
    from zairyu.models.steps import WATCH_STATUS_FEED
    from zairyu.workflows.feed_record import FeedRecord
    from zairyu.workflows.perform import StepFailed, perform


@workflow.defn(failure_exception_types=[ValidationError])
class StatusFeedWorkflow:
    """Watches what one interface tells, for ever.

    The watching, and the signals to applications, happen in one long activity that beats with its position.
    So an application that waits for months costs this workflow nothing, and a day costs it a few events.
    """

    @workflow.init
    def __init__(self, start: WatchFeed) -> None:
        # `null` and bytes pass the converter unread.
        start = WatchFeed.model_validate(start)
        position = FeedPosition.model_validate(start.model_dump(exclude={"carried_over"}))
        self._record = FeedRecord(start.carried_over or FeedState(position=position))
        self._watching: asyncio.Task[FeedPosition] | None = None
        self._interrupted = False

    @workflow.run
    async def run(self, start: WatchFeed) -> None:
        """Watch, from where the last watch ended."""
        clerk = asyncio.create_task(self._record.keep_shown())
        while not workflow.info().is_continue_as_new_suggested():
            await self._watch()
        await workflow.wait_condition(workflow.all_handlers_finished)
        clerk.cancel()
        state = self._record.state
        workflow.continue_as_new(WatchFeed(profile=start.profile, cursor=state.position.cursor, carried_over=state))

    async def _watch(self) -> None:
        state, before = self._record.state, self._record.state.position
        self._interrupted = False
        self._watching = asyncio.create_task(
            perform(
                WATCH_STATUS_FEED,
                before,
                summary=f"Watch the status feed of {before.profile}",
                cancellation=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        )
        try:
            reached = await self._watching
        except (StepFailed, exceptions.ActivityError):
            # The worker that was to be interrupted was gone. What it has told since is told nobody again.
            if not self._interrupted:
                raise
            reached = before
        if self._interrupted:
            reached = reached.model_copy(update={"sweep_wanted_at": state.position.sweep_wanted_at})
        state.position = reached
        self._record.moved()

    # ----- messages ---------------------------------------------------------------------------------------------

    @workflow.signal(description="The watch noticed something that a person has to know of.")
    def noticed(self, notice: FeedNotice) -> None:
        """Call for a person."""
        self._record.note(notice)

    @workflow.signal(description="The interface has given no answer for long.")
    def unreachable(self, news: Unreachable) -> None:
        """Call for a person, until it answers."""
        self._record.unreachable(news)

    @workflow.update(description="An operator has looked at what was noticed.")
    def resolve(self, message: Resolve) -> FeedSnapshot:
        """Settle a matter."""
        self._record.resolve(message)
        return self.snapshot()

    @resolve.validator
    def _can_be_resolved(self, message: Resolve) -> None:
        self._record.admit_decision(message)

    @workflow.update(description="Every open application is to be asked for now, for example after an outage.")
    def sweep_now(self, message: SweepNow) -> FeedSnapshot:
        """Interrupt the watch, so that the next one begins with it."""
        if self._record.wants_sweep(message):
            state = self._record.state
            state.position = state.position.model_copy(update={"sweep_wanted_at": workflow.now()})
            if self._watching is not None:
                self._interrupted = True
                self._watching.cancel()
        return self.snapshot()

    @sweep_now.validator
    def _can_be_swept(self, message: SweepNow) -> None:
        # It can be at any time; but `null` passes the converter unread.
        SweepNow.model_validate(message)

    @workflow.query(description="What was noticed, the last sweep, and planned maintenance.")
    def snapshot(self) -> FeedSnapshot:
        """The poller as it is shown to people."""
        return self._record.snapshot()

    @workflow.query(description="How far the feed has been read.")
    def position(self) -> FeedPosition:
        """The position at which the present watch began."""
        return self._record.state.position
