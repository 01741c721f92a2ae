"""The card over the real PC/SC daemon, used by OpenSC: a client that is not ours."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cards import VALID_UNTIL, CardMaker, DaemonRig
from zairyu.sandbox.card.behaviour import Atr, Behaviour
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import CardCredentials, Credential, SandboxPki
from zairyu.sandbox.card.tries import PinName
from zairyu.sandbox.card.virtual_card import VirtualCard

AUTH_TOKEN = "JPKI (User Authentication PIN)"
SIGN_TOKEN = "JPKI (Digital Signature PIN)"

Done = subprocess.CompletedProcess[str]
Tool = Callable[..., Done]


@pytest.fixture
def rig() -> Iterator[DaemonRig]:
    rig = DaemonRig()
    yield rig
    rig.pull()


@pytest.fixture
def card(rig: DaemonRig, make_card: CardMaker) -> VirtualCard:
    card = make_card()
    rig.insert(card)
    return card


@pytest.fixture
def credentials(pki: SandboxPki) -> CardCredentials:
    return pki.credentials(LINH, VALID_UNTIL)


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """Runs a program, which may take a PIN from its environment: command lines are seen by everybody."""

    def run(*command: str, pin: str = "") -> Done:
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PIN": pin},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def output(done: Done) -> str:
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def sign(tool: Tool, token: str, key: str, pin: str) -> Done:
    return tool(
        *("pkcs11-tool", "--token-label", token, "--login", "--pin", "env:PIN"),
        *("--sign", "--id", key, "--mechanism", "SHA256-RSA-PKCS"),
        *("--input-file", "document", "--output-file", "signature"),
        pin=pin,
    )


@pytest.mark.parametrize("atr", Atr)
def test_opensc_takes_it_for_a_my_number_card(rig: DaemonRig, make_card: CardMaker, tool: Tool, atr: Atr) -> None:
    rig.insert(make_card(behaviour=Behaviour(atr=atr)))
    reader = ("opensc-tool", "--reader", rig.reader)
    assert output(tool(*reader, "--name")).strip() == "jpki"
    assert output(tool(*reader, "--atr")).strip().replace(":", "").upper() == atr


@pytest.mark.usefixtures("card")
def test_opensc_finds_everything_on_it(rig: DaemonRig, tool: Tool) -> None:
    dump = output(tool("pkcs15-tool", "--reader", rig.reader, "--dump"))
    objects = re.findall(r"^(PIN|Private RSA Key|X\.509 Certificate) \[(.+)\]$", dump, re.MULTILINE)
    assert objects == [
        ("PIN", "User Authentication PIN"),
        ("PIN", "Digital Signature PIN"),
        ("Private RSA Key", "User Authentication Key"),
        ("Private RSA Key", "Digital Signature Key"),
        ("X.509 Certificate", "User Authentication Certificate"),
        ("X.509 Certificate", "Digital Signature Certificate"),
        ("X.509 Certificate", "User Authentication Certificate CA"),
        ("X.509 Certificate", "Digital Signature Certificate CA"),
    ]
    assert re.findall(r"Tries left +: (\d)", dump) == ["3", "5"]
    assert re.findall(r"ModLength +: (\d+)", dump) == ["2048", "2048"]


@pytest.mark.usefixtures("card")
def test_opensc_reads_the_certificates_and_the_holders_own_with_the_password_only(
    rig: DaemonRig, tool: Tool, credentials: CardCredentials
) -> None:
    read = ("pkcs15-tool", "--reader", rig.reader, "--read-certificate")
    for number, certificate in (
        ("01", credentials.auth.certificate),
        ("03", credentials.auth_ca),
        ("04", credentials.sign_ca),
    ):
        assert x509.load_pem_x509_certificate(output(tool(*read, number)).encode()) == certificate
    refused = tool(*read, "02")
    assert refused.returncode != 0
    assert "BEGIN CERTIFICATE" not in refused.stdout
    opened = tool(*read, "02", "--verify-pin", "--auth-id", "02", "--pin", "env:PIN", pin=LINH.sign_password)
    assert x509.load_pem_x509_certificate(output(opened).encode()) == credentials.sign.certificate


@pytest.mark.parametrize(
    ("token", "key", "pin", "credential"),
    [
        (AUTH_TOKEN, "01", LINH.auth_pin, lambda credentials: credentials.auth),
        (SIGN_TOKEN, "02", LINH.sign_password, lambda credentials: credentials.sign),
    ],
    ids=["authentication", "signature"],
)
@pytest.mark.usefixtures("card")
def test_opensc_signs_with_it_and_openssl_agrees(
    tool: Tool,
    tmp_path: Path,
    credentials: CardCredentials,
    token: str,
    key: str,
    pin: str,
    credential: Callable[[CardCredentials], Credential],
) -> None:
    (tmp_path / "document").write_bytes(b"signed by another client")
    public_key = credential(credentials).certificate.public_key()
    (tmp_path / "key.pem").write_bytes(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    output(sign(tool, token, key, pin))
    verify = ("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "document")
    assert output(tool(*verify)) == "Verified OK\n"
    (tmp_path / "document").write_bytes(b"signed by another client?")
    assert tool(*verify).returncode != 0


def test_opensc_is_locked_out_after_three_wrong_pins(card: VirtualCard, tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(b"")
    for left in (2, 1, 0):
        assert "CKR_PIN_INCORRECT" in sign(tool, AUTH_TOKEN, "01", "9999").stderr
        assert card.tries_left[PinName.AUTH_PIN] == left
    assert sign(tool, AUTH_TOKEN, "01", LINH.auth_pin).returncode != 0
    assert not (tmp_path / "signature").exists()
    flags = re.findall(r"token flags +: (.+)", output(tool("pkcs11-tool", "--list-slots")))
    assert ["user PIN locked" in slot for slot in flags] == [True, False]
    card.unblock()
    output(sign(tool, AUTH_TOKEN, "01", LINH.auth_pin))
