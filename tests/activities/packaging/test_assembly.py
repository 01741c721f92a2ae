import csv
import hashlib
import io
import zipfile
from datetime import date
from typing import BinaryIO

import pikepdf
import pytest
from lxml import etree

from tests.documents import attached, write_scan
from zairyu.activities.documents.contents import Documents
from zairyu.activities.documents.pdf import check_pdf
from zairyu.activities.packaging.assembly import Assembled, assemble
from zairyu.activities.packaging.errors import PackageRefused, SpecPackMissing
from zairyu.models.application import ApplicationInput
from zairyu.models.documents import AttachmentKind
from zairyu.models.findings import Severity
from zairyu.models.residence import ResidenceStatus
from zairyu.rules.spec_packs import SpecPacks, sample_packs
from zairyu.sandbox.samples import draw_photo


def with_applicant(application: ApplicationInput, **changes: object) -> ApplicationInput:
    applicant = application.form.applicant.model_copy(update=changes)
    return with_form(application, applicant=applicant)


def with_form(application: ApplicationInput, **changes: object) -> ApplicationInput:
    return application.model_copy(update={"form": application.form.model_copy(update=changes)})


def assembled(application: ApplicationInput, documents: Documents, day: date, into: BinaryIO) -> Assembled:
    return assemble(application, documents, sample_packs(), day, into)


def protected_pdf() -> BinaryIO:
    written = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(written, encryption=pikepdf.Encryption(owner="owner"))
    return written


def test_the_same_input_gives_the_same_bytes(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    one, other = io.BytesIO(), io.BytesIO()

    assert assembled(application, documents, filing_day, one) == assembled(application, documents, filing_day, other)
    assert one.getvalue() == other.getvalue()


def test_the_bytes_are_the_same_on_every_machine(application: ApplicationInput, filing_day: date) -> None:
    # Recorded once. A difference here comes from a library or a spec pack: what is built anew is not what was signed.
    # Without a photo, because Pillow's encoder differs between its builds.
    scan, built = io.BytesIO(), io.BytesIO()
    write_scan(scan, 1000)
    form = attached(scan, AttachmentKind.ORGANIZATION_FORM)

    package = assembled(
        application.model_copy(update={"attachments": (form[0],)}), Documents(None, [form]), filing_day, built
    )

    assert package.sha256 == hashlib.sha256(built.getvalue()).hexdigest()
    assert package.size == len(built.getvalue())
    assert package.sha256 == "f72041bf04a7189d1c94cb6fe5a08beb1ab09373cbc8e946aaeb992d4b14c47b"
    assert package.digest_to_sign == "3797c5f55a878462a3bd8e65907b7717e8211d5aeaa5f14a478a23d52083c8a2"


def test_the_package_has_manifest_csv_photo_and_attachments(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    built = io.BytesIO()
    package = assembled(application, documents, filing_day, built)

    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("application.csv").decode("cp932"), newline="")))
        attachment = archive.read("attachment-02.pdf")
    assert names == ["attachment-01.pdf", "attachment-02.pdf", "application.csv", "photo.jpg", "manifest.xml"]
    assert package.file_count == 4
    assert package.spec_pack.label == "sample 2026-04"
    assert [row["3 氏名"] for row in rows] == ["TRAN THI LINH"]
    assert hashlib.sha256(attachment).hexdigest() == application.attachments[1].document.sha256


