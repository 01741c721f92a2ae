"""The packages here are made by hand, from the format alone, so that every one of them can be wrong on purpose."""

import base64
import contextlib
import csv
import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import CardCredentials, Credential, SandboxPki
from zairyu.sandbox.inspection import Code, InspectedPackage, PackageRefused, inspect_package
from zairyu.sandbox.samples import draw_photo, write_pdf

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LAST_DAY = date(2027, 1, 31)
NAMESPACE = "urn:example:residence-application-package:sample:2026-04"
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def csv_file(header: list[str], *rows: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return text.getvalue().encode("cp932")


CSV = csv_file(["3 氏名", "11.3 在留期間の満了日"], [LINH.name, "20270131"])


@dataclass
class Sender:
    """A sender who follows the format, until a test makes it do otherwise."""

    signer: Credential
    files: dict[str, tuple[str, bytes]] = field(
        default_factory=lambda: {
            "application.csv": ("CSV", CSV),
            "photo.jpg": ("PHOTO", draw_photo(300, 400)),
            "attachment-01.pdf": ("ORGANIZATION_FORM", write_pdf("Organization form")),
        }
    )
    fields: dict[str, str] = field(
        default_factory=lambda: {
            "ApplicationType": "EXTENSION_OF_PERIOD",
            "ResidenceStatus": "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES",
            "Filer": "APPLICANT",
            "CollectionMethod": "POST",
        }
    )
    unsigned: tuple[str, ...] = ()
    """Files that the signature leaves out."""
    file_transforms: str = ""
    tamper: Callable[[str], str] = str
    """Done to the signed manifest."""

    def application(self) -> str:
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in self.fields.items())
        listed = "".join(f'<File name="{name}" role="{role}"/>' for name, (role, _) in self.files.items())
        return f'<Application xmlns="{NAMESPACE}" Id="application">{fields}<Files>{listed}</Files></Application>'

    def manifest(self) -> str:
        application = self.application()
        signed_info = self.signed_info(application)
        signature = self.signer.key.sign(canonical(signed_info), padding.PKCS1v15(), hashes.SHA256())
        certificate = self.signer.certificate.public_bytes(Encoding.DER)
        return self.tamper(
            f'<Package xmlns="{NAMESPACE}">{application}'
            f'<ds:Signature xmlns:ds="{DS}">{signed_info}'
            f"<ds:SignatureValue>{encoded(signature)}</ds:SignatureValue>"
            f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{encoded(certificate)}</ds:X509Certificate></ds:X509Data>"
            f"</ds:KeyInfo></ds:Signature></Package>"
        )

    def signed_info(self, application: str) -> str:
        references = [reference("#application", canonical(application), f'<ds:Transform Algorithm="{C14N}"/>')]
        references += [
            reference(name, content, self.file_transforms)
            for name, (_, content) in self.files.items()
            if name not in self.unsigned
        ]
        # The namespace of the package is in scope where the signature will stand, so canonical XML repeats it.
        return (
            f'<ds:SignedInfo xmlns="{NAMESPACE}" xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{C14N}"/>'
            '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
            f"{''.join(references)}</ds:SignedInfo>"
        )

    def package(self) -> bytes:
        return zipped({"manifest.xml": self.manifest().encode(), **{n: c for n, (_, c) in self.files.items()}})


def canonical(xml: str) -> bytes:
    return etree.tostring(etree.fromstring(xml), method="c14n", exclusive=False)


