"""The driver on a card, without and with the real PC/SC stack in between."""

import hashlib
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cards import VALID_UNTIL, CardMaker, Rig
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardFault,
    CardPulled,
    CertificateExpired,
    CertificateExpiresBeforeFiling,
    CertificateUntrusted,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinNotGiven,
    PinOutcomeUnknown,
    SigningCertificateMissing,
    WrongCard,
    WrongPin,
)
from zairyu.activities.card_reader.jpki import JpkiSession
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.signing import CardSignature, look_at_card, sign_with_card
from zairyu.models.card import ExpectedSigner, SignatureRequest
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.virtual_card import Behaviour, PullMoment

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)

Sign = Callable[..., CardSignature]


@pytest.fixture
def sign(rig: Rig, pki: SandboxPki, signature_request: SignatureRequest) -> Sign:
    def sign(
        password: str = LINH.sign_password,
        *,
        request: SignatureRequest = signature_request,
        now: datetime = NOW,
        roots: list[x509.Certificate] | None = None,
        allow_last_try: bool = False,
    ) -> CardSignature:
        return sign_with_card(
            rig.source,
            request,
            SignPassword(password),
            trusted_roots=roots or [pki.sign_ca],
            now=now,
            allow_last_try=allow_last_try,
        )

    return sign


def test_openssl_accepts_the_signature_of_the_card(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest, tmp_path: Path
) -> None:
    rig.insert(make_card())
    document = b"canonical SignedInfo"
    made = sign(request=signature_request.model_copy(update={"digest": hashlib.sha256(document).hexdigest()}))

    public_key = x509.load_der_x509_certificate(made.certificate).public_key()
    (tmp_path / "key.pem").write_bytes(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signature").write_bytes(made.signature)
    (tmp_path / "document").write_bytes(document)
    verified = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "document"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.stdout == "Verified OK\n", verified.stderr


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(fails_first_command=True),
        Behaviour(select_clears=True),
        Behaviour(warm_reset_clears=True),
        Behaviour(chains_answers=True),
        Behaviour(most_per_read=100),
    ],
    ids=["6F00 first", "selection clears", "warm reset clears", "61xx", "short reads"],
)
def test_every_kind_of_card_in_circulation_can_sign(
    rig: Rig, make_card: CardMaker, sign: Sign, behaviour: Behaviour
) -> None:
    card = make_card(behaviour=behaviour)
    rig.insert(card)
    assert look_at_card(rig.source, allow_last_try=False) == 5
    assert len(sign().signature) == 256
    assert card.pins_presented == 1


