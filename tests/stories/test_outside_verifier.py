"""What the terminal has signed, in the eyes of a program that is not ours."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree
from temporalio.testing import WorkflowEnvironment

from tests.cards import DaemonRig
from tests.world import World
from tests.xmlsec import verdict_of_xmlsec1
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki


@dataclass(frozen=True)
class Filed:
    """The package that the agency received, opened."""

    manifest: bytes
    files: Mapping[str, bytes]
    at: datetime
    place: Path
    """A directory for whoever verifies it."""

    def verdict(
        self, trusted: Path, *, manifest: bytes | None = None, files: Mapping[str, bytes] | None = None
    ) -> tuple[int, str]:
        """The exit code of xmlsec1, and what it says."""
        namespace = etree.QName(etree.fromstring(self.manifest)).namespace
        done = verdict_of_xmlsec1(
            self.place / uuid.uuid4().hex,
            self.manifest if manifest is None else manifest,
            self.files if files is None else files,
            trusted,
            self.at,
            id_of=f"{namespace}:Application",
        )
        return done.returncode, done.stderr


@pytest.fixture
async def filed(temporal: WorkflowEnvironment, keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path) -> Filed:
    """Signed by a card on the real PC/SC stack, for an application that went through the terminal."""
    async with World(temporal, keys, sandbox_pki, tmp_path / "world", DaemonRig()) as world:
        await world.file()
        files = await world.package()
        at = world.sandbox.clock.now()
    (manifest,) = [name for name in files if name.endswith(".xml")]
    return Filed(files.pop(manifest), files, at, tmp_path)


async def test_stranger_verifies_what_the_terminal_signed(filed: Filed, sandbox_pki: SandboxPki) -> None:
    code, said = filed.verdict(sandbox_pki.sign_ca_file)
    assert code == 0, said
    every = len(filed.files) + 1
    assert f"SignedInfo References (ok/all): {every}/{every}" in said


async def test_stranger_sees_each_changed_attachment(filed: Filed, sandbox_pki: SandboxPki) -> None:
    for name, content in filed.files.items():
        changed = {**filed.files, name: content[:-1] + bytes([content[-1] ^ 1])}
        assert filed.verdict(sandbox_pki.sign_ca_file, files=changed)[0] != 0, name


async def test_stranger_sees_a_changed_manifest(filed: Filed, sandbox_pki: SandboxPki) -> None:
    changed = filed.manifest.replace(b"<ApplicationType>", b"<ApplicationType> ")
    assert changed != filed.manifest
    assert filed.verdict(sandbox_pki.sign_ca_file, manifest=changed)[0] != 0


async def test_stranger_who_trusts_another_authority_of_the_same_name_refuses_it(filed: Filed, tmp_path: Path) -> None:
    other = SandboxPki(tmp_path / "other")
    assert filed.verdict(other.sign_ca_file)[0] != 0
