"""May this application be filed here? Every finding at once, each with its place.

What the law says of it can be asked anywhere, also in a workflow. What the agency's form has room for depends on the
spec packs of an installation, so it is asked where those are: at the door, and where the package is built.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from zairyu.models.application import ApplicationForm, ApplicationInput, BirthDate
from zairyu.models.base import BilingualText
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.findings import Finding, place_of
from zairyu.models.residence import ApplicationType, CauseKind, Filer, OrganizationCategory, ResidenceStatus
from zairyu.rules.attachments import check_attachments, check_documents
from zairyu.rules.items import fill_in
from zairyu.rules.judgement import judged, part_of
from zairyu.rules.my_number import my_numbers
from zairyu.rules.readable import unreadable_parts
from zairyu.rules.required_documents import DocumentFacts
from zairyu.rules.spec_packs import SpecPacks


def check_application(application: ApplicationInput, *, on: date) -> tuple[Finding, ...]:
    """Everything that speaks against an application on a day in Japan, the documents included."""
    return (*check_form(application.form.model_dump(mode="json"), on=on), *check_attachments(application, on))


def check_input(
    form: Mapping[str, Any],
    photo: DocumentRef | None,
    attachments: Sequence[Attachment],
    packs: SpecPacks,
    *,
    on: date,
) -> tuple[Finding, ...]:
    """The same for an application as it was handed in.

    The form may be malformed: what can be read of it is judged all the same, so that a person hears of a
    closed window, a mistyped telephone number and a missing document in one answer, not one after the other.
    """
    return (
        *check_entries(form, packs, on=on),
        *check_documents(
            photo,
            attachments,
            DocumentFacts(
                part_of(form, "/application_type", ApplicationType),
                part_of(form, "/residence_status", ResidenceStatus),
                part_of(form, "/filer", Filer),
                part_of(form, "/organization_category", OrganizationCategory),
                part_of(form, "/cause/kind", CauseKind),
            ),
            birth_date=part_of(form, "/applicant/birth_date", BirthDate),
            on=on,
        ),
    )


def check_form(form: Mapping[str, Any], *, on: date) -> tuple[Finding, ...]:
    """Everything that the law says is wrong with a form, malformed or not."""
    if unreadable := unreadable_parts(form):
        return unreadable
    return (*_malformed(form), *judged(form, on), *my_numbers(form))


def check_entries(form: Mapping[str, Any], packs: SpecPacks, *, on: date) -> tuple[Finding, ...]:
    """The same, and everything that the agency's own form has no room, no code or no characters for."""
    findings = check_form(form, on=on)
    if unreadable_parts(form):
        return findings
    known = {finding.place for finding in findings}
    return (*findings, *(finding for finding in _unwritable(form, packs, on) if not _is_known(finding.place, known)))


def _is_known(place: str, known: set[str]) -> bool:
    """Whether a place, or the whole of which it is a part, has a finding already."""
    return any(place == other or place.startswith(f"{other}/") for other in known if other)


def _malformed(form: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        ApplicationForm.model_validate(form)
    except ValidationError as error:
        yield from malformed_findings(error)


def malformed_findings(error: ValidationError, under: str = "") -> Iterator[Finding]:
    """Say what does not have the right form, field by field."""
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        missing = fault["type"] == "missing"
        yield Finding(
            place=under + place_of(*fault["loc"]),
            rule="required" if missing else "format",
            message=BilingualText(
                ja="この項目は必須です。" if missing else f"形式が正しくありません（{fault['type']}）。",
                en="This item is required." if missing else f"This does not have the right form: {fault['msg']}.",
            ),
        )


def _unwritable(form: Mapping[str, Any], packs: SpecPacks, on: date) -> Iterator[Finding]:
    """By the spec pack in force."""
    application_type, status = (
        part_of(form, "/application_type", ApplicationType),
        part_of(form, "/residence_status", ResidenceStatus),
    )
    pack = packs.in_force(application_type, on) if application_type else None
    sheet = pack.form_for(application_type, status) if pack and application_type and status else None
    if pack is not None and sheet is not None:
        yield from fill_in(sheet, form, pack, on=on).findings
