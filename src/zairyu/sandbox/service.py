"""The sandbox as a whole: its settings, its parts, and how they are started and stopped together."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

from fastapi import FastAPI
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from zairyu.sandbox.agency import Agency
from zairyu.sandbox.api import Credentials, machine_interface
from zairyu.sandbox.automatic import AutomaticOfficer
from zairyu.sandbox.clock import SandboxClock
from zairyu.sandbox.database import open_database
from zairyu.sandbox.dkim_key import DkimKey
from zairyu.sandbox.faults import Faults
from zairyu.sandbox.feed import Feed
from zairyu.sandbox.http_server import http_server
from zairyu.sandbox.letters import DOMAIN, Letters, open_maildir
from zairyu.sandbox.levers import Levers, StartPage
from zairyu.sandbox.mailbox import Mailbox
from zairyu.sandbox.maintenance import MaintenancePlan
from zairyu.sandbox.offers import USUAL, Offer, Offers
from zairyu.sandbox.officer import OfficerPages
from zairyu.sandbox.pages import Pages
from zairyu.sandbox.reception import Inspector, Reception, package_inspector, read_trusted_roots, supply_inspector
from zairyu.sandbox.registrations import AccountPages, Accounts
from zairyu.sandbox.registry import Registry
from zairyu.sandbox.smtp_server import smtp_server
from zairyu.sandbox.town import TownPages


class SandboxSettings(BaseSettings):
    """The sandbox's settings; each can come from the environment as `ZAIRYU_SANDBOX_…`."""

    model_config = SettingsConfigDict(env_prefix="ZAIRYU_SANDBOX_", frozen=True)

    data_dir: Path = Path(".zairyu/sandbox")
    host: str = "127.0.0.1"
    """The sandbox has no passwords for its pages: it belongs on the loopback interface."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    """The names under which it may be called, so that no foreign page reaches it under a name of its own."""
    http_port: int = Field(default=0, ge=0, le=65_535)
    """0 takes a free port."""
    smtp_port: int = Field(default=0, ge=0, le=65_535)
    """0 takes a free port."""
    automatic: bool = False
    """Whether the automatic officer works from the start."""
    pace_seconds: float = Field(default=3.0, ge=0)
    """How long the automatic officer leaves an application alone before each step."""
    receipt_delay_seconds: float | None = Field(default=None, ge=0)
    """Receipt numbers come by themselves after this long, by the sandbox's clock; otherwise an officer issues them."""
    offers: frozenset[Offer] = USUAL
    """What the interface offers from the start."""
    supplies_are_signed: bool = False
    """Whether additional documents are signed, as an application is."""
    agency_letters: bool = False
    """Whether the agency writes mails about the course of an application."""
    agency_maildir: Path | None = None
    """Where a copy of each such mail is delivered to the provider."""
    provider_mail: str = "zairyu@sandbox.example"
    """To whom the copies are addressed."""
    trusted_roots: Path | None = None
    """PEM file, or directory of them: the roots of signers' certificates. Without any, no signature is trusted."""
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105  a test value, written in the documentation


class Sandbox:
    """The whole sandbox, inside a running event loop.

    Example:
        `async with Sandbox(SandboxSettings(data_dir=tmp_path)) as sandbox: … sandbox.base_url …`
    """

    def __init__(self, settings: SandboxSettings, *, inspect: Inspector | None = None) -> None:
        self.settings = settings
        self._inspect = inspect
        self._running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._running = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    async def _start(self, stack: AsyncExitStack) -> None:
        settings = self.settings
        database = stack.enter_context(closing(open_database(settings.data_dir / "sandbox.sqlite3")))
        self.clock = SandboxClock(database)
        self.faults = Faults()
        self.mailbox = Mailbox(database, self.clock)
        registry = Registry(database, self.clock)
        listener = stack.enter_context(socket.create_server((settings.host, settings.http_port)))
        self.base_url = f"http://{settings.host}:{listener.getsockname()[1]}"
        self._dkim_key = DkimKey(settings.data_dir / "dkim.pem", DOMAIN)
        letters = Letters(
            self.mailbox,
            self.clock,
            self._dkim_key,
            self.base_url,
            of_the_course=settings.agency_letters,
            copies=None if settings.agency_maildir is None else open_maildir(settings.agency_maildir),
            provider=settings.provider_mail,
        )
        self.agency = Agency(registry, self.clock, letters)
        self.automatic = AutomaticOfficer(
            self.agency,
            self.clock,
            on=settings.automatic,
            pace=timedelta(seconds=settings.pace_seconds),
            receipt_delay=_seconds(settings.receipt_delay_seconds),
        )

        stack.push_async_callback(_stop, asyncio.create_task(self.automatic.run(), name="automatic officer"))
        self.smtp_port = await stack.enter_async_context(
            smtp_server(self.mailbox, self.faults, settings.host, settings.smtp_port)
        )
        accounts = Accounts(database, letters)
        maintenance = MaintenancePlan(database, self.clock)
        await stack.enter_async_context(http_server(self._web(registry, accounts, maintenance), listener))
        # The first to be done at the end: whoever waits for news is let go before the server closes.
        stack.callback(registry.close)

    def _web(self, registry: Registry, accounts: Accounts, maintenance: MaintenancePlan) -> ASGIApp:
        settings = self.settings
        roots = [] if settings.trusted_roots is None else read_trusted_roots(settings.trusted_roots)
        inspect = self._inspect or package_inspector(roots)
        inspect_supply = supply_inspector(roots) if settings.supplies_are_signed else None
        offers = Offers(settings.offers)
        feed = Feed(registry, self.clock, self.faults, offers)
        levers = Levers(
            clock=self.clock,
            faults=self.faults,
            automatic=self.automatic,
            mailbox=self.mailbox,
            agency=self.agency,
            feed=feed,
            offers=offers,
            maintenance=maintenance,
            dkim_key=self._dkim_key,
        )
        for_programs = machine_interface(
            self.agency,
            Reception(self.agency, accounts, self.clock, inspect, inspect_supply),
            feed,
            maintenance,
            offers,
            self.faults,
            Credentials(settings.client_id, settings.client_secret),
        )
        for_programs.include_router(levers.router())

        pages = Pages(self.clock)
        for_people = FastAPI(openapi_url=None)
        pages.answer_with_pages(for_people)
        for_people.include_router(StartPage(levers, self.clock, pages).router())
        for_people.include_router(OfficerPages(self.agency, self.clock, self.automatic, pages).router())
        for_people.include_router(AccountPages(accounts, pages).router())
        for_people.include_router(TownPages(self.agency, self.mailbox, pages).router())
        for_people.mount("/", for_programs)
        return TrustedHostMiddleware(for_people, allowed_hosts=list(settings.allowed_hosts))


async def serve(settings: SandboxSettings, ready: Callable[[Sandbox], None] = lambda _: None) -> None:
    """Run until cancelled; `ready` is called once everything answers."""
    async with Sandbox(settings) as sandbox:
        ready(sandbox)
        await asyncio.Event().wait()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _seconds(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
