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

    @property
    def result(self) -> BilingualText:
        """What the person has in hand when it is permitted."""
        return _RESULTS[self]

    @property
    def is_for_certificate(self) -> bool:
        """Whether a certificate is issued, and nothing is permitted."""
        return self in (
            ApplicationType.CERTIFICATE_OF_ELIGIBILITY,
            ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
        )


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


_CARD = BilingualText(ja="在留カード", en="residence card")
_RESULTS = {
    ApplicationType.CERTIFICATE_OF_ELIGIBILITY: BilingualText(ja="在留資格認定証明書", en="certificate of eligibility"),
    ApplicationType.CHANGE_OF_STATUS: _CARD,
    ApplicationType.EXTENSION_OF_PERIOD: _CARD,
    ApplicationType.ACQUISITION_OF_STATUS: _CARD,
    ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE: BilingualText(
        ja="就労資格証明書", en="certificate of authorized employment"
    ),
    ApplicationType.USER_REGISTRATION: BilingualText(ja="認証ID", en="authentication ID"),
}


class ResidenceStatus(StrEnum):
    """The statuses of residence, in the order of the Act. Which of them are carried, and when, is a table's matter.

    Source: Immigration Control and Refugee Recognition Act, appended tables I and II.
    """

    DIPLOMAT = "DIPLOMAT"
    OFFICIAL = "OFFICIAL"
    PROFESSOR = "PROFESSOR"
    ARTIST = "ARTIST"
    RELIGIOUS_ACTIVITIES = "RELIGIOUS_ACTIVITIES"
    JOURNALIST = "JOURNALIST"
    HIGHLY_SKILLED_PROFESSIONAL = "HIGHLY_SKILLED_PROFESSIONAL"
    BUSINESS_MANAGER = "BUSINESS_MANAGER"
    LEGAL_ACCOUNTING_SERVICES = "LEGAL_ACCOUNTING_SERVICES"
    MEDICAL_SERVICES = "MEDICAL_SERVICES"
    RESEARCHER = "RESEARCHER"
    INSTRUCTOR = "INSTRUCTOR"
    ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES = (
        "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"
    )
    INTRA_COMPANY_TRANSFEREE = "INTRA_COMPANY_TRANSFEREE"
    NURSING_CARE = "NURSING_CARE"
    ENTERTAINER = "ENTERTAINER"
    SKILLED_LABOR = "SKILLED_LABOR"
    SPECIFIED_SKILLED_WORKER = "SPECIFIED_SKILLED_WORKER"
    TECHNICAL_INTERN_TRAINING = "TECHNICAL_INTERN_TRAINING"
    EMPLOYMENT_FOR_SKILL_DEVELOPMENT = "EMPLOYMENT_FOR_SKILL_DEVELOPMENT"
    CULTURAL_ACTIVITIES = "CULTURAL_ACTIVITIES"
    TEMPORARY_VISITOR = "TEMPORARY_VISITOR"
    STUDENT = "STUDENT"
    TRAINEE = "TRAINEE"
    DEPENDENT = "DEPENDENT"
    DESIGNATED_ACTIVITIES = "DESIGNATED_ACTIVITIES"
    PERMANENT_RESIDENT = "PERMANENT_RESIDENT"
    SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL = "SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL"
    SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT = "SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT"
    LONG_TERM_RESIDENT = "LONG_TERM_RESIDENT"

    @property
    def label(self) -> BilingualText:
        """The name of the status, as the agency writes it."""
        return _STATUS_LABELS[self]


