"""Whatever a card, a reader or a cable answers: a typed error, one VERIFY at most, and no power left on."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from itertools import chain, repeat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.activities.card_reader.conftest import NOW
from tests.cards import VALID_UNTIL, CardMaker
from zairyu.activities.card_reader.card_info import BasicAttributes
from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.activities.card_reader.channel import CardChannel, LineLost, Loss
from zairyu.activities.card_reader.errors import CardFault, CardReaderError, CertificateUntrusted, KeyUnsupported
from zairyu.activities.card_reader.password import CardInfoPin, SignPassword
from zairyu.activities.card_reader.reading import CardContents, look_for_card_to_read, read_card
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.signing import CardSignature, look_for_card, sign_with_card
from zairyu.activities.card_reader.tlv import TlvMalformedError, objects
from zairyu.models.card import SignatureRequest
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.tries import FULL, PinName
from zairyu.sandbox.card.virtual_card import VirtualCard

Answer = tuple[bytes, int] | Exception
"""What comes instead of the card's own answer; an exception when the line is lost."""

HONEST: Answer = (b"honest", -1)

statuses = st.one_of(
    st.sampled_from([0x9000, 0x6282, 0x6300, 0x63C0, 0x63C1, 0x63C5, 0x6700, 0x6982, 0x6983, 0x6984, 0x6A82, 0x6B00]),
    st.sampled_from([0x6100, 0x6110, 0x6C00, 0x6C04, 0x6F00]),
    st.integers(0, 0xFFFF),
)
losses = st.one_of(st.builds(LineLost, st.sampled_from(Loss)), st.just(ConnectionResetError("pulled")))
answers = st.one_of(st.just(HONEST), st.just(HONEST), losses, st.tuples(st.binary(max_size=300), statuses))


def conversations(commands: int) -> st.SearchStrategy[list[Answer]]:
    """The fault may come at any command of a conversation."""
    return st.builds(
        lambda honest, rest: [HONEST] * honest + rest, st.integers(0, commands), st.lists(answers, max_size=8)
    )


class BadLine:
    """Readers whose channels replace some of the card's answers."""

    def __init__(self, card: VirtualCard, answers: Iterator[Answer]) -> None:
        self._reader = InProcessReader(card)
        self._answers = answers
        self.commands = 0
        self.open_lines = 0

    def names(self) -> Sequence[str]:
        return self._reader.names()

    def connect(self, reader: str) -> CardChannel | None:
        channel = self._reader.connect(reader)
        assert channel is not None
        self.open_lines += 1
        return BadChannel(self, channel, self._answers)


