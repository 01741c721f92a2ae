"""Asking the outside world for a step, and knowing what became of it."""

from datetime import timedelta

from temporalio import exceptions, workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from zairyu.models.base import BilingualText
    from zairyu.models.failures import StepFailure
    from zairyu.models.steps import In, Out, Step

_NOT_PICKED_UP = StepFailure(
    type_name="NotPickedUp",
    sentence=BilingualText(
        ja="端末が応答しません。端末の電源と接続を確かめて、もう一度やり直してください。",
        en="The terminal does not answer. Check that it is switched on and connected, then try again.",
    ),
)
_WENT_SILENT = StepFailure(
    type_name="WentSilent",
    sentence=BilingualText(
        ja="カードを使っている途中で端末との連絡が途絶えました。何も提出されていません。端末の電源と接続を確かめて、"
        "もう一度やり直してください。入力の前に暗証番号の残り回数が表示されます。",
        en="The terminal went silent while it was using the card. Nothing was submitted. Check that it is switched on "
        "and connected, then try again; the number of tries left is shown before you type.",
    ),
)
_OUT_OF_TIME = StepFailure(
    type_name="OutOfTime",
    sentence=BilingualText(ja="時間内に終わりませんでした。", en="It did not finish in time."),
)

_UNEXPECTED = StepFailure(
    type_name="Unexpected",
    sentence=BilingualText(
        ja="予期しない誤りが起きました。管理者に連絡してください。",
        en="Something unexpected happened. Tell the operator.",
    ),
)


class StepFailed(Exception):
    """A step failed for good: repeating it as it is will not help, or its time is over."""

    def __init__(self, failure: StepFailure, *, out_of_time: bool = False) -> None:
        super().__init__(failure.type_name)
        self.failure = failure
        self.out_of_time = out_of_time
        """Nobody knows whether it took effect."""


async def perform(
    step: Step[In, Out],
    what: In,
    *,
    summary: str,
    queue: str | None = None,
    within: timedelta | None = None,
    cancellation: ActivityCancellationType = ActivityCancellationType.TRY_CANCEL,
) -> Out:
    """Have a step done with the patience of its outside system.

    Args:
        step: the step.
        what: its input.
        summary: what operators read in the UI; carries no personal data.
        queue: the task queue of the terminal that can do it; the workflow's own by default.
        within: give up after this time, repeats included; by default it is repeated until it succeeds.
        cancellation: whether what a cancelled step has to say is waited for.

    Raises:
        StepFailed: it failed for good, or its time is over.
    """
    patience = step.patience
    try:
        result: Out = await workflow.execute_activity(
            step.name,
            what,
            result_type=step.gives,
            task_queue=queue,
            start_to_close_timeout=patience.one_try,
            heartbeat_timeout=patience.heartbeat,
            schedule_to_start_timeout=patience.pick_up,
            schedule_to_close_timeout=within,
            retry_policy=RetryPolicy(
                initial_interval=patience.first_pause,
                maximum_interval=patience.longest_pause,
                maximum_attempts=patience.tries,
            ),
            cancellation_type=cancellation,
            summary=summary,
        )
    except exceptions.ActivityError as error:
        if exceptions.is_cancelled_exception(error):
            raise
        raise _what_became_of_it(error, at_terminal=queue is not None) from error
    return result


def _what_became_of_it(error: exceptions.ActivityError, *, at_terminal: bool) -> StepFailed:
    cause = error.cause
    if isinstance(cause, exceptions.TimeoutError):
        match cause.type:
            case exceptions.TimeoutType.SCHEDULE_TO_START:
                return StepFailed(_NOT_PICKED_UP)
            case exceptions.TimeoutType.HEARTBEAT if at_terminal:
                return StepFailed(_WENT_SILENT, out_of_time=True)
            case _:
                return StepFailed(_OUT_OF_TIME, out_of_time=True)
    if isinstance(cause, exceptions.ApplicationError):
        unknown = not cause.non_retryable
        if cause.details:
            return StepFailed(StepFailure.model_validate(cause.details[0]), out_of_time=unknown)
        return StepFailed(_UNEXPECTED.model_copy(update={"detail": cause.type}), out_of_time=unknown)
    return StepFailed(_UNEXPECTED, out_of_time=True)
