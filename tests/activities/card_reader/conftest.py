from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.cards import CardMaker, DaemonRig, InProcessRig, Rig
from zairyu.models.base import BilingualText
from zairyu.models.card import ExpectedSigner, SignatureRequest
from zairyu.sandbox.card.pki import SandboxPki


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
