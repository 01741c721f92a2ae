"""The step that tells the watch over a stay."""

from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client

from zairyu.activities.heartbeat import beating
from zairyu.activities.stay.telling import tell_watch
from zairyu.models.stay import StayNews, StayNewsTaken
from zairyu.models.steps import TELL_STAY_WATCH


class StayMessenger:
    """Carries news from registrations and applications to the watch over the person's stay."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal

    @activity.defn(name=TELL_STAY_WATCH.name)
    async def tell_stay_watch(self, news: StayNews) -> StayNewsTaken:
        """Tell the news, and begin the watch with it if there is none."""
        async with beating():
            await tell_watch(self._temporal, news, queue=activity.info().task_queue)
        return StayNewsTaken(user_id=news.user_id, taken_at=datetime.now(UTC))
