"""The mails that the agency itself writes: they go to the people concerned, and a copy to the provider that wants one.

About the course of an application it writes at six moments, each with a form of its own. The forms are fixed: who reads
the agency's mails by pattern can rely on them. `{…}` is filled in; everything else stands as it is here.

    RECEIVED      filed                         仮番号 only
    NUMBERED      the receipt number is issued  both numbers
    DOCUMENTS     documents are asked for       items, one a line after `・`, and the last day as 2026年12月1日
    EXAMINED      the examination is completed  for a permission and a denial alike
    READY         the result can be collected   a card is ready
    SENT          the result is in the mail     a card or a certificate on paper

None of them says how the application was decided. Who collects a certificate of eligibility by e-mail gets neither
EXAMINED nor READY nor SENT: the mail with the certificate is all that comes. A withdrawal or a termination is told to
nobody. All mails come from `SENDER`, and are signed as `dkim_key` says.
"""

import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from typing import Final

from zairyu.activities.mynaportal.wire import RequestedDocuments
from zairyu.sandbox.clock import JAPAN, SandboxClock
from zairyu.sandbox.dkim_key import DkimKey
from zairyu.sandbox.mailbox import Mailbox
from zairyu.sandbox.registry import Application

DOMAIN: Final = "ras.sandbox.example"
SENDER: Final = f"noreply@{DOMAIN}"
_MAIL: Final = ("代理人 電子メールアドレス", "電子メールアドレス")
"""Columns of the form: a representative's own goes first."""


@dataclass(frozen=True)
class Form:
    """How the agency writes at one moment."""

    subject: str
    text: str


_NUMBER: Final = "申請受付番号：{receipt_number}\n"
"""As issued, with its full-width letters: 東オンＥＮ26000001."""
_END: Final = "\n----\n在留申請オンラインシステム（模擬環境） / SANDBOX, not a real agency\n"

RECEIVED: Final = Form(
    "【模擬環境】申請受付完了のお知らせ / SANDBOX: application received",
    "申請を受け付けました。\n\n"
    "申請受付仮番号：{provisional_number}\n"
    "\n申請受付番号は、後日お知らせします。\n"
    "Your application was received. Its receipt number follows.\n" + _END,
)
NUMBERED: Final = Form(
    "【模擬環境】申請受付番号のお知らせ / SANDBOX: receipt number",
    "申請受付番号をお知らせします。\n\n" + _NUMBER + "申請受付仮番号：{provisional_number}\n"
    "\nこのメールは、申請中であることの証明となります。\n"
    "This mail shows that your application is pending.\n" + _END,
)
DOCUMENTS: Final = Form(
    "【模擬環境】追加資料の提出について / SANDBOX: documents requested",
    "審査のため、次の資料を提出してください。\n\n" + _NUMBER + "\n"
    "提出資料：\n"
    "{items}\n"
    "\n提出期限：{due_on}\n"
    "\nPlease supply these documents by the day above.\n" + _END,
)
EXAMINED: Final = Form(
    "【模擬環境】審査完了に関するお知らせ / SANDBOX: examination completed",
    "審査が完了しました。\n\n"
    + _NUMBER
    + "\n手続の案内をご確認ください。このメールは許可を意味するものではありません。\n"
    "The examination is completed. This mail does not mean that a permission was given.\n" + _END,
)
READY: Final = Form(
    "【模擬環境】交付準備完了に関するお知らせ / SANDBOX: ready to be collected",
    "交付の準備が整いました。\n\n" + _NUMBER + "\nThe result of your application is ready to be collected.\n" + _END,
)
SENT: Final = Form(
    "【模擬環境】送付に関するお知らせ / SANDBOX: sent",
    "次の申請の結果を送付しました。\n\n" + _NUMBER + "\nThe result of your application was sent.\n" + _END,
)


class Letters:
    """Writes to people, and knows the address of the pages that the links lead to."""

    def __init__(
        self,
        mailbox: Mailbox,
        clock: SandboxClock,
        key: DkimKey,
        base_url: str,
        *,
        of_the_course: bool,
        copies: Maildir | None,
        provider: str,
    ) -> None:
        """Prepare to write.

        Args:
            mailbox: where the mails to people go.
            clock: says what day it is.
            key: signs.
            base_url: of the sandbox's pages.
            of_the_course: whether the agency writes about the course of an application.
            copies: where the copies of such mails go, if anywhere.
            provider: to whom the copies are addressed.
        """
        self._mailbox = mailbox
        self._clock = clock
        self._key = key
        self._base_url = base_url
        self._of_the_course = of_the_course
        self._copies = copies
        self._provider = provider

    def tell(self, form: Form, application: Application, *, asked: RequestedDocuments | None = None) -> None:
        """Write about the course of an application, as far as the agency writes at all."""
        if not self._of_the_course or application.application_type == "USER_REGISTRATION":
            return
        if application.collection_method == "EMAIL" and form in (EXAMINED, READY, SENT):
            return
        text = form.text.format(
            provisional_number=application.record.provisional_number,
            receipt_number=application.record.receipt_number,
            items="" if asked is None else "\n".join(f"・{item}" for item in asked.items),
            due_on="" if asked is None else f"{asked.due_on.year}年{asked.due_on.month}月{asked.due_on.day}日",
        )
        if email := _address(application):
            self.write(email, form.subject, text)
        if self._copies is not None:
            self._copies.add(self._mail(self._provider, form.subject, text))

    def certificate(self, application: Application) -> None:
        """Send a certificate of eligibility: the mail is the certificate."""
        email = _address(application)
        if email is None:
            raise LookupError("the inspection lets nothing pass that is mailed to nowhere")
        self.write(
            email,
            "【模擬環境】在留資格認定証明書 / SANDBOX: certificate of eligibility",
            "このメールが在留資格認定証明書です。次のページで受領登録をしてください。\n"
            "This mail is the certificate of eligibility. Register its receipt on this page:\n\n",
            f"/certificates/{application.request_id}",
        )

    def write(self, email: str, subject: str, text: str, link: str | None = None) -> None:
        """Put a mail into the mailbox, with a link to one of the sandbox's pages at its end."""
        text = text if link is None else f"{text}{self._base_url}{link}\n"
        self._mailbox.keep(SENDER, [email], self._mail(email, subject, text))

    def _mail(self, email: str, subject: str, text: str) -> bytes:
        message = EmailMessage()
        message["Message-ID"] = f"<{secrets.token_hex(16)}@{DOMAIN}>"
        message["Date"] = self._clock.now().astimezone(JAPAN)
        message["From"] = SENDER
        message["To"] = email
        message["Subject"] = subject
        message.set_content(text)
        return self._key.signed(message.as_bytes())


def open_maildir(path: Path) -> Maildir:
    """A Maildir, made where there is none; a mail stands in it complete or not at all."""
    for part in ("tmp", "new", "cur"):
        (path / part).mkdir(parents=True, exist_ok=True)
    return Maildir(path)


def _address(application: Application) -> str | None:
    filled = ((column, value) for column, value in application.contents.csv_row.items() if value)
    columns = {column.partition(" ")[2]: value for column, value in filled}
    return next((columns[name] for name in _MAIL if name in columns), None)
