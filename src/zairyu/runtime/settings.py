"""What a process is told from outside: environment variables with the prefix `ZAIRYU_`.

The connection to Temporal is told in Temporal's own way, by a TOML profile or `TEMPORAL_*` variables.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class LogFormat(StrEnum):
    """How log lines are written."""

    CONSOLE = "console"
    JSON = "json"


class Settings(BaseSettings):
    """Everything a worker, a terminal or the command line needs to know of its surroundings."""

    model_config = SettingsConfigDict(env_prefix="ZAIRYU_", extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path(".zairyu")
    """Where the embedded server, the local blobs and the generated key lie."""
    key_file: Path | None = None
    """The key ring; by default one is generated in the data directory."""
    blob_url: str | None = None
    """Where documents lie, as obstore understands it; by default a folder in the data directory."""

    spec_packs: Annotated[tuple[str, ...], NoDecode] = ()
    """Where the spec packs lie, separated by spaces: directories of this machine, or URLs as obstore understands them
    with the digest that `zairyu spec-pack check` prints (`s3://bucket/packs/2027-01#sha256=...`). None: the sample."""

    mynaportal_url: str = "http://127.0.0.1:8400"
    mynaportal_client_id: str = "sandbox-client"
    mynaportal_client_secret: SecretStr = SecretStr("sandbox-secret")
    interface_profile: str = "sandbox"

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 8425
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    mail_sender: str = "zairyu@sandbox.example"

    imap_host: str | None = None
    """The mailbox that the agency writes to; without one its mails are not read."""
    imap_port: int = 993
    imap_username: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_tls: bool = True
    """Without it only on this machine."""
    agency_mail_authserv_id: str | None = None
    """The name under which our own mail server notes whose a mail is (RFC 8601). It has to take that name off mails
    that arrive with it. None: only the agency's own signatures count."""
    agency_mail_resolver: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:\[\]]+:[0-9]{1,5}$")] | None = None
    """The name server that is asked for the agency's keys, as `host:port`; by default the machine's."""

    signing_roots: Path | None = None
    """PEM file with the certificate authorities whose cards may sign. The sandbox takes any, by default its own. With
    another interface profile only those of the dated table count, and the card itself carries them."""
    card_tokens: frozenset[str] = frozenset({"JPKIAPICCTOKEN2"})
    """Names of the tokens that may sign, as JSON; by default the My Number card's alone."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: LogFormat = LogFormat.CONSOLE
    shutdown_seconds: int = Field(default=30, ge=0)
    """How long a worker that is told to stop lets running steps finish."""

    @field_validator("spec_packs", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value

    @field_validator("imap_host", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        # A variable that is passed on without a value is there, and empty.
        return value or None

    @field_validator("imap_tls")
    @classmethod
    def _in_clear_only_here(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("imap_host") not in (None, "localhost", "127.0.0.1", "::1"):
            raise ValueError("mails are read without TLS only from this machine")
        return value

    @property
    def is_sandbox(self) -> bool:
        """Whether everything is played; otherwise nothing of the sandbox may be trusted."""
        return self.interface_profile == "sandbox"

    @property
    def keys(self) -> Path:
        """The key ring's file."""
        return self.key_file or self.data_dir / "keys.json"

    @property
    def spec_pack_cache(self) -> Path:
        """Where spec packs from elsewhere are kept, by their digests."""
        return self.data_dir / "spec-packs"

    @property
    def blobs(self) -> str:
        """The blob store's URL."""
        return self.blob_url or (self.data_dir / "blobs").absolute().as_uri()
