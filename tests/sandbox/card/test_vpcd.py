"""The card on the real PC/SC stack, used by OpenSC: a client that is not ours."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cards import VALID_UNTIL, CardMaker, DaemonRig
from tests.pcscd import private_pcscd
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.sandbox.card.vpcd import VpcdReader


@pytest.fixture
def card_on_reader(make_card: CardMaker) -> Iterator[VirtualCard]:
    rig = DaemonRig()
    card = make_card()
    rig.insert(card)
    yield card
    rig.pull()


def run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.usefixtures("card_on_reader")
def test_opensc_takes_it_for_a_my_number_card() -> None:
    assert run("opensc-tool", "--reader", private_pcscd().reader, "--name").strip() == "jpki"


@pytest.mark.usefixtures("card_on_reader")
def test_opensc_signs_with_it_and_openssl_agrees(pki: SandboxPki, tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(b"signed by another client")
    key = pki.credentials(LINH, VALID_UNTIL).sign.certificate.public_key()
    (tmp_path / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    pkcs11_tool = shutil.which("pkcs11-tool")
    assert pkcs11_tool is not None
    run(
        pkcs11_tool,
        *("--token-label", "JPKI (Digital Signature PIN)", "--login", "--pin", LINH.sign_password),
        *("--sign", "--id", "02", "--mechanism", "SHA256-RSA-PKCS"),
        *("--input-file", "document", "--output-file", "signature"),
        cwd=tmp_path,
    )
    verified = run(
        *("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "document"), cwd=tmp_path
    )
    assert verified == "Verified OK\n"


def test_command_takes_no_delayed_acknowledgement(card_on_reader: VirtualCard) -> None:
    """Without quick acknowledgements each command takes 44 ms."""
    rig = DaemonRig()
    channel = rig.source.connect()
    assert channel is not None
    started = time.monotonic()
    for _ in range(50):
        channel.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    took = time.monotonic() - started
    channel.power_down()
    assert len(card_on_reader.log) == 50
    assert took < 50 * 0.02


def test_slot_that_nobody_serves_is_told(card: VirtualCard) -> None:
    with pytest.raises(ConnectionError), VpcdReader(port=1) as reader:
        reader.insert(card)
