"""A provider that speaks to the sandbox over HTTP, and packages that a simple inspector understands."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from zairyu.activities.mynaportal.wire import FeedPage, Maintenance, StatusRecord, Submitted
from zairyu.sandbox.case import Unacceptable
from zairyu.sandbox.registry import Contents
from zairyu.sandbox.service import Sandbox, SandboxSettings

REQUEST_ID = "app-00000001.0123456789abcdef0123"
PDF = b"%PDF-1.7 sample"


def package(expires_on: date | None = None, application_type: str = "EXTENSION_OF_PERIOD", note: str = "") -> bytes:
    """A package as `inspect` reads it; another note makes other bytes."""
    return json.dumps(
        {
            "application_type": application_type,
            "signer_name": "RIVERA SAMPLE",
            "files": [{"name": "manifest.xml", "size": 1200, "sha256": "a" * 64}],
            "csv_row": {"1 氏名": "RIVERA SAMPLE", "2 電子メールアドレス": "rivera@example.jp", "3 備考": note},
            "period_expires_on": None if expires_on is None else expires_on.isoformat(),
            "collection_method": "EMAIL" if application_type == "CERTIFICATE_OF_ELIGIBILITY" else "COUNTER",
        }
    ).encode()


def registration() -> bytes:
    """A registration as `inspect` reads it."""
    content = json.loads(package(application_type="USER_REGISTRATION"))
    content |= {"csv_row": {"1 利用者氏名": "RIVERA SAMPLE", "5.2 電子メールアドレス": "rivera@example.jp"}}
    return json.dumps(content | {"collection_method": ""}).encode()


def inspect(content: bytes, at: datetime) -> Contents:
    """Stands in for the inspection of a ZIP and its signature, which has tests of its own."""
    assert at.tzinfo is not None
    try:
        return Contents.model_validate_json(content)
    except ValueError:
        raise Unacceptable("ZIP_UNREADABLE", "not a package", [("package", "ZIP_UNREADABLE")]) from None


@asynccontextmanager
async def running(data_dir: Path, **settings: Any) -> AsyncIterator[Sandbox]:
    async with Sandbox(SandboxSettings(data_dir=data_dir, **settings), inspect=inspect) as sandbox:
        yield sandbox


@dataclass
class Provider:
    http: httpx.AsyncClient

    async def submit(
        self, content: bytes, request_id: str = REQUEST_ID, application_type: str = "EXTENSION_OF_PERIOD"
    ) -> httpx.Response:
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return await self.http.put(
            f"/v1/applications/{request_id}",
            content=content,
            headers={"Digest": f"sha-256={digest}", "Application-Type": application_type},
        )

    async def submitted(
        self, content: bytes, request_id: str = REQUEST_ID, application_type: str = "EXTENSION_OF_PERIOD"
    ) -> Submitted:
        answer = await self.submit(content, request_id, application_type)
        assert answer.status_code == 200, answer.text
        return Submitted.model_validate_json(answer.content)

    async def record(self, request_id: str = REQUEST_ID) -> StatusRecord:
        answer = await self.http.get(f"/v1/applications/{request_id}")
        assert answer.status_code == 200, answer.text
        return StatusRecord.model_validate_json(answer.content)

    async def feed(self, cursor: str = "", wait: float = 0) -> FeedPage:
        answer = await self.http.get("/v1/status-feed", params={"cursor": cursor, "wait": wait})
        assert answer.status_code == 200, answer.text
        return FeedPage.model_validate_json(answer.content)

    async def supply(
        self,
        content: bytes = PDF,
        number: int = 1,
        supply_id: str = "supply-1",
        *,
        complete: bool = True,
        media_type: str = "application/pdf",
    ) -> httpx.Response:
        return await self.http.put(
            f"/v1/applications/{REQUEST_ID}/documents/{number}/{supply_id}",
            content=content,
            params={} if complete else {"complete": "false"},
            headers={"Content-Type": media_type},
        )

    async def withdraw(self, request_id: str = REQUEST_ID) -> httpx.Response:
        return await self.http.put(f"/v1/applications/{request_id}/withdrawal")

    async def offer(self, *names: str) -> None:
        answer = await self.http.post("/sandbox/offers", json=names)
        assert answer.status_code == 200, answer.text

    async def maintenance(self) -> Maintenance:
        answer = await self.http.get("/v1/maintenance")
        assert answer.status_code == 200, answer.text
        return Maintenance.model_validate_json(answer.content)

    async def announce(self, begins: datetime, ends: datetime, **more: str) -> None:
        notice = {"begins": begins.isoformat(), "ends": ends.isoformat(), **more}
        answer = await self.http.post("/sandbox/maintenance", json=notice)
        assert answer.status_code == 200, answer.text

    async def choose(self, method: str, request_id: str = REQUEST_ID) -> httpx.Response:
        return await self.http.put(f"/v1/applications/{request_id}/collection", json={"method": method})

    async def arm(self, kind: str, count: int = 1, **more: Any) -> None:
        answer = await self.http.post("/sandbox/faults", json={"kind": kind, "count": count, **more})
        assert answer.status_code == 200, answer.text

    async def skip(self, by: timedelta) -> None:
        answer = await self.http.post("/sandbox/clock", json={"offset_seconds": by.total_seconds()})
        assert answer.status_code == 200, answer.text

    async def officer(self, action: str, request_id: str = REQUEST_ID, **fields: str) -> None:
        answer = await self.http.post(f"/officer/applications/{request_id}/{action}", data=fields)
        assert answer.status_code == 303, answer.text


@asynccontextmanager
async def provider_of(sandbox: Sandbox) -> AsyncIterator[Provider]:
    async with httpx.AsyncClient(base_url=sandbox.base_url) as http:
        answer = await http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(sandbox.settings.client_id, sandbox.settings.client_secret),
        )
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Provider(http)


async def under_examination(provider: Provider, content: bytes, application_type: str = "EXTENSION_OF_PERIOD") -> None:
    """An application that an officer has begun to examine."""
    await provider.submitted(content, application_type=application_type)
    await provider.officer("receipt-number")
    await provider.officer("examination")


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that must be a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]
