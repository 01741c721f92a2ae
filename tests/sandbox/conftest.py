from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.sandbox.provider import Provider, provider_of, running
from tests.sandbox.test_inspection import LAST_DAY
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import CardCredentials, SandboxPki
from zairyu.sandbox.service import Sandbox


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with running(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
async def provider(sandbox: Sandbox) -> AsyncIterator[Provider]:
    async with provider_of(sandbox) as provider:
        yield provider


@pytest.fixture
def expiry(sandbox: Sandbox) -> date:
    """The end of a stay for which the filing window is open today."""
    return sandbox.clock.today() + timedelta(days=60)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SandboxPki:
    return SandboxPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def card(pki: SandboxPki) -> CardCredentials:
    return pki.credentials(LINH, LAST_DAY)
