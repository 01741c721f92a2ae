"""Which documents an application needs: by type, status, filer, category of the organization and cause."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from pydantic import Field, model_validator

from zairyu.models.assessment import Intention, RequiredDocument
from zairyu.models.base import BilingualText
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType, CauseKind, Filer, OrganizationCategory, ResidenceStatus
from zairyu.rules.applicants import is_under
from zairyu.rules.deliveries import limits_on
from zairyu.rules.statuses import status_applied_for
from zairyu.rules.tables import DatedRow, in_force, load_table


class PhotoRule(DatedRow):
    """The format and the age of the photo."""

    width_mm: int = Field(ge=1)
    height_mm: int = Field(ge=1)
    taken_within_months: int = Field(ge=1)
    not_needed_under_age: int = Field(ge=0, description="years")
    not_needed_for: frozenset[ApplicationType]
    """The applications to which a child needs no photo."""
    never_needed_for: frozenset[ApplicationType]
    """The applications to which nobody needs one."""

    def needed(self, application_type: ApplicationType, birth_date: str | None, *, on: date) -> bool:
        """Whether an applicant needs a photo; who may be too old to go without one, needs one."""
        if application_type in self.never_needed_for:
            return False
        exempt = application_type in self.not_needed_for
        return not (exempt and is_under(birth_date, self.not_needed_under_age, on=on))


@dataclass(frozen=True)
class DocumentFacts:
    """What the documents of an application depend on, as far as it is known."""

    application_type: ApplicationType | None
    residence_status: ResidenceStatus | None
    filer: Filer | None
    organization_category: OrganizationCategory | None = None
    cause: CauseKind | None = None


class RequiredAttachment(DatedRow):
    """A document that has to be there, and for which applications. A column that is left out stands for all."""

    kind: AttachmentKind | None = None
    any_of: tuple[AttachmentKind, ...] = ()
    """Instead of one kind: several, of which one will do."""
    application_types: frozenset[ApplicationType] = Field(min_length=1)
    residence_statuses: frozenset[ResidenceStatus] = Field(default=frozenset(ResidenceStatus), min_length=1)
    filers: frozenset[Filer] = Field(default=frozenset(Filer), min_length=1)
    organization_categories: frozenset[OrganizationCategory] = Field(
        default=frozenset(OrganizationCategory), min_length=1
    )
    causes: frozenset[CauseKind] = Field(default=frozenset(CauseKind), min_length=1)
    only_if: BilingualText | None = None
    """Under which condition, where no form says whether it is met: such a document is told, and never missed."""
    blocking: bool = False
    """Whether it cannot be filed without."""
    message: BilingualText

    @model_validator(mode="after")
    def _says_what_it_requires(self) -> Self:
        if (self.kind is None) is not (len(set(self.any_of)) > 1):
            raise ValueError("a row requires one kind, or any of several")
        depends = self.only_if or self._depends_on_category or self._depends_on_cause
        if self.blocking and depends:
            raise ValueError("what stops an application must not depend on what may be left unsaid")
        return self

    @property
    def kinds(self) -> tuple[AttachmentKind, ...]:
        """What will do."""
        return self.any_of if self.kind is None else (self.kind,)

    @property
    def _depends_on_category(self) -> bool:
        return len(self.organization_categories) < len(OrganizationCategory)

    @property
    def _depends_on_cause(self) -> bool:
        return len(self.causes) < len(CauseKind)

    def may_concern(self, facts: DocumentFacts) -> bool:
        """Whether an application must have the document, or would under a condition."""
        return (
            facts.application_type in self.application_types
            and facts.residence_status in self.residence_statuses
            and facts.filer in self.filers
            and (facts.organization_category is None or facts.organization_category in self.organization_categories)
            and (facts.cause is None or facts.cause in self.causes)
        )

    def conditions(self, facts: DocumentFacts) -> Iterator[BilingualText]:
        """What has to be so for the document to be needed, and is not known."""
        if self._depends_on_category and facts.organization_category is None:
            numbers = [category.number for category in OrganizationCategory if category in self.organization_categories]
            yield BilingualText(
                ja=f"所属機関がカテゴリー{'・'.join(numbers)}の場合",
                en=f"If the organization is of category {' or '.join(numbers)}",
            )
        if self._depends_on_cause and facts.cause is None:
            causes = [cause.label for cause in CauseKind if cause in self.causes]
            yield BilingualText(
                ja=f"事由が「{'・'.join(cause.ja for cause in causes)}」の場合",
                en=f"If the cause is {' or '.join(cause.en for cause in causes)}",
            )
        if self.only_if is not None:
            yield self.only_if


class CategoryRow(DatedRow):
    """Applications whose documents depend on the category of the employing organization."""

    application_types: frozenset[ApplicationType]
    residence_statuses: frozenset[ResidenceStatus]

    def asks(self, facts: DocumentFacts) -> bool:
        """Whether the category has to be known, and is not."""
        return (
            facts.organization_category is None
            and facts.application_type in self.application_types
            and facts.residence_status in self.residence_statuses
        )


_PHOTO = load_table("photo_rules", PhotoRule)
_REQUIRED = load_table("required_attachments", RequiredAttachment)
_CATEGORIES = load_table("organization_categories", CategoryRow)
_WHICH_CATEGORY: Final = BilingualText(
    ja="所属機関のカテゴリーによって提出書類が変わります。どのカテゴリーか確かめてください："
    + "、".join(category.label.ja for category in OrganizationCategory)
    + "。",
    en="The documents depend on the category of the organization. Find out which one it is: "
    + "; ".join(category.label.en for category in OrganizationCategory)
    + ".",
)


def photo_rule(on: date) -> PhotoRule | None:
    """What the photo must be on a day in Japan; nothing before online filing began."""
    return next(iter(in_force(_PHOTO, on)), None)


def required_documents(intention: Intention, *, on: date) -> tuple[RequiredDocument, ...]:
    """What has to be attached to an intended application on a day in Japan: what may not be missing comes first.

    What depends on a fact that the intention does not give is told with that condition.
    """
    facts = DocumentFacts(
        intention.application_type,
        status_applied_for(intention),
        intention.filer,
        intention.organization_category,
        intention.cause.kind if intention.cause else None,
    )
    told = (*_photo(intention, on), *_which_category(facts, on), *_documents(facts, on))
    return tuple(sorted(told, key=lambda document: (document.condition, not document.blocking)))


def _photo(intention: Intention, on: date) -> Iterator[RequiredDocument]:
    rule = photo_rule(on)
    if rule is not None and rule.needed(intention.application_type, intention.applicant.birth_date, on=on):
        yield RequiredDocument(
            place="/photo",
            rule="photo-required",
            text=BilingualText(
                ja=f"顔写真（縦{rule.height_mm // 10}cm×横{rule.width_mm // 10}cm、"
                f"{rule.taken_within_months}か月以内に撮影）を添付してください。",
                en=f"Attach a photo ({rule.width_mm // 10} cm wide, {rule.height_mm // 10} cm high, taken within "
                f"{rule.taken_within_months} months).",
            ),
            source=rule.source,
            blocking=True,
        )


def _which_category(facts: DocumentFacts, on: date) -> Iterator[RequiredDocument]:
    for row in in_force(_CATEGORIES, on):
        if row.asks(facts):
            yield RequiredDocument(
                place="/organization_category",
                rule="organization-category",
                text=_WHICH_CATEGORY,
                source=row.source,
                condition=True,
            )


def _documents(facts: DocumentFacts, on: date) -> Iterator[RequiredDocument]:
    for row in in_force(_REQUIRED, on):
        if row.may_concern(facts):
            conditions = tuple(row.conditions(facts))
            yield RequiredDocument(
                place="/attachments",
                rule="attachment-required",
                text=BilingualText(
                    ja="".join(f"{condition.ja}：" for condition in conditions) + row.message.ja,
                    en="".join(f"{condition.en}: " for condition in conditions) + row.message.en,
                ),
                source=row.source,
                condition=bool(conditions),
                kinds=row.kinds,
                blocking=row.blocking,
            )


def missing_documents(attachments: Sequence[Attachment], facts: DocumentFacts, on: date) -> tuple[Finding, ...]:
    """What is not attached and should be, on a day in Japan, and what that depends on and is not said."""
    return (*_absent(attachments, facts, on), *_category_unsaid(facts, on))


def _absent(attachments: Sequence[Attachment], facts: DocumentFacts, on: date) -> Iterator[Finding]:
    there = {attachment.kind for attachment in attachments}
    # Where only one file was taken, all documents are pages of it, and its kind tells of one of them.
    limits = limits_on(on)
    joined = bool(attachments) and limits is not None and limits.max_files == 1
    for row in in_force(_REQUIRED, on):
        if not row.may_concern(facts) or any(row.conditions(facts)) or not there.isdisjoint(row.kinds):
            continue
        if row.blocking or not joined:
            yield Finding(
                place="/attachments",
                rule="attachment-required",
                severity=Severity.ERROR if row.blocking else Severity.WARNING,
                message=row.message,
                source=row.source,
            )


def _category_unsaid(facts: DocumentFacts, on: date) -> Iterator[Finding]:
    for question in _which_category(facts, on):
        yield Finding(
            place=question.place,
            rule=question.rule,
            severity=Severity.WARNING,
            message=question.text,
            source=question.source,
        )
