"""Everything an application carries through its life, and through continue-as-new."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from zairyu.models.application import ApplicationInput
from zairyu.models.base import BilingualText, Model
from zairyu.models.capability import Capability
from zairyu.models.documents import Sha256
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.mail import Mail
from zairyu.models.messages import SignAt
from zairyu.models.package import SealedPackage, UnsignedPackage
from zairyu.models.residence import CollectionMethod
from zairyu.models.snapshot import Attention, End, ManualStep, Phase, TimelineEntry
from zairyu.models.status import (
    Axis,
    CollectionStatus,
    Disagreement,
    DocumentRequest,
    Fee,
    Heard,
    Outcome,
    PaymentStatus,
    StatusReport,
    SubmissionReceipt,
)
from zairyu.models.stay import StayNews


class ProcessState(BaseModel):
    """What every long process carries: what it was told, what it tells, and what has to go out yet."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    after_sending: bool = False
    """Whether it goes the way of the release that came with the patch of this name."""
    handled: list[str] = Field(default_factory=list)
    """Ids of the messages taken, oldest first: a repeat changes nothing, also after continue-as-new."""
    timeline: list[TimelineEntry] = Field(default_factory=list)
    attention: list[Attention] = Field(default_factory=list)
    manual_steps: list[ManualStep] = Field(default_factory=list)
    rung: list[str] = Field(default_factory=list)
    """Keys of the alarms that have been raised: an acknowledged one does not ring again."""
    outbox: list[Mail] = Field(default_factory=list)
    """Mails not yet taken by the mail server, oldest first."""
    mailed: list[str] = Field(default_factory=list)
    """Occasions that have had their mail."""
    stay_news: list[StayNews] = Field(default_factory=list)
    """What the watch over the stay has not been told yet, oldest first."""


class ApplicationState(ProcessState):
    """The one mutable value of an application's workflow."""

    application: ApplicationInput
    """As amended so far."""
    phase: Phase = Phase.INTAKE
    end: End | None = None

    opens_on: date | None = None
    last_day_online: date | None = None
    closes_at: AwareDatetime | None = None
    """The first moment at which online filing is closed."""
    counter_until: date | None = None
    office: str | None = None

    package: UnsignedPackage | None = None
    sign_at: SignAt | None = None
    """The terminal at which the applicant sits; taken away when the signature is made or has failed."""
    sealed: SealedPackage | None = None
    card_expires_on: date | None = None
    """The last day of the certificate that signed, and with it of most people's cards."""
    request_id: str | None = None
    """Set before the first attempt to send; from then on the package is not built again."""
    receipt: SubmissionReceipt | None = None
    special_period_until: date | None = None

    report: StatusReport | None = None
    """What is believed of it: what the interface says, and what was heard otherwise and counts more."""
    told: StatusReport | None = None
    """What the interface said last; nothing where it is the only source there has been."""
    said_since: dict[Axis, AwareDatetime] = Field(default_factory=dict)
    """Since when the interface says what it says."""
    heard: list[Heard] = Field(default_factory=list)
    """What mails and people brought, oldest first."""
    heard_requests: list[DocumentRequest] = Field(default_factory=list)
    """The requests for documents that only they brought, or of whose answer only they know."""
    supplied_later: list[Sha256] = Field(default_factory=list)
    """The documents that were supplied for requests."""
    disagreements: list[Disagreement] = Field(default_factory=list)
    status_checked_at: AwareDatetime | None = None
    """When somebody last looked up where it is, because the interface does not tell."""
    corrections: list[str] = Field(default_factory=list)
    """What the office has to be told is wrong, and has not been told yet."""
    maintenance: list[MaintenanceWindow] = Field(default_factory=list)
    """The planned windows that swallow the end of online filing."""
    after_denial: BilingualText | None = None
    followed_requests: list[int] = Field(default_factory=list)
    """Numbers of the document requests that have a workflow of their own."""
    wanted_collection: CollectionMethod | None = None
    """Asked for after filing, and not yet passed on to the agency."""
    collection_by_hand: CollectionMethod | None = None
    """What a person has to change it to, because the interface cannot."""
    withdrawal_requested: bool = False
    withdrawal_sent: bool = False
    """The interface was asked to take it back."""
    withdrawal_evidence: str | None = None
    """What shows that a person has withdrawn the application by hand."""
    payment_reported_on: date | None = None
    fees: list[str] = Field(default_factory=list)
    """The fees that the person was told of, in order: the agency may ask for another in the place of one."""
    sent_on: date | None = None
    """The day in Japan on which the agency sent the result; nothing when only something later was heard."""
    collected_on: date | None = None
    certificate_valid_until: date | None = None

    @property
    def revision(self) -> int:
        """The revision of the interface's newest report that is understood.

        One with words that nobody knew is wanted again: somebody may have added them to the profile.
        """
        if self.after_sending:
            return self.told.revision - bool(self.told.unknown_words) if self.told else 0
        return self.report.revision if self.report else 0

    def offers(self, capability: Capability) -> bool:
        """Whether the interface can do it, as far as is known: an older release said nothing of it."""
        told = self.told.offers if self.told and self.told.offers is not None else None
        offered = told if told is not None else self.receipt.offers if self.receipt else None
        return capability is not Capability.WITHDRAWAL if offered is None else capability in offered

    def tells(self, capability: Capability) -> bool:
        """Whether the interface tells a fact: where it tells nothing of applications at all, it tells no fact."""
        speaks = self.offers(Capability.STATUS_FEED) or self.offers(Capability.STATUS_LOOK_UP)
        return speaks and self.offers(capability)

    @property
    def receipt_number(self) -> str | None:
        """The number that proves the application is pending."""
        return self.report.receipt_number if self.report else None

    @property
    def outcome(self) -> Outcome | None:
        """How the agency ended it."""
        return self.report.outcome if self.report else None

    @property
    def fee(self) -> Fee | None:
        """The fee the agency asks for."""
        return self.report.fee if self.report else None

    @property
    def fee_settled(self) -> bool:
        """Whether the agency has the fee: it says so, or it hands over what was to be paid for."""
        return self.handing_over or (self.fee is not None and self.fee.status is PaymentStatus.PAID)

    @property
    def collection(self) -> CollectionStatus:
        """How far the handing over is."""
        return self.report.collection if self.report else CollectionStatus.NOT_READY

    @property
    def handing_over(self) -> bool:
        """Whether the result is there to be handed over, or has been."""
        return self.collection is not CollectionStatus.NOT_READY


class StartApplication(Model):
    """The start of an application's workflow."""

    application: ApplicationInput
    carried_over: ApplicationState | None = None
    """Set only by the workflow itself, when it continues as new."""
