"""Several readers, and readers that come and go."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import pytest

from tests.activities.card_reader.conftest import NOW
from tests.cards import CardMaker, DaemonRig
from tests.pcscd import PrivatePcscd, private_pcscd
from zairyu.activities.card_reader.channel import CardChannel, CardReaders
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardBusy,
    CardFault,
    CardServiceUnavailable,
    NoReader,
    NotMyNumberCard,
    PinOutcomeUnknown,
    ReaderUnplugged,
    SeveralCards,
    SigningCertificateMissing,
)
from zairyu.activities.card_reader.jpki import JpkiSession, KeyPair
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.pcsc import PcscReaders
from zairyu.activities.card_reader.search import CardFound
from zairyu.activities.card_reader.signing import look_for_card
from zairyu.sandbox.card.behaviour import Behaviour, Token
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.sandbox.card.vpcd import VpcdReader

FILING_DAY = date(2026, 12, 1)


def look(readers: CardReaders) -> CardFound:
    return look_for_card(readers, filing_day=FILING_DAY, now=NOW)


class Table:
    """In-process readers side by side."""

    def __init__(self, *readers: InProcessReader) -> None:
        self.readers = {name: reader for reader in readers for name in reader.names()}

    def names(self) -> Sequence[str]:
        return tuple(self.readers)

    def connect(self, reader: str) -> CardChannel | None:
        return self.readers[reader].connect(reader)


class FaultyReader(InProcessReader):
    """The card on it says yes to everything, and gives nothing."""

    def connect(self, reader: str) -> "FaultyReader":  # type: ignore[override]
        return self

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        return (b"", 0x6982) if apdu[1] == Instruction.READ_BINARY else (b"", 0x9000)

    def power_down(self) -> None:
        pass


class BusyReader(InProcessReader):
    """Another program holds the card on it."""

    def connect(self, reader: str) -> None:
        raise CardBusy


@pytest.fixture
def left() -> InProcessReader:
    return InProcessReader(name="Left")


@pytest.fixture
def right() -> InProcessReader:
    return InProcessReader(name="Right")


def test_computer_without_reader_is_told(make_card: CardMaker) -> None:
    with pytest.raises(NoReader):
        look(Table())


def test_card_is_found_on_the_second_reader(
    left: InProcessReader, right: InProcessReader, make_card: CardMaker
) -> None:
    right.insert(make_card())
    assert look(Table(left, right)) == CardFound("Right", 5)


@pytest.mark.parametrize("token", [Token.JUKI_CARD, Token.IPHONE])
def test_foreign_card_elsewhere_does_not_disturb(
    left: InProcessReader, right: InProcessReader, make_card: CardMaker, token: Token
) -> None:
    left.insert(make_card(behaviour=Behaviour(token_name=token)))
    right.insert(make_card())
    assert look(Table(left, right)) == CardFound("Right", 5)


@pytest.mark.parametrize("other", [BusyReader(name="Busy"), FaultyReader(name="Faulty")], ids=["busy", "faulty"])
def test_trouble_elsewhere_does_not_disturb(
    right: InProcessReader, make_card: CardMaker, other: InProcessReader
) -> None:
    right.insert(make_card())
    assert look(Table(other, right)) == CardFound("Right", 5)


@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour(has_sign_certificate=False)], ids=["whole", "a child's"])
def test_of_two_my_number_cards_none_is_guessed(
    left: InProcessReader, right: InProcessReader, make_card: CardMaker, behaviour: Behaviour
) -> None:
    cards = [make_card(), make_card(CARLOS, behaviour=behaviour)]
    for reader, card in zip((left, right), cards, strict=True):
        reader.insert(card)
    with pytest.raises(SeveralCards):
        look(Table(left, right))
    assert not any(card.pins_presented for card in cards)


def test_what_tells_a_person_most_is_told(left: InProcessReader, make_card: CardMaker) -> None:
    busy, empty = BusyReader(name="Busy"), InProcessReader(name="Empty")
    with pytest.raises(CardAbsent):
        look(Table(left, empty))
    with pytest.raises(CardBusy):
        look(Table(busy, empty))
    left.insert(make_card(behaviour=Behaviour(token_name=Token.JUKI_CARD)))
    with pytest.raises(NotMyNumberCard):
        look(Table(left, busy, empty))
    with pytest.raises(CardFault):
        look(Table(left, FaultyReader(name="Faulty"), busy))
    left.insert(make_card(behaviour=Behaviour(has_sign_certificate=False)))
    with pytest.raises(SigningCertificateMissing):
        look(Table(busy, left, empty))


# ----- the real daemon -----------------------------------------------------------------------------------------------


@pytest.fixture
def daemon() -> Iterator[PrivatePcscd]:
    """May be harmed: the next test finds it in order."""
    daemon = private_pcscd()
    yield daemon
    daemon.plug_in()
    daemon.start()


@pytest.fixture
def card(daemon: PrivatePcscd, make_card: CardMaker) -> Iterator[VirtualCard]:
    """A card on the daemon's first slot."""
    card = make_card()
    with VpcdReader(daemon.port) as reader:
        reader.insert(card)
        _found_again(PcscReaders())
        yield card


