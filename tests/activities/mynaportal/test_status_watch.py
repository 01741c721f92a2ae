"""Nothing of what the agency says is lost, and nothing is told twice. Sandbox, HTTP and Temporal server are real."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from tests.activities.mynaportal.portal import RECORD, Portal, client_of, open_portal, problem
from tests.activities.mynaportal.watching import PROFILE, QUICK, Town, Watch, town
from tests.sandbox.provider import Provider, package, provider_of, registration, running
from zairyu.activities.mynaportal.client import MynaportalClient
from zairyu.activities.mynaportal.ledger import _AGENCY_REVISION, _REQUEST_ID
from zairyu.models.capability import Capability
from zairyu.models.interface import InterfaceProfile
from zairyu.models.mynaportal import FeedPosition, Sweep, Swept
from zairyu.models.names import registration_request_id
from zairyu.models.snapshot import AttentionReason
from zairyu.models.status import ApplicationStatus, Axis, UnknownWord
from zairyu.sandbox.service import Sandbox
from zairyu.workflows.search_attributes import AGENCY_REVISION, REQUEST_ID

JUST_SWEPT = Swept(began_at=datetime.now(UTC), ended_at=datetime.now(UTC), asked=0, unanswered=0, missed=0)
SWEPT = FeedPosition(profile=PROFILE.name, swept=JUST_SWEPT)
"""Where a watch begins that does not ask one by one for a day."""
WITHOUT_FEED = PROFILE.model_copy(update={"capabilities": PROFILE.capabilities - {Capability.STATUS_FEED}})


@dataclass
class Agency:
    """The agency, some applications that it has, and those who wait for news of them."""

    sandbox: Sandbox
    provider: Provider
    client: MynaportalClient
    town: Town
    serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def files(self, *, of_an_older_release: bool = False) -> str:
        """An application at the agency, and open here."""
        request_id = self.town.request_id(next(self.serial))
        expiry = self.sandbox.clock.today() + timedelta(days=60)
        if of_an_older_release:
            await self.town.filed_by_an_older_release(request_id)
        else:
            await self.town.files(request_id)
        await self.provider.submitted(package(expiry, note=request_id), request_id)
        return request_id

    async def officer(self, request_id: str, *actions: str) -> None:
        for action in actions:
            await self.provider.officer(action, request_id)

    def watch(self, profile: InterfaceProfile = PROFILE, **more: Any) -> Watch:
        return Watch(self.town, self.client, profile, **more)

    async def reads(self, cursor: str, *, start: FeedPosition = SWEPT) -> FeedPosition:
        """A watch by the feed alone, up to a place in it."""
        watch = self.watch(start=start)
        await watch.read_up_to(cursor)
        return await watch.stop()


@pytest.fixture
async def agency(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Agency]:
    with temporal.with_time_skipping_disabled():
        async with (
            running(tmp_path) as sandbox,
            provider_of(sandbox) as provider,
            client_of(sandbox.base_url) as client,
            town(temporal.client) as people,
        ):
            yield Agency(sandbox, provider, client, people)


# ----- the feed -----------------------------------------------------------------------------------------------


async def test_each_application_hears_its_own_news_and_only_once(agency: Agency) -> None:
    one, other = await agency.files(), await agency.files()
    watch = agency.watch(start=SWEPT)
    await watch.read_up_to("2")
    await agency.officer(one, "receipt-number")
    await watch.read_up_to("3")
    await watch.stop()

    assert await agency.town.revisions(one) == [1, 2]
    assert await agency.town.revisions(other) == [1]
    (_, told) = (await agency.town.hearings(one)).reports
    assert told.receipt_number == (await agency.provider.record(one)).receipt_number
    assert told.offers == tuple(sorted(PROFILE.capabilities))


@pytest.mark.parametrize("fault", ["repeat_events", "reverse_events"])
async def test_doubled_and_reversed_events_cost_no_second_signal(agency: Agency, fault: str) -> None:
    request_id = await agency.files()
    await agency.officer(request_id, "receipt-number")
    await agency.provider.arm(fault)

    await agency.reads("2")

    assert await agency.town.revisions(request_id) == [1, 2], "each once, in the order in which it happened"


async def test_lost_event_is_found_by_asking_and_a_person_is_told(agency: Agency) -> None:
    request_id, quiet = await agency.files(), await agency.files()
    start = await agency.reads("2")
    await agency.officer(request_id, "receipt-number")
    await agency.provider.arm("lose_events")

    reached = await agency.watch(start=start.model_copy(update={"swept": None})).ended()
    while reached.swept is None:  # it also ends to show what was announced of maintenance
        reached = await agency.watch(start=reached).ended()

    assert await agency.town.revisions(request_id) == [1, 2]
    assert await agency.town.revisions(quiet) == [1]
    assert (reached.swept.asked, reached.swept.missed, reached.swept.unanswered) == (2, 1, 0)
    await agency.town.eventually(agency.town.notices)
    assert await agency.town.notices() == [("NEWS_MISSED", 1, (request_id,))]


async def test_event_that_comes_a_day_late_is_told_by_then_and_not_again(agency: Agency) -> None:
    request_id = await agency.files()
    start = await agency.reads("1")
    await agency.officer(request_id, "receipt-number")
    await agency.provider.arm("delay_events")
    reached = await agency.watch(start=start.model_copy(update={"swept": None})).ended()
    assert await agency.town.revisions(request_id) == [1, 2]

    await agency.provider.skip(timedelta(days=1, minutes=1))
    other = await agency.files()
    watch = agency.watch(start=reached)
    await agency.town.eventually(lambda: agency.town.revisions(other))
    await watch.stop()

    assert await agency.town.revisions(request_id) == [1, 2]


async def test_news_that_the_feed_brings_as_well_are_not_missed(agency: Agency) -> None:
    """Asking one by one may be faster than the feed."""
    requests = [await agency.files() for _ in range(5)]
    reached = await agency.watch().ended()

    assert reached.swept is not None
    assert (reached.swept.asked, reached.swept.missed) == (5, 0)
    assert [await agency.town.revisions(each) for each in requests] == [[1]] * 5
    assert await agency.town.notices() == []


async def test_feed_that_starts_over_is_read_again_and_nobody_hears_anything_twice(agency: Agency) -> None:
    one, closed = await agency.files(), await agency.files()
    await agency.officer(one, "receipt-number")
    start = await agency.reads("3")
    await agency.town.shows(one, 2)
    await agency.town.closes(closed)
    await agency.provider.arm("forget_cursor")
    last = await agency.files()

    watch = agency.watch(start=start)
    await agency.town.eventually(lambda: agency.town.revisions(last))
    await watch.read_up_to("4")
    await watch.stop()

    assert await agency.town.revisions(one) == [1, 2]
    assert await agency.town.revisions(last) == [1]
    assert [(why, count) for why, count, _ in await agency.town.notices()] == [("FEED_STARTED_OVER", 1)]


async def test_news_of_nobody_is_told_to_a_person_and_of_a_closed_application_to_nobody(agency: Agency) -> None:
    answer = await agency.provider.http.post("/sandbox/strangers")
    stranger = answer.json()["request_id"]
    closed, other = await agency.files(), await agency.files()
    await agency.town.closes(closed)

    await agency.reads("4")

    assert await agency.town.revisions(other) == [1]
    assert await agency.town.notices() == [("NEWS_OF_NOBODY", 1, (stranger,))]


async def test_registration_in_the_feed_is_no_application(agency: Agency) -> None:
    request_id = registration_request_id("user-0001", "0" * 64)
    await agency.provider.submitted(registration(), request_id, "USER_REGISTRATION")
    other = await agency.files()

    await agency.reads("2")

    assert await agency.town.revisions(other) == [1]
    assert await agency.town.notices() == []


async def test_application_of_an_older_release_hears_the_feed(agency: Agency) -> None:
    """It does not show under which id it was sent."""
    request_id = await agency.files(of_an_older_release=True)
    await agency.reads("1")
    assert await agency.town.revisions(request_id) == [1]


@pytest.mark.parametrize("axis", ["application", "documents", "collection", "outcome"])
async def test_word_that_nobody_knows_is_passed_on_and_stops_nothing(agency: Agency, axis: str) -> None:
    one = await agency.files()
    await agency.provider.arm("odd_word", axis=axis)
    start = await agency.reads("1")
    other = await agency.files()
    await agency.reads("2", start=start)

    (report,) = (await agency.town.hearings(one)).reports
    assert report.unknown_words == (UnknownWord(axis=Axis(axis.upper()), word="保留"),)
    assert report.application is ApplicationStatus.RECEIVED
    assert await agency.town.revisions(other) == [1]


@pytest.mark.parametrize(
    "odd", [{"revision": 0}, {"reported_at": "2026-11-24T12:00:00"}, {"grant": {"expires_on": "?"}}, {"application": 5}]
)
async def test_record_that_nobody_can_read_does_not_stop_the_news_of_everybody_else(
    agency: Agency, odd: dict[str, Any]
) -> None:
    bad, good = agency.town.request_id(1), agency.town.request_id(2)
    await agency.town.files(bad)
    await agency.town.files(good)
    page = {
        "events": [{**RECORD, "revision": 2, **odd, "request_id": bad}, {**RECORD, "request_id": good}],
        "next_cursor": "2",
    }
    portal = Portal()
    portal.answer = lambda request: _feed_of(page, request)
    async with open_portal(portal), client_of(portal.url) as client:
        watch = Watch(agency.town, client, start=SWEPT)
        await watch.read_up_to("2")
        await watch.stop()

    assert await agency.town.revisions(good) == [1]
    assert await agency.town.revisions(bad) == []
    if odd != {"revision": 0}:  # less than nothing is no news
        assert await agency.town.notices() == [("NEWS_UNREADABLE", 1, (bad,))]


async def test_later_record_that_nobody_can_read_is_a_matter_of_its_own(agency: Agency) -> None:
    bad = agency.town.request_id(1)
    await agency.town.files(bad)
    pages = {
        str(place): {
            "events": [{**RECORD, "request_id": bad, "revision": place + 2, "reported_at": "2026-11-24T12:00:00"}],
            "next_cursor": str(place + 1),
        }
        for place in range(2)
    }
    portal = Portal()
    portal.answer = lambda request: _pages_of(pages, request)
    async with open_portal(portal), client_of(portal.url) as client:
        for _ in range(2):  # what was told before a crash is told again, and is the same
            watch = Watch(agency.town, client, start=SWEPT.model_copy(update={"cursor": "0"}))
            await watch.read_up_to("2")
            await watch.stop()

    assert await agency.town.notices() == [("NEWS_UNREADABLE", 2, (bad,))]


def _pages_of(pages: dict[str, dict[str, Any]], request: Request) -> Response:
    if request.url.path != "/v1/status-feed":
        return problem(404, "NO_SUCH_PLACE")
    cursor = request.query_params["cursor"]
    return JSONResponse(pages.get(cursor, {"events": [], "next_cursor": cursor}))


@pytest.mark.parametrize("odd", ["answers at once", "stands still", "moves on without news", "forgets every place"])
async def test_feed_that_is_odd_is_not_asked_without_a_pause(agency: Agency, odd: str) -> None:
    """It is somebody else's server, and ten thousand signals an hour would end our own workflow."""
    request_id = agency.town.request_id(1)
    await agency.town.files(request_id)

    def answer(request: Request) -> Response:
        if request.url.path != "/v1/status-feed":
            return problem(404, "NO_SUCH_PLACE")
        cursor = request.query_params["cursor"]
        events = [{**RECORD, "request_id": request_id}]
        match odd:
            case "answers at once":
                return JSONResponse({"events": [] if cursor else events, "next_cursor": "1"})
            case "stands still":
                return JSONResponse({"events": events, "next_cursor": "1"})
            case "moves on without news":
                return JSONResponse({"events": [] if cursor else events, "next_cursor": f"{cursor}1"[-18:]})
            case _:
                return (
                    problem(410, "CURSOR_UNKNOWN") if cursor else JSONResponse({"events": events, "next_cursor": "1"})
                )

    portal = Portal()
    portal.answer = answer
    async with open_portal(portal), client_of(portal.url) as client:
        watch = Watch(agency.town, client, start=SWEPT)
        await watch.read_up_to("1")
        await asyncio.sleep(1)
        await watch.stop()

    assert await agency.town.revisions(request_id) == [1]
    feed = [place for _, place in portal.calls if place == "/v1/status-feed"]
    assert 3 <= len(feed) < 20
    assert [count < 10 for _, count, _ in await agency.town.notices()] in ([], [True])


