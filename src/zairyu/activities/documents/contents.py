"""What is in an application's documents: each is opened, and everything said of it at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from zairyu.activities.documents.files import Content
from zairyu.activities.documents.pdf import check_pdf
from zairyu.activities.documents.photo import Photo, prepare_photo
from zairyu.models.documents import Attachment
from zairyu.models.findings import Finding
from zairyu.models.spec_pack import PhotoFormat
from zairyu.rules.attachments import PDF
from zairyu.rules.deliveries import limits_on
from zairyu.rules.required_documents import photo_rule


@dataclass(frozen=True)
class Documents:
    """An application's documents as open files, read through by whoever fetched or opened them."""

    photo: BinaryIO | None
    attachments: Sequence[tuple[Attachment, Content]]


def photo_to_send(file: BinaryIO | None, wanted: PhotoFormat, *, on: date) -> Photo | None:
    """The photo as it is sent on a day in Japan, with its findings; nothing where there is none."""
    rule = photo_rule(on)
    if file is None or rule is None:
        return None
    file.seek(0)
    return prepare_photo(file.read(), rule, wanted, on)


def check_attached(attachments: Iterable[tuple[int, tuple[Attachment, Content]]], *, on: date) -> Iterator[Finding]:
    """Everything that is to be said of what is in attachments, numbered from 0, on a day in Japan.

    What is no PDF is refused elsewhere, and not opened.
    """
    limits = limits_on(on)
    recommended = limits.recommended_dpi if limits else None
    for index, (attachment, content) in attachments:
        if attachment.document.media_type == PDF:
            yield from check_pdf(content.file, index, attachment.kind, recommended_dpi=recommended)
