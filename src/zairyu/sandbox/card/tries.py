"""The counters of wrong tries: neither power nor a restart gives tries back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final


class PinName(StrEnum):
    """The PINs of a card, each with a counter."""

    SIGN_PASSWORD = "SIGN_PASSWORD"  # noqa: S105
    """JPKI application, 001B."""
    AUTH_PIN = "AUTH_PIN"
    """JPKI application, 0018."""
    CARD_INFO_PIN = "CARD_INFO_PIN"
    """Card-info application, 0011."""


FULL: Final = {PinName.SIGN_PASSWORD: 5, PinName.AUTH_PIN: 3, PinName.CARD_INFO_PIN: 3}
"""How many tries a PIN has."""

_TABLE: Final = "CREATE TABLE IF NOT EXISTS tries (pin TEXT PRIMARY KEY, left INTEGER NOT NULL) WITHOUT ROWID"


class TryCounters:
    """The counters of one card, in a file that several processes may use at once.

    SQLite, for a lock that works on every system and goes away with the process that holds it.
    """

    def __init__(self, file: Path) -> None:
        """Name the file; it is made when first used."""
        self._file = file

    def left(self, pin: PinName) -> int:
        """How many tries a PIN has left."""
        with self._open() as database:
            row = database.execute("SELECT left FROM tries WHERE pin = ?", (pin,)).fetchone()
        return FULL[pin] if row is None else int(row[0])

    def spend(self, pin: PinName) -> int | None:
        """Use up one try.

        Returns:
            How many are left; nothing when there was none to use up.
        """
        with self._open() as database:
            database.execute("INSERT INTO tries VALUES (?, ?) ON CONFLICT DO NOTHING", (pin, FULL[pin]))
            rows = database.execute(
                "UPDATE tries SET left = left - 1 WHERE pin = ? AND left > 0 RETURNING left", (pin,)
            ).fetchall()
        return int(rows[0][0]) if rows else None

    def exhaust(self, pin: PinName) -> None:
        """Leave a PIN no try."""
        self._set(pin, 0)

    def restore(self, pin: PinName) -> None:
        """Give a PIN its full number of tries."""
        self._set(pin, FULL[pin])

    def _set(self, pin: PinName, left: int) -> None:
        with self._open() as database:
            database.execute(
                "INSERT INTO tries VALUES (?, ?) ON CONFLICT DO UPDATE SET left = excluded.left", (pin, left)
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction. Opened afresh each time, since a connection belongs to one thread."""
        with closing(sqlite3.connect(self._file, isolation_level=None)) as database, database:
            # A crash of the computer may give tries back; that of a process does not.
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN IMMEDIATE")
            database.execute(_TABLE)
            yield database
