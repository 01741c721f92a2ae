"""One request for additional documents, as a process of its own."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from pydantic import AwareDatetime, Field

from zairyu.models.application import Contact
from zairyu.models.base import BilingualText, Model
from zairyu.models.card import ExpectedSigner
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.messages import (
    AssignManualStep,
    CompleteManualStep,
    Message,
    Resolve,
    SignAt,
    StopSigning,
    SupplyDocuments,
)
from zairyu.models.package import UnsignedPackage
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import Attention, ManualStep, NextDeadline, TimelineEntry
from zairyu.models.state import ProcessState
from zairyu.models.status import DocumentRequest


class FollowDocumentRequest(Model):
    """The start of a document request's workflow."""

    application_id: str
    application_type: ApplicationType
    profile: str
    request_id: str
    receipt_number: str | None
    request: DocumentRequest
    to: Contact
    name: str
    applicant: str | None = None
    """Whom the application is for, when somebody else files it."""
    signer: ExpectedSigner | None = None
    """Whose card signs where the interface wants supplies signed; an older release did not say."""
    period_expires_on: date | None = None
    """The last day of the period of stay, where the special period follows it; nothing where none does."""
    card_expires_on: date | None = None
    """The last day of the certificate that signed the application, and with it of most people's cards."""
    office: str | None = None
    """The code of the competent office."""
    by_hand: bool = False
    """Whether it is known already that the interface takes no additional documents."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """The planned windows that are known already."""
    known_as: str | None = None
    """What tells its mails from those of an earlier request under the same number; its number by default."""


class BuildSupply(Model):
    """Make what answers a request: the documents as one PDF with their declaration, in a package where one is due."""

    application_id: str
    application_type: ApplicationType
    receipt_number: str | None = None
    request: DocumentRequest
    attachments: tuple[Attachment, ...] = Field(min_length=1)
    complete: bool = True
    to_follow: tuple[str, ...] = ()
    """What follows, in words."""
    earlier: tuple[AttachmentKind, ...] = ()
    """What was supplied for this request before, oldest first."""
    delivery: int = Field(default=1, ge=1)
    """Which of the supplies for this request it is."""
    day: date
    """The day in Japan on which it is declared, and signed."""


class BuiltSupply(Model):
    """What answers a request, ready to be sent or to be signed."""

    document: DocumentRef
    """One PDF."""
    package: UnsignedPackage | None = None
    """The package around it that lacks only its signature; nothing where the interface wants none."""


class Supply(Model):
    """What the agency took for a request."""

    supplied_at: AwareDatetime
    attachments: tuple[Attachment, ...]
    complete: bool
    document: DocumentRef
    """What was sent: one PDF with its declaration, or the signed package around it."""


class DocumentRequestSnapshot(Model):
    """The state of one document request, as it is shown to people."""

    application_id: str
    request: DocumentRequest
    answered: bool = False
    """The documents were sent and the agency took them, or a person has handed them in."""
    refusal: BilingualText | None = None
    """Why the last answer was not taken."""
    waiting_for: BilingualText | None = None
    """What has to happen next and by whom; an older process does not say."""
    supplies: tuple[Supply, ...] = ()
    """What the agency took, oldest first."""
    to_sign: bool = False
    """Whether an answer waits for a signature."""
    sign_at: str | None = None
    """The terminal that asks for it."""
    attention: tuple[Attention, ...] = ()
    manual_steps: tuple[ManualStep, ...] = ()
    prepared: DocumentRef | None = None
    """The documents as one PDF with their declaration, which the interface did not take: for whoever hands them in."""
    evidence: str | None = None
    """What shows that a person has handed them in."""
    next_deadline: NextDeadline | None = None
    online_until: date | None = None
    """The last day on which documents can be supplied online; nothing where the special period forbids it on none."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """The planned windows in which the due date ends: what has to arrive has to arrive before."""
    timeline: tuple[TimelineEntry, ...] = ()


class DocumentRequestState(ProcessState):
    """The one mutable value of a document request's workflow."""

    start: FollowDocumentRequest
    since: AwareDatetime
    answer: SupplyDocuments | None = None
    """Taken, and not yet with the agency."""
    package: UnsignedPackage | None = None
    """The answer, waiting for its signature."""
    sign_at: SignAt | None = None
    """The terminal at which the signer sits; taken away when the signature is made or has failed."""
    card_valid_until: date | None = None
    """The latest last day of the card that was heard of."""
    supplies: list[Supply] = Field(default_factory=list)
    prepared: DocumentRef | None = None
    """An answer that the interface does not take."""
    refusal: BilingualText | None = None
    evidence: str | None = None
    answered: bool = False
    received: bool = False
    """The agency says that it has the documents, however they came there."""
    maintenance: list[MaintenanceWindow] = Field(default_factory=list)
    """The windows that were told because the due date ended in them; it may be another one now."""


DOCUMENT_REQUEST_UPDATES: Final[Mapping[str, type[Message]]] = {
    "supply_documents": SupplyDocuments,
    "sign_at": SignAt,
    "stop_signing": StopSigning,
    "assign_manual_step": AssignManualStep,
    "complete_manual_step": CompleteManualStep,
    "resolve": Resolve,
}
"""The updates that a document request takes, by name."""
