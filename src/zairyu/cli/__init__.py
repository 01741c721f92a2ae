"""The command `zairyu`."""

import atexit
import os
import sys

import typer

from zairyu.cli import (
    applications,
    assessing,
    cards,
    feed,
    groups,
    law,
    machine,
    operating,
    packages,
    registrations,
    spec_packs,
    stays,
    terminal,
)

app = typer.Typer(
    help="Zairyu: durable orchestration of Japanese residence-status applications.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables could show what must stay hidden.
    pretty_exceptions_enable=False,
)
for _panel, _commands in {
    "On this machine": (machine.demo, machine.up, machine.doctor, machine.sample),
    "Processes": (machine.worker, terminal.terminal),
    "Applications": (
        applications.start,
        groups.start_group,
        applications.show,
        applications.send,
        applications.supply,
        packages.package,
        registrations.register,
        applications.schema,
    ),
    "Operating": (operating.attention, operating.resolve),
    "Desks and cards": (terminal.terminals, cards.card),
    "The law": (assessing.assess, law.agent_number),
}.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(registrations.registration, name="registration", rich_help_panel="Applications")
app.add_typer(stays.stay, name="stay", rich_help_panel="Applications")
app.add_typer(operating.step, name="step", rich_help_panel="Operating")
app.add_typer(feed.feed, name="feed", rich_help_panel="Operating")
app.add_typer(cards.sandbox, name="sandbox", rich_help_panel="Desks and cards")
app.add_typer(law.rules, name="rules", rich_help_panel="The law")
app.add_typer(spec_packs.spec_pack, name="spec-pack", rich_help_panel="The law")


def main() -> None:
    """Run the command, and leave without taking the interpreter down.

    The native threads of temporalio and obstore may still hand something to Python at that moment, which aborts the
    process now and then after all is done: a command that succeeded would end with an error.
    """
    code: int | str | None = 0
    try:
        app()
    except SystemExit as leaving:
        code = leaving.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
