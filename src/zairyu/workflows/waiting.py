"""Waiting, but not for ever."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow


async def wait_until(condition: Callable[[], bool], *, by: datetime | None, summary: str) -> None:
    """Wait for a condition, at the longest until a moment.

    Args:
        condition: what is waited for.
        by: the moment; nothing to wait however long it takes.
        summary: what operators read on the timer.
    """
    left = None if by is None else by - workflow.now()
    if left is not None and left <= timedelta():
        return
    try:
        await workflow.wait_condition(condition, timeout=left, timeout_summary=summary)
    except TimeoutError:
        return
