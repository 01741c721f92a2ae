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
from zairyu.sandbox.inspection.contents import (
    check_each_pdf,
    check_mail_addresses,
    check_pdfs,
    check_photo,
    read_csv,
    read_day,
)
from zairyu.sandbox.inspection.manifest import SignedSupply, read_manifest, read_supply_manifest
from zairyu.sandbox.inspection.refusal import Code, PackageRefused

__all__ = [
    "Code",
    "InspectedFile",
    "InspectedPackage",
    "PackageRefused",
    "SignedSupply",
    "inspect_package",
    "inspect_supply",
]

_MANIFEST: Final = "manifest.xml"
_EXPIRY: Final = "在留期間の満了日"
_CAUSE: Final = ("事由の生じた日", "変更の事由が生じた日")
"""Labels of columns; their numbers are other ones on each form."""


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
    cause_on: date | None
    """The day on which the cause of the application arose; nothing where the form does not say."""
    collection_method: str
    concurrent_permissions: tuple[str, ...]
    re_entry: str | None


def inspect_package(content: bytes, *, trusted_roots: Sequence[x509.Certificate], at: datetime) -> InspectedPackage:
    """Check a package as of a moment, which has a zone.

    Raises:
        PackageRefused: with the code of the first check that failed, and every place it failed at.
    """
    files = unpack(content)
    others = _beside_manifest(files)
    manifest = read_manifest(files[_MANIFEST], others, trusted_roots, at)
    csv_row = read_csv(manifest, others)
    check_mail_addresses(manifest, csv_row)
    check_photo(manifest, csv_row, others, at)
    check_pdfs(manifest, others)
    return InspectedPackage(
        files=tuple(InspectedFile(name, len(file), hashlib.sha256(file).hexdigest()) for name, file in files.items()),
        signer_name=manifest.signer_name,
        application_type=manifest.application_type,
        csv_row=csv_row,
        period_expires_on=read_day(csv_row, _EXPIRY),
        cause_on=read_day(csv_row, *_CAUSE),
        collection_method=manifest.collection_method,
        concurrent_permissions=manifest.concurrent_permissions,
        re_entry=manifest.re_entry,
    )


def inspect_supply(content: bytes, *, trusted_roots: Sequence[x509.Certificate], at: datetime) -> SignedSupply:
    """Check signed additional documents as of a moment: one PDF, and the manifest that is signed for it.

    Raises:
        PackageRefused: with the code of the first check that failed, and every place it failed at.
    """
    files = unpack(content)
    others = _beside_manifest(files)
    if not others:
        raise PackageRefused(Code.FILE_MISSING, "the supply holds no document")
    if len(others) > 1:
        raise PackageRefused(Code.FILE_UNLISTED, "a supply holds one PDF", sorted(others))
    supply = read_supply_manifest(files[_MANIFEST], others, trusted_roots, at)
    check_each_pdf(others)
    return supply


def _beside_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    if _MANIFEST not in files:
        raise PackageRefused(Code.MANIFEST_MISSING, "the package has no manifest")
    return {name: file for name, file in files.items() if name != _MANIFEST}
