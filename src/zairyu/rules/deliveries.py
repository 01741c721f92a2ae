"""How much goes with an application, and what follows: whole documents, as many as a delivery holds.

Source: ISA, user guide for applicants (2024-03), section 5 (1) III note 16. What does not fit is sent when an officer
asks for it by mail; each delivery begins with a declaration of what is in it and what follows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from pydantic import Field

from zairyu.models.base import Model
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.rules.tables import DatedRow, in_force, load_table

_ROOM: Final = 200_000
"""Bytes kept free for the declaration, and for what joining documents adds: bookmarks, and a mark on each page."""
_FIRST: Final = (AttachmentKind.ORGANIZATION_FORM,)
"""Without these an application is not taken; to send one first that was not asked for does no harm."""


class AttachmentLimits(DatedRow):
    """How many files and bytes an application may carry, and what becomes of the rest."""

    max_files: int = Field(ge=1)
    """The photo is not among them; a declaration is."""
    max_file_bytes: int | None = None
    max_total_bytes_with_photo: int | None = None
    one_pdf: bool
    """Whether several documents have to be joined into one PDF."""
    further_deliveries: bool
    """Whether what does not fit may follow."""
    recommended_dpi: int = Field(ge=1)
    """Of a scan."""


class Delivery(Model):
    """What goes together: with the application, or later."""

    indices: tuple[int, ...]
    """Where the attachments stand in the application, counted from 0."""
    attachments: tuple[Attachment, ...]


_LIMITS = load_table("attachment_limits", AttachmentLimits)


def limits_on(on: date) -> AttachmentLimits | None:
    """How much may be attached on a day in Japan; nothing before online filing began."""
    return next(iter(in_force(_LIMITS, on)), None)


def plan_deliveries(
    attachments: Sequence[Attachment],
    photo: DocumentRef | None,
    limits: AttachmentLimits,
    *,
    first: Collection[AttachmentKind] = _FIRST,
) -> tuple[Delivery, ...]:
    """Which attachments go with the application, and which in later deliveries, in their order.

    All in one where they fit, and where nothing may follow. Otherwise the kinds that have to be first are, and each
    delivery leaves room for its declaration. A document that no delivery holds has one for itself, and `too_large`
    names it. The first delivery is empty when the photo leaves too little room in it.
    """
    if not limits.further_deliveries or _all_fit(attachments, photo, limits):
        return (_delivery(attachments, range(len(attachments))),)
    order = sorted(range(len(attachments)), key=lambda index: attachments[index].kind not in first)
    return tuple(_delivery(attachments, indices) for indices in _split(order, attachments, photo, limits, first))


def too_large(
    attachments: Sequence[Attachment],
    photo: DocumentRef | None,
    limits: AttachmentLimits,
    *,
    first: Collection[AttachmentKind] = _FIRST,
) -> Mapping[int, int]:
    """The attachments that no delivery holds, by their index: how many bytes each has to lose."""
    if _all_fit(attachments, photo, limits):
        return {}
    over = {
        index: attachment.document.size - holds
        for index, attachment in enumerate(attachments)
        if (holds := _most_of_one(attachment, len(attachments) == 1, photo, limits, first)) is not None
    }
    return {index: size for index, size in over.items() if size > 0}


def _split(
    order: Sequence[int],
    attachments: Sequence[Attachment],
    photo: DocumentRef | None,
    limits: AttachmentLimits,
    first: Collection[AttachmentKind],
) -> Iterator[Sequence[int]]:
    files = len(attachments) if limits.one_pdf else max(limits.max_files - 1, 1)
    together: list[int] = []
    room = _holds(photo, limits, declared=True)
    size = 0
    is_first = True
    for index in order:
        document = attachments[index].document.size
        crowded = len(together) == files or (room is not None and size + document > room)
        # What must be first, and fits nowhere, stays in the first: the application goes with it or not at all.
        if crowded and (together or (is_first and attachments[index].kind not in first)):
            yield together
            together, size, is_first = [], 0, False
            room = _holds(None, limits, declared=True)
        together.append(index)
        size += document
    yield together


def _all_fit(attachments: Sequence[Attachment], photo: DocumentRef | None, limits: AttachmentLimits) -> bool:
    sizes = [attachment.document.size for attachment in attachments]
    joined = limits.one_pdf and len(sizes) > 1
    room = _holds(photo, limits, declared=joined)
    return (
        (limits.one_pdf or len(sizes) <= limits.max_files)
        and (room is None or sum(sizes) <= room)
        and (limits.max_file_bytes is None or max(sizes, default=0) <= limits.max_file_bytes)
    )


def _holds(photo: DocumentRef | None, limits: AttachmentLimits, *, declared: bool) -> int | None:
    """How many bytes of documents a delivery holds; nothing where there is no limit."""
    taken = _ROOM if declared else 0
    rooms = []
    if limits.max_total_bytes_with_photo is not None:
        rooms.append(limits.max_total_bytes_with_photo - (photo.size if photo else 0) - taken)
    if limits.one_pdf and limits.max_file_bytes is not None:
        rooms.append(limits.max_file_bytes - taken)
    return min(rooms, default=None)


def _most_of_one(
    attachment: Attachment,
    alone: bool,
    photo: DocumentRef | None,
    limits: AttachmentLimits,
    first: Collection[AttachmentKind],
) -> int | None:
    """The largest that an attachment may be, in the delivery that has the most room for it."""
    goes_first = attachment.kind in first or not limits.further_deliveries
    declared = limits.further_deliveries and not (alone and goes_first)
    rooms = [_holds(photo if goes_first else None, limits, declared=declared), limits.max_file_bytes]
    return min((room for room in rooms if room is not None), default=None)


def _delivery(attachments: Sequence[Attachment], indices: Sequence[int]) -> Delivery:
    return Delivery(indices=tuple(indices), attachments=tuple(attachments[index] for index in indices))
