"""The mailbox loses nothing, whatever the server does."""

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.dovecot import Dovecot
from zairyu.activities.agency_mail.errors import AgencyMailboxLoginRefused, AgencyMailboxUnavailable
from zairyu.activities.agency_mail.mailbox import FOR_A_PERSON, TAKEN, AgencyMailbox

ONE, TWO = b"Subject: one\n\n1\n", b"Subject: two\n\n2\n"


@pytest.fixture
def below_the_inbox() -> Iterator[Dovecot]:
    """A server as hosting companies run them, with all folders below the inbox."""
    server = Dovecot(prefix="INBOX.")
    try:
        server.start()
        yield server
    finally:
        server.remove()


def _contents(box: AgencyMailbox) -> list[bytes]:
    contents = (box.content(mail, at_most=10_000) for mail in box.arrived())
    return [content.replace(b"\r\n", b"\n") for content in contents if content is not None]


def test_mails_come_oldest_first_and_byte_by_byte(dovecot: Dovecot) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    odd = "Subject: 三\n\n".encode() + bytes(range(128, 256)) + b"\n"
    dovecot.deliver(TWO, at=now - timedelta(minutes=1))
    dovecot.deliver(ONE, at=now - timedelta(days=40))
    dovecot.deliver(odd, at=now)

    with AgencyMailbox(dovecot.account) as box:
        assert _contents(box) == [ONE, TWO, odd]
        assert [mail.at for mail in box.arrived()] == [now - timedelta(days=40), now - timedelta(minutes=1), now]


def test_mailbox_with_the_mails_of_many_years_is_read(dovecot: Dovecot) -> None:
    for number in range(2500):
        dovecot.deliver(b"Subject: %d\n\n" % number)

    with AgencyMailbox(dovecot.account) as box:
        assert len(box.arrived()) == 2500


def test_mail_that_a_person_has_deleted_is_not_read(dovecot: Dovecot) -> None:
    dovecot.deliver(ONE)
    with AgencyMailbox(dovecot.account) as box:
        (one,) = box.arrived()
        box._server.client.uid("STORE", one.uid, "+FLAGS", r"(\Deleted)")
        assert box.arrived() == ()


@pytest.mark.parametrize("server", ["dovecot", "below_the_inbox"])
def test_moved_mail_lies_in_its_folder_unread(server: str, request: pytest.FixtureRequest) -> None:
    dovecot: Dovecot = request.getfixturevalue(server)
    dovecot.deliver(ONE)
    dovecot.deliver(TWO)

    with AgencyMailbox(dovecot.account) as box:
        one, two = box.arrived()
        box.content(one, at_most=10)
        box.move(one, TAKEN)
        box.move(two, FOR_A_PERSON)
        box.move(two, TAKEN)  # it has gone already
        assert box.arrived() == ()
        assert box.content(one, at_most=10) is None
    with AgencyMailbox(dovecot.account):  # the folders are there already
        pass
    assert [dovecot.mails(folder) for folder in ("", TAKEN, FOR_A_PERSON)] == [[], [ONE], [TWO]]
    assert not dovecot.seen(TAKEN)


def test_what_comes_wakes_who_waits(dovecot: Dovecot) -> None:
    with AgencyMailbox(dovecot.account) as box:
        begun = time.monotonic()
        threading.Timer(0.5, dovecot.deliver, [ONE]).start()
        box.wait(20)
        assert time.monotonic() - begun < 10
        assert _contents(box) == [ONE]


def test_broken_off_from_outside_nobody_waits_on(dovecot: Dovecot) -> None:
    with AgencyMailbox(dovecot.account) as box:
        begun = time.monotonic()
        threading.Timer(0.5, box.wake).start()
        with pytest.raises(AgencyMailboxUnavailable):
            box.wait(20)
        assert time.monotonic() - begun < 10


def test_connection_that_nobody_waits_for_any_more_is_not_left_open(dovecot: Dovecot) -> None:
    box = AgencyMailbox(dovecot.account)
    box.close()

    with pytest.raises(AgencyMailboxUnavailable):
        box.open()


def test_mails_numbered_anew_are_still_each_in_its_place(dovecot: Dovecot) -> None:
    """The server may forget its numbers at any time (RFC 3501, UIDVALIDITY)."""
    dovecot.deliver(ONE)
    dovecot.deliver(TWO)
    with AgencyMailbox(dovecot.account) as box:
        box.move(box.arrived()[0], TAKEN)
    dovecot.stop()
    dovecot.number_mails_anew()
    dovecot.start()

    with AgencyMailbox(dovecot.account) as box:
        (two,) = box.arrived()
        box.move(two, FOR_A_PERSON)
    assert [dovecot.mails(folder) for folder in ("", TAKEN, FOR_A_PERSON)] == [[], [ONE], [TWO]]


def test_server_that_goes_down_is_noticed_and_nothing_is_lost(dovecot: Dovecot) -> None:
    dovecot.deliver(ONE)
    with AgencyMailbox(dovecot.account) as box:
        (mail,) = box.arrived()
        dovecot.stop()
        with pytest.raises(AgencyMailboxUnavailable):
            box.move(mail, TAKEN)
        with pytest.raises(AgencyMailboxUnavailable):
            box.wait(1)
    with pytest.raises(AgencyMailboxUnavailable):
        AgencyMailbox(dovecot.account).open()
    dovecot.start()
    with AgencyMailbox(dovecot.account) as box:
        assert _contents(box) == [ONE]


@pytest.mark.parametrize("password", ["wrong", "パスワード", 'a"b\\c'])
def test_wrong_password_is_said_and_not_repeated(dovecot: Dovecot, password: str) -> None:
    account = replace(dovecot.account, password=password)

    with pytest.raises((AgencyMailboxLoginRefused, AgencyMailboxUnavailable)) as refused:
        AgencyMailbox(account).open()

    assert password not in f"{refused.value!r} {refused.value} {account!r}"


def test_password_is_not_told_to_a_server_that_nobody_vouches_for(dovecot: Dovecot) -> None:
    with pytest.raises(AgencyMailboxUnavailable, match=ssl.SSLCertVerificationError.__name__):
        AgencyMailbox(dovecot.account_over_tls).open()

    assert "auth attempts" not in dovecot.log.replace("no auth attempts", "")
