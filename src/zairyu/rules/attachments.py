"""What must and may be attached: judged from references alone, before any document is opened."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from pydantic import Field

from zairyu.models.application import ApplicationInput
from zairyu.models.assessment import Intention, Reason
from zairyu.models.base import BilingualText
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.findings import Finding
from zairyu.models.residence import ApplicationType, Filer, ResidenceStatus
from zairyu.rules.applicants import is_under
from zairyu.rules.statuses import status_applied_for
from zairyu.rules.tables import DatedRow, in_force, load_table

PDF: Final = "application/pdf"
PHOTO_TYPES: Final = ("image/jpeg", "image/png")

_GUIDE = "ISA, user guide for applicants (2024-03), section 5 (1) III note 16"


class AttachmentLimits(DatedRow):
    """How many files and bytes an application may carry."""

    max_files: int = Field(ge=1)
    """The photo is not among them."""
    max_file_bytes: int | None = None
    max_total_bytes_with_photo: int | None = None


class PhotoRule(DatedRow):
    """The format and the age of the photo."""

    width_mm: int = Field(ge=1)
    height_mm: int = Field(ge=1)
    taken_within_months: int = Field(ge=1)
    not_needed_under_age: int = Field(ge=0, description="years")
    not_needed_for: frozenset[ApplicationType]
    """The applications to which a child needs no photo."""
    never_needed_for: frozenset[ApplicationType]
    """The applications to which nobody needs one."""

    def needed(self, application_type: ApplicationType, birth_date: str | None, *, on: date) -> bool:
        """Whether an applicant needs a photo; who may be too old to go without one, needs one."""
        if application_type in self.never_needed_for:
            return False
        exempt = application_type in self.not_needed_for
        return not (exempt and is_under(birth_date, self.not_needed_under_age, on=on))


class RequiredAttachment(DatedRow):
    """A document that must be there, and for which applications."""

    kind: AttachmentKind
    filers: frozenset[Filer]
    application_types: frozenset[ApplicationType]
    residence_statuses: frozenset[ResidenceStatus]
    message: BilingualText

    def concerns(
        self, application_type: ApplicationType | None, status: ResidenceStatus | None, filer: Filer | None
    ) -> bool:
        """Whether an application must have the document."""
        return filer in self.filers and application_type in self.application_types and status in self.residence_statuses


_LIMITS = load_table("attachment_limits", AttachmentLimits)
_PHOTO = load_table("photo_rules", PhotoRule)
_REQUIRED = load_table("required_attachments", RequiredAttachment)


def photo_rule(on: date) -> PhotoRule | None:
    """What the photo must be on a day in Japan; nothing before online filing began."""
    return next(iter(in_force(_PHOTO, on)), None)


def required_documents(intention: Intention, *, on: date) -> tuple[Reason, ...]:
    """What must be attached to an intended application on a day in Japan."""
    return tuple(_required(intention, on))


def _required(intention: Intention, on: date) -> Iterator[Reason]:
    rule = photo_rule(on)
    if rule is not None and rule.needed(intention.application_type, intention.applicant.birth_date, on=on):
        yield Reason(
            place="/photo",
            rule="photo-required",
            text=BilingualText(
                ja=f"顔写真（縦{rule.height_mm // 10}cm×横{rule.width_mm // 10}cm、"
                f"{rule.taken_within_months}か月以内に撮影）を添付してください。",
                en=f"Attach a photo ({rule.width_mm // 10} cm wide, {rule.height_mm // 10} cm high, taken within "
                f"{rule.taken_within_months} months).",
            ),
            source=rule.source,
        )
    for row in in_force(_REQUIRED, on):
        if row.concerns(intention.application_type, status_applied_for(intention), intention.filer):
            yield Reason(place="/attachments", rule="attachment-required", text=row.message, source=row.source)


def check_attachments(application: ApplicationInput, on: date) -> tuple[Finding, ...]:
    """Everything that speaks against the documents of an application on a day in Japan, from their references."""
    form = application.form
    return check_documents(
        application.photo,
        application.attachments,
        application_type=form.application_type,
        residence_status=form.residence_status,
        filer=form.filer,
        birth_date=form.applicant.birth_date,
        on=on,
    )


def check_documents(
    photo: DocumentRef | None,
    attachments: Sequence[Attachment],
    *,
    application_type: ApplicationType | None,
    residence_status: ResidenceStatus | None,
    filer: Filer | None,
    birth_date: str | None,
    on: date,
) -> tuple[Finding, ...]:
    """The same while the application is still being read: what is not known yet is not judged."""
    return (
        *_wrong_formats(photo, attachments),
        *(finding for limits in in_force(_LIMITS, on) for finding in _beyond(limits, photo, attachments)),
        *_absent(attachments, application_type, residence_status, filer, on),
        *(_photo_absent(application_type, birth_date, on) if photo is None else ()),
    )


def _wrong_formats(photo: DocumentRef | None, attachments: Sequence[Attachment]) -> Iterator[Finding]:
    if photo is not None and photo.media_type not in PHOTO_TYPES:
        yield Finding(
            place="/photo",
            rule="photo-format",
            message=BilingualText(
                ja="顔写真はJPEGまたはPNGにしてください。", en="The photo must be a JPEG or PNG file."
            ),
        )
    for index, attachment in enumerate(attachments):
        if attachment.document.media_type != PDF:
            yield Finding(
                place=f"/attachments/{index}",
                rule="attachment-format",
                message=BilingualText(
                    ja=f"添付資料{index + 1}はPDF形式にしてください。", en=f"Attachment {index + 1} must be a PDF file."
                ),
                source=_GUIDE,
            )


def _beyond(
    limits: AttachmentLimits, photo: DocumentRef | None, attachments: Sequence[Attachment]
) -> Iterator[Finding]:
    sizes = [attachment.document.size for attachment in attachments]
    if len(sizes) > limits.max_files:
        yield Finding(
            place="/attachments",
            rule="attachment-count",
            message=BilingualText(
                ja=f"添付できるのは{limits.max_files}ファイルまでです（現在{len(sizes)}）。1つのPDFにまとめてください。",
                en=f"At most {limits.max_files} files can be attached; there are {len(sizes)}. Join them into one PDF.",
            ),
            source=limits.source,
        )
    for index, size in enumerate(sizes):
        if limits.max_file_bytes is not None and size > limits.max_file_bytes:
            yield Finding(
                place=f"/attachments/{index}",
                rule="attachment-size",
                message=BilingualText(
                    ja=f"添付資料{index + 1}は{_megabytes(limits.max_file_bytes)}を超えています。",
                    en=f"Attachment {index + 1} is larger than {_megabytes(limits.max_file_bytes)}.",
                ),
                source=limits.source,
            )
    total = sum(sizes) + (photo.size if photo else 0)
    if limits.max_total_bytes_with_photo is not None and total > limits.max_total_bytes_with_photo:
        yield Finding(
            place="/attachments",
            rule="attachment-total-size",
            message=BilingualText(
                ja=f"添付資料と顔写真の合計が{_megabytes(limits.max_total_bytes_with_photo)}を超えています。",
                en=f"The attachments and the photo are together larger than "
                f"{_megabytes(limits.max_total_bytes_with_photo)}.",
            ),
            source=limits.source,
        )


def _absent(
    attachments: Sequence[Attachment],
    application_type: ApplicationType | None,
    residence_status: ResidenceStatus | None,
    filer: Filer | None,
    on: date,
) -> Iterator[Finding]:
    there = {attachment.kind for attachment in attachments}
    for row in in_force(_REQUIRED, on):
        if row.concerns(application_type, residence_status, filer) and row.kind not in there:
            yield Finding(place="/attachments", rule="attachment-required", message=row.message, source=row.source)


def _photo_absent(application_type: ApplicationType | None, birth_date: str | None, on: date) -> Iterator[Finding]:
    rule = photo_rule(on)
    if rule is not None and application_type is not None and rule.needed(application_type, birth_date, on=on):
        yield Finding(
            place="/photo",
            rule="photo-required",
            message=BilingualText(ja="顔写真を添付してください。", en="Attach a photo of the applicant."),
            source=rule.source,
        )


def _megabytes(size: int) -> str:
    return f"{size // 1_000_000} MB"
