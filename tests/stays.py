"""A registered user's stay under watch, in the world of a test."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from tests.applications import ENGINEER
from tests.world import PATIENCE, World
from zairyu.models.application import Contact, Language
from zairyu.models.assessment import HeldStay
from zairyu.models.names import stay_workflow_id
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.models.snapshot import End
from zairyu.models.stay import EndedApplication, FiledApplication, StayNews, StaySnapshot
from zairyu.rules.calendar import add_months, day_in_japan, start_of_day

LINH = Contact(email="linh@resident.example", phone="09000001234", language=Language.EN)


def news(user_id: str, news_id: str, **what: Any) -> StayNews:
    return StayNews(**{"news_id": news_id, "user_id": user_id, "name": "TRAN THI LINH", "contact": LINH, **what})


def held(expires_on: date) -> HeldStay:
    return HeldStay(status=ENGINEER, period=PeriodOfStay(years=1), expires_on=expires_on)


def filed(application_id: str, filed_on: date, expires_on: date) -> FiledApplication:
    return FiledApplication(
        application_id=application_id,
        application_type=ApplicationType.EXTENSION_OF_PERIOD,
        filed_on=filed_on,
        special_period_until=add_months(expires_on, 2),
    )


def ended(application_id: str, end: End) -> EndedApplication:
    return EndedApplication(application_id=application_id, end=end)


class WatchedStay:
    """One stay, and its clock: the server keeps a clock for each workflow."""

    def __init__(self, world: World, user_id: str | None = None) -> None:
        self.world = world
        self.user_id = user_id or f"user-{uuid.uuid4().hex[:12]}"
        self.ahead = timedelta()

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.world.temporal.get_workflow_handle(stay_workflow_id(self.user_id), result_type=StaySnapshot)

    @property
    def now(self) -> datetime:
        return self.world.now + self.ahead

    @property
    def today(self) -> date:
        return day_in_japan(self.now)

    async def tell(self, news_id: str, **what: Any) -> None:
        await self.world.zairyu.tell_stay_watch(news(self.user_id, news_id, **what))

    async def until(self, condition: Callable[[StaySnapshot], bool]) -> StaySnapshot:
        """Wait for a state that should come at once."""
        ends = asyncio.get_running_loop().time() + PATIENCE
        while True:
            snapshot = await self.world.zairyu.stay(self.user_id)
            if condition(snapshot):
                return snapshot
            if asyncio.get_running_loop().time() > ends:
                raise AssertionError(f"it did not come; the stay is\n{snapshot.model_dump_json(indent=2)}")
            await asyncio.sleep(0.05)

    async def live_until(self, day: date) -> None:
        """Let time pass for the stay, up to the first hour of a day in Japan. The agency's clock stands still."""
        by = start_of_day(day) + timedelta(hours=1) - self.now
        await self.world.environment.fast_forward(self.handle, by)
        self.ahead += by

    async def catch_up(self) -> None:
        """Let the time that has passed for the stay pass for the agency as well."""
        offset = (self.world.sandbox.clock.offset + self.ahead).total_seconds()
        answer = await self.world.http.post("/sandbox/clock", json={"offset_seconds": offset})
        assert answer.is_success, answer.text
        self.ahead = timedelta()

    async def mailed(self, count: int) -> list[str]:
        """The subjects of all mails, in the order in which they came, as soon as there are so many."""

        async def enough() -> bool:
            return len(await self.world.mails()) >= count

        await self.world.eventually(enough)
        mails = await self.world.mails()
        assert len(mails) == count, [mail["subject"] for mail in mails]
        return [str(mail["subject"]) for mail in reversed(mails)]

    async def closed(self) -> StaySnapshot:
        async with asyncio.timeout(PATIENCE):
            snapshot: StaySnapshot = await self.handle.result()
            return snapshot