def _feed_of(page: dict[str, Any], request: Request) -> Response:
    if request.url.path != "/v1/status-feed":
        return problem(404, "NO_SUCH_PLACE")
    cursor = request.query_params["cursor"]
    return JSONResponse(page if cursor == "" else {"events": [], "next_cursor": cursor})


async def test_shut_down_loses_no_news_and_does_not_wait_for_the_poll(agency: Agency) -> None:
    await agency.files()
    watch = agency.watch(start=SWEPT)
    await watch.read_up_to("1")
    assert (await watch.stop()).cursor == "1"


@pytest.mark.parametrize("fault", ["unavailable", "refuse"])
async def test_outage_of_the_feed_is_a_failure_that_is_tried_again(agency: Agency, fault: str) -> None:
    await agency.provider.arm(fault, call="feed")

    error = await agency.watch(start=SWEPT).failed()

    assert isinstance(error, ApplicationError)
    assert (error.type, error.non_retryable) == ("MynaportalUnavailable", False)


async def test_outage_of_minutes_is_nobodys_matter_and_one_of_hours_is(agency: Agency) -> None:
    for tried_for in (timedelta(minutes=119), timedelta(hours=2)):
        assert (await agency.town.snapshot()).attention == ()
        await agency.provider.arm("unavailable", call="feed")
        assert isinstance(await agency.watch(start=SWEPT, tried_for=tried_for).failed(), ApplicationError)
    (matter,) = (await agency.town.snapshot()).attention
    assert matter.reason is AttentionReason.INTERFACE_UNREACHABLE
    assert "Mynaportal cannot be reached" in matter.explanation.en
    assert "マイナポータルに接続できません" in matter.explanation.ja


