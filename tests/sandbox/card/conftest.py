from pathlib import Path

import pytest

from tests.cards import CardMaker
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.virtual_card import VirtualCard


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SandboxPki:
    return SandboxPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def make_card(pki: SandboxPki, tmp_path: Path) -> CardMaker:
    return CardMaker(pki, tmp_path)


@pytest.fixture
def card(make_card: CardMaker) -> VirtualCard:
    card = make_card()
    card.power_on()
    return card
