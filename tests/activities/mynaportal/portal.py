"""A small real web server that answers what a test tells it, and keeps what it was asked."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.sandbox.http_server import http_server

REQUEST_ID: Final = "app-00000001.0123456789abcdef0123"
SUBMITTED: Final[dict[str, Any]] = {
    "request_id": REQUEST_ID,
    "provisional_number": "K2026112400001",
    "accepted_at": "2026-11-24T12:00:00+09:00",
}
RECORD: Final[dict[str, Any]] = {
    **SUBMITTED,
    "event_id": "event-1",
    "revision": 1,
    "reported_at": "2026-11-24T12:00:00+09:00",
    "application": "申請完了",
    "documents": "",
    "collection": "",
    "outcome": "",
}


def problem(status: int, code: str, *items: tuple[str, str]) -> Response:
    return JSONResponse(
        {
            "title": code,
            "status": status,
            "code": code,
            "detail": "TRAN THI LINH",
            "items": [{"place": place, "code": item} for place, item in items],
        },
        status_code=status,
        media_type="application/problem+json",
    )


@dataclass
class Portal:
    """Its answer to a token, its answer to anything else, and its ledger."""

    token: Callable[[], Response] = lambda: JSONResponse({"access_token": "token-1", "expires_in": 1800})
    answer: Callable[[Request], Response] = lambda _: JSONResponse(SUBMITTED)
    tokens_given: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)
    carried: list[str | None] = field(default_factory=list)
    """The authorization of each call."""
    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    async def _give_token(self, _: Request) -> Response:
        self.tokens_given += 1
        # A turn of the loop, in which another call may ask too.
        await asyncio.sleep(0)
        return self.token()

    async def _take(self, request: Request) -> Response:
        self.calls.append((request.method, request.url.path))
        self.carried.append(request.headers.get("Authorization"))
        self.bodies.append(await request.body())
        return self.answer(request)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/oauth/token", self._give_token, methods=["POST"]),
                Route("/{rest:path}", self._take, methods=["GET", "PUT"]),
            ]
        )


@asynccontextmanager
async def open_portal(portal: Portal) -> AsyncIterator[Portal]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        portal.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with http_server(portal.app(), listener):
            yield portal


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[MynaportalClient]:
    async with httpx.AsyncClient(base_url=url) as http:
        yield MynaportalClient(http, client_id="sandbox-client", client_secret="sandbox-secret")
