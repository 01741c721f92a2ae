"""Commands for the one poller of the agency's news."""

import typer
from rich.table import Table
from rich.text import Text

from zairyu.cli.speaking import (
    AsJson,
    answered,
    out,
    read_settings,
    show_matters,
    timeline_table,
    typed_message,
    zairyu_client,
)
from zairyu.models.feed import FEED_UPDATES, FeedSnapshot
from zairyu.rules.calendar import JAPAN

feed = typer.Typer(help="The one poller of the agency's news.", no_args_is_help=True)


@feed.command()
def show(as_json: AsJson = False) -> None:
    """Show how far the agency's news have been read, and when every open application was last asked for."""

    async def look() -> FeedSnapshot:
        return await (await zairyu_client(read_settings())).feed()

    _show(answered(look()), as_json)


@feed.command()
def sweep(as_json: AsJson = False) -> None:
    """Have every open application asked for now, one by one: after an outage, or when news may have been missed."""
    message = typed_message(FEED_UPDATES, "sweep_now", "{}", as_json)

    async def tell() -> FeedSnapshot:
        return await (await zairyu_client(read_settings())).send_to_feed("sweep_now", message)

    _show(answered(tell()), as_json)


def _show(snapshot: FeedSnapshot, as_json: bool) -> None:
    if as_json:
        print(snapshot.model_dump_json(indent=2))
        return
    if snapshot.timeline:
        out.print(timeline_table(f"Status feed of {snapshot.profile}", snapshot.timeline))
    about = Table.grid(padding=(0, 2))
    about.add_row("既読位置 / Read up to", Text(snapshot.cursor or "—"))
    about.add_row("知らせた報告 / Reports told", str(snapshot.told))
    about.add_row("", Text("1時間ごとに更新 / brought up to date once an hour", style="dim"))
    if snapshot.last_sweep is not None:
        last = snapshot.last_sweep
        about.add_row("全件照会 / Last sweep", f"{last.ended_at.astimezone(JAPAN):%Y-%m-%d %H:%M} JST")
        about.add_row("  照会 / asked", str(last.asked))
        about.add_row("  未回答 / unanswered", str(last.unanswered))
        about.add_row("  見落とし / missed by the feed", str(last.missed))
    out.print(about)
    if snapshot.sweep_wanted:
        out.print("全件を照会しています。/ Every open application is being asked for.")
    for window in snapshot.maintenance:
        begins, ends = (f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M}" for moment in (window.begins, window.ends))
        out.print(f"保守 / Maintenance: {begins}～{ends} JST", highlight=False)
    for notice in snapshot.notices:
        more = ", …" if notice.count > len(notice.request_ids) else ""
        out.print(Text(f"{notice.reason.value} × {notice.count}: {', '.join(notice.request_ids)}{more}"))
    show_matters(snapshot.attention)
