from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.sandbox.provider import Provider, provider_of, running
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
