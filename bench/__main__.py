"""`make bench`: what a story costs, and how fast stories, signatures and packages are beside bare ones."""

import asyncio
import logging
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from tests.world import World, temporal_environment

from bench.bare import Load, many_bare
from bench.card import measure_card
from bench.counting import actions_of
from bench.feed import measure_feed
from bench.package import measure_package
from bench.story import many_stories
from bench.year import quiet_year
from zairyu.rules.calendar import add_months
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.worker import WORKFLOWS

_AT_ONCE = 10
_ROUNDS = 3


async def main(console: Console) -> None:
    """One run: everything on one server, one worker, one machine."""
    with tempfile.TemporaryDirectory() as directory:
        keys = KeyRing.load_or_generate(Path(directory) / "keys.json")
        pki = SandboxPki(Path(directory) / "pki")
        async with (
            temporal_environment(keys) as environment,
            World(environment, keys, pki, Path(directory)) as world,
        ):
            expires_on = add_months(world.today, 2)
            (first,) = await many_stories(world, 1, expires_on)
            application = await world.handle(first).fetch_history()
            request = await world.handle(first, request=1).fetch_history()
            _cost(console, "One completed story", application=application, document_request=request)
            load = _load(application, request)
            ours, bare = [], []
            for _ in range(_ROUNDS):
                began = time.perf_counter()
                await many_stories(world, _AT_ONCE, expires_on)
                ours.append(_AT_ONCE / (time.perf_counter() - began))
                began = time.perf_counter()
                await many_bare(world.temporal, _AT_ONCE, load)
                bare.append(_AT_ONCE / (time.perf_counter() - began))
            replayed = await _replay(application, keys)
            watch, weekly = await quiet_year(world)
            _cost(console, "A quiet year of a stay", watch=watch, weekly_instead=weekly)
    _speed(console, ours, bare, load, replayed)


def _cost(console: Console, title: str, **histories: WorkflowHistory) -> None:
    table = Table("History of", "events", "bytes", "Temporal actions", title=title)
    for name, history in histories.items():
        actions = actions_of(history)
        size = sum(event.ByteSize() for event in history.events)
        table.add_row(name.replace("_", " "), *(f"{figure:,}" for figure in (len(history.events), size, actions)))
    console.print(table)


def _load(*histories: WorkflowHistory) -> Load:
    counts = Counter(event.event_type for history in histories for event in history.events)
    return Load(
        activities=counts[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED],
        timers=counts[EventType.EVENT_TYPE_TIMER_STARTED],
        signals=counts[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED],
        updates=counts[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED],
    )


async def _replay(history: WorkflowHistory, keys: KeyRing) -> float:
    """Seconds for one story, sandbox and decryption included."""
    replayer = Replayer(workflows=WORKFLOWS, plugins=[zairyu_plugin(keys)])
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        await replayer.replay_workflow(history)
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def _speed(console: Console, ours: list[float], bare: list[float], load: Load, replayed: float) -> None:
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    table = Table("", "median", "from", "to", title=f"{_AT_ONCE} at once on one worker, {_ROUNDS} rounds")
    for name, figures in (("stories per second", ours), ("bare workflows per second", bare), ("ratio", ratios)):
        table.add_row(name, *(f"{figure:.2f}" for figure in (median(figures), min(figures), max(figures))))
    console.print(table)
    console.print(f"A bare workflow has {load}.")
    console.print(f"Replay of one story: {replayed * 1000:.0f} ms")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    output = Console()
    asyncio.run(main(output))
    # Ten thousand take ten minutes to start: `python -m bench.feed`.
    asyncio.run(measure_feed(output, 1_000))
    measure_card(output)
    measure_package(output)
