"""Commands for the watch over a stay: look at it, speak to it, start an extension from it."""

from pathlib import Path
from typing import Annotated

import typer

from zairyu.cli.speaking import (
    REFUSED,
    AsJson,
    answered,
    out,
    read_settings,
    show_findings,
    show_matters,
    timeline_table,
    today,
    typed_message,
    zairyu_client,
)
from zairyu.client import ApplicationRefused
from zairyu.models.stay import STAY_UPDATES, StaySnapshot
from zairyu.rules.calendar import JAPAN

UserIdArgument = Annotated[str, typer.Argument(help="The registered user's id.")]

stay = typer.Typer(help="The watch over a registered user's stay.", no_args_is_help=True)


@stay.command()
def show(user_id: UserIdArgument, as_json: AsJson = False) -> None:
    """Show until when somebody may stay, and what is to be done."""

    async def look() -> StaySnapshot:
        return await (await zairyu_client(read_settings())).stay(user_id)

    _show(answered(look()), as_json)


@stay.command()
def send(
    user_id: UserIdArgument,
    message: Annotated[str, typer.Argument(help=f"One of: {', '.join(STAY_UPDATES)}.")],
    content: Annotated[str, typer.Argument(help="The message as JSON; `message_id` is made up when left out.")] = "{}",
    as_json: AsJson = False,
) -> None:
    """Send a person's decision to the watch, and show the stay as it is then."""
    said = typed_message(STAY_UPDATES, message, content, as_json)

    async def tell() -> StaySnapshot:
        zairyu = await zairyu_client(read_settings())
        await zairyu.send_to_stay(user_id, message, said)
        # What the message brought about begins only after the answer to it.
        return await zairyu.stay(user_id)

    _show(answered(tell()), as_json)


@stay.command()
def extend(
    user_id: UserIdArgument,
    input_file: Annotated[Path, typer.Option("--input", help="JSON with the form, as for `zairyu start`.")],
    as_json: AsJson = False,
) -> None:
    """Start an extension, or a change of status, from the watch, which then follows it."""

    async def start() -> StaySnapshot:
        zairyu = await zairyu_client(read_settings())
        try:
            await zairyu.start_extension(user_id, input_file, on=today())
        except ApplicationRefused as refused:
            show_findings(refused.findings, as_json)
            raise typer.Exit(REFUSED) from None
        return await zairyu.stay(user_id)

    _show(answered(start()), as_json)


def _show(snapshot: StaySnapshot, as_json: bool) -> None:
    if as_json:
        print(snapshot.model_dump_json(indent=2))
        return
    state = snapshot.end.value if snapshot.end else "watched"
    out.print(timeline_table(f"Stay of {snapshot.user_id}: {state}", snapshot.timeline))
    if snapshot.expires_on:
        out.print(f"満了日 / Last day: [bold]{snapshot.expires_on}[/]")
    if snapshot.next_deadline:
        moment = f"{snapshot.next_deadline.at.astimezone(JAPAN):%Y-%m-%d %H:%M}"
        out.print(f"{moment} JST: {snapshot.next_deadline.what.ja} / {snapshot.next_deadline.what.en}")
    for started in snapshot.applications:
        out.print(f"{started.workflow_id}: {started.end.value if started.end else 'open'}", markup=False)
    show_matters(snapshot.attention)
