"""The HTTP server: uvicorn inside a running event loop, able to hang up on a caller."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_HANG_UP: Final = "zairyu.hang_up"


class _HangUpProtocol(H11Protocol):
    """A connection that hands the application the means to break it. ASGI itself knows none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        app = self.app

        async def with_means(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**(scope.get("extensions") or {}), _HANG_UP: self.transport.abort}
            await app({**scope, "extensions": extensions}, receive, send)

        self.app = with_means


async def hang_up(request: Request) -> Response:
    """Break the connection. The response that is returned reaches nobody."""
    abort: Callable[[], None] = request.scope["extensions"][_HANG_UP]
    abort()
    # One turn of the loop, in which the server learns that the connection is lost.
    await asyncio.sleep(0)
    return Response()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to whoever runs the event loop."""
        yield


@asynccontextmanager
async def http_server(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve on a listening socket while the context lasts."""
    server = _Server(
        uvicorn.Config(
            app,
            http=_HangUpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="sandbox HTTP server")
    try:
        # The socket listens already: callers are queued until the server takes them.
        yield
    finally:
        server.should_exit = True
        await serving
