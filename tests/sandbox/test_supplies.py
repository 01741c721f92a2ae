"""Additional documents: asked for more than once, supplied in parts, signed where they must be."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.sandbox.provider import (
    PDF,
    REQUEST_ID,
    Provider,
    package,
    problem,
    provider_of,
    running,
    under_examination,
)
from tests.sandbox.test_inspection import LAST_DAY, NOW, Sender, zipped
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import CardCredentials, SandboxPki
from zairyu.sandbox.samples import write_pdf
from zairyu.sandbox.service import Sandbox, SandboxSettings


async def asked(provider: Provider, *items: str, due_on: date) -> None:
    for item in items:
        await provider.officer("document-requests", items=item, due_on=due_on.isoformat())


async def state(provider: Provider) -> tuple[str, list[bool]]:
    record = await provider.record()
    return record.documents, [request.supplied for request in record.document_requests]


def taken(sandbox: Sandbox) -> list[tuple[int, str, bool]]:
    supplies = sandbox.agency.registry.supplies(REQUEST_ID)
    return [(supply.number, supply.supply_id, supply.complete) for supply in supplies]


async def test_supplied_documents_are_taken_once(provider: Provider, sandbox: Sandbox, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    await asked(provider, "課税証明書", due_on=expiry)

    assert problem(await provider.supply(b"PK not a PDF")) == (422, "NOT_A_PDF")
    assert problem(await provider.supply(number=2)) == (404, "NO_SUCH_DOCUMENT_REQUEST")
    first = await provider.supply()
    again = await provider.supply()
    assert first.json() == again.json()
    assert problem(await provider.supply(PDF + b" other")) == (409, "SUPPLY_ID_REUSED")
    assert problem(await provider.supply(supply_id="supply-2")) == (409, "DOCUMENTS_NOT_WANTED")
    assert taken(sandbox) == [(1, "supply-1", True)]
    assert (await provider.record()).revision == 5


async def test_a_request_stays_open_until_the_last_of_its_supplies(
    provider: Provider, sandbox: Sandbox, expiry: date
) -> None:
    await under_examination(provider, package(expiry))
    await asked(provider, "課税証明書", due_on=expiry)

    parts = [await provider.supply(PDF + part, supply_id=f"s-{part.decode()}", complete=False) for part in (b"a", b"b")]
    assert [part.status_code for part in parts] == [200, 200]
    assert await state(provider) == ("返却中", [False])
    shown = (await provider.http.get(f"/officer/applications/{REQUEST_ID}")).text
    assert shown.count("more follows") == 2
    assert "in part" in shown

    assert (await provider.supply(PDF + b"c", supply_id="s-c")).status_code == 200
    assert await state(provider) == ("追完済", [True])
    # An answer that was lost is asked for again, also when the request is answered by now.
    again = await provider.supply(PDF + b"a", supply_id="s-a", complete=False)
    assert again.json() == parts[0].json()
    assert problem(await provider.supply(PDF + b"d", supply_id="s-d")) == (409, "DOCUMENTS_NOT_WANTED")
    assert taken(sandbox) == [(1, "s-a", False), (1, "s-b", False), (1, "s-c", True)]


async def test_the_last_supply_is_not_mistaken_for_a_part_that_came_before(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    await asked(provider, "課税証明書", due_on=expiry)
    await provider.supply(complete=False)

    assert problem(await provider.supply(complete=True)) == (409, "SUPPLY_ID_REUSED")
    assert await state(provider) == ("返却中", [False])


async def test_documents_are_wanted_while_any_request_is_open(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    await asked(provider, "課税証明書", "納税証明書", due_on=expiry)

    await provider.supply(number=2)
    assert await state(provider) == ("返却中", [False, True])
    await provider.supply(number=1)
    assert await state(provider) == ("追完済", [True, True])
    await asked(provider, "雇用契約書", due_on=expiry)
    assert await state(provider) == ("返却中", [True, True, False])


async def test_a_database_of_an_older_release_keeps_its_supplies(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        expiry = sandbox.clock.today() + timedelta(days=60)
        await under_examination(provider, package(expiry))
        await asked(provider, "課税証明書", due_on=expiry)
        await provider.supply()
    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as database:
        database.executescript(
            "CREATE TABLE older (request_id TEXT NOT NULL REFERENCES application, number INTEGER NOT NULL,"
            " supply_id TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, accepted_at TEXT NOT NULL,"
            " PRIMARY KEY (request_id, number));"
            "INSERT INTO older SELECT request_id, number, supply_id, sha256, size, accepted_at FROM supply;"
            "DROP TABLE supply; ALTER TABLE older RENAME TO supply;"
        )

    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        assert taken(sandbox) == [(1, "supply-1", True)]
        assert (await provider.supply()).status_code == 200
        await asked(provider, "納税証明書", due_on=expiry)
        assert (await provider.supply(PDF + b"a", 2, "a", complete=False)).status_code == 200
    async with running(tmp_path) as sandbox:
        assert taken(sandbox) == [(1, "supply-1", True), (2, "a", False)]


# ----- signed supplies --------------------------------------------------------------------------------------------


@asynccontextmanager
async def wanting_signatures(tmp_path: Path, pki: SandboxPki) -> AsyncIterator[tuple[Sandbox, Provider]]:
    settings = SandboxSettings(data_dir=tmp_path, trusted_roots=pki.sign_ca_file, supplies_are_signed=True)
    async with Sandbox(settings) as sandbox, provider_of(sandbox) as provider:
        sandbox.clock.set_offset(NOW - datetime.now(NOW.tzinfo))
        yield sandbox, provider


@pytest.fixture
async def open_request(
    tmp_path: Path, pki: SandboxPki, card: CardCredentials
) -> AsyncIterator[tuple[Sandbox, Provider]]:
    """A request for documents, in a sandbox that wants them signed."""
    async with wanting_signatures(tmp_path, pki) as (sandbox, provider):
        await under_examination(provider, Sender(card.sign).package())
        await asked(provider, "課税証明書", due_on=LAST_DAY)
        yield sandbox, provider


def supply_of(card: CardCredentials) -> Sender:
    return Sender(
        card.sign,
        files={"documents.pdf": ("SUPPLEMENT", write_pdf("Certificate of taxation"))},
        fields={"ApplicationId": "app-00000001", "ApplicationType": "EXTENSION_OF_PERIOD"},
    )


async def send(provider: Provider, content: bytes, supply_id: str = "supply-1") -> httpx.Response:
    return await provider.supply(content, supply_id=supply_id, media_type="application/zip")


async def test_a_signed_supply_is_taken_with_its_signer(
    open_request: tuple[Sandbox, Provider], card: CardCredentials
) -> None:
    sandbox, provider = open_request
    content = supply_of(card).package()

    first = await send(provider, content)
    # The certificate is over by then, but the supply was good when it came.
    sandbox.clock.set_offset(timedelta(days=3_650))
    again = await send(provider, content)

    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    (supply,) = sandbox.agency.registry.supplies(REQUEST_ID)
    assert supply.size == len(content)
    ledger = (await provider.http.get("/sandbox/applications")).json()
    signer = sandbox.agency.registry.application(REQUEST_ID).contents.signer_name
    assert ledger[0]["supplies"][0]["signer_name"] == signer
    shown = (await provider.http.get(f"/officer/applications/{REQUEST_ID}")).text
    assert shown.partition("Additional documents")[2].count(signer) == 1


async def test_a_supply_that_is_not_signed_as_it_must_be_is_refused(
    open_request: tuple[Sandbox, Provider], card: CardCredentials, tmp_path: Path
) -> None:
    sandbox, provider = open_request
    good = supply_of(card)
    pdf = write_pdf("Certificate of taxation")
    stranger = SandboxPki(tmp_path / "other").credentials(LINH, LAST_DAY)
    protected = pdf.replace(b"trailer", b"trailer % /Encrypt ")
    others = {**good.files, "second.pdf": ("SUPPLEMENT", pdf)}
    tampered = zipped({"manifest.xml": good.manifest().encode(), "documents.pdf": pdf + b"%"})
    for content, code in (
        (tampered, "DIGEST_MISMATCH"),
        (replace(good, tamper=lambda xml: xml.replace("app-00000001", "app-00000002")).package(), "SIGNATURE_INVALID"),
        (supply_of(stranger).package(), "CERTIFICATE_UNTRUSTED"),
        (replace(good, unsigned=("documents.pdf",)).package(), "FILE_UNLISTED"),
        (replace(good, files=others).package(), "FILE_UNLISTED"),
        (replace(good, files={}).package(), "FILE_MISSING"),
        (replace(good, files={"documents.pdf": ("SUPPLEMENT", b"no PDF")}).package(), "PDF_UNREADABLE"),
        (replace(good, files={"documents.pdf": ("SUPPLEMENT", protected)}).package(), "PDF_PROTECTED"),
        (replace(good, fields={"ApplicationType": "CHANGE_OF_STATUS"}).package(), "APPLICATION_TYPE_DIFFERS"),
        (zipped({"documents.pdf": pdf}), "MANIFEST_MISSING"),
        (b"no ZIP", "ZIP_UNREADABLE"),
    ):
        assert problem(await send(provider, content)) == (422, code)
    assert problem(await provider.supply(pdf)) == (422, "SUPPLY_NOT_SIGNED")
    assert sandbox.agency.registry.supplies(REQUEST_ID) == []
    assert (await send(provider, good.package())).status_code == 200
