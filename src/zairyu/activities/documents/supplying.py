"""The documents of one answer to the agency, checked and joined into the one PDF that it takes."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.declaration import declaration_of_supply, write_declaration
from zairyu.activities.documents.errors import DocumentsRefused
from zairyu.activities.documents.files import size_of
from zairyu.activities.documents.merging import merge, title_of
from zairyu.activities.documents.pdf import check_pdf
from zairyu.models.base import BilingualText
from zairyu.models.document_request import BuildSupply
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.findings import Finding, Severity
from zairyu.models.mynaportal import DocumentSupply
from zairyu.rules.attachments import PDF
from zairyu.rules.deliveries import limits_on

_MEGABYTE: Final = 1_000_000


def write_supply(
    attachments: Sequence[Attachment],
    files: Sequence[BinaryIO],
    into: BinaryIO,
    *,
    declaration: bytes | None = None,
    sample: bool = False,
) -> None:
    """Write the documents as one PDF, in their order. The same input gives the same bytes.

    Args:
        attachments: what is supplied.
        files: the PDFs, open, in the same order.
        into: an empty file.
        declaration: a PDF that goes before them; nothing where one is among them.
        sample: whether every page says that it is a sample.

    Raises:
        DocumentsRefused: with every finding on every document, never only the first.
    """
    documents = list(enumerate(zip(attachments, files, strict=True)))
    errors = tuple(
        finding
        for index, (attachment, file) in documents
        for finding in check_pdf(file, index, attachment.kind)
        if finding.severity is Severity.ERROR
    )
    if errors:
        raise DocumentsRefused(findings=errors)
    titled = [(title_of(attachment.kind, index + 1), file) for index, (attachment, file) in documents]
    merge(titled, into, first=declaration, sample=sample)


def write_declared_supply(order: BuildSupply, files: Sequence[BinaryIO], into: BinaryIO, *, sample: bool) -> None:
    """Write the documents of an answer as one PDF with the declaration that belongs to it.

    The declaration is the one among them, or one of our making.

    Raises:
        DocumentsRefused: with every finding, or because all of it together is too large.
    """
    kinds = [attachment.kind for attachment in order.attachments]
    declaration = None
    if AttachmentKind.DECLARATION not in kinds:
        declaration = write_declaration(
            declaration_of_supply(
                order.request.number,
                kinds,
                earlier=order.earlier,
                delivery=order.delivery,
                asked=order.request.items,
                follows=None if order.complete else order.to_follow,
                reference=order.receipt_number or order.application_id,
                on=order.day,
            ),
            sample=sample,
        )
    write_supply(order.attachments, files, into, declaration=declaration, sample=sample)
    _check_size(order, size_of(into))


async def opened_to_send(supply: DocumentSupply, blobs: BlobStore, files: ExitStack) -> tuple[BinaryIO, str]:
    """What is sent, as an open file, with its media type.

    Args:
        supply: what is to be supplied.
        blobs: where its documents are.
        files: closes what is opened here.
    """
    file = _new_file(files)
    if supply.document is not None:
        await blobs.fetch(supply.document, file)
        return file, supply.document.media_type
    # As an older release left it: not joined yet, and without a declaration of our making.
    parts = [_new_file(files) for _ in supply.attachments]
    for attachment, part in zip(supply.attachments, parts, strict=True):
        await blobs.fetch(attachment.document, part)
    await asyncio.to_thread(write_supply, supply.attachments, parts, file)
    return file, PDF


def _new_file(files: ExitStack) -> BinaryIO:
    return files.enter_context(TemporaryFile())


def _check_size(order: BuildSupply, size: int) -> None:
    limits = limits_on(order.day)
    if limits is None:
        return
    most = limits.max_file_bytes if limits.one_pdf else limits.max_total_bytes_with_photo
    if most is None or size <= most:
        return
    raise DocumentsRefused(
        findings=(
            Finding(
                place="/attachments",
                rule="supply-size",
                message=BilingualText(
                    ja=f"資料は合わせて{most // _MEGABYTE}MBまでです（現在{size / _MEGABYTE:.1f}MB）。"
                    "何回かに分けて提出してください。",
                    en=f"The documents may be {most // _MEGABYTE} MB together; they are {size / _MEGABYTE:.1f} MB. "
                    "Supply them in several parts.",
                ),
                source=limits.source,
            ),
        )
    )
