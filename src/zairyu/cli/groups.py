"""The command that starts a whole list of applications."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from zairyu.cli.speaking import (
    FAILED,
    REFUSED,
    AsJson,
    answered,
    err,
    findings_table,
    out,
    read_settings,
    show_findings,
    today,
    zairyu_client,
)
from zairyu.groups import GroupRefused, start_group_file
from zairyu.models.group import GroupLine, GroupReport, GroupResult


def start_group(
    input_file: Annotated[Path, typer.Option("--input", help="JSON with the group's id and its applications.")],
    as_json: AsJson = False,
) -> None:
    """Start a family's or a school's applications. What is right starts; the same list again starts nothing twice.

    The exit code is 2 if any was refused, and 1 if any could not be started now.
    """
    report = answered(_started(input_file, as_json))
    if as_json:
        print(report.model_dump_json(indent=2))
    else:
        _show(report)
    if report.counts[GroupResult.FAILED]:
        raise typer.Exit(FAILED)
    if report.counts[GroupResult.REFUSED]:
        raise typer.Exit(REFUSED)


async def _started(input_file: Path, as_json: bool) -> GroupReport:
    zairyu = await zairyu_client(read_settings())
    try:
        return await start_group_file(zairyu, input_file, on=today())
    except GroupRefused as refused:
        show_findings(refused.findings, as_json)
        raise typer.Exit(REFUSED) from None


def _show(report: GroupReport) -> None:
    table = Table(*(Column(name, overflow="fold") for name in ("Key", "Application", "Result", "Remark")))
    for line in report.lines:
        table.add_row(line.key, line.application_id or "", line.result.value, _remark(line))
    out.print(table)
    out.print(" · ".join(f"{result.value}: {count}" for result, count in report.counts.items()))
    for line in report.lines:
        if line.findings:
            err.print(f"[bold]{line.key}[/]", findings_table(line.findings))


def _remark(line: GroupLine) -> str:
    if line.reason is not None:
        return f"{line.reason.ja}\n{line.reason.en}"
    if line.other_content:
        return "前回と内容が異なります。前回のままです。\nIts content differs; the one that is there was left as it is."
    return ""
