"""Opening a ZIP from a stranger."""

import io
import zipfile
import zlib
from typing import Final

from zairyu.sandbox.inspection.refusal import Code, PackageRefused

_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, OverflowError, ValueError, RuntimeError)
"""What the unpacker raises for a ZIP that is damaged, encrypted, or of a kind it does not know.

An offset that no file can have is an `OverflowError`.
"""
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAX_FILES: Final = 50
_MAX_BYTES: Final = 60_000_000
"""Packed or unpacked: twice what may be attached leaves room for everything else."""
_ENTRY: Final = b"PK\x01\x02"
"""Begins an entry of the directory; an attachment that is a ZIP itself holds some as well."""
_MAX_ENTRIES_ANYWHERE: Final = 10_000
"""The unpacker reads the whole directory, an object for each entry, before anybody can count them."""
_MAX_NAME: Final = 255


def unpack(content: bytes) -> dict[str, bytes]:
    """Unpack a ZIP into memory, within limits that its directory announces and the unpacker enforces."""
    if len(content) > _MAX_BYTES:
        raise PackageRefused(Code.ZIP_TOO_LARGE, f"more than {_MAX_BYTES} bytes")
    if content.count(_ENTRY) > _MAX_ENTRIES_ANYWHERE:
        raise PackageRefused(Code.ZIP_TOO_LARGE, f"more than {_MAX_FILES} files")
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
    if sum(entry.file_size for entry in entries) > _MAX_BYTES:
        raise PackageRefused(Code.ZIP_TOO_LARGE, f"more than {_MAX_BYTES} bytes")
    if sum(entry.compress_size for entry in entries) > packed:
        raise PackageRefused(Code.ZIP_UNREADABLE, "files share the same bytes")
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise PackageRefused(Code.ZIP_UNREADABLE, "a file is neither stored nor deflated")
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise PackageRefused(Code.ZIP_UNREADABLE, "two files have the same name")
    # The name as it is written: the unpacker cuts it at a NUL, where another program may read on.
    if not all(_is_plain(entry.orig_filename) for entry in entries):
        raise PackageRefused(Code.ZIP_UNREADABLE, "a file lies in a folder, or its name is none")


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file beside the manifest, and nothing else to any program."""
    return name.isprintable() and 0 < len(name) <= _MAX_NAME and name not in (".", "..") and not set(name) & set("/\\:")
