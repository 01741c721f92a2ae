from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.activities.card_reader.corner import Corner, SlowReader, SlowToAct
from tests.cards import CardMaker, DaemonRig, InProcessRig, Rig
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.signing import SignedOnCard, sign_with_card
from zairyu.models.base import BilingualText
from zairyu.models.card import CardReadRequest, ExpectedSigner, SignatureRequest
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)

Sign = Callable[..., SignedOnCard]


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SandboxPki:
    return SandboxPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def make_card(pki: SandboxPki, tmp_path: Path) -> CardMaker:
    return CardMaker(pki, tmp_path)


@pytest.fixture(params=["in process", "PC/SC daemon"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """The same tests without and with the real PC/SC stack between driver and card."""
    rig: Rig = InProcessRig() if request.param == "in process" else DaemonRig()
    yield rig
    rig.pull()


@pytest.fixture
def signature_request() -> SignatureRequest:
    return SignatureRequest(
        application_id="app-0001-test",
        title=BilingualText(ja="在留期間更新許可申請", en="Application for extension of period of stay"),
        signer=ExpectedSigner(name="Tran Thi Linh", birth_date="19960412"),
        digest="0f" * 32,
        file_count=3,
        filing_day=date(2026, 12, 1),
    )


@pytest.fixture
def read_request() -> CardReadRequest:
    return CardReadRequest(
        registration_id="user-0001-test",
        title=BilingualText(ja="利用者情報登録", en="User registration"),
        holder=ExpectedSigner(name="Tran Thi Linh", birth_date="19960412"),
    )


@pytest.fixture
def sign(rig: Rig, pki: SandboxPki, signature_request: SignatureRequest) -> Sign:
    """Signs on the rig's only reader."""

    def sign(
        *requests: SignatureRequest,
        password: str = LINH.sign_password,
        now: datetime = NOW,
        roots: TrustedRoots | None = None,
        allow_last_try: bool = False,
    ) -> SignedOnCard:
        return sign_with_card(
            rig.readers,
            rig.reader,
            requests or [signature_request],
            SignPassword(password),
            roots=roots or TrustedRoots.of([pki.sign_ca]),
            now=now,
            allow_last_try=allow_last_try,
        )

    return sign


@pytest.fixture
def corner(pki: SandboxPki) -> Corner:
    return Corner(pki, NOW)


@pytest.fixture
def slow(corner: Corner, make_card: CardMaker) -> SlowReader:
    """A reader whose card works as long as a test wants, and somebody who has not typed yet."""
    reader = SlowReader()
    reader.go_on.set()
    reader.insert(make_card())
    corner.person = SlowToAct(LINH.sign_password)
    corner.person.hold.clear()
    return reader
