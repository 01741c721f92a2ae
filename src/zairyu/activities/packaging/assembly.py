"""From an application and its documents to a package that lacks only its signature."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import BinaryIO

from zairyu.activities.documents.contents import Documents, check_attached, photo_to_send
from zairyu.activities.documents.files import Content
from zairyu.activities.packaging.archive import ArchiveWriter
from zairyu.activities.packaging.attached import LaterDelivery, attached_files, later_deliveries
from zairyu.activities.packaging.csv_file import write_csv
from zairyu.activities.packaging.errors import PackageRefused, SpecPackMissing
from zairyu.activities.packaging.manifest import (
    Declared,
    PackedFile,
    declared_by_application,
    declared_by_registration,
    declared_by_supply,
    write_manifest,
)
from zairyu.activities.packaging.signature import prepare_signature
from zairyu.models.application import ApplicationInput
from zairyu.models.base import BilingualText
from zairyu.models.document_request import BuildSupply
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Finding, Severity
from zairyu.models.registration import RegistrationSheet
from zairyu.models.residence import ApplicationType
from zairyu.models.spec_pack import SpecPack
from zairyu.rules.attachments import PDF, check_attachments
from zairyu.rules.deliveries import limits_on, plan_deliveries
from zairyu.rules.items import FilledForm, fill_in
from zairyu.rules.spec_packs import SpecPacks


@dataclass(frozen=True)
class Assembled:
    """A package without its signature value."""

    sha256: str
    size: int
    digest_to_sign: str
    file_count: int
    """The files that the signature covers: all but the manifest, which it stands in."""
    spec_pack: SpecPack
    findings: tuple[Finding, ...]
    """What is to be said of it, and does not stop it."""
    to_follow: tuple[LaterDelivery, ...] = ()
    """What did not fit."""


def assemble(
    application: ApplicationInput, documents: Documents, packs: SpecPacks, filing_day: date, into: BinaryIO
) -> Assembled:
    """Check everything, then build the package for a day in Japan in an empty file.

    The same input gives the same bytes.

    Raises:
        PackageRefused: with every finding, never only the first.
        SpecPackMissing: no pack is in force on that day.
    """
    pack, limits = packs.in_force(application.form.application_type, filing_day), limits_on(filing_day)
    if pack is None or limits is None:
        raise SpecPackMissing(detail=f"{application.form.application_type} on {filing_day}")

    with ThreadPoolExecutor(1) as beside, ExitStack() as files, ArchiveWriter(into) as archive:
        drawing = beside.submit(photo_to_send, documents.photo, pack.photo, on=filing_day)
        # What is interpreted comes before what is copied: it would keep the thread waiting that hashes.
        filled = _filled(application, pack, filing_day)
        in_attachments = tuple(check_attached(enumerate(documents.attachments), on=filing_day))
        findings = [*filled.findings, *check_attachments(application, filing_day), *in_attachments]
        deliveries = plan_deliveries(application.attachments, application.photo, limits)
        declared_as = (application.application_id, filing_day, pack)
        attached: tuple[PackedFile, ...] = ()
        if not _errors(findings):
            attached = attached_files(documents, deliveries, limits, *declared_as, files)
            for file in attached:
                archive.add(file.name, file.content)
        photo = drawing.result()
        findings += photo.findings if photo else ()
        if errors := _errors(findings):
            raise PackageRefused(findings=errors)
        pictures = (PackedFile.of(pack.layout.photo, "PHOTO", photo.media_type, photo.content),) if photo else ()
        written = (_csv_of(filled, pack), *pictures)
        digest_to_sign = _declare(archive, declared_by_application(application), written, attached, pack, filing_day)
        return _finished(
            archive,
            digest_to_sign,
            len(written) + len(attached),
            pack,
            findings,
            tuple(later_deliveries(deliveries, *declared_as)),
        )


def assemble_registration(sheet: RegistrationSheet, packs: SpecPacks, filing_day: date, into: BinaryIO) -> Assembled:
    """Check the sheet, then build its package for a day in Japan in an empty file: no photo, and nothing attached.

    Raises:
        PackageRefused: with every finding, never only the first.
        SpecPackMissing: no pack is in force on that day.
    """
    pack = packs.in_force(ApplicationType.USER_REGISTRATION, filing_day)
    form = pack.form_for(ApplicationType.USER_REGISTRATION, None) if pack else None
    if pack is None or form is None:
        raise SpecPackMissing(detail=f"{ApplicationType.USER_REGISTRATION} on {filing_day}")
    filled = fill_in(form, sheet.model_dump(mode="json"), pack, on=filing_day)
    if errors := _errors(filled.findings):
        raise PackageRefused(findings=errors)
    with ArchiveWriter(into) as archive:
        written = (_csv_of(filled, pack),)
        digest_to_sign = _declare(archive, declared_by_registration(sheet), written, (), pack, filing_day)
        return _finished(archive, digest_to_sign, len(written), pack, filled.findings)


def assemble_supply(order: BuildSupply, pdf: Content, pack: SpecPack, into: BinaryIO) -> Assembled:
    """Build the package of additional documents in an empty file: their one PDF, and the manifest.

    Raises:
        PackageRefused: it is too large.
    """
    # A file of several documents has the role of each.
    roles = dict.fromkeys([AttachmentKind.DECLARATION, *(attachment.kind for attachment in order.attachments)])
    document = PackedFile(pack.layout.attachment_name(0), " ".join(roles), PDF, pdf)
    with ArchiveWriter(into) as archive:
        archive.add(document.name, document.content)
        digest_to_sign = _declare(archive, declared_by_supply(order), (), (document,), pack, order.day)
        return _finished(archive, digest_to_sign, 1, pack, ())


def _errors(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


def _declare(
    archive: ArchiveWriter,
    declared: Declared,
    written: Sequence[PackedFile],
    attached: Sequence[PackedFile],
    pack: SpecPack,
    filing_day: date,
) -> str:
    """Add what we wrote ourselves, and the manifest over everything; what it leaves to be signed is the answer."""
    for file in written:
        archive.add(file.name, file.content)
    files = (*written, *attached)
    manifest = prepare_signature(
        write_manifest(declared, files, pack, filing_day),
        {file.name: bytes.fromhex(file.content.sha256) for file in files},
    )
    archive.add(pack.layout.manifest, Content.of(BytesIO(manifest.content)))
    return manifest.digest_to_sign


def _finished(
    archive: ArchiveWriter,
    digest_to_sign: str,
    file_count: int,
    pack: SpecPack,
    findings: Sequence[Finding],
    to_follow: tuple[LaterDelivery, ...] = (),
) -> Assembled:
    whole = archive.finish()
    if whole.size > pack.max_package_bytes:
        raise PackageRefused(findings=(_too_large(pack),))
    return Assembled(whole.sha256, whole.size, digest_to_sign, file_count, pack, tuple(findings), to_follow)


def _filled(application: ApplicationInput, pack: SpecPack, filing_day: date) -> FilledForm:
    form = pack.form_for(application.form.application_type, application.form.residence_status)
    if form is None:
        return FilledForm((), (_no_form(pack),))
    return fill_in(form, application.form.model_dump(mode="json"), pack, on=filing_day)


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
