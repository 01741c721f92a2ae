"""The command as a process of its own, against a real server."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.world import World
from zairyu.runtime.keys import KeyRing
from zairyu.worker import core_worker

NOWHERE = "127.0.0.1:1"
"""Where nobody answers."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str


Command: TypeAlias = Callable[..., Coroutine[Any, Any, Ended]]


def surroundings(**told: str) -> dict[str, str]:
    """What a command is told, and nothing that this machine happens to be set to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZAIRYU_", "TEMPORAL_"))}
    return {**kept, "COLUMNS": "200", "NO_COLOR": "1", "TEMPORAL_ADDRESS": NOWHERE, **told}


@asynccontextmanager
async def commands(world: World, keys: KeyRing, key_file: Path) -> AsyncIterator[Command]:
    """The command, told of the world's server with a worker of the name that it expects."""
    told = surroundings(
        TEMPORAL_ADDRESS=world.temporal.service_client.config.target_host,
        ZAIRYU_KEY_FILE=str(key_file),
        ZAIRYU_DATA_DIR=str(world.directory),
    )

    async def run(*words: str | Path) -> Ended:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "zairyu",
            *words,
            env=told,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        stdout, stderr = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, stdout.decode(), stderr.decode())

    async with core_worker(world.temporal, world.settings, keys):
        yield run
