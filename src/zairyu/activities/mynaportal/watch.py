"""The one poller for everybody: reads the feed, asks one by one, watches the maintenance, tells those concerned."""

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from temporalio import activity
from temporalio.client import Client

from zairyu.activities.failures import translated
from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.client import MynaportalClient, News
from zairyu.activities.mynaportal.errors import (
    CapabilityAbsent,
    CursorUnknown,
    MynaportalError,
    MynaportalRefused,
    MynaportalUnavailable,
    MynaportalUnderMaintenance,
)
from zairyu.activities.mynaportal.ledger import Ledger
from zairyu.activities.mynaportal.maintenance import DeadlineTeller, MaintenanceCalendar
from zairyu.activities.mynaportal.sweep import Sweeper
from zairyu.activities.mynaportal.telling import Teller, Told
from zairyu.activities.silence import LONG, Silence
from zairyu.models.capability import Capability
from zairyu.models.feed import MOST_IDS, FeedNotice
from zairyu.models.interface import InterfaceProfile
from zairyu.models.mynaportal import FeedPosition, Sweep, Swept
from zairyu.models.snapshot import AttentionReason
from zairyu.models.steps import WATCH_STATUS_FEED
from zairyu.rules.calendar import day_in_japan

_WATCH: Final = timedelta(hours=1)
"""How long one watch lasts before the workflow writes its position down. Shorter than the step's one try."""
_BEAT: Final = timedelta(seconds=3)
_LONGEST_BACKLOG: Final = 20
"""After so many pages without an end, a feed counts as read up to what there was."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often the poller asks."""

    poll: timedelta = timedelta(seconds=5)
    """How long one call of the feed waits for news; without a feed, the least time from one sweep to the next."""
    sweep: timedelta = timedelta(days=1)
    """How often, beside a feed, all are asked for one by one."""
    sweep_again: timedelta = timedelta(hours=1)
    """The same, where some got no answer."""
    maintenance: timedelta = timedelta(minutes=5)
    """How often the interface is asked when it rests."""
    again: timedelta = timedelta(minutes=1)
    """How soon something is tried again that must not stop the rest."""
    silence: timedelta = LONG
    """After how long without an answer a person is called for."""


class StatusWatch:
    """Tells applications what is new, and nobody anything that is not."""

    def __init__(
        self,
        client: MynaportalClient,
        profile: InterfaceProfile,
        maintenance: MaintenanceCalendar,
        temporal: Client,
        pace: Pace,
    ) -> None:
        self._client = client
        self._profile = profile
        self._maintenance = maintenance
        self._temporal = temporal
        self._pace = pace
        self._deadlines = DeadlineTeller(temporal)
        self._silence = Silence(temporal, long=pace.silence)

    @activity.defn(name=WATCH_STATUS_FEED.name)
    async def watch_status_feed(self, start: FeedPosition) -> FeedPosition:
        """Watch until there is something that the workflow has to show, or for an hour. Each beat carries the position.

        The position moves only when everything behind it has been told: after a crash some is read again, and the
        ledger knows what was told.
        """
        beaten = activity.info().heartbeat_details
        position = FeedPosition.model_validate(beaten[0]) if beaten else start
        watch = _Watch(
            position,
            self._client,
            self._profile,
            self._maintenance,
            self._deadlines,
            self._temporal,
            self._pace,
            awaited=self._silence.is_long(),
        )
        with translated():
            async with self._silence.told(watch.answered_at):
                return await watch.watch()


