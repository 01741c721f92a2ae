"""The driver on a card, without and with the real PC/SC stack in between."""

import hashlib
import subprocess
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.activities.card_reader.conftest import NOW, Sign
from tests.cards import VALID_UNTIL, CardMaker, Rig
from zairyu.activities.card_reader.errors import (
    CardAbsent,
    CardFault,
    CardPulled,
    CardReaderError,
    CertificateExpired,
    CertificateExpiresBeforeFiling,
    CertificateUntrusted,
    LastTryRefused,
    NotMyNumberCard,
    PinBlocked,
    PinNotGiven,
    PinOutcomeUnknown,
    SigningCertificateMissing,
    WayOn,
    WrongCard,
    WrongPin,
)
from zairyu.activities.card_reader.jpki import JpkiSession, KeyPair
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.search import CardFound
from zairyu.activities.card_reader.signing import CardSignature, look_for_card, sign_with_card
from zairyu.models.card import ExpectedSigner, SignatureRequest
from zairyu.sandbox.card.behaviour import Behaviour, BlockedStatus, Token
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import CARLOS, LINH, XUEYING
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.pull import PullAt, PullMoment
from zairyu.sandbox.card.virtual_card import VirtualCard

FILING_DAY = date(2026, 12, 1)


def look(rig: Rig, *insisted: type[CardReaderError], filing_day: date = FILING_DAY, now: datetime = NOW) -> CardFound:
    return look_for_card(rig.readers, filing_day=filing_day, now=now, insisted=frozenset(insisted))


def another(request: SignatureRequest, number: int, **changes: object) -> SignatureRequest:
    """The same signer's next package."""
    return request.model_copy(
        update={"application_id": f"app-{number:04}-test", "digest": f"{number:02x}" * 32, **changes}
    )


def signatures_made(card: VirtualCard) -> int:
    return sum(exchange.instruction == Instruction.SIGN for exchange in card.log)


# ----- the signature -------------------------------------------------------------------------------------------------


