"""What a person applies for: the input of an application."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from zairyu.models.base import Model
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.residence import (
    ApplicationType,
    CollectionMethod,
    ConcurrentPermission,
    Filer,
    PeriodOfStay,
    ResidenceStatus,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
BirthDate = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}([0-9]{2}([0-9]{2})?)?$")]
"""`YYYY`, `YYYYMM` or `YYYYMMDD`: the day or the month of a birth may be unknown."""
ApplicationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{7,63}$")]
"""Opaque: it stands in ids and logs, so nothing about the person may be read from it."""


class Language(StrEnum):
    """The language a person reads first."""

    JA = "ja"
    EN = "en"


class Sex(StrEnum):
    """As on the application form."""

    MALE = "MALE"
    FEMALE = "FEMALE"


class Address(Model):
    """The place of residence, as on the residence card."""

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
    address: Address
    contact: Contact
    passport: Passport
    current_stay: CurrentStay
    relatives: tuple[Relative, ...] = ()


class ApplicationForm(Model):
    """What a person fills in, without the documents."""

    application_type: ApplicationType
    residence_status: ResidenceStatus
    """The status applied for; for an extension, the one held."""
    filer: Filer
    applicant: Applicant
    desired_period: PeriodOfStay
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
    criminal_record: bool
    """Whether there was a punishment for a crime, in Japan or abroad, traffic offences included."""
    concurrent_permissions: tuple[ConcurrentPermission, ...] = ()
    collection_method: CollectionMethod = CollectionMethod.COUNTER


class ApplicationInput(Model):
    """The start of an application: the form and references to its documents."""

    application_id: ApplicationId
    form: ApplicationForm
    photo: DocumentRef
    attachments: tuple[Attachment, ...] = ()
    interface_profile: str = Field(default="sandbox", pattern=r"^[a-z0-9-]+$")
    """The interface of Mynaportal that carries the application."""
