"""Telling applications what the agency says of them, each once."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.errors import MynaportalAnswerUnreadable
from zairyu.activities.mynaportal.ledger import Ledger
from zairyu.activities.mynaportal.status_words import report_of
from zairyu.models.interface import InterfaceProfile
from zairyu.models.messages import StatusChanged
from zairyu.models.names import application_of_request, application_workflow_id, is_registration

_AT_ONCE: Final = 20
"""Signals under way at the same time."""

_log = structlog.get_logger(__name__)


@dataclass
class Told:
    """What became of some records; each by its request id."""

    applications: list[str] = field(default_factory=list)
    """Those that heard something new."""
    nobody: list[str] = field(default_factory=list)
    """No application of ours was ever sent under it."""
    unreadable: dict[str, int] = field(default_factory=dict)
    """A record holds a value that cannot be: this revision."""


class Teller:
    """Signals the applications that the ledger does not know to have been told."""

    def __init__(self, temporal: Client, profile: InterfaceProfile, ledger: Ledger) -> None:
        self._temporal = temporal
        self._profile = profile
        self._ledger = ledger
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def tell(self, records: Iterable[wire.StatusRecord]) -> Told:
        """Tell each application those of its records that are news, each once and in their order.

        A record is a whole, and the newest is the truth; but the days on which something happened stand in those
        before it.

        Raises:
            RPCError: the server did not take a signal.
        """
        by_application: dict[str, list[wire.StatusRecord]] = {}
        for record in sorted(records, key=lambda each: each.revision):
            # What comes of a registration is mailed to the user, and the user tells.
            if not is_registration(record.request_id):
                by_application.setdefault(record.request_id, []).append(record)
        told = Told()
        # All are taken or have failed before anything is said of the page.
        outcomes = await asyncio.gather(
            *(self._tell_one(its_own, told) for its_own in by_application.values()), return_exceptions=True
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return told

    async def _tell_one(self, records: Sequence[wire.StatusRecord], told: Told) -> None:
        # The feed and the sweep may bring the same at the same time.
        async with self._turns.setdefault(records[0].request_id, asyncio.Lock()):
            for record in records:
                if record.revision > self._ledger.revision(record.request_id):
                    await self._tell_news(record, told)

    async def _tell_news(self, record: wire.StatusRecord, told: Told) -> None:
        try:
            report = report_of(record, self._profile)
        except MynaportalAnswerUnreadable:
            # One bad record must not stop the news of everybody else.
            _log.error("record-unreadable", request_id=record.request_id, event_id=record.event_id)
            self._ledger.note(record.request_id, record.revision)
            told.unreadable[record.request_id] = record.revision
            return
        handle = self._temporal.get_workflow_handle(application_workflow_id(application_of_request(record.request_id)))
        async with self._places:
            try:
                await handle.signal("status_changed", StatusChanged(report=report))
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                await self._ask_why(handle.id, record, told)
                self._ledger.close(record.request_id)
            else:
                told.applications.append(record.request_id)
                self._ledger.note(record.request_id, record.revision)

    async def _ask_why(self, workflow_id: str, record: wire.StatusRecord, told: Told) -> None:
        try:
            await self._temporal.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            _log.warning("news-of-nobody", request_id=record.request_id, event_id=record.event_id)
            told.nobody.append(record.request_id)
        else:
            _log.info("news-of-closed-application", request_id=record.request_id, event_id=record.event_id)
