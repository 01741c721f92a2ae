"""The connection to Temporal: told in Temporal's own way, or found where the embedded server runs."""

from pathlib import Path

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from zairyu.models.base import Model
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.runtime.settings import Settings


class Endpoints(Model):
    """Where the parts of an embedded installation are reached; a file tells it to other commands."""

    temporal_address: str
    ui_url: str
    sandbox_url: str
    smtp_port: int

    @classmethod
    def read(cls, data_dir: Path) -> "Endpoints | None":
        """What was written when the installation started; nothing when none runs."""
        try:
            return cls.model_validate_json(_file(data_dir).read_bytes())
        except FileNotFoundError:
            return None

    def write(self, data_dir: Path) -> None:
        """Tell other commands."""
        # As a whole or not at all: others may look at any moment.
        draft = _file(data_dir).with_suffix(".draft")
        draft.write_text(self.model_dump_json(indent=2) + "\n")
        draft.replace(_file(data_dir))

    @staticmethod
    def forget(data_dir: Path) -> None:
        """The installation has stopped."""
        _file(data_dir).unlink(missing_ok=True)


def _file(data_dir: Path) -> Path:
    return data_dir / "endpoints.json"


def load_keys(settings: Settings) -> KeyRing:
    """The key ring of this installation. A key file that was named must exist; the embedded one is generated.

    Raises:
        KeyRingError: it is missing or malformed.
    """
    return KeyRing.load(settings.key_file) if settings.key_file else KeyRing.load_or_generate(settings.keys)


async def connect(
    settings: Settings, keys: KeyRing, *, runtime: Runtime | None = None, identity: str | None = None
) -> Client:
    """A client with the project's plugin.

    Temporal's TOML profile and `TEMPORAL_*` variables come first; without an address there, the embedded server.

    Args:
        settings: where the embedded server is looked for.
        keys: what seals the payloads.
        runtime: where Core's logs go.
        identity: as histories name this process, in clear; by default its number and the computer's name.

    Raises:
        RuntimeError: no server answers.
    """
    config = ClientConfig.load_client_connect_config()
    if "target_host" not in config:
        endpoints = Endpoints.read(settings.data_dir)
        config["target_host"] = endpoints.temporal_address if endpoints else "127.0.0.1:7233"
    return await Client.connect(**config, plugins=[zairyu_plugin(keys)], runtime=runtime, identity=identity)
