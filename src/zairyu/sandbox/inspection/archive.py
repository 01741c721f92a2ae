"""Opening a ZIP from a stranger."""

import io
import zipfile
import zlib
from typing import Final

from zairyu.sandbox.inspection.refusal import Code, PackageRefused

_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
"""What the unpacker raises for a ZIP that is damaged, encrypted, or of a kind it does not know."""
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAX_FILES: Final = 50
_MAX_BYTES: Final = 60_000_000
"""Packed or unpacked: twice what may be attached leaves room for everything else."""


def unpack(content: bytes) -> dict[str, bytes]:
    """Unpack a ZIP into memory, within limits that its directory announces and the unpacker enforces."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_directory(entries, len(content))
            return {entry.filename: archive.read(entry) for entry in entries}
    except _UNREADABLE as error:
        raise PackageRefused(Code.ZIP_UNREADABLE, type(error).__name__) from error


def _check_directory(entries: list[zipfile.ZipInfo], packed: int) -> None:
    if len(entries) > _MAX_FILES:
        raise PackageRefused(Code.ZIP_TOO_LARGE, f"more than {_MAX_FILES} files")
    if max(packed, sum(entry.file_size for entry in entries)) > _MAX_BYTES:
        raise PackageRefused(Code.ZIP_TOO_LARGE, f"more than {_MAX_BYTES} bytes")
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise PackageRefused(Code.ZIP_UNREADABLE, "a file is neither stored nor deflated")
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise PackageRefused(Code.ZIP_UNREADABLE, "two files have the same name")
    outside = [name for name in names if "/" in name or "\\" in name or name in ("", ".", "..")]
    if outside:
        raise PackageRefused(Code.ZIP_UNREADABLE, "a file lies in a folder")