async def test_watch_that_had_an_answer_lately_is_not_silent(agency: Agency) -> None:
    answered = SWEPT.model_copy(update={"answered_at": datetime.now(UTC) - timedelta(minutes=50)})
    await agency.provider.arm("unavailable", call="feed")
    await agency.watch(start=answered, tried_for=timedelta(hours=3)).failed()
    assert (await agency.town.snapshot()).attention == ()


# ----- crashes ------------------------------------------------------------------------------------------------


async def test_watch_killed_between_poll_and_signal_loses_nothing(agency: Agency) -> None:
    requests = [await agency.files() for _ in range(3)]

    async def dies(answer: httpx.Response) -> None:
        if answer.url.path == "/v1/status-feed" and b"event_id" in await answer.aread():
            dying.running.cancel()
            await asyncio.sleep(1)

    async with httpx.AsyncClient(base_url=agency.sandbox.base_url, event_hooks={"response": [dies]}) as http:
        client = MynaportalClient(http, client_id="sandbox-client", client_secret="sandbox-secret")
        dying = Watch(agency.town, client, start=SWEPT)
        assert isinstance(await dying.failed(), asyncio.CancelledError)
    assert dying.beats[-1].cursor == "", "the position must not move past what was not told"

    again = agency.watch(start=SWEPT, beaten=dying.beats[-1])
    await again.read_up_to("3")
    await again.stop()
    assert [await agency.town.revisions(each) for each in requests] == [[1]] * 3


