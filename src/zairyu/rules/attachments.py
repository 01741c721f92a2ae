"""What must and may be attached: judged from references alone, before any document is opened."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from zairyu.models.application import ApplicationInput
from zairyu.models.base import BilingualText
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType
from zairyu.rules.deliveries import AttachmentLimits, limits_on, plan_deliveries, too_large
from zairyu.rules.required_documents import DocumentFacts, missing_documents, photo_rule

PDF: Final = "application/pdf"
PHOTO_TYPES: Final = ("image/jpeg", "image/png")

_GUIDE = "ISA, user guide for applicants (2024-03), section 5 (1) III note 16"


def check_attachments(application: ApplicationInput, on: date) -> tuple[Finding, ...]:
    """Everything that speaks against the documents of an application on a day in Japan, from their references."""
    form = application.form
    return check_documents(
        application.photo,
        application.attachments,
        DocumentFacts(
            form.application_type,
            form.residence_status,
            form.filer,
            form.organization_category,
            form.cause.kind if form.cause else None,
        ),
        birth_date=form.applicant.birth_date,
        on=on,
    )


def check_documents(
    photo: DocumentRef | None,
    attachments: Sequence[Attachment],
    facts: DocumentFacts,
    *,
    birth_date: str | None,
    on: date,
) -> tuple[Finding, ...]:
    """The same while the application is still being read: what is not known yet is not judged.

    An error only where it cannot be filed. The agency takes an application without the other documents, and asks for
    them later: they are warnings.
    """
    return (
        *_wrong_formats(photo, attachments),
        *(_beyond(limits, photo, attachments) if (limits := limits_on(on)) else ()),
        *missing_documents(attachments, facts, on),
        *(_photo_absent(facts.application_type, birth_date, on) if photo is None else ()),
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
    over = too_large(attachments, photo, limits)
    for index, size in over.items():
        yield _too_large(index, attachments[index], size, limits)
    files, size = len(attachments), sum(attachment.document.size for attachment in attachments)
    if limits.further_deliveries:
        _, *later = plan_deliveries(attachments, photo, limits)
        files, size = 0, 0
        if later and not over:
            yield _follows(sum(len(delivery.attachments) for delivery in later), limits)
    if files > limits.max_files and not limits.one_pdf:
        yield Finding(
            place="/attachments",
            rule="attachment-count",
            message=BilingualText(
                ja=f"添付できるのは{limits.max_files}ファイルまでです（現在{files}）。1つのPDFにまとめてください。",
                en=f"At most {limits.max_files} files can be attached; there are {files}. Join them into one PDF.",
            ),
            source=limits.source,
        )
    most = limits.max_total_bytes_with_photo
    if most is not None and size + (photo.size if photo else 0) > most and not over:
        yield Finding(
            place="/attachments",
            rule="attachment-total-size",
            message=BilingualText(
                ja=f"添付資料と顔写真の合計が{_megabytes(most)}を超えています。",
                en=f"The attachments and the photo are together larger than {_megabytes(most)}.",
            ),
            source=limits.source,
        )


def _too_large(index: int, attachment: Attachment, over: int, limits: AttachmentLimits) -> Finding:
    name = attachment.kind.label
    # Rounded up: whoever takes away as much as this says has taken away enough.
    megabytes = -(-over // 100_000) / 10
    return Finding(
        place=f"/attachments/{index}",
        rule="attachment-size",
        message=BilingualText(
            ja=f"添付資料{index + 1}（{name.ja}）は1回に送信できる大きさを約{megabytes} MB超えています。"
            "ファイルを小さくするか、分けてください。",
            en=f"Attachment {index + 1} ({name.en}) is about {megabytes} MB too large for one delivery. "
            "Make the file smaller, or split it.",
        ),
        source=limits.source,
    )


def _follows(count: int, limits: AttachmentLimits) -> Finding:
    return Finding(
        place="/attachments",
        rule="attachment-follows",
        message=BilingualText(
            ja=f"一度に送信できないため、資料{count}件は後日の送信になります。"
            "職員からメールが届いたら、「資料添付に関する申告書」とともに提出します。",
            en=f"Not everything fits into one delivery: {count} of the documents will follow in a later one, with the "
            "declaration on attached documents, when an officer asks for them by mail.",
        ),
        severity=Severity.NOTICE,
        source=limits.source,
    )


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
