"""What the driver says when the machine, not the card, is at fault."""

import os
import subprocess
import sys

import pytest

from tests.cards import CardMaker, DaemonRig
from tests.pcscd import private_pcscd
from zairyu.activities.card_reader.errors import CardBusy, CardServiceUnavailable
from zairyu.activities.card_reader.pcsc import PcscReaders


def test_card_that_another_program_holds_is_busy_not_absent(make_card: CardMaker) -> None:
    rig = DaemonRig()
    rig.insert(make_card())
    try:
        held = rig.readers.connect(rig.reader)
        assert held is not None
        with pytest.raises(CardBusy):
            rig.readers.connect(rig.reader)
        held.power_down()
        held.power_down()
        again = rig.readers.connect(rig.reader)
        assert again is not None
        again.power_down()
    finally:
        rig.pull()


@pytest.mark.parametrize("use", ["names()", "connect('any')"])
def test_daemon_that_does_not_run_is_told(use: str) -> None:
    """In a process of its own: libpcsclite keeps the first socket it was told."""
    private_pcscd()
    told = subprocess.run(
        [sys.executable, "-c", f"from zairyu.activities.card_reader.pcsc import PcscReaders; PcscReaders().{use}"],
        env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "CardServiceUnavailable" in told.stderr
    assert "8010001D" in told.stderr


def test_server_without_pyscard_is_told_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(CardServiceUnavailable, match="extra `card`"):
        PcscReaders().names()