_STATUS_LABELS = {
    ResidenceStatus.DIPLOMAT: BilingualText(ja="外交", en="Diplomat"),
    ResidenceStatus.OFFICIAL: BilingualText(ja="公用", en="Official"),
    ResidenceStatus.PROFESSOR: BilingualText(ja="教授", en="Professor"),
    ResidenceStatus.ARTIST: BilingualText(ja="芸術", en="Artist"),
    ResidenceStatus.RELIGIOUS_ACTIVITIES: BilingualText(ja="宗教", en="Religious Activities"),
    ResidenceStatus.JOURNALIST: BilingualText(ja="報道", en="Journalist"),
    ResidenceStatus.HIGHLY_SKILLED_PROFESSIONAL: BilingualText(ja="高度専門職", en="Highly Skilled Professional"),
    ResidenceStatus.BUSINESS_MANAGER: BilingualText(ja="経営・管理", en="Business Manager"),
    ResidenceStatus.LEGAL_ACCOUNTING_SERVICES: BilingualText(ja="法律・会計業務", en="Legal/Accounting Services"),
    ResidenceStatus.MEDICAL_SERVICES: BilingualText(ja="医療", en="Medical Services"),
    ResidenceStatus.RESEARCHER: BilingualText(ja="研究", en="Researcher"),
    ResidenceStatus.INSTRUCTOR: BilingualText(ja="教育", en="Instructor"),
    ResidenceStatus.ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES: BilingualText(
        ja="技術・人文知識・国際業務", en="Engineer/Specialist in Humanities/International Services"
    ),
    ResidenceStatus.INTRA_COMPANY_TRANSFEREE: BilingualText(ja="企業内転勤", en="Intra-company Transferee"),
    ResidenceStatus.NURSING_CARE: BilingualText(ja="介護", en="Nursing Care"),
    ResidenceStatus.ENTERTAINER: BilingualText(ja="興行", en="Entertainer"),
    ResidenceStatus.SKILLED_LABOR: BilingualText(ja="技能", en="Skilled Labor"),
    ResidenceStatus.SPECIFIED_SKILLED_WORKER: BilingualText(ja="特定技能", en="Specified Skilled Worker"),
    ResidenceStatus.TECHNICAL_INTERN_TRAINING: BilingualText(ja="技能実習", en="Technical Intern Training"),
    ResidenceStatus.EMPLOYMENT_FOR_SKILL_DEVELOPMENT: BilingualText(
        ja="育成就労", en="Employment for Skill Development"
    ),
    ResidenceStatus.CULTURAL_ACTIVITIES: BilingualText(ja="文化活動", en="Cultural Activities"),
    ResidenceStatus.TEMPORARY_VISITOR: BilingualText(ja="短期滞在", en="Temporary Visitor"),
    ResidenceStatus.STUDENT: BilingualText(ja="留学", en="Student"),
    ResidenceStatus.TRAINEE: BilingualText(ja="研修", en="Trainee"),
    ResidenceStatus.DEPENDENT: BilingualText(ja="家族滞在", en="Dependent"),
    ResidenceStatus.DESIGNATED_ACTIVITIES: BilingualText(ja="特定活動", en="Designated Activities"),
    ResidenceStatus.PERMANENT_RESIDENT: BilingualText(ja="永住者", en="Permanent Resident"),
    ResidenceStatus.SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL: BilingualText(
        ja="日本人の配偶者等", en="Spouse or Child of Japanese National"
    ),
    ResidenceStatus.SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT: BilingualText(
        ja="永住者の配偶者等", en="Spouse or Child of Permanent Resident"
    ),
    ResidenceStatus.LONG_TERM_RESIDENT: BilingualText(ja="定住者", en="Long Term Resident"),
}


class OrganizationCategory(StrEnum):
    """The category of an employing organization, by which its documents differ.

    Source: ISA, procedures by status of residence: categories of affiliated organizations.
    """

    CATEGORY_1 = "CATEGORY_1"
    """Listed companies, public bodies and the like."""
    CATEGORY_2 = "CATEGORY_2"
    """Withheld at least 10 million yen of income tax in the last year."""
    CATEGORY_3 = "CATEGORY_3"
    """Handed in the table of statutory reports, with less tax withheld."""
    CATEGORY_4 = "CATEGORY_4"
    """All others, such as newly founded companies."""

    @property
    def number(self) -> str:
        """The number by which the agency names the category."""
        return self.value.removeprefix("CATEGORY_")

    @property
    def label(self) -> BilingualText:
        """The category, and who belongs to it."""
        return _CATEGORY_LABELS[self]


_CATEGORY_LABELS = {
    OrganizationCategory.CATEGORY_1: BilingualText(
        ja="カテゴリー1（上場企業、国・地方公共団体など）",
        en="Category 1 (listed companies, public bodies and the like)",
    ),
    OrganizationCategory.CATEGORY_2: BilingualText(
        ja="カテゴリー2（前年分の給与所得の源泉徴収税額が1,000万円以上など）",
        en="Category 2 (withheld at least 10 million yen of income tax from salaries in the last year, and the like)",
    ),
    OrganizationCategory.CATEGORY_3: BilingualText(
        ja="カテゴリー3（法定調書合計表を提出し、源泉徴収税額がそれに満たない）",
        en="Category 3 (handed in the table of statutory reports, with less tax withheld)",
    ),
    OrganizationCategory.CATEGORY_4: BilingualText(
        ja="カテゴリー4（新しい会社など、いずれにも当たらない）",
        en="Category 4 (all others, such as newly founded companies)",
    ),
}


