"""From an application and its documents to a package that lacks only its signature."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import BinaryIO

from zairyu.activities.packaging.archive import Content, write_archive
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
from zairyu.activities.packaging.photo import prepare_photo
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
    """An application's documents as open files.

    They hold what the application refers to, as `BlobStore.fetch` has made sure: the digests of the attachments are
    taken from there, not anew.
    """

    photo: BinaryIO | None
    attachments: Sequence[BinaryIO]
    """In the order of the application."""


@dataclass(frozen=True)
class Assembled:
    """A package without its signature value."""

    sha256: str
    size: int
    digest_to_sign: str
    file_count: int
    """The files that the signature covers: all but the manifest, which it stands in."""
    spec_pack: str


def assemble(application: ApplicationInput, documents: Documents, filing_day: date, into: BinaryIO) -> Assembled:
    """Check everything, then build the package for a day in Japan in an empty file.

    The same input gives the same bytes.

    Raises:
        PackageRefused: with every finding, never only the first.
        SpecPackMissing: no pack is in force on that day.
    """
    pack = pack_in_force(application.form.application_type, filing_day)
    rule = photo_rule(filing_day)
    if pack is None or rule is None:
        raise SpecPackMissing(detail=f"{application.form.application_type} on {filing_day}")

    with ThreadPoolExecutor(1) as beside:
        drawing = None
        if documents.photo is not None:
            documents.photo.seek(0)
            drawing = beside.submit(prepare_photo, documents.photo.read(), rule, pack.photo, filing_day)
        filled = _filled(application, pack)
        pdf_findings = tuple(_pdf_findings(application, documents))
        attachments = tuple(_attachments(application, documents, pack))
        photo = drawing.result() if drawing else None
    errors = tuple(
        finding
        for finding in (
            *filled.findings,
            *check_attachments(application, filing_day),
            *(photo.findings if photo else ()),
            *pdf_findings,
        )
        if finding.severity is Severity.ERROR
    )
    if errors:
        raise PackageRefused(findings=errors)

    pictures = (PackedFile.of(pack.layout.photo, "PHOTO", "image/jpeg", photo.content),) if photo else ()
    files = (_csv_of(filled, pack), *pictures, *attachments)
    return _packed(declared_by_application(application), files, pack, filing_day, into)


def assemble_registration(sheet: RegistrationSheet, filing_day: date, into: BinaryIO) -> Assembled:
    """Check the sheet, then build its package for a day in Japan in an empty file: no photo, and nothing attached.

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
    return _packed(declared_by_registration(sheet), (_csv_of(filled, pack),), pack, filing_day, into)


def _packed(
    declared: Declared, files: Sequence[PackedFile], pack: SpecPack, filing_day: date, into: BinaryIO
) -> Assembled:
    digests = {file.name: file.digest for file in files}
    manifest = prepare_signature(write_manifest(declared, files, pack, filing_day), digests)
    # The manifest stands first: sealing finds it there.
    contents = {
        pack.layout.manifest: Content.of(BytesIO(manifest.content)),
        **{file.name: file.content for file in files},
    }
    archive = write_archive(contents, into)
    if archive.size > pack.max_package_bytes:
        raise PackageRefused(findings=(_too_large(pack),))
    return Assembled(archive.sha256, archive.size, manifest.digest_to_sign, len(files), pack.label)


def _filled(application: ApplicationInput, pack: SpecPack) -> FilledForm:
    form = pack.form_for(application.form.application_type, application.form.residence_status)
    if form is None:
        return FilledForm((), (_no_form(pack),))
    return fill_in(form, application.form.model_dump(mode="json"), pack)


def _pdf_findings(application: ApplicationInput, documents: Documents) -> Iterator[Finding]:
    for index, (attachment, file) in enumerate(zip(application.attachments, documents.attachments, strict=True)):
        if attachment.document.media_type == PDF:
            yield from check_pdf(file, index, attachment.kind)


def _attachments(application: ApplicationInput, documents: Documents, pack: SpecPack) -> Iterator[PackedFile]:
    for index, (attachment, file) in enumerate(zip(application.attachments, documents.attachments, strict=True)):
        name = pack.layout.attachment_name(index)
        digest = bytes.fromhex(attachment.document.sha256)
        yield PackedFile(name, attachment.kind, PDF, Content.of(file), digest)


def _csv_of(filled: FilledForm, pack: SpecPack) -> PackedFile:
    return PackedFile.of(pack.layout.csv, "CSV", "text/csv", write_csv(filled.cells, pack.csv))


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
