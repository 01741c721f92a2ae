"""Commands for desk terminals: be one, and list those that are there."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Annotated, Final, Protocol

import typer
from cryptography import x509
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Column, Table
from temporalio.client import Client

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.console import ConsolePrompt
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.errors import CardServiceUnavailable
from zairyu.activities.card_reader.pcsc import PcscReaders
from zairyu.activities.card_reader.prompt import DeskPrompt
from zairyu.activities.card_reader.roots import TrustedRoots, UnpinnedRootError
from zairyu.activities.card_reader.web.page import desk_page
from zairyu.activities.card_reader.web.prompt import WebPrompt
from zairyu.cli.speaking import (
    REFUSED,
    AsJson,
    answered,
    err,
    fail,
    log_to_file,
    out,
    read_keys,
    read_settings,
    zairyu_client,
)
from zairyu.installation import sandbox_pki, sandbox_reader
from zairyu.models.names import terminal_workflow_id
from zairyu.models.terminal import RegisterTerminal, TerminalSnapshot
from zairyu.rules.calendar import JAPAN
from zairyu.runtime.connection import connect
from zairyu.runtime.embedded import free_port
from zairyu.runtime.logs import core_logs
from zairyu.runtime.settings import Settings
from zairyu.worker import keep_registered, terminal_worker, until_stopped

_TRIES_AGAIN_AFTER: Final = 3.0  # seconds
_LOOKS_EVERY: Final = 2.0  # seconds
_PAGE_PORT: Final = 8480


class Screen(DeskPrompt, Protocol):
    """What a desk shows beside what it asks."""

    def show_connection(self, lost: bool) -> None:
        """Say that the connection to the server is lost, or is back."""
        ...

    def show_readers(self, names: Sequence[str]) -> None:
        """Show the readers that are plugged in; none means that no card can be read."""
        ...


def terminal(
    terminal_id: Annotated[str, typer.Option("--id", help="The terminal's name, for example T1.")],
    reader: Annotated[str | None, typer.Option(help="Part of a reader's name; any reader by default.")] = None,
    web: Annotated[bool, typer.Option("--web", help="Ask on a page in this computer's browser.")] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help=f"The page's port; {_PAGE_PORT} or a free one by default.")
    ] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="Use the sandbox's virtual reader.")] = False,
) -> None:
    """Be the desk terminal where applicants sign with their My Number card, until told to stop."""
    settings = read_settings()
    try:
        RegisterTerminal(terminal_id=terminal_id)
    except ValidationError:
        fail("a terminal's name has up to 32 letters, digits, - and _", REFUSED)
    if virtual and not settings.is_sandbox:
        fail("the virtual reader belongs to the sandbox: --virtual needs ZAIRYU_INTERFACE_PROFILE=sandbox", REFUSED)
    roots = _trusted_roots(settings)
    readers: CardReaders = sandbox_reader(settings) if virtual else PcscReaders(reader)
    log = log_to_file(settings, f"terminal-{terminal_id}")
    err.print(f"記録 / Log: {log}", markup=False, soft_wrap=True)
    asyncio.run(_terminal(settings, terminal_id, readers, roots, web=web, port=port))


async def _terminal(
    settings: Settings, terminal_id: str, readers: CardReaders, roots: TrustedRoots, *, web: bool, port: int | None
) -> None:
    async with AsyncExitStack() as stack:
        screen: Screen
        if web:
            screen = WebPrompt(terminal_id)
            port = port or free_port(_PAGE_PORT)
            try:
                address = await stack.enter_async_context(desk_page(screen, port=port))
            except OSError as error:
                fail(f"the page cannot be served on port {port}: {error.strerror}")
            # Alone on its line, and unbroken, so that it can be copied.
            err.print("この端末のブラウザーで開いてください。/ Open this in this computer's browser:")
            print(address, flush=True)
            interrupt = None
        else:
            console = ConsolePrompt(err)
            screen, interrupt = console, console.interrupt
        stopped = asyncio.create_task(until_stopped(unless=interrupt))
        stack.callback(stopped.cancel)
        watching = asyncio.create_task(_show_readers(readers, screen))
        stack.callback(watching.cancel)
        connecting = asyncio.create_task(_connect_patiently(settings, terminal_id, screen))
        stack.callback(connecting.cancel)
        await asyncio.wait([stopped, connecting], return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            return
        client = connecting.result()
        desk = Desk(readers, screen, roots, tokens=settings.card_tokens)
        await stack.enter_async_context(terminal_worker(client, terminal_id, desk, readers))
        await stack.enter_async_context(keep_registered(client, terminal_id, on_connection=screen.show_connection))
        err.print(f"端末 {terminal_id} は依頼を待っています。/ Terminal {terminal_id} waits for requests.")
        await stopped


async def _connect_patiently(settings: Settings, terminal_id: str, screen: Screen) -> Client:
    """A desk is often switched on before the network is there."""
    keys, runtime = read_keys(settings), core_logs()
    lost = False
    while True:
        try:
            client = await connect(settings, keys, runtime=runtime, identity=terminal_workflow_id(terminal_id))
        except RuntimeError:
            if not lost:
                screen.show_connection(True)
            lost = True
            await asyncio.sleep(_TRIES_AGAIN_AFTER)
        else:
            if lost:
                screen.show_connection(False)
            return client


async def _show_readers(readers: CardReaders, screen: Screen) -> None:
    # Of our own: the loop waits at its end for the threads that it lends, and a service may hang for ever.
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shown-readers")
    shown: Sequence[str] | None = None
    while True:
        try:
            names = await asyncio.get_running_loop().run_in_executor(thread, readers.names)
        except CardServiceUnavailable:
            names = ()
        if names != shown:
            screen.show_readers(names)
            shown = names
        await asyncio.sleep(_LOOKS_EVERY)


def _trusted_roots(settings: Settings) -> TrustedRoots:
    """The authorities whose cards may sign. Nothing of the sandbox counts where its interface is not spoken."""
    named: list[x509.Certificate] = []
    if settings.signing_roots is not None:
        try:
            named = x509.load_pem_x509_certificates(settings.signing_roots.read_bytes())
        except (OSError, ValueError):
            fail(f"ZAIRYU_SIGNING_ROOTS: {settings.signing_roots} holds no PEM certificates", REFUSED)
    if settings.is_sandbox:
        return TrustedRoots.of(named or [sandbox_pki(settings).sign_ca])
    try:
        return TrustedRoots.pinned(named)
    except UnpinnedRootError as error:
        fail(f"ZAIRYU_SIGNING_ROOTS: {error}", REFUSED)


def terminals(as_json: AsJson = False) -> None:
    """List the desk terminals that are there, and the card readers they have."""

    async def ask() -> list[TerminalSnapshot]:
        return await (await zairyu_client(read_settings())).terminals()

    found = answered(ask())
    if as_json:
        print(json.dumps([terminal.model_dump(mode="json") for terminal in found], ensure_ascii=False, indent=2))
        return
    table = Table("端末 / Terminal", Column("カードリーダー / Card readers", overflow="fold"), "以来 / Since")
    for one in found:
        since = one.readers_since or one.registered_at
        table.add_row(one.terminal_id, _readers_told(one), f"{since.astimezone(JAPAN):%Y-%m-%d %H:%M} JST")
    out.print(table)


def _readers_told(terminal: TerminalSnapshot) -> str:
    if terminal.readers is None:
        return "…"
    if terminal.readers.problem is not None:
        return f"{terminal.readers.problem.sentence.ja}\n{terminal.readers.problem.sentence.en}"
    return "\n".join(map(escape, terminal.readers.names))