def test_wrong_pin_costs_exactly_one_try(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card()
    rig.insert(card)
    with pytest.raises(WrongPin) as caught:
        sign("WRONG123")
    assert caught.value.tries_left == 4
    assert card.sign_tries_left == 4
    assert card.pins_presented == 1


def test_right_pin_gives_the_tries_back(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card()
    rig.insert(card)
    with pytest.raises(WrongPin):
        sign("WRONG123")
    sign()
    assert card.sign_tries_left == 5


def test_last_try_is_not_used_unless_a_person_insists(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card()
    rig.insert(card)
    for _ in range(4):
        with pytest.raises(WrongPin):
            sign("WRONG123")
    with pytest.raises(LastTryRefused):
        look_at_card(rig.source, allow_last_try=False)
    with pytest.raises(LastTryRefused):
        sign()
    assert card.sign_tries_left == 1
    assert card.pins_presented == 4

    assert look_at_card(rig.source, allow_last_try=True) == 1
    sign(allow_last_try=True)
    assert card.sign_tries_left == 5


def test_blocked_card_is_told_and_not_asked_again(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card()
    rig.insert(card)
    for _ in range(4):
        with pytest.raises(WrongPin):
            sign("WRONG123")
    with pytest.raises(PinBlocked):
        sign("WRONG123", allow_last_try=True)
    for use in (sign, lambda: look_at_card(rig.source, allow_last_try=True)):
        with pytest.raises(PinBlocked):
            use()
    assert card.pins_presented == 5


def test_empty_reader_is_not_a_pulled_card(rig: Rig, make_card: CardMaker) -> None:
    with pytest.raises(CardAbsent):
        look_at_card(rig.source, allow_last_try=False)
    rig.insert(make_card())
    with JpkiSession.open(rig.source) as session:
        rig.pull()
        with pytest.raises(CardPulled):
            session.tries_left()


@pytest.mark.parametrize(
    ("moment", "tries_left"), [(PullMoment.BEFORE_COUNTING, 5), (PullMoment.AFTER_COUNTING, 4)], ids=lambda v: str(v)
)
def test_card_pulled_during_verify_leaves_the_outcome_open(
    rig: Rig, make_card: CardMaker, sign: Sign, moment: PullMoment, tries_left: int
) -> None:
    card = make_card()
    rig.insert(card)
    card.pull_during_verify = moment
    with pytest.raises(PinOutcomeUnknown):
        sign()
    assert card.sign_tries_left == tries_left
    assert card.pins_presented == 1


def test_signature_of_somebody_else_is_never_made(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    card = make_card(CARLOS)
    rig.insert(card)
    with pytest.raises(WrongCard):
        sign(CARLOS.sign_password)
    namesake = ExpectedSigner(name=CARLOS.name, birth_date="19881104")
    with pytest.raises(WrongCard):
        sign(CARLOS.sign_password, request=signature_request.model_copy(update={"signer": namesake}))
    assert not any(exchange.command.startswith("802A") for exchange in card.log)


@pytest.mark.parametrize(
    "signer",
    [
        ExpectedSigner(name="ＴＲＡＮ\u3000ｔｈｉ linh", birth_date="19960412"),
        ExpectedSigner(name="TRANTHILINH", birth_date="1996"),
    ],
    ids=["width and case", "only the year is known"],
)
def test_spelling_of_keyboards_and_registers_is_the_same_person(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest, signer: ExpectedSigner
) -> None:
    rig.insert(make_card())
    assert sign(request=signature_request.model_copy(update={"signer": signer})).signature


def test_certificate_serves_to_the_end_of_its_last_day_in_japan(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    rig.insert(make_card())
    last_second = datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
    last_day = signature_request.model_copy(update={"filing_day": VALID_UNTIL})
    assert sign(request=last_day, now=last_second).signature
    with pytest.raises(CertificateExpired):
        sign(request=last_day, now=last_second + timedelta(seconds=1))
    with pytest.raises(CertificateExpiresBeforeFiling):
        sign(request=signature_request.model_copy(update={"filing_day": date(2027, 4, 1)}))


def test_certificate_of_another_authority_is_refused(
    rig: Rig, make_card: CardMaker, sign: Sign, tmp_path: Path
) -> None:
    """Of the same name, as all generations of the real root have."""
    rig.insert(make_card())
    with pytest.raises(CertificateUntrusted):
        sign(roots=[SandboxPki(tmp_path / "other").sign_ca])


@pytest.mark.parametrize("token", ["JPKIAPICCTOKEN", "JPKIAPGPSETOKEN", "JPKIAPIOSTOKEN"])
def test_other_tokens_are_refused_before_any_pin(rig: Rig, make_card: CardMaker, sign: Sign, token: str) -> None:
    card = make_card(behaviour=Behaviour(token_name=token))
    rig.insert(card)
    with pytest.raises(NotMyNumberCard):
        sign()
    assert card.pins_presented == 0


def test_card_without_signing_certificate_is_told_before_any_pin(rig: Rig, make_card: CardMaker) -> None:
    rig.insert(make_card(behaviour=Behaviour(has_sign_certificate=False)))
    with pytest.raises(SigningCertificateMissing):
        look_at_card(rig.source, allow_last_try=False)


@pytest.mark.parametrize("password", [LINH.sign_password, "WRONG123"], ids=["signed", "refused"])
def test_nobody_can_use_the_card_after_us(rig: Rig, make_card: CardMaker, sign: Sign, password: str) -> None:
    card = make_card()
    rig.insert(card)
    with suppress(WrongPin):
        sign(password)
    assert not card.is_unlocked
    with JpkiSession.open(rig.source) as session, pytest.raises(CardFault, match="6982"):
        session.sign_certificate()


def test_one_entry_is_one_verify(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    password = SignPassword("WRONG123")
    with JpkiSession.open(rig.source) as session:
        with pytest.raises(WrongPin):
            session.verify(password)
        with pytest.raises(PinNotGiven):
            session.verify(password)
    assert card.pins_presented == 1
