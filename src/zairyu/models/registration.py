"""A user's registration with the agency's system, and the account that comes of it."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field, StringConstraints

from zairyu.models.application import Address, BirthDate, Contact, Sex, Text, UserId
from zairyu.models.assessment import HeldStay
from zairyu.models.base import BilingualText, Model
from zairyu.models.card import CardReading
from zairyu.models.documents import Sha256
from zairyu.models.findings import Finding
from zairyu.models.messages import AssignManualStep, CompleteManualStep, Message, Resolve, SignAt, TerminalId
from zairyu.models.package import SealedPackage, UnsignedPackage
from zairyu.models.residence import Filer
from zairyu.models.snapshot import Attention, ManualStep, NextDeadline, TimelineEntry
from zairyu.models.state import ProcessState
from zairyu.models.status import SubmissionReceipt

# ----- what is registered ---------------------------------------------------------------------------------------------


class ResidenceCard(Model):
    """What the residence card says beside its address."""

    number: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{8}[A-Z]{2}$")]
    stay: HeldStay | None = None
    """Nothing for a permanent resident: that stay has no end to watch."""


class RegistrationForm(Model):
    """What a user fills in. Name, birth date and sex come from the My Number card.

    Source: ISA, user guide for applicants (2024-03), section 4.
    """

    filer: Filer
    contact: Contact
    address: Address
    """As on the residence card."""
    residence_card: ResidenceCard | None = None
    """Nothing for a Japanese national."""
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None
    """Only where the card's is not the right one, or cannot be written in the form."""
    birth_date: BirthDate | None = None
    """Only where the card's is not the right one."""
    sex: Sex | None = None
    """Only where the card says none, or not the right one."""


class RegistrationFile(RegistrationForm):
    """The input of `zairyu register --input FILE`."""

    user_id: UserId | None = None
    """Opaque and unique; the same id again starts nothing new. Made up when left out."""


class RegistrationInput(Model):
    """The start of a registration: who, and what they filled in."""

    user_id: UserId
    form: RegistrationForm
    interface_profile: str = Field(default="sandbox", pattern=r"^[a-z0-9-]+$")
    """The interface of Mynaportal that carries the registration."""


class RegistrationSheet(Model):
    """The form as it is sent: filled in by the user, and by their card."""

    user_id: UserId
    filer: Filer
    name: str
    birth_date: BirthDate
    sex: Sex | None
    address: Address
    contact: Contact
    card_number: str | None


class BuildRegistration(Model):
    """Build the unsigned package of a registration for a day."""

    sheet: RegistrationSheet
    filing_day: date
    """The day in Japan whose spec pack counts."""


# ----- messages: what people say --------------------------------------------------------------------------------------


class AcceptTerms(Message):
    """The user agrees to the terms of use."""

    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    """Which terms: that of the service that showed them."""


class ReadCardAt(Message):
    """The user sits at this terminal and wants their card to be read."""

    terminal_id: TerminalId


class LeaveTerminal(Message):
    """What is asked for at a terminal is not wanted any more, or not there."""


class AmendRegistration(Message):
    """Replace what was filled in while it has not been sent."""

    form: RegistrationForm


class EnterAuthenticationId(Message):
    """The agency's mails have come: the password is set, and this is the authentication ID."""

    authentication_id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    password_set_on: date


class PasswordRenewed(Message):
    """The user has set a new password with the agency's system."""

    renewed_on: date


class ChangeDetails(Message):
    """The user has moved, or is reached otherwise. What is left out stays as it is."""

    address: Address | None = None
    contact: Contact | None = None


class CardReissued(Message):
    """The user has another My Number card, or a renewed one: to the agency's system, somebody else's."""


class EndRegistration(Message):
    """The user leaves this service."""

    reason: Text | None = None


