"""One real Temporal server for each test process; everything else belongs to one test."""

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.world import World, temporal_environment
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Three for two processors: a third of the time tests wait for servers, desks and commands."""
    return (yield) * 3 // 2


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "keys.json"


@pytest.fixture(scope="session")
def keys(key_file: Path) -> KeyRing:
    return KeyRing.load_or_generate(key_file)


@pytest.fixture(scope="session")
async def temporal(keys: KeyRing) -> AsyncIterator[WorkflowEnvironment]:
    async with temporal_environment(keys) as environment:
        yield environment


@pytest.fixture(scope="session")
def sandbox_pki(tmp_path_factory: pytest.TempPathFactory) -> SandboxPki:
    """Keys are made once: RSA is slow."""
    return SandboxPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
async def world(
    temporal: WorkflowEnvironment, keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> AsyncIterator[World]:
    """A worker, a terminal, an agency and a mailbox, all real, with time that skips."""
    async with World(temporal, keys, sandbox_pki, tmp_path) as world:
        yield world
