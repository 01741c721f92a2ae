"""The commands for desks and cards, as keepers of terminals and newcomers type them."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from typer.testing import CliRunner, Result

from tests.browser import Browser
from tests.installed import Installed
from tests.pcscd import private_pcscd
from zairyu import cli
from zairyu.activities.card_reader.console import ConsolePrompt
from zairyu.activities.card_reader.errors import CardReaderError
from zairyu.cli.desk import _show_readers
from zairyu.demo import TERMINAL_ID
from zairyu.models import messages
from zairyu.models.snapshot import Phase
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki

FAILED: Final = 1
REFUSED: Final = 2
_NOWHERE: Final = "127.0.0.1:1"

Zairyu: TypeAlias = Callable[..., Result]


@pytest.fixture
def zairyu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zairyu:
    """The command in this process, for whatever needs no server."""
    for name in list(os.environ):
        if name.startswith(("ZAIRYU_", "TEMPORAL_")):
            monkeypatch.delenv(name)

    def run(*words: str, **told: str) -> Result:
        environment = {"ZAIRYU_DATA_DIR": str(tmp_path / "data"), "TEMPORAL_ADDRESS": _NOWHERE, "COLUMNS": "200"}
        return CliRunner().invoke(cli.app, list(words), env={**environment, **told})

    return run


# ----- the virtual reader ---------------------------------------------------------------------------------------------


def test_card_is_put_blocked_expired_and_pulled_by_one_command_each(zairyu: Zairyu) -> None:
    def state() -> dict[str, object]:
        told: dict[str, object] = json.loads(zairyu("sandbox", "card", "show", "--json").stdout)
        return told

    assert state() == {"card": None}
    put = zairyu("sandbox", "card", "put", "linh", "--valid-until", "2027-03-31")
    assert put.exit_code == 0
    assert LINH.sign_password in put.stdout
    assert state() == {
        "card": "linh",
        "name": LINH.name,
        "valid_until": "2027-03-31",
        "password_tries_left": 5,
        "pin_tries_left": 3,
    }
    zairyu("sandbox", "card", "block")
    assert state()["password_tries_left"] == 0
    zairyu("sandbox", "card", "unblock")
    assert state()["password_tries_left"] == 5
    zairyu("sandbox", "card", "expire")
    assert str(state()["valid_until"]) < "2027-03-31"
    assert zairyu("sandbox", "card", "pull").exit_code == 0
    assert state() == {"card": None}


@pytest.mark.parametrize("words", [("block",), ("unblock",), ("expire",)], ids=str)
def test_what_needs_a_card_says_how_to_put_one(zairyu: Zairyu, words: tuple[str, ...]) -> None:
    answer = zairyu("sandbox", "card", *words)
    assert answer.exit_code == REFUSED
    assert "zairyu sandbox card put" in answer.stderr


def test_unknown_resident_is_answered_with_those_there_are(zairyu: Zairyu) -> None:
    answer = zairyu("sandbox", "card", "put", "nobody")
    assert answer.exit_code == REFUSED
    assert "linh" in answer.stderr


def test_card_says_of_itself_what_a_help_desk_asks_and_no_try_is_used(zairyu: Zairyu) -> None:
    zairyu("sandbox", "card", "put", "linh", "--valid-until", "2027-03-31")
    (report,) = json.loads(zairyu("card", "--virtual", "--json").stdout)
    assert report["token"] == "JPKIAPICCTOKEN2"
    assert report["can_sign"] is True
    assert (report["password_tries_left"], report["pin_tries_left"]) == (5, 3)
    assert report["auth_valid_until"] == "2027-03-31"
    assert "2027-03-31" in zairyu("card", "--virtual").stdout
    zairyu("sandbox", "card", "pull")
    empty = zairyu("card", "--virtual")
    assert empty.exit_code == 0
    assert "カードがありません" in empty.stdout


def test_virtual_reader_is_plugged_into_the_real_daemon(zairyu: Zairyu, tmp_path: Path) -> None:
    """Another program, OpenSC's, sees the card that a command puts there."""
    slot = private_pcscd().slots[0]
    zairyu("sandbox", "card", "put", "linh")
    _seen_by_opensc(slot.reader, until="")
    plug = subprocess.Popen(
        [sys.executable, "-m", "zairyu", "sandbox", "reader", "--port", str(slot.port)],
        env={**os.environ, "ZAIRYU_DATA_DIR": str(tmp_path / "data")},
        stderr=subprocess.PIPE,
    )
    try:
        _seen_by_opensc(slot.reader, until="jpki")
    finally:
        plug.send_signal(signal.SIGTERM)
        plug.communicate(timeout=30)
    assert plug.returncode == 0
    _seen_by_opensc(slot.reader, until="")


