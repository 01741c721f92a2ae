import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from zairyu.runtime.connection import Endpoints, load_keys
from zairyu.runtime.keys import KeyRingError
from zairyu.runtime.settings import LogFormat, Settings

ENDPOINTS = Endpoints(
    temporal_address="127.0.0.1:7233",
    ui_url="http://127.0.0.1:8233",
    sandbox_url="http://127.0.0.1:8400",
    smtp_port=8425,
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ZAIRYU_"):
            monkeypatch.delenv(name)


def test_without_a_word_everything_lies_in_the_data_directory(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    assert settings.keys == tmp_path / "keys.json"
    assert settings.blobs == (tmp_path / "blobs").as_uri()
    assert settings.log_format is LogFormat.CONSOLE


def test_the_environment_tells_a_process_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAIRYU_DATA_DIR", "/srv/zairyu")
    monkeypatch.setenv("ZAIRYU_KEY_FILE", "/run/secrets/keys.json")
    monkeypatch.setenv("ZAIRYU_BLOB_URL", "s3://documents")
    monkeypatch.setenv("ZAIRYU_LOG_FORMAT", "json")
    monkeypatch.setenv("ZAIRYU_SANDBOX_HTTP_PORT", "1")  # another program's

    settings = Settings()

    assert (settings.keys, settings.blobs) == (Path("/run/secrets/keys.json"), "s3://documents")
    assert settings.log_format is LogFormat.JSON


def test_passwords_are_not_printed_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAIRYU_MYNAPORTAL_CLIENT_SECRET", "hunter2")
    monkeypatch.setenv("ZAIRYU_SMTP_PASSWORD", "hunter2")
    settings = Settings()

    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.mynaportal_client_secret.get_secret_value() == "hunter2"


@pytest.mark.parametrize(
    ("name", "value"),
    [("ZAIRYU_SMTP_PORT", "hunter2"), ("ZAIRYU_LOG_FORMAT", "xml"), ("ZAIRYU_SHUTDOWN_SECONDS", "-1")],
)
def test_a_wrong_setting_stops_the_process_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.removeprefix("ZAIRYU_").lower()) as refused:
        Settings()
    assert f"'{value}'" not in str(refused.value)


def test_a_key_file_that_was_named_is_never_made_up(tmp_path: Path) -> None:
    """A new key in its place could not open anything that the lost one has sealed."""
    named = tmp_path / "mounted" / "keys.json"

    with pytest.raises(KeyRingError, match="there is no key file"):
        load_keys(Settings(data_dir=tmp_path, key_file=named))
    assert not named.exists()

    load_keys(Settings(data_dir=tmp_path))
    assert (tmp_path / "keys.json").exists()


def test_other_commands_find_the_running_installation(tmp_path: Path) -> None:
    assert Endpoints.read(tmp_path) is None
    ENDPOINTS.write(tmp_path)
    assert Endpoints.read(tmp_path) == ENDPOINTS
    Endpoints.forget(tmp_path)
    Endpoints.forget(tmp_path)
    assert Endpoints.read(tmp_path) is None


def test_empty_mailbox_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAIRYU_IMAP_HOST", "")
    assert Settings().imap_host is None


def test_mails_are_read_in_clear_only_from_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAIRYU_IMAP_TLS", "false")
    monkeypatch.setenv("ZAIRYU_IMAP_HOST", "127.0.0.1")
    assert not Settings().imap_tls

    monkeypatch.setenv("ZAIRYU_IMAP_HOST", "imap.zairyu.example")
    with pytest.raises(ValidationError, match="TLS"):
        Settings()


@pytest.mark.parametrize("address", ["127.0.0.1:5353", "[::1]:53"])
def test_name_server_is_told_by_address_and_port(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ZAIRYU_AGENCY_MAIL_RESOLVER", address)
    assert Settings().agency_mail_resolver == address

    monkeypatch.setenv("ZAIRYU_AGENCY_MAIL_RESOLVER", "dns.zairyu.example")
    with pytest.raises(ValidationError, match="agency_mail_resolver"):
        Settings()
