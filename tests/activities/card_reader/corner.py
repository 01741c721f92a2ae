"""A desk, a reader, and a person who sits there."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta

from tests.fingers import Fingers
from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.errors import CardBusy
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessChannel, InProcessReader

SOON = 5.0
"""Seconds that a test waits for something that should come at once."""


class Corner:
    """A desk with its reader and a person who sits at it."""

    def __init__(self, pki: SandboxPki, now: datetime) -> None:
        self._pki = pki
        self._now = now
        self.reader = InProcessReader()
        self.person = Fingers(LINH.sign_password)

    @asynccontextmanager
    async def open(
        self,
        readers: CardReaders | None = None,
        *,
        card_wait: float = SOON,
        answer_wait: float = SOON,
        gather: float = 0,
    ) -> AsyncIterator[Desk]:
        desk = Desk(
            readers or self.reader,
            self.person,
            TrustedRoots.of([self._pki.sign_ca]),
            card_wait=timedelta(seconds=card_wait),
            answer_wait=timedelta(seconds=answer_wait),
            gather=timedelta(seconds=gather),
            clock=lambda: self._now,
        )
        async with aclosing(desk):
            yield desk

    async def until(self, what: str) -> None:
        """Wait until the person was asked something: `cards_wanted`, `asked`, `failures`."""
        async with asyncio.timeout(SOON):
            while not getattr(self.person, what):  # noqa: ASYNC110 - the person tells nobody
                await asyncio.sleep(0.01)


class BusyReader(InProcessReader):
    """Another program holds its card."""

    def connect(self, reader: str) -> InProcessChannel | None:
        raise CardBusy


class SlowReader(InProcessReader):
    """Its card takes its time; `go_on` lets it answer."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work = threading.Event()
        self.go_on = threading.Event()

    def connect(self, reader: str) -> InProcessChannel | None:
        self.at_work.set()
        assert self.go_on.wait(10)
        return super().connect(reader)


class SlowToAct(Fingers):
    """Tells when the card has begun to work."""

    def __init__(self, password: str) -> None:
        super().__init__(password)
        self.card_works = asyncio.Event()

    async def show_signing(self) -> None:
        self.card_works.set()

    async def show_reading(self) -> None:
        self.card_works.set()


async def at_work(corner: Corner, reader: SlowReader) -> SlowToAct:
    """Whoever sits there has typed the password, and the card works on it."""
    person = corner.person
    assert isinstance(person, SlowToAct)
    await corner.until("asked")
    reader.at_work.clear()
    reader.go_on.clear()
    person.hold.set()
    await asyncio.wait_for(person.card_works.wait(), SOON)
    assert await asyncio.to_thread(reader.at_work.wait, SOON)
    return person