def reference(uri: str, content: bytes, transforms: str) -> str:
    wrapped = f"<ds:Transforms>{transforms}</ds:Transforms>" if transforms else ""
    return (
        f'<ds:Reference URI="{uri}">{wrapped}'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{encoded(hashlib.sha256(content).digest())}</ds:DigestValue></ds:Reference>"
    )


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def unzipped(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def sender(card: CardCredentials) -> Sender:
    return Sender(card.sign)


@pytest.fixture
def inspect(pki: SandboxPki) -> Callable[[bytes], InspectedPackage]:
    return lambda package: inspect_package(package, trusted_roots=[pki.sign_ca], at=NOW)


@pytest.fixture
def refusal(inspect: Callable[[bytes], InspectedPackage]) -> Callable[[bytes], tuple[Code, list[str]]]:
    """The code and the places of a refusal."""

    def refused(package: bytes) -> tuple[Code, list[str]]:
        with pytest.raises(PackageRefused) as caught:
            inspect(package)
        assert {code for _, code in caught.value.items} <= {caught.value.code}
        return caught.value.code, [place for place, _ in caught.value.items]

    return refused


Refusal = Callable[[bytes], tuple[Code, list[str]]]


def test_an_officer_sees_what_was_signed(sender: Sender, inspect: Callable[[bytes], InspectedPackage]) -> None:
    inspected = inspect(sender.package())

    assert inspected.signer_name == LINH.registered_name
    assert inspected.application_type == "EXTENSION_OF_PERIOD"
    assert inspected.collection_method == "POST"
    assert inspected.csv_row == {"3 氏名": LINH.name, "11.3 在留期間の満了日": "20270131"}
    assert inspected.period_expires_on == LAST_DAY
    photo = sender.files["photo.jpg"][1]
    (seen,) = (file for file in inspected.files if file.name == "photo.jpg")
    assert (seen.size, seen.sha256) == (len(photo), hashlib.sha256(photo).hexdigest())


# ----- the ZIP ------------------------------------------------------------------------------------------------


def test_what_is_no_zip_is_refused(refusal: Refusal) -> None:
    assert refusal(b"%PDF-1.7") == (Code.ZIP_UNREADABLE, [])


def test_a_damaged_zip_is_refused(sender: Sender, refusal: Refusal) -> None:
    package = bytearray(sender.package())
    package[100] ^= 0xFF

    assert refusal(bytes(package))[0] is Code.ZIP_UNREADABLE


def test_a_zip_that_unpacks_to_gigabytes_is_not_unpacked(refusal: Refusal) -> None:
    bomb = zipped({"manifest.xml": bytes(70_000_000)})
    assert len(bomb) < 100_000

    assert refusal(bomb)[0] is Code.ZIP_TOO_LARGE


def test_a_zip_that_lies_about_its_size_is_not_unpacked(refusal: Refusal) -> None:
    bomb = bytearray(zipped({"manifest.xml": bytes(70_000_000)}))
    directory = bomb.rindex(b"PK\x01\x02")
    bomb[directory + 24 : directory + 28] = struct.pack("<I", 1000)

    assert refusal(bytes(bomb))[0] is Code.ZIP_UNREADABLE


def test_too_many_files_are_refused(refusal: Refusal) -> None:
    assert refusal(zipped({f"{number}.pdf": b"" for number in range(51)}))[0] is Code.ZIP_TOO_LARGE


@settings(deadline=None)  # shared machines are slow now and then
@given(st.data())
def test_no_damaged_byte_is_a_crash_or_another_content(
    card: CardCredentials, pki: SandboxPki, data: st.DataObject
) -> None:
    package = Sender(card.sign).package()
    place = data.draw(st.integers(0, len(package) - 1))
    damaged = package[:place] + bytes([data.draw(st.integers(0, 255))]) + package[place + 1 :]

    # Some bytes mean nothing, such as those of a file's time; all others must be noticed.
    with contextlib.suppress(PackageRefused):
        assert inspect_package(damaged, trusted_roots=[pki.sign_ca], at=NOW) == inspect_package(
            package, trusted_roots=[pki.sign_ca], at=NOW
        )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(refusal: Refusal) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.pdf", b"one")
        archive.writestr("a.pdf", b"two")

    assert refusal(packed.getvalue())[0] is Code.ZIP_UNREADABLE


def test_a_file_outside_is_refused(refusal: Refusal) -> None:
    assert refusal(zipped({"../manifest.xml": b""}))[0] is Code.ZIP_UNREADABLE


# ----- the manifest and its files -----------------------------------------------------------------------------


def test_a_package_without_manifest_is_refused(refusal: Refusal) -> None:
    assert refusal(zipped({"application.csv": CSV})) == (Code.MANIFEST_MISSING, [])


def test_a_manifest_that_is_no_xml_is_refused(refusal: Refusal) -> None:
    assert refusal(zipped({"manifest.xml": b"<a>"}))[0] is Code.MANIFEST_INVALID


def test_entities_are_not_expanded(sender: Sender, refusal: Refusal) -> None:
    sender.tamper = lambda manifest: f'<!DOCTYPE Package [<!ENTITY x SYSTEM "file:///etc/passwd">]>{manifest}'

    assert refusal(sender.package())[0] is Code.MANIFEST_INVALID


def test_an_incomplete_manifest_is_refused(sender: Sender, refusal: Refusal) -> None:
    del sender.fields["CollectionMethod"]

    assert refusal(sender.package())[0] is Code.MANIFEST_INVALID


def test_missing_files_are_named(sender: Sender, refusal: Refusal) -> None:
    files = unzipped(sender.package())
    del files["photo.jpg"], files["application.csv"]

    assert refusal(zipped(files)) == (Code.FILE_MISSING, ["application.csv", "photo.jpg"])


def test_a_file_put_in_afterwards_is_named(sender: Sender, refusal: Refusal) -> None:
    files = {**unzipped(sender.package()), "attachment-02.pdf": write_pdf("Another")}

    assert refusal(zipped(files)) == (Code.FILE_UNLISTED, ["attachment-02.pdf"])


def test_a_listed_file_that_is_not_signed_is_named(sender: Sender, refusal: Refusal) -> None:
    sender.unsigned = ("photo.jpg",)

    assert refusal(sender.package()) == (Code.FILE_UNLISTED, ["photo.jpg"])


def test_changed_files_are_named_all_of_them(sender: Sender, refusal: Refusal) -> None:
    files = unzipped(sender.package())
    for name in ("photo.jpg", "attachment-01.pdf"):
        files[name] += b"\x00"

    assert refusal(zipped(files)) == (Code.DIGEST_MISMATCH, ["photo.jpg", "attachment-01.pdf"])


# ----- the signature and its certificate ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "tamper",
    [
        lambda manifest: manifest.replace(">POST<", ">COUNTER<"),
        lambda manifest: manifest.replace("ds:Signature>", "ds:Other>").replace("<ds:Signature ", "<ds:Other "),
        lambda manifest: manifest.replace("</Package>", f'<ds:Signature xmlns:ds="{DS}"/></Package>'),
        lambda manifest: re.sub("<ds:SignatureValue>.*</ds:SignatureValue>", "<ds:SignatureValue/>", manifest),
        lambda manifest: re.sub("<ds:SignatureValue>.*</ds:SignatureValue>", "", manifest),
        lambda manifest: re.sub("<ds:KeyInfo>.*</ds:KeyInfo>", "", manifest),
        lambda manifest: manifest.replace("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"),
        lambda manifest: manifest.replace("rsa-sha256", "rsa-sha512"),
        lambda manifest: manifest.replace('URI="#application"', 'URI=""'),
        lambda manifest: manifest.replace('URI="photo.jpg"', 'URI="application.csv"'),
        lambda manifest: manifest.replace("<Application ", '<Application Id="application"/><Application '),
    ],
    ids=[
        "field",
        "none",
        "two",
        "empty",
        "no value",
        "no key",
        "certificate",
        "algorithm",
        "other reference",
        "reference twice",
        "wrapping",
    ],
)
def test_a_tampered_manifest_is_refused(sender: Sender, refusal: Refusal, tamper: Callable[[str], str]) -> None:
    sender.tamper = tamper

    assert refusal(sender.package())[0] is Code.SIGNATURE_INVALID


