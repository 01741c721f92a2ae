"""The words of the residence procedures, in the Immigration Services Agency's own English."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from zairyu.models.base import BilingualText, Model


class ApplicationType(StrEnum):
    """The six kinds of application that the Mynaportal application API carries.

    Source: ISA, briefing on the API specification (2021-10-20), section 3.
    """

    CERTIFICATE_OF_ELIGIBILITY = "CERTIFICATE_OF_ELIGIBILITY"
    CHANGE_OF_STATUS = "CHANGE_OF_STATUS"
    EXTENSION_OF_PERIOD = "EXTENSION_OF_PERIOD"
    ACQUISITION_OF_STATUS = "ACQUISITION_OF_STATUS"
    AUTHORIZED_EMPLOYMENT_CERTIFICATE = "AUTHORIZED_EMPLOYMENT_CERTIFICATE"
    USER_REGISTRATION = "USER_REGISTRATION"

    @property
    def label(self) -> BilingualText:
        """The name of the application, as the agency writes it."""
        return _APPLICATION_LABELS[self]


_APPLICATION_LABELS = {
    ApplicationType.CERTIFICATE_OF_ELIGIBILITY: BilingualText(
        ja="在留資格認定証明書交付申請", en="Application for certificate of eligibility"
    ),
    ApplicationType.CHANGE_OF_STATUS: BilingualText(
        ja="在留資格変更許可申請", en="Application for change of status of residence"
    ),
    ApplicationType.EXTENSION_OF_PERIOD: BilingualText(
        ja="在留期間更新許可申請", en="Application for extension of period of stay"
    ),
    ApplicationType.ACQUISITION_OF_STATUS: BilingualText(
        ja="在留資格取得許可申請", en="Application for permission to acquire status of residence"
    ),
    ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE: BilingualText(
        ja="就労資格証明書交付申請", en="Application for certificate of authorized employment"
    ),
    ApplicationType.USER_REGISTRATION: BilingualText(ja="利用者情報登録", en="User registration"),
}


class ResidenceStatus(StrEnum):
    """The 26 statuses of residence that can be filed for through Mynaportal.

    Source: ISA, briefing on the API specification (2021-10-20), section 3.
    """

    PROFESSOR = "PROFESSOR"
    INSTRUCTOR = "INSTRUCTOR"
    ARTIST = "ARTIST"
    CULTURAL_ACTIVITIES = "CULTURAL_ACTIVITIES"
    RELIGIOUS_ACTIVITIES = "RELIGIOUS_ACTIVITIES"
    INTRA_COMPANY_TRANSFEREE = "INTRA_COMPANY_TRANSFEREE"
    JOURNALIST = "JOURNALIST"
    BUSINESS_MANAGER = "BUSINESS_MANAGER"
    RESEARCHER = "RESEARCHER"
    SKILLED_LABOR = "SKILLED_LABOR"
    ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES = (
        "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"
    )
    NURSING_CARE = "NURSING_CARE"
    ENTERTAINER = "ENTERTAINER"
    HIGHLY_SKILLED_PROFESSIONAL = "HIGHLY_SKILLED_PROFESSIONAL"
    STUDENT = "STUDENT"
    TRAINEE = "TRAINEE"
    DEPENDENT = "DEPENDENT"
    MEDICAL_SERVICES = "MEDICAL_SERVICES"
    OFFICIAL = "OFFICIAL"
    LEGAL_ACCOUNTING_SERVICES = "LEGAL_ACCOUNTING_SERVICES"
    DESIGNATED_ACTIVITIES = "DESIGNATED_ACTIVITIES"
    TECHNICAL_INTERN_TRAINING = "TECHNICAL_INTERN_TRAINING"
    SPECIFIED_SKILLED_WORKER = "SPECIFIED_SKILLED_WORKER"
    SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL = "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL"
    SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT = "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT"
    LONG_TERM_RESIDENT = "LONG_TERM_RESIDENT"


class Filer(StrEnum):
    """Who files. Source: ISA, user guide for applicants (2024-03), section 1."""

    APPLICANT = "APPLICANT"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    RELATIVE = "RELATIVE"


class ConcurrentPermission(StrEnum):
    """Permissions that are filed for only together with another application."""

    RE_ENTRY = "RE_ENTRY"
    OTHER_ACTIVITY = "OTHER_ACTIVITY"


class CollectionMethod(StrEnum):
    """How the result is collected. Source: ISA, user guide for applicants (2024-03), section 5 (1) IV."""

    POST = "POST"
    COUNTER = "COUNTER"
    EMAIL = "EMAIL"


class PeriodOfStay(Model):
    """A period of stay as it is granted and printed on the card, for example 3 years or 6 months."""

    years: int = Field(default=0, ge=0, le=5)
    months: int = Field(default=0, ge=0, le=11)
    days: int = Field(default=0, ge=0, le=90)

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if not (self.years or self.months or self.days):
            raise ValueError("a period of stay is longer than nothing")
        return self

    @property
    def length(self) -> tuple[int, int]:
        """Months and days, to be compared: a period granted in days, up to 90, is shorter than any in months."""
        return self.years * 12 + self.months, self.days

    @property
    def label(self) -> BilingualText:
        """The period as people read it."""
        ja = "".join(f"{n}{unit}" for n, unit in ((self.years, "年"), (self.months, "月"), (self.days, "日")) if n)
        en = " ".join(
            f"{n} {unit}{'s' if n > 1 else ''}"
            for n, unit in ((self.years, "year"), (self.months, "month"), (self.days, "day"))
            if n
        )
        return BilingualText(ja=ja, en=en)
