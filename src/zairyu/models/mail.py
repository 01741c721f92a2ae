"""The mails a person waits for."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from zairyu.models.application import Contact
from zairyu.models.base import BilingualText, Model
from zairyu.models.residence import ApplicationType, CollectionMethod
from zairyu.models.status import DocumentRequest, Fee, Grant, Outcome


class ReceiptNumberIssued(Model):
    """The application was received and has its number, the proof that it is pending."""

    occasion: Literal["receipt-number"] = "receipt-number"
    receipt_number: str


class DocumentsRequested(Model):
    """The agency wants additional documents."""

    occasion: Literal["documents-requested"] = "documents-requested"
    request: DocumentRequest
    reminder: bool = False


class Decided(Model):
    """The examination is over and this came of it."""

    occasion: Literal["decision"] = "decision"
    outcome: Outcome
    grant: Grant | None = None


class FeeDue(Model):
    """The fee has to be paid."""

    occasion: Literal["fee-due"] = "fee-due"
    fee: Fee
    reminder: bool = False


class CollectionReady(Model):
    """The result can be collected, and this is how."""

    occasion: Literal["collection"] = "collection"
    method: CollectionMethod
    what_to_bring_or_send: tuple[BilingualText, ...]
    send_to: BilingualText | None = None
    warning: BilingualText | None = None


class WindowMissed(Model):
    """Online filing has closed before the application was filed."""

    occasion: Literal["window-missed"] = "window-missed"
    counter_until: date
    """The last day on which the counter still takes the application."""


Occasion = Annotated[
    ReceiptNumberIssued | DocumentsRequested | Decided | FeeDue | CollectionReady | WindowMissed,
    Field(discriminator="occasion"),
]


class Mail(Model):
    """One mail to one person."""

    reference: str
    """The opaque id of what it is about: an application, or a registered user."""
    application_type: ApplicationType | None = None
    to: Contact
    name: str
    receipt_number: str | None = None
    occasion: Occasion
    key: str = ""
    """Tells two mails of the same occasion apart, for example the number of a document request."""


class MailSent(Model):
    """The mail server took the mail."""

    message_id: str
