"""The files of a package: CSV, photo, PDFs."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from zairyu.sandbox.clock import day_in_japan
from zairyu.sandbox.inspection.manifest import SignedManifest
from zairyu.sandbox.inspection.refusal import Code, PackageRefused

_ENCRYPTED: Final = re.compile(rb"/Encrypt\b")
"""The dictionary of an encrypted PDF's trailer stands in the clear, whichever way the file is built."""

_PHOTO_FROM_AGE: Final = 16
_CHILD_WITHOUT_PHOTO: Final = frozenset({"CHANGE_OF_STATUS", "EXTENSION_OF_PERIOD", "ACQUISITION_OF_STATUS"})
_ASK_FOR_ACTIVITIES: Final = frozenset(
    {"CERTIFICATE_OF_ELIGIBILITY", "CHANGE_OF_STATUS", "EXTENSION_OF_PERIOD", "ACQUISITION_OF_STATUS"}
)
_ORGANIZATION_FORM: Final = "ORGANIZATION_FORM"
_WITHOUT_ORGANIZATION_FORM: Final = frozenset(
    {
        "ENTERTAINER",
        "OFFICIAL",
        "DESIGNATED_ACTIVITIES",
        "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL",
        "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT",
        "LONG_TERM_RESIDENT",
    }
)
"""Source: ISA, user guide for applicants (2024-03), section 5 (1) II notes 13 and 14."""


def read_csv(manifest: SignedManifest, files: Mapping[str, bytes]) -> dict[str, str]:
    """The one application of the CSV, by column."""
    name = next(_with_role(manifest, "CSV"), None)
    if name is None:
        raise PackageRefused(Code.CSV_MISSING, "the package has no CSV")
    try:
        lines = list(csv.reader(io.StringIO(files[name].decode("cp932"), newline=""), strict=True))
        header, values = lines
        row = dict(zip(header, values, strict=True))
    except (csv.Error, ValueError) as error:
        raise PackageRefused(Code.CSV_UNREADABLE, type(error).__name__, [name]) from error
    if len(row) < len(header):
        raise PackageRefused(Code.CSV_UNREADABLE, "two columns have the same name", [name])
    return row


def check_photo(manifest: SignedManifest, row: Mapping[str, str], files: Mapping[str, bytes], at: datetime) -> None:
    """There is a photo where one is needed, and it is a JPEG."""
    name = next(_with_role(manifest, "PHOTO"), None)
    if name is None and manifest.application_type == "USER_REGISTRATION":
        return
    if name is None and manifest.application_type in _CHILD_WITHOUT_PHOTO and _is_child(row, at):
        return
    if name is None or not files[name].startswith(b"\xff\xd8\xff"):
        raise PackageRefused(Code.PHOTO_MISSING, "the package has no photo", [name] if name else [])


def _is_child(row: Mapping[str, str], at: datetime) -> bool:
    """Whether somebody is under 16; with an unknown day or month, whether they may be."""
    born, today = row.get("2 生年月日", ""), day_in_japan(at)
    return bool(born) and born.ljust(8, "9") > f"{today.year - _PHOTO_FROM_AGE}{today:%m%d}"


def check_pdfs(manifest: SignedManifest, files: Mapping[str, bytes]) -> None:
    """Every attachment opens without a password and allows everything; those that must be there are."""
    pdfs = [name for name, role in manifest.roles.items() if role not in ("CSV", "PHOTO")]
    unreadable = [name for name in pdfs if not files[name].startswith(b"%PDF-")]
    if unreadable:
        raise PackageRefused(Code.PDF_UNREADABLE, "attachments are not PDFs", unreadable)
    protected = [name for name in pdfs if _ENCRYPTED.search(files[name])]
    if protected:
        raise PackageRefused(Code.PDF_PROTECTED, "attachments are protected", protected)
    needed = (
        manifest.filer == "APPLICANT"
        and manifest.application_type in _ASK_FOR_ACTIVITIES
        and manifest.residence_status not in _WITHOUT_ORGANIZATION_FORM
    )
    if needed and not any(_with_role(manifest, _ORGANIZATION_FORM)):
        raise PackageRefused(
            Code.REQUIRED_DOCUMENT_MISSING, "the form made by the organization is missing", [_ORGANIZATION_FORM]
        )


def _with_role(manifest: SignedManifest, wanted: str) -> Iterator[str]:
    return (name for name, role in manifest.roles.items() if role == wanted)
