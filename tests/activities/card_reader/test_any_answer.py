"""Whatever a card, a reader or a cable answers: a typed error, one VERIFY at most, and no power left on."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cards import VALID_UNTIL, CardMaker
from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.activities.card_reader.channel import CardChannel
from zairyu.activities.card_reader.errors import CardReaderError, CertificateUntrusted
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.signing import look_at_card, sign_with_card
from zairyu.models.card import SignatureRequest
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.virtual_card import VirtualCard

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)

Answer = tuple[bytes, int] | None
"""What comes instead of the card's own answer; nothing when the line is lost."""

HONEST: Answer = (b"honest", -1)

statuses = st.one_of(
    st.sampled_from([0x9000, 0x6282, 0x6300, 0x63C0, 0x63C1, 0x63C5, 0x6700, 0x6982, 0x6983, 0x6984, 0x6A82, 0x6B00]),
    st.sampled_from([0x6100, 0x6110, 0x6C00, 0x6C04, 0x6F00]),
    st.integers(0, 0xFFFF),
)
answers = st.one_of(st.just(HONEST), st.just(HONEST), st.none(), st.tuples(st.binary(max_size=300), statuses))

conversations = st.builds(
    lambda honest, rest: [HONEST] * honest + rest, st.integers(0, 24), st.lists(answers, max_size=8)
)
"""A conversation on the way to a signature has 23 commands: the fault may come at any of them."""


class BadLine:
    """A source whose channels replace some of the card's answers."""

    def __init__(self, card: VirtualCard, answers: Iterator[Answer]) -> None:
        self._reader = InProcessReader(card)
        self._answers = answers
        self.pins_sent = 0
        self.open_lines = 0

    def connect(self) -> CardChannel | None:
        channel = self._reader.connect()
        assert channel is not None
        self.open_lines += 1
        return BadChannel(self, channel, self._answers)


class BadChannel:
    def __init__(self, line: BadLine, channel: CardChannel, answers: Iterator[Answer]) -> None:
        self._line = line
        self._channel = channel
        self._answers = answers

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        self._line.pins_sent += apdu[1] == 0x20 and len(apdu) > 5
        honest = self._channel.transmit(apdu)
        answer = next(self._answers)
        if answer is None:
            raise ConnectionResetError("pulled")
        return honest if answer == HONEST else answer

    def power_down(self) -> None:
        self._line.open_lines -= 1
        self._channel.power_down()


@pytest.fixture(scope="session")
def card(pki: SandboxPki) -> Iterator[VirtualCard]:
    with tempfile.TemporaryDirectory() as directory:
        yield CardMaker(pki, Path(directory))()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bad=conversations, password=st.sampled_from([LINH.sign_password, "WRONG123"]))
def test_any_answer_ends_in_a_signature_or_a_typed_error(
    pki: SandboxPki, card: VirtualCard, signature_request: SignatureRequest, bad: list[Answer], password: str
) -> None:
    card.unblock()
    line = BadLine(card, chain(bad, repeat(HONEST)))
    said = ""
    try:
        look_at_card(line, allow_last_try=False)
        sign_with_card(
            line,
            signature_request,
            SignPassword(password),
            trusted_roots=[pki.sign_ca],
            now=NOW,
            allow_last_try=False,
        )
    except CardReaderError as error:
        said = str(error)
    assert password not in said
    assert line.pins_sent <= 1
    assert line.open_lines == 0
    assert not card.is_unlocked


@settings(max_examples=300, deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=4), data=st.data())
def test_damaged_certificate_is_untrusted_and_nothing_worse(
    pki: SandboxPki, damage: list[tuple[int, int]], data: st.DataObject
) -> None:
    whole = pki.credentials(LINH, VALID_UNTIL).sign.certificate.public_bytes(Encoding.DER)
    der = bytearray(whole)
    for place, value in damage:
        der[place % len(der)] = value
    del der[data.draw(st.integers(1, len(der))) :]
    try:
        certificate = SigningCertificate.parse(bytes(der))
        certificate.require_trust([pki.sign_ca], NOW)
    except CertificateUntrusted:
        return
    assert bytes(der) == whole