class Filer(StrEnum):
    """Who files.

    Source: ISA, online procedures from March 2022 (2022-01), table of procedures per user; user guide for applicants
    (2024-03), section 1.
    """

    APPLICANT = "APPLICANT"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    RELATIVE = "RELATIVE"
    LAWYER_OR_SCRIVENER = "LAWYER_OR_SCRIVENER"
    ORGANIZATION_STAFF = "ORGANIZATION_STAFF"
    PUBLIC_INTEREST_CORPORATION = "PUBLIC_INTEREST_CORPORATION"
    REGISTERED_SUPPORT_ORGANIZATION = "REGISTERED_SUPPORT_ORGANIZATION"

    @property
    def label(self) -> BilingualText:
        """Who that is, in words."""
        return _FILER_LABELS[self]


_FILER_LABELS = {
    Filer.APPLICANT: BilingualText(ja="外国人本人", en="The applicant"),
    Filer.LEGAL_REPRESENTATIVE: BilingualText(
        ja="法定代理人（親権者・未成年後見人・成年後見人）",
        en="A legal representative (person with parental authority, guardian of a minor, guardian of an adult)",
    ),
    Filer.RELATIVE: BilingualText(
        ja="親族（配偶者・子・父母。法定代理人を除く）",
        en="A relative (spouse, child or parent who is not the legal representative)",
    ),
    Filer.LAWYER_OR_SCRIVENER: BilingualText(ja="弁護士・行政書士", en="A lawyer or administrative scrivener"),
    Filer.ORGANIZATION_STAFF: BilingualText(ja="所属機関の職員", en="Staff of the affiliated organization"),
    Filer.PUBLIC_INTEREST_CORPORATION: BilingualText(ja="公益法人の職員", en="Staff of a public-interest corporation"),
    Filer.REGISTERED_SUPPORT_ORGANIZATION: BilingualText(
        ja="登録支援機関の職員", en="Staff of a registered support organization"
    ),
}


class ConcurrentPermission(StrEnum):
    """Permissions that are filed for only together with another application."""

    RE_ENTRY = "RE_ENTRY"
    OTHER_ACTIVITY = "OTHER_ACTIVITY"

    @property
    def label(self) -> BilingualText:
        """The name of the application, as the agency writes it."""
        return _PERMISSION_LABELS[self]


_PERMISSION_LABELS = {
    ConcurrentPermission.RE_ENTRY: BilingualText(ja="再入国許可申請", en="Application for re-entry permit"),
    ConcurrentPermission.OTHER_ACTIVITY: BilingualText(
        ja="資格外活動許可申請",
        en="Application for permission to engage in activity other than that permitted",
    ),
}


class ReEntry(StrEnum):
    """For how many returns a re-entry permit is."""

    SINGLE = "SINGLE"
    MULTIPLE = "MULTIPLE"


class CauseKind(StrEnum):
    """What made an application necessary."""

    BIRTH = "BIRTH"
    LOSS_OF_JAPANESE_NATIONALITY = "LOSS_OF_JAPANESE_NATIONALITY"
    CHANGE_OF_ACTIVITY = "CHANGE_OF_ACTIVITY"
    OTHER = "OTHER"

    @property
    def label(self) -> BilingualText:
        """The cause in words."""
        return _CAUSE_LABELS[self]


_CAUSE_LABELS = {
    CauseKind.BIRTH: BilingualText(ja="出生", en="birth"),
    CauseKind.LOSS_OF_JAPANESE_NATIONALITY: BilingualText(ja="日本国籍の離脱", en="loss of Japanese nationality"),
    CauseKind.CHANGE_OF_ACTIVITY: BilingualText(ja="活動の変更", en="change of activity"),
    CauseKind.OTHER: BilingualText(ja="その他", en="another cause"),
}


class Kinship(StrEnum):
    """What the one who files is to the applicant."""

    PARENT = "PARENT"
    GUARDIAN = "GUARDIAN"
    SPOUSE = "SPOUSE"
    CHILD = "CHILD"


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
