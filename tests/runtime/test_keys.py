import base64
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.runtime.keys import KeyRing, KeyRingError

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
RING = KeyRing("new", {"old": OLD, "new": NEW})
SECRET = base64.b64encode(NEW).decode()


def key_file(file: Path, content: object) -> Path:
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@given(plain=st.binary(max_size=4096), purpose=st.text(max_size=20))
@settings(deadline=None)  # shared machines are slow now and then
def test_what_was_sealed_can_be_read_again(plain: bytes, purpose: str) -> None:
    sealed = RING.seal(plain, purpose=purpose)

    assert RING.open(sealed, purpose=purpose) == plain
    assert len(plain) < 8 or plain not in sealed


def test_the_same_document_sealed_twice_does_not_look_the_same() -> None:
    assert RING.seal(b"TRAN THI LINH", purpose="blob") != RING.seal(b"TRAN THI LINH", purpose="blob")


@given(data=st.data())
@settings(deadline=None)
def test_one_changed_byte_is_noticed_wherever_it_is(data: st.DataObject) -> None:
    sealed = bytearray(RING.seal(b"TRAN THI LINH", purpose="blob"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(KeyRingError):
        RING.open(bytes(sealed), purpose="blob")


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_bytes_that_nobody_sealed_are_refused(anything: bytes) -> None:
    with pytest.raises(KeyRingError):
        RING.open(anything, purpose="blob")


@pytest.mark.parametrize("kept", [0, 1, 4, 10, 16, 30])
def test_half_a_document_is_refused(kept: int) -> None:
    with pytest.raises(KeyRingError):
        RING.open(RING.seal(b"TRAN THI LINH", purpose="blob")[:kept], purpose="blob")


def test_bytes_sealed_for_one_use_cannot_be_passed_off_as_anothers() -> None:
    with pytest.raises(KeyRingError, match="temporal-payload"):
        RING.open(RING.seal(b"TRAN THI LINH", purpose="blob"), purpose="temporal-payload")


def test_another_installations_key_opens_nothing() -> None:
    sealed = RING.seal(b"TRAN THI LINH", purpose="blob")

    with pytest.raises(KeyRingError, match="not on the ring"):
        KeyRing("other", {"other": OLD}).open(sealed, purpose="blob")
    with pytest.raises(KeyRingError, match="cannot be opened"):
        KeyRing("new", {"new": OLD}).open(sealed, purpose="blob")


def test_after_a_rotation_old_documents_can_still_be_read() -> None:
    before = KeyRing("old", {"old": OLD}).seal(b"TRAN THI LINH", purpose="blob")

    assert RING.open(before, purpose="blob") == b"TRAN THI LINH"
    with pytest.raises(KeyRingError):  # sealed with the new one
        KeyRing("old", {"old": OLD}).open(RING.seal(b"", purpose="blob"), purpose="blob")


# ----- in pieces ----------------------------------------------------------------------------------------------


def as_before(plain: bytes, purpose: str) -> bytes:
    """What was sealed before there were pieces, and by whoever else knows the format."""
    nonce = bytes(range(12))
    return b"\x03new" + nonce + AESGCM(NEW).encrypt(nonce, plain, purpose.encode())


def cut(content: bytes, lengths: list[int]) -> list[bytes]:
    pieces = []
    for length in lengths:
        pieces.append(content[:length])
        content = content[length:]
    return [*pieces, content]


@given(plain=st.binary(max_size=200), lengths=st.lists(st.integers(0, 40)), purpose=st.text(max_size=5))
@settings(deadline=None)
def test_pieces_are_sealed_as_a_whole_is(plain: bytes, lengths: list[int], purpose: str) -> None:
    sealed = b"".join(RING.seal_stream(cut(plain, lengths), purpose=purpose))

    nonce = sealed[4:16]
    assert sealed[:4] == b"\x03new"
    assert AESGCM(NEW).decrypt(nonce, sealed[16:], purpose.encode()) == plain
    assert RING.open(sealed, purpose=purpose) == plain


@given(plain=st.binary(max_size=200), lengths=st.lists(st.integers(0, 40)), purpose=st.text(max_size=5))
@settings(deadline=None)
def test_what_was_sealed_before_opens_however_it_is_cut(plain: bytes, lengths: list[int], purpose: str) -> None:
    pieces = cut(as_before(plain, purpose), lengths)

    assert b"".join(RING.open_stream(pieces, purpose=purpose)) == plain


@given(data=st.data(), lengths=st.lists(st.integers(0, 40)))
@settings(deadline=None)
def test_one_changed_byte_is_noticed_before_the_end(data: st.DataObject, lengths: list[int]) -> None:
    sealed = bytearray(as_before(b"TRAN THI LINH" * 5, "blob"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(KeyRingError):
        list(RING.open_stream(cut(bytes(sealed), lengths), purpose="blob"))


@given(kept=st.integers(0, 28), lengths=st.lists(st.integers(0, 10)))
@settings(deadline=None)
def test_half_a_document_is_refused_however_it_is_cut(kept: int, lengths: list[int]) -> None:
    with pytest.raises(KeyRingError):
        list(RING.open_stream(cut(as_before(b"TRAN THI LINH", "blob")[:kept], lengths), purpose="blob"))


@pytest.mark.parametrize(
    ("current", "keys", "words"),
    [
        ("new", {"old": OLD}, "is not among the keys"),
        ("old", {"old": OLD[:16]}, "has 16 bytes"),
        ("old", {"old": b""}, "has 0 bytes"),
        ("", {"": OLD}, "name"),
        ("n" * 256, {"n" * 256: OLD}, "name"),
    ],
)
def test_a_ring_that_cannot_work_is_refused_at_the_start(current: str, keys: dict[str, bytes], words: str) -> None:
    with pytest.raises(KeyRingError, match=words):
        KeyRing(current, keys)


# ----- the file -----------------------------------------------------------------------------------------------


def test_the_key_is_found_again_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "data" / "keys.json"
    sealed = KeyRing.load_or_generate(file).seal(b"TRAN THI LINH", purpose="blob")

    assert KeyRing.load_or_generate(file).open(sealed, purpose="blob") == b"TRAN THI LINH"
    assert KeyRing.load(file).open(sealed, purpose="blob") == b"TRAN THI LINH"


def test_nobody_else_on_the_machine_can_read_the_key(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    KeyRing.load_or_generate(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file], "a draft with the key was left behind"


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    program = (
        "import sys; from pathlib import Path; from zairyu.runtime.keys import KeyRing; sys.stdin.readline();"
        "print(KeyRing.load_or_generate(Path(sys.argv[1])).seal(b'x', purpose='blob').hex())"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    sealed = [starter.communicate(timeout=60)[0].strip() for starter in starters]

    ring = KeyRing.load(file)
    assert [ring.open(bytes.fromhex(text), purpose="blob") for text in sealed] == [b"x"] * 4
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match="there is no key file"):
        KeyRing.load(tmp_path / "keys.json")


@pytest.mark.parametrize(
    "content",
    [
        "",
        f"current: {SECRET}",
        f'{{"current": "new", "keys": {{"new": "{SECRET}"}}',  # the end is missing
        [SECRET],
        {"keys": {"new": SECRET}},
        {"current": "new"},
        {"current": "new", "keys": [SECRET]},
        {"current": "new", "keys": SECRET},
        {"current": ["new"], "keys": {"new": SECRET}},
        {"current": "new", "keys": {"new": 5}},
        {"current": "new", "keys": {"new": SECRET[:-1]}},
        {"current": "new", "keys": {"new": SECRET[:20]}},
        {"current": SECRET, "keys": {"new": SECRET}},
        {"current": SECRET, "keys": {SECRET: "new1"}},
    ],
)
def test_an_error_about_the_key_file_shows_nothing_of_it(tmp_path: Path, content: object) -> None:
    with pytest.raises(KeyRingError) as refused:
        KeyRing.load(key_file(tmp_path / "keys.json", content))

    assert SECRET[:8] not in str(refused.value)
    assert refused.value.__cause__ is None