class _Watch:
    """One watch."""

    def __init__(
        self,
        position: FeedPosition,
        client: MynaportalClient,
        profile: InterfaceProfile,
        maintenance: MaintenanceCalendar,
        deadlines: DeadlineTeller,
        temporal: Client,
        pace: Pace,
        *,
        awaited: bool,
    ) -> None:
        """Watch from a position on; where an answer is `awaited`, only until there is one."""
        info = activity.info()
        self._position = position
        self._client = client
        self._has_feed = Capability.STATUS_FEED in profile.capabilities
        self._can_look_up = Capability.STATUS_LOOK_UP in profile.capabilities
        self._maintenance = maintenance
        self._deadlines = deadlines
        self._temporal = temporal
        self._pace = pace
        self._awaited = awaited
        self._queue = info.task_queue
        self._own_id = info.workflow_id or ""
        self._began_at, self._began = info.current_attempt_scheduled_time, _moment()
        self._ledger = Ledger(temporal, self._queue)
        self._teller = Teller(temporal, profile, self._ledger)
        self._unreadable: list[str] = []
        """Those whose answers this sweep could not read."""
        self._sweeper = Sweeper(client, profile, self._hear, self._unreadable.append, self._miss)
        self._sweeping = False
        self._started_over: float | None = None
        """When the feed last forgot our place in it."""
        self._found: dict[str, tuple[int, float]] = {}
        """What the sweep found: the revision, and when."""
        self._brought: dict[str, int] = {}
        """What the feed has brought: the revision."""
        self._read_up_to = 0.0
        """The feed has been read up to all there was at this moment."""
        self._caught_up = asyncio.Event()
        self._done = asyncio.Event()
        self._noticed: set[str] = set()
        """Ids of what this watch has told the workflow: the same again is not told again."""

    @property
    def _now(self) -> datetime:
        """The moment by the server's clock, as everywhere else in the story."""
        return self._began_at + timedelta(seconds=_moment() - self._began)

    async def watch(self) -> FeedPosition:
        """Everything at the same time, until one has an end or fails."""
        activity.heartbeat(self._position)
        parts: list[Coroutine[Any, Any, Any]] = [
            self._beat(),
            self._watch_maintenance(),
            self._done.wait(),
            asyncio.sleep(_WATCH.total_seconds()),
            activity.wait_for_worker_shutdown(),
        ]
        if self._has_feed:
            parts.append(self._read_feed())
        if self._can_look_up:
            parts.append(self._sweep())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        except asyncio.CancelledError:
            # The workflow has something new to say, and waits for the position.
            if not activity.is_cancelled():
                raise
        except (MynaportalRefused, CapabilityAbsent, CursorUnknown) as error:
            # It speaks of the interface, and not of an application: the poller goes on asking.
            raise MynaportalUnavailable(detail=error.detail or error.type_name) from None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            # Also when it failed: the next try goes on from here.
            activity.heartbeat(self._position)
        return self._position

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT.total_seconds())
            activity.heartbeat(self._position)

    def answered_at(self) -> datetime | None:
        """When the interface last answered."""
        return self._position.answered_at

    def _answered(self) -> None:
        self._move(answered_at=self._now)
        if self._awaited:
            self._done.set()

    def _move(self, **changes: Any) -> None:
        self._position = self._position.model_copy(update=changes)

    # ----- the feed ---------------------------------------------------------------------------------------------

    async def _read_feed(self) -> None:
        """Read page by page. The position moves when all of a page were taken."""
        backlog = 0
        while True:
            began = _moment()
            try:
                page = await self._next_page()
            except MynaportalUnderMaintenance as resting:
                await self._rest(resting)
                continue
            except MynaportalError as error:
                if not self._sweeping:
                    raise
                # What the feed cannot tell is being asked for one by one: that must not be stopped.
                _log.warning("feed-unreadable", error=error.type_name)
                await self._pause_after(error)
                continue
            self._answered()
            if page.events:
                await self._ledger.ensure_listed()
            for record in page.events:
                self._brought[record.request_id] = max(record.revision, self._brought.get(record.request_id, 0))
            await self._took(await self._teller.tell(page.events))
            await self._notice(AttentionReason.NEWS_UNREADABLE, page.unreadable, at=self._position.cursor)
            moved = page.next_cursor != self._position.cursor
            if moved:
                self._move(cursor=page.next_cursor)
                activity.heartbeat(self._position)
            backlog = backlog + 1 if page.events else 0
            if backlog % _LONGEST_BACKLOG == 0:
                self._settle(began)
            if not moved or not (page.events or page.unreadable):
                # A feed that does not wait for news, or does not move, is not asked again at once.
                await asyncio.sleep(max(0.0, began + self._pace.poll.total_seconds() - _moment()))

    async def _next_page(self) -> News:
        self._maintenance.ensure_open(self._now)
        try:
            return await self._client.news(self._position.cursor, wait=self._pace.poll.total_seconds())
        except CursorUnknown:
            if not self._position.cursor:
                raise
            if self._started_over is not None:
                # One that forgets every place is not read from its beginning without a pause.
                await asyncio.sleep(max(0.0, self._started_over + self._pace.again.total_seconds() - _moment()))
            self._started_over = _moment()
            _log.warning("feed-started-over", cursor=self._position.cursor)
            await self._notice(AttentionReason.FEED_STARTED_OVER, [""], at=f"{self._position.cursor} {self._now}")
            self._move(cursor="")
            return await self._client.news("", wait=0)

    def _settle(self, read_from: float) -> None:
        """All that there was at this moment has been read: what the sweep found before it will not come."""
        settled = {request_id: revision for request_id, (revision, at) in self._found.items() if at < read_from}
        for request_id in settled:
            del self._found[request_id]
        missed = [each for each, revision in settled.items() if self._brought.get(each, 0) < revision]
        if missed:
            sweep = self._under_way
            ids = (*sweep.missed_ids, *missed)[:MOST_IDS]
            self._move(sweep=sweep.model_copy(update={"missed": sweep.missed + len(missed), "missed_ids": ids}))
        self._read_up_to = read_from
        self._caught_up.set()

    # ----- one by one -------------------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        """Ask for everybody whenever it is time."""
        while True:
            await asyncio.sleep(max(0.0, (self._next_sweep() - self._now).total_seconds()))
            try:
                await self._sweep_once()
            except MynaportalUnderMaintenance as resting:
                await self._rest(resting)
            except MynaportalError as error:
                if not self._has_feed:
                    raise
                # Whoever cannot be asked for may still be told by the feed.
                _log.warning("sweep-interrupted", error=error.type_name)
                await self._pause_after(error)

    def _next_sweep(self) -> datetime:
        swept = self._position.swept
        if self._position.sweep is not None or self._position.sweep_wanted_at is not None or swept is None:
            return self._now
        if not self._has_feed:
            return swept.began_at + self._pace.poll
        return swept.began_at + (self._pace.sweep_again if swept.unanswered else self._pace.sweep)

    @property
    def _under_way(self) -> Sweep:
        return self._position.sweep or Sweep(began_at=self._now)

    async def _sweep_once(self) -> None:
        self._maintenance.ensure_open(self._now)
        sweep = self._under_way
        self._move(sweep=sweep)
        open_requests = await self._ledger.open_requests()
        self._sweeping = True
        try:
            left = [each for each in open_requests if each > sweep.asked_up_to]
            await self._sweeper.ask_for(left, self._asked, of=len(open_requests))
        finally:
            self._sweeping = False
        ended = _moment()
        while self._has_feed and self._found and self._read_up_to < ended:
            self._caught_up.clear()
            await self._caught_up.wait()
        await self._end_sweep()

    async def _hear(self, record: wire.StatusRecord) -> None:
        told = await self._teller.tell([record])
        await self._took(told)
        if told.applications and self._has_feed:
            self._found[record.request_id] = (record.revision, _moment())

    def _miss(self, request_id: str) -> None:
        """The agency does not know it: of one that it has never told of, the missing receipt number will tell."""
        sweep = self._under_way
        if self._ledger.has_heard(request_id) and request_id not in sweep.lost_ids:
            ids = (*sweep.lost_ids, request_id)[:MOST_IDS]
            self._move(sweep=sweep.model_copy(update={"lost": sweep.lost + 1, "lost_ids": ids}))

    def _asked(self, request_id: str, answered: bool) -> None:
        sweep = self._under_way
        self._move(
            sweep=sweep.model_copy(
                update={
                    "asked_up_to": request_id,
                    "asked": sweep.asked + answered,
                    "unanswered": sweep.unanswered + (not answered),
                }
            )
        )
        if answered:
            self._answered()

    async def _end_sweep(self) -> None:
        sweep, wanted_at = self._under_way, self._position.sweep_wanted_at
        self._found.clear()
        await self._notice(AttentionReason.NEWS_UNREADABLE, self._unreadable)
        self._unreadable.clear()
        if sweep.lost:
            # Without a feed one sweep follows the other: the same is told once a day.
            day = day_in_japan(self._now)
            await self._notice(AttentionReason.APPLICATION_NOT_FOUND, sweep.lost_ids, at=str(day), count=sweep.lost)
        if sweep.missed:
            await self._notice(
                AttentionReason.NEWS_MISSED, sweep.missed_ids, at=sweep.began_at.isoformat(), count=sweep.missed
            )
        as_wanted = wanted_at is not None and wanted_at <= sweep.began_at
        swept = Swept(
            began_at=sweep.began_at,
            ended_at=self._now,
            asked=sweep.asked,
            unanswered=sweep.unanswered,
            missed=sweep.missed,
        )
        self._move(sweep=None, swept=swept, sweep_wanted_at=None if as_wanted else wanted_at)
        activity.heartbeat(self._position)
        if self._has_feed or as_wanted:
            self._done.set()

    async def _pause_after(self, error: MynaportalError) -> None:
        usual = self._pace.again
        await asyncio.sleep(max(usual, error.again_in or usual).total_seconds())

    # ----- maintenance ------------------------------------------------------------------------------------------

    async def _watch_maintenance(self) -> None:
        """Tell of each window those whose deadline it swallows, and the workflow when the windows are other ones."""
        while True:
            answered = await self._maintenance.look()
            windows = self._maintenance.windows(self._now)
            await self._deadlines.tell(windows, queue=self._queue)
            if answered and windows != self._position.maintenance:
                self._move(maintenance=windows)
                self._done.set()
            await asyncio.sleep(self._pace.maintenance.total_seconds())

    async def _rest(self, resting: MynaportalUnderMaintenance) -> None:
        """Do not knock while it rests; but what was planned for an hour may be over sooner."""
        over_in = resting.again_in or self._pace.maintenance
        await asyncio.sleep(min(over_in, self._pace.maintenance).total_seconds())

    # ----- what the workflow has to know ------------------------------------------------------------------------

    async def _took(self, told: Told) -> None:
        self._move(told=self._position.told + len(told.applications))
        await self._notice(AttentionReason.NEWS_OF_NOBODY, told.nobody)
        revisions = " ".join(str(revision) for _, revision in sorted(told.unreadable.items()))
        await self._notice(AttentionReason.NEWS_UNREADABLE, told.unreadable, at=revisions)

    async def _notice(
        self, reason: AttentionReason, request_ids: Iterable[str], *, at: str = "", count: int | None = None
    ) -> None:
        """Tell the workflow of what a person has to know. The same told again after a crash counts once."""
        ids = sorted(request_ids)
        if not ids:
            return
        notice_id = hashlib.sha256("\n".join((reason, at, *ids)).encode()).hexdigest()[:32]
        if notice_id in self._noticed:
            return
        notice = FeedNotice(
            notice_id=notice_id,
            reason=reason,
            count=count or len(ids),
            request_ids=tuple(each for each in ids if each)[:MOST_IDS],
        )
        await self._temporal.get_workflow_handle(self._own_id).signal("noticed", notice)
        self._noticed.add(notice_id)


def _moment() -> float:
    """Seconds of a clock that nobody sets."""
    return asyncio.get_running_loop().time()
