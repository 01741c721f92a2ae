"""The mails a person waits for."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from zairyu.models.application import Contact
from zairyu.models.base import BilingualText, Model
from zairyu.models.residence import ApplicationType, CollectionMethod, ConcurrentPermission
from zairyu.models.status import DocumentRequest, Fee, Grant, Outcome


class ReceiptNumberIssued(Model):
    """The application was received and has its number, the proof that it is pending."""

    occasion: Literal["receipt-number"] = "receipt-number"
    receipt_number: str


class DocumentsRequested(Model):
    """The agency wants additional documents."""

    occasion: Literal["documents-requested"] = "documents-requested"
    request: DocumentRequest
    changed: bool = False
    """Whether something else was asked for before, or by another day."""
    reminder: bool = False
    supplied_in_part: bool = False
    """Whether something was supplied, and more was to follow."""
    online_until: date | None = None
    """The last day on which they can be supplied online, where it lies before the due date."""
    by_post: BilingualText | None = None
    """How they are handed in when they cannot be supplied online: now, or after `online_until`."""


class Decided(Model):
    """The examination is over and this came of it."""

    occasion: Literal["decision"] = "decision"
    outcome: Outcome
    grant: Grant | None = None
    special_period_ended: bool = False
    """Whether a special period of stay ended with it."""
    meaning: BilingualText | None = None
    """What a denial means for the stay, on that day."""
    fee_follows: bool = False
    """Whether something has to be paid for a permission, its concurrent permissions included."""
    concurrent_permissions: tuple[ConcurrentPermission, ...] = ()
    """What was filed for together with it."""


class FeeDue(Model):
    """The fee has to be paid."""

    occasion: Literal["fee-due"] = "fee-due"
    fee: Fee
    reminder: bool = False


class CollectionReady(Model):
    """The result can be collected, and this is how."""

    occasion: Literal["collection"] = "collection"
    method: CollectionMethod
    in_passport: bool = False
    """Whether the permission is stamped in the passport, and no card is issued."""
    what_to_bring_or_send: tuple[BilingualText, ...]
    send_to: BilingualText | None = None
    warnings: tuple[BilingualText, ...] = ()


class CertificateMailed(Model):
    """The certificate of eligibility has come by e-mail, and is to be registered as received."""

    occasion: Literal["certificate-mailed"] = "certificate-mailed"
    valid_until: date
    """The last day on which it counts."""
    reminder: bool = False


class WindowMissed(Model):
    """Online filing has closed before the application was filed."""

    occasion: Literal["window-missed"] = "window-missed"
    counter_until: date | None = None
    """The last day on which the counter still takes the application; nothing when it is over too, or not known."""


class StayExpires(Model):
    """The period of stay comes to its end, and nothing has been filed."""

    occasion: Literal["stay-expires"] = "stay-expires"
    expires_on: date
    opens_on: date
    """The first day online."""
    last_day_online: date
    counter_until: date
    """The last day at the counter."""
    special_period: BilingualText | None = None
    """What happens if an application is filed and not decided by the expiry."""
    card: BilingualText | None = None
    """What to do about the My Number card, if it ends too early."""


class StayUnfiled(Model):
    """Online filing has closed on a stay for which nothing was filed."""

    occasion: Literal["stay-unfiled"] = "stay-unfiled"
    expires_on: date
    counter_until: date
    """The last day at the counter."""


class CardEndsFirst(Model):
    """The My Number card may end before the pending application is decided."""

    occasion: Literal["card-ends-first"] = "card-ends-first"
    card_expires_on: date
    """The last day of the card, and the last one on which it is extended."""
    extended_until: date | None = None
    """The last day of a card that was extended."""


class SpecialPeriodEnds(Model):
    """The period of stay is over, the application is undecided, and the special period runs."""

    occasion: Literal["special-period"] = "special-period"
    until: date
    """Its last day."""
    begins: bool = False
    """Whether this is the mail that tells of its beginning."""


class MaintenanceAhead(Model):
    """The interface is planned to be down when something has to arrive: it has to arrive before."""

    occasion: Literal["maintenance"] = "maintenance"
    deadline: BilingualText
    """What has to arrive, as a deadline calls it."""
    before: AwareDatetime
    """When the interface goes down: the deadline in truth."""
    until: AwareDatetime
    """When it is back, and the deadline over."""
    request: DocumentRequest | None = None
    """The documents that have to arrive: several requests may end in one window."""


class RegistrationSent(Model):
    """The registration was sent; the agency writes to the user now."""

    occasion: Literal["registration-sent"] = "registration-sent"


class ConfirmationOverdue(Model):
    """The agency's mail after a registration has not come."""

    occasion: Literal["confirmation-overdue"] = "confirmation-overdue"


class PasswordEnds(Model):
    """The password of the account ends."""

    occasion: Literal["password-ends"] = "password-ends"
    ends_on: date
    """Its last day."""


class AuthenticationIdEnds(Model):
    """The authentication ID ends, or has ended."""

    occasion: Literal["authentication-id-ends"] = "authentication-id-ends"
    ends_on: date
    """Its last day."""
    ended: bool = False


class DetailsToChange(Model):
    """The user has to change their details with the agency's system too."""

    occasion: Literal["details-to-change"] = "details-to-change"
    instructions: BilingualText


class RegisterAgain(Model):
    """The user has another card, and registers again with it."""

    occasion: Literal["register-again"] = "register-again"


Occasion = Annotated[
    ReceiptNumberIssued
    | DocumentsRequested
    | Decided
    | FeeDue
    | CollectionReady
    | CertificateMailed
    | WindowMissed
    | StayExpires
    | StayUnfiled
    | CardEndsFirst
    | SpecialPeriodEnds
    | MaintenanceAhead
    | RegistrationSent
    | ConfirmationOverdue
    | PasswordEnds
    | AuthenticationIdEnds
    | DetailsToChange
    | RegisterAgain,
    Field(discriminator="occasion"),
]


class Mail(Model):
    """One mail to one person."""

    reference: str
    """The opaque id of what it is about: an application, or a registered user."""
    application_type: ApplicationType | None = None
    to: Contact
    name: str
    applicant: str | None = None
    """Whom the application is for, when somebody else files it."""
    receipt_number: str | None = None
    occasion: Occasion
    key: str = ""
    """Tells two mails of the same occasion apart, for example the number of a document request."""


class MailSent(Model):
    """The mail server took the mail."""

    message_id: str
