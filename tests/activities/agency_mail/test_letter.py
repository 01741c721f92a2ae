"""Mails of any making are read, or found unreadable; none stops the watch."""

import base64
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import agency_post as post
from zairyu.activities.agency_mail.letter import read_mail


@pytest.mark.parametrize("charset", ["utf-8", "iso-2022-jp", "shift_jis"])
def test_japanese_is_read_in_each_of_its_encodings(charset: str) -> None:
    subject, text = "【模擬環境】申請受付番号のお知らせ", "申請受付番号：東オンＥＮ26000001\n"
    raw = (
        f"From: noreply@{post.AGENCY}\nSubject: {Header(subject, charset).encode()}\n"
        f'Content-Type: text/plain; charset="{charset}"\nContent-Transfer-Encoding: base64\n\n'
    ).encode() + base64.encodebytes(text.encode(charset))

    letter = read_mail(raw).letter

    assert (letter.subject, letter.text) == (subject, text)


def test_subject_that_was_not_encoded_at_all_is_read_as_utf_8() -> None:
    raw = f"From: noreply@{post.AGENCY}\nSubject: 申請受付番号のお知らせ\n\nx\n".encode()

    assert read_mail(raw).letter.subject == "申請受付番号のお知らせ"


def test_mail_in_html_alone_keeps_its_lines() -> None:
    message = EmailMessage()
    message["From"] = f"noreply@{post.AGENCY}"
    message.set_content(
        "<html><head><style>p {}</style></head><body><p>申請受付番号：東オンＥＮ26000001</p>"
        "提出資料：<br>・在職証明書<br>・<b>課税</b>証明書<br></body></html>",
        subtype="html",
    )

    assert read_mail(message.as_bytes()).letter.text.split() == [
        "申請受付番号：東オンＥＮ26000001",
        "提出資料：",
        "・在職証明書",
        "・課税証明書",
    ]


def test_plain_text_goes_before_html_and_attachments_are_not_read() -> None:
    message = EmailMessage()
    message["From"] = f"noreply@{post.AGENCY}"
    message.set_content("本文\n")
    message.add_alternative("<p>飾り</p>", subtype="html")
    message.add_attachment("添付\n", filename="a.txt")

    assert read_mail(message.as_bytes()).letter.text.strip() == "本文"


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("入管庁 <noreply@RAS.sandbox.example>", "ras.sandbox.example"),
        ('"noreply@ras.sandbox.example" <a@evil.example>', "evil.example"),
        ("noreply@ras.sandbox.example, a@evil.example", ""),
        ("入管庁", ""),
        ("", ""),
    ],
)
def test_sender_is_the_one_address_and_not_the_name_before_it(sender: str, domain: str) -> None:
    assert read_mail(f"From: {sender}\n\n".encode()).letter.domain == domain


def test_same_mail_has_the_same_id_with_a_message_id_and_without() -> None:
    once, again = (read_mail(b"Message-ID: <1@a>\nReceived: " + way + b"\n\n").mail_id for way in (b"by x", b"by y"))
    assert once == again

    nameless = b"From: a@b\n\none\n"
    assert read_mail(nameless).mail_id == read_mail(nameless).mail_id
    assert read_mail(nameless).mail_id != read_mail(b"From: a@b\n\nanother\n").mail_id


@pytest.mark.parametrize(
    ("written", "dated"),
    [
        ("Tue, 24 Nov 2026 12:00:00 +0900", datetime(2026, 11, 24, 3, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 12:00:00 -0000", None),
        ("Tue, 99 Nov 2026 12:00:00 +0900", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("yesterday", None),
    ],
)
def test_date_without_a_moment_says_nothing(written: str, dated: datetime | None) -> None:
    assert read_mail(f"Date: {written}\n\n".encode()).dated == dated


@pytest.mark.parametrize("name", ["From", "Subject", "Date", "Content-Type"])
def test_header_that_stands_twice_is_noticed(name: str) -> None:
    raw = post.written(post.NUMBERED)

    assert read_mail(raw).unambiguous
    assert not read_mail(f"{name}: other\n".encode() + raw).unambiguous


def test_half_a_character_is_none() -> None:
    letter = read_mail(b"Subject: =?utf-7?q?+2AA-?=\nContent-Type: text/plain; charset=utf-7\n\n+2AA-\n").letter

    assert (letter.subject, letter.text) == ("?", "?\n")


def test_line_that_only_some_programs_see_is_noticed() -> None:
    """For those who check the signature it is a part of an unsigned header, for others the text of the mail."""
    head, _, text = post.written(post.READY, receipt="東オンＥＮ26000001").partition(b"\n\n")
    forged = head + b"\nX-Way: a\r\r" + "申請受付番号：東オンＥＮ26000002\r".encode() + b"\n\n" + text

    assert not read_mail(forged).unambiguous


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (part, part) for part in range(2000)),
        b"From: " + b"(" * 100_000 + b"\n\n",
    ],
    ids=["mails", "parts", "brackets"],
)
def test_mail_of_a_thousand_layers_does_not_stop_the_watch(raw: bytes) -> None:
    assert not read_mail(raw).unambiguous
    assert read_mail(raw).mail_id == read_mail(raw).mail_id


_HEADERS = st.sampled_from(
    [b"From", b"Subject", b"Date", b"Message-ID", b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition"]
)
_VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"=?iso-2022-jp?B?GyRC?=", b"=?x?q?=FF?=", b"text/html; charset=idna", b"multipart/mixed; boundary=b",
            b"text/plain; charset*=x''%ff", b"quoted-printable", b"base64", b"uuencode", b"message/rfc822", b"<@a>,;:",
        ]
    ),
)  # fmt: skip


@given(st.lists(st.tuples(_HEADERS, _VALUES), max_size=6), st.binary(max_size=200))
def test_no_bytes_stop_the_watch(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    read_mail(body)
    read_mail(b"\n".join(name + b": " + value for name, value in headers) + b"\n\n" + body)
