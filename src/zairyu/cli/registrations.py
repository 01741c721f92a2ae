"""Commands for registrations: begin one, look at it, speak to it."""

from pathlib import Path
from typing import Annotated

import typer

from zairyu.cli.speaking import (
    REFUSED,
    AsJson,
    answered,
    findings_table,
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
from zairyu.models.registration import REGISTRATION_UPDATES, RegistrationSnapshot

UserIdArgument = Annotated[str, typer.Argument(help="The user's id.")]

registration = typer.Typer(help="A user's registration with the agency's system.", no_args_is_help=True)


def register(
    input_file: Annotated[Path, typer.Option("--input", help="JSON with what the user fills in.")],
    as_json: AsJson = False,
) -> None:
    """Begin a user's registration. Bad input begins nothing: every finding is listed, and the exit code is 2."""

    async def begin() -> RegistrationSnapshot:
        zairyu = await zairyu_client(read_settings())
        try:
            return await zairyu.register_file(input_file, on=today())
        except ApplicationRefused as refused:
            show_findings(refused.findings, as_json)
            raise typer.Exit(REFUSED) from None

    _show(answered(begin()), as_json)


@registration.command()
def show(user_id: UserIdArgument, as_json: AsJson = False) -> None:
    """Show where a registration is."""

    async def look() -> RegistrationSnapshot:
        return await (await zairyu_client(read_settings())).registration(user_id)

    _show(answered(look()), as_json)


@registration.command()
def send(
    user_id: UserIdArgument,
    message: Annotated[str, typer.Argument(help=f"One of: {', '.join(REGISTRATION_UPDATES)}.")],
    content: Annotated[str, typer.Argument(help="The message as JSON; `message_id` is made up when left out.")] = "{}",
    as_json: AsJson = False,
) -> None:
    """Send what the user says to their registration, and show where it is then."""
    said = typed_message(REGISTRATION_UPDATES, message, content, as_json)

    async def tell() -> RegistrationSnapshot:
        zairyu = await zairyu_client(read_settings())
        await zairyu.send_to_registration(user_id, message, said)
        # What the message brought about begins only after the answer to it.
        return await zairyu.registration(user_id)

    _show(answered(tell()), as_json)


def _show(snapshot: RegistrationSnapshot, as_json: bool) -> None:
    if as_json:
        print(snapshot.model_dump_json(indent=2))
        return
    out.print(f"User {snapshot.user_id}", highlight=False)
    if snapshot.timeline:
        out.print(timeline_table("Registration", snapshot.timeline))
    out.print(f"Phase: [bold]{snapshot.phase.value}[/]")
    if snapshot.waiting_for:
        out.print(f"{snapshot.waiting_for.ja}\n{snapshot.waiting_for.en}")
    if snapshot.differences:
        out.print(findings_table(snapshot.differences))
    if snapshot.account:
        out.print(f"認証ID / Authentication ID: until {snapshot.account.expires_on}")
        out.print(f"パスワード / Password: until {snapshot.account.password_expires_on}")
    show_matters(snapshot.attention, snapshot.manual_steps)