async def test_watch_killed_after_the_signals_tells_nobody_again(agency: Agency) -> None:
    """Its last beat is older than what it has told."""
    requests = [await agency.files() for _ in range(3)]
    await agency.reads("3")
    for each in requests:
        await agency.town.shows(each, 1)

    await agency.reads("3")

    assert [await agency.town.revisions(each) for each in requests] == [[1]] * 3


# ----- one by one ---------------------------------------------------------------------------------------------


async def test_without_a_feed_everybody_is_asked_for_again_and_again(agency: Agency) -> None:
    await agency.provider.http.post("/sandbox/offers", json=sorted(WITHOUT_FEED.capabilities))
    one, other = await agency.files(), await agency.files()
    watch = agency.watch(WITHOUT_FEED)
    await agency.town.eventually(lambda: agency.town.revisions(other))
    await agency.officer(one, "receipt-number")

    async def heard() -> bool:
        return await agency.town.revisions(one) == [1, 2]

    await agency.town.eventually(heard)
    await watch.until(lambda beat: beat.swept is not None)
    await watch.stop()
    assert await agency.town.revisions(other) == [1]
    assert await agency.town.notices() == [], "without a feed nothing is missed by it"
    assert (await agency.town.hearings(one)).reports[0].offers == tuple(sorted(WITHOUT_FEED.capabilities))


