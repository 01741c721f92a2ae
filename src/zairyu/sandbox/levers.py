"""The levers of the sandbox, for tests and for the start page: clock, faults, automatic officer, and what it keeps."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import AwareDatetime, BaseModel, Field

from zairyu.activities.mynaportal.wire import Maintenance, StatusRecord
from zairyu.sandbox.agency import Agency
from zairyu.sandbox.automatic import AutomaticOfficer
from zairyu.sandbox.clock import JAPAN, SandboxClock
from zairyu.sandbox.dkim_key import DkimKey
from zairyu.sandbox.faults import Axis, Call, Fault, FaultOrder, Faults
from zairyu.sandbox.feed import Feed
from zairyu.sandbox.mailbox import Mailbox, ReceivedMail
from zairyu.sandbox.maintenance import MaintenancePlan
from zairyu.sandbox.offers import Offer, Offers
from zairyu.sandbox.pages import Pages, same_origin, to
from zairyu.sandbox.registry import Contents, Supply


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


def _new_notice() -> str:
    return f"notice-{secrets.token_hex(4)}"


class Notice(BaseModel):
    """The announcement of a window in which the interface rests."""

    begins: AwareDatetime
    ends: AwareDatetime
    title: str = "定期メンテナンス / Scheduled maintenance"
    notice_id: str = Field(default_factory=_new_notice, pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """The same once more moves the window."""


class OutageSetting(BaseModel):
    """Whether the interface is out of order."""

    on: bool


class DnsRecord(BaseModel):
    """What the DNS would hold."""

    name: str
    txt: str


_STRANGER: Final = Contents(
    application_type="EXTENSION_OF_PERIOD",
    signer_name="STRANGER SAMPLE",
    files=[],
    csv_row={"1 氏名": "STRANGER SAMPLE", "2 電子メールアドレス": "stranger@sandbox.example"},
    period_expires_on=None,
    collection_method="POST",
)
"""What the agency has of an application that came another way."""


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
        self,
        *,
        clock: SandboxClock,
        faults: Faults,
        automatic: AutomaticOfficer,
        mailbox: Mailbox,
        agency: Agency,
        feed: Feed,
        offers: Offers,
        maintenance: MaintenancePlan,
        dkim_key: DkimKey,
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._automatic = automatic
        self._mailbox = mailbox
        self._agency = agency
        self._feed = feed
        self._offers = offers
        self._maintenance = maintenance
        self._dkim_key = dkim_key

    async def clock(self) -> ClockReading:
        """`GET /sandbox/clock`."""
        return ClockReading(
            offset_seconds=self._clock.offset.total_seconds(), now=self._clock.now(), today=self._clock.today()
        )

    async def set_clock(self, setting: ClockSetting) -> ClockReading:
        """`POST /sandbox/clock`."""
        self._clock.set_offset(timedelta(seconds=setting.offset_seconds))
        self._feed.tell_what_was_delayed()
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
                supplies=self._agency.registry.supplies(application.request_id),
            )
            for application in self._agency.registry.applications()
        ]

    async def offers(self) -> list[Offer]:
        """`GET /sandbox/offers`: what the interface offers."""
        return sorted(self._offers.names)

    async def set_offers(self, names: list[Offer]) -> list[Offer]:
        """`POST /sandbox/offers`: this from now on, and nothing else."""
        self._offers.names = frozenset(names)
        return await self.offers()

    async def add_stranger(self) -> StatusRecord:
        """`POST /sandbox/strangers`: an application that nobody sent through this interface has its number."""
        request_id = f"stranger-{secrets.token_hex(8)}"
        self._agency.receive(request_id, sha256="", size=0, contents=_STRANGER)
        self._agency.issue_receipt_number(request_id)
        return self._agency.registry.application(request_id).record

    async def maintenance(self) -> Maintenance:
        """`GET /sandbox/maintenance`: what `GET /v1/maintenance` says."""
        return self._maintenance.announced()

    async def announce(self, notice: Notice) -> Maintenance:
        """`POST /sandbox/maintenance`."""
        self._maintenance.announce(**dict(notice))
        return await self.maintenance()

    async def withdraw_notice(self, notice_id: str) -> Maintenance:
        """`DELETE /sandbox/maintenance/{notice_id}`."""
        self._maintenance.withdraw(notice_id)
        return await self.maintenance()

    async def set_outage(self, setting: OutageSetting) -> Maintenance:
        """`POST /sandbox/outage`."""
        self._maintenance.set_outage(setting.on)
        return await self.maintenance()

    async def dkim(self) -> DnsRecord:
        """`GET /sandbox/dkim`: where the agency's mails say that their key is."""
        return DnsRecord(name=self._dkim_key.record_name, txt=self._dkim_key.record_text)

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
        router.add_api_route("/offers", self.offers, methods=["GET"])
        router.add_api_route("/offers", self.set_offers, methods=["POST"])
        router.add_api_route("/strangers", self.add_stranger, methods=["POST"])
        router.add_api_route("/maintenance", self.maintenance, methods=["GET"])
        router.add_api_route("/maintenance", self.announce, methods=["POST"])
        router.add_api_route("/maintenance/{notice_id}", self.withdraw_notice, methods=["DELETE"])
        router.add_api_route("/outage", self.set_outage, methods=["POST"])
        router.add_api_route("/dkim", self.dkim, methods=["GET"])
        return router


