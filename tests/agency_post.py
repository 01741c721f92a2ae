"""Mails as the agency of the sandbox writes and signs them, and as others forge them."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

AGENCY = "ras.sandbox.example"
SELECTOR = "s2026"
_SIGNED = ("from", "to", "subject", "date", "message-id")

RECEIVED = ("【模擬環境】申請受付完了のお知らせ / SANDBOX: application received", "申請受付仮番号：{provisional}\n")
NUMBERED = (
    "【模擬環境】申請受付番号のお知らせ / SANDBOX: receipt number",
    "申請受付番号：{receipt}\n申請受付仮番号：{provisional}\n",
)
DOCUMENTS = (
    "【模擬環境】追加資料の提出について / SANDBOX: documents requested",
    "申請受付番号：{receipt}\n\n提出資料：\n・在職証明書\n・課税証明書（直近1年分）\n\n提出期限：2026年12月8日\n",
)
EXAMINED = ("【模擬環境】審査完了に関するお知らせ / SANDBOX: examination completed", "申請受付番号：{receipt}\n")
READY = ("【模擬環境】交付準備完了に関するお知らせ / SANDBOX: ready to be collected", "申請受付番号：{receipt}\n")
SENT = ("【模擬環境】送付に関するお知らせ / SANDBOX: sent", "申請受付番号：{receipt}\n")


def written(
    form: tuple[str, str],
    *,
    receipt: str = "",
    provisional: str = "",
    sender: str = f"noreply@{AGENCY}",
    message_id: str | None = "<1@ras.sandbox.example>",
    dated: datetime | None = None,
) -> bytes:
    """A mail in one of the agency's forms, unsigned."""
    subject, text = form
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "provider@zairyu.example"
    message["Subject"] = subject
    message["Date"] = format_datetime(dated or datetime.now(UTC))
    if message_id is not None:
        message["Message-ID"] = message_id
    message.set_content(text.format(receipt=receipt, provisional=provisional))
    return message.as_bytes()


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(
    raw: bytes,
    *,
    domain: str = AGENCY,
    headers: Sequence[str] = _SIGNED,
    length: bool = False,
    algorithm: str = "sha256",
) -> bytes:
    """The mail with a signature of a domain, by the one key that there is."""
    private = _key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    signature: bytes = dkim.sign(
        raw,
        SELECTOR.encode(),
        domain.encode(),
        private,
        include_headers=[name.encode() for name in headers],
        length=length,
        signature_algorithm=f"rsa-{algorithm}".encode(),
    )
    return signature.replace(b"\r\n", b"\n") + raw


def published_key(*, testing: bool = False) -> str:
    """The record by which the signatures are checked."""
    public = (
        _key().public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return f"v=DKIM1; k=rsa; {'t=y; ' if testing else ''}p={base64.b64encode(public).decode()}"


def key_name(domain: str = AGENCY) -> str:
    """Where that record stands."""
    return f"{SELECTOR}._domainkey.{domain}"
