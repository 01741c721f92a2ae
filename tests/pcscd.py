"""A private PC/SC daemon for the tests, beside whatever daemon the machine runs.

pcscd has its socket at a fixed place, /run/pcscd, and only the client's side can be told another one. So the
daemon runs in a mount namespace of its own, where a directory of ours lies at that place: the daemon sees its
fixed path, the tests see the directory.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_VPCD = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_UNPLUGGABLE = Path(__file__).with_name("unpluggable.c")
_READER = "Test reader"
_STARTS_WITHIN = 10.0  # seconds

_IN_NAMESPACE = """
set -e
config=$1
# The bundles of USB drivers are hidden: a real reader on this machine, and the card in it, are none of our business.
for bundle in /usr/lib/pcsc/drivers/*.bundle; do
    [ ! -d "$bundle" ] || mount -t tmpfs tmpfs "$bundle"
done
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --no-canonicalize --bind . /run/pcscd
pcscd --foreground --critical --config "$config" &
# The tests hold our standard input: it ends when they end, however they end.
read -r _ || true
kill $! || true
wait $! || true
"""


@dataclass(frozen=True)
class Slot:
    """One slot of the reader: to a driver, a reader of its own."""

    reader: str
    """Its name."""
    port: int
    """Where vpcd waits for its card."""


class PrivatePcscd:
    """A daemon with one reader of two slots."""

    def __init__(self) -> None:
        self._place = Path(tempfile.mkdtemp(prefix="pcscd-"))
        port = _two_free_ports()
        self.slots = tuple(Slot(f"{_READER} 00 0{slot}", port + slot) for slot in range(2))
        self.reader, self.port = self.slots[0].reader, self.slots[0].port
        self.socket = self._place / "pcscd.comm"
        self._gone = self._place / "gone"
        self._config = self._place / "reader.conf.d"
        self._config.mkdir()
        self._no_reader = self._place / "no-reader.conf.d"
        self._no_reader.mkdir()
        (self._config / "vpcd").write_text(
            f'FRIENDLYNAME "{_READER}"\nDEVICENAME /dev/null:{port:#06x}\n'
            f"LIBPATH {self._build_driver()}\nCHANNELID {port:#06x}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, with_reader: bool = True) -> None:
        """Start the daemon afresh."""
        self.stop()
        private = "-m" if os.geteuid() == 0 else "-Urm"
        self._process = subprocess.Popen(
            [
                "unshare",
                private,
                "sh",
                "-c",
                _IN_NAMESPACE,
                "sh",
                str(self._config if with_reader else self._no_reader),
            ],
            cwd=self._place,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _wait_for(self.socket, self._process)

    def crash(self) -> None:
        """End the daemon as a crash does, without a word to its clients."""
        os.kill(int((self._place / "pcscd.pid").read_text().strip("\0\n")), signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """End the daemon."""
        if self._process is not None:
            self._process.communicate()
            self._process = None
        for left_behind in (self.socket, self._place / "pcscd.pid"):
            left_behind.unlink(missing_ok=True)

    def remove(self) -> None:
        """End the daemon for good."""
        self.stop()
        shutil.rmtree(self._place, ignore_errors=True)

    def unplug(self) -> None:
        """Take the reader away. Debian's daemon goes on to list it: it forgets only readers that udev forgets."""
        self._gone.touch()

    def plug_in(self) -> None:
        """Bring the reader back, if it is away."""
        self._gone.unlink(missing_ok=True)

    def _build_driver(self) -> Path:
        # Debian ships vpcd without the link of the name that it gives itself.
        (self._place / "libifdvpcd.so.0").symlink_to(_VPCD)
        driver = self._place / "unpluggable.so"
        subprocess.run(
            [
                "cc", "-shared", "-fPIC", "-I/usr/include/PCSC", f'-DGONE="{self._gone}"', _UNPLUGGABLE,
                "-Wl,--no-as-needed,-rpath,$ORIGIN", _VPCD, "-o", driver,
            ],
            check=True,
        )  # fmt: skip
        return driver


@cache
def private_pcscd() -> PrivatePcscd:
    """The running daemon, one for the process.

    libpcsclite reads the place of the socket once and keeps it, so a process cannot have two daemons. The variable
    stays in the environment for programs that the tests start.
    """
    _require_packages()
    daemon = PrivatePcscd()
    atexit.register(daemon.remove)
    daemon.start()
    os.environ["PCSCLITE_CSOCK_NAME"] = str(daemon.socket)
    return daemon


def _require_packages() -> None:
    missing = [program for program in ("cc", "pcscd", "unshare", "opensc-tool") if shutil.which(program) is None]
    if not _VPCD.exists():
        missing.append("vpcd")
    if not Path("/usr/include/PCSC/ifdhandler.h").exists():
        missing.append("libpcsclite-dev")
    try:
        import smartcard.scard  # noqa: F401
    except ImportError:
        missing.append("pyscard")
    if not missing:
        return
    if os.environ.get("ZAIRYU_NO_PCSC") == "1":
        pytest.skip("ZAIRYU_NO_PCSC=1, and this machine lacks " + ", ".join(missing))
    pytest.fail(
        f"This machine lacks {', '.join(missing)}, which the card tests need. Install them with "
        "`make debian-packages` and the extra `card`, or set ZAIRYU_NO_PCSC=1 to leave these tests out."
    )


def _two_free_ports() -> int:
    """The first of two neighbouring ports: vpcd takes one for each of its two slots."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def _wait_for(daemon_socket: Path, daemon: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    while not daemon_socket.exists():
        if daemon.poll() is not None or time.monotonic() > until:
            daemon.kill()
            _, said = daemon.communicate()
            pytest.fail(
                "The private pcscd did not start. As a plain user it needs user namespaces "
                f"(sysctl kernel.unprivileged_userns_clone=1). It said: {said.decode(errors='replace')}"
            )
        time.sleep(0.02)
