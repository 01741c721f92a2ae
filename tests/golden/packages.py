"""Golden packages: one for each kind of application, and the longest form there is.

`python -m tests.golden.packages` records them afresh. Read the difference before you keep it: what is built of the same
input has changed, and with it what people sign.
"""

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from lxml import etree

from zairyu.activities.packaging.assembly import assemble
from zairyu.handed_in import HandedIn
from zairyu.rules.spec_packs import sample_packs
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import DEMO_APPLICANT
from zairyu.sandbox.details import details_for

DIRECTORY: Final = Path(__file__).parent
FILED_ON: Final = date(2026, 11, 24)
EXPIRES_ON: Final = date(2027, 1, 31)
_ALIKE: Final = frozenset({"application.csv", *(f"attachment-{number:02}.pdf" for number in range(1, 21))})
"""Files whose bytes are the same on every machine."""
_ENGINEER: Final = "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"


@dataclass(frozen=True)
class Case:
    """An input: the sample of a type, for its own status or another, filed by its own filer or another."""

    application_type: str
    residence_status: str | None = None
    filer: str | None = None


CASES: Final[Mapping[str, Case]] = {
    "extension": Case("EXTENSION_OF_PERIOD"),
    "change": Case("CHANGE_OF_STATUS"),
    "eligibility": Case("CERTIFICATE_OF_ELIGIBILITY"),
    "eligibility-n": Case("CERTIFICATE_OF_ELIGIBILITY", _ENGINEER, "LEGAL_REPRESENTATIVE"),
    "acquisition": Case("ACQUISITION_OF_STATUS"),
    "employment-certificate": Case("AUTHORIZED_EMPLOYMENT_CERTIFICATE"),
    "extension-spouse": Case("EXTENSION_OF_PERIOD", "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL"),
}


def packed(case: Case) -> dict[str, Any]:
    """The package of a case, as far as people can read it, with the digests of the rest.

    The photo's digest is left out, and the manifest's, which covers it: encoders of JPEG differ between their builds.
    """
    with tempfile.TemporaryDirectory() as directory:
        file = write_application(
            Path(directory),
            DEMO_APPLICANT,
            expires_on=EXPIRES_ON,
            application_type=case.application_type,
            residence_status=case.residence_status,
        )
        content = json.loads(file.read_bytes())
        if case.filer is not None:
            status = content["residence_status"]
            content |= {"filer": case.filer, "details": details_for(status, case.application_type, case.filer)}
        into = io.BytesIO()
        with HandedIn.read(content, beside=file.parent, packs=sample_packs(), on=FILED_ON) as handed_in:
            errors = [finding for finding in handed_in.findings if finding.severity == "ERROR"]
            assert not errors, errors
            built = assemble(
                handed_in.application("golden-package", "sandbox"), handed_in.documents, sample_packs(), FILED_ON, into
            )
    with zipfile.ZipFile(into) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    header, row = csv.reader(io.StringIO(contents["application.csv"].decode("cp932"), newline=""))
    declared = etree.fromstring(contents["manifest.xml"])[0]
    return {
        "digests": {
            name: hashlib.sha256(content).hexdigest() if name in _ALIKE else "" for name, content in contents.items()
        },
        "manifest": [
            " ".join(
                [etree.QName(part).localname, *(f"{key}={part.get(str(key))}" for key in sorted(map(str, part.keys())))]
            )
            + f" {part.text or ''}".rstrip()
            for part in declared.iter()
            if part.get("role") != "PHOTO"
        ],
        "columns": len(header),
        "cells": {name: text for name, text in zip(header, row, strict=True) if text},
        "findings": [f"{finding.severity} {finding.place} {finding.rule}" for finding in built.findings],
    }


def main() -> None:
    for name, case in CASES.items():
        text = json.dumps(packed(case), ensure_ascii=False, indent=1)
        (DIRECTORY / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
