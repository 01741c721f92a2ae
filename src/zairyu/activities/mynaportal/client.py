"""A client of Mynaportal's application API, as the sandbox's interface profile speaks it. Knows no Temporal."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, TypeVar

import httpx
import structlog
from pydantic import ValidationError

from zairyu.activities.documents.files import CHUNK, size_of
from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.errors import (
    CapabilityAbsent,
    CursorUnknown,
    MynaportalAccessDenied,
    MynaportalAnswerUnreadable,
    MynaportalError,
    MynaportalRateExceeded,
    MynaportalRefused,
    MynaportalUnavailable,
    MynaportalUnderMaintenance,
)

W = TypeVar("W", bound=wire.Wire)

_log = structlog.get_logger(__name__)

_RENEW_BEFORE = 30.0
"""Seconds before its end at which a token is renewed."""
_SOME_TIME = timedelta(minutes=5)
"""How long it rests where it does not say."""
_DIGITS = 8
"""Of seconds: years."""


@dataclass(frozen=True)
class News:
    """A page of the feed. One record that nobody can read does not hide the others."""

    events: list[wire.StatusRecord]
    unreadable: list[str]
    """The request ids of the records that cannot be read; empty where there is none."""
    next_cursor: str


class _Page(wire.Wire):
    events: list[dict[str, Any]]
    next_cursor: str


class _Plan(wire.Wire):
    windows: list[dict[str, Any]]


class MynaportalClient:
    """Speaks the wire format; one per process, shared by all activities."""

    def __init__(self, http: httpx.AsyncClient, *, client_id: str, client_secret: str) -> None:
        """Wrap an HTTP client whose base URL is the interface's."""
        self._http = http
        self._credentials = (client_id, client_secret)
        self._token = ""
        self._token_ends = 0.0
        self._renewing = asyncio.Lock()

    async def submit(
        self, request_id: str, package: IO[bytes], application_type: str, *, sha256: str
    ) -> wire.Submitted:
        """Send a package. The same id and bytes again give the same answer, and no second application.

        Args:
            request_id: of the application.
            package: an open file, sent from its beginning.
            application_type: as the package says.
            sha256: of the package, in hexadecimal.

        Raises:
            MynaportalError: it was refused, or nobody knows.
        """
        digest = base64.b64encode(bytes.fromhex(sha256)).decode()
        response = await self._call(
            "PUT",
            f"/v1/applications/{request_id}",
            file=package,
            headers={
                "Content-Type": "application/zip",
                "Digest": f"sha-256={digest}",
                "Application-Type": application_type,
            },
        )
        return _read(wire.Submitted, response)

    async def look_up(self, request_id: str) -> wire.StatusRecord | None:
        """What the agency has under this id; nothing when there is no such application.

        Raises:
            MynaportalError: nobody knows.
        """
        try:
            response = await self._call("GET", f"/v1/applications/{request_id}")
        except MynaportalRefused as refused:
            if refused.detail == "APPLICATION_NOT_FOUND":
                return None
            # Any other no, say of a proxy, does not tell that nothing was filed: nobody knows.
            raise MynaportalUnavailable(detail=refused.detail) from None
        return _read(wire.StatusRecord, response)

    async def supply_documents(
        self,
        request_id: str,
        number: int,
        supply_id: str,
        file: IO[bytes],
        *,
        media_type: str = "application/pdf",
        complete: bool = True,
    ) -> wire.Submitted:
        """Supply documents for a request. The same supply id again changes nothing.

        Args:
            request_id: of the application.
            number: of the request for documents.
            supply_id: of this supply.
            file: an open file, sent from its beginning.
            media_type: one PDF, or the signed package around it.
            complete: whether nothing more follows for this request.

        Raises:
            MynaportalError: it was refused, or nobody knows.
        """
        response = await self._call(
            "PUT",
            f"/v1/applications/{request_id}/documents/{number}/{supply_id}",
            file=file,
            params=None if complete else {"complete": "false"},
            headers={"Content-Type": media_type},
        )
        return _read(wire.Submitted, response)

    async def choose_collection(self, request_id: str, method: str) -> wire.StatusRecord:
        """Say how the result is to be collected.

        Raises:
            MynaportalError: it was refused, or nobody knows.
        """
        response = await self._call(
            "PUT", f"/v1/applications/{request_id}/collection", json=wire.CollectionChoice(method=method).model_dump()
        )
        return _read(wire.StatusRecord, response)

    async def withdraw(self, request_id: str) -> wire.StatusRecord:
        """Take an application back. One that is withdrawn already is answered alike.

        Raises:
            MynaportalError: it was refused, or nobody knows.
        """
        response = await self._call("PUT", f"/v1/applications/{request_id}/withdrawal")
        return _read(wire.StatusRecord, response)

    async def maintenance(self) -> list[wire.Window]:
        """When the interface rests, as it announces itself. A window that nobody can read does not hide the others.

        Raises:
            MynaportalError: it announces nothing, or cannot be reached.
        """
        windows = []
        for announced in _read(_Plan, await self._call("GET", "/v1/maintenance")).windows:
            try:
                windows.append(wire.Window.model_validate(announced))
            except ValidationError:
                _log.warning("maintenance-window-unreadable", notice_id=str(announced.get("notice_id", "")))
        return windows

    async def news(self, cursor: str, *, wait: float) -> News:
        """What is new since a cursor, oldest first; waits some seconds for something new.

        Raises:
            CursorUnknown: it has to be read from its beginning.
            MynaportalError: the feed cannot be read.
        """
        try:
            response = await self._call(
                "GET", "/v1/status-feed", params={"cursor": cursor, "wait": wait}, patience=wait
            )
        except MynaportalRefused as refused:
            if refused.detail == "CURSOR_UNKNOWN":
                raise CursorUnknown from None
            raise
        page = _read(_Page, response)
        events, unreadable = [], []
        for event in page.events:
            try:
                events.append(wire.StatusRecord.model_validate(event))
            except ValidationError:
                unreadable.append(str(event.get("request_id", "")))
        return News(events=events, unreadable=unreadable, next_cursor=page.next_cursor)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        file: IO[bytes] | None = None,
        json: object = None,
        params: dict[str, str | float] | None = None,
        headers: dict[str, str] | None = None,
        patience: float = 0.0,
    ) -> httpx.Response:
        token = await self._valid_token()
        # With its length said, a body is not sent in the pieces of HTTP's own that some receivers do not take.
        length = {} if file is None else {"Content-Length": str(size_of(file))}
        try:
            response = await self._http.request(
                method,
                path,
                content=None if file is None else _pieces(file),
                json=json,
                params=params,
                headers={"Authorization": f"Bearer {token}", **length, **(headers or {})},
                timeout=httpx.Timeout(30.0 + patience, connect=5.0),
            )
        except httpx.RequestError as error:
            # Without the cause: its text may hold an address with credentials.
            raise MynaportalUnavailable(detail=type(error).__name__) from None
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._token_ends = 0.0
        return _accepted(response)

    async def _valid_token(self) -> str:
        async with self._renewing:
            if time.monotonic() < self._token_ends - _RENEW_BEFORE:
                return self._token
            client_id, client_secret = self._credentials
            try:
                response = await self._http.post(
                    "/oauth/token",
                    data={"grant_type": "client_credentials"},
                    auth=httpx.BasicAuth(client_id, client_secret),
                    timeout=15.0,
                )
            except httpx.RequestError as error:
                raise MynaportalUnavailable(detail=type(error).__name__) from None
            try:
                token = _read(wire.Token, _accepted(response))
            except MynaportalRefused as refused:
                # It speaks of us, not of the application, and does not tell that nothing was filed.
                raise MynaportalAccessDenied(detail=refused.detail) from None
            self._token, self._token_ends = token.access_token, time.monotonic() + token.expires_in
            return self._token


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := await asyncio.to_thread(file.read, CHUNK):
        yield piece


