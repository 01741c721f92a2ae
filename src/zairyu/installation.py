"""An embedded installation: server, sandbox, worker and codec server on this machine, for `up` and `demo`."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

from zairyu.runtime.codec import EncryptingCodec
from zairyu.runtime.codec_server import codec_server
from zairyu.runtime.connection import Endpoints, load_keys
from zairyu.runtime.embedded import embedded_server, free_port
from zairyu.runtime.loopback import loopback_listener, served
from zairyu.runtime.settings import Settings
from zairyu.virtual_desk import sandbox_pki
from zairyu.workflows.search_attributes import ALL

_READY_SECONDS = 30.0
_STOP_SECONDS = 15.0


class InstallationError(Exception):
    """A part did not start. The text says what to do."""


@asynccontextmanager
async def installation(
    settings: Settings, *, automatic_officer: bool, officer_pace: float = 3.0
) -> AsyncIterator[Endpoints]:
    """Run everything but the terminal until the context ends. State stays in the data directory.

    Args:
        settings: where the data directory is.
        automatic_officer: whether the sandbox's officer works by itself.
        officer_pace: the officer's pause before each step, in seconds.

    Raises:
        InstallationError: a part did not start, or another installation uses the data directory.
    """
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    keys = load_keys(settings)
    roots = sandbox_pki(settings).sign_ca_file
    async with AsyncExitStack() as stack:
        lock = stack.enter_context(_alone(settings.data_dir))
        port, ui_port = free_port(7233), free_port(8233)
        codec = codec_server(
            EncryptingCodec(keys), ui_origins=[f"http://{host}:{ui_port}" for host in ("127.0.0.1", "localhost")]
        )
        listener = stack.enter_context(loopback_listener())
        await stack.enter_async_context(served(codec, listener))
        server = await stack.enter_async_context(
            embedded_server(
                settings.data_dir / "temporal.sqlite3",
                search_attributes=ALL,
                codec_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
                log=logs / "temporal.log",
                port=port,
                ui_port=ui_port,
                lock=lock,
            )
        )
        arguments = [
            "--data-dir", str(settings.data_dir / "sandbox"),
            "--http-port", str(free_port(8400)),
            "--smtp-port", str(free_port(8425)),
            "--trusted-roots", str(roots),
            "--pace-seconds", str(officer_pace),
            "--agency-letters",
        ]  # fmt: skip
        if automatic_officer:
            arguments.append("--automatic")
        sandbox = await stack.enter_async_context(_process("sandbox", ["zairyu.sandbox", *arguments], {}, logs))
        told = json.loads(await _first_line(sandbox, "sandbox", logs))
        endpoints = Endpoints(
            temporal_address=server.address,
            ui_url=server.ui_url,
            sandbox_url=told["base_url"],
            smtp_port=told["smtp_port"],
        )
        endpoints.write(settings.data_dir)
        stack.callback(Endpoints.forget, settings.data_dir)
        environment = worker_environment(settings, endpoints)
        worker = await stack.enter_async_context(_process("worker", ["zairyu", "worker"], environment, logs))
        await _first_line(worker, "worker", logs)
        yield endpoints


def worker_environment(settings: Settings, endpoints: Endpoints) -> dict[str, str]:
    """What a worker process of this installation has to be told."""
    return {
        "TEMPORAL_ADDRESS": endpoints.temporal_address,
        "ZAIRYU_DATA_DIR": str(settings.data_dir.absolute()),
        "ZAIRYU_MYNAPORTAL_URL": endpoints.sandbox_url,
        "ZAIRYU_SMTP_HOST": "127.0.0.1",
        "ZAIRYU_SMTP_PORT": str(endpoints.smtp_port),
        "ZAIRYU_SIGNING_ROOTS": str(sandbox_pki(settings).sign_ca_file.absolute()),
    }


@contextmanager
def _alone(data_dir: Path) -> Iterator[int]:
    """Two servers on one database would harm each other."""
    # Windows has no such locks; a desk terminal there imports this module, and runs no server.
    import fcntl

    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InstallationError(
                f"another `zairyu up` or `zairyu demo`, or a Temporal server that one left behind, uses {data_dir}; "
                "stop it first"
            ) from None
        yield lock.fileno()


@asynccontextmanager
async def _process(
    name: str, module_and_arguments: list[str], environment: Mapping[str, str], logs: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A part of us as a process of its own. It is asked to stop, and ended if it does not."""
    with (logs / f"{name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *module_and_arguments,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _first_line(process: asyncio.subprocess.Process, name: str, logs: Path) -> bytes:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        async with asyncio.timeout(_READY_SECONDS):
            line = await process.stdout.readline()
    except TimeoutError:
        line = b""
    if not line:
        raise InstallationError(f"the {name} did not start; see {logs / f'{name}.log'}")
    return line
