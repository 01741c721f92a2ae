import csv
import hashlib
import io
import zipfile
from datetime import date
from typing import BinaryIO

import pikepdf
import pytest
from lxml import etree

from tests.documents import write_scan
from zairyu.activities.documents.files import sha256_of, size_of
from zairyu.activities.packaging import assembly
from zairyu.activities.packaging.assembly import Documents, assemble
from zairyu.activities.packaging.errors import PackageRefused, SpecPackMissing
from zairyu.models.application import ApplicationInput
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.spec_packs import SpecPack, pack_in_force
from zairyu.sandbox.samples import draw_photo


def with_applicant(application: ApplicationInput, **changes: object) -> ApplicationInput:
    applicant = application.form.applicant.model_copy(update=changes)
    return with_form(application, applicant=applicant)


def with_form(application: ApplicationInput, **changes: object) -> ApplicationInput:
    return application.model_copy(update={"form": application.form.model_copy(update=changes)})


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

    assert assemble(application, documents, filing_day, one) == assemble(application, documents, filing_day, other)
    assert one.getvalue() == other.getvalue()


def test_the_bytes_are_the_same_on_every_machine(application: ApplicationInput, filing_day: date) -> None:
    # Recorded once. A difference here comes from a library or a spec pack: what is built anew is not what was signed.
    # Without a photo, because Pillow's encoder differs between its builds.
    scan, built = io.BytesIO(), io.BytesIO()
    write_scan(scan, 1000)
    document = DocumentRef(sha256=sha256_of(scan).hex(), size=size_of(scan), media_type="application/pdf")
    attachment = Attachment(kind=AttachmentKind.ORGANIZATION_FORM, document=document)

    package = assemble(
        application.model_copy(update={"attachments": (attachment,)}), Documents(None, (scan,)), filing_day, built
    )

    assert package.sha256 == hashlib.sha256(built.getvalue()).hexdigest()
    assert package.size == len(built.getvalue())
    assert package.sha256 == "43cd39668efdf362910ef2950c7b046dafd2edfbe315b9c9fae912ed4c89f276"
    assert package.digest_to_sign == "b82f3f02b82f4a5bcbbcdb09f802f0e270f08ae09a49ef26ae5a822fdedf802f"


def test_the_package_has_manifest_csv_photo_and_attachments(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    built = io.BytesIO()
    package = assemble(application, documents, filing_day, built)

    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("application.csv").decode("cp932"), newline="")))
        attachment = archive.read("attachment-02.pdf")
    assert names == ["manifest.xml", "application.csv", "photo.jpg", "attachment-01.pdf", "attachment-02.pdf"]
    assert package.file_count == 4
    assert package.spec_pack == "sample 2026-04"
    assert [row["3 氏名"] for row in rows] == ["TRAN THI LINH"]
    assert hashlib.sha256(attachment).hexdigest() == application.attachments[1].document.sha256


def test_the_manifest_says_what_is_applied_for_and_no_more(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    built = io.BytesIO()
    assemble(application, documents, filing_day, built)

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
    bad = Documents(io.BytesIO(draw_photo(800, 600)), (documents.attachments[0], protected_pdf()))

    with pytest.raises(PackageRefused) as caught:
        assemble(spoiled, bad, filing_day, io.BytesIO())

    assert caught.value.final
    assert [(finding.place, finding.rule) for finding in caught.value.findings] == [
        ("/applicant/name", "item-characters"),
        ("/applicant/name", "item-width"),
        ("/applicant/home_town", "item-characters"),
        ("/photo", "photo-aspect"),
        ("/attachments/1", "attachment-protected"),
    ]
    assert "Linh" not in str(caught.value)


def test_a_package_without_the_organizations_form_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    incomplete = application.model_copy(update={"attachments": ()})

    with pytest.raises(PackageRefused) as caught:
        assemble(incomplete, Documents(documents.photo, ()), filing_day, io.BytesIO())

    assert [finding.rule for finding in caught.value.findings] == ["attachment-required"]


def test_a_status_without_a_form_in_the_pack_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    with pytest.raises(PackageRefused) as caught:
        assemble(
            with_form(application, residence_status=ResidenceStatus.PERMANENT_RESIDENT),
            documents,
            filing_day,
            io.BytesIO(),
        )

    assert [finding.rule for finding in caught.value.findings] == ["form-in-pack"]


def test_without_a_pack_for_the_day_the_operator_is_called(application: ApplicationInput, documents: Documents) -> None:
    with pytest.raises(SpecPackMissing, match="EXTENSION_OF_PERIOD on 2026-03-31"):
        assemble(application, documents, date(2026, 3, 31), io.BytesIO())


def test_a_package_larger_than_the_interface_takes_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = pack_in_force(ApplicationType.EXTENSION_OF_PERIOD, filing_day)
    assert pack is not None

    def narrow(_: ApplicationType, __: date) -> SpecPack:
        return pack.model_copy(update={"max_package_bytes": 1000})

    monkeypatch.setattr(assembly, "pack_in_force", narrow)

    with pytest.raises(PackageRefused) as caught:
        assemble(application, documents, filing_day, io.BytesIO())

    assert [finding.rule for finding in caught.value.findings] == ["package-size"]
