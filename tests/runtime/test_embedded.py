"""The embedded server, on a database that an older release left."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.common import SearchAttributeKey

from zairyu.runtime.embedded import embedded_server, free_port
from zairyu.workflows.search_attributes import ALL, NEEDS_PERSON, PHASE, REQUEST_ID


async def test_data_of_an_older_release_can_be_searched_by_what_is_new(tmp_path: Path) -> None:
    async def count(attributes: Sequence[SearchAttributeKey[Any]], query: str) -> int:
        with (tmp_path / "lock").open("w") as lock:
            async with embedded_server(
                tmp_path / "temporal.sqlite3",
                search_attributes=attributes,
                codec_url="http://127.0.0.1:9",
                log=tmp_path / "temporal.log",
                port=free_port(),
                ui_port=free_port(),
                lock=lock.fileno(),
            ) as server:
                return (await (await Client.connect(server.address)).count_workflows(query)).count

    assert await count([PHASE], f"{PHASE.name} IS NOT NULL") == 0
    assert await count(ALL, f"{REQUEST_ID.name} IS NOT NULL OR ({NEEDS_PERSON})") == 0
