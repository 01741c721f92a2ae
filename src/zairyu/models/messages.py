"""What is said to a running application. Each message carries an id from its sender; a repeat changes nothing."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from zairyu.models.application import ApplicationForm, Text
from zairyu.models.base import BilingualText, Model
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.residence import CollectionMethod
from zairyu.models.snapshot import AttentionReason, ManualStepKind, OperatorId
from zairyu.models.status import DocumentRequest, Heard, Said, StatusReport

MessageId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
TerminalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]


class Message(Model):
    """The base of every message."""

    message_id: MessageId


class Amend(Message):
    """Replace parts of the application while it has not been sent."""

    form: ApplicationForm | None = None
    photo: DocumentRef | None = None
    attachments: tuple[Attachment, ...] | None = None


class SignAt(Message):
    """The applicant sits at this terminal and wants to sign."""

    terminal_id: TerminalId


class StopSigning(Message):
    """The signature that is asked for at a terminal is not wanted any more, or not there."""


class SupplyDocuments(Message):
    """The answer to a request for additional documents, or a part of it."""

    attachments: tuple[Attachment, ...] = Field(min_length=1)
    complete: bool = True
    """Whether nothing more follows for this request."""
    to_follow: tuple[Text, ...] = ()
    """What follows, in words, for the declaration; by default what was asked for is named."""
    card_valid_until: date | None = None
    """The last day of the My Number card, where it was extended since the application was signed."""


class ChooseCollection(Message):
    """How the applicant wants to collect the result."""

    method: CollectionMethod


class ReportPayment(Message):
    """The applicant says that the fee was paid."""

    paid_on: date
    reference: Text | None = None


class ConfirmCollection(Message):
    """The applicant has the new card in their hand."""

    collected_on: date


class RequestWithdrawal(Message):
    """The applicant wants to end the application."""

    reason: Text | None = None


class RequestCorrection(Message):
    """Something in what was filed is wrong, and the office has to be told."""

    what: Text
    """What is wrong, and how it should read."""


class AssignManualStep(Message):
    """Somebody takes a manual step, or nobody has it any more."""

    step: ManualStepKind
    assignee: OperatorId | None = None


class CompleteManualStep(Message):
    """A person did by hand what the interface cannot do."""

    step: ManualStepKind
    evidence: Text
    """What shows that it was done, for example the office's reference."""
    said: Said | None = None
    """What the agency said there, for the steps that look something up."""


class ResolveAction(StrEnum):
    """What an operator decides on a matter that needs attention."""

    RETRY = "RETRY"
    ABANDON = "ABANDON"
    ACKNOWLEDGE = "ACKNOWLEDGE"


class Resolve(Message):
    """An operator's decision on a matter that needs attention."""

    reason: AttentionReason
    action: ResolveAction
    note: Text | None = None


class AgencyWrote(Model):
    """A mail of the agency about this application was recognised. A repeat has the same `news_id`."""

    heard: Heard


class RequestChanged(Model):
    """The agency asks for something else, or by another day."""

    request: DocumentRequest


class DocumentsReceived(Model):
    """The agency says that it has what it asked for."""

    request: DocumentRequest


class Unreachable(Model):
    """What is watched has given no answer for long. A signal of the watch's own activity."""

    notice_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """The same watch has the same id, so that it counts once."""
    why: BilingualText


class MaintenancePlanned(Model):
    """The interface will be down when a deadline of this process ends."""

    window: MaintenanceWindow


class StatusChanged(Model):
    """The agency says something new. A fact from outside: the report's own ids and revision tell repeats."""

    report: StatusReport


UPDATES: Final[Mapping[str, type[Message]]] = {
    "amend": Amend,
    "sign_at": SignAt,
    "stop_signing": StopSigning,
    "choose_collection": ChooseCollection,
    "report_payment": ReportPayment,
    "confirm_collection": ConfirmCollection,
    "request_withdrawal": RequestWithdrawal,
    "request_correction": RequestCorrection,
    "assign_manual_step": AssignManualStep,
    "complete_manual_step": CompleteManualStep,
    "resolve": Resolve,
}
"""The updates that an application takes, by name."""
