"""A private PC/SC daemon for the tests, beside whatever daemon the machine runs.

pcscd has its socket at a fixed place, /run/pcscd, and only the client's side can be told another one. So the
daemon runs in a mount namespace of its own, where a directory of ours lies at that place: the daemon sees its
fixed path, the tests see the directory.
"""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_VPCD = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
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
kill $!
wait $! || true
"""


@dataclass(frozen=True)
class PrivatePcscd:
    """A running daemon with one reader of two slots; the tests use the first."""

    reader: str
    """Name of the slot."""
    port: int
    """Where vpcd waits for the card of the slot."""


@cache
def private_pcscd() -> PrivatePcscd:
    """Start the daemon, once for the process.

    libpcsclite reads the place of the socket once and keeps it, so a process cannot have two daemons. The variable
    stays in the environment for programs that the tests start.
    """
    _require_packages()
    place = Path(tempfile.mkdtemp(prefix="pcscd-"))
    config = place / "reader.conf.d"
    config.mkdir()
    port = _two_free_ports()
    (config / "vpcd").write_text(
        f'FRIENDLYNAME "{_READER}"\nDEVICENAME /dev/null:{port:#06x}\nLIBPATH {_VPCD}\nCHANNELID {port:#06x}\n'
    )
    private = "-m" if os.geteuid() == 0 else "-Urm"
    daemon = subprocess.Popen(
        ["unshare", private, "sh", "-c", _IN_NAMESPACE, "sh", str(config)],
        cwd=place,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )

    def stop() -> None:
        daemon.communicate()
        shutil.rmtree(place, ignore_errors=True)

    atexit.register(stop)
    _wait_for(place / "pcscd.comm", daemon)
    os.environ["PCSCLITE_CSOCK_NAME"] = str(place / "pcscd.comm")
    return PrivatePcscd(reader=f"{_READER} 00 00", port=port)


def _require_packages() -> None:
    missing = [program for program in ("pcscd", "unshare", "opensc-tool") if shutil.which(program) is None]
    if not _VPCD.exists():
        missing.append("vpcd")
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