def _accepted(response: httpx.Response) -> httpx.Response:
    """The response itself when it is a success."""
    if response.is_success:
        return response
    if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise MynaportalAccessDenied(detail=str(response.status_code))
    if response.status_code == httpx.codes.NOT_IMPLEMENTED and _code(response) == "NOT_OFFERED":
        raise CapabilityAbsent
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and _code(response) == "MAINTENANCE":
        told = _told_pause(response)
        raise MynaportalUnderMaintenance(over_in=_SOME_TIME if told is None else told)
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise MynaportalRateExceeded(again_in=_told_pause(response))
    if response.is_client_error and response.status_code != httpx.codes.REQUEST_TIMEOUT:
        raise _refusal(response)
    raise MynaportalUnavailable(detail=str(response.status_code))


def _told_pause(response: httpx.Response) -> timedelta | None:
    """The pause that it asks for; nothing when that is a date, of a clock that is not ours, or beyond all calendars."""
    said = response.headers.get("Retry-After", "")
    return timedelta(seconds=int(said)) if said.isdecimal() and len(said) <= _DIGITS else None


def _code(response: httpx.Response) -> str | None:
    try:
        return wire.Problem.model_validate_json(response.content).code
    except ValidationError:
        return None


def _refusal(response: httpx.Response) -> MynaportalError:
    try:
        problem = wire.Problem.model_validate_json(response.content)
    except ValidationError:
        return MynaportalRefused(code=str(response.status_code))
    return MynaportalRefused(code=problem.code, items=tuple((item.place, item.code) for item in problem.items))


def _read(kind: type[W], response: httpx.Response) -> W:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError:
        raise MynaportalAnswerUnreadable(detail=kind.__name__) from None
