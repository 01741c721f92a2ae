"""The receiving side's check of a package.

Written from the format alone and sharing nothing with the code that builds packages, so that a mistake of the one is
seen by the other.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cryptography import x509

from zairyu.sandbox.inspection.archive import unpack
from zairyu.sandbox.inspection.contents import check_pdfs, check_photo, read_csv
from zairyu.sandbox.inspection.manifest import read_manifest
from zairyu.sandbox.inspection.refusal import Code, PackageRefused

__all__ = ["Code", "InspectedFile", "InspectedPackage", "PackageRefused", "inspect_package"]

_MANIFEST: Final = "manifest.xml"
_EXPIRY: Final = "11.3 在留期間の満了日"


@dataclass(frozen=True)
class InspectedFile:
    """One file of a package."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class InspectedPackage:
    """What an officer sees of a package that passed."""

    files: tuple[InspectedFile, ...]
    signer_name: str
    application_type: str
    csv_row: dict[str, str]
    """What was entered, by the column's name."""
    period_expires_on: date | None
    """The last day of the current period of stay; nothing where the form does not ask."""
    collection_method: str


def inspect_package(content: bytes, *, trusted_roots: Sequence[x509.Certificate], at: datetime) -> InspectedPackage:
    """Check a package as of a moment, which has a zone.

    Raises:
        PackageRefused: with the code of the first check that failed, and every place it failed at.
    """
    files = unpack(content)
    if _MANIFEST not in files:
        raise PackageRefused(Code.MANIFEST_MISSING, "the package has no manifest")
    others = {name: file for name, file in files.items() if name != _MANIFEST}
    manifest = read_manifest(files[_MANIFEST], others, trusted_roots, at)
    csv_row = read_csv(manifest, others)
    check_photo(manifest, others)
    check_pdfs(manifest, others)
    return InspectedPackage(
        files=tuple(InspectedFile(name, len(file), hashlib.sha256(file).hexdigest()) for name, file in files.items()),
        signer_name=manifest.signer_name,
        application_type=manifest.application_type,
        csv_row=csv_row,
        period_expires_on=_expiry(csv_row),
        collection_method=manifest.collection_method,
    )


def _expiry(csv_row: dict[str, str]) -> date | None:
    written = csv_row.get(_EXPIRY, "")
    try:
        return datetime.strptime(written, "%Y%m%d").date() if written else None  # noqa: DTZ007 - a day, not a moment
    except ValueError as error:
        raise PackageRefused(Code.CSV_UNREADABLE, "not a day", [_EXPIRY]) from error
