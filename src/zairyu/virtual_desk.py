"""The sandbox's card reader, and the authority of the cards on it, where a data directory keeps them."""

from pathlib import Path

from zairyu.runtime.settings import Settings
from zairyu.sandbox.card.desk_reader import DeskReader
from zairyu.sandbox.card.pki import SandboxPki


def sandbox_pki_directory(settings: Settings) -> Path:
    """Where the sandbox's own certificate authority and its cards lie."""
    return settings.data_dir / "sandbox" / "pki"


def sandbox_pki(settings: Settings) -> SandboxPki:
    """The sandbox's own certificate authority, made at first use."""
    return SandboxPki(sandbox_pki_directory(settings))


def sandbox_reader(settings: Settings) -> DeskReader:
    """The virtual card reader, the same for every process of this data directory."""
    return DeskReader(settings.data_dir / "sandbox" / "reader", sandbox_pki_directory(settings))
