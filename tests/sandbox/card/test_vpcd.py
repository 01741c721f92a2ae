"""The card's way into the real PC/SC daemon."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from tests.cards import VALID_UNTIL, CardMaker, DaemonRig
from tests.pcscd import private_pcscd
from tests.sandbox.card.commands import RIGHT, SELECT, SIGN, SIGN_KEY, SIGN_PASSWORD, TRIES
from zairyu.activities.card_reader.channel import CardChannel
from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.daemon_plug import DaemonPlug
from zairyu.sandbox.card.desk_reader import DeskReader
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.pull import PullAt
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.sandbox.card.vpcd import VpcdReader

T = TypeVar("T")


@pytest.fixture
def rig() -> Iterator[DaemonRig]:
    rig = DaemonRig()
    yield rig
    rig.pull()


@pytest.fixture
def desk(pki: SandboxPki, tmp_path: Path) -> DeskReader:
    return DeskReader(tmp_path / "reader", pki.sign_ca_file.parent.parent)


@contextmanager
def plugged(desk: DeskReader) -> Iterator[None]:
    plug = DaemonPlug(desk, private_pcscd().port)
    following = threading.Thread(target=plug.run)
    following.start()
    try:
        yield
    finally:
        plug.stop()
        following.join()


@contextmanager
def connected(rig: DaemonRig) -> Iterator[CardChannel]:
    channel = soon(lambda: rig.readers.connect(rig.reader))
    try:
        yield channel
    finally:
        channel.power_down()


def soon(look: Callable[[], T | None]) -> T:
    """What is there as soon as it is there: the daemon looks at its readers every 0.4 s."""
    until = time.monotonic() + 20
    while (found := look()) is None:
        assert time.monotonic() < until, "the daemon does not follow"
        time.sleep(0.01)
    return found


def run(channel: CardChannel, *commands: str) -> int:
    status = 0
    for command in commands:
        _, status = channel.transmit(bytes.fromhex(command))
    return status


def lost(channel: CardChannel) -> bool | None:
    """Whether the card is gone from the line."""
    try:
        run(channel, TRIES)
    except ConnectionError:
        return True
    return None


def empty(rig: DaemonRig) -> bool | None:
    """Whether there is no card on the reader."""
    channel = rig.readers.connect(rig.reader)
    if channel is None:
        return True
    channel.power_down()
    return None


def test_command_takes_no_delayed_acknowledgement(rig: DaemonRig, make_card: CardMaker) -> None:
    """Without quick acknowledgements each command takes 44 ms."""
    card = make_card()
    rig.insert(card)
    with connected(rig) as channel:
        started = time.monotonic()
        for _ in range(50):
            run(channel, SELECT)
        took = time.monotonic() - started
    assert len(card.log) == 50
    assert took < 50 * 0.02


def test_slot_that_nobody_serves_is_told(card: VirtualCard) -> None:
    with pytest.raises(ConnectionError), VpcdReader(port=1) as reader:
        reader.insert(card)


def test_daemon_waits_for_a_slow_signature(rig: DaemonRig, make_card: CardMaker) -> None:
    """Longer than it takes to look for a card, which waits its turn."""
    rig.insert(make_card(behaviour=Behaviour(signing_delay=timedelta(seconds=0.7))))
    with connected(rig) as channel:
        assert run(channel, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY, SIGN) == 0x9000
        assert run(channel, SIGN_PASSWORD, TRIES) == 0x63C5


def test_card_leaves_the_daemons_reader_in_the_middle_of_a_session(rig: DaemonRig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    with connected(rig) as channel:
        run(channel, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY)
        card.pull_at = PullAt(Instruction.SIGN)
        with pytest.raises(ConnectionError):
            run(channel, SIGN)
        assert not card.is_unlocked


def test_daemon_sees_what_is_put_on_the_desk_and_pulled(rig: DaemonRig, desk: DeskReader) -> None:
    with plugged(desk):
        assert empty(rig)
        desk.put(LINH, VALID_UNTIL)
        with connected(rig) as channel:
            assert run(channel, SELECT, SIGN_PASSWORD, RIGHT) == 0x9000
            desk.pull()
            assert soon(lambda: lost(channel))
        assert empty(rig)
        desk.put(CARLOS, VALID_UNTIL)
        with connected(rig) as channel:
            assert run(channel, SELECT, SIGN_PASSWORD, RIGHT) == 0x63C4
            desk.put(LINH, VALID_UNTIL)
            assert soon(lambda: lost(channel))
        with connected(rig) as channel:
            assert run(channel, SELECT, SIGN_PASSWORD, RIGHT) == 0x9000
    assert soon(lambda: empty(rig))


def test_card_that_the_daemon_lost_is_shown_to_it_again(rig: DaemonRig, desk: DeskReader) -> None:
    desk.put(LINH, VALID_UNTIL)
    card = desk.card()
    assert card is not None
    card.pull_at = PullAt(Instruction.SELECT)
    with plugged(desk):
        with connected(rig) as channel, pytest.raises(ConnectionError):
            run(channel, SELECT)
        with connected(rig) as channel:
            assert run(channel, SELECT) == 0x9000
    assert soon(lambda: empty(rig))


def test_plug_without_daemon_says_so(desk: DeskReader) -> None:
    desk.put(LINH, VALID_UNTIL)
    with pytest.raises(ConnectionError):
        DaemonPlug(desk, port=1).run()
