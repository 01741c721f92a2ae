"""Commands that say what the law says: its tables, and the numbers of its agents."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from zairyu.cli.speaking import REFUSED, AsJson, fail, out, show_findings, today
from zairyu.rules.agent_number import AgentNumber, AgentNumberRefused
from zairyu.rules.tables import AnyRow, DatedRow, about_table, in_force, load_table, table_names

rules = typer.Typer(help="The law's numbers, each with its source and its days.", no_args_is_help=True)


@rules.command()
def show(
    table: Annotated[str | None, typer.Argument(help="One table; the list of them by default.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day in Japan; today by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a table of the law says on a day: every row in force, with its source."""
    if table is None:
        _show_list(as_json)
        return
    if table not in table_names():
        fail(f"there is no table {table!r}; there are: {', '.join(table_names())}", REFUSED)
    day = today() if on is None else on.date()
    rows = [_columns(row) for row in in_force(load_table(table, AnyRow), day)]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    out.print(about_table(table), markup=False)
    out.print(_told(rows, f"{table} {day}") if rows else f"Nothing is in force on {day}.")


def agent_number(
    text: Annotated[str, typer.Argument(help="As it is printed, for example (東)弁10第50号, or the 12 digits.")],
    as_json: AsJson = False,
) -> None:
    """Turn the number of an agent's certificate into the 12 digits that the agency asks for, or back."""
    try:
        number = AgentNumber.parse(text, on=today())
    except AgentNumberRefused as refused:
        show_findings(refused.findings, as_json)
        raise typer.Exit(REFUSED) from None
    if as_json:
        told = {
            "digits": number.digits,
            "notation": number.notation,
            "office": number.office.name.model_dump(),
            "category": number.category.name.model_dump(),
            "year": number.year,
            "serial": number.serial,
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        print(number.digits if "第" in text else number.notation)


def _show_list(as_json: bool) -> None:
    about = {name: about_table(name) for name in table_names()}
    if as_json:
        print(json.dumps(about, ensure_ascii=False, indent=2))
        return
    listed = Table(Column("Table", no_wrap=True), Column("What it says", overflow="fold"))
    for name, text in about.items():
        first_sentence, _, _ = text.partition("\n")[0].partition(". ")
        listed.add_row(name, first_sentence.removesuffix("."))
    out.print(listed)


def _columns(row: AnyRow) -> dict[str, Any]:
    """What a row is about first, what every row has last."""
    columns = row.model_dump(mode="json")
    return {name: columns[name] for name in sorted(columns, key=lambda name: name in DatedRow.model_fields)}


def _told(rows: list[dict[str, Any]], title: str) -> Table:
    """One below the other: the rows of one table differ in their columns, and some are wider than a screen."""
    told = Table(Column(no_wrap=True), Column(overflow="fold"), title=title, show_header=False, title_justify="left")
    for row in rows:
        for name, value in row.items():
            if value is not None:
                told.add_row(name, Text(_words(value)))
        told.add_section()
    return told


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        # Names follow one another; sentences stand below one another.
        between = ", " if all(isinstance(each, str) for each in value) else "\n"
        return between.join(_words(each) for each in value)
    return str(value)
