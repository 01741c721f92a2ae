"""The automatic officer: does an officer's next step when an application has been left alone for a while.

It keeps nothing in mind. The next step follows from the record, so that it goes on after a restart, and a person
can step in at any time.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from zairyu.sandbox.agency import Agency
from zairyu.sandbox.case import Action, Documents, Period, grants_period
from zairyu.sandbox.clock import SandboxClock
from zairyu.sandbox.registry import Application

_LOOKS_EVERY: Final = 0.2
_ASKS_FOR: Final = ["住民税の課税証明書（直近1年分） / Certificate of taxation for the last year"]
_TIME_TO_SUPPLY: Final = timedelta(days=14)


class AutomaticOfficer:
    """Looks at the registry again and again, and does what is due."""

    def __init__(
        self, agency: Agency, clock: SandboxClock, *, on: bool, pace: timedelta, receipt_delay: timedelta | None
    ) -> None:
        self._agency = agency
        self._clock = clock
        self._receipt_delay = receipt_delay
        self.on = on
        self.pace = pace

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self.do_what_is_due()
            await asyncio.sleep(_LOOKS_EVERY)

    def do_what_is_due(self) -> None:
        """One step for each application that has waited long enough by the sandbox's clock."""
        if not self.on and self._receipt_delay is None:
            return
        now = self._clock.now()
        for application in self._agency.registry.applications():
            step = self._due_step(application, now)
            if step is not None:
                step()

    def _due_step(self, application: Application, now: datetime) -> Callable[[], None] | None:
        waited = now - application.record.reported_at
        agency, request_id = self._agency, application.request_id
        if Action.ISSUE_RECEIPT_NUMBER in application.open_actions:
            delays = [self.pace] if self.on else []
            delays += [] if self._receipt_delay is None else [self._receipt_delay]
            return (lambda: agency.issue_receipt_number(request_id)) if waited >= min(delays) else None
        if not self.on or waited < self.pace:
            return None
        return next_step(agency, self._clock, application)


def next_step(agency: Agency, clock: SandboxClock, application: Application) -> Callable[[], None] | None:
    """What an officer in no mood for surprises does next; nothing while it is for others to act."""
    request_id, record, can = application.request_id, application.record, application.open_actions
    if Action.START_EXAMINATION in can:
        return lambda: agency.start_examination(request_id)
    if Action.REQUEST_DOCUMENTS in can and not record.document_requests:
        return lambda: agency.request_documents(request_id, _ASKS_FOR, clock.today() + _TIME_TO_SUPPLY)
    if Action.PERMIT in can and record.documents != Documents.WANTED:
        period = Period(years=3) if grants_period(application.application_type) else None
        return lambda: agency.permit(request_id, period)
    if Action.MARK_READY in can:
        return lambda: agency.mark_ready(request_id)
    if Action.MARK_SENT in can:
        return lambda: agency.mark_sent(request_id)
    return None
