"""The mails that the agency writes about the course of an application."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dkim
import pytest

from tests.sandbox.provider import Provider, package, provider_of, registration, running
from zairyu.sandbox import letters
from zairyu.sandbox.service import Sandbox

COE = "CERTIFICATE_OF_ELIGIBILITY"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    settings: dict[str, Any] = {"agency_letters": True, "agency_maildir": tmp_path / "post" / "in"}
    async with running(tmp_path / "sandbox", **settings) as sandbox:
        yield sandbox


@pytest.fixture
async def provider(sandbox: Sandbox) -> AsyncIterator[Provider]:
    async with provider_of(sandbox) as provider:
        yield provider


def copies(sandbox: Sandbox) -> list[bytes]:
    """What stands in the provider's Maildir."""
    maildir = sandbox.settings.agency_maildir
    assert maildir is not None
    assert list((maildir / "tmp").iterdir()) == []
    delivered = sorted((maildir / "new").iterdir(), key=lambda file: int(re.findall(r"Q([0-9]+)\.", file.name)[0]))
    return [file.read_bytes() for file in delivered]


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


async def subjects(provider: Provider) -> list[str]:
    mails = (await provider.http.get("/sandbox/mails")).json()
    return [mail["subject"] for mail in reversed(mails)]


async def test_the_agency_writes_at_each_step(provider: Provider, sandbox: Sandbox) -> None:
    provisional = (await provider.submitted(package())).provisional_number
    await provider.choose("POST")
    await provider.officer("receipt-number")
    await provider.officer("examination")
    await provider.officer("document-requests", items="課税証明書\n納税証明書", due_on="2026-12-01")
    await provider.supply()
    await provider.officer("permission", years="3")
    await provider.officer("payment")
    await provider.officer("ready")
    await provider.officer("sent")

    forms = [getattr(letters, n) for n in ("RECEIVED", "NUMBERED", "DOCUMENTS", "EXAMINED", "READY", "SENT")]
    assert await subjects(provider) == [form.subject for form in forms]
    assert all(form.subject.startswith("【模擬環境】") for form in forms)
    texts = [mail["text"] for mail in reversed((await provider.http.get("/sandbox/mails")).json())]
    number = (await provider.record()).receipt_number
    assert number is not None
    assert "ＥＮ" in number
    assert f"申請受付仮番号：{provisional}\n" in texts[0]
    assert number not in texts[0]
    assert f"申請受付番号：{number}\n申請受付仮番号：{provisional}\n" in texts[1]
    assert "提出資料：\n・課税証明書\n・納税証明書\n\n提出期限：2026年12月1日\n" in texts[2]
    for text in texts[2:]:
        assert f"申請受付番号：{number}\n" in text
        assert "{" not in text

    told = [read(copy) for copy in copies(sandbox)]
    assert [copy["To"] for copy in told] == ["zairyu@sandbox.example"] * 6
    assert [copy["Subject"] for copy in told] == [form.subject for form in forms]
    assert [copy.get_content() for copy in told] == texts
    assert len({copy["Message-ID"] for copy in told}) == 6


async def test_the_mail_does_not_say_how_it_was_decided(provider: Provider) -> None:
    texts = []
    for action in ("permission", "denial"):
        request_id = f"app-{action}.0123456789abcdef"
        await provider.submitted(
            package(application_type="AUTHORIZED_EMPLOYMENT_CERTIFICATE", note=action),
            request_id,
            "AUTHORIZED_EMPLOYMENT_CERTIFICATE",
        )
        await provider.officer("receipt-number", request_id)
        await provider.officer("examination", request_id)
        await provider.officer(action, request_id)
        number = (await provider.record(request_id)).receipt_number
        assert number is not None
        texts.append((await provider.http.get("/sandbox/mails")).json()[0]["text"].replace(number, ""))

    assert texts[0] == texts[1]
    assert "審査が完了しました" in texts[0]


async def test_a_certificate_by_mail_comes_alone(provider: Provider) -> None:
    await provider.submitted(package(application_type=COE), application_type=COE)
    for action in ("receipt-number", "examination", "permission", "ready", "sent"):
        await provider.officer(action)

    told = await subjects(provider)
    assert told[:2] == [letters.RECEIVED.subject, letters.NUMBERED.subject]
    assert "在留資格認定証明書" in told[2]
    assert len(told) == 3


async def test_ends_that_no_mail_tells(provider: Provider) -> None:
    await provider.submitted(package())
    await provider.officer("termination")

    assert await subjects(provider) == [letters.RECEIVED.subject]


async def test_a_registration_has_no_course(provider: Provider) -> None:
    await provider.submitted(registration(), application_type="USER_REGISTRATION")

    assert [letters.RECEIVED.subject in subject for subject in await subjects(provider)] == [False]


async def test_every_mail_is_signed_by_the_key_that_the_dns_would_hold(provider: Provider, sandbox: Sandbox) -> None:
    await provider.submitted(package())
    await provider.submitted(registration(), "reg-00000001.0123456789abcdef0123", "USER_REGISTRATION")
    record = (await provider.http.get("/sandbox/dkim")).json()
    assert record["name"] == "sandbox._domainkey.ras.sandbox.example"
    assert record["txt"].startswith("v=DKIM1; ")

    def resolve(name: bytes, **_: object) -> bytes:
        return record["txt"].encode() if name.decode().rstrip(".") == record["name"] else b""

    with closing(sqlite3.connect(sandbox.settings.data_dir / "sandbox.sqlite3")) as database:
        kept = [content for (content,) in database.execute("SELECT content FROM mail")]
    mails = [*kept, *copies(sandbox)]
    assert len(mails) == 3
    for mail in mails:
        assert dkim.verify(mail, dnsfunc=resolve)
        # As a mail server passes it on.
        assert dkim.verify(mail.replace(b"\n", b"\r\n"), dnsfunc=resolve)
        head, _, body = mail.partition(b"\n\n")
        assert not dkim.verify(head.replace(b"noreply@", b"nobody@") + b"\n\n" + body, dnsfunc=resolve)
        assert not dkim.verify(head + b"\n\nAAAA" + body, dnsfunc=resolve)


async def test_the_key_stays_the_same_and_is_nobody_elses(tmp_path: Path) -> None:
    keys = []
    for directory in ("one", "one", "two"):
        async with running(tmp_path / directory) as sandbox, provider_of(sandbox) as provider:
            keys.append((await provider.http.get("/sandbox/dkim")).json()["txt"])

    assert keys[0] == keys[1] != keys[2]
    assert (tmp_path / "one" / "dkim.pem").stat().st_mode & 0o077 == 0


async def test_the_agency_is_silent_unless_told_to_write(tmp_path: Path) -> None:
    async with running(tmp_path, agency_maildir=tmp_path / "post") as sandbox, provider_of(sandbox) as provider:
        await provider.submitted(package())
        await provider.officer("receipt-number")

        assert await subjects(provider) == []
        assert copies(sandbox) == []


async def test_a_stranger_is_written_to_as_well(provider: Provider, sandbox: Sandbox) -> None:
    number = (await provider.http.post("/sandbox/strangers")).json()["receipt_number"]

    assert number in read(copies(sandbox)[-1]).get_content()
