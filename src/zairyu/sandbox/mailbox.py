"""The mailbox: every mail that came, kept as it came."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from zairyu.sandbox.clock import SandboxClock

_TABLES = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    message_id TEXT NOT NULL,
    content BLOB NOT NULL
);
"""

_SELECT_MAILS = """
SELECT mail.*, (
    SELECT count(*) FROM mail AS earlier WHERE earlier.message_id = mail.message_id AND earlier.id < mail.id
) AS repeats
FROM mail
"""


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """One delivery of a mail."""

    id: int
    received_at: datetime
    sender: str
    recipients: list[str]
    message_id: str
    repeats: int
    """How often a mail with this Message-ID had come before; more than none marks a repeat."""
    subject: str
    text: str
    """The plain text. It was written by others: never markup."""


class Mailbox:
    """What the mail server of the sandbox took, whoever it was for."""

    def __init__(self, database: sqlite3.Connection, clock: SandboxClock) -> None:
        self._database = database
        self._clock = clock
        database.executescript(_TABLES)

    def keep(self, sender: str, recipients: list[str], content: bytes) -> None:
        """Keep a mail, also one that came before: a person would have it twice."""
        message_id = str(_parsed(content)["Message-ID"] or "").strip()
        with self._database:
            self._database.execute(
                "INSERT INTO mail (received_at, sender, recipients, message_id, content) VALUES (?, ?, ?, ?, ?)",
                (self._clock.now().isoformat(), sender, "\n".join(recipients), message_id, content),
            )

    def mails(self) -> list[ReceivedMail]:
        """All of them, the newest first."""
        return [_mail(row) for row in self._database.execute(f"{_SELECT_MAILS} ORDER BY id DESC")]

    def mail(self, number: int) -> ReceivedMail | None:
        """One of them, if it exists."""
        row = self._database.execute(f"{_SELECT_MAILS} WHERE id = ?", (number,)).fetchone()
        return _mail(row) if row else None


def _parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def _mail(row: sqlite3.Row) -> ReceivedMail:
    message = _parsed(row["content"])
    body = message.get_body(("plain",))
    return ReceivedMail(
        id=row["id"],
        received_at=datetime.fromisoformat(row["received_at"]),
        sender=row["sender"],
        recipients=row["recipients"].split("\n"),
        message_id=row["message_id"],
        repeats=row["repeats"],
        subject=str(message["Subject"] or ""),
        text=body.get_content() if body is not None else "",
    )
