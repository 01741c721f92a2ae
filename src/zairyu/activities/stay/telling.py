"""News for the watch over a stay: one signal, which begins the watch if there is none."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from zairyu.models.names import stay_workflow_id
from zairyu.models.stay import StartStayWatch, StayNews


async def tell_watch(temporal: Client, news: StayNews, *, queue: str) -> None:
    """Tell one piece of news. A repeat is recognised by its id.

    Args:
        temporal: the connection.
        news: what has changed.
        queue: where the watch runs, if it is begun.
    """
    await temporal.start_workflow(
        "StayWatchWorkflow",
        StartStayWatch(user_id=news.user_id),
        id=stay_workflow_id(news.user_id),
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal="news",
        start_signal_args=[news],
        static_summary="Watch over a stay",
    )
