"""The sandbox's one SQLite file. Each part keeps its own tables in it."""

import sqlite3
from pathlib import Path


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it.

    The connection belongs to the event loop's thread: every write is done there, in one go, so that no lock is
    needed. The write-ahead log keeps a state that survives the death of the process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    return database
