"""Why a package is sent back."""

from collections.abc import Sequence
from enum import StrEnum


class Code(StrEnum):
    """The names of the reasons."""

    ZIP_UNREADABLE = "ZIP_UNREADABLE"
    ZIP_TOO_LARGE = "ZIP_TOO_LARGE"
    MANIFEST_MISSING = "MANIFEST_MISSING"
    MANIFEST_INVALID = "MANIFEST_INVALID"
    FILE_MISSING = "FILE_MISSING"
    FILE_UNLISTED = "FILE_UNLISTED"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    CERTIFICATE_UNTRUSTED = "CERTIFICATE_UNTRUSTED"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    CSV_MISSING = "CSV_MISSING"
    CSV_UNREADABLE = "CSV_UNREADABLE"
    PHOTO_MISSING = "PHOTO_MISSING"
    PDF_PROTECTED = "PDF_PROTECTED"
    PDF_UNREADABLE = "PDF_UNREADABLE"
    REQUIRED_DOCUMENT_MISSING = "REQUIRED_DOCUMENT_MISSING"


class PackageRefused(Exception):
    """A package is sent back. The text carries no personal data."""

    def __init__(self, code: Code, detail: str, places: Sequence[str] = ()) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.items = [(place, str(code)) for place in places]
        """Each place that is wrong, with the code."""