def test_a_file_reference_with_a_transform_is_refused(sender: Sender, refusal: Refusal) -> None:
    sender.file_transforms = f'<ds:Transform Algorithm="{DS}base64"/>'

    assert refusal(sender.package())[0] is Code.SIGNATURE_INVALID


def test_the_key_must_be_that_of_the_certificate(card: CardCredentials, refusal: Refusal) -> None:
    mixed = Credential(card.auth.key, card.sign.certificate)

    assert refusal(Sender(mixed).package())[0] is Code.SIGNATURE_INVALID


def test_the_certificate_for_user_authentication_is_no_signature(
    card: CardCredentials, sender: Sender, pki: SandboxPki
) -> None:
    sender.signer = card.auth

    with pytest.raises(PackageRefused) as caught:
        inspect_package(sender.package(), trusted_roots=[pki.sign_ca, card.auth_ca], at=NOW)

    assert caught.value.code is Code.CERTIFICATE_UNTRUSTED


def test_an_authority_of_the_same_name_is_not_the_same_authority(
    sender: Sender, pki: SandboxPki, tmp_path: Path
) -> None:
    impostor = SandboxPki(tmp_path).sign_ca
    assert impostor.subject == pki.sign_ca.subject

    with pytest.raises(PackageRefused) as caught:
        inspect_package(sender.package(), trusted_roots=[impostor], at=NOW)

    assert caught.value.code is Code.CERTIFICATE_UNTRUSTED
    # A new generation of the authority keeps the name, and both are trusted side by side.
    assert inspect_package(sender.package(), trusted_roots=[impostor, pki.sign_ca], at=NOW).signer_name


