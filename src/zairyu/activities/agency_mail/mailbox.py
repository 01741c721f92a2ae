"""The mailbox that the agency writes to, by IMAP. Mails are moved, and never deleted. Knows no Temporal."""

import imaplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError

from zairyu.activities.agency_mail.errors import (
    AgencyMailboxLoginRefused,
    AgencyMailboxUnavailable,
    AgencyMailboxUnfit,
    AgencyMailError,
)

TAKEN: Final = "Zairyu-taken"
"""The folder of the mails whose news an application has."""
FOR_A_PERSON: Final = "Zairyu-for-a-person"
"""The folder of those that a person has to read."""

_ANSWERS_WITHIN: Final = 30.0
"""Seconds."""
_PERSONAL_NAMESPACE: Final = re.compile(rb'^\(\("((?:[^"\\]|\\.)*)"')
_FACTS: Final = re.compile(rb"\bUID (?P<uid>\d+)\b"), re.compile(rb"\bRFC822\.SIZE (?P<size>\d+)\b")
_DELETED: Final = re.compile(rb"\\Deleted\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class MailboxAccount:
    """Where the mailbox is, and who we are there."""

    host: str
    port: int
    username: str
    password: str
    tls: bool = True

    def __repr__(self) -> str:
        return f"MailboxAccount({self.host}:{self.port})"


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A mail in the mailbox."""

    uid: str
    """Its number in this connection."""
    at: datetime
    """When it came, by the mail server's clock."""
    size: int
    """In bytes."""


class AgencyMailbox:
    """One connection. Every call waits for the server, so it belongs into a thread, and one thread at a time.

    The server's numbers of mails count only within a connection: none of them is kept.
    """

    def __init__(self, account: MailboxAccount) -> None:
        self._account = account
        self._ended = threading.Event()
        self._box: BaseMailBox | None = None

    def open(self) -> None:
        """Connect, and make the folders that are missing.

        Raises:
            AgencyMailboxUnavailable: the server does not answer, or nobody wants the connection any more.
            AgencyMailboxLoginRefused: the server does not let us in.
            AgencyMailboxUnfit: it cannot move mails.
        """
        try:
            with _speaking():
                self._box = _connected(self._account)
                self._box.login(self._account.username, self._account.password)
                self._prepare()
        except AgencyMailError:
            self.close()
            raise
        if self._ended.is_set():
            # While it was on its way; whoever ended it saw nothing to close.
            self.close()
            raise AgencyMailboxUnavailable

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arrived(self) -> Sequence[Arrived]:
        """What lies in the inbox, oldest first.

        Raises:
            AgencyMailboxUnavailable: the server does not answer.
        """
        with _speaking():
            self._server.client.noop()
            # Not by their numbers: of some thousand mails no server takes the list in one line.
            _, lines = self._server.client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE RFC822.SIZE)")
        mails = (_facts(line) for line in lines if isinstance(line, bytes))
        return tuple(sorted((mail for mail in mails if mail is not None), key=lambda mail: (mail.at, int(mail.uid))))

    def content(self, mail: Arrived, *, at_most: int) -> bytes | None:
        """The first bytes of a mail, which stays unread; nothing when it has gone meanwhile.

        Raises:
            AgencyMailboxUnavailable: the server does not answer.
        """
        with _speaking():
            _, parts = self._server.client.uid("FETCH", mail.uid, f"(BODY.PEEK[]<0.{at_most}>)")
        return next((part[1] for part in parts if isinstance(part, tuple)), None)

    def move(self, mail: Arrived, folder: str) -> None:
        """Put a mail into one of our folders. One that has gone meanwhile is no matter.

        Raises:
            AgencyMailboxUnavailable: the server does not answer.
        """
        with _speaking():
            self._server.move(mail.uid, self._prefix + folder)

    def wait(self, seconds: float) -> None:
        """Until something comes, or for so many seconds.

        Raises:
            AgencyMailboxUnavailable: the connection is lost.
        """
        with _speaking():
            if "IDLE" in self._server.client.capabilities:
                self._server.idle.wait(timeout=seconds)
            else:
                self._ended.wait(seconds)

    def wake(self) -> None:
        """Break the connection off, from any thread: whoever waits in another is woken, and finds it lost."""
        self._ended.set()
        if self._box is not None:
            with suppress(OSError):
                # Of the plain socket: TLS would want to say good-bye, while the other thread listens.
                socket.socket.shutdown(self._box.client.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection, from any thread."""
        self.wake()
        if self._box is not None:
            with suppress(OSError):
                self._box.client.shutdown()

    @property
    def _server(self) -> BaseMailBox:
        assert self._box is not None, "open it first"  # noqa: S101
        return self._box

    def _prepare(self) -> None:
        """Ask what the server can do now that we are in, and make the folders that are missing.

        Raises:
            AgencyMailboxUnfit: it cannot move mails.
        """
        client = self._server.client
        # The library knows only what it could do before the login.
        client.capabilities = tuple(sorted(_words(client.capability()[1])))
        if "MOVE" not in client.capabilities:
            raise AgencyMailboxUnfit
        self._prefix = self._prefix_of_folders()
        for folder in (TAKEN, FOR_A_PERSON):
            self._make(self._prefix + folder)

    def _prefix_of_folders(self) -> str:
        """Some servers have all folders below the inbox."""
        if "NAMESPACE" not in self._server.client.capabilities:
            return ""
        _, said = self._server.client.namespace()
        match = _PERSONAL_NAMESPACE.match(said[0] or b"")
        return match[1].decode(errors="replace") if match else ""

    def _make(self, folder: str) -> None:
        if not self._server.folder.exists(folder):
            self._server.folder.create(folder)
            # People's mail programs list what is subscribed to.
            self._server.folder.subscribe(folder, True)


@contextmanager
def _speaking() -> Iterator[None]:
    """Say in our own words what went wrong. Without the cause: its text may hold the name or the password."""
    try:
        yield
    except MailboxLoginError:
        raise AgencyMailboxLoginRefused from None
    except (ImapToolsError, imaplib.IMAP4.error, OSError, UnicodeError) as error:
        raise AgencyMailboxUnavailable(detail=type(error).__name__) from None


def _connected(account: MailboxAccount) -> BaseMailBox:
    if not account.tls:
        return MailBoxUnencrypted(account.host, account.port, timeout=_ANSWERS_WITHIN)
    # The library by itself would believe any certificate.
    return MailBox(account.host, account.port, timeout=_ANSWERS_WITHIN, ssl_context=ssl.create_default_context())


def _words(lines: Sequence[bytes | None]) -> set[str]:
    return {word.decode(errors="replace").upper() for line in lines for word in (line or b"").split()}


def _facts(line: bytes) -> Arrived | None:
    uid, size = (pattern.search(line) for pattern in _FACTS)
    came = imaplib.Internaldate2tuple(line)
    if uid is None or size is None or came is None or _DELETED.search(line):
        return None
    return Arrived(uid=uid["uid"].decode(), at=datetime.fromtimestamp(time.mktime(came), UTC), size=int(size["size"]))
