"""The one thing shown to people about an application."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from zairyu.models.base import BilingualText, Model
from zairyu.models.documents import Attachment
from zairyu.models.findings import Finding
from zairyu.models.residence import (
    ApplicationType,
    CollectionMethod,
    ConcurrentPermission,
    PeriodOfStay,
    ResidenceStatus,
)
from zairyu.models.status import (
    ApplicationStatus,
    CollectionStatus,
    DocumentRequest,
    DocumentsStatus,
    Fee,
    Outcome,
)


class Phase(StrEnum):
    """Where an application is in its story."""

    INTAKE = "INTAKE"
    FILING_WINDOW = "FILING_WINDOW"
    PACKAGING = "PACKAGING"
    SIGNATURE = "SIGNATURE"
    SUBMISSION = "SUBMISSION"
    RECEIPT = "RECEIPT"
    EXAMINATION = "EXAMINATION"
    DECISION = "DECISION"
    PAYMENT = "PAYMENT"
    COLLECTION = "COLLECTION"
    CLOSED = "CLOSED"


class End(StrEnum):
    """How a story ends."""

    COMPLETED = "COMPLETED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"
    TERMINATED = "TERMINATED"
    REJECTED = "REJECTED"
    WINDOW_MISSED = "WINDOW_MISSED"
    CANCELLED = "CANCELLED"


class AttentionReason(StrEnum):
    """Why a person has to look at an application."""

    INPUT_REFUSED = "INPUT_REFUSED"
    PACKAGE_REFUSED = "PACKAGE_REFUSED"
    SIGNATURE_FAILED = "SIGNATURE_FAILED"
    SUBMISSION_REFUSED = "SUBMISSION_REFUSED"
    SUBMISSION_UNKNOWN = "SUBMISSION_UNKNOWN"
    RECEIPT_NUMBER_OVERDUE = "RECEIPT_NUMBER_OVERDUE"
    DOCUMENTS_OVERDUE = "DOCUMENTS_OVERDUE"
    DOCUMENTS_REFUSED = "DOCUMENTS_REFUSED"
    COLLECTION_CHANGE_REFUSED = "COLLECTION_CHANGE_REFUSED"
    FEE_DIFFERS = "FEE_DIFFERS"
    PAYMENT_OVERDUE = "PAYMENT_OVERDUE"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    MAIL_UNDELIVERABLE = "MAIL_UNDELIVERABLE"
    CARD_READING_FAILED = "CARD_READING_FAILED"
    HELP_DESK_NEEDED = "HELP_DESK_NEEDED"


class Attention(Model):
    """A matter that a person has to look at."""

    reason: AttentionReason
    since: AwareDatetime
    explanation: BilingualText
    findings: tuple[Finding, ...] = ()


class ManualStepKind(StrEnum):
    """What a person has to do by hand because the interface cannot."""

    WITHDRAWAL = "WITHDRAWAL"
    CHANGE_OF_DETAILS = "CHANGE_OF_DETAILS"


class ManualStep(Model):
    """Something a person has to do outside this service."""

    kind: ManualStepKind
    since: AwareDatetime
    instructions: BilingualText


class NextDeadline(Model):
    """The nearest moment after which something is lost, or is done without asking."""

    at: AwareDatetime
    what: BilingualText


class TimelineEntry(Model):
    """One thing that happened. Carries no personal data."""

    at: AwareDatetime
    text: BilingualText


class ApplicationSnapshot(Model):
    """The state of one application, as it is shown to people and to other systems."""

    application_id: str
    application_type: ApplicationType
    residence_status: ResidenceStatus
    phase: Phase
    end: End | None = None
    waiting_for: BilingualText | None = None
    """What has to happen next and by whom; nothing when the application is closed or busy."""
    attention: tuple[Attention, ...] = ()
    manual_steps: tuple[ManualStep, ...] = ()
    next_deadline: NextDeadline | None = None

    opens_on: date | None = None
    """The first day on which the application can be filed online."""
    last_day_online: date | None = None
    special_period_until: date | None = None
    """The last day of the special period of stay, if no decision comes by the expiry."""
    office: str | None = None

    package_findings: tuple[Finding, ...] = ()
    """What was noticed when the package was built, and does not stop it; until it is filed."""
    package_sha256: str | None = None
    to_follow: tuple[tuple[Attachment, ...], ...] = ()
    """What did not fit into the package: delivery by delivery, each with its declaration first. Each answers a request
    for documents."""
    provisional_number: str | None = None
    receipt_number: str | None = None
    filed_at: AwareDatetime | None = None
    application_status: ApplicationStatus | None = None
    documents_status: DocumentsStatus = DocumentsStatus.NONE
    collection_status: CollectionStatus = CollectionStatus.NOT_READY
    outcome: Outcome | None = None
    document_requests: tuple[DocumentRequest, ...] = ()
    granted_period: PeriodOfStay | None = None
    granted_until: date | None = None
    fee: Fee | None = None
    payment_reported_on: date | None = None
    collection_method: CollectionMethod
    collected_on: date | None = None
    certificate_valid_until: date | None = None
    """The last day on which a certificate of eligibility counts."""
    concurrent_permissions: tuple[ConcurrentPermission, ...] = ()
    """What was filed for together with it."""
    concurrent_terminated: bool = False
    """Whether they ended with it because it was not permitted."""
    timeline: tuple[TimelineEntry, ...] = ()
