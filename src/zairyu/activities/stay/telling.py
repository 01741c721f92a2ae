"""News for the watch over a stay: one signal, which begins the watch if there is none."""

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from zairyu.models.names import stay_workflow_id
from zairyu.models.stay import StartStayWatch, StayEnd, StayNews, StaySnapshot
from zairyu.rules.stay_news import begins_watch, begins_watch_anew


async def tell_watch(temporal: Client, news: StayNews, *, queue: str) -> None:
    """Tell one piece of news. A repeat is recognised by its id.

    An application does not begin a watch that somebody has closed, as long as the server keeps its history.

    Args:
        temporal: the connection.
        news: what has changed.
        queue: where the watch runs, if it is begun.
    """
    if not begins_watch_anew(news):
        if await _told_open_watch(temporal, news) or not begins_watch(news):
            return
        if await _was_closed_by_somebody(temporal, news.user_id):
            return
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


async def _told_open_watch(temporal: Client, news: StayNews) -> bool:
    try:
        await temporal.get_workflow_handle(stay_workflow_id(news.user_id)).signal("news", news)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def _was_closed_by_somebody(temporal: Client, user_id: str) -> bool:
    """Whether the last watch ended because somebody said so, and not by what happened to the stay."""
    try:
        last = await temporal.get_workflow_handle(stay_workflow_id(user_id)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    if last.status is not WorkflowExecutionStatus.COMPLETED:
        return False
    watch = temporal.get_workflow_handle(last.id, run_id=last.run_id, result_type=StaySnapshot)
    snapshot: StaySnapshot = await watch.result(follow_runs=False)
    return snapshot.end is StayEnd.CLOSED
