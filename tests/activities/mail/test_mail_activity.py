import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from tests.activities.mail.letters import OCCASIONS, mail
from zairyu.activities.mail.activity import MailRoom, MailServer
from zairyu.models.application import Language
from zairyu.models.failures import StepFailure
from zairyu.models.mail import Mail, MailSent
from zairyu.sandbox.clock import SandboxClock
from zairyu.sandbox.database import open_database
from zairyu.sandbox.faults import Call, Fault, FaultOrder, Faults
from zairyu.sandbox.mailbox import Mailbox
from zairyu.sandbox.smtp_server import smtp_server

SENDER = "zairyu@provider.example"
SCHEDULED = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


@dataclass
class PostOffice:
    """A real mail server that keeps what it took."""

    server: MailServer
    mailbox: Mailbox
    faults: Faults

    def arm(self, kind: Fault, count: int = 1) -> None:
        self.faults.arm(FaultOrder(kind=kind, call=Call.MAIL, count=count, seconds=0.1))


@pytest.fixture
async def post_office(tmp_path: Path) -> AsyncIterator[PostOffice]:
    with closing(open_database(tmp_path / "mail.sqlite3")) as database:
        mailbox, faults = Mailbox(database, SandboxClock(database)), Faults()
        async with smtp_server(mailbox, faults, "127.0.0.1", 0) as port:
            yield PostOffice(MailServer(host="127.0.0.1", port=port, sender=SENDER), mailbox, faults)


async def send(server: MailServer, letter: Mail) -> MailSent:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, scheduled_time=SCHEDULED)
    sent: MailSent = await environment.run(MailRoom(server).send_mail, letter)
    return sent


async def failure(server: MailServer, letter: Mail) -> tuple[str, bool, str | None]:
    """The name of the failure, whether it is final, and the operator's word."""
    with pytest.raises(ApplicationError) as failed:
        await send(server, letter)
    (told,) = failed.value.details
    assert isinstance(told, StepFailure)
    assert failed.value.__cause__ is None
    everything = f"{failed.value!r} {told.model_dump_json()}"
    assert not [secret for secret in ("linh", "TRAN", "resident.example") if secret in everything]
    return str(failed.value.type), failed.value.non_retryable, told.detail


# ----- what arrives -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OCCASIONS)
@pytest.mark.parametrize("language", Language)
async def test_every_mail_arrives_readable(post_office: PostOffice, name: str, language: Language) -> None:
    sent = await send(post_office.server, mail(OCCASIONS[name], language))

    (received,) = post_office.mailbox.mails()
    assert received.message_id == sent.message_id
    assert (received.sender, received.recipients) == (SENDER, ["linh@resident.example"])
    assert "【在留】" in received.subject
    assert received.text.startswith("TRAN THI LINH 様" if language is Language.JA else "Dear TRAN THI LINH,")
    assert "在留期間更新許可申請" in received.text


async def test_a_repeat_after_a_crash_is_the_same_mail_byte_by_byte(post_office: PostOffice) -> None:
    first = await send(post_office.server, mail())
    again = await send(post_office.server, mail())

    assert first == again
    newest, oldest = post_office.mailbox.mails()
    assert (oldest.repeats, newest.repeats) == (0, 1)


@pytest.mark.parametrize(
    ("email", "recipient"),
    [
        ("o'neil..visa+x@docomo.example", "o'neil..visa+x@docomo.example"),
        ("linh.@docomo.example", "linh.@docomo.example"),
        ("a,b@resident.example", '"a,b"@resident.example'),
        ("a(b)@resident.example", '"a(b)"@resident.example'),
        ("<linh@resident.example", '"<linh"@resident.example'),
    ],
)
async def test_an_unusual_address_gets_its_mail_and_nobody_else_does(
    post_office: PostOffice, email: str, recipient: str
) -> None:
    """Mobile carriers gave out two dots in a row; and what a parser drops from an address makes it somebody else's."""
    await send(post_office.server, mail(email=email))

    (received,) = post_office.mailbox.mails()
    assert received.recipients == [recipient]


async def test_a_mail_is_signed_with_a_beat_while_it_is_sent(post_office: PostOffice) -> None:
    beats: list[object] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details)

    await environment.run(MailRoom(post_office.server).send_mail, mail())

    assert beats


# ----- what goes wrong ----------------------------------------------------------------------------------------