def test_openssl_accepts_the_signature_of_the_card(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest, tmp_path: Path
) -> None:
    rig.insert(make_card())
    document = b"canonical SignedInfo"
    made = sign(signature_request.model_copy(update={"digest": hashlib.sha256(document).hexdigest()}))

    (outcome,) = made.outcomes
    assert isinstance(outcome, CardSignature)
    public_key = made.certificate.certificate.public_key()
    (tmp_path / "key.pem").write_bytes(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signature").write_bytes(outcome.signature)
    (tmp_path / "document").write_bytes(document)
    verified = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "document"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.stdout == "Verified OK\n", verified.stderr


CARDS = [
    Behaviour(
        select_clears="select" in switches,
        warm_reset_clears="reset" in switches,
        fails_first_command="6F00" in switches,
        chains_answers="61xx" in switches,
        corrects_le="6Cxx" in switches,
        most_per_read=100 if "short" in switches else 256,
    )
    for switches in map(
        set, product(*(("", switch) for switch in ("select", "reset", "6F00", "61xx", "6Cxx", "short")))
    )
]


def _name(behaviour: Behaviour) -> str:
    switches = ("select_clears", "warm_reset_clears", "fails_first_command", "chains_answers", "corrects_le")
    on = [switch for switch in switches if getattr(behaviour, switch)]
    return " ".join([*on, f"{behaviour.most_per_read} per read"])


@pytest.mark.parametrize(
    ("rig", "behaviour"),
    [("in process", card) for card in CARDS] + [("PC/SC daemon", card) for card in (CARDS[0], CARDS[-1])],
    indirect=["rig"],
    ids=lambda value: value if isinstance(value, str) else _name(value),
)
def test_every_kind_of_card_in_circulation_can_sign(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest, behaviour: Behaviour
) -> None:
    card = make_card(behaviour=behaviour)
    rig.insert(card)
    assert look(rig) == CardFound(rig.reader, 5)
    with pytest.raises(WrongPin):
        sign(password="WRONG123")
    made = sign(signature_request, another(signature_request, 2))
    assert [type(outcome) for outcome in made.outcomes] == [CardSignature, CardSignature]
    assert card.pins_presented == 2
    assert not card.is_unlocked


@pytest.mark.parametrize("password", [LINH.sign_password, "WRONG123"], ids=["signed", "refused"])
def test_nobody_can_use_the_card_after_us(rig: Rig, make_card: CardMaker, sign: Sign, password: str) -> None:
    card = make_card()
    rig.insert(card)
    with suppress(WrongPin):
        sign(password=password)
    assert not card.is_unlocked
    with JpkiSession.open(rig.readers, rig.reader) as session, pytest.raises(CardFault, match="6982"):
        session.certificate(KeyPair.SIGN)


# ----- several packages of one person --------------------------------------------------------------------------------


def test_parent_signs_for_two_children_with_one_password(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    card = make_card()
    rig.insert(card)
    requests = [signature_request, another(signature_request, 2), another(signature_request, 3)]
    made = sign(*requests)
    signatures = [outcome.signature for outcome in made.outcomes if isinstance(outcome, CardSignature)]
    assert len(set(signatures)) == 3
    assert card.pins_presented == 1


def test_what_is_signed_is_not_lost_when_the_card_leaves_before_the_next(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    card = make_card()
    rig.insert(card)
    card.pull_at = PullAt(Instruction.SIGN, nth=2)
    made = sign(signature_request, another(signature_request, 2), another(signature_request, 3))
    assert [type(outcome) for outcome in made.outcomes] == [CardSignature, CardPulled, CardPulled]
    assert made.certificate.name == LINH.registered_name


def test_card_that_leaves_before_the_first_signature_has_signed_nothing(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    card = make_card()
    rig.insert(card)
    card.pull_at = PullAt(Instruction.SIGN)
    with pytest.raises(CardPulled):
        sign(signature_request, another(signature_request, 2))


def test_one_package_of_somebody_else_keeps_all_unsigned(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    card = make_card()
    rig.insert(card)
    stranger = ExpectedSigner(name=CARLOS.name, birth_date="19881103")
    with pytest.raises(WrongCard):
        sign(signature_request, another(signature_request, 2, signer=stranger))
    assert signatures_made(card) == 0


def test_certificate_must_last_until_the_latest_filing(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    card = make_card()
    rig.insert(card)
    too_late = VALID_UNTIL + timedelta(days=1)
    with pytest.raises(CertificateExpiresBeforeFiling):
        sign(signature_request, another(signature_request, 2, filing_day=too_late))
    assert signatures_made(card) == 0


# ----- the tries -----------------------------------------------------------------------------------------------------


def test_wrong_pin_costs_exactly_one_try(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card()
    rig.insert(card)
    with pytest.raises(WrongPin) as caught:
        sign(password="WRONG123")
    assert caught.value.tries_left == 4
    assert card.sign_tries_left == 4
    assert card.pins_presented == 1


def test_right_pin_gives_the_tries_back(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card()
    rig.insert(card)
    with pytest.raises(WrongPin):
        sign(password="WRONG123")
    sign()
    assert card.sign_tries_left == 5


def test_last_try_is_not_used_unless_a_person_insists(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card()
    rig.insert(card)
    for _ in range(4):
        with pytest.raises(WrongPin):
            sign(password="WRONG123")
    with pytest.raises(LastTryRefused):
        look(rig)
    with pytest.raises(LastTryRefused):
        sign()
    assert card.sign_tries_left == 1
    assert card.pins_presented == 4

    assert look(rig, LastTryRefused).tries_left == 1
    sign(allow_last_try=True)
    assert card.sign_tries_left == 5


@pytest.mark.parametrize("status", BlockedStatus)
def test_blocked_card_is_told_and_not_asked_again(
    rig: Rig, make_card: CardMaker, sign: Sign, status: BlockedStatus
) -> None:
    card = make_card(behaviour=Behaviour(blocked_status=status))
    rig.insert(card)
    for _ in range(4):
        with pytest.raises(WrongPin):
            sign(password="WRONG123")
    with pytest.raises(PinBlocked):
        sign(password="WRONG123", allow_last_try=True)
    with pytest.raises(PinBlocked):
        sign()
    with pytest.raises(PinBlocked):
        look(rig, LastTryRefused)
    assert card.pins_presented == 5


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


def test_one_entry_is_one_verify(rig: Rig, make_card: CardMaker) -> None:
    card = make_card()
    rig.insert(card)
    password = SignPassword("WRONG123")
    with JpkiSession.open(rig.readers, rig.reader) as session:
        with pytest.raises(WrongPin):
            session.verify(password)
        with pytest.raises(PinNotGiven):
            session.verify(password)
    assert card.pins_presented == 1


# ----- whose certificate, and until when -----------------------------------------------------------------------------


def test_signature_of_somebody_else_is_never_made(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    card = make_card(CARLOS)
    rig.insert(card)
    with pytest.raises(WrongCard):
        sign(password=CARLOS.sign_password)
    namesake = ExpectedSigner(name=CARLOS.name, birth_date="19881104")
    with pytest.raises(WrongCard):
        sign(signature_request.model_copy(update={"signer": namesake}), password=CARLOS.sign_password)
    assert signatures_made(card) == 0


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
    assert sign(signature_request.model_copy(update={"signer": signer})).outcomes


def test_character_that_a_certificate_cannot_carry_does_not_shut_its_holder_out(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    rig.insert(make_card(XUEYING))
    signer = ExpectedSigner(name="陳 雪瀅", birth_date="19930915")
    request = signature_request.model_copy(update={"signer": signer})
    assert sign(request, password=XUEYING.sign_password).certificate.name == "陳\u3000雪瑩"


def test_certificate_serves_to_the_end_of_its_last_day_in_japan(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    rig.insert(make_card())
    last_second = datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
    last_day = signature_request.model_copy(update={"filing_day": VALID_UNTIL})
    assert look(rig, filing_day=VALID_UNTIL, now=last_second)
    assert sign(last_day, now=last_second).outcomes
    with pytest.raises(CertificateExpired):
        sign(last_day, now=last_second + timedelta(seconds=1))
    with pytest.raises(CertificateExpiresBeforeFiling):
        sign(signature_request.model_copy(update={"filing_day": date(2027, 4, 1)}))


def test_stay_that_ends_before_filing_is_told_before_the_password(rig: Rig, make_card: CardMaker) -> None:
    card = make_card(valid_until=date(2026, 11, 30))
    rig.insert(card)
    assert look(rig, filing_day=date(2026, 11, 30))
    with pytest.raises(CertificateExpiresBeforeFiling) as caught:
        look(rig, filing_day=date(2026, 12, 1))
    assert caught.value.way_on is WayOn.INSIST
    with pytest.raises(CertificateExpiresBeforeFiling):
        look(rig, filing_day=date(2026, 11, 21), now=datetime(2026, 11, 30, 15, tzinfo=UTC))
    assert look(rig, CertificateExpiresBeforeFiling, filing_day=date(2026, 12, 1)).tries_left == 5
    assert card.pins_presented == 0


def test_person_who_knows_their_certificate_to_be_newer_can_insist(
    rig: Rig, make_card: CardMaker, sign: Sign, signature_request: SignatureRequest
) -> None:
    """The two certificates are renewed one by one, so the free one is evidence and no proof."""
    rig.insert(make_card(auth_valid_until=date(2026, 11, 30)))
    with pytest.raises(CertificateExpiresBeforeFiling):
        look(rig)
    assert look(rig, CertificateExpiresBeforeFiling)
    assert sign(signature_request).outcomes


def test_card_without_the_free_certificate_can_sign(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    rig.insert(make_card(behaviour=Behaviour(has_auth_certificate=False)))
    assert look(rig)
    assert sign().outcomes


def test_certificate_of_another_authority_is_refused(
    rig: Rig, make_card: CardMaker, sign: Sign, tmp_path: Path
) -> None:
    """Of the same name, as all generations of the real root have."""
    card = make_card()
    rig.insert(card)
    with pytest.raises(CertificateUntrusted):
        sign(roots=TrustedRoots.of([SandboxPki(tmp_path / "other").sign_ca]))
    assert signatures_made(card) == 0


# ----- other cards ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [Token.JUKI_CARD, Token.ANDROID, Token.IPHONE])
def test_other_tokens_are_refused_before_any_pin(rig: Rig, make_card: CardMaker, sign: Sign, token: Token) -> None:
    card = make_card(behaviour=Behaviour(token_name=token))
    rig.insert(card)
    with pytest.raises(NotMyNumberCard):
        look(rig)
    with pytest.raises(NotMyNumberCard):
        sign()
    assert card.pins_presented == 0


def test_token_that_is_accepted_by_name_can_sign(
    rig: Rig, make_card: CardMaker, pki: SandboxPki, signature_request: SignatureRequest
) -> None:
    rig.insert(make_card(behaviour=Behaviour(token_name=Token.ANDROID)))
    tokens = frozenset({str(Token.ANDROID)})
    assert look_for_card(rig.readers, filing_day=FILING_DAY, now=NOW, tokens=tokens)
    made = sign_with_card(
        rig.readers,
        rig.reader,
        [signature_request],
        SignPassword(LINH.sign_password),
        roots=TrustedRoots.of([pki.sign_ca]),
        now=NOW,
        allow_last_try=False,
        tokens=tokens,
    )
    assert isinstance(made.outcomes[0], CardSignature)


def test_card_without_signing_certificate_is_told_before_any_pin(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    card = make_card(behaviour=Behaviour(has_sign_certificate=False))
    rig.insert(card)
    with pytest.raises(SigningCertificateMissing):
        look(rig)
    with pytest.raises(SigningCertificateMissing):
        sign()
    assert signatures_made(card) == 0


def test_empty_reader_is_not_a_pulled_card(rig: Rig, make_card: CardMaker, sign: Sign) -> None:
    with pytest.raises(CardAbsent):
        look(rig)
    with pytest.raises(CardAbsent):
        sign()
    rig.insert(make_card())
    with JpkiSession.open(rig.readers, rig.reader) as session:
        rig.pull()
        with pytest.raises(CardPulled):
            session.tries_left(KeyPair.SIGN)
