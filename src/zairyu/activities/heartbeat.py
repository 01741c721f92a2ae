"""A sign of life while a step works, so that a killed worker is noticed in seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from temporalio import activity


@asynccontextmanager
async def beating(every: timedelta = timedelta(seconds=3)) -> AsyncIterator[None]:
    """Beat as long as the event loop runs. A step that hangs is ended by its own time limit."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(every.total_seconds())

    beater = asyncio.create_task(beat())
    try:
        yield
    finally:
        beater.cancel()
        with suppress(asyncio.CancelledError):
            await beater