async def test_a_refused_mail_is_not_sent_again_and_again(post_office: PostOffice) -> None:
    post_office.arm(Fault.REFUSE)

    assert await failure(post_office.server, mail()) == ("MailRefused", True, "550")
    assert post_office.mailbox.mails() == []


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.TIMEOUT])
async def test_a_mail_server_in_trouble_is_tried_again(post_office: PostOffice, fault: Fault) -> None:
    post_office.arm(fault)

    name, final, _ = await failure(post_office.server, mail())
    assert (name, final) == ("MailServerUnavailable", False)

    await send(post_office.server, mail())
    assert len(post_office.mailbox.mails()) == 1


async def test_a_lost_answer_leads_to_a_repeat_that_can_be_recognised(post_office: PostOffice) -> None:
    post_office.arm(Fault.LOSE_ANSWER)

    name, final, _ = await failure(post_office.server, mail())
    assert (name, final) == ("MailServerUnavailable", False)

    await send(post_office.server, mail())
    assert [received.repeats for received in post_office.mailbox.mails()] == [1, 0]


async def test_a_mail_server_that_is_down_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    name, final, _ = await failure(MailServer(host="127.0.0.1", port=port, sender=SENDER), mail())
    assert (name, final) == ("MailServerUnavailable", False)


@dataclass
class Script:
    """What a mail server answers at each step of a conversation."""

    sender: str = "250 OK"
    recipient: str = "250 OK"
    data: str = "250 OK"
    taken: list[list[str]] = field(default_factory=list)
    logged_in: list[bytes] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data.startswith("2"):
            self.taken.append(envelope.rcpt_tos)
        return self.data


@asynccontextmanager
async def scripted(script: Script, *, password: str | None = None) -> AsyncIterator[MailServer]:
    loop = asyncio.get_running_loop()

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object) -> AuthResult:
        given = bytes(getattr(login, "password", b""))
        script.logged_in.append(given)
        return AuthResult(success=given == b"right", handled=False)

    def connection() -> SMTP:
        return SMTP(
            script,
            hostname="mail",
            loop=loop,
            authenticator=check,
            auth_require_tls=False,
        )

    server = await loop.create_server(connection, "127.0.0.1", 0)
    async with server:
        yield MailServer(
            host="127.0.0.1",
            port=server.sockets[0].getsockname()[1],
            sender=SENDER,
            username=None if password is None else "provider",
            password=password,
        )
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (Script(recipient="550 No such user"), ("MailRefused", True, "550")),
        (Script(recipient="553 Name not allowed"), ("MailRefused", True, "553")),
        (Script(recipient="450 Mailbox busy"), ("MailServerUnavailable", False, "450")),
        (Script(recipient="452 Mailbox full"), ("MailServerUnavailable", False, "452")),
        (Script(data="554 Spam"), ("MailRefused", True, "554")),
        (Script(data="451 Greylisted"), ("MailServerUnavailable", False, "451")),
        (Script(sender="451 Later"), ("MailServerUnavailable", False, "451")),
        (Script(sender="530 Log in first"), ("MailServerUnavailable", False, "530")),
        (Script(recipient="421 Closing"), ("MailServerUnavailable", False, "421")),
    ],
    ids=lambda value: str(value[2]) if isinstance(value, tuple) else None,
)
async def test_for_good_and_for_now_are_told_apart_at_every_step(
    script: Script, expected: tuple[str, bool, str]
) -> None:
    async with scripted(script) as server:
        assert await failure(server, mail()) == expected
    assert script.taken == []


async def test_a_lapsed_password_of_ours_is_not_the_applicants_fault() -> None:
    async with scripted(Script(), password="wrong") as server:
        assert await failure(server, mail()) == ("MailServerUnavailable", False, "535")


async def test_the_provider_logs_in_where_that_is_asked() -> None:
    script = Script()
    async with scripted(script, password="right") as server:
        await send(server, mail())

    assert script.taken == [["linh@resident.example"]]
    assert script.logged_in == [b"right"]


async def test_a_server_that_does_not_want_us_at_all_is_tried_again() -> None:
    """554 as a greeting speaks of our machine, not of the recipient: the mail must not be given up."""

    async def turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 No service for you\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(turn_away, "127.0.0.1", 0) as server:
        there = MailServer(host="127.0.0.1", port=server.sockets[0].getsockname()[1], sender=SENDER)
        assert await failure(there, mail()) == ("MailServerUnavailable", False, "554")


async def test_an_address_that_no_server_can_be_told_is_refused_for_good(post_office: PostOffice) -> None:
    assert await failure(post_office.server, mail(email="linh@<resident.example")) == ("MailRefused", True, "address")


def test_the_password_is_not_printed_with_the_server() -> None:
    server = MailServer(host="mail.example", port=25, sender=SENDER, username="provider", password="hunter2")

    assert repr(server) == "MailServer(mail.example:25)"
