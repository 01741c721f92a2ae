"""One poller for everybody: it reads the agency's status feed and tells only the applications that changed."""

from pydantic import ValidationError
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models.mynaportal import FeedPosition
    from zairyu.models.steps import WATCH_STATUS_FEED
    from zairyu.workflows.perform import perform


@workflow.defn(failure_exception_types=[ValidationError])
class StatusFeedWorkflow:
    """Watches the feed of one interface profile, for ever.

    The watching, and the signals to applications, happen in one long activity that beats with its position.
    So an application that waits for months costs this workflow nothing, and a day costs it a few events.
    """

    @workflow.init
    def __init__(self, start: FeedPosition) -> None:
        # `null` and bytes pass the converter unread.
        start = FeedPosition.model_validate(start)
        self._position = start

    @workflow.run
    async def run(self, start: FeedPosition) -> None:
        """Watch, from where the last watch ended."""
        while not workflow.info().is_continue_as_new_suggested():
            self._position = await perform(
                WATCH_STATUS_FEED, self._position, summary=f"Watch the status feed of {start.profile}"
            )
        workflow.continue_as_new(self._position)

    @workflow.query(description="How far the feed has been read.")
    def position(self) -> FeedPosition:
        """The position at which the present watch began."""
        return self._position
