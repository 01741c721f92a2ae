"""The ZIP: the same files give the same bytes, on every machine."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files in the order given.

    Stored, not deflated: PDFs and JPEGs do not shrink, and zlib's output differs between its builds. No times, no
    extra fields, no trace of the machine.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.create_system = _UNIX
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def read_archive(content: bytes) -> dict[str, bytes]:
    """Unpack an archive of our own making, in its order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}