async def test_interface_that_tells_nothing_is_asked_for_nothing(agency: Agency) -> None:
    neither = PROFILE.capabilities - {Capability.STATUS_FEED, Capability.STATUS_LOOK_UP}
    portal = Portal()
    async with open_portal(portal), client_of(portal.url) as client:
        watch = Watch(agency.town, client, PROFILE.model_copy(update={"capabilities": neither}))
        await agency.town.eventually(lambda: _asked(portal))
        await watch.stop()
    assert set(portal.calls) == {("GET", "/v1/maintenance")}


async def _asked(portal: Portal) -> bool:
    return len(portal.calls) >= 3


@dataclass
class Counter:
    """An agency that takes its time, and counts."""

    seconds: float
    fails: Callable[[str], bool] = lambda _: False
    odd: Callable[[str], bool] = lambda _: False
    unknown: Callable[[str], bool] = lambda _: False
    enough_after: int = 1_000
    asked: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def answer(self, request: Request) -> Response:
        request_id = request.path_params["request_id"]
        self.asked.append(request_id)
        self.at.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        if len(self.asked) > self.enough_after:
            return Response(status_code=429, headers={"Retry-After": "90"})
        if self.unknown(request_id):
            return problem(404, "APPLICATION_NOT_FOUND")
        if self.fails(request_id):
            return problem(503, "UNAVAILABLE")
        return JSONResponse({} if self.odd(request_id) else {**RECORD, "request_id": request_id})

    def app(self) -> Starlette:
        async def token(_: Request) -> Response:
            return JSONResponse({"access_token": "t", "expires_in": 1800})

        return Starlette(
            routes=[
                Route("/oauth/token", token, methods=["POST"]),
                Route("/v1/applications/{request_id}", self.answer, methods=["GET"]),
            ]
        )


async def counted(
    agency: Agency, counter: Counter, count: int, body: Callable[[MynaportalClient], Awaitable[None]]
) -> None:
    for number in range(count):
        await agency.town.files(agency.town.request_id(number))
    portal = Portal()
    portal.app = counter.app  # type: ignore[method-assign]
    async with open_portal(portal), client_of(portal.url) as client:
        await body(client)


async def test_no_more_are_asked_for_at_once_or_in_a_second_than_is_allowed(agency: Agency) -> None:
    counter = Counter(seconds=0.1)
    profile = WITHOUT_FEED.model_copy(update={"requests_per_second": 25.0, "requests_at_once": 2})

    async def body(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, profile)
        await watch.until(lambda beat: beat.swept is not None)
        await watch.stop()

    await counted(agency, counter, 12, body)
    assert counter.most_at_once == 2
    first = counter.at[0]
    for number, at in enumerate(counter.at):
        assert at - first >= (number - 1) / 25.0 - 0.02, "no burst, also not at the beginning"


