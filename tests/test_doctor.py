"""Whoever lacks something is told what to type."""

import socket
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from zairyu.doctor import Check, examine
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.settings import Settings


def _checks(settings: Settings) -> dict[str, Check]:
    checks = list(examine(settings))
    by_what = {check.what.split()[0]: check for check in checks}
    assert len(by_what) == len(checks)
    return by_what


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_what_the_demo_needs_is_found_where_the_tests_run(settings: Settings) -> None:
    checks = _checks(settings)
    for what in ("Python", "Temporal", "data", "key", "loopback"):
        assert checks[what].well, checks[what].mend


def test_every_lack_has_a_use_and_a_remedy(settings: Settings) -> None:
    for check in examine(settings):
        assert check.needed_for
        assert check.mend


def test_first_start_needs_no_key_file(settings: Settings) -> None:
    assert not settings.keys.exists()
    assert _checks(settings)["key"].well
    assert not settings.keys.exists(), "a doctor looks and does not make keys"


def test_generated_key_file_is_well(settings: Settings) -> None:
    KeyRing.load_or_generate(settings.keys)
    assert _checks(settings)["key"].well


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"current": "a", "keys": {"a": "dG9vIHNob3J0"}}'])
def test_damaged_key_file_is_told_before_anything_is_sealed_with_another(settings: Settings, content: str) -> None:
    settings.keys.parent.mkdir(parents=True)
    settings.keys.write_text(content)
    check = _checks(settings)["key"]
    assert not check.well
    assert "put the key file back" in check.mend
    assert settings.keys.read_text() == content


def test_key_file_that_was_named_has_to_be_there(settings: Settings, tmp_path: Path) -> None:
    named = settings.model_copy(update={"key_file": tmp_path / "vault" / "keys.json"})
    check = _checks(named)["key"]
    assert not check.well
    assert str(tmp_path / "vault" / "keys.json") in check.what


def test_data_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    check = _checks(Settings(data_dir=tmp_path / "file" / "data"))["data"]
    assert not check.well
    assert "ZAIRYU_DATA_DIR" in check.mend


def test_missing_server_program_is_told(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    check = _checks(settings)["Temporal"]
    assert (check.well, check.mend) == (False, "make install")


def test_old_python_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", _OldPython((3, 10, 0)))
    check = _checks(settings)["Python"]
    assert not check.well
    assert "3.11" in check.mend


class _OldPython(tuple[int, int, int]):
    major, minor = 3, 10


@pytest.mark.parametrize(
    ("what", "missing"),
    [
        ("pyscard", "find_spec"),
        ("xmlsec1", "shutil.which"),
        ("opensc-tool", "shutil.which"),
        ("openssl", "shutil.which"),
        ("chromium", "shutil.which"),
        ("chromedriver", "shutil.which"),
        ("qpdf", "shutil.which"),
        ("gs", "shutil.which"),
        ("convert", "shutil.which"),
    ],
)
def test_what_only_some_tests_need_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, what: str, missing: str
) -> None:
    nothing: Callable[[str], None] = lambda _: None  # noqa: E731
    monkeypatch.setattr(f"zairyu.doctor.{missing}", nothing)
    check = _checks(settings)[what]
    assert (check.well, check.mend.startswith("make debian-packages")) == (False, True)


def test_missing_loopback_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoNetwork(socket.socket):
        def bind(self, _: object) -> None:
            raise OSError

    monkeypatch.setattr("zairyu.doctor.socket.socket", NoNetwork)
    check = _checks(settings)["loopback"]
    assert (check.well, "lo up" in check.mend) == (False, True)
