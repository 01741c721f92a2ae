"""From an application and its documents to a package that lacks only its signature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from zairyu.activities.packaging.archive import write_archive
from zairyu.activities.packaging.csv_file import write_csv
from zairyu.activities.packaging.errors import PackageRefused, SpecPackMissing
from zairyu.activities.packaging.manifest import (
    Declared,
    PackedFile,
    declared_by_application,
    declared_by_registration,
    write_manifest,
)
from zairyu.activities.packaging.pdf import check_pdf
from zairyu.activities.packaging.photo import Photo, prepare_photo
from zairyu.activities.packaging.signature import prepare_signature
from zairyu.models.application import ApplicationInput
from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, Severity
from zairyu.models.registration import RegistrationSheet
from zairyu.models.residence import ApplicationType
from zairyu.rules.attachments import PDF, check_attachments, photo_rule
from zairyu.rules.items import FilledForm, fill_in
from zairyu.rules.spec_packs import SpecPack, pack_in_force


@dataclass(frozen=True)
class Documents:
    """The bytes of an application's documents."""

    photo: bytes | None
    attachments: Sequence[bytes]
    """In the order of the application."""


@dataclass(frozen=True)
class Assembled:
    """A package without its signature value."""

    archive: bytes
    digest_to_sign: str
    file_count: int
    """The files that the signature covers: all but the manifest, which it stands in."""
    spec_pack: str


def assemble(application: ApplicationInput, documents: Documents, filing_day: date) -> Assembled:
    """Check everything, then build the package for a day in Japan. The same input gives the same bytes.

    Raises:
        PackageRefused: with every finding, never only the first.
        SpecPackMissing: no pack is in force on that day.
    """
    pack = pack_in_force(application.form.application_type, filing_day)
    rule = photo_rule(filing_day)
    if pack is None or rule is None:
        raise SpecPackMissing(detail=f"{application.form.application_type} on {filing_day}")

    filled = _filled(application, pack)
    photo = None if documents.photo is None else prepare_photo(documents.photo, rule, pack.photo, filing_day)
    errors = tuple(
        finding
        for finding in (
            *filled.findings,
            *check_attachments(application, filing_day),
            *(photo.findings if photo else ()),
            *_pdf_findings(application, documents),
        )
        if finding.severity is Severity.ERROR
    )
    if errors:
        raise PackageRefused(findings=errors)

    files = tuple(_files(application, documents, filled, photo, pack))
    return _packed(declared_by_application(application), files, pack, filing_day)


def assemble_registration(sheet: RegistrationSheet, filing_day: date) -> Assembled:
    """Check the sheet, then build its package for a day in Japan: no photo, and nothing attached.

    Raises:
        PackageRefused: with every finding, never only the first.
        SpecPackMissing: no pack is in force on that day.
    """
    pack = pack_in_force(ApplicationType.USER_REGISTRATION, filing_day)
    form = pack.form_for(ApplicationType.USER_REGISTRATION, None) if pack else None
    if pack is None or form is None:
        raise SpecPackMissing(detail=f"{ApplicationType.USER_REGISTRATION} on {filing_day}")
    filled = fill_in(form, sheet.model_dump(mode="json"), pack)
    if filled.findings:
        raise PackageRefused(findings=filled.findings)
    return _packed(declared_by_registration(sheet), (_csv_of(filled, pack),), pack, filing_day)


def _packed(declared: Declared, files: Sequence[PackedFile], pack: SpecPack, filing_day: date) -> Assembled:
    contents = {file.name: file.content for file in files}
    manifest = prepare_signature(write_manifest(declared, files, pack, filing_day), contents)
    # The manifest stands first: sealing finds it there.
    archive = write_archive({pack.layout.manifest: manifest.content, **contents})
    if len(archive) > pack.max_package_bytes:
        raise PackageRefused(findings=(_too_large(pack),))
    return Assembled(archive, manifest.digest_to_sign, len(files), pack.label)


def _filled(application: ApplicationInput, pack: SpecPack) -> FilledForm:
    form = pack.form_for(application.form.application_type, application.form.residence_status)
    if form is None:
        return FilledForm((), (_no_form(pack),))
    return fill_in(form, application.form.model_dump(mode="json"), pack)


def _pdf_findings(application: ApplicationInput, documents: Documents) -> Iterator[Finding]:
    for index, (attachment, content) in enumerate(zip(application.attachments, documents.attachments, strict=True)):
        if attachment.document.media_type == PDF:
            yield from check_pdf(content, index, attachment.kind)


def _files(
    application: ApplicationInput, documents: Documents, filled: FilledForm, photo: Photo | None, pack: SpecPack
) -> Iterator[PackedFile]:
    yield _csv_of(filled, pack)
    if photo is not None:
        yield PackedFile(pack.layout.photo, "PHOTO", "image/jpeg", photo.content)
    for index, (attachment, content) in enumerate(zip(application.attachments, documents.attachments, strict=True)):
        yield PackedFile(pack.layout.attachment_name(index), attachment.kind, PDF, content)


def _csv_of(filled: FilledForm, pack: SpecPack) -> PackedFile:
    return PackedFile(pack.layout.csv, "CSV", "text/csv", write_csv(filled.cells, pack.csv))


def _no_form(pack: SpecPack) -> Finding:
    return Finding(
        place="/residence_status",
        rule="form-in-pack",
        message=BilingualText(
            ja="この在留資格の申請書は、現在の仕様データに含まれていません。",
            en="The spec pack in force has no form for this status of residence.",
        ),
        source=f"spec pack {pack.label}",
    )


def _too_large(pack: SpecPack) -> Finding:
    return Finding(
        place="/attachments",
        rule="package-size",
        message=BilingualText(
            ja="申請データ全体が大きすぎます。添付資料を小さくしてください。",
            en="The package as a whole is too large. Make the attachments smaller.",
        ),
        source=f"spec pack {pack.label}",
    )
