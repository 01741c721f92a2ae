"""The two key pairs of a card, each behind a PIN of its own."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.activities.card_reader.certificates import parsed, reissued
from tests.activities.card_reader.conftest import Sign
from tests.cards import VALID_UNTIL, CardMaker, InProcessRig, Rig
from zairyu.activities.card_reader.errors import (
    CardFault,
    KeyUnsupported,
    LastTryRefused,
    SignatureInvalid,
    WrongPin,
    WrongUserPin,
)
from zairyu.activities.card_reader.jpki import JpkiSession, KeyPair, Presence
from zairyu.activities.card_reader.password import SignPassword, UserPin
from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.tries import PinName

DIGEST = bytes(range(32))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def test_both_pairs_are_read_and_sign(rig: Rig, make_card: CardMaker, pki: SandboxPki) -> None:
    credentials = pki.credentials(LINH, VALID_UNTIL)
    rig.insert(make_card())
    with JpkiSession.open(rig.readers, rig.reader) as session:
        assert session.token_name() == "JPKIAPICCTOKEN2"
        assert session.presence() == Presence(sign=True, auth=True)
        assert session.ca_certificate(KeyPair.SIGN) == _der(credentials.sign_ca)
        assert session.ca_certificate(KeyPair.AUTH) == _der(credentials.auth_ca)
        assert session.certificate(KeyPair.AUTH) == _der(credentials.auth.certificate)
        assert session.tries_left(KeyPair.AUTH) == 3

        session.verify(UserPin(LINH.auth_pin))
        auth_key = credentials.auth.certificate.public_key()
        assert len(session.sign(KeyPair.AUTH, DIGEST, auth_key)) == 256

        with pytest.raises(CardFault, match="6982"):
            session.certificate(KeyPair.SIGN)
        session.verify(SignPassword(LINH.sign_password))
        assert session.certificate(KeyPair.SIGN) == _der(credentials.sign.certificate)
        sign_key = credentials.sign.certificate.public_key()
        assert session.sign(KeyPair.SIGN, DIGEST, sign_key) != session.sign(KeyPair.AUTH, DIGEST, auth_key)


@pytest.mark.parametrize("missing", KeyPair)
def test_certificate_that_a_card_lacks_is_told(make_card: CardMaker, missing: KeyPair) -> None:
    rig = InProcessRig()
    present = {KeyPair.SIGN: missing is not KeyPair.SIGN, KeyPair.AUTH: missing is not KeyPair.AUTH}
    rig.insert(
        make_card(
            behaviour=Behaviour(has_sign_certificate=present[KeyPair.SIGN], has_auth_certificate=present[KeyPair.AUTH])
        )
    )
    with JpkiSession.open(rig.readers, rig.reader) as session:
        assert session.presence() == Presence(sign=present[KeyPair.SIGN], auth=present[KeyPair.AUTH])


def test_pin_is_tried_on_its_own_reference_only(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    with JpkiSession.open(rig.readers, rig.reader) as session:
        with pytest.raises(WrongUserPin):
            session.verify(UserPin("0000"))
        assert card.tries_left == {PinName.SIGN_PASSWORD: 5, PinName.AUTH_PIN: 2, PinName.CARD_INFO_PIN: 3}
        with pytest.raises(WrongPin):
            session.verify(SignPassword("WRONG123"))
        assert card.tries_left == {PinName.SIGN_PASSWORD: 4, PinName.AUTH_PIN: 2, PinName.CARD_INFO_PIN: 3}
        with pytest.raises(WrongUserPin):
            session.verify(UserPin("0000"))
        with pytest.raises(LastTryRefused):
            session.verify(UserPin(LINH.auth_pin))
        session.verify(UserPin(LINH.auth_pin), allow_last_try=True)
    assert card.tries_left[PinName.AUTH_PIN] == 3


def test_signature_of_another_key_is_thrown_away(rig: Rig, make_card: CardMaker, pki: SandboxPki) -> None:
    rig.insert(make_card())
    another = pki.credentials(LINH, VALID_UNTIL).sign.certificate.public_key()
    with JpkiSession.open(rig.readers, rig.reader) as session:
        session.verify(UserPin(LINH.auth_pin))
        with pytest.raises(SignatureInvalid):
            session.sign(KeyPair.AUTH, DIGEST, another)


def test_card_of_the_next_generation_is_told_before_anything_is_signed(
    rig: Rig, make_card: CardMaker, sign: Sign, pki: SandboxPki
) -> None:
    certificate = reissued(pki, public_key=ec.generate_private_key(ec.SECP384R1()).public_key())
    card = make_card(sign_certificate=certificate)
    rig.insert(card)
    with pytest.raises(KeyUnsupported, match="secp384r1"):
        sign()
    assert card.pins_presented == 1
    assert not any(exchange.instruction == Instruction.SIGN for exchange in card.log)
    assert parsed(certificate).name == LINH.registered_name
