from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from tests.sandbox.provider import Provider, provider_of, running
from zairyu.sandbox.service import Sandbox


def mail(message_id: str = "<receipt-number.app-1@zairyu.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "service@zairyu.example"
    message["To"] = "rivera@example.jp"
    message["Subject"] = "申請受付番号のお知らせ"
    message["Message-ID"] = message_id
    message.set_content("受付番号: 東オンＥＮ26000001\n<script>alert(1)</script>\n")
    return message


async def send(sandbox: Sandbox, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=sandbox.smtp_port, timeout=5, start_tls=False)


async def test_a_mail_arrives_as_it_was_written(sandbox: Sandbox, provider: Provider) -> None:
    await send(sandbox, mail())

    (kept,) = (await provider.http.get("/sandbox/mails")).json()
    assert kept["subject"] == "申請受付番号のお知らせ"
    assert kept["recipients"] == ["rivera@example.jp"]
    assert kept["message_id"] == "<receipt-number.app-1@zairyu.example>"
    assert kept["text"].startswith("受付番号: 東オンＥＮ26000001")
    assert kept["repeats"] == 0
    assert "申請受付番号のお知らせ" in (await provider.http.get("/mailbox")).text

    shown = (await provider.http.get(f"/mailbox/{kept['id']}")).text
    assert "東オンＥＮ26000001" in shown
    assert "<script>" not in shown


async def test_a_repeated_message_id_is_shown_as_a_repeat(sandbox: Sandbox, provider: Provider) -> None:
    await send(sandbox, mail())
    await send(sandbox, mail("<other@zairyu.example>"))
    await send(sandbox, mail())

    kept = (await provider.http.get("/sandbox/mails")).json()
    assert [mail["repeats"] for mail in kept] == [1, 0, 0]
    assert (await provider.http.get("/mailbox")).text.count("重複 repeat") == 1


async def test_mails_survive_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox:
        await send(sandbox, mail())

    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        assert len((await provider.http.get("/sandbox/mails")).json()) == 1


@pytest.mark.parametrize(("fault", "status"), [("unavailable", 451), ("refuse", 550)])
async def test_a_mail_server_that_refuses(sandbox: Sandbox, provider: Provider, fault: str, status: int) -> None:
    await provider.arm(fault, call="mail")

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await send(sandbox, mail())

    assert refused.value.code == status
    assert sandbox.mailbox.mails() == []


async def test_a_mail_whose_answer_is_lost_is_kept(sandbox: Sandbox, provider: Provider) -> None:
    await provider.arm("lose_answer", call="mail")

    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(sandbox, mail())

    assert len(sandbox.mailbox.mails()) == 1