class BadChannel:
    def __init__(self, line: BadLine, channel: CardChannel, answers: Iterator[Answer]) -> None:
        self._line = line
        self._channel = channel
        self._answers = answers
        self._open = True

    def transmit(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        self._line.commands += 1
        honest = self._channel.transmit(apdu)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return honest if answer == HONEST else answer

    def power_down(self) -> None:
        self._line.open_lines -= self._open
        self._open = False
        self._channel.power_down()


@pytest.fixture(scope="session")
def card(pki: SandboxPki) -> Iterator[VirtualCard]:
    with tempfile.TemporaryDirectory() as directory:
        yield CardMaker(pki, Path(directory))()


def two_requests(request: SignatureRequest) -> list[SignatureRequest]:
    return [request, request.model_copy(update={"application_id": "app-0002-test", "digest": "1f" * 32})]


def look_and_sign(line: BadLine, pki: SandboxPki, requests: list[SignatureRequest], password: str) -> int:
    """How many signatures were made."""
    found = look_for_card(line, filing_day=date(2026, 12, 1), now=NOW)
    made = sign_with_card(
        line,
        found.reader,
        requests,
        SignPassword(password),
        roots=TrustedRoots.of([pki.sign_ca]),
        now=NOW,
        allow_last_try=False,
    )
    assert len(made.outcomes) == len(requests)
    return sum(isinstance(outcome, CardSignature) for outcome in made.outcomes)


def look_and_read(line: BadLine, pin: str) -> CardContents:
    found = look_for_card_to_read(line)
    return read_card(line, found.reader, CardInfoPin(pin), holder=None, allow_last_try=False)


SIGNATURE_COMMANDS = 32
"""At most, from the first look to the second signature."""
READING_COMMANDS = 40
"""At most, from the first look to the attributes."""


def test_faults_are_tried_at_every_command(
    pki: SandboxPki, card: VirtualCard, signature_request: SignatureRequest
) -> None:
    line = BadLine(card, repeat(HONEST))
    assert look_and_sign(line, pki, two_requests(signature_request), LINH.sign_password) == 2
    assert line.commands <= SIGNATURE_COMMANDS
    line = BadLine(card, repeat(HONEST))
    assert look_and_read(line, LINH.auth_pin).attributes.name == LINH.registered_name
    assert line.commands <= READING_COMMANDS


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bad=conversations(SIGNATURE_COMMANDS), password=st.sampled_from([LINH.sign_password, "WRONG123"]))
def test_any_answer_ends_in_signatures_or_a_typed_error(
    pki: SandboxPki, card: VirtualCard, signature_request: SignatureRequest, bad: list[Answer], password: str
) -> None:
    card.unblock()
    before = card.pins_presented
    line = BadLine(card, chain(bad, repeat(HONEST)))
    said = ""
    try:
        assert look_and_sign(line, pki, two_requests(signature_request), password) > 0
    except CardReaderError as error:
        said = str(error)
    assert password not in said
    assert card.pins_presented - before <= 1
    assert card.sign_tries_left >= FULL[PinName.SIGN_PASSWORD] - 1
    assert line.open_lines == 0
    assert not card.is_unlocked


@settings(max_examples=300, deadline=None)
@given(bad=conversations(READING_COMMANDS), pin=st.sampled_from([LINH.auth_pin, "0000"]))
def test_any_answer_ends_in_attributes_or_a_typed_error(card: VirtualCard, bad: list[Answer], pin: str) -> None:
    card.unblock()
    before = card.pins_presented
    line = BadLine(card, chain(bad, repeat(HONEST)))
    said = ""
    try:
        look_and_read(line, pin)
    except CardReaderError as error:
        said = str(error)
    assert LINH.registered_name not in said
    assert card.pins_presented - before <= 1
    assert card.tries_left[PinName.CARD_INFO_PIN] >= FULL[PinName.CARD_INFO_PIN] - 1
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
        TrustedRoots.of([pki.sign_ca]).require_trust(certificate, NOW, lambda: b"")
    except (CertificateUntrusted, KeyUnsupported):
        return
    assert bytes(der) == whole


@given(content=st.binary(max_size=64) | st.binary(max_size=64).map(lambda rest: b"\xff\x20" + rest))
def test_no_bytes_crash_the_reader_of_attributes(content: bytes) -> None:
    with suppress(CardFault):
        BasicAttributes.parse(content)


@given(tag=st.sampled_from([0x30, 0x0C, 0xDF22, 0xFF20]), value=st.binary(max_size=700), cut=st.integers(0, 699))
def test_object_is_read_whole_or_not_at_all(tag: int, value: bytes, cut: int) -> None:
    length = len(value)
    size = (length.bit_length() + 7) // 8
    head = tag.to_bytes(1 if tag < 0x100 else 2, "big")
    lengths = [bytes((0x82,)) + length.to_bytes(2, "big")]
    lengths += [bytes((length,))] if length < 0x80 else [bytes((0x80 | size,)) + length.to_bytes(size, "big")]
    for written in lengths:
        whole = head + written + value
        assert list(objects(whole * 2)) == [(tag, value)] * 2
        with pytest.raises(TlvMalformedError):
            list(objects(whole[: len(whole) - 1 - cut % (len(whole) - 1)]))
