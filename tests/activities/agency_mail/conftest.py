"""One IMAP server for each test that needs one: it is there in a moment, and its mails are the test's own."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests import agency_post as post
from tests.dns_server import NameServer
from tests.dns_server import name_server as running_name_server
from tests.dovecot import Dovecot


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
async def dns() -> AsyncIterator[NameServer]:
    """A name server that knows the agency's key."""
    async with running_name_server() as server:
        server.records[post.key_name()] = post.published_key()
        yield server