REGISTRATION_UPDATES: Final[Mapping[str, type[Message]]] = {
    "accept_terms": AcceptTerms,
    "read_card_at": ReadCardAt,
    "sign_at": SignAt,
    "leave_terminal": LeaveTerminal,
    "amend": AmendRegistration,
    "enter_authentication_id": EnterAuthenticationId,
    "password_renewed": PasswordRenewed,
    "change_details": ChangeDetails,
    "card_reissued": CardReissued,
    "assign_manual_step": AssignManualStep,
    "complete_manual_step": CompleteManualStep,
    "resolve": Resolve,
    "end_registration": EndRegistration,
}
"""The updates that a registration takes, by name."""


# ----- what is known of it, and what is shown -------------------------------------------------------------------------


class RegistrationPhase(StrEnum):
    """Where a registration is in its story."""

    TERMS = "TERMS"
    CARD = "CARD"
    PACKAGING = "PACKAGING"
    SIGNATURE = "SIGNATURE"
    SUBMISSION = "SUBMISSION"
    CONFIRMATION = "CONFIRMATION"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"


class RegistrationEnd(StrEnum):
    """How a registration ends."""

    LEFT = "LEFT"
    """The user left this service."""
    ABANDONED = "ABANDONED"
    """An operator gave it up."""


class AcceptedTerms(Model):
    """Which terms were agreed to, and when."""

    version: str
    accepted_at: AwareDatetime


class TerminalVisit(Model):
    """Somebody sits at a terminal and waits to be asked for their card."""

    terminal_id: TerminalId
    reads: bool = False
    """Whether the card is to be read, and not to sign."""


class Account(Model):
    """The account with the agency's system."""

    authentication_id: str
    card_id: Sha256
    """The My Number card that it belongs to."""
    expires_on: date
    """The last day in Japan on which the authentication ID counts."""
    password_expires_on: date
    """The last day in Japan on which the password counts."""


class RegistrationState(ProcessState):
    """Everything a registration carries through its life, and through continue-as-new."""

    user_id: UserId
    interface_profile: str
    form: RegistrationForm | None
    """As amended so far; nothing any more when the registration is closed."""
    phase: RegistrationPhase = RegistrationPhase.TERMS
    end: RegistrationEnd | None = None
    round: int = Field(default=1, ge=1)
    """Which registration of this user it is: another card begins another one."""

    terms: AcceptedTerms | None = None
    visit: TerminalVisit | None = None
    """The terminal at which the user sits; taken away when the reading or the signature is made or has failed."""
    reading: CardReading | None = None
    package: UnsignedPackage | None = None
    sealed: SealedPackage | None = None
    request_id: str | None = None
    """Set before the first attempt to send; from then on the package is not built again."""
    receipt: SubmissionReceipt | None = None

    account: Account | None = None
    former_account: Account | None = None
    """That of the card before."""
    card_reissued: bool = False
    """Said, and not yet acted on."""
    leaving: bool = False


class StartRegistration(Model):
    """The start of a registration's workflow."""

    registration: RegistrationInput
    carried_over: RegistrationState | None = None
    """Set only by the workflow itself, when it continues as new."""


class RegistrationSnapshot(Model):
    """The state of one registration, as it is shown to people and to other systems."""

    user_id: str
    phase: RegistrationPhase
    end: RegistrationEnd | None = None
    waiting_for: BilingualText | None = None
    """What has to happen next and by whom; nothing when the registration is closed or busy."""
    attention: tuple[Attention, ...] = ()
    manual_steps: tuple[ManualStep, ...] = ()
    next_deadline: NextDeadline | None = None

    form: RegistrationForm | None = None
    terms: AcceptedTerms | None = None
    card: CardReading | None = None
    """What the card says of its holder."""
    differences: tuple[Finding, ...] = ()
    """Where the card says something else than the form. The form counts: nobody replaces it silently."""
    provisional_number: str | None = None
    sent_at: AwareDatetime | None = None
    account: Account | None = None
    timeline: tuple[TimelineEntry, ...] = ()
