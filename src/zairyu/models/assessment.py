"""What the law says of one intended application on one day: the question, and the whole answer."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime

from zairyu.models.application import ApplicationForm, BirthDate, Cause, NotificationNumber, OfficeInquiry, Text
from zairyu.models.base import BilingualText, Model
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Finding
from zairyu.models.residence import (
    ApplicationType,
    CollectionMethod,
    ConcurrentPermission,
    Filer,
    OrganizationCategory,
    PeriodOfStay,
    ReEntry,
    ResidenceStatus,
)

# ----- the question: the facts of a form that the law looks at, under the form's own names --------------------------


class HeldStay(Model):
    """The status and period somebody has now, as far as the law looks at it."""

    status: ResidenceStatus
    period: PeriodOfStay
    expires_on: date
    """The last day of the period of stay, a day in Japan."""


class Place(Model):
    """Where somebody lives, or will live."""

    prefecture: str
    """In Japanese, for example `東京都`."""


class IntendedApplicant(Model):
    """The foreign national, as far as the law looks at them."""

    birth_date: BirthDate | None = None
    address: Place | None = None
    current_stay: HeldStay | None = None


class IntendedRepresentative(Model):
    """Who files instead, as far as the law looks at them."""

    lives_in_japan: bool | None = None


class MyNumberCard(Model):
    """The card of the one who signs."""

    expires_on: date
    """The last day of its certificate for signature."""
    extended: bool = False
    """Whether its life was extended because of a pending application."""


class Intention(Model):
    """An application somebody thinks of filing.

    Every field but the type may be left out: what depends on it is then answered with "if", or as a table. A whole
    application form is an intention too, because the names are the same.
    """

    application_type: ApplicationType
    residence_status: ResidenceStatus | None = None
    filer: Filer = Filer.APPLICANT
    applicant: IntendedApplicant = IntendedApplicant()
    representative: IntendedRepresentative | None = None
    cause: Cause | None = None
    designated_activity: NotificationNumber | None = None
    office_inquiry: OfficeInquiry | None = None
    organization_category: OrganizationCategory | None = None
    cannot_file_because: Text | None = None
    desired_period: PeriodOfStay | None = None
    concurrent_permissions: tuple[ConcurrentPermission, ...] = ()
    re_entry: ReEntry | None = None
    adds_kanji_name: bool = False
    card: MyNumberCard | None = None

    @classmethod
    def of(cls, form: ApplicationForm) -> Self:
        """What the law looks at of a whole application."""
        return cls.model_validate(form.model_dump())


# ----- the answer ---------------------------------------------------------------------------------------------------


class Answer(StrEnum):
    """May it be filed so?"""

    ALLOWED = "ALLOWED"
    ALLOWED_IF = "ALLOWED_IF"
    """A condition has to be met, and the intention does not say whether it is."""
    NOT_ALLOWED = "NOT_ALLOWED"

    @property
    def label(self) -> BilingualText:
        """The answer in words."""
        return _ANSWER_LABELS[self]


_ANSWER_LABELS = {
    Answer.ALLOWED: BilingualText(ja="申請できます。", en="Allowed."),
    Answer.ALLOWED_IF: BilingualText(
        ja="次の点に問題がなければ申請できます。", en="Allowed, if nothing of this stands against it:"
    ),
    Answer.NOT_ALLOWED: BilingualText(ja="申請できません。", en="Not allowed."),
}


class Route(StrEnum):
    """How an application reaches the agency."""

    MYNAPORTAL = "MYNAPORTAL"
    """Through this service."""
    RAS = "RAS"
    """Directly with the agency's Online Residence Application System."""
    COUNTER = "COUNTER"

    @property
    def label(self) -> BilingualText:
        """The way in words."""
        return _ROUTE_LABELS[self]


_ROUTE_LABELS = {
    Route.MYNAPORTAL: BilingualText(ja="マイナポータル経由（このサービス）", en="through Mynaportal (this service)"),
    Route.RAS: BilingualText(
        ja="在留申請オンラインシステムで直接", en="directly with the Online Residence Application System"
    ),
    Route.COUNTER: BilingualText(ja="窓口", en="at the counter"),
}


class Reason(Model):
    """One thing the law says, with its source."""

    place: str
    """JSON pointer (RFC 6901) to what in the intention it is about."""
    rule: str
    """Short stable name of the rule."""
    text: BilingualText
    source: str
    condition: bool = False
    """Whether it may still turn out not to stand in the way: the intention does not say enough."""


