"""The mail server: SMTP inside a running event loop, into the mailbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from zairyu.sandbox.faults import Call, Fault, Faults
from zairyu.sandbox.mailbox import Mailbox

_LARGEST_MAIL: Final = 10 * 1024 * 1024


class _Delivery:
    """What is done with a mail when all of it has come."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._faults.take(Fault.UNAVAILABLE, Call.MAIL):
            return "451 Switched off on purpose, try again later"
        if self._faults.take(Fault.REFUSE, Call.MAIL):
            return "550 Refused on purpose"
        if self._faults.take(Fault.TIMEOUT, Call.MAIL):
            await asyncio.sleep(self._faults.silence)
            return _hang_up(server)
        self._mailbox.keep(envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content or b"")
        if self._faults.take(Fault.LOSE_ANSWER, Call.MAIL):
            return _hang_up(server)
        return "250 Kept"


def _hang_up(server: SMTP) -> str:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
    return "421 Nobody hears this"


@asynccontextmanager
async def smtp_server(mailbox: Mailbox, faults: Faults, host: str, port: int) -> AsyncIterator[int]:
    """Take mails while the context lasts; gives the port."""
    loop = asyncio.get_running_loop()
    delivery = _Delivery(mailbox, faults)
    connections: WeakSet[SMTP] = WeakSet()

    def connection() -> SMTP:
        # A name of its own: looking up the machine's would ask the network.
        made = SMTP(delivery, hostname="sandbox", data_size_limit=_LARGEST_MAIL, enable_SMTPUTF8=True, loop=loop)
        connections.add(made)
        return made

    server = await loop.create_server(connection, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for made in connections:
            if made.transport is not None:
                made.transport.close()
        # One turn of the loop, in which the connections are closed for good.
        await asyncio.sleep(0)
