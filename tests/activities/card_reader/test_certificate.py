from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tests.activities.card_reader.certificates import attribute, parsed, reissued
from tests.activities.card_reader.conftest import NOW
from tests.cards import VALID_UNTIL
from zairyu.activities.card_reader.certificate import last_day_of
from zairyu.activities.card_reader.errors import CertificateUntrusted, KeyUnsupported, WrongCard
from zairyu.activities.card_reader.profile import kind_of, profile_of
from zairyu.models.card import ExpectedSigner
from zairyu.sandbox.card.personas import ANJALI, LINH, XUEYING
from zairyu.sandbox.card.pki import SandboxPki

NAMES = [attribute(1, "陳\u3000雪瑩"), attribute(4, "419930915")]


def _named(pki: SandboxPki, *names: x509.GeneralName) -> x509.Certificate:
    return reissued(pki, x509.SubjectAlternativeName(names))


def test_holder_is_read_as_the_municipality_registered_them(pki: SandboxPki) -> None:
    credentials = pki.credentials(LINH, VALID_UNTIL)
    certificate = parsed(credentials.sign.certificate)
    assert certificate.name == "TRAN\u3000THI\u3000LINH"
    assert certificate.name_replaced == "0" * 13
    assert certificate.birth_date == "19960412"
    assert certificate.sex == "2"
    assert certificate.address == "東京都新宿区架空町１丁目２番３号"
    assert certificate.address_replaced == "0" * 16
    assert certificate.prefecture == "東京都"
    assert certificate.municipality == "新宿区"
    assert len(certificate.common_name) == 24
    assert certificate.last_day == VALID_UNTIL
    key = credentials.sign_ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert certificate.authority_key == key.hex()
    assert certificate.der == credentials.sign.certificate.public_bytes(Encoding.DER)


def test_birth_before_heisei_keeps_its_gregorian_year(pki: SandboxPki) -> None:
    certificate = parsed(pki.credentials(ANJALI, VALID_UNTIL).sign.certificate)
    assert certificate.birth_date == "19790130"


def test_personal_data_does_not_show_when_a_certificate_is_printed(pki: SandboxPki) -> None:
    certificate = parsed(pki.credentials(LINH, VALID_UNTIL).sign.certificate)
    assert repr(certificate) == "SigningCertificate()"


def test_attribute_of_a_later_profile_shuts_nobody_out(pki: SandboxPki) -> None:
    later = [attribute(7, "CHEN XUEYING"), x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x04\x00")]
    certificate = parsed(_named(pki, *NAMES, *later, x509.DNSName("later.invalid")))
    assert certificate.name == "陳\u3000雪瑩"
    assert certificate.sex == certificate.address == certificate.name_replaced == ""


@pytest.mark.parametrize("missing", [0, 1], ids=["name", "birth date"])
def test_certificate_that_does_not_name_its_holder_is_untrusted(pki: SandboxPki, missing: int) -> None:
    with pytest.raises(CertificateUntrusted):
        parsed(_named(pki, NAMES[1 - missing]))


# ----- replaced characters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["陳 雪瑩", "陳雪瀅", "陳　雪\u7469\U000e0101"], ids=["as written", "as it is", "glyph"]
)
def test_replaced_character_stands_for_any_one(pki: SandboxPki, name: str) -> None:
    certificate = parsed(pki.credentials(XUEYING, VALID_UNTIL).sign.certificate)
    assert certificate.name_replaced == "0001"
    certificate.require_holder(ExpectedSigner(name=name, birth_date="19930915"))


@pytest.mark.parametrize("name", ["陳 雪", "陳 雪瑩瑩", "陳 雲瑩", "瑩"])
def test_replaced_character_stands_for_no_more_than_one(pki: SandboxPki, name: str) -> None:
    certificate = parsed(pki.credentials(XUEYING, VALID_UNTIL).sign.certificate)
    with pytest.raises(WrongCard):
        certificate.require_holder(ExpectedSigner(name=name, birth_date="19930915"))


@pytest.mark.parametrize("replaced", ["", "1111", "11111", "2222"], ids=["none", "all", "too long", "no map"])
def test_map_that_does_not_fit_the_name_opens_no_door(pki: SandboxPki, replaced: str) -> None:
    certificate = parsed(_named(pki, *NAMES, attribute(2, replaced)))
    certificate.require_holder(ExpectedSigner(name="陳 雪瑩", birth_date="1993"))
    if replaced == "1111":
        return
    with pytest.raises(WrongCard):
        certificate.require_holder(ExpectedSigner(name="陳 雪瀅", birth_date="1993"))


NAME_CHARACTERS = st.text("AaＡéß陳雪瑩瀅㍿パ 　.*(", max_size=12)


@given(name=NAME_CHARACTERS, data=st.data())
def test_marks_never_shut_out_the_name_as_written(pki: SandboxPki, name: str, data: st.DataObject) -> None:
    replaced = data.draw(st.text("01", min_size=len(name), max_size=len(name)))
    certificate = replace(parsed(pki.credentials(LINH, VALID_UNTIL).sign.certificate), name=name)
    for marks in ("", replaced):
        replace(certificate, name_replaced=marks).require_holder(ExpectedSigner(name=name, birth_date="1996"))
    with pytest.raises(WrongCard):
        replace(certificate, name_replaced=replaced).require_holder(ExpectedSigner(name=f"{name}B", birth_date="1996"))


# ----- what kind of certificate --------------------------------------------------------------------------------------


def test_login_certificate_cannot_stand_in_for_the_one_for_signatures(pki: SandboxPki) -> None:
    credentials = pki.credentials(LINH, VALID_UNTIL)
    with pytest.raises(CertificateUntrusted):
        parsed(credentials.auth.certificate)
    usage = credentials.auth.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    with pytest.raises(CertificateUntrusted):
        parsed(reissued(pki, usage)).require_issued_by(pki.sign_ca, NOW)


def test_certificate_that_is_not_valid_yet_is_untrusted(pki: SandboxPki) -> None:
    certificate = parsed(pki.credentials(LINH, VALID_UNTIL).sign.certificate)
    with pytest.raises(CertificateUntrusted):
        certificate.require_issued_by(pki.sign_ca, datetime(2020, 1, 1, tzinfo=UTC))


def test_last_day_is_told_of_any_certificate(pki: SandboxPki) -> None:
    credentials = pki.credentials(LINH, VALID_UNTIL, date(2027, 1, 31))
    assert last_day_of(credentials.auth.certificate.public_bytes(Encoding.DER)) == date(2027, 1, 31)
    assert last_day_of(b"\x30\x00") is None


# ----- the kind of key -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (ec.generate_private_key(ec.SECP384R1()).public_key(), "EC secp384r1"),
        (ed25519.Ed25519PrivateKey.generate().public_key(), "Ed25519"),
        (rsa.generate_private_key(65537, 3072).public_key(), "RSA 3072"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_key_of_another_generation_is_named(pki: SandboxPki, key: CertificateIssuerPublicKeyTypes, kind: str) -> None:
    certificate = parsed(reissued(pki, public_key=key))
    assert kind in kind_of(certificate.public_key)
    with pytest.raises(KeyUnsupported, match=kind):
        profile_of(certificate.public_key)


@pytest.mark.parametrize("size", [0, 20, 48, 64])
def test_digest_of_another_length_is_never_signed(pki: SandboxPki, size: int) -> None:
    profile = profile_of(parsed(pki.credentials(LINH, VALID_UNTIL).sign.certificate).public_key)
    with pytest.raises(KeyUnsupported, match=f"{size} bytes"):
        profile.sign_command(bytes(size))
