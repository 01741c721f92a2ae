"""Documents of any size, and documents small enough to be put into a blob store and taken out of it whole."""

import hashlib
import io
from typing import BinaryIO

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.files import Content
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef


async def stored(blobs: BlobStore, content: bytes, media_type: str = "application/pdf") -> DocumentRef:
    return await blobs.put_file(io.BytesIO(content), media_type)


async def content_of(blobs: BlobStore, document: DocumentRef) -> bytes:
    fetched = io.BytesIO()
    await blobs.fetch(document, fetched)
    return fetched.getvalue()


def reference(file: BinaryIO, media_type: str = "application/pdf") -> DocumentRef:
    read = Content.of(file)
    return DocumentRef(sha256=read.sha256, size=read.size, media_type=media_type)


def attached(file: BinaryIO, kind: AttachmentKind = AttachmentKind.OTHER) -> tuple[Attachment, Content]:
    return Attachment(kind=kind, document=reference(file)), Content.of(file)


def write_scan(into: BinaryIO, size: int) -> None:
    """A PDF of one page that shows a scan (A4, 300 dpi) of this many bytes, which nobody may look into.

    Written without a library, so that its bytes stay the same.
    """
    noise = hashlib.shake_256(b"scan").digest(65536)
    offsets = []

    def add(content: bytes) -> None:
        offsets.append(into.tell())
        into.write(b"%d 0 obj\n%b" % (len(offsets), content))

    into.write(b"%PDF-1.7\n")
    add(b"<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")
    add(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n")
    add(
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /Scan 5 0 R >> >> >>\nendobj\n"
    )
    add(b"<< /Length 29 >>\nstream\nq 595 0 0 842 0 0 cm /Scan Do\nendstream\nendobj\n")
    add(
        b"<< /Type /XObject /Subtype /Image /Width 2480 /Height 3508 /ColorSpace /DeviceGray /BitsPerComponent 8"
        b" /Filter /DCTDecode /Length %d >>\nstream\n" % size
    )
    for start in range(0, size, 65536):
        into.write(noise[: size - start])
    into.write(b"\nendstream\nendobj\n")
    xref = into.tell()
    lines = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    into.write(b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<< /Size 6 /Root 1 0 R >>\n" % lines)
    into.write(b"startxref\n%d\n%%%%EOF\n" % xref)
    into.flush()
