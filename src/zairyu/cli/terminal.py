"""Commands for desk terminals: be one, and list those that are there."""

import asyncio
import json
from typing import Annotated, Final

import typer
from cryptography import x509
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Column, Table

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.pcsc import PcscReaders
from zairyu.activities.card_reader.roots import TrustedRoots, UnpinnedRootError
from zairyu.cli.speaking import (
    REFUSED,
    AsJson,
    answered,
    err,
    fail,
    log_to_file,
    out,
    read_settings,
    zairyu_client,
)
from zairyu.models.terminal import RegisterTerminal, TerminalSnapshot
from zairyu.rules.calendar import JAPAN
from zairyu.runtime.embedded import free_port
from zairyu.runtime.settings import Settings
from zairyu.virtual_desk import sandbox_pki, sandbox_reader

_PAGE_PORT: Final = 8480


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
    # Loaded here alone: no other command has to wait for it.
    from zairyu.cli.desk import run_terminal

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
    page_port = (port or free_port(_PAGE_PORT)) if web else None
    asyncio.run(run_terminal(settings, terminal_id, readers, roots, page_port=page_port))


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