class RequiredDocument(Reason):
    """A document that has to be attached; of one with a condition, the text says which."""

    kinds: tuple[AttachmentKind, ...] = ()
    """Any one of them will do. Nothing for the photo, and for the question which category the organization has."""
    blocking: bool = False
    """Whether it cannot be filed without; other documents the agency asks for later, and decides later."""


class Permissibility(Model):
    """Whether something may be filed, why, and what the person can do instead."""

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    """Why not, or on which conditions; nothing where it is simply allowed."""
    instead: tuple[BilingualText, ...] = ()
    """What the person can do instead."""
    routes: tuple[Route, ...] = ()
    """The ways that stay open to this filer, the first being the best."""


class ConcurrentAnswer(Model):
    """Whether a permission may be filed for together with it."""

    permission: ConcurrentPermission
    permissibility: Permissibility


class Limit(Model):
    """A first or last moment, and the sentence a person reads."""

    on: date
    """The first or last day, a day in Japan."""
    at: AwareDatetime
    """The first moment at which it is possible, or at which it is not possible any more."""
    sentence: BilingualText


class Window(Model):
    """From when until when one way is open; a missing limit is open."""

    opens: Limit | None = None
    closes: Limit | None = None
    source: str

    def over(self, on: date) -> bool:
        """Whether nothing can be filed this way any more: the last day is past, or comes before the first one."""
        return self.closes is not None and (
            on > self.closes.on or (self.opens is not None and self.opens.on > self.closes.on)
        )


class SpecialPeriod(Model):
    """What happens if there is no decision by the last day of the period of stay."""

    until: Limit | None = None
    """Nothing where there is no special period."""
    sentence: BilingualText
    source: str


class FeeBand(Model):
    """What a permission costs, in yen, for one band of granted periods."""

    granted: BilingualText
    """The band in words; for a fee that does not depend on the period, what it is for."""
    amount: int
    settlement_fee: int = 0
    source: str

    @property
    def total(self) -> int:
        """Yen, the settlement fee included."""
        return self.amount + self.settlement_fee


class FeeEstimate(Model):
    """What will have to be paid."""

    free: bool
    online: tuple[FeeBand, ...] = ()
    """One band when the amount is certain, all that are possible while the granted period is unknown."""
    counter: tuple[FeeBand, ...] = ()
    concurrent: tuple[FeeBand, ...] = ()
    """What the concurrent permissions cost on top."""
    how_to_pay: BilingualText | None = None
    source: str


class CollectionOption(Model):
    """One way to collect the result."""

    method: CollectionMethod
    open: bool
    closed_because: tuple[BilingualText, ...] = ()
    """Each reason for which it cannot be chosen."""
    enclosures: tuple[BilingualText, ...] = ()
    """What to send by post, or to bring to the counter."""
    send_to: BilingualText | None = None
    warnings: tuple[BilingualText, ...] = ()
    source: str


class OfficeInCharge(Model):
    """The regional office that examines it."""

    code: str
    name: BilingualText
    source: str


class CardOutlook(Model):
    """Whether the signer's card lasts as long as it is needed."""

    lasts: bool
    extend_by: Limit | None = None
    """The last day on which the municipality extends the card."""
    extended_until: date | None = None
    """The last day of a card that was extended."""
    reasons: tuple[Reason, ...] = ()
    """What is lost otherwise."""


class Task(Model):
    """Something the person must do next."""

    what: BilingualText
    by: Limit | None = None


class Assessment(Model):
    """Everything the law says of an intention on one day."""

    on: date
    """The day in Japan on which it is judged."""
    intention: Intention
    permissibility: Permissibility
    """On that day: a way that has closed is none any more."""
    concurrent: tuple[ConcurrentAnswer, ...] = ()
    online: Window | None = None
    counter: Window | None = None
    special_period: SpecialPeriod | None = None
    fee: FeeEstimate | None = None
    collection: tuple[CollectionOption, ...] = ()
    documents: tuple[RequiredDocument, ...] = ()
    """What has to be attached."""
    office: OfficeInCharge | None = None
    card: CardOutlook | None = None
    likely_decided_by: Limit | None = None
    """The end of the standard processing period, if it were filed on the day or, before that, on the first day."""
    tasks: tuple[Task, ...] = ()
    """What to do next, in the order in which it is done."""
    findings: tuple[Finding, ...] = ()
    """What speaks against filing it online on that day, as findings on a form."""
