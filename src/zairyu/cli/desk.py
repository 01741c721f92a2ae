"""The desk terminal as it runs: a screen, the readers on it, and a worker for the steps that need a card."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Final, Protocol

from temporalio.client import Client

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.console import ConsolePrompt
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.errors import CardServiceUnavailable
from zairyu.activities.card_reader.prompt import DeskPrompt
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.web.page import desk_page
from zairyu.activities.card_reader.web.prompt import WebPrompt
from zairyu.cli.speaking import err, fail, read_keys
from zairyu.models.names import terminal_workflow_id
from zairyu.runtime.connection import connect
from zairyu.runtime.logs import core_logs
from zairyu.runtime.settings import Settings
from zairyu.worker import keep_registered, terminal_worker, until_stopped

_TRIES_AGAIN_AFTER: Final = 3.0  # seconds
_LOOKS_EVERY: Final = 2.0  # seconds


class Screen(DeskPrompt, Protocol):
    """What a desk shows beside what it asks."""

    def show_connection(self, lost: bool) -> None:
        """Say that the connection to the server is lost, or is back."""
        ...

    def show_readers(self, names: Sequence[str]) -> None:
        """Show the readers that are plugged in; none means that no card can be read."""
        ...


async def run_terminal(
    settings: Settings, terminal_id: str, readers: CardReaders, roots: TrustedRoots, *, page_port: int | None
) -> None:
    """Ask on a page if it has a port, and at the console otherwise, until told to stop."""
    async with AsyncExitStack() as stack:
        screen: Screen
        if page_port is not None:
            screen = WebPrompt(terminal_id)
            try:
                address = await stack.enter_async_context(desk_page(screen, port=page_port))
            except OSError as error:
                fail(f"the page cannot be served on port {page_port}: {error.strerror}")
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
