"""A private IMAP server for the tests: Debian's Dovecot, with its own configuration, folders and port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from zairyu.activities.agency_mail.mailbox import MailboxAccount
from zairyu.runtime.embedded import free_port

_STARTS_WITHIN = 10.0  # seconds
_PASSWORD = "opens-nothing-else"

_UNTIL_WE_END = """
PATH="$PATH:/usr/sbin" dovecot -F -c "$1" &
# The tests hold our standard input: it ends when they end, however they end.
read -r _ || true
kill $! || true
wait $! || true
"""

_CONFIGURATION = """
base_dir = {place}/run
state_dir = {place}/run
log_path = {place}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{place}/certificate.pem
ssl_key = <{place}/key.pem
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{place}/mail
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 0
# The tests put mails there as another user, whose files may not be linked.
maildir_copy_with_hardlinks = no
mailbox_idle_check_interval = 1 secs
# Less than it takes by itself, so that fewer mails are many.
imap_max_line_length = 8 k
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={place}/home
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = .
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """A server with one mailbox."""

    def __init__(self, *, prefix: str = "") -> None:
        """Make one that does not run yet.

        Args:
            prefix: Where all folders but the inbox lie, for example `INBOX.`.
        """
        _require_dovecot()
        self._place = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self._port, self._tls_port = free_port(), free_port()
        # Dovecot lets nobody read mails as root.
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._user: int | None = user.pw_uid if os.geteuid() == 0 else None
        self._group: int | None = user.pw_gid if os.geteuid() == 0 else None
        for folder in ("run", "home", "mail/tmp", "mail/new", "mail/cur"):
            (self._place / folder).mkdir(parents=True)
        group = subprocess.run(["id", "-gn", user.pw_name], capture_output=True, text=True, check=True).stdout.strip()
        self._configuration = self._place / "dovecot.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(
                place=self._place,
                user=user.pw_name,
                group=group,
                port=self._port,
                tls_port=self._tls_port,
                password=_PASSWORD,
                prefix=prefix,
            )
        )
        self._certify_itself()
        if self._user is not None:
            for path in (self._place, *self._place.rglob("*")):
                shutil.chown(path, user.pw_name, group)
        self.maildir = self._place / "mail"
        """Where anybody may put mails into the inbox."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def account(self) -> MailboxAccount:
        """The mailbox's own user."""
        return MailboxAccount(host="127.0.0.1", port=self._port, username="agency", password=_PASSWORD, tls=False)

    @property
    def account_over_tls(self) -> MailboxAccount:
        """The same by TLS, with a certificate that the server made itself."""
        return replace(self.account, port=self._tls_port, tls=True)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            ["sh", "-c", _UNTIL_WE_END, "sh", str(self._configuration)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # Of the log there is a file.
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=self._user,
            group=self._group,
            extra_groups=None if self._user is None else [],
        )
        until = time.monotonic() + _STARTS_WITHIN
        while True:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self._port)) == 0 and client.recv(4) == b"* OK":
                    return
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                pytest.fail(f"dovecot did not start:\n{self.log}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, and with it every connection."""
        if self._process is not None:
            self._process.communicate()
            # Those of its processes that still speak with somebody.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process = None

    def remove(self) -> None:
        """End it for good."""
        self.stop()
        shutil.rmtree(self._place, ignore_errors=True)

    @property
    def log(self) -> str:
        file = self._place / "dovecot.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def deliver(self, content: bytes, *, at: datetime | None = None) -> None:
        """Put a mail into the inbox, as a mail server does; by default it comes now."""
        # Not by the standard library, which would date it only after the server may have seen it.
        file = self.maildir / "tmp" / f"{time.time_ns()}.{uuid.uuid4().hex}.test"
        file.write_bytes(content)
        if at is not None:
            os.utime(file, (at.timestamp(), at.timestamp()))
        file.rename(self.maildir / "new" / file.name)

    def mails(self, folder: str = "") -> list[bytes]:
        """What lies in a folder, or in the inbox."""
        place = self.maildir / f".{folder}" if folder else self.maildir
        return [file.read_bytes() for part in ("new", "cur") for file in sorted((place / part).glob("*"))]

    def seen(self, folder: str = "") -> bool:
        """Whether somebody has read a mail there."""
        place = self.maildir / f".{folder}" if folder else self.maildir
        return any("S" in file.name.partition(":2,")[2] for file in (place / "cur").iterdir())

    def number_mails_anew(self) -> None:
        """Forget the numbers of all mails: their UIDVALIDITY is another one from now on."""
        for file in (*self.maildir.glob("dovecot*"), *self.maildir.glob(".*/dovecot*")):
            file.unlink()

    @contextmanager
    def unable_to_move(self) -> Iterator[None]:
        """As long as the context lasts no mail can be put into a folder."""
        folders = [folder for folder in self.maildir.glob(".*/*") if folder.name in ("cur", "new", "tmp")]
        for folder in folders:
            folder.chmod(0o500)
        try:
            yield
        finally:
            for folder in folders:
                folder.chmod(0o700)

    def _certify_itself(self) -> None:
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "1",
                "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", self._place / "key.pem", "-out", self._place / "certificate.pem",
            ],
            capture_output=True,
            check=True,
        )  # fmt: skip


def _require_dovecot() -> None:
    if shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None:
        return
    if os.environ.get("ZAIRYU_NO_DOVECOT") == "1":
        pytest.skip("ZAIRYU_NO_DOVECOT=1, and this machine lacks dovecot")
    pytest.fail(
        "This machine lacks dovecot, which the tests of the agency's mails need. Install it with "
        "`make debian-packages`, or set ZAIRYU_NO_DOVECOT=1 to leave these tests out."
    )