def _seen_by_opensc(reader: str, until: str) -> None:
    """Wait until opensc-tool calls the card so; empty for no card."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        told = subprocess.run(
            ["opensc-tool", "--reader", reader, "--name"], capture_output=True, text=True, check=False, timeout=60
        )
        if told.stdout.strip() == until:
            return
        time.sleep(0.1)
    raise AssertionError(f"{told.stdout}{told.stderr}")


# ----- whose cards may sign -------------------------------------------------------------------------------------------


def test_root_of_the_sandbox_is_refused_where_the_real_interface_is_spoken(zairyu: Zairyu, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(SandboxPki(tmp_path / "pki").sign_ca.public_bytes(Encoding.PEM))
    told = zairyu("terminal", "--id", "T1", ZAIRYU_INTERFACE_PROFILE="mynaportal", ZAIRYU_SIGNING_ROOTS=str(roots))
    assert told.exit_code == REFUSED
    assert "JPKI-TEST" in told.stderr


def test_virtual_reader_is_refused_where_the_real_interface_is_spoken(zairyu: Zairyu) -> None:
    told = zairyu("terminal", "--id", "T1", "--virtual", ZAIRYU_INTERFACE_PROFILE="mynaportal")
    assert told.exit_code == REFUSED
    assert "sandbox" in told.stderr


@pytest.mark.parametrize("content", [None, b"no certificate"], ids=["no file", "no certificate"])
def test_file_of_roots_that_holds_none_is_told(zairyu: Zairyu, tmp_path: Path, content: bytes | None) -> None:
    roots = tmp_path / "roots.pem"
    if content is not None:
        roots.write_bytes(content)
    told = zairyu("terminal", "--id", "T1", ZAIRYU_SIGNING_ROOTS=str(roots))
    assert told.exit_code == REFUSED
    assert "ZAIRYU_SIGNING_ROOTS" in told.stderr


# ----- the terminal as a process --------------------------------------------------------------------------------------


@asynccontextmanager
async def _terminal(data_dir: Path, temporal_address: str, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "zairyu", "terminal", *words),
        env={
            **os.environ,
            "TEMPORAL_ADDRESS": temporal_address,
            "ZAIRYU_DATA_DIR": str(data_dir),
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _line_with(stream: asyncio.StreamReader | None, words: str) -> str:
    assert stream is not None
    seen = ""
    async with asyncio.timeout(60):
        while line := (await stream.readline()).decode():
            seen += line
            if words in line:
                return line
    raise AssertionError(f"{words!r} was never said:\n{seen}")


def _put_card(installed: Installed) -> None:
    """A resident with their card, at every terminal of this installation with a virtual reader."""
    words = ["sandbox", "card", "put", "linh", "--valid-until", str(installed.expires_on)]
    told = CliRunner().invoke(cli.app, words, env={"ZAIRYU_DATA_DIR": str(installed.directory)})
    assert told.exit_code == 0


async def test_terminal_signs_on_its_page_and_is_listed_while_it_is_there(tmp_path: Path) -> None:
    async with Installed(tmp_path / "installed") as installed:
        _put_card(installed)
        await installed.start("on-the-page")
        await installed.in_phase("on-the-page", Phase.SIGNATURE)
        words = ("--id", "T7", "--web", "--port", "0", "--virtual")
        with Browser(tmp_path / "browser") as browser:
            async with _terminal(installed.directory, installed.endpoints.temporal_address, *words) as process:
                await browser.open((await _line_with(process.stdout, "http://127.0.0.1:")).strip())
                await _line_with(process.stderr, "Terminal T7 waits")

                async def listed() -> bool:
                    return [one.terminal_id for one in await installed.zairyu.terminals()] == ["T7"]

                await installed.eventually(listed)
                await installed.zairyu.sign_at("on-the-page", messages.SignAt(message_id="sign", terminal_id="T7"))
                await browser.click("input[name=confirmed]")
                await browser.type(LINH.sign_password, "input[name=password]")
                await browser.click("button[value=sign]")
                await browser.see(LINH.registered_name)
                await installed.in_phase("on-the-page", Phase.RECEIPT)
                process.send_signal(signal.SIGTERM)
                assert await process.wait() == 0
                await browser.see("署名端末は終了しました")
            log = (installed.directory / "logs" / "terminal-T7.log").read_text()
            assert LINH.sign_password not in log + await browser.source() + str(await browser.console())


async def test_terminal_that_dies_while_somebody_signs_loses_nothing_and_signs_nothing_twice(tmp_path: Path) -> None:
    """The application waits for a signature again, and another terminal makes it."""
    async with Installed(tmp_path) as installed:
        _put_card(installed)
        await installed.start("struck-at-the-desk")
        await installed.in_phase("struck-at-the-desk", Phase.SIGNATURE)
        words = ("--id", "T6", "--web", "--port", "0", "--virtual")
        async with _terminal(tmp_path, installed.endpoints.temporal_address, *words) as process:
            address = (await _line_with(process.stdout, "http://127.0.0.1:")).strip()
            await _line_with(process.stderr, "Terminal T6 waits")
            await installed.zairyu.sign_at("struck-at-the-desk", messages.SignAt(message_id="sign", terminal_id="T6"))
            async with httpx.AsyncClient() as browser:
                await browser.get(address)

                async def asked() -> bool:
                    return 'name="password"' in (await browser.get(address.partition("/start")[0])).text

                await installed.eventually(asked)
            process.kill()
        told = await installed.until("struck-at-the-desk", lambda snapshot: bool(snapshot.attention), within=60)
        assert told.phase is Phase.SIGNATURE
        assert "went silent" in told.attention[0].explanation.en
        assert await installed.ledger() == []
        again = messages.SignAt(message_id="again", terminal_id=TERMINAL_ID)
        await installed.zairyu.sign_at("struck-at-the-desk", again)
        filed = await installed.in_phase("struck-at-the-desk", Phase.RECEIPT)
        assert filed.attention == ()
        assert len(await installed.ledger()) == 1


async def test_signature_outlives_a_short_loss_of_the_server(tmp_path: Path) -> None:
    """What the person typed meanwhile is not lost: it is handed over when the server is back."""
    async with Installed(tmp_path) as installed:
        await installed.start("cut-off-at-the-desk")
        await installed.in_phase("cut-off-at-the-desk", Phase.SIGNATURE)
        installed.fingers.hold.clear()
        await installed.zairyu.sign_at(
            "cut-off-at-the-desk", messages.SignAt(message_id="sign", terminal_id=TERMINAL_ID)
        )

        async def asked() -> bool:
            return bool(installed.fingers.asked)

        await installed.eventually(asked)
        await installed.kill_server()
        installed.fingers.hold.set()

        async def signed() -> bool:
            return bool(installed.fingers.holders)

        await installed.eventually(signed)
        await installed.start_server()
        filed = await installed.in_phase("cut-off-at-the-desk", Phase.RECEIPT)
        assert filed.attention == ()
        assert installed.fingers.asked == [5]
        assert len(await installed.ledger()) == 1


async def test_terminal_that_is_switched_on_before_the_server_waits_for_it(tmp_path: Path) -> None:
    async with Installed(tmp_path) as installed:
        await installed.kill_server()
        async with _terminal(tmp_path, installed.endpoints.temporal_address, "--id", "T8", "--virtual") as process:
            await _line_with(process.stderr, "server cannot be reached")
            await installed.start_server()
            await _line_with(process.stderr, "Terminal T8 waits")


async def test_terminal_stops_while_it_looks_for_the_server(tmp_path: Path) -> None:
    async with _terminal(tmp_path, _NOWHERE, "--id", "T9", "--virtual") as process:
        await _line_with(process.stderr, "server cannot be reached")
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 0


class _Hanging:
    """Readers whose service never answers."""

    def __init__(self) -> None:
        self.asked, self.over = threading.Event(), threading.Event()

    def names(self) -> Sequence[str]:
        self.asked.set()
        assert self.over.wait(60)
        return ()

    def connect(self, reader: str) -> None:
        raise AssertionError(reader)


async def test_terminal_can_be_left_while_its_card_service_hangs() -> None:
    readers = _Hanging()

    async def look_for_a_while() -> None:
        looking = asyncio.create_task(_show_readers(readers, ConsolePrompt(Console(file=io.StringIO()))))
        await asyncio.to_thread(readers.asked.wait, 10)
        looking.cancel()

    left = threading.Thread(target=asyncio.run, args=(look_for_a_while(),))
    left.start()
    await asyncio.to_thread(left.join, 10)
    try:
        assert not left.is_alive()
    finally:
        readers.over.set()


# ----- the handbook ---------------------------------------------------------------------------------------------------


def test_every_error_at_the_desk_stands_in_the_handbook() -> None:
    handbook = (Path(__file__).parent.parent / "docs" / "terminal.md").read_text()
    errors = {error.__name__ for error in CardReaderError.__subclasses__()}
    assert {name for name in errors if f"`{name}`" not in handbook} == set()
