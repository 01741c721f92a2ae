"""The documents of one answer to the agency, checked and joined into the one PDF that it takes."""

from collections.abc import Sequence
from typing import BinaryIO

from zairyu.activities.documents.errors import DocumentsRefused
from zairyu.activities.documents.merging import merge, title_of
from zairyu.activities.documents.pdf import check_pdf
from zairyu.models.documents import Attachment
from zairyu.models.findings import Severity


def write_supply(attachments: Sequence[Attachment], files: Sequence[BinaryIO], into: BinaryIO) -> None:
    """Write the documents as one PDF, in their order. The same input gives the same bytes.

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
    merge([(title_of(attachment.kind, index + 1), file) for index, (attachment, file) in documents], into)
