"""The sandbox with its own inspection: real packages, signed with a card's key, over HTTP."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.sandbox.provider import REQUEST_ID, Provider, problem
from tests.sandbox.test_inspection import LAST_DAY, NOW, Sender
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import CardCredentials, SandboxPki
from zairyu.sandbox.clock import JAPAN
from zairyu.sandbox.reception import read_trusted_roots
from zairyu.sandbox.service import Sandbox, SandboxSettings


@pytest.fixture
async def sandbox(tmp_path: Path, pki: SandboxPki) -> AsyncIterator[Sandbox]:
    async with Sandbox(SandboxSettings(data_dir=tmp_path, trusted_roots=pki.sign_ca_file)) as sandbox:
        sandbox.clock.set_offset(NOW - datetime.now(NOW.tzinfo))
        yield sandbox


async def test_a_signed_package_is_taken_and_shown(provider: Provider, card: CardCredentials) -> None:
    await provider.submitted(Sender(card.sign).package())

    ledger = (await provider.http.get("/sandbox/applications")).json()
    assert ledger[0]["collection_method"] == "POST"
    shown = (await provider.http.get(f"/officer/applications/{REQUEST_ID}")).text
    for seen in ("manifest.xml", "attachment-01.pdf", "11.3 在留期間の満了日", "20270131", LINH.name):
        assert seen in shown


async def test_a_tampered_package_is_refused_by_name(provider: Provider, card: CardCredentials) -> None:
    tampered = Sender(card.sign, tamper=lambda manifest: manifest.replace("POST", "COUNTER"))

    assert problem(await provider.submit(tampered.package())) == (422, "SIGNATURE_INVALID")


async def test_the_window_goes_by_the_expiry_in_the_package(
    provider: Provider, sandbox: Sandbox, card: CardCredentials
) -> None:
    day_of_expiry = datetime.combine(LAST_DAY, datetime.min.time(), JAPAN)
    sandbox.clock.set_offset(day_of_expiry - datetime.now(JAPAN))

    answer = await provider.submit(Sender(card.sign).package())

    assert problem(answer) == (422, "FILING_WINDOW_CLOSED")


def test_trusted_roots_are_read_from_a_file_or_a_directory(pki: SandboxPki) -> None:
    assert read_trusted_roots(pki.sign_ca_file) == [pki.sign_ca]
    assert pki.sign_ca in read_trusted_roots(pki.sign_ca_file.parent)
