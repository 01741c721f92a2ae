"""The files of a package: CSV, photo, PDFs."""

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from zairyu.sandbox.clock import day_in_japan
from zairyu.sandbox.inspection.manifest import SignedManifest
from zairyu.sandbox.inspection.refusal import Code, PackageRefused

_ENCRYPTED: Final = re.compile(rb"/Encrypt\b")
"""The dictionary of an encrypted PDF's trailer stands in the clear, whichever way the file is built."""

_MAX_CSV_BYTES: Final = 1_000_000
"""Several times the longest form with every cell full."""
_DAY: Final = re.compile(r"\A([0-9]{4})([0-9]{2})([0-9]{2})\Z")
_DAY_OF_BIRTH: Final = re.compile(r"[0-9]{4}([0-9]{2}([0-9]{2})?)?")
_BORN: Final = "2 生年月日"
_MAIL: Final = "電子メールアドレス"
_MAILS: Final = (_MAIL, f"代理人 {_MAIL}")
_MAIL_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
"""Source: HTML Living Standard, valid e-mail address; and the domain has a point."""

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
    if len(files[name]) > _MAX_CSV_BYTES:
        raise PackageRefused(Code.CSV_UNREADABLE, f"more than {_MAX_CSV_BYTES} bytes", [name])
    try:
        lines = csv.reader(io.StringIO(files[name].decode("cp932"), newline=""), strict=True)
        header, values = itertools.islice(lines, 3)
        row = dict(zip(header, values, strict=True))
    except (csv.Error, ValueError) as error:
        raise PackageRefused(Code.CSV_UNREADABLE, type(error).__name__, [name]) from error
    if not header:
        raise PackageRefused(Code.CSV_UNREADABLE, "no columns", [name])
    if len(row) < len(header):
        raise PackageRefused(Code.CSV_UNREADABLE, "two columns have the same name", [name])
    return row


def read_day(row: Mapping[str, str], *labels: str) -> date | None:
    """The day in the first column with one of these labels that is filled in; columns have other numbers on each form.

    Raises:
        PackageRefused: something else stands there.
    """
    for column, written in row.items():
        if written and _label(column) in labels:
            try:
                year, month, day = (int(digits) for digits in _DAY.findall(written)[0])
                return date(year, month, day)
            except (IndexError, ValueError) as error:
                raise PackageRefused(Code.CSV_UNREADABLE, "not a day", [column]) from error
    return None


def check_mail_addresses(manifest: SignedManifest, row: Mapping[str, str]) -> None:
    """What is filled in can be written to; and there is an address where something is to be mailed."""
    filled = {column: written for column, written in row.items() if written and _label(column) in _MAILS}
    wrong = [column for column, written in filled.items() if not _MAIL_ADDRESS.fullmatch(written)]
    if wrong:
        raise PackageRefused(Code.CSV_UNREADABLE, "not a mail address", wrong)
    labels = {_label(column) for column in filled}
    registers = manifest.application_type == "USER_REGISTRATION"
    if (registers and _MAIL not in labels) or (manifest.collection_method == "EMAIL" and not labels):
        raise PackageRefused(Code.CSV_UNREADABLE, "no mail address", [_MAIL])


def _label(column: str) -> str:
    return column.partition(" ")[2]


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
    born, today = row.get(_BORN, ""), day_in_japan(at)
    if born and not _DAY_OF_BIRTH.fullmatch(born):
        raise PackageRefused(Code.CSV_UNREADABLE, "not a day of birth", [_BORN])
    return bool(born) and born.ljust(8, "9") > f"{today.year - _PHOTO_FROM_AGE}{today:%m%d}"


def check_pdfs(manifest: SignedManifest, files: Mapping[str, bytes]) -> None:
    """Every attachment opens without a password and allows everything; those that must be there are."""
    check_each_pdf({name: files[name] for name, role in manifest.roles.items() if role not in ("CSV", "PHOTO")})
    needed = (
        manifest.filer == "APPLICANT"
        and manifest.application_type in _ASK_FOR_ACTIVITIES
        and manifest.residence_status not in _WITHOUT_ORGANIZATION_FORM
    )
    if needed and not any(_with_role(manifest, _ORGANIZATION_FORM)):
        raise PackageRefused(
            Code.REQUIRED_DOCUMENT_MISSING, "the form made by the organization is missing", [_ORGANIZATION_FORM]
        )


def check_each_pdf(pdfs: Mapping[str, bytes]) -> None:
    """Each opens without a password and allows everything."""
    unreadable = [name for name, pdf in pdfs.items() if not pdf.startswith(b"%PDF-")]
    if unreadable:
        raise PackageRefused(Code.PDF_UNREADABLE, "attachments are not PDFs", unreadable)
    protected = [name for name, pdf in pdfs.items() if _ENCRYPTED.search(pdf)]
    if protected:
        raise PackageRefused(Code.PDF_PROTECTED, "attachments are protected", protected)


def _with_role(manifest: SignedManifest, wanted: str) -> Iterator[str]:
    # A file that holds several documents has the role of each.
    return (name for name, roles in manifest.roles.items() if wanted in roles.split())