class StartPage:
    """The first page: the way to all others, and the levers as forms."""

    def __init__(self, levers: Levers, clock: SandboxClock, pages: Pages) -> None:
        self._levers = levers
        self._clock = clock
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
            axes=list(Axis),
            offered=await self._levers.offers(),
            every_offer=list(Offer),
            maintenance=await self._levers.maintenance(),
            suggested_window=_tonight(self._clock.today()),
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
        self,
        kind: Annotated[Fault, Form()],
        call: Annotated[Call, Form()],
        count: Annotated[int, Form(ge=0)],
        axis: Annotated[Axis, Form()] = Axis.APPLICATION,
    ) -> RedirectResponse:
        """`POST /levers/faults`."""
        await self._levers.arm(FaultOrder(kind=kind, call=call, count=count, axis=axis))
        return to("/")

    async def set_offers(self, names: Annotated[list[Offer], Form(default_factory=list)]) -> RedirectResponse:
        """`POST /levers/offers`: everything that is ticked."""
        await self._levers.set_offers(names)
        return to("/")

    async def add_stranger(self) -> RedirectResponse:
        """`POST /levers/strangers`."""
        await self._levers.add_stranger()
        return to("/officer")

    async def announce(
        self, begins: Annotated[datetime, Form()], ends: Annotated[datetime, Form()], title: Annotated[str, Form()]
    ) -> RedirectResponse:
        """`POST /levers/maintenance`: times in Japan."""
        notice = Notice(begins=begins.replace(tzinfo=JAPAN), ends=ends.replace(tzinfo=JAPAN), title=title)
        await self._levers.announce(notice)
        return to("/")

    async def withdraw_notice(self, notice_id: str) -> RedirectResponse:
        """`POST /levers/maintenance/{notice_id}/withdrawal`."""
        await self._levers.withdraw_notice(notice_id)
        return to("/")

    async def set_outage(self, on: Annotated[bool, Form()]) -> RedirectResponse:
        """`POST /levers/outage`."""
        await self._levers.set_outage(OutageSetting(on=on))
        return to("/")

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(dependencies=[Depends(same_origin)])
        router.add_api_route("/", self.show, methods=["GET"])
        router.add_api_route("/levers/clock", self.set_clock, methods=["POST"])
        router.add_api_route("/levers/automatic", self.set_automatic, methods=["POST"])
        router.add_api_route("/levers/faults", self.arm, methods=["POST"])
        router.add_api_route("/levers/offers", self.set_offers, methods=["POST"])
        router.add_api_route("/levers/strangers", self.add_stranger, methods=["POST"])
        router.add_api_route("/levers/maintenance", self.announce, methods=["POST"])
        router.add_api_route("/levers/maintenance/{notice_id}/withdrawal", self.withdraw_notice, methods=["POST"])
        router.add_api_route("/levers/outage", self.set_outage, methods=["POST"])
        return router


def _tonight(today: date) -> tuple[str, str]:
    """What the form for a window suggests, as a form's field wants it: the coming night in Japan."""
    tomorrow = today + timedelta(days=1)
    return f"{today}T22:00", f"{tomorrow}T06:00"
