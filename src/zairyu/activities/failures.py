"""From the errors of our drivers to the failures of Temporal."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from zairyu.models.errors import StepError
from zairyu.models.failures import StepFailure


@contextmanager
def translated() -> Iterator[None]:
    """Turn a `StepError` raised inside into Temporal's failure; everything else passes as it is.

    To be used as `with`: as a decorator it would end before the coroutine it decorates begins.

    Raises:
        ApplicationError: With the error's type name, its English text, and a `StepFailure` as only detail.
    """
    try:
        yield
    except StepError as error:
        # Without the cause: a library's text may repeat its input, and this travels into a history.
        raise ApplicationError(
            str(error),
            StepFailure.of(error),
            type=error.type_name,
            non_retryable=error.final,
            next_retry_delay=error.again_in,
        ) from None
