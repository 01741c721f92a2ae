"""The command `package`: what would be sent, and everything that is to be said of it, outside of any workflow."""

import asyncio
import csv
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from zairyu.activities.packaging.assembly import Assembled, assemble
from zairyu.activities.packaging.errors import PackageRefused, SpecPackMissing
from zairyu.cli.speaking import (
    REFUSED,
    AsJson,
    fail,
    findings_table,
    out,
    read_object,
    read_settings,
    spec_packs,
    today,
)
from zairyu.handed_in import HandedIn
from zairyu.models.findings import Finding, Severity

WARNED: Final = 1
"""Exit code: the package is there, and something in it is worth a look."""
_NO_ID: Final = "not-assigned"
"""In a package of an application without an id: the same input gives the same package."""
_COLUMNS: Final = (
    "severity", "item", "label_ja", "label_en", "place", "value_class", "rule", "message_ja", "message_en", "source"
)  # fmt: skip


def package(
    input_file: Annotated[Path, typer.Option("--input", help="JSON with the form and the paths of the documents.")],
    directory: Annotated[Path, typer.Option("--out", help="Where to write the package, and findings.csv.")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day in Japan; today by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build the unsigned package of an application, and list every finding.

    Exit code 0: clean. 1: with warnings. 2: with errors, or not at all, and no package is written.
    """
    content = read_object(input_file)
    packs = asyncio.run(spec_packs(read_settings(), REFUSED))
    day = today() if on is None else on.date()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{directory} cannot be made: {error.strerror}", REFUSED)
    target, built = directory / "package.zip", None
    with HandedIn.read(content, beside=input_file.parent, packs=packs, on=day) as handed_in:
        findings = list(handed_in.findings)
        if not handed_in.is_refused:
            try:
                with target.open("w+b") as into:
                    application = handed_in.application(_NO_ID, "sandbox")
                    built = assemble(application, handed_in.documents, packs, day, into)
                findings += [finding for finding in built.findings if finding not in findings]
            except PackageRefused as refused:
                findings += [finding for finding in refused.findings if finding not in findings]
            except SpecPackMissing as missing:
                target.unlink()
                fail(str(missing), REFUSED)
    if built is None:
        target.unlink(missing_ok=True)
    _write_csv(findings, directory / "findings.csv")
    if as_json:
        print(json.dumps(_told(findings, built, target), ensure_ascii=False, indent=2))
    else:
        _tell(findings, built, target)
    raise typer.Exit(_exit_code(findings))


def _exit_code(findings: Sequence[Finding]) -> int:
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return REFUSED
    return WARNED if Severity.WARNING in severities else 0


def _write_csv(findings: Sequence[Finding], file: Path) -> None:
    """For people who work in spreadsheets, which want a byte order mark before Japanese."""
    with file.open("w", encoding="utf-8-sig", newline="") as written:
        rows = csv.writer(written, quoting=csv.QUOTE_ALL)
        rows.writerow(_COLUMNS)
        for finding in findings:
            item = finding.item
            rows.writerow([
                finding.severity.value,
                item.number if item else "",
                item.label.ja if item else "",
                item.label.en if item else "",
                finding.place or "/",
                finding.value_class or "",
                finding.rule,
                finding.message.ja,
                finding.message.en,
                finding.source or "",
            ])  # fmt: skip


def _told(findings: Sequence[Finding], built: Assembled | None, file: Path) -> dict[str, Any]:
    told = None
    if built is not None:
        told = {
            "file": str(file),
            "sha256": built.sha256,
            "size": built.size,
            "digest_to_sign": built.digest_to_sign,
            "files": built.file_count,
            "spec_pack": built.spec_pack.label,
            "sample": built.spec_pack.sample,
            "to_follow": [[attachment.kind for attachment in later.attachments] for later in built.to_follow],
        }
    return {"package": told, "findings": [finding.model_dump(mode="json") for finding in findings]}


def _tell(findings: Sequence[Finding], built: Assembled | None, file: Path) -> None:
    if findings:
        out.print(findings_table(findings))
    if built is None:
        out.print("[red]申請データは作成していません。 No package was written.[/]")
        return
    mark = "  見本 SAMPLE" if built.spec_pack.sample else ""
    out.print(f"Spec pack {built.spec_pack.label}{mark}; {built.file_count} files beside the manifest")
    for number, later in enumerate(built.to_follow, start=2):
        kinds = ", ".join(attachment.kind.label.en for attachment in later.attachments)
        out.print(f"Delivery {number}, when the agency asks: {kinds}", markup=False)
    # Not by rich, which would break long lines in two.
    print(f"sha256={built.sha256}\n{file}")