def test_the_manifest_says_what_is_applied_for_and_no_more(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    built = io.BytesIO()
    assembled(application, documents, filing_day, built)

    with zipfile.ZipFile(built) as archive:
        manifest = archive.read("manifest.xml")
    body = etree.fromstring(manifest)[0]
    values = {etree.QName(element).localname: element.text for element in body}
    assert [body[0].get(name) for name in ("name", "version", "sample")] == ["sample", "2026-04", "true"]
    assert values["ApplicationId"] == "app-00000001"
    assert values["ApplicationType"] == "EXTENSION_OF_PERIOD"
    assert values["ResidenceStatus"] == "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"
    assert values["Filer"] == "APPLICANT"
    assert values["CollectionMethod"] == "COUNTER"
    assert values["FilingDay"] == "2026-11-24"
    assert [file.get("role") for file in body[-1]] == [
        "CSV",
        "PHOTO",
        "ORGANIZATION_FORM",
        "EMPLOYMENT_CERTIFICATE",
    ]
    assert b"LINH" not in manifest


def test_everything_that_is_wrong_is_said_at_once(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    spoiled = with_applicant(application, name="Trần Thị Linh", home_town="髙")
    bad = Documents(io.BytesIO(draw_photo(800, 600)), [documents.attachments[0], attached(protected_pdf())])

    with pytest.raises(PackageRefused) as caught:
        assembled(spoiled, bad, filing_day, io.BytesIO())

    assert caught.value.final
    assert [(finding.place, finding.rule) for finding in caught.value.findings] == [
        ("/applicant/name", "item-characters"),
        ("/applicant/home_town", "item-characters"),
        ("/attachments/1", "attachment-protected"),
        ("/photo", "photo-aspect"),
    ]
    assert "Linh" not in str(caught.value)


def test_a_package_without_the_organizations_form_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    incomplete = application.model_copy(update={"attachments": ()})

    with pytest.raises(PackageRefused) as caught:
        assembled(incomplete, Documents(documents.photo, ()), filing_day, io.BytesIO())

    assert [finding.rule for finding in caught.value.findings] == ["attachment-required"]


def test_a_status_without_a_form_in_the_pack_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    with pytest.raises(PackageRefused) as caught:
        assembled(
            with_form(application, residence_status=ResidenceStatus.PERMANENT_RESIDENT),
            documents,
            filing_day,
            io.BytesIO(),
        )

    assert [finding.rule for finding in caught.value.findings] == ["form-in-pack"]


def test_without_a_pack_for_the_day_the_operator_is_called(application: ApplicationInput, documents: Documents) -> None:
    with pytest.raises(SpecPackMissing, match="EXTENSION_OF_PERIOD on 2026-03-31"):
        assembled(application, documents, date(2026, 3, 31), io.BytesIO())


def test_a_package_larger_than_the_interface_takes_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    narrow = [pack.model_copy(update={"max_package_bytes": 1000}) for pack in sample_packs().packs]

    with pytest.raises(PackageRefused) as caught:
        assemble(application, documents, SpecPacks(narrow), filing_day, io.BytesIO())

    assert [finding.rule for finding in caught.value.findings] == ["package-size"]


def roles_in(package: io.BytesIO) -> list[str | None]:
    with zipfile.ZipFile(package) as archive:
        return [file.get("role") for file in etree.fromstring(archive.read("manifest.xml"))[0][-1]]


def read_from(package: io.BytesIO, name: str) -> bytes:
    with zipfile.ZipFile(package) as archive:
        return archive.read(name)


def test_what_is_worth_a_word_is_told_and_does_not_stop_the_package(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    package = assembled(with_applicant(application, name="Tran Thi Linh"), documents, filing_day, io.BytesIO())

    told = {(finding.rule, finding.severity) for finding in package.findings}
    assert ("item-normalised", Severity.NOTICE) in told
    assert ("organization-category", Severity.WARNING) in told
    assert not any(finding.severity is Severity.ERROR for finding in package.findings)


def test_what_does_not_fit_is_declared_and_follows_later(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    form, work = documents.attachments
    many = Documents(documents.photo, [*[work] * 21, form])
    asked = application.model_copy(update={"attachments": tuple(attachment for attachment, _ in many.attachments)})
    built, again = io.BytesIO(), io.BytesIO()

    package = assembled(asked, many, filing_day, built)

    # Of the agency's twenty files one is the declaration, and what is asked for by law goes first.
    assert roles_in(built) == ["CSV", "PHOTO", "DECLARATION", "ORGANIZATION_FORM", *["EMPLOYMENT_CERTIFICATE"] * 18]
    assert hashlib.sha256(read_from(built, "attachment-02.pdf")).hexdigest() == form[1].sha256
    declaration = io.BytesIO(read_from(built, "attachment-01.pdf"))
    assert list(check_pdf(declaration, 0, AttachmentKind.DECLARATION)) == []
    (later,) = package.to_follow
    assert later.attachments == (work[0],) * 3
    assert list(check_pdf(io.BytesIO(later.declaration), 0, AttachmentKind.DECLARATION)) == []
    assert "attachment-follows" in [finding.rule for finding in package.findings]
    assert assembled(asked, many, filing_day, again) == package
    assert again.getvalue() == built.getvalue()


def test_where_one_pdf_is_taken_all_documents_are_joined_into_it(
    application: ApplicationInput, documents: Documents
) -> None:
    day = date(2025, 12, 1)
    early = [pack.model_copy(update={"effective_from": day}) for pack in sample_packs().packs]
    built, again = io.BytesIO(), io.BytesIO()

    package = assemble(application, documents, SpecPacks(early), day, built)

    assert roles_in(built) == ["CSV", "PHOTO", "DECLARATION ORGANIZATION_FORM EMPLOYMENT_CERTIFICATE"]
    with pikepdf.open(io.BytesIO(read_from(built, "attachment-01.pdf"))) as whole, whole.open_outline() as outline:
        assert [item.title.partition(" / ")[0] for item in outline.root] == [
            "資料添付に関する申告書",
            "1 所属機関等作成用の申請書",
            "2 在職証明書",
        ]
        assert len(whole.pages) == 3
        # A sample says so on every page.
        assert all("/ZairyuSample" in page.resources.XObject for page in whole.pages)
    assert package.to_follow == ()
    assert assemble(application, documents, SpecPacks(early), day, again) == package
    assert again.getvalue() == built.getvalue()
