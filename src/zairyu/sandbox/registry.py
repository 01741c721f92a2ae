"""The agency's registry: applications, and the feed of everything that happens to them.

An application is its events. Each change appends one whole record with the next revision of the application and
the next place in the feed; the newest record is the truth, and nothing is ever overwritten.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from zairyu.activities.mynaportal.wire import StatusRecord
from zairyu.sandbox.case import Action, NotFound, Stage, open_actions
from zairyu.sandbox.clock import SandboxClock

_TABLES = """
CREATE TABLE IF NOT EXISTS application (
    request_id TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    contents TEXT NOT NULL,
    collection_method TEXT NOT NULL,
    payment_number TEXT UNIQUE,
    revision INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL REFERENCES application,
    revision INTEGER NOT NULL,
    record TEXT NOT NULL,
    UNIQUE (request_id, revision)
);
CREATE TABLE IF NOT EXISTS supply (
    request_id TEXT NOT NULL REFERENCES application,
    number INTEGER NOT NULL,
    supply_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    accepted_at TEXT NOT NULL,
    complete INTEGER NOT NULL,
    signer_name TEXT,
    PRIMARY KEY (request_id, number, supply_id)
);
CREATE TABLE IF NOT EXISTS kept_from_feed (
    event_id TEXT PRIMARY KEY,
    until TEXT
);
CREATE TABLE IF NOT EXISTS serial (
    name TEXT PRIMARY KEY,
    last INTEGER NOT NULL
);
"""

_MANY_SUPPLIES_FOR_ONE_REQUEST = f"""
BEGIN;
ALTER TABLE supply RENAME TO single_supply;
{_TABLES}
INSERT INTO supply SELECT *, 1, NULL FROM single_supply;
DROP TABLE single_supply;
COMMIT;
"""  # noqa: S608  no words but our own
"""What a database of an older release needs, in which one supply answered a request."""

_SELECT_APPLICATIONS = """
SELECT application.*, event.record
FROM application JOIN event USING (request_id, revision)
"""


class PackageFile(BaseModel):
    """One file inside a package."""

    model_config = ConfigDict(frozen=True, from_attributes=True, hide_input_in_errors=True)

    name: str
    size: int
    sha256: str


class Contents(BaseModel):
    """What the agency found in a package when it checked it."""

    model_config = ConfigDict(frozen=True, from_attributes=True, hide_input_in_errors=True)

    application_type: str
    signer_name: str
    files: list[PackageFile]
    csv_row: dict[str, str]
    period_expires_on: date | None
    cause_on: date | None = None
    collection_method: str
    concurrent_permissions: list[str] = []
    re_entry: str | None = None


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application in the registry."""

    request_id: str
    sha256: str
    size: int
    contents: Contents
    collection_method: str
    record: StatusRecord

    @property
    def application_type(self) -> str:
        """The type that was filed, for example `EXTENSION_OF_PERIOD`."""
        return self.contents.application_type

    @property
    def open_actions(self) -> frozenset[Action]:
        """What an officer can do with it now; nobody examines a registration."""
        if self.application_type == "USER_REGISTRATION":
            return frozenset()
        return open_actions(self.record, self.collection_method)


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Documents that were supplied for a request: one of its supplies."""

    number: int
    """Of the request."""
    supply_id: str
    sha256: str
    size: int
    accepted_at: datetime
    complete: bool = True
    """Whether nothing more follows for the request."""
    signer_name: str | None = None
    """Who signed it; nothing where supplies are not signed."""


class Registry:
    """What the agency knows. Writes are made inside `entry()`: all of them or none."""

    def __init__(self, database: sqlite3.Connection, clock: SandboxClock) -> None:
        self._database = database
        self._clock = clock
        self._news = asyncio.Event()
        self._closed = False
        columns = {row["name"] for row in database.execute("PRAGMA table_info(supply)")}
        if columns and "complete" not in columns:
            database.executescript(_MANY_SUPPLIES_FOR_ONE_REQUEST)
        database.executescript(_TABLES)

    @contextmanager
    def entry(self) -> Iterator[None]:
        """One entry in the registry; whoever waits for news hears of it when it is complete."""
        with self._database:
            yield
        self._announce()

    def add(self, request_id: str, *, provisional_number: str, sha256: str, size: int, contents: Contents) -> None:
        """A new application, received now."""
        self._database.execute(
            "INSERT INTO application (request_id, sha256, size, contents, collection_method, revision)"
            " VALUES (?, ?, ?, ?, ?, 0)",
            (request_id, sha256, size, contents.model_dump_json(), contents.collection_method),
        )
        now = self._clock.now()
        self._append(
            StatusRecord(
                event_id=f"{request_id}/1",
                request_id=request_id,
                revision=1,
                accepted_at=now,
                reported_at=now,
                provisional_number=provisional_number,
                application=Stage.RECEIVED,
                documents="",
                collection="",
                outcome="",
            )
        )

    def change(self, before: StatusRecord, **changes: object) -> None:
        """The next record of an application."""
        revision = before.revision + 1
        now = {
            "event_id": f"{before.request_id}/{revision}",
            "revision": revision,
            "reported_at": self._clock.now(),
        }
        self._append(StatusRecord.model_validate(dict(before) | changes | now))

    def _append(self, record: StatusRecord) -> None:
        self._database.execute(
            "INSERT INTO event (request_id, revision, record) VALUES (?, ?, ?)",
            (record.request_id, record.revision, record.model_dump_json()),
        )
        self._database.execute(
            "UPDATE application SET revision = ? WHERE request_id = ?", (record.revision, record.request_id)
        )

    def add_supply(self, request_id: str, supply: Supply) -> None:
        """Documents that came in."""
        self._database.execute(
            "INSERT INTO supply VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request_id,
                supply.number,
                supply.supply_id,
                supply.sha256,
                supply.size,
                supply.accepted_at.isoformat(),
                supply.complete,
                supply.signer_name,
            ),
        )

    def set_collection_method(self, request_id: str, method: str) -> None:
        """How the result is to be collected."""
        self._database.execute(
            "UPDATE application SET collection_method = ? WHERE request_id = ?", (method, request_id)
        )

    def set_payment_number(self, request_id: str, payment_number: str) -> None:
        """The number under which the fee is paid."""
        self._database.execute(
            "UPDATE application SET payment_number = ? WHERE request_id = ?", (payment_number, request_id)
        )

    def next_serial(self, name: str) -> int:
        """The next number of a series, from 1."""
        row = self._database.execute(
            "INSERT INTO serial VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last",
            (name,),
        ).fetchone()
        return int(row["last"])

    def find(self, request_id: str) -> Application | None:
        """One application, if it exists."""
        row = self._database.execute(f"{_SELECT_APPLICATIONS} WHERE request_id = ?", (request_id,)).fetchone()
        return _application(row) if row else None

    def application(self, request_id: str) -> Application:
        """One application.

        Raises:
            NotFound: there is none.
        """
        application = self.find(request_id)
        if application is None:
            raise NotFound("APPLICATION_NOT_FOUND", "there is no application under this request id")
        return application

    def with_payment_number(self, payment_number: str) -> Application | None:
        """The application whose fee is paid under a number."""
        row = self._database.execute(f"{_SELECT_APPLICATIONS} WHERE payment_number = ?", (payment_number,)).fetchone()
        return _application(row) if row else None

    def applications(self) -> list[Application]:
        """All of them, the newest first."""
        rows = self._database.execute(f"{_SELECT_APPLICATIONS} ORDER BY application.rowid DESC")
        return [_application(row) for row in rows]

    def history(self, request_id: str) -> list[StatusRecord]:
        """Every record of an application, the oldest first."""
        rows = self._database.execute("SELECT record FROM event WHERE request_id = ? ORDER BY revision", (request_id,))
        return [StatusRecord.model_validate_json(row["record"]) for row in rows]

    def supplies(self, request_id: str) -> list[Supply]:
        """What was supplied for an application: by request, and in the order in which it came."""
        rows = self._database.execute("SELECT * FROM supply WHERE request_id = ? ORDER BY number, rowid", (request_id,))
        return [
            Supply(
                number=row["number"],
                supply_id=row["supply_id"],
                sha256=row["sha256"],
                size=row["size"],
                accepted_at=datetime.fromisoformat(row["accepted_at"]),
                complete=bool(row["complete"]),
                signer_name=row["signer_name"],
            )
            for row in rows
        ]

    def news_after(self, sequence: int, limit: int) -> tuple[list[StatusRecord], int]:
        """The events after a place in the feed, the oldest first, and the place where they end."""
        rows = self._database.execute(
            "SELECT sequence, record FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?", (sequence, limit)
        ).fetchall()
        records = [StatusRecord.model_validate_json(row["record"]) for row in rows]
        kept = {row["event_id"] for row in self._database.execute("SELECT event_id FROM kept_from_feed")}
        told = [record for record in records if record.event_id not in kept]
        return told, rows[-1]["sequence"] if rows else sequence

    def keep_from_feed(self, event_ids: Sequence[str], until: datetime | None) -> None:
        """Let the feed leave events out until a moment, or for good."""
        moment = None if until is None else until.isoformat()
        with self._database:
            self._database.executemany(
                "INSERT INTO kept_from_feed VALUES (?, ?)", [(event_id, moment) for event_id in event_ids]
            )

    def return_to_feed(self, now: datetime) -> None:
        """Put the events whose moment has come at the end of the feed, where every reader comes upon them."""
        kept = self._database.execute("SELECT * FROM kept_from_feed WHERE until IS NOT NULL").fetchall()
        due = [row["event_id"] for row in kept if datetime.fromisoformat(row["until"]) <= now]
        if not due:
            return
        with self.entry():
            for event_id in due:
                request_id, _, revision = event_id.rpartition("/")
                self._database.execute("DELETE FROM kept_from_feed WHERE event_id = ?", (event_id,))
                self._database.execute(
                    "UPDATE event SET sequence = ? WHERE request_id = ? AND revision = ?",
                    (self.last_sequence() + 1, request_id, int(revision)),
                )

    def last_sequence(self) -> int:
        """The place where the feed ends now."""
        row = self._database.execute("SELECT coalesce(max(sequence), 0) AS last FROM event").fetchone()
        return int(row["last"])

    async def wait_for_news(self, after: int, seconds: float) -> None:
        """Return when the feed goes on after a place, or when the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while self.last_sequence() <= after and not self._closed:
                    await self._news.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Let go of everybody who waits for news."""
        self._closed = True
        self._announce()

    def _announce(self) -> None:
        heard, self._news = self._news, asyncio.Event()
        heard.set()


def _application(row: sqlite3.Row) -> Application:
    return Application(
        request_id=row["request_id"],
        sha256=row["sha256"],
        size=row["size"],
        contents=Contents.model_validate_json(row["contents"]),
        collection_method=row["collection_method"],
        record=StatusRecord.model_validate_json(row["record"]),
    )
