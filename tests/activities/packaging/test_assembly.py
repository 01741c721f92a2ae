import csv
import io
import zipfile
from datetime import date

import pikepdf
import pytest
from lxml import etree

from zairyu.activities.packaging import assembly
from zairyu.activities.packaging.assembly import Documents, assemble
from zairyu.activities.packaging.errors import PackageRefused, SpecPackMissing
from zairyu.models.application import ApplicationInput
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.spec_packs import SpecPack, pack_in_force
from zairyu.sandbox.samples import draw_photo


def with_applicant(application: ApplicationInput, **changes: object) -> ApplicationInput:
    applicant = application.form.applicant.model_copy(update=changes)
    return with_form(application, applicant=applicant)


def with_form(application: ApplicationInput, **changes: object) -> ApplicationInput:
    return application.model_copy(update={"form": application.form.model_copy(update=changes)})


def protected_pdf() -> bytes:
    written = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(written, encryption=pikepdf.Encryption(owner="owner"))
    return written.getvalue()


def test_the_same_input_gives_the_same_bytes(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    assert assemble(application, documents, filing_day) == assemble(application, documents, filing_day)


def test_the_package_has_manifest_csv_photo_and_attachments(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    package = assemble(application, documents, filing_day)

    with zipfile.ZipFile(io.BytesIO(package.archive)) as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("application.csv").decode("cp932"), newline="")))
        attachment = archive.read("attachment-02.pdf")
    assert names == ["manifest.xml", "application.csv", "photo.jpg", "attachment-01.pdf", "attachment-02.pdf"]
    assert package.file_count == 4
    assert package.spec_pack == "sample 2026-04"
    assert [row["3 氏名"] for row in rows] == ["TRAN THI LINH"]
    assert attachment == documents.attachments[1]


def test_the_manifest_says_what_is_applied_for_and_no_more(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    package = assemble(application, documents, filing_day)

    with zipfile.ZipFile(io.BytesIO(package.archive)) as archive:
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
    bad = Documents(draw_photo(800, 600), (documents.attachments[0], protected_pdf()))

    with pytest.raises(PackageRefused) as caught:
        assemble(spoiled, bad, filing_day)

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
        assemble(incomplete, Documents(documents.photo, ()), filing_day)

    assert [finding.rule for finding in caught.value.findings] == ["attachment-required"]


def test_a_status_without_a_form_in_the_pack_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date
) -> None:
    with pytest.raises(PackageRefused) as caught:
        assemble(with_form(application, residence_status=ResidenceStatus.PERMANENT_RESIDENT), documents, filing_day)

    assert [finding.rule for finding in caught.value.findings] == ["form-in-pack"]


def test_without_a_pack_for_the_day_the_operator_is_called(application: ApplicationInput, documents: Documents) -> None:
    with pytest.raises(SpecPackMissing, match="EXTENSION_OF_PERIOD on 2026-03-31"):
        assemble(application, documents, date(2026, 3, 31))


def test_a_package_larger_than_the_interface_takes_is_refused(
    application: ApplicationInput, documents: Documents, filing_day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = pack_in_force(ApplicationType.EXTENSION_OF_PERIOD, filing_day)
    assert pack is not None

    def narrow(_: ApplicationType, __: date) -> SpecPack:
        return pack.model_copy(update={"max_package_bytes": 1000})

    monkeypatch.setattr(assembly, "pack_in_force", narrow)

    with pytest.raises(PackageRefused) as caught:
        assemble(application, documents, filing_day)

    assert [finding.rule for finding in caught.value.findings] == ["package-size"]
