"""A card put on the desk by one process and used by another."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.cards import VALID_UNTIL
from tests.sandbox.card.commands import RIGHT, SELECT, SIGN, SIGN_KEY, SIGN_PASSWORD, TRIES, WRONG
from zairyu.sandbox.card.behaviour import Behaviour, Token
from zairyu.sandbox.card.desk_reader import DeskReader, NoCardOnReaderError
from zairyu.sandbox.card.iso7816 import Instruction
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.pull import PullAt
from zairyu.sandbox.card.reader import READER, InProcessChannel
from zairyu.sandbox.card.tries import PinName

ELSEWHERE = """
import sys
from datetime import date
from pathlib import Path
from zairyu.sandbox.card.desk_reader import DeskReader
from zairyu.sandbox.card.personas import CARLOS, LINH

reader = DeskReader(Path(sys.argv[1]), Path(sys.argv[2]))
{statement}
"""

Elsewhere = Callable[[str], None]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "reader"


@pytest.fixture
def pki_directory(pki: SandboxPki, tmp_path: Path) -> Path:
    """The keys and certificates of the session, with counters that are full."""
    issued = pki.sign_ca_file.parent.parent
    return Path(shutil.copytree(issued, tmp_path / "pki", ignore=shutil.ignore_patterns("tries.*")))


@pytest.fixture
def reader(place: Path, pki_directory: Path) -> DeskReader:
    return DeskReader(place, pki_directory)


@pytest.fixture
def elsewhere(place: Path, pki_directory: Path) -> Elsewhere:
    """Does something with the reader in a process of its own."""

    def do(statement: str) -> None:
        program = ELSEWHERE.format(statement=statement)
        subprocess.run([sys.executable, "-c", program, str(place), str(pki_directory)], check=True, timeout=60)

    return do


def connected(reader: DeskReader) -> InProcessChannel:
    channel = reader.connect(READER)
    assert channel is not None
    return channel


def run(channel: InProcessChannel, *commands: str) -> int:
    status = 0
    for command in commands:
        _, status = channel.transmit(bytes.fromhex(command))
    return status


def last_day(reader: DeskReader) -> date:
    state = reader.state()
    assert state is not None
    return state.placement.valid_until


def test_card_put_by_another_process_signs_here(reader: DeskReader, elsewhere: Elsewhere) -> None:
    assert reader.names() == (READER,)
    assert reader.connect(READER) is None
    elsewhere("reader.put(LINH, date(2027, 3, 31))")
    channel = connected(reader)
    assert run(channel, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY, SIGN) == 0x9000
    channel.power_down()
    assert reader.connect("another reader") is None


def test_card_pulled_by_another_process_breaks_the_session(reader: DeskReader, elsewhere: Elsewhere) -> None:
    reader.put(LINH, VALID_UNTIL)
    channel = connected(reader)
    assert run(channel, SELECT, SIGN_PASSWORD, RIGHT) == 0x9000
    card = reader.card()
    assert card is not None
    elsewhere("reader.pull()")
    with pytest.raises(ConnectionResetError):
        run(channel, SIGN_KEY)
    assert card.log[-1].presents_pin, "the command did not reach it"
    assert not card.is_unlocked
    assert reader.connect(READER) is None
    assert reader.state() is None


def test_card_put_back_is_not_the_session_of_before(reader: DeskReader, elsewhere: Elsewhere) -> None:
    reader.put(LINH, VALID_UNTIL)
    channel = connected(reader)
    run(channel, SELECT, SIGN_PASSWORD, RIGHT)
    elsewhere("reader.pull(); reader.put(LINH, date(2027, 3, 31))")
    with pytest.raises(ConnectionResetError):
        run(channel, SIGN_KEY)
    assert run(connected(reader), SELECT, SIGN_KEY, SIGN) == 0x6982


def test_card_pulled_while_it_signs_gives_no_signature(reader: DeskReader) -> None:
    reader.put(LINH, VALID_UNTIL, behaviour=Behaviour(signing_delay=timedelta(milliseconds=200)))
    channel = connected(reader)
    run(channel, SELECT, SIGN_PASSWORD, RIGHT, SIGN_KEY)
    card = reader.card()
    assert card is not None
    with ThreadPoolExecutor(1) as terminal:
        signing = terminal.submit(run, channel, SIGN)
        while not card.is_at_work:
            time.sleep(0.001)
        reader.pull()
        with pytest.raises(ConnectionResetError):
            signing.result(30)


def test_card_that_leaves_by_itself_is_gone_for_all(reader: DeskReader, place: Path, pki_directory: Path) -> None:
    reader.put(LINH, VALID_UNTIL)
    card = reader.card()
    assert card is not None
    card.pull_at = PullAt(Instruction.VERIFY)
    with pytest.raises(ConnectionResetError):
        run(connected(reader), SELECT, SIGN_PASSWORD, TRIES)
    assert DeskReader(place, pki_directory).state() is None


def test_card_powered_down_in_a_command_stays_on_the_reader(reader: DeskReader) -> None:
    reader.put(LINH, VALID_UNTIL, behaviour=Behaviour(delay=timedelta(hours=1)))
    channel = connected(reader)
    card = reader.card()
    assert card is not None
    with ThreadPoolExecutor(1) as terminal:
        command = terminal.submit(run, channel, SELECT)
        while not card.is_at_work:
            time.sleep(0.001)
        channel.power_down()
        with pytest.raises(ConnectionResetError):
            command.result(30)
    assert reader.holds(card)


def test_card_blocked_by_another_process_is_blocked_in_the_session(reader: DeskReader, elsewhere: Elsewhere) -> None:
    reader.put(LINH, VALID_UNTIL)
    channel = connected(reader)
    elsewhere("reader.block()")
    assert run(channel, SELECT, SIGN_PASSWORD, TRIES) == 0x63C0
    assert run(channel, RIGHT) == 0x6984
    state = reader.state()
    assert state is not None
    assert state.tries_left == {PinName.SIGN_PASSWORD: 0, PinName.AUTH_PIN: 3, PinName.CARD_INFO_PIN: 3}
    elsewhere("reader.unblock()")
    assert run(channel, RIGHT) == 0x9000


def test_wrong_tries_stay_with_the_card(reader: DeskReader) -> None:
    reader.put(LINH, VALID_UNTIL)
    run(connected(reader), SELECT, SIGN_PASSWORD, WRONG)
    reader.put(CARLOS, VALID_UNTIL)
    assert run(connected(reader), SELECT, SIGN_PASSWORD, TRIES) == 0x63C5
    reader.put(LINH, VALID_UNTIL)
    assert run(connected(reader), SELECT, SIGN_PASSWORD, TRIES) == 0x63C4
    reader.unblock()


def test_expired_card_is_the_same_persons(reader: DeskReader, elsewhere: Elsewhere) -> None:
    behaviour = Behaviour(token_name=Token.ANDROID, most_per_read=100, signing_delay=timedelta(seconds=2))
    reader.put(CARLOS, VALID_UNTIL, auth_valid_until=date(2028, 1, 31), behaviour=behaviour)
    before = reader.card()
    elsewhere("reader.expire(date(2026, 11, 21))")
    assert last_day(reader) == date(2026, 11, 20)
    state = reader.state()
    assert state is not None
    assert (state.placement.persona, state.placement.behaviour) == ("carlos", behaviour)
    assert state.placement.auth_valid_until is None
    assert reader.card() is not before


def test_put_card_carries_the_certificates_of_its_days(reader: DeskReader, pki_directory: Path) -> None:
    pki = SandboxPki(pki_directory)
    later = date(2028, 1, 31)
    reader.put(CARLOS, VALID_UNTIL, auth_valid_until=later)
    channel = connected(reader)
    run(channel, SELECT)
    head, _ = channel.transmit(bytes.fromhex("00B08A0000"))
    auth = pki.credentials(CARLOS, VALID_UNTIL, later).auth.certificate
    # DER leaves leading zeros out.
    assert auth.serial_number.to_bytes((auth.serial_number.bit_length() + 7) // 8, "big") in head
    assert auth.not_valid_after_utc == datetime(2028, 1, 31, 14, 59, 59, tzinfo=UTC)


def test_empty_reader_has_no_card_to_treat(reader: DeskReader) -> None:
    for treat in (reader.block, reader.unblock, lambda: reader.expire(date(2026, 11, 21))):
        with pytest.raises(NoCardOnReaderError):
            treat()
    reader.pull()


def test_state_never_shows_a_password(reader: DeskReader, place: Path) -> None:
    reader.put(LINH, VALID_UNTIL)
    (file,) = place.iterdir()
    assert LINH.sign_password not in file.read_text() + repr(reader.state())
