"""The officer's pages: the list, one application, and a button for everything that can be done with it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from zairyu.sandbox.agency import Agency
from zairyu.sandbox.automatic import AutomaticOfficer
from zairyu.sandbox.case import Action, Period, Refusal, grants_period
from zairyu.sandbox.clock import SandboxClock
from zairyu.sandbox.pages import Pages, same_origin, to
from zairyu.sandbox.registry import Application

_FORWARD: Final = {
    Action.ISSUE_RECEIPT_NUMBER: ("受付番号を発番する", "Issue the receipt number"),
    Action.START_EXAMINATION: ("審査を始める", "Start the examination"),
    Action.MARK_PAID: ("納付済みにする", "Mark the fee paid"),
    Action.MARK_READY: ("発行準備完了にする", "Mark it ready"),
    Action.MARK_SENT: ("送付済みにする", "Mark sent"),
    Action.HAND_OVER: ("受領済みにする", "Hand over"),
}
_AGAINST: Final = {
    Action.DENY: ("不許可にする", "Deny"),
    Action.WITHDRAW: ("取下げを記録する", "Record the withdrawal"),
    Action.TERMINATE: ("終止にする", "Terminate"),
}
_TIME_TO_SUPPLY: Final = timedelta(days=14)
"""What the form for a request of documents suggests."""


class OfficerPages:
    """The pages and their forms."""

    def __init__(self, agency: Agency, clock: SandboxClock, automatic: AutomaticOfficer, pages: Pages) -> None:
        self._agency = agency
        self._clock = clock
        self._automatic = automatic
        self._pages = pages
        self._buttons: dict[Action, Callable[[str], None]] = {
            Action.ISSUE_RECEIPT_NUMBER: agency.issue_receipt_number,
            Action.START_EXAMINATION: agency.start_examination,
            Action.MARK_PAID: agency.mark_paid,
            Action.MARK_READY: agency.mark_ready,
            Action.MARK_SENT: agency.mark_sent,
            Action.HAND_OVER: agency.hand_over,
            Action.DENY: agency.deny,
            Action.WITHDRAW: agency.withdraw,
            Action.TERMINATE: agency.terminate,
        }

    async def applications(self) -> HTMLResponse:
        """`GET /officer`."""
        return self._pages.show(
            "applications.html", applications=self._agency.registry.applications(), automatic=self._automatic
        )

    async def application(self, request_id: str) -> HTMLResponse:
        """`GET /officer/applications/{request_id}`."""
        application = self._agency.registry.application(request_id)
        return self._pages.show(
            "application.html",
            application=application,
            record=application.record,
            history=self._agency.registry.history(request_id),
            supplies=self._agency.registry.supplies(request_id),
            grants_period=grants_period(application.application_type),
            forward=_open_buttons(application, _FORWARD),
            against=_open_buttons(application, _AGAINST),
            suggested_due_on=self._clock.today() + _TIME_TO_SUPPLY,
            Action=Action,
        )

    async def request_documents(
        self, request_id: str, items: Annotated[str, Form()], due_on: Annotated[date, Form()]
    ) -> RedirectResponse:
        """`POST …/document-requests`: `items`, one on each line, and `due_on`."""
        asked = [line.strip() for line in items.splitlines() if line.strip()]
        if not asked:
            raise Refusal("NO_ITEMS", "name at least one document")
        self._agency.request_documents(request_id, asked, due_on)
        return to(f"/officer/applications/{request_id}")

    async def permit(
        self,
        request_id: str,
        years: Annotated[int, Form(ge=0, le=5)] = 0,
        months: Annotated[int, Form(ge=0, le=11)] = 0,
        days: Annotated[int, Form(ge=0, le=90)] = 0,
        expires_on: Annotated[date | None, Form()] = None,
    ) -> RedirectResponse:
        """`POST …/permission`: `years`, `months`, `days`, and `expires_on` where it is not to be reckoned."""
        period = Period(years=years, months=months, days=days) if years or months or days else None
        self._agency.permit(request_id, period, expires_on)
        return to(f"/officer/applications/{request_id}")

    async def press(self, request_id: str, action: Action) -> RedirectResponse:
        """`POST …/{action}`: an action that is one button."""
        self._buttons[action](request_id)
        return to(f"/officer/applications/{request_id}")

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/officer", dependencies=[Depends(same_origin)])
        router.add_api_route("", self.applications, methods=["GET"])
        one = "/applications/{request_id}"
        router.add_api_route(one, self.application, methods=["GET"])
        # Before the buttons: these two actions have fields.
        router.add_api_route(f"{one}/{Action.REQUEST_DOCUMENTS}", self.request_documents, methods=["POST"])
        router.add_api_route(f"{one}/{Action.PERMIT}", self.permit, methods=["POST"])
        router.add_api_route(f"{one}/{{action}}", self.press, methods=["POST"])
        return router


def _open_buttons(application: Application, labels: dict[Action, tuple[str, str]]) -> list[tuple[Action, str, str]]:
    return [(action, ja, en) for action, (ja, en) in labels.items() if action in application.open_actions]
