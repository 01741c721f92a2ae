"""An installation of real processes, any of which a test can kill."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
from temporalio.client import Client

from tests.fingers import Fingers
from tests.world import Surroundings
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import Zairyu
from zairyu.demo import TERMINAL_ID
from zairyu.installation import worker_environment
from zairyu.models.snapshot import ApplicationSnapshot
from zairyu.rules.calendar import add_months, day_in_japan
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.connection import Endpoints, load_keys
from zairyu.runtime.embedded import embedded_server, free_port
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.runtime.settings import Settings
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.municipality import issue_card
from zairyu.sandbox.card.personas import DEMO_APPLICANT
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.virtual_desk import sandbox_pki, sandbox_pki_directory
from zairyu.worker import terminal_worker
from zairyu.workflows.search_attributes import ALL

_STARTS_WITHIN = 60.0
"""Seconds; a loaded machine with two processors is slow to import."""


class Installed(Surroundings):
    """Server, sandbox and worker, each a process, on ports of their own; the desk terminal is in the test.

    Unlike the project's own installation it has no ports that another test could be waiting for.
    """

    def __init__(self, directory: Path, **told_the_worker: str) -> None:
        self.directory = directory
        self.logs = directory / "logs"
        self.settings = Settings(data_dir=directory)
        self.keys = load_keys(self.settings)
        self.pki = sandbox_pki(self.settings)
        self._http_port, self._smtp_port = free_port(), free_port()
        self._temporal_port, self._ui_port = free_port(), free_port()
        self.endpoints = Endpoints(
            temporal_address=f"127.0.0.1:{self._temporal_port}",
            ui_url=f"http://127.0.0.1:{self._ui_port}",
            sandbox_url=f"http://127.0.0.1:{self._http_port}",
            smtp_port=self._smtp_port,
        )
        self.today: date = day_in_japan(datetime.now(UTC))
        self.expires_on = add_months(self.today, 2)
        self.fingers = Fingers(DEMO_APPLICANT.sign_password)
        self.reader = InProcessReader(issue_card(sandbox_pki_directory(self.settings), DEMO_APPLICANT, self.expires_on))
        self.worker: asyncio.subprocess.Process | None = None
        self._told_the_worker = told_the_worker
        self._sandbox: asyncio.subprocess.Process | None = None
        self._server = AsyncExitStack()
        self._desk = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            await asyncio.gather(self.start_server(), self.start_sandbox())
            self.temporal = await Client.connect(self.endpoints.temporal_address, plugins=[zairyu_plugin(self.keys)])
            self.zairyu = Zairyu(self.temporal, BlobStore(self.settings.blobs, self.keys), sample_packs())
            self.http = await self._desk.enter_async_context(httpx.AsyncClient(base_url=self.endpoints.sandbox_url))
            await asyncio.gather(self.start_worker(), self._open_desk())
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._desk.aclose()
        for process in (self.worker, self._sandbox):
            await _end(process, signal.SIGTERM)
        await self._server.aclose()

    async def _open_desk(self) -> None:
        desk = Desk(self.reader, self.fingers, TrustedRoots.of([self.pki.sign_ca]), gather=timedelta())
        await self._desk.enter_async_context(terminal_worker(self.temporal, TERMINAL_ID, desk, self.reader))

    # ----- processes --------------------------------------------------------------------------------------------

    async def start_server(self) -> None:
        lock = self._server.enter_context((self.directory / "lock").open("w"))
        await self._server.enter_async_context(
            embedded_server(
                self._database,
                search_attributes=ALL,
                codec_url="http://127.0.0.1:9",
                log=self.logs / "temporal.log",
                port=self._temporal_port,
                ui_port=self._ui_port,
                lock=lock.fileno(),
            )
        )

    async def kill_server(self) -> None:
        os.kill(_process_with(str(self._database)), signal.SIGKILL)
        await self._server.aclose()

    async def start_sandbox(self) -> None:
        arguments = {
            "--data-dir": self.directory / "sandbox",
            "--http-port": self._http_port,
            "--smtp-port": self._smtp_port,
            "--trusted-roots": self.pki.sign_ca_file,
            "--pace-seconds": 0,
        }
        words = [str(word) for pair in arguments.items() for word in pair]
        self._sandbox, line = await self._start("sandbox", ["zairyu.sandbox", *words], {})
        assert json.loads(line)["base_url"] == self.endpoints.sandbox_url

    async def kill_sandbox(self) -> None:
        await _end(self._sandbox, signal.SIGKILL)

    async def start_worker(self) -> None:
        environment = {**worker_environment(self.settings, self.endpoints), **self._told_the_worker}
        self.worker, line = await self._start("worker", ["zairyu", "worker"], environment)
        assert line == b"ready\n"

    async def kill_worker(self) -> None:
        await _end(self.worker, signal.SIGKILL)

    @property
    def _database(self) -> Path:
        return self.directory / "temporal.sqlite3"

    async def _start(
        self, name: str, module_and_arguments: list[str], environment: Mapping[str, str]
    ) -> tuple[asyncio.subprocess.Process, bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *module_and_arguments,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert process.stdout is not None
        async with asyncio.timeout(_STARTS_WITHIN):
            line = await process.stdout.readline()
        assert line, (self.logs / f"{name}.log").read_text()
        return process, line

    # ----- the applicant ----------------------------------------------------------------------------------------

    def hand_in(self, application_id: str, *, expires_on: date | None = None, **changes: Any) -> Path:
        """An application in a file, with its documents beside it."""
        file = write_application(
            self.directory / "input" / application_id, DEMO_APPLICANT, expires_on=expires_on or self.expires_on
        )
        content = {**json.loads(file.read_bytes()), "application_id": application_id, **changes}
        file.write_text(json.dumps(content))
        return file

    async def start(
        self, application_id: str, *, expires_on: date | None = None, **changes: Any
    ) -> ApplicationSnapshot:
        file = self.hand_in(application_id, expires_on=expires_on, **changes)
        return await self.zairyu.start_file(file, on=self.today)


async def _end(process: asyncio.subprocess.Process | None, how: signal.Signals) -> None:
    if process is None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(how)
    await process.wait()


def _process_with(word: str) -> int:
    """The process that has a word in its command line; the word is a path of this test alone."""
    (found,) = (
        int(directory.name)
        for directory in Path("/proc").iterdir()
        if directory.name.isdigit() and word in _command_line(directory)
    )
    return found


def _command_line(process: Path) -> list[str]:
    with suppress(OSError):
        return (process / "cmdline").read_text(errors="replace").split("\0")
    return []
