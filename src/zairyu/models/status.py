"""What the agency has said of an application, on four axes that never fold into one."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from zairyu.models.base import Model
from zairyu.models.residence import PeriodOfStay


class ApplicationStatus(StrEnum):
    """How far the agency is. `EXAMINATION_COMPLETED` does not mean permission."""

    RECEIVED = "RECEIVED"
    UNDER_EXAMINATION = "UNDER_EXAMINATION"
    EXAMINATION_COMPLETED = "EXAMINATION_COMPLETED"
    CLOSED = "CLOSED"


class DocumentsStatus(StrEnum):
    """Whether additional documents are wanted."""

    NONE = "NONE"
    REQUESTED = "REQUESTED"
    SUPPLIED = "SUPPLIED"


class CollectionStatus(StrEnum):
    """How far the handing over of the result is."""

    NOT_READY = "NOT_READY"
    READY = "READY"
    SENT = "SENT"
    COLLECTED = "COLLECTED"


class Outcome(StrEnum):
    """How the agency ended the application."""

    PERMITTED = "PERMITTED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"
    TERMINATED = "TERMINATED"


class PaymentStatus(StrEnum):
    """Whether the fee has reached the agency."""

    DUE = "DUE"
    PAID = "PAID"


class DocumentRequest(Model):
    """One request for additional documents."""

    number: int = Field(ge=1)
    items: tuple[str, ...]
    """What is asked for, in the agency's words."""
    due_on: date
    """The last day to supply them, a day in Japan."""
    supplied: bool = False


class Grant(Model):
    """What a permission grants."""

    period: PeriodOfStay
    expires_on: date
    """The last day of the new period of stay, a day in Japan."""


class Fee(Model):
    """The fee the agency asks for."""

    amount: int = Field(ge=0, description="yen, without the settlement fee")
    settlement_fee: int = Field(default=0, ge=0, description="yen")
    payment_number: str
    due_on: date
    status: PaymentStatus = PaymentStatus.DUE


class StatusReport(Model):
    """All the agency has said of one application up to one revision.

    A report is a whole, not a difference: the one with the highest revision is the truth, so that a lost,
    repeated or late report does no harm.
    """

    event_id: str
    request_id: str
    revision: int = Field(ge=1)
    reported_at: AwareDatetime
    provisional_number: str
    receipt_number: str | None = None
    application: ApplicationStatus
    documents: DocumentsStatus = DocumentsStatus.NONE
    collection: CollectionStatus = CollectionStatus.NOT_READY
    outcome: Outcome | None = None
    document_requests: tuple[DocumentRequest, ...] = ()
    grant: Grant | None = None
    fee: Fee | None = None


class SubmissionReceipt(Model):
    """The proof of filing: a filing counts from the provisional number, not from the upload."""

    request_id: str
    provisional_number: str
    accepted_at: datetime
