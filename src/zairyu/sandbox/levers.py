"""The levers of the sandbox, for tests and for the start page: clock, faults, automatic officer, and what it keeps."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from zairyu.activities.mynaportal.wire import StatusRecord
from zairyu.sandbox.automatic import AutomaticOfficer
from zairyu.sandbox.clock import SandboxClock
from zairyu.sandbox.faults import Call, Fault, FaultOrder, Faults
from zairyu.sandbox.mailbox import Mailbox, ReceivedMail
from zairyu.sandbox.pages import Pages, same_origin, to
from zairyu.sandbox.registry import Registry, Supply


class ClockSetting(BaseModel):
    """How far the sandbox's clock is ahead of real time."""

    offset_seconds: float = Field(ge=-10 * 365 * 86_400, le=10 * 365 * 86_400)


class ClockReading(ClockSetting):
    """What the clock says."""

    now: datetime
    today: date
    """The day in Japan."""


class AutomaticSetting(BaseModel):
    """The automatic officer."""

    on: bool
    pace_seconds: float | None = Field(default=None, ge=0)
    """How long an application is left alone before each step; unchanged when not given."""


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """What the agency ended up with for one application."""

    request_id: str
    application_type: str
    sha256: str
    size: int
    collection_method: str
    record: StatusRecord
    supplies: list[Supply]


class Levers:
    """The switches, each with its state."""

    def __init__(
        self, *, clock: SandboxClock, faults: Faults, automatic: AutomaticOfficer, mailbox: Mailbox, registry: Registry
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._automatic = automatic
        self._mailbox = mailbox
        self._registry = registry

    async def clock(self) -> ClockReading:
        """`GET /sandbox/clock`."""
        return ClockReading(
            offset_seconds=self._clock.offset.total_seconds(), now=self._clock.now(), today=self._clock.today()
        )

    async def set_clock(self, setting: ClockSetting) -> ClockReading:
        """`POST /sandbox/clock`."""
        self._clock.set_offset(timedelta(seconds=setting.offset_seconds))
        return await self.clock()

    async def faults(self) -> list[FaultOrder]:
        """`GET /sandbox/faults`."""
        return self._faults.armed()

    async def arm(self, order: FaultOrder) -> list[FaultOrder]:
        """`POST /sandbox/faults`."""
        self._faults.arm(order)
        return self._faults.armed()

    async def automatic(self) -> AutomaticSetting:
        """`GET /sandbox/automatic`."""
        return AutomaticSetting(on=self._automatic.on, pace_seconds=self._automatic.pace.total_seconds())

    async def set_automatic(self, setting: AutomaticSetting) -> AutomaticSetting:
        """`POST /sandbox/automatic`."""
        self._automatic.on = setting.on
        if setting.pace_seconds is not None:
            self._automatic.pace = timedelta(seconds=setting.pace_seconds)
        return await self.automatic()

    async def mails(self) -> list[ReceivedMail]:
        """`GET /sandbox/mails`, the newest first."""
        return self._mailbox.mails()

    async def applications(self) -> list[LedgerEntry]:
        """`GET /sandbox/applications`, the newest first."""
        return [
            LedgerEntry(
                request_id=application.request_id,
                application_type=application.application_type,
                sha256=application.sha256,
                size=application.size,
                collection_method=application.collection_method,
                record=application.record,
                supplies=self._registry.supplies(application.request_id),
            )
            for application in self._registry.applications()
        ]

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/sandbox", dependencies=[Depends(same_origin)])
        router.add_api_route("/clock", self.clock, methods=["GET"])
        router.add_api_route("/clock", self.set_clock, methods=["POST"])
        router.add_api_route("/faults", self.faults, methods=["GET"])
        router.add_api_route("/faults", self.arm, methods=["POST"])
        router.add_api_route("/automatic", self.automatic, methods=["GET"])
        router.add_api_route("/automatic", self.set_automatic, methods=["POST"])
        router.add_api_route("/mails", self.mails, methods=["GET"])
        router.add_api_route("/applications", self.applications, methods=["GET"])
        return router


class StartPage:
    """The first page: the way to all others, and the levers as forms."""

    def __init__(self, levers: Levers, pages: Pages) -> None:
        self._levers = levers
        self._pages = pages

    async def show(self) -> HTMLResponse:
        """`GET /`."""
        return self._pages.show(
            "index.html",
            applications=await self._levers.applications(),
            mails=await self._levers.mails(),
            automatic=await self._levers.automatic(),
            armed=await self._levers.faults(),
            faults=list(Fault),
            calls=list(Call),
        )

    async def set_clock(self, days: Annotated[float, Form(ge=-3650, le=3650)]) -> RedirectResponse:
        """`POST /levers/clock`: so many days ahead of real time."""
        await self._levers.set_clock(ClockSetting(offset_seconds=days * 86_400))
        return to("/")

    async def set_automatic(
        self, on: Annotated[bool, Form()], pace_seconds: Annotated[float | None, Form(ge=0)] = None
    ) -> RedirectResponse:
        """`POST /levers/automatic`."""
        await self._levers.set_automatic(AutomaticSetting(on=on, pace_seconds=pace_seconds))
        return to("/")

    async def arm(
        self, kind: Annotated[Fault, Form()], call: Annotated[Call, Form()], count: Annotated[int, Form(ge=0)]
    ) -> RedirectResponse:
        """`POST /levers/faults`."""
        await self._levers.arm(FaultOrder(kind=kind, call=call, count=count))
        return to("/")

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(dependencies=[Depends(same_origin)])
        router.add_api_route("/", self.show, methods=["GET"])
        router.add_api_route("/levers/clock", self.set_clock, methods=["POST"])
        router.add_api_route("/levers/automatic", self.set_automatic, methods=["POST"])
        router.add_api_route("/levers/faults", self.arm, methods=["POST"])
        return router
