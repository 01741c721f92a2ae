"""The mail step: one SMTP conversation."""

from dataclasses import dataclass

import aiosmtplib
from temporalio import activity

from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.mail.composing import compose
from zairyu.activities.mail.errors import MailRefused, MailServerUnavailable
from zairyu.models.mail import Mail, MailSent
from zairyu.models.steps import SEND_MAIL


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = None
    start_tls: bool | None = None
    """`None`: where the server offers it."""

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


class MailRoom:
    """Sends mails."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    @activity.defn(name=SEND_MAIL.name)
    async def send_mail(self, mail: Mail) -> MailSent:
        """Hand one mail to the server. A repeat after a crash carries the same Message-ID."""
        server = self._server
        message = compose(mail, sender=server.sender, at=activity.info().scheduled_time)
        async with beating():
            with translated():
                try:
                    await aiosmtplib.send(
                        message,
                        hostname=server.host,
                        port=server.port,
                        username=server.username,
                        password=server.password,
                        start_tls=server.start_tls,
                        timeout=30,
                    )
                except aiosmtplib.SMTPRecipientsRefused as refused:
                    raise _refusal(max(recipient.code for recipient in refused.recipients)) from None
                except (
                    aiosmtplib.SMTPConnectResponseError,
                    aiosmtplib.SMTPHeloError,
                    aiosmtplib.SMTPAuthenticationError,
                ) as answer:
                    # Whatever the code: it speaks of us, before a word was said of the mail.
                    raise MailServerUnavailable(detail=str(answer.code)) from None
                except aiosmtplib.SMTPResponseException as answer:
                    raise _refusal(answer.code) from None
                except (aiosmtplib.SMTPException, OSError) as error:
                    # Without the cause: its text may hold the address.
                    raise MailServerUnavailable(detail=type(error).__name__) from None
                except ValueError:
                    # An address that cannot stand in an SMTP command.
                    raise MailRefused(detail="address") from None
        return MailSent(message_id=str(message["Message-ID"]))


def _refusal(code: int) -> MailRefused | MailServerUnavailable:
    """5xx is for good, 4xx for now (RFC 5321, section 4.2.1); 53x speaks of our own login, not of the mail."""
    if code >= 500 and code not in (530, 534, 535, 538):
        return MailRefused(detail=str(code))
    return MailServerUnavailable(detail=str(code))