async def test_sweep_that_was_interrupted_goes_on_with_those_asked_for_longest_ago(agency: Agency) -> None:
    counter = Counter(seconds=0.05)
    profile = WITHOUT_FEED.model_copy(update={"requests_at_once": 1})

    async def body(client: MynaportalClient) -> None:
        first = Watch(agency.town, client, profile)
        await agency.town.eventually(lambda: _enough(counter, 4))
        reached = await first.stop()
        assert reached.sweep is not None
        assert reached.sweep.asked >= 3
        second = Watch(agency.town, client, profile, beaten=reached)
        await agency.town.eventually(lambda: _enough(counter, 20))
        await second.stop()

    await counted(agency, counter, 8, body)
    again = [request_id for request_id, _ in itertools.groupby(counter.asked)]  # the interrupted one is asked again
    everybody = [agency.town.request_id(number) for number in range(8)]
    assert again[:16] == [*everybody, *everybody]


async def _enough(counter: Counter, count: int) -> bool:
    return len(counter.asked) >= count


async def test_one_that_gets_no_answer_does_not_stop_the_others(agency: Agency) -> None:
    counter = Counter(seconds=0.0, fails=lambda request_id: request_id == agency.town.request_id(1))
    reached: list[FeedPosition] = []

    async def body(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, WITHOUT_FEED)
        await watch.until(lambda beat: beat.swept is not None)
        reached.append(await watch.stop())

    await counted(agency, counter, 4, body)
    assert [await agency.town.revisions(agency.town.request_id(number)) for number in range(4)] == [[1], [], [1], [1]]
    assert reached[0].swept is not None
    assert (reached[0].swept.asked, reached[0].swept.unanswered) == (3, 1)


async def test_what_the_agency_had_and_does_not_know_any_more_is_noticed(agency: Agency) -> None:
    lost, never_heard_of = agency.town.request_id(1), agency.town.request_id(2)
    before = Counter(seconds=0.0, unknown=lambda request_id: request_id == never_heard_of)
    after = Counter(seconds=0.0, unknown=lambda request_id: request_id in (lost, never_heard_of))

    async def swept(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, WITHOUT_FEED)
        await watch.until(lambda beat: beat.swept is not None)
        await watch.stop()

    async def listed() -> bool:
        query = f"RequestId = '{lost}' AND AgencyRevision = 1"
        return bool([one async for one in agency.town.temporal.list_workflows(query)])

    await counted(agency, before, 3, swept)
    await agency.town.eventually(listed)
    assert await agency.town.notices() == []
    await counted(agency, after, 0, swept)
    assert await agency.town.notices() == [("APPLICATION_NOT_FOUND", 1, (lost,))]


async def test_what_is_lost_is_told_of_when_the_sweep_was_broken_off_after_it(agency: Agency) -> None:
    lost = agency.town.request_id(0)
    profile = WITHOUT_FEED.model_copy(update={"requests_at_once": 1})
    broken_off = Counter(seconds=0.0, unknown=lambda request_id: request_id == lost, enough_after=1)
    left: list[FeedPosition] = []

    async def stopped(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, profile)
        assert isinstance(await watch.failed(), ApplicationError)
        left.append(watch.beats[-1])

    async def goes_on(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, profile, beaten=left[0])
        await watch.until(lambda beat: beat.swept is not None)
        await watch.stop()

    await agency.town.files(lost, revision=1)
    await agency.town.files(agency.town.request_id(1))
    await counted(agency, broken_off, 0, stopped)
    await counted(agency, Counter(seconds=0.0), 0, goes_on)
    assert await agency.town.notices() == [("APPLICATION_NOT_FOUND", 1, (lost,))]


async def test_last_one_without_an_answer_does_not_hold_up_the_next_sweep(agency: Agency) -> None:
    """A watch that goes on with a sweep may have only this one left, and it is no outage."""
    last = agency.town.request_id(3)
    counter = Counter(seconds=0.0, fails=lambda request_id: request_id == last)
    under_way = Sweep(began_at=datetime.now(UTC), asked_up_to=agency.town.request_id(2), asked=3)
    start = FeedPosition(profile=PROFILE.name, sweep=under_way)

    async def body(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, WITHOUT_FEED, start=start)
        await watch.until(lambda beat: beat.swept is not None)
        await agency.town.eventually(begun_again)
        await watch.stop()

    async def begun_again() -> bool:
        return agency.town.request_id(0) in counter.asked

    await counted(agency, counter, 4, body)


