"""What this machine has and lacks, and the command that mends each lack."""

import shutil
import socket
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from zairyu.models.base import Model
from zairyu.runtime.embedded import EmbeddedServerError, temporal_program
from zairyu.runtime.keys import KeyRing, KeyRingError
from zairyu.runtime.settings import Settings

_PCSCD_SOCKET = Path("/run/pcscd/pcscd.comm")


class Check(Model):
    """One thing looked at."""

    what: str
    well: bool
    needed_for: str
    mend: str
    """The command that mends it."""


def examine(settings: Settings) -> Iterator[Check]:
    """Look at everything, in the order in which it matters."""
    yield Check(
        what=f"Python {sys.version_info.major}.{sys.version_info.minor}",
        well=sys.version_info >= (3, 11),
        needed_for="everything",
        mend="install Python 3.11 or newer, then: make clean install PYTHON=python3.11",
    )
    yield Check(what="Temporal server", well=_temporal(), needed_for="demo, up, test", mend="make install")
    yield Check(
        what=f"data directory {settings.data_dir}",
        well=_writable(settings.data_dir),
        needed_for="demo, up",
        mend=f"chmod u+rwx {settings.data_dir}, or set ZAIRYU_DATA_DIR",
    )
    yield Check(
        what=f"key file {settings.keys}",
        well=_keys(settings),
        needed_for="everything that reads personal data",
        mend="put the key file back: without it nothing that was sealed can be opened",
    )
    yield Check(
        what="loopback", well=_loopback(), needed_for="demo, up, test", mend="ip link set lo up (as an administrator)"
    )
    yield Check(
        what="pyscard",
        well=find_spec("smartcard") is not None,
        needed_for="a card reader on this machine",
        mend="make debian-packages, then: make test",
    )
    yield Check(
        what="PC/SC daemon",
        well=_PCSCD_SOCKET.exists() or shutil.which("pcscd") is not None or sys.platform != "linux",
        needed_for="a card reader on this machine",
        mend="make debian-packages",
    )
    for program, use in (
        ("xmlsec1", "the tests' independent check of signatures"),
        ("opensc-tool", "the tests' independent reader of cards"),
        ("openssl", "the tests' independent check of signatures"),
        ("qpdf", "the tests of documents"),
        ("gs", "the tests of documents"),
        ("convert", "the tests of documents"),
        ("chromium", "the tests of the terminal's page"),
        ("chromedriver", "the tests of the terminal's page"),
    ):
        yield Check(what=program, well=shutil.which(program) is not None, needed_for=use, mend="make debian-packages")


def _temporal() -> bool:
    try:
        temporal_program()
    except EmbeddedServerError:
        return False
    return True


def _writable(directory: Path) -> bool:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".probe"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def _keys(settings: Settings) -> bool:
    try:
        KeyRing.load(settings.keys)
    except KeyRingError:
        # The embedded default makes one at the first start; a file that was named has to be there.
        return settings.key_file is None and not settings.keys.exists()
    return True


def _loopback() -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 0))
        except OSError:
            return False
    return True
