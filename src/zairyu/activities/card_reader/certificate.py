"""The certificate for signatures on a My Number card: whose it is, until when, and who vouches for it.

Profile: J-LIS, 公的個人認証サービス プロファイル仕様書. Revocation is not checked here: its data goes to notified
verifiers only (公的個人認証法 第17条), and the receiver of the application is one.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from zairyu.activities.card_reader.errors import (
    CertificateExpired,
    CertificateExpiresBeforeFiling,
    CertificateUntrusted,
    KeyUnsupported,
    WrongCard,
)
from zairyu.activities.card_reader.holder import is_holder
from zairyu.activities.card_reader.tlv import objects
from zairyu.models.card import ExpectedSigner
from zairyu.rules.calendar import JAPAN

_ATTRIBUTES: Final = "1.2.392.200149.8.5.5"
_NAME: Final = f"{_ATTRIBUTES}.1"
_NAME_REPLACED: Final = f"{_ATTRIBUTES}.2"
_SEX: Final = f"{_ATTRIBUTES}.3"
_BIRTH_DATE: Final = f"{_ATTRIBUTES}.4"
_ADDRESS: Final = f"{_ATTRIBUTES}.5"
_ADDRESS_REPLACED: Final = f"{_ATTRIBUTES}.6"

_ERA_AND_DAY: Final = re.compile(r"[0-9][0-9]{8}")
_UTF8_STRING: Final = 0x0C


@dataclass(frozen=True)
class SigningCertificate:
    """A certificate and the person it names. Personal data: not in `repr`, never to be logged."""

    certificate: x509.Certificate = field(repr=False)
    public_key: CertificatePublicKeyTypes = field(repr=False)
    authority_key: str = field(repr=False)
    """Key identifier of the authority that issued it, hexadecimal; empty when it names none."""
    prefecture: str = field(repr=False)
    municipality: str = field(repr=False)
    common_name: str = field(repr=False)
    """An opaque number: the subject does not name the holder."""
    name: str = field(repr=False)
    """As registered, an ideographic space between its parts; foreign residents' in Latin capitals."""
    name_replaced: str = field(repr=False)
    """1 for each character of the name that stands for one the service cannot write, 0 for the others."""
    birth_date: str = field(repr=False)
    """`YYYYMMDD`, Gregorian."""
    sex: str = field(repr=False)
    """1 male, 2 female, 3 unknown."""
    address: str = field(repr=False)
    address_replaced: str = field(repr=False)
    """As `name_replaced`."""

    @classmethod
    def parse(cls, der: bytes) -> Self:
        """Read a certificate of the profile; attributes we do not know are left alone.

        Raises:
            CertificateUntrusted: It is no certificate of this profile.
            KeyUnsupported: Its key is of a kind that nothing here can read.
        """
        try:
            certificate = x509.load_der_x509_certificate(der)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            authority_key = _authority_key(certificate)
            localities = _subject(certificate, NameOID.LOCALITY_NAME)
            common_names = _subject(certificate, NameOID.COMMON_NAME)
        except _UNREADABLE:
            # Without the cause: its text may repeat the certificate.
            raise CertificateUntrusted(detail="not of the JPKI profile") from None
        attributes = {
            other.type_id.dotted_string: _text(other.value) for other in names if isinstance(other, x509.OtherName)
        }
        name, birth_date = attributes.get(_NAME), attributes.get(_BIRTH_DATE)
        if not name or not birth_date or not _ERA_AND_DAY.fullmatch(birth_date):
            raise CertificateUntrusted(detail="the certificate does not name its holder")
        return cls(
            certificate=certificate,
            public_key=_public_key(certificate),
            authority_key=authority_key,
            prefecture=localities[0] if localities else "",
            municipality=localities[1] if len(localities) > 1 else "",
            common_name=common_names[0] if common_names else "",
            name=name,
            name_replaced=attributes.get(_NAME_REPLACED, ""),
            # The first digit is the Japanese era; the year after it is Gregorian all the same.
            birth_date=birth_date[1:],
            sex=attributes.get(_SEX, ""),
            address=attributes.get(_ADDRESS, ""),
            address_replaced=attributes.get(_ADDRESS_REPLACED, ""),
        )

    @property
    def der(self) -> bytes:
        """The certificate as it was read."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def last_day(self) -> date:
        """The last day in Japan that is valid to its end.

        For a foreign resident it is the last day of the period of stay (permanent residents excepted).
        """
        return _last_day(self.certificate)

    def require_in_force(self, now: datetime, filing_day: date) -> None:
        """Check that it is valid now and, to its end, on the day of filing in Japan.

        Raises:
            CertificateExpired: It is not valid any more.
            CertificateExpiresBeforeFiling: It will not be valid then.
        """
        if now > self.certificate.not_valid_after_utc:
            raise CertificateExpired
        if self.last_day < filing_day:
            raise CertificateExpiresBeforeFiling

    def require_issued_by(self, root: x509.Certificate, now: datetime) -> None:
        """Check that a root issued it for signatures.

        Raises:
            CertificateUntrusted: It did not, or the certificate is not valid yet.
        """
        verifier = (
            PolicyBuilder()
            .store(Store([root]))
            .time(now)
            .max_chain_depth(1)
            .extension_policies(ee_policy=_LEAF, ca_policy=ExtensionPolicy.webpki_defaults_ca())
            .build_client_verifier()
        )
        try:
            verifier.verify(self.certificate, [])
        except VerificationError:
            raise CertificateUntrusted(detail="no chain to a trusted root") from None

    def require_holder(self, signer: ExpectedSigner) -> None:
        """Check that it is the expected signer's.

        A character that stands for one the service cannot write is taken for any one character.

        Raises:
            WrongCard: The name or the birth date differs.
        """
        if not is_holder(signer, name=self.name, birth_date=self.birth_date, replaced=self.name_replaced):
            raise WrongCard


def last_day_of(der: bytes) -> date | None:
    """The last day in Japan on which any certificate is valid to its end; nothing when it cannot be read."""
    try:
        return _last_day(x509.load_der_x509_certificate(der))
    except ValueError:
        return None


def _last_day(certificate: x509.Certificate) -> date:
    end = certificate.not_valid_after_utc.astimezone(JAPAN)
    return (end + timedelta(seconds=1)).date() - timedelta(days=1)


def _subject(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(kind)]


def _authority_key(certificate: x509.Certificate) -> str:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return ""
    return (extension.value.key_identifier or b"").hex()


def _public_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes:
    try:
        return certificate.public_key()
    except UnsupportedAlgorithm:
        raise KeyUnsupported(detail=certificate.public_key_algorithm_oid.dotted_string) from None
    except ValueError:
        raise CertificateUntrusted(detail="the key is malformed") from None


def _text(der: bytes) -> str:
    """The text of a DER UTF8String; empty if it is something else."""
    try:
        [(tag, value)] = objects(der)
        return value.decode("utf-8") if tag == _UTF8_STRING else ""
    except ValueError:
        return ""


def _signs_for_good(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is None or not usage.content_commitment:
        raise ValueError("the certificate is not one for signatures")


_UNREADABLE: Final = (
    UnsupportedAlgorithm,
    ValueError,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)

# The profile marks certificatePolicies critical, which the library's own policies do not admit.
_LEAF: Final = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.CertificatePolicies, Criticality.AGNOSTIC, None)
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _signs_for_good)
)
