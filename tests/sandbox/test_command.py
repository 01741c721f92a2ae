import asyncio
import json
import signal
import sys
from pathlib import Path

import httpx
import pytest

from tests.sandbox.provider import inspect
from zairyu.sandbox.service import Sandbox, SandboxSettings, serve


async def test_the_command_tells_where_everything_is_and_stops_when_told(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "zairyu.sandbox", "--data-dir", tmp_path, "--automatic"),
        *("--agency-letters", "--agency-maildir", tmp_path / "post"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            places = json.loads(await process.stdout.readline())
        async with httpx.AsyncClient() as http:
            assert (await http.get(places["officer_url"])).status_code == 200
            assert (await http.get(f"{places['base_url']}/sandbox/automatic")).json()["on"] is True
            await http.post(f"{places['base_url']}/sandbox/strangers")
        assert len(list((tmp_path / "post" / "new").iterdir())) >= 2
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_serve_runs_until_cancelled(tmp_path: Path) -> None:
    ready: asyncio.Future[Sandbox] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(SandboxSettings(data_dir=tmp_path), ready.set_result))
    sandbox = await ready

    async with httpx.AsyncClient() as http:
        assert (await http.get(sandbox.base_url)).status_code == 200
        serving.cancel()
        await asyncio.wait([serving])
        assert serving.cancelled()


async def test_a_taken_port_leaves_nothing_behind(tmp_path: Path) -> None:
    async with Sandbox(SandboxSettings(data_dir=tmp_path / "one"), inspect=inspect) as first:
        port = int(first.base_url.rpartition(":")[2])
        second = Sandbox(SandboxSettings(data_dir=tmp_path / "two", http_port=port), inspect=inspect)
        with pytest.raises(OSError, match="in use"):
            await second.__aenter__()
