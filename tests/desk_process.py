"""A desk terminal in a process of its own, which a test can kill."""

import asyncio
import sys
from pathlib import Path

from temporalio.client import Client

from tests.fingers import Fingers
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.worker import keep_registered, terminal_worker, until_stopped


async def main(address: str, key_file: str, queue: str, terminal_id: str, reader_name: str) -> None:
    temporal = await Client.connect(address, plugins=[zairyu_plugin(KeyRing.load(Path(key_file)))])
    reader = InProcessReader(name=reader_name)
    desk = Desk(reader, Fingers(""), TrustedRoots.of([]))
    async with (
        terminal_worker(temporal, terminal_id, desk, reader),
        keep_registered(temporal, terminal_id, queue=queue, on_connection=lambda _: None),
    ):
        print("ready", flush=True)
        await until_stopped()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
