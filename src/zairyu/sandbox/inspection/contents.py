"""The files of a package: CSV, photo, PDFs."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final

from zairyu.sandbox.inspection.manifest import SignedManifest
from zairyu.sandbox.inspection.refusal import Code, PackageRefused

_ENCRYPTED: Final = re.compile(rb"/Encrypt\b")
"""The dictionary of an encrypted PDF's trailer stands in the clear, whichever way the file is built."""

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


def check_photo(manifest: SignedManifest, files: Mapping[str, bytes]) -> None:
    """There is a photo, and it is a JPEG."""
    name = next(_with_role(manifest, "PHOTO"), None)
    if name is None or not files[name].startswith(b"\xff\xd8\xff"):
        raise PackageRefused(Code.PHOTO_MISSING, "the package has no photo", [name] if name else [])


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
        and manifest.application_type == "EXTENSION_OF_PERIOD"
        and manifest.residence_status not in _WITHOUT_ORGANIZATION_FORM
    )
    if needed and not any(_with_role(manifest, _ORGANIZATION_FORM)):
        raise PackageRefused(
            Code.REQUIRED_DOCUMENT_MISSING, "the form made by the organization is missing", [_ORGANIZATION_FORM]
        )


def _with_role(manifest: SignedManifest, wanted: str) -> Iterator[str]:
    return (name for name, role in manifest.roles.items() if role == wanted)
