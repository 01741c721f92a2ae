"""The sandbox's clock: real time and an offset, so that a test skips weeks in one request."""

import calendar
import sqlite3
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

JAPAN = ZoneInfo("Asia/Tokyo")

_TABLES = """
CREATE TABLE IF NOT EXISTS clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    offset_seconds REAL NOT NULL
);
"""


def day_in_japan(moment: datetime) -> date:
    """The day in Japan on which a moment falls."""
    return moment.astimezone(JAPAN).date()


def months_later(day: date, months: int) -> date:
    """The same day so many calendar months later (or earlier), or the last day of a month that is too short."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class SandboxClock:
    """Every date and time that the sandbox gives or compares comes from here."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_TABLES)
        row = database.execute("SELECT offset_seconds FROM clock").fetchone()
        self._offset = timedelta(seconds=row["offset_seconds"] if row else 0)

    @property
    def offset(self) -> timedelta:
        """How far the clock is ahead of real time."""
        return self._offset

    def set_offset(self, offset: timedelta) -> None:
        """Move the clock. It stays moved after a restart, or the news would run backwards."""
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO clock VALUES (1, ?)", (offset.total_seconds(),))
        self._offset = offset

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """The day in Japan."""
        return day_in_japan(self.now())
