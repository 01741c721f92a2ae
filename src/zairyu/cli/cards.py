"""Commands for cards: what a card says of itself, and the sandbox's virtual reader."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from types import FrameType
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.table import Column, Table

from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.errors import CardReaderError
from zairyu.activities.card_reader.pcsc import PcscReaders
from zairyu.activities.card_reader.report import ReaderReport, report_of
from zairyu.cli.speaking import REFUSED, AsJson, err, fail, out, read_settings, today
from zairyu.sandbox.card.daemon_plug import DaemonPlug
from zairyu.sandbox.card.desk_reader import NoCardOnReaderError
from zairyu.sandbox.card.municipality import usual_last_day
from zairyu.sandbox.card.personas import PERSONAS, Persona
from zairyu.sandbox.card.tries import PinName
from zairyu.sandbox.card.vpcd import DEFAULT_PORT
from zairyu.virtual_desk import sandbox_reader

sandbox = typer.Typer(help="Play with the outside world: a resident's card and a reader.", no_args_is_help=True)
sandbox_card = typer.Typer(help="A resident's card on the virtual reader.", no_args_is_help=True)
sandbox.add_typer(sandbox_card, name="card")

_REPORTS = TypeAdapter(list[ReaderReport])


# ----- real readers ---------------------------------------------------------------------------------------------------


def card(
    reader: Annotated[str | None, typer.Option(help="Part of a reader's name; all readers by default.")] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="Look at the sandbox's virtual reader.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the cards on this computer's readers say of themselves. No PIN is asked for, and no try is used."""
    readers: CardReaders = sandbox_reader(read_settings()) if virtual else PcscReaders(reader)
    try:
        reports = list(report_of(readers))
    except CardReaderError as error:
        fail(f"{error.sentence.ja}\n{error.sentence.en}")
    if as_json:
        print(_REPORTS.dump_json(reports, indent=2).decode())
        return
    if not reports:
        fail("カードリーダーがありません。\nThere is no card reader.")
    for report in reports:
        out.print(_told(report))


def _told(report: ReaderReport) -> Table:
    table = Table(Column(overflow="fold"), title=report.reader, show_header=False, title_justify="left")
    if report.problem is not None:
        table.add_row(f"{report.problem.ja}\n{report.problem.en}")
        return table
    table.add_row("カードの種類 / Token", report.token)
    table.add_row("署名用電子証明書 / Certificate for signatures", "あり / yes" if report.can_sign else "なし / none")
    for label, value in (
        ("署名用暗証番号 残り / Password tries left", report.password_tries_left),
        ("利用者証明用暗証番号 残り / PIN tries left", report.pin_tries_left),
        ("利用者証明用電子証明書 / Certificate for user authentication, last day", report.auth_valid_until),
    ):
        table.add_row(label, "-" if value is None else str(value))
    return table


# ----- the virtual reader ---------------------------------------------------------------------------------------------


@sandbox_card.command()
def put(
    persona: Annotated[str, typer.Argument(help=f"Whose card: {', '.join(PERSONAS)}.")],
    valid_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The certificates' last day.")
    ] = None,
) -> None:
    """Put a resident's card on the reader; one that lies there is taken away. Prints the card's public password."""
    holder = _persona(persona)
    last_day = usual_last_day(holder, today()) if valid_until is None else valid_until.date()
    sandbox_reader(read_settings()).put(holder, last_day)
    _show_card()
    out.print(f"暗証番号 / Password: {holder.sign_password}   利用者証明用 / PIN: {holder.auth_pin}")


@sandbox_card.command()
def pull() -> None:
    """Take the card away from the reader."""
    sandbox_reader(read_settings()).pull()
    _show_card()


@sandbox_card.command()
def block() -> None:
    """Use up all tries of the signature password."""
    with _card_needed():
        sandbox_reader(read_settings()).block()
    _show_card()


@sandbox_card.command()
def unblock() -> None:
    """Give all tries back, as the municipal office does."""
    with _card_needed():
        sandbox_reader(read_settings()).unblock()
    _show_card()


@sandbox_card.command()
def expire() -> None:
    """Let the card's certificates end yesterday."""
    with _card_needed():
        sandbox_reader(read_settings()).expire(today())
    _show_card()


@sandbox_card.command()
def show(as_json: AsJson = False) -> None:
    """Show the card that lies on the reader."""
    _show_card(as_json=as_json)


@sandbox.command()
def reader(
    port: Annotated[int, typer.Option(help="TCP port of the slot of vpcd.")] = DEFAULT_PORT,
) -> None:
    """Plug the virtual reader into the real PC/SC service, through vpcd, until told to stop."""
    plug = DaemonPlug(sandbox_reader(read_settings()), port)

    def stop(_: int, __: FrameType | None) -> None:
        plug.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    err.print(f"The virtual reader is plugged into slot {port} of vpcd. Ctrl-C unplugs it.")
    try:
        plug.run()
    except (ConnectionError, TimeoutError) as error:
        fail(f"{error}; see that pcscd runs and has the driver vpcd: zairyu doctor")


def _persona(name: str) -> Persona:
    if name not in PERSONAS:
        fail(f"there is no resident {name!r}; there are: {', '.join(PERSONAS)}", REFUSED)
    return PERSONAS[name]


@contextmanager
def _card_needed() -> Iterator[None]:
    try:
        yield
    except NoCardOnReaderError:
        fail("there is no card on the reader; put one: zairyu sandbox card put", REFUSED)


def _show_card(*, as_json: bool = False) -> None:
    state = sandbox_reader(read_settings()).state()
    told: dict[str, str | int | date | None] = {"card": None}
    if state is not None:
        told = {
            "card": state.placement.persona,
            "name": PERSONAS[state.placement.persona].name,
            "valid_until": state.placement.valid_until,
            "password_tries_left": state.tries_left[PinName.SIGN_PASSWORD],
            "pin_tries_left": state.tries_left[PinName.AUTH_PIN],
        }
    if as_json:
        print(json.dumps(told, ensure_ascii=False, default=str))
        return
    if state is None:
        out.print("カードはありません。/ There is no card on the reader.")
        return
    out.print(
        f"{told['name']} ({told['card']}), {told['valid_until']} まで有効 / valid until; "
        f"残り / tries left: {told['password_tries_left']}, PIN {told['pin_tries_left']}"
    )
