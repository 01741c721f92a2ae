from datetime import date, datetime
from pathlib import Path

import pytest
from cryptography import x509
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from tests.activities.packaging.signing import signed
from tests.documents import content_of
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.contents import Documents
from zairyu.activities.packaging.activity import Packaging
from zairyu.models.application import ApplicationInput
from zairyu.models.package import BuildPackage, SealedPackage, SealPackage, UnsignedPackage
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import Credential
from zairyu.sandbox.inspection import inspect_package


@pytest.fixture
async def blobs(tmp_path: Path, documents: Documents) -> BlobStore:
    store = BlobStore(tmp_path.as_uri(), KeyRing("test", {"test": bytes(32)}))
    assert documents.photo is not None
    await store.put_file(documents.photo, "image/jpeg")
    for _, content in documents.attachments:
        await store.put_file(content.file, "application/pdf")
    return store


async def build(blobs: BlobStore, order: BuildPackage) -> UnsignedPackage:
    return await ActivityEnvironment().run(Packaging(blobs, sample_packs()).build_package, order)


async def seal(blobs: BlobStore, order: SealPackage) -> SealedPackage:
    return await ActivityEnvironment().run(Packaging(blobs, sample_packs()).seal_package, order)


async def test_a_sealed_package_passes_the_receiving_sides_check(
    blobs: BlobStore,
    application: ApplicationInput,
    filing_day: date,
    signer: Credential,
    root: x509.Certificate,
    signed_at: datetime,
) -> None:
    unsigned = await build(blobs, BuildPackage(application=application, filing_day=filing_day))
    sealed = await seal(blobs, signed(unsigned, signer, signed_at))

    inspected = inspect_package(await content_of(blobs, sealed.document), trusted_roots=[root], at=signed_at)

    assert inspected.signer_name == "TRAN　THI　LINH"
    assert inspected.application_type == "EXTENSION_OF_PERIOD"
    assert inspected.collection_method == "COUNTER"
    assert inspected.period_expires_on == date(2027, 1, 31)
    assert inspected.csv_row["3 氏名"] == "TRAN THI LINH"
    assert len(inspected.files) == unsigned.file_count + 1
    assert sealed.spec_pack == "sample 2026-04"
    assert sealed.spec_pack_digest == sample_packs().packs[0].digest
    assert unsigned.filing_day == filing_day


async def test_a_lost_answer_makes_no_second_package(
    blobs: BlobStore, application: ApplicationInput, filing_day: date, signer: Credential, signed_at: datetime
) -> None:
    order = BuildPackage(application=application, filing_day=filing_day)
    unsigned = await build(blobs, order)

    assert await build(blobs, order) == unsigned
    assert await seal(blobs, signed(unsigned, signer, signed_at)) == await seal(
        blobs, signed(unsigned, signer, signed_at)
    )


async def test_a_refused_package_tells_the_workflow_why(
    blobs: BlobStore, application: ApplicationInput, filing_day: date
) -> None:
    incomplete = application.model_copy(update={"attachments": ()})

    with pytest.raises(ApplicationError) as caught:
        await build(blobs, BuildPackage(application=incomplete, filing_day=filing_day))

    assert caught.value.type == "PackageRefused"
    assert caught.value.non_retryable
    assert "attachment-required" in str(caught.value.details)


async def test_a_signature_over_something_else_is_refused(
    blobs: BlobStore, application: ApplicationInput, filing_day: date, signer: Credential, signed_at: datetime
) -> None:
    unsigned = await build(blobs, BuildPackage(application=application, filing_day=filing_day))
    forged = unsigned.model_copy(update={"digest_to_sign": "0" * 64})

    with pytest.raises(ApplicationError) as caught:
        await seal(blobs, signed(forged, signer, signed_at))

    assert caught.value.type == "SignatureMismatch"


async def test_an_unreadable_certificate_is_refused(
    blobs: BlobStore, application: ApplicationInput, filing_day: date, signer: Credential, signed_at: datetime
) -> None:
    unsigned = await build(blobs, BuildPackage(application=application, filing_day=filing_day))
    order = signed(unsigned, signer, signed_at)
    broken = order.model_copy(update={"signature": order.signature.model_copy(update={"certificate": "AAAA"})})

    with pytest.raises(ApplicationError) as caught:
        await seal(blobs, broken)

    assert caught.value.type == "SignatureMismatch"
