"""The poller as a whole: its workflow, its watch in a real worker, and what operators see and say."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RetryConfig
from temporalio.testing import WorkflowEnvironment

from tests.activities.mynaportal.portal import client_of
from tests.activities.mynaportal.test_status_watch import SWEPT, Agency
from tests.activities.mynaportal.watching import PROFILE, QUICK, Watch, town
from tests.sandbox.provider import provider_of, running
from tests.world import temporal_environment
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.maintenance import MaintenanceCalendar
from zairyu.activities.mynaportal.watch import StatusWatch
from zairyu.models.feed import FEED_UPDATES, FeedNotice, FeedSnapshot, SweepNow
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.messages import Resolve, ResolveAction
from zairyu.models.snapshot import AttentionReason
from zairyu.runtime.embedded import embedded_server, free_port
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.workflows.search_attributes import ALL, ATTENTION
from zairyu.workflows.status_feed import StatusFeedWorkflow

FOUND_NOBODY = FeedNotice(
    notice_id="n-1", reason=AttentionReason.NEWS_OF_NOBODY, count=2, request_ids=("stranger-1", "stranger-2")
)
LOOKED_AT = Resolve(message_id="m-1", reason=AttentionReason.NEWS_OF_NOBODY, action=ResolveAction.ACKNOWLEDGE)


@pytest.fixture
async def agency(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Agency]:
    """With a worker that watches."""
    with temporal.with_time_skipping_disabled():
        async with running(tmp_path) as sandbox, client_of(sandbox.base_url) as client:
            watch = StatusWatch(client, PROFILE, MaintenanceCalendar(client, PROFILE), temporal.client, QUICK)
            async with provider_of(sandbox) as provider, town(temporal.client, [watch.watch_status_feed]) as people:
                yield Agency(sandbox, provider, client, people)


async def test_all_are_asked_for_when_the_poller_starts_and_when_somebody_wants_it(agency: Agency) -> None:
    town = agency.town

    async def swept(asked: int) -> bool:
        snapshot = await town.snapshot()
        return snapshot.last_sweep is not None and snapshot.last_sweep.asked == asked and not snapshot.sweep_wanted

    await town.eventually(lambda: swept(0))
    request_id = await agency.files()
    await town.eventually(lambda: town.revisions(request_id))
    # What the feed loses now nobody would hear of before the next day.
    await agency.provider.arm("lose_events")
    await agency.officer(request_id, "receipt-number")

    answer = await town.feed.execute_update(StatusFeedWorkflow.sweep_now, SweepNow(message_id="after the outage"))

    assert answer.sweep_wanted
    await town.eventually(lambda: swept(1))
    assert await town.revisions(request_id) == [1, 2]
    await town.eventually(town.notices)
    first = (await town.snapshot()).last_sweep
    again = await town.feed.execute_update(StatusFeedWorkflow.sweep_now, SweepNow(message_id="after the outage"))
    assert (again.sweep_wanted, again.last_sweep) == (False, first), "a repeated message changes nothing"


async def test_what_was_noticed_is_shown_until_a_person_has_looked_at_it(agency: Agency) -> None:
    feed = agency.town.feed
    await feed.signal(StatusFeedWorkflow.noticed, FOUND_NOBODY)
    await feed.signal(StatusFeedWorkflow.noticed, FOUND_NOBODY)
    other = FOUND_NOBODY.model_copy(update={"notice_id": "n-2", "count": 1, "request_ids": ("stranger-3",)})
    await feed.signal(StatusFeedWorkflow.noticed, other)

    assert await agency.town.notices() == [("NEWS_OF_NOBODY", 3, ("stranger-1", "stranger-2", "stranger-3"))]
    (attention,) = (await agency.town.snapshot()).attention
    assert "3" in attention.explanation.ja
    assert "stranger-1" in attention.explanation.en
    assert (await feed.describe()).typed_search_attributes.get(ATTENTION) == ["NEWS_OF_NOBODY"]

    for wrong in (
        LOOKED_AT.model_copy(update={"action": ResolveAction.RETRY}),
        LOOKED_AT.model_copy(update={"reason": AttentionReason.NEWS_MISSED}),
    ):
        with pytest.raises(WorkflowUpdateFailedError):
            await feed.execute_update(StatusFeedWorkflow.resolve, wrong)
    snapshot = await feed.execute_update(StatusFeedWorkflow.resolve, LOOKED_AT)
    assert (snapshot.attention, snapshot.notices) == ((), ())
    await feed.execute_update(StatusFeedWorkflow.resolve, LOOKED_AT)
    await feed.signal(StatusFeedWorkflow.noticed, other)
    assert await agency.town.notices() == [], "the same matter told once more rings no second time"


async def test_person_is_called_once_for_a_long_silence_and_no_longer_when_it_is_over(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    # Longer than a first try takes to begin, and shorter than the pause before a second one.
    pace = dataclasses.replace(QUICK, silence=timedelta(seconds=0.5))
    with temporal.with_time_skipping_disabled():
        async with (
            running(tmp_path) as sandbox,
            client_of(sandbox.base_url) as client,
            provider_of(sandbox) as provider,
        ):
            watch = StatusWatch(client, PROFILE, MaintenanceCalendar(client, PROFILE), temporal.client, pace)
            async with town(temporal.client, [watch.watch_status_feed]) as people:

                async def swept() -> bool:
                    return (await people.snapshot()).last_sweep is not None

                async def called() -> bool:
                    return bool((await people.snapshot()).attention)

                async def settled() -> bool:
                    return not (await people.snapshot()).attention

                await people.eventually(swept)
                await provider.arm("unavailable", call="feed", count=3)
                await people.eventually(called)
                (matter,) = (await people.snapshot()).attention
                assert matter.reason is AttentionReason.INTERFACE_UNREACHABLE
                await people.eventually(settled)
                told = [entry async for entry in people.feed.fetch_history_events()]
                names = [event.workflow_execution_signaled_event_attributes.signal_name for event in told]
                assert names.count("unreachable") == 1


@pytest.mark.parametrize("nonsense", [{"nonsense": 1}, None, "sweep"], ids=["an object", "null", "a word"])
async def test_words_that_cannot_be_read_do_not_stop_the_poller(agency: Agency, nonsense: object) -> None:
    feed = agency.town.feed
    for name in FEED_UPDATES:
        with pytest.raises(WorkflowUpdateFailedError):
            await feed.execute_update(name, nonsense)
    await feed.signal("noticed", nonsense)
    await feed.signal(StatusFeedWorkflow.noticed, FOUND_NOBODY)
    async with asyncio.timeout(5):
        assert await agency.town.notices() == [("NEWS_OF_NOBODY", 2, ("stranger-1", "stranger-2"))]


async def test_poller_goes_on_in_a_new_history_and_forgets_nothing(keys: KeyRing, tmp_path: Path) -> None:
    async with (
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=30") as environment,
        running(tmp_path) as sandbox,
        client_of(sandbox.base_url) as client,
        provider_of(sandbox) as provider,
    ):
        watch = StatusWatch(client, PROFILE, MaintenanceCalendar(client, PROFILE), environment.client, QUICK)
        with environment.with_time_skipping_disabled():
            async with town(environment.client, [watch.watch_status_feed]) as people:
                agency = Agency(sandbox, provider, client, people)
                request_id = await agency.files()
                await people.eventually(lambda: people.revisions(request_id))
                await people.feed.signal(StatusFeedWorkflow.noticed, FOUND_NOBODY)
                first = (await people.feed.describe()).run_id
                for number in range(8):
                    message = SweepNow(message_id=f"m-{number}")
                    await people.feed.execute_update(StatusFeedWorkflow.sweep_now, message)

                async def anew() -> bool:
                    return (await people.feed.describe()).run_id != first

                await people.eventually(anew)
                snapshot = await people.snapshot()
                assert [notice.count for notice in snapshot.notices] == [2]
                assert (snapshot.cursor, snapshot.told) == ("1", 1)
                await agency.officer(request_id, "receipt-number")

                async def heard() -> bool:
                    return await people.revisions(request_id) == [1, 2]

                await people.eventually(heard)


# ----- maintenance --------------------------------------------------------------------------------------------


async def test_those_whose_deadline_a_window_swallows_are_told_once_and_nobody_else(agency: Agency) -> None:
    town, begins = agency.town, datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    window = {"begins": begins.isoformat(), "ends": (begins + timedelta(hours=6)).isoformat()}
    inside, at_its_end, at_its_begin, filed = (town.request_id(number) for number in range(4))
    await town.files(inside, phase="SIGNATURE", deadline=begins + timedelta(hours=1))
    await town.files(at_its_end, phase="FILING_WINDOW", deadline=begins + timedelta(hours=6))
    await town.files(at_its_begin, phase="SIGNATURE", deadline=begins)
    await town.files(filed, phase="EXAMINATION", deadline=begins + timedelta(hours=1))

    answer = await agency.provider.http.post("/sandbox/maintenance", json=window)
    assert answer.is_success, answer.text

    async def shown() -> bool:
        return bool((await town.snapshot()).maintenance)

    await town.eventually(shown)
    (announced,) = (await town.snapshot()).maintenance
    assert isinstance(announced, MaintenanceWindow)
    assert announced.begins == begins

    async def told() -> bool:
        return all([(await town.hearings(request_id)).windows for request_id in (inside, at_its_end)])

    await town.eventually(told)
    await asyncio.sleep(4 * QUICK.maintenance.total_seconds())
    for request_id in (inside, at_its_end):
        assert (await town.hearings(request_id)).windows == (announced,)
    for request_id in (at_its_begin, filed):
        assert (await town.hearings(request_id)).windows == ()


async def test_poller_outlives_maintenance_and_brings_what_happened_meanwhile(agency: Agency) -> None:
    town = agency.town
    request_id = await agency.files()
    await town.eventually(lambda: town.revisions(request_id))
    now = agency.sandbox.clock.now()
    notice = {"begins": (now - timedelta(hours=1)).isoformat(), "ends": (now + timedelta(hours=1)).isoformat()}
    await agency.provider.http.post("/sandbox/maintenance", json=notice)
    await agency.officer(request_id, "receipt-number")

    (notice_id,) = [
        each["notice_id"] for each in (await agency.provider.http.get("/sandbox/maintenance")).json()["windows"]
    ]
    await agency.provider.http.delete(f"/sandbox/maintenance/{notice_id}")

    async def heard() -> bool:
        return await town.revisions(request_id) == [1, 2]

    await town.eventually(heard)


# ----- a server that goes down --------------------------------------------------------------------------------


async def test_server_that_stops_between_poll_and_signal_loses_nothing(keys: KeyRing, tmp_path: Path) -> None:
    port = free_port()
    server = AsyncExitStack()

    async def start() -> None:
        lock = server.enter_context((tmp_path / "lock").open("w"))
        await server.enter_async_context(
            embedded_server(
                tmp_path / "temporal.sqlite3",
                search_attributes=ALL,
                codec_url="http://127.0.0.1:9",
                log=tmp_path / "temporal.log",
                port=port,
                ui_port=free_port(),
                lock=lock.fileno(),
            )
        )

    async def stops(answer: httpx.Response) -> None:
        if answer.url.path == "/v1/status-feed" and b"event_id" in await answer.aread():
            await server.aclose()

    async with AsyncExitStack() as stack:
        await start()
        stack.push_async_callback(lambda: server.aclose())
        temporal = await Client.connect(
            f"127.0.0.1:{port}", plugins=[zairyu_plugin(keys)], retry_config=RetryConfig(max_retries=2)
        )
        sandbox = await stack.enter_async_context(running(tmp_path / "sandbox"))
        provider = await stack.enter_async_context(provider_of(sandbox))
        client = await stack.enter_async_context(client_of(sandbox.base_url))
        people = await stack.enter_async_context(town(temporal))
        agency = Agency(sandbox, provider, client, people)
        before = await agency.files()
        start_at = await agency.reads("1")
        requests = [await agency.files() for _ in range(3)]
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=sandbox.base_url, event_hooks={"response": [stops]})
        )
        interface = MynaportalClient(http, client_id="sandbox-client", client_secret="sandbox-secret")
        struck = Watch(people, interface, start=SWEPT)
        await struck.failed()
        assert {beat.cursor for beat in struck.beats} == {""}

        await start()
        await people.eventually(lambda: _answers(people.temporal))
        again = agency.watch(start=SWEPT, beaten=struck.beats[-1])
        await again.read_up_to("4")
        await again.stop()

        assert await people.revisions(before) == [1]
        assert [await people.revisions(each) for each in requests] == [[1]] * 3
        assert start_at.cursor == "1"


async def _answers(temporal: Client) -> bool:
    try:
        return [one async for one in temporal.list_workflows("WorkflowType = 'ApplicationWorkflow'")] != []
    except Exception:
        return False


def test_snapshot_of_a_poller_names_no_person() -> None:
    assert "name" not in FeedSnapshot.model_fields
