"""The mails that the agency itself writes: they go to the people concerned, never to the provider."""

import secrets
from email.message import EmailMessage
from typing import Final

from zairyu.sandbox.mailbox import Mailbox
from zairyu.sandbox.registry import Application

_SENDER: Final = "noreply@ras.sandbox.example"
_MAIL: Final = ("代理人 電子メールアドレス", "電子メールアドレス")
"""Columns of the form: a representative's own goes first."""


class Letters:
    """Writes to people, and knows the address of the pages that the links lead to."""

    def __init__(self, mailbox: Mailbox, base_url: str) -> None:
        self._mailbox = mailbox
        self._base_url = base_url

    def certificate(self, application: Application) -> None:
        """Send a certificate of eligibility: the mail is the certificate."""
        filled = ((column, value) for column, value in application.contents.csv_row.items() if value)
        columns = {column.partition(" ")[2]: value for column, value in filled}
        self.write(
            next(columns[name] for name in _MAIL if name in columns),
            "【模擬環境】在留資格認定証明書 / SANDBOX: certificate of eligibility",
            "このメールが在留資格認定証明書です。次のページで受領登録をしてください。\n"
            "This mail is the certificate of eligibility. Register its receipt on this page:\n\n",
            f"/certificates/{application.request_id}",
        )

    def write(self, email: str, subject: str, text: str, link: str | None = None) -> None:
        """Put a mail into the mailbox, with a link to one of the sandbox's pages at its end."""
        message = EmailMessage()
        message["Message-ID"] = f"<{secrets.token_hex(16)}@{_SENDER.partition('@')[2]}>"
        message["From"] = _SENDER
        message["To"] = email
        message["Subject"] = subject
        message.set_content(text if link is None else f"{text}{self._base_url}{link}\n")
        self._mailbox.keep(_SENDER, [email], message.as_bytes())
