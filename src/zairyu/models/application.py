"""What a person applies for: the input of an application."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from zairyu.models.base import Model
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.residence import (
    ApplicationType,
    CauseKind,
    CollectionMethod,
    ConcurrentPermission,
    Filer,
    Kinship,
    OrganizationCategory,
    PeriodOfStay,
    ReEntry,
    ResidenceStatus,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
BirthDate = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}([0-9]{2}([0-9]{2})?)?$")]
"""`YYYY`, `YYYYMM` or `YYYYMMDD`: the day or the month of a birth may be unknown."""
ApplicationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{7,63}$")]
"""Opaque: it stands in ids and logs, so nothing about the person may be read from it."""
UserId = ApplicationId
"""Of a registered user, as opaque as an application's."""
NotificationNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}(-[1-9])?$")]
"""Of the notice on Designated Activities (特定活動告示): `47`, or `33-2` for 33号の2."""


class Language(StrEnum):
    """The language a person reads first."""

    JA = "ja"
    EN = "en"


class Sex(StrEnum):
    """As on the application form."""

    MALE = "MALE"
    FEMALE = "FEMALE"


class Address(Model):
    """The place of residence, as on the residence card; before an entry, the place of contact in Japan."""

    postal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")]
    prefecture: Text
    municipality: Text
    line: Text


class Contact(Model):
    """How the person is reached."""

    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9]{9,12}$")]
    language: Language = Language.JA


class Passport(Model):
    """The passport in force."""

    number: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{5,20}$")]
    expires_on: date


class CurrentStay(Model):
    """The status and period the person has now, as on the residence card."""

    card_number: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{8}[A-Z]{2}$")]
    status: ResidenceStatus
    period: PeriodOfStay
    expires_on: date
    """The last day of the period of stay, a day in Japan."""


class Relative(Model):
    """A family member or co-resident in Japan (item 16 of the extension form)."""

    relationship: Text
    name: Text
    birth_date: BirthDate
    nationality: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    lives_together: bool
    place_of_work_or_school: Text
    card_number: str | None = None


class Representative(Model):
    """Who files instead of the applicant, and signs with their own My Number card."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    """As on their own card."""
    birth_date: BirthDate
    kinship: Kinship
    lives_in_japan: bool
    contact: Contact
    """Mails go there, not to the applicant."""


class Cause(Model):
    """What happened that makes a change or an acquisition of status necessary."""

    kind: CauseKind
    happened_on: date
    """A day in Japan."""


class OfficeInquiry(Model):
    """The regional office was asked first whether the applicant may file this online themselves."""

    office: Text
    asked_on: date
    takes_it: bool


class PlannedEntry(Model):
    """How an applicant who is still abroad wants to enter Japan."""

    on: date
    port: Text
    visa_office: Text
    """Where the visa is to be applied for."""
    accompanied: bool
    entered_before: bool
    applied_before: bool
    """Whether a certificate of eligibility was applied for before."""
    deported_before: bool
    """Whether they left Japan by deportation or a departure order before."""


class Applicant(Model):
    """The foreign national the application is about."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    """In capitals, family name first, as in the passport."""
    birth_date: BirthDate
    sex: Sex
    nationality: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    """ISO 3166-1 alpha-3."""
    married: bool
    occupation: Text
    home_town: Text
    """City of residence in the home country."""
    birthplace: Text | None = None
    address: Address
    contact: Contact
    passport: Passport | None = None
    """A new-born child has none yet."""
    current_stay: CurrentStay | None = None
    """Who is still abroad, or acquires a status, has none."""
    relatives: tuple[Relative, ...] = ()


class ApplicationForm(Model):
    """What a person fills in, without the documents."""

    application_type: ApplicationType
    residence_status: ResidenceStatus
    """The status applied for; for an extension, the one held."""
    filer: Filer
    representative: Representative | None = None
    """Who files, unless the applicant does."""
    applicant: Applicant
    desired_period: PeriodOfStay | None = None
    """Nothing where no period is granted."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
    criminal_record: bool
    """Whether there was a punishment for a crime, in Japan or abroad, traffic offences included."""
    cause: Cause | None = None
    """For a change or an acquisition of status."""
    entry: PlannedEntry | None = None
    """For a certificate of eligibility."""
    designated_activity: NotificationNumber | None = None
    """For Designated Activities that a notice lists."""
    office_inquiry: OfficeInquiry | None = None
    organization_category: OrganizationCategory | None = None
    """Of the organization that employs the applicant, for the statuses of work."""
    cannot_file_because: Text | None = None
    """Illness or another reason for which an applicant of 16 or older cannot file."""
    concurrent_permissions: tuple[ConcurrentPermission, ...] = ()
    re_entry: ReEntry | None = None
    """With a re-entry permit: for one return or for several."""
    adds_kanji_name: bool = False
    """Whether kanji are to be added to the name on the card for the first time."""
    collection_method: CollectionMethod = CollectionMethod.COUNTER
    details: Mapping[str, JsonValue] = {}
    """What the sheets of this status of residence ask beyond the first one. The spec pack in force says which parts
    there are, and checks them."""

    @property
    def signer(self) -> "Applicant | Representative":
        """Who files: signs with their card, and gets the mails."""
        return self.representative or self.applicant


class ApplicationInput(Model):
    """The start of an application: the form and references to its documents."""

    application_id: ApplicationId
    user_id: UserId | None = None
    """The registered user whose stay it is about; their stay is watched."""
    form: ApplicationForm
    photo: DocumentRef | None = None
    """A child under 16 needs none."""
    attachments: tuple[Attachment, ...] = ()
    interface_profile: str = Field(default="sandbox", pattern=r"^[a-z0-9-]+$")
    """The interface of Mynaportal that carries the application."""
