"""A mail is the agency's when that is proven, and not because it says so."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import agency_post as post
from tests.dns_server import NameServer
from zairyu.activities.agency_mail.errors import SenderUncheckable
from zairyu.activities.agency_mail.sender import Senders, name_server

MAIL = post.written(post.NUMBERED, receipt="東オンＥＮ26000001", provisional="仮1")


async def _proven(raw: bytes, dns: NameServer, *, authserv_id: str | None = None) -> bool:
    senders = Senders(domains=(post.AGENCY,), authserv_id=authserv_id, resolver=name_server(dns.address))
    return await asyncio.to_thread(senders.proven, raw, post.AGENCY)


# ----- the agency's own signature ------------------------------------------------------------------------------


async def test_mail_signed_by_the_agency_is_its_own(dns: NameServer) -> None:
    assert await _proven(post.signed(MAIL), dns)


async def test_mail_that_only_names_the_agency_is_not(dns: NameServer) -> None:
    assert not await _proven(MAIL, dns)


async def test_mail_that_was_changed_on_its_way_is_not(dns: NameServer) -> None:
    signed = post.signed(MAIL)

    assert not await _proven(signed.replace(b"receipt number", b"another number"), dns)
    assert not await _proven(signed + b"more\n", dns)


@pytest.mark.parametrize("domain", ["evil.example", f"mail.{post.AGENCY}", "sandbox.example"])
async def test_signature_of_another_domain_proves_nothing(dns: NameServer, domain: str) -> None:
    dns.records[post.key_name(domain)] = post.published_key()

    assert not await _proven(post.signed(MAIL, domain=domain), dns)


async def test_second_signature_counts_when_the_first_is_another_s(dns: NameServer) -> None:
    assert await _proven(post.signed(post.signed(MAIL), domain="relay.example"), dns)


@pytest.mark.parametrize("left_out", ["subject", "date"])
async def test_signature_over_less_than_what_is_read_proves_nothing(dns: NameServer, left_out: str) -> None:
    headers = [name for name in ("from", "subject", "date") if name != left_out]

    assert not await _proven(post.signed(MAIL, headers=headers), dns)


async def test_signature_that_lets_the_date_be_taken_away_proves_nothing(dns: NameServer) -> None:
    dateless = b"".join(line for line in MAIL.splitlines(keepends=True) if not line.startswith(b"Date:"))

    assert not await _proven(post.signed(dateless, headers=("from", "subject")), dns)
    assert await _proven(post.signed(dateless, headers=("from", "subject", "date")), dns)


async def test_signature_over_the_beginning_of_a_mail_proves_nothing(dns: NameServer) -> None:
    assert not await _proven(post.signed(MAIL, length=True) + "申請受付番号：別\n".encode(), dns)


async def test_signature_by_an_algorithm_that_is_broken_proves_nothing(dns: NameServer) -> None:
    assert not await _proven(post.signed(MAIL, algorithm="sha1"), dns)


@pytest.mark.parametrize("record", [None, "", "v=DKIM1; p=", "v=DKIM1; p=%%%", post.published_key(testing=True)])
async def test_key_that_is_withdrawn_broken_or_tried_out_proves_nothing(dns: NameServer, record: str | None) -> None:
    if record is None:
        del dns.records[post.key_name()]
    else:
        dns.records[post.key_name()] = record

    assert not await _proven(post.signed(MAIL), dns)


async def test_while_dns_does_not_answer_nobody_is_called_a_forger(dns: NameServer) -> None:
    dns.broken = True

    with pytest.raises(SenderUncheckable):
        await _proven(post.signed(MAIL), dns)
    dns.broken = False
    assert await _proven(post.signed(MAIL), dns)


async def test_stranger_s_signature_asks_nobody_s_name_server(dns: NameServer) -> None:
    dns.broken = True

    assert not await _proven(post.signed(MAIL, domain="evil.example"), dns)
    assert dns.asked == []


# ----- the word of our own mail server ---------------------------------------------------------------------------

OURS = "mx.zairyu.example"


def _results(said: str, *, by: str = OURS) -> bytes:
    return f"Authentication-Results: {by};\n\t{said}\n".encode()


@pytest.mark.parametrize(
    ("said", "proven"),
    [
        (f"dkim=pass header.d={post.AGENCY}", True),
        (f"dkim=pass header.i=@{post.AGENCY} header.s=s1", True),
        (f"spf=pass smtp.mailfrom=bounce@{post.AGENCY}; dkim=none", True),
        (f"spf=fail smtp.mailfrom={post.AGENCY}; dkim=pass header.d={post.AGENCY}", True),
        ("dkim=pass header.d=evil.example", False),
        ("spf=pass smtp.mailfrom=a@evil.example", False),
        (f"spf=pass smtp.helo={post.AGENCY}", False),
        (f"dkim=fail header.d={post.AGENCY}", False),
        (f"dmarc=pass header.from={post.AGENCY}", False),
        ("none", False),
        ("dkim", False),
    ],
)
async def test_our_mail_server_says_whose_a_mail_is(dns: NameServer, said: str, proven: bool) -> None:
    assert await _proven(_results(said) + MAIL, dns, authserv_id=OURS) is proven


async def test_nobody_s_word_counts_when_our_mail_server_has_no_name(dns: NameServer) -> None:
    assert not await _proven(_results(f"dkim=pass header.d={post.AGENCY}") + MAIL, dns)


async def test_word_that_the_sender_wrote_below_does_not_count(dns: NameServer) -> None:
    forged = _results(f"dkim=pass header.d={post.AGENCY}") + MAIL
    received = b"Received: from evil.example by mx.zairyu.example; Tue, 24 Nov 2026 12:00:00 +0900\n"

    assert not await _proven(_results("dkim=none") + received + forged, dns, authserv_id=OURS)
    # Also when what our server wrote cannot be read.
    assert not await _proven(_results("dkim=") + received + forged, dns, authserv_id=OURS)


async def test_word_of_another_mail_server_does_not_count(dns: NameServer) -> None:
    forged = _results(f"dkim=pass header.d={post.AGENCY}", by="mx.evil.example") + MAIL

    assert not await _proven(forged, dns, authserv_id=OURS)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_prove_anything_or_stop_the_watch(head: bytes, value: bytes) -> None:
    senders = Senders(domains=(post.AGENCY,), authserv_id=OURS, resolver=name_server("127.0.0.1:1"))
    line = value.replace(b"\n", b" ").replace(b"\r", b" ")

    for raw in (head, b"DKIM-Signature: " + line + b"\n" + head, b"Authentication-Results: " + line + b"\n" + head):
        assert not senders.proven(raw, post.AGENCY)