def test_without_a_trusted_authority_nobody_is_trusted(sender: Sender) -> None:
    with pytest.raises(PackageRefused) as caught:
        inspect_package(sender.package(), trusted_roots=[], at=NOW)

    assert caught.value.code is Code.CERTIFICATE_UNTRUSTED


def test_the_authority_itself_is_no_signer(card: CardCredentials, refusal: Refusal) -> None:
    root: x509.Certificate = card.sign_ca

    assert refusal(Sender(Credential(card.sign.key, root)).package())[0] is Code.CERTIFICATE_UNTRUSTED


def test_a_certificate_counts_to_its_last_second(sender: Sender, card: CardCredentials, pki: SandboxPki) -> None:
    last = card.sign.certificate.not_valid_after_utc
    package = sender.package()

    assert inspect_package(package, trusted_roots=[pki.sign_ca], at=last).signer_name
    with pytest.raises(PackageRefused) as caught:
        inspect_package(package, trusted_roots=[pki.sign_ca], at=last + timedelta(seconds=1))
    assert caught.value.code is Code.CERTIFICATE_EXPIRED


# ----- the contents -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "\u9ad9".encode(),
        b"",
        b"\r\n\r\n",
        csv_file(["a"]),
        csv_file(["a"], ["1"], ["2"]),
        csv_file(["a", "b"], ["1"]),
        csv_file(["a", "a"], ["1", "2"]),
        csv_file(["11.3 在留期間の満了日"], ["20270231"]),
    ],
    ids=["not cp932", "empty", "no columns", "no row", "two rows", "short row", "column twice", "no such day"],
)
def test_an_unreadable_csv_is_refused(sender: Sender, refusal: Refusal, content: bytes) -> None:
    sender.files["application.csv"] = ("CSV", content)

    assert refusal(sender.package())[0] is Code.CSV_UNREADABLE


def test_a_package_without_csv_is_refused(sender: Sender, refusal: Refusal) -> None:
    del sender.files["application.csv"]

    assert refusal(sender.package())[0] is Code.CSV_MISSING


def test_a_form_that_does_not_ask_for_the_expiry_is_fine(
    sender: Sender, inspect: Callable[[bytes], InspectedPackage]
) -> None:
    sender.files["application.csv"] = ("CSV", csv_file(["3 氏名"], [LINH.name]))

    assert inspect(sender.package()).period_expires_on is None


def test_a_package_without_photo_is_refused(sender: Sender, refusal: Refusal) -> None:
    sender.files["photo.jpg"] = ("PHOTO", b"%PDF-1.7")
    assert refusal(sender.package()) == (Code.PHOTO_MISSING, ["photo.jpg"])

    del sender.files["photo.jpg"]
    assert refusal(sender.package()) == (Code.PHOTO_MISSING, [])


@pytest.mark.parametrize("streams", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_a_protected_pdf_is_refused(sender: Sender, refusal: Refusal, streams: pikepdf.ObjectStreamMode) -> None:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(write_pdf("Organization form"))) as pdf:
        pdf.save(written, encryption=pikepdf.Encryption(owner="owner"), object_stream_mode=streams)
    sender.files["attachment-01.pdf"] = ("ORGANIZATION_FORM", written.getvalue())

    assert refusal(sender.package()) == (Code.PDF_PROTECTED, ["attachment-01.pdf"])


def test_an_attachment_that_is_no_pdf_is_refused(sender: Sender, refusal: Refusal) -> None:
    sender.files["attachment-01.pdf"] = ("ORGANIZATION_FORM", b"a letter")

    assert refusal(sender.package()) == (Code.PDF_UNREADABLE, ["attachment-01.pdf"])


def test_the_organizations_form_is_asked_for(
    sender: Sender, refusal: Refusal, inspect: Callable[[bytes], InspectedPackage]
) -> None:
    sender.files["attachment-01.pdf"] = ("OTHER", write_pdf("Something else"))
    assert refusal(sender.package()) == (Code.REQUIRED_DOCUMENT_MISSING, ["ORGANIZATION_FORM"])

    sender.fields["Filer"] = "LEGAL_REPRESENTATIVE"
    assert inspect(sender.package()).application_type == "EXTENSION_OF_PERIOD"