class AtVerify:
    """Readers at which something happens at the very moment when a PIN is on its way."""

    def __init__(self, readers: CardReaders, happens: Callable[[], None]) -> None:
        self._readers = readers
        self._happens = happens

    def names(self) -> Sequence[str]:
        return self._readers.names()

    def connect(self, reader: str) -> CardChannel | None:
        channel = self._readers.connect(reader)
        return channel and _ChannelAtVerify(channel, self._happens)


class _ChannelAtVerify:
    def __init__(self, channel: CardChannel, happens: Callable[[], None]) -> None:
        self._channel = channel
        self._happens = happens

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        if apdu[1] == Instruction.VERIFY and len(apdu) > 4:
            self._happens()
        return self._channel.transmit(apdu)

    def power_down(self) -> None:
        self._channel.power_down()


def _found_again(readers: CardReaders) -> CardFound:
    """Look until the daemon has noticed; it looks at its readers every 0.4 s."""
    until = time.monotonic() + 10
    while True:
        try:
            return look(readers)
        except CardAbsent:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def test_daemon_with_two_cards_is_asked_which(daemon: PrivatePcscd, make_card: CardMaker, card: VirtualCard) -> None:
    second = DaemonRig(slot=1)
    readers = PcscReaders()
    assert list(readers.names()) == [slot.reader for slot in daemon.slots]
    assert look(readers) == CardFound(daemon.slots[0].reader, 5)
    second.insert(make_card(CARLOS))
    try:
        with pytest.raises(SeveralCards):
            look(readers)
        assert look(PcscReaders(second.reader)) == CardFound(second.reader, 5)
    finally:
        second.pull()


def test_reader_that_is_unplugged_is_told_from_a_pulled_card(daemon: PrivatePcscd, card: VirtualCard) -> None:
    readers = PcscReaders(daemon.reader)
    with JpkiSession.open(readers, daemon.reader) as session:
        daemon.unplug()
        with pytest.raises(ReaderUnplugged):
            session.tries_left(KeyPair.SIGN)
    assert readers.connect(daemon.reader) is None
    daemon.plug_in()
    assert _found_again(readers) == CardFound(daemon.reader, 5)


def test_reader_that_never_was_has_no_card(daemon: PrivatePcscd) -> None:
    assert PcscReaders().connect("no reader of this name") is None
    assert PcscReaders("no reader of this name").names() == ()


def test_daemon_that_dies_is_told_and_found_again(daemon: PrivatePcscd, card: VirtualCard) -> None:
    readers = PcscReaders()
    with JpkiSession.open(readers, daemon.reader) as session:
        daemon.crash()
        with pytest.raises(CardServiceUnavailable):
            session.tries_left(KeyPair.SIGN)
        with pytest.raises(CardServiceUnavailable):
            session.tries_left(KeyPair.SIGN)
    with pytest.raises(CardServiceUnavailable):
        look(readers)
    with pytest.raises(CardServiceUnavailable):
        readers.connect(daemon.reader)
    daemon.start(with_reader=False)
    with pytest.raises(NoReader):
        look(readers)
    daemon.start()
    with VpcdReader(daemon.port) as reader:
        reader.insert(card)
        assert _found_again(readers) == CardFound(daemon.reader, 5)


@pytest.mark.parametrize("loss", [PrivatePcscd.unplug, PrivatePcscd.crash], ids=["reader", "service"])
def test_whatever_is_lost_with_the_pin_under_way_leaves_its_outcome_open(
    daemon: PrivatePcscd, card: VirtualCard, loss: Callable[[PrivatePcscd], None]
) -> None:
    readers = AtVerify(PcscReaders(), lambda: loss(daemon))
    with JpkiSession.open(readers, daemon.reader) as session, pytest.raises(PinOutcomeUnknown):
        session.verify(SignPassword(LINH.sign_password))
    assert card.pins_presented == 0
    assert card.sign_tries_left == 5
