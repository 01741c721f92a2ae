"""`make bench`: what our driver adds to a signature, beside the same commands sent bare to the same card."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

import pytest
from rich.console import Console
from rich.table import Table
from tests.cards import CardMaker, DaemonRig, InProcessRig, Rig

from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.signing import look_for_card, sign_with_card
from zairyu.models.base import BilingualText
from zairyu.models.card import ExpectedSigner, SignatureRequest
from zairyu.rules.calendar import add_months, day_in_japan
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.virtual_card import Exchange, VirtualCard

_ROUNDS = 30

_Session = list[bytes]
"""Commands between power-up and power-down."""


def measure_card(console: Console) -> None:
    """In process, and over the real daemon where there is one; both on a card that loses no time of its own."""
    table = Table(
        "A signature", "commands", "bare ms", "ours ms", "ratio", "from", "to", title=f"The card, {_ROUNDS} rounds"
    )
    with tempfile.TemporaryDirectory() as directory:
        maker = CardMaker(SandboxPki(Path(directory) / "pki"), Path(directory))
        for name, rig in _rigs(console):
            _measure(table, name, rig, maker)
    console.print(table)


def _rigs(console: Console) -> Iterator[tuple[str, Rig]]:
    yield "in process", InProcessRig()
    try:
        yield "over PC/SC", DaemonRig()
    except (pytest.fail.Exception, pytest.skip.Exception) as missing:
        console.print(f"Not measured over PC/SC: {missing}")


def _measure(table: Table, name: str, rig: Rig, maker: CardMaker) -> None:
    now = datetime.now(UTC)
    card = maker(valid_until=add_months(day_in_japan(now), 2))
    rig.insert(card)
    sign = partial(_sign, rig, _request(now), TrustedRoots.of([maker.pki.sign_ca]), now)
    sessions = _recorded(card, sign)
    ours, bare = [], []
    for _ in range(_ROUNDS):
        bare.append(_milliseconds(partial(_replay, rig, sessions)))
        ours.append(_milliseconds(sign))
    rig.pull()
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    figures = (median(bare), median(ours), median(ratios), min(ratios), max(ratios))
    table.add_row(name, str(sum(map(len, sessions))), *(f"{figure:.2f}" for figure in figures))


def _sign(rig: Rig, request: SignatureRequest, roots: TrustedRoots, now: datetime) -> None:
    """As the terminal does it: a look before the password is asked for, then the signature."""
    found = look_for_card(rig.readers, filing_day=request.filing_day, now=now)
    with SignPassword(LINH.sign_password) as password:
        sign_with_card(rig.readers, found.reader, [request], password, roots=roots, now=now, allow_last_try=False)


def _request(now: datetime) -> SignatureRequest:
    return SignatureRequest(
        application_id="bench",
        title=BilingualText(ja="測定", en="Measurement"),
        signer=ExpectedSigner(name=LINH.name, birth_date=f"{LINH.birth_date:%Y%m%d}"),
        digest=hashlib.sha256(b"measured").hexdigest(),
        file_count=1,
        filing_day=day_in_japan(now),
    )


def _recorded(card: VirtualCard, sign: Callable[[], None]) -> list[_Session]:
    """The commands of one signature, as the card saw them."""
    card.log.clear()
    sign()
    sessions: list[_Session] = []
    for exchange in card.log:
        if exchange.command.startswith("00A404"):
            # The driver selects the application once after each power-up.
            sessions.append([])
        sessions[-1].append(_command(exchange))
    assert len(sessions) == 2
    return sessions


def _command(exchange: Exchange) -> bytes:
    if exchange.presents_pin:
        # Masked in the log.
        return bytes.fromhex(exchange.command[:10]) + LINH.sign_password.encode()
    return bytes.fromhex(exchange.command)


def _replay(rig: Rig, sessions: list[_Session]) -> None:
    for session in sessions:
        channel = rig.readers.connect(rig.reader)
        assert channel is not None
        for command in session:
            _, status = channel.transmit(command)
            assert status in (0x9000, 0x63C5)
        channel.power_down()


def _milliseconds(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    measure_card(Console())
