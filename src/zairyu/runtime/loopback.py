"""HTTP for this computer alone: the codec server of an embedded installation, the page of a desk."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

_LAST_ANSWERS: Final = 2
"""Seconds for calls that are under way when the server ends."""


def loopback_listener(port: int = 0) -> socket.socket:
    """A socket on 127.0.0.1 that listens already: callers are queued until they are served.

    Args:
        port: Where to listen; any free port by default.

    Raises:
        OSError: The port is taken.
    """
    return socket.create_server(("127.0.0.1", port))


@asynccontextmanager
async def served(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve while the context lasts. Nothing is logged: addresses and forms may hold secrets."""
    server = _QuietServer(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            # Nobody stands between the caller and us.
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="loopback")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process as a whole."""
        yield
