"""The attachments of a package as the agency takes them: each by itself or joined into one, and what follows later."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from tempfile import TemporaryFile

from zairyu.activities.documents.contents import Documents
from zairyu.activities.documents.declaration import declaration_of, write_declaration
from zairyu.activities.documents.files import Content
from zairyu.activities.documents.merging import merge, title_of
from zairyu.activities.packaging.manifest import PackedFile
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.spec_pack import SpecPack
from zairyu.rules.attachments import PDF
from zairyu.rules.deliveries import AttachmentLimits, Delivery


@dataclass(frozen=True)
class LaterDelivery:
    """What did not fit, and is sent when an officer asks for it."""

    declaration: bytes
    """A PDF: what is in it, and what was and will be in the others."""
    attachments: tuple[Attachment, ...]


def attached_files(
    documents: Documents,
    deliveries: Sequence[Delivery],
    limits: AttachmentLimits,
    reference: str,
    filing_day: date,
    pack: SpecPack,
    files: ExitStack,
) -> tuple[PackedFile, ...]:
    """The attachments that go with the application, as files of the package.

    Args:
        documents: sound PDFs, as `check_attached` finds.
        deliveries: the first of them goes with the application.
        limits: in force on the day of filing.
        reference: what the declaration is about, if one is needed.
        filing_day: a day in Japan.
        pack: in force on that day.
        files: closes what is opened here.
    """
    chosen = [(index, *documents.attachments[index]) for index in deliveries[0].indices]
    declaration = None
    if len(deliveries) > 1 or (limits.one_pdf and len(chosen) > 1):
        declaration = _declared(deliveries, 1, reference, filing_day, pack)
    if limits.one_pdf and declaration is not None:
        whole = files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
        titled = [(title_of(attachment.kind, index + 1), content.file) for index, attachment, content in chosen]
        merge(titled, whole, first=declaration, sample=pack.sample)
        # A file of several documents has the role of each.
        roles = " ".join([AttachmentKind.DECLARATION, *(attachment.kind for _, attachment, _ in chosen)])
        return (PackedFile(pack.layout.attachment_name(0), roles, PDF, Content.of(whole)),)
    contents = [(attachment.kind, content) for _, attachment, content in chosen]
    if declaration is not None:
        contents.insert(0, (AttachmentKind.DECLARATION, Content.of(BytesIO(declaration))))
    return tuple(
        PackedFile(pack.layout.attachment_name(number), kind, PDF, content)
        for number, (kind, content) in enumerate(contents)
    )


def later_deliveries(
    deliveries: Sequence[Delivery], reference: str, filing_day: date, pack: SpecPack
) -> Iterator[LaterDelivery]:
    """What follows, each with its declaration."""
    for number, delivery in enumerate(deliveries[1:], start=2):
        yield LaterDelivery(_declared(deliveries, number, reference, filing_day, pack), delivery.attachments)


def _declared(deliveries: Sequence[Delivery], number: int, reference: str, filing_day: date, pack: SpecPack) -> bytes:
    return write_declaration(declaration_of(deliveries, number, reference=reference, on=filing_day), sample=pack.sample)
