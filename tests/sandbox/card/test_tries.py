"""Wrong tries are counted in a file, whoever makes them."""

import subprocess
import sys
from pathlib import Path

from zairyu.sandbox.card.tries import PinName, TryCounters

SPEND = """
import sys
from pathlib import Path
from zairyu.sandbox.card.tries import PinName, TryCounters

counters = TryCounters(Path(sys.argv[1]))
sys.stdin.read()  # until both are ready
for _ in range(5):
    print(counters.spend(PinName.SIGN_PASSWORD))
"""


def test_two_processes_have_no_more_tries_than_one(tmp_path: Path) -> None:
    file = tmp_path / "tries"
    spenders = [
        subprocess.Popen(
            [sys.executable, "-c", SPEND, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for spender in spenders:
        assert spender.stdin is not None
        spender.stdin.close()
    given = []
    for spender in spenders:
        assert spender.stdout is not None
        given += spender.stdout.read().split()
        spender.stdout.close()
        assert spender.wait(30) == 0
    assert sorted(given) == ["0", "1", "2", "3", "4"] + ["None"] * 5
    assert TryCounters(file).left(PinName.SIGN_PASSWORD) == 0
    assert TryCounters(file).left(PinName.AUTH_PIN) == 3


def test_tries_given_back_are_seen_by_others(tmp_path: Path) -> None:
    one, other = TryCounters(tmp_path / "tries"), TryCounters(tmp_path / "tries")
    one.exhaust(PinName.AUTH_PIN)
    assert other.spend(PinName.AUTH_PIN) is None
    one.restore(PinName.AUTH_PIN)
    assert other.left(PinName.AUTH_PIN) == 3