async def test_answer_that_nobody_can_read_is_told_to_a_person(agency: Agency) -> None:
    odd = agency.town.request_id(1)
    counter = Counter(seconds=0.0, odd=lambda request_id: request_id == odd)

    async def body(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, WITHOUT_FEED)
        await agency.town.eventually(lambda: _enough(counter, 8))
        await watch.stop()

    await counted(agency, counter, 2, body)
    assert await agency.town.notices() == [("NEWS_UNREADABLE", 1, (odd,))]


async def test_gateway_that_answers_for_the_agency_is_an_outage(agency: Agency) -> None:
    async def body(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, WITHOUT_FEED)
        error = await watch.failed()
        assert isinstance(error, ApplicationError)
        assert (error.type, error.non_retryable) == ("MynaportalAnswerUnreadable", False)

    await counted(agency, Counter(seconds=0.0, odd=lambda _: True), 12, body)


async def test_who_asks_too_often_stops_and_goes_on_when_it_may(agency: Agency) -> None:
    first, second = Counter(seconds=0.0, enough_after=3), Counter(seconds=0.0)
    profile = WITHOUT_FEED.model_copy(update={"requests_at_once": 1})
    left: list[FeedPosition] = []

    async def stopped(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, profile)
        error = await watch.failed()
        assert isinstance(error, ApplicationError)
        assert (error.type, error.non_retryable) == ("MynaportalRateExceeded", False)
        assert error.next_retry_delay == timedelta(seconds=90)
        left.append(watch.beats[-1])

    async def goes_on(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, profile, beaten=left[0])
        await watch.until(lambda beat: beat.swept is not None)
        await watch.stop()

    await counted(agency, first, 8, stopped)
    await counted(agency, second, 0, goes_on)
    everybody = [agency.town.request_id(number) for number in range(8)]
    assert first.asked == everybody[:4]
    assert second.asked[:5] == everybody[3:]


async def test_agency_that_answers_nobody_is_an_outage_and_not_a_sweep(agency: Agency) -> None:
    async def body(client: MynaportalClient) -> None:
        watch = Watch(agency.town, client, WITHOUT_FEED)
        error = await watch.failed()
        assert isinstance(error, ApplicationError)
        assert (error.type, error.non_retryable) == ("MynaportalUnavailable", False)
        assert watch.beats[-1].swept is None

    await counted(agency, Counter(seconds=0.0, fails=lambda _: True), 3, body)


async def test_look_up_that_is_out_of_order_does_not_stop_the_feed(agency: Agency) -> None:
    request_id = await agency.files()
    await agency.provider.arm("unavailable", count=1000, call="look_up")
    await agency.reads("1", start=FeedPosition(profile=PROFILE.name))
    assert await agency.town.revisions(request_id) == [1]


async def test_what_somebody_wanted_is_asked_for_after_they_said_so(agency: Agency) -> None:
    """A sweep that was under way by then is not what they wanted."""
    await agency.files()
    wanted_at = datetime.now(UTC)
    before = Sweep(began_at=wanted_at - timedelta(hours=1), asked_up_to="a", asked=7)
    start = SWEPT.model_copy(update={"sweep": before, "sweep_wanted_at": wanted_at})

    reached = await agency.watch(start=start).ended()
    assert reached.swept is not None
    assert (reached.swept.asked, reached.sweep_wanted_at) == (8, wanted_at)

    reached = await agency.watch(start=reached).ended()
    assert reached.swept is not None
    assert (reached.swept.asked, reached.sweep_wanted_at) == (1, None)


def test_poller_looks_for_what_applications_show() -> None:
    assert (_REQUEST_ID, _AGENCY_REVISION) == (REQUEST_ID, AGENCY_REVISION)
    assert QUICK.sweep == timedelta(days=1)
