"""When the interface rests: windows that are announced beforehand, and an outage that nobody planned."""

import math
import sqlite3
from datetime import datetime
from typing import Final

from zairyu.activities.mynaportal.wire import Maintenance, Window
from zairyu.sandbox.case import NotFound, Refusal
from zairyu.sandbox.clock import SandboxClock
from zairyu.sandbox.problems import ProblemError

_TABLES = """
CREATE TABLE IF NOT EXISTS maintenance_window (
    notice_id TEXT PRIMARY KEY,
    begins TEXT NOT NULL,
    ends TEXT NOT NULL,
    title TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outage (
    one INTEGER PRIMARY KEY CHECK (one = 1)
);
"""

_OUTAGE_RETRY: Final = 60
"""Seconds; nobody knows when an outage ends."""


class MaintenancePlan:
    """What was announced. It survives a restart."""

    def __init__(self, database: sqlite3.Connection, clock: SandboxClock) -> None:
        self._database = database
        self._clock = clock
        database.executescript(_TABLES)

    def announced(self) -> Maintenance:
        """The windows of now and later, the next one first, and whether there is an outage."""
        now = self._clock.now()
        rows = self._database.execute("SELECT * FROM maintenance_window")
        windows = [Window.model_validate(dict(row)) for row in rows]
        return Maintenance(
            windows=sorted((window for window in windows if now < window.ends), key=lambda window: window.begins),
            outage=self._outage(),
        )

    def announce(self, *, begins: datetime, ends: datetime, title: str, notice_id: str) -> None:
        """Announce a window; the same notice once more says that it was moved.

        Raises:
            Refusal: it ends before it begins.
        """
        if ends <= begins:
            raise Refusal("WINDOW_ENDS_BEFORE_IT_BEGINS", "a window ends after it begins")
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO maintenance_window VALUES (?, ?, ?, ?)",
                (notice_id, begins.isoformat(), ends.isoformat(), title),
            )

    def withdraw(self, notice_id: str) -> None:
        """Take a window back.

        Raises:
            NotFound: none was announced under this notice.
        """
        with self._database:
            gone = self._database.execute("DELETE FROM maintenance_window WHERE notice_id = ?", (notice_id,))
        if not gone.rowcount:
            raise NotFound("NO_SUCH_NOTICE", "no window was announced under this notice")

    def set_outage(self, on: bool) -> None:
        """Say that there is an outage, or that it is over."""
        with self._database:
            self._database.execute("INSERT OR IGNORE INTO outage VALUES (1)" if on else "DELETE FROM outage")

    async def check(self) -> None:
        """A dependency of every call that is not answered meanwhile."""
        if self._outage():
            raise ProblemError(503, "OUTAGE", "the interface is out of order", retry_after=_OUTAGE_RETRY)
        now = self._clock.now()
        holding = [window for window in self.announced().windows if window.begins <= now]
        if holding:
            seconds = (max(window.ends for window in holding) - now).total_seconds()
            raise ProblemError(503, "MAINTENANCE", "the interface is being maintained", retry_after=math.ceil(seconds))

    def _outage(self) -> bool:
        return self._database.execute("SELECT 1 FROM outage").fetchone() is not None
