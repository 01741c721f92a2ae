"""The command `spec-pack`: is a pack in order, and what does it change?"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from zairyu.cli.speaking import REFUSED, AsJson, fail, findings_table, out
from zairyu.models.findings import Finding
from zairyu.models.spec_pack import FILES, SpecPack
from zairyu.rules.spec_pack_changes import Change, changes
from zairyu.rules.spec_packs import SpecPackFaulty, digest_of, files_in, load_pack

spec_pack = typer.Typer(help="The agency's interface specification, as a directory of tables.", no_args_is_help=True)


@spec_pack.command()
def check(
    directory: Annotated[Path, typer.Argument(help="The pack.")],
    against: Annotated[Path | None, typer.Option(help="Another pack: say what changed from it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a pack: every fault with its file and row, and the digest to install it by. Exit code 2 if it has any."""
    files, other = _read(directory), None if against is None else _read(against)
    pack, faults = _loaded(files, directory)
    if against is not None and other is not None:
        _, others_faults = _loaded(other, against)
        if others_faults:
            fail(f"{against} has faults of its own; check it first", REFUSED)
    changed = () if other is None or pack is None else changes(other, files)
    if as_json:
        print(
            json.dumps(
                {
                    "pack": None if pack is None else pack.label,
                    "digest": digest_of(files),
                    "faults": [fault.model_dump(mode="json", exclude_none=True) for fault in faults],
                    "changes": [change.model_dump(mode="json") for change in changed],
                },
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        _tell(pack, faults, digest_of(files))
        if against is not None and pack is not None:
            _tell_changes(changed, against)
    if faults:
        raise typer.Exit(REFUSED)


@spec_pack.command()
def schema() -> None:
    """Print the JSON Schemas of a pack's files: of `pack.toml`, and of each line of the tables."""
    print(json.dumps({file: row.model_json_schema() for file, row in FILES.items()}, ensure_ascii=False, indent=2))


def _read(directory: Path) -> dict[str, bytes]:
    try:
        return files_in(directory)
    except OSError as error:
        fail(f"{directory} cannot be read: {error.strerror}", REFUSED)


def _loaded(files: dict[str, bytes], directory: Path) -> tuple[SpecPack | None, tuple[Finding, ...]]:
    try:
        return load_pack(files, str(directory)), ()
    except SpecPackFaulty as faulty:
        return None, faulty.faults


def _tell(pack: SpecPack | None, faults: tuple[Finding, ...], digest: str) -> None:
    if pack is None:
        out.print(findings_table(faults))
        out.print(f"[red]{len(faults)} faults[/]")
        return
    about = Table.grid(padding=(0, 2))
    about.add_row("Pack", f"{pack.label}{' (見本 SAMPLE)' if pack.sample else ''}")
    about.add_row("In force from", str(pack.effective_from))
    about.add_row("Forms", str(len(pack.forms)))
    about.add_row("Items of the longest form", str(max(len(form.items) for form in pack.forms)))
    about.add_row("Related checks", str(len({check.id for form in pack.forms for check in form.checks})))
    about.add_row("Codes", f"{sum(map(len, pack.codes.values()))} in {len(pack.codes)} lists")

    out.print(about)
    # Not by rich, which would break it in two.
    print(f"sha256={digest}")


def _tell_changes(changed: tuple[Change, ...], against: Path) -> None:
    if not changed:
        out.print(f"Nothing differs from {against}.", markup=False)
        return
    table = Table(*(Column(name, overflow="fold") for name in ("Place", "What", "Before", "After")))
    for change in changed:
        table.add_row(*(Text(text or "") for text in (change.place, change.what, change.before, change.after)))
    out.print(table)
