"""The one thing shown to people about an application."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from zairyu.models.base import BilingualText, Model
from zairyu.models.documents import Attachment
from zairyu.models.findings import Finding
from zairyu.models.interface import MaintenanceWindow
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
    Disagreement,
    DocumentRequest,
    DocumentsStatus,
    Fee,
    Outcome,
    UnknownWord,
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
    SPECIAL_PERIOD_OVER = "SPECIAL_PERIOD_OVER"
    MAIL_UNDELIVERABLE = "MAIL_UNDELIVERABLE"
    STATUS_WORD_UNKNOWN = "STATUS_WORD_UNKNOWN"
    SOURCES_DISAGREE = "SOURCES_DISAGREE"
    WITHDRAWAL_REFUSED = "WITHDRAWAL_REFUSED"
    MANUAL_STEP_OVERDUE = "MANUAL_STEP_OVERDUE"
    FEED_STARTED_OVER = "FEED_STARTED_OVER"
    NEWS_MISSED = "NEWS_MISSED"
    NEWS_OF_NOBODY = "NEWS_OF_NOBODY"
    NEWS_UNREADABLE = "NEWS_UNREADABLE"
    APPLICATION_NOT_FOUND = "APPLICATION_NOT_FOUND"
    INTERFACE_UNREACHABLE = "INTERFACE_UNREACHABLE"
    AGENCY_MAIL_UNRECOGNISED = "AGENCY_MAIL_UNRECOGNISED"
    AGENCY_MAIL_UNPROVEN = "AGENCY_MAIL_UNPROVEN"
    AGENCY_MAILBOX_UNREACHABLE = "AGENCY_MAILBOX_UNREACHABLE"
    CARD_READING_FAILED = "CARD_READING_FAILED"
    HELP_DESK_NEEDED = "HELP_DESK_NEEDED"


class Attention(Model):
    """A matter that a person has to look at."""

    reason: AttentionReason
    since: AwareDatetime
    explanation: BilingualText
    findings: tuple[Finding, ...] = ()


OperatorId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
"""An operator's login, and not a name: everybody who may list processes sees it."""


class ManualStepKind(StrEnum):
    """What a person has to do by hand because the interface cannot."""

    WITHDRAWAL = "WITHDRAWAL"
    CORRECTION = "CORRECTION"
    CHECK_STATUS = "CHECK_STATUS"
    NOTE_RECEIPT_NUMBER = "NOTE_RECEIPT_NUMBER"
    NOTE_DOCUMENT_REQUEST = "NOTE_DOCUMENT_REQUEST"
    SUPPLY_DOCUMENTS = "SUPPLY_DOCUMENTS"
    NOTE_DECISION = "NOTE_DECISION"
    NOTE_FEE = "NOTE_FEE"
    NOTE_PAYMENT = "NOTE_PAYMENT"
    CHANGE_COLLECTION = "CHANGE_COLLECTION"
    NOTE_COLLECTION = "NOTE_COLLECTION"
    CHANGE_OF_DETAILS = "CHANGE_OF_DETAILS"


class ManualStep(Model):
    """Something a person has to do outside this service."""

    kind: ManualStepKind
    since: AwareDatetime
    instructions: BilingualText
    assignee: OperatorId | None = None
    """Who has taken it."""


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
    corrections: tuple[str, ...] = ()
    """What the office has to be told is wrong. It may be personal: no details or mails show it."""
    next_deadline: NextDeadline | None = None

    opens_on: date | None = None
    """The first day on which the application can be filed online."""
    last_day_online: date | None = None
    special_period_until: date | None = None
    """The last day of the special period of stay, if no decision comes by the expiry."""
    in_special_period: bool = False
    """Whether it runs: the period of stay is over, and the application undecided."""
    office: str | None = None

    package_findings: tuple[Finding, ...] = ()
    """What was noticed when the package was built, and does not stop it; until it is filed."""
    package_sha256: str | None = None
    to_follow: tuple[tuple[Attachment, ...], ...] = ()
    """What did not fit into the package: delivery by delivery, each with its declaration first. Each answers a request
    for documents."""
    followed: tuple[int, ...] = ()
    """The deliveries of `to_follow` that were supplied since, by their number: the first is 2."""
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
    unknown_words: tuple[UnknownWord, ...] = ()
    """What the agency says in words that nobody here knows."""
    disagreements: tuple[Disagreement, ...] = ()
    """Where interface, mail and people say different things of it."""
    after_denial: BilingualText | None = None
    """What a denial means for the stay, on the day on which it was heard."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """The planned windows that swallow a deadline: what has to arrive has to arrive before."""
    timeline: tuple[TimelineEntry, ...] = ()
