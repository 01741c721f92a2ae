import csv
import io
import zipfile
from datetime import date

import pytest
from lxml import etree

from zairyu.activities.packaging.assembly import assemble_registration
from zairyu.activities.packaging.errors import PackageRefused, SpecPackMissing
from zairyu.models.application import Address, Contact, Sex
from zairyu.models.registration import RegistrationSheet
from zairyu.models.residence import Filer
from zairyu.rules.spec_packs import sample_packs

SHEET = RegistrationSheet(
    user_id="user-0001",
    filer=Filer.RELATIVE,
    name="TRAN THI LINH",
    birth_date="19960412",
    sex=Sex.FEMALE,
    address=Address(postal_code="1600000", prefecture="東京都", municipality="新宿区", line="架空町１丁目２番３号"),
    contact=Contact(email="linh@resident.example", phone="09000001234"),
    card_number=None,
)


def test_registration_has_manifest_and_csv_and_nothing_else(filing_day: date) -> None:
    built, again = io.BytesIO(), io.BytesIO()
    package = assemble_registration(SHEET, sample_packs(), filing_day, built)

    assert package == assemble_registration(SHEET, sample_packs(), filing_day, again)
    assert built.getvalue() == again.getvalue()
    assert package.file_count == 1
    with zipfile.ZipFile(built) as archive:
        assert archive.namelist() == ["application.csv", "manifest.xml"]
        manifest = etree.fromstring(archive.read("manifest.xml"))
        (row,) = csv.DictReader(io.StringIO(archive.read("application.csv").decode("cp932"), newline=""))
    assert row["1 利用者氏名"] == "TRAN THI LINH"
    assert row["3 生年月日"] == "19960412"
    assert row["7 在留カード番号"] == ""
    said = {etree.QName(element).localname: element.text for element in manifest[0]}
    assert said["ApplicationType"] == "USER_REGISTRATION"
    assert said["Filer"] == "RELATIVE"
    assert not {"ResidenceStatus", "CollectionMethod"} & said.keys()


def test_every_item_that_cannot_be_sent_is_told(filing_day: date) -> None:
    with pytest.raises(PackageRefused) as refused:
        assemble_registration(
            SHEET.model_copy(update={"name": "José", "sex": None}), sample_packs(), filing_day, io.BytesIO()
        )
    assert [finding.place for finding in refused.value.findings] == ["/name", "/sex"]


def test_day_without_a_spec_pack_is_told() -> None:
    with pytest.raises(SpecPackMissing):
        assemble_registration(SHEET, sample_packs(), date(2026, 3, 31), io.BytesIO())
