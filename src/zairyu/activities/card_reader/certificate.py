"""The certificate for signatures on a My Number card: whose it is, until when, and who vouches for it.

Profile: J-LIS, 公的個人認証サービス プロファイル仕様書. Revocation is not checked here: its data goes to notified
verifiers only (公的個人認証法 第17条), and the receiver of the application is one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
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
    WrongCard,
)
from zairyu.models.card import ExpectedSigner

_JAPAN: Final = ZoneInfo("Asia/Tokyo")

_ATTRIBUTES: Final = "1.2.392.200149.8.5.5"
_NAME: Final = f"{_ATTRIBUTES}.1"
_SEX: Final = f"{_ATTRIBUTES}.3"
_BIRTH_DATE: Final = f"{_ATTRIBUTES}.4"
_ADDRESS: Final = f"{_ATTRIBUTES}.5"

_ERA_AND_DAY: Final = re.compile(r"[0-9][0-9]{8}")


@dataclass(frozen=True)
class SigningCertificate:
    """A certificate and the person it names. Personal data: not in `repr`, never to be logged."""

    certificate: x509.Certificate = field(repr=False)
    public_key: RSAPublicKey = field(repr=False)
    name: str = field(repr=False)
    """As registered, an ideographic space between its parts; foreign residents' in Latin capitals."""
    birth_date: str = field(repr=False)
    """`YYYYMMDD`, Gregorian."""
    sex: str = field(repr=False)
    """1 male, 2 female, 3 unknown."""
    address: str = field(repr=False)

    @classmethod
    def parse(cls, der: bytes) -> Self:
        """Read a certificate of the profile; attributes we do not know are left alone.

        Raises:
            CertificateUntrusted: It is no certificate of this profile, or its key is not RSA.
        """
        try:
            certificate = x509.load_der_x509_certificate(der)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            public_key = certificate.public_key()
        except (
            UnsupportedAlgorithm,
            ValueError,
            x509.ExtensionNotFound,
            x509.DuplicateExtension,
            x509.UnsupportedGeneralNameType,
        ):
            # Without the cause: its text may repeat the certificate.
            raise CertificateUntrusted(detail="not of the JPKI profile") from None
        if not isinstance(public_key, RSAPublicKey):
            raise CertificateUntrusted(detail="the key is not RSA")
        attributes = {
            other.type_id.dotted_string: _utf8_string(other.value)
            for other in names
            if isinstance(other, x509.OtherName) and other.type_id.dotted_string.startswith(f"{_ATTRIBUTES}.")
        }
        name, birth_date = attributes.get(_NAME), attributes.get(_BIRTH_DATE)
        if not name or not birth_date or not _ERA_AND_DAY.fullmatch(birth_date):
            raise CertificateUntrusted(detail="the certificate does not name its holder")
        return cls(
            certificate=certificate,
            public_key=public_key,
            name=name,
            # The first digit is the Japanese era; the year after it is Gregorian all the same.
            birth_date=birth_date[1:],
            sex=attributes.get(_SEX) or "",
            address=attributes.get(_ADDRESS) or "",
        )

    @property
    def last_day(self) -> date:
        """The last day in Japan that is valid to its end.

        For a foreign resident it is the last day of the period of stay (permanent residents excepted).
        """
        end = self.certificate.not_valid_after_utc.astimezone(_JAPAN)
        return (end + timedelta(seconds=1)).date() - timedelta(days=1)

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

    def require_trust(self, roots: Sequence[x509.Certificate], now: datetime) -> None:
        """Check that one of the pinned roots issued it for signatures.

        All generations of the real root share one name; the verifier tells them apart by their signatures.

        Raises:
            CertificateUntrusted: None of them did, or it is not valid yet.
        """
        verifier = (
            PolicyBuilder()
            .store(Store(list(roots)))
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

        Raises:
            WrongCard: The name or the birth date differs.
        """
        if not self.birth_date.startswith(signer.birth_date) or _plain(self.name) != _plain(signer.name):
            raise WrongCard


def _utf8_string(der: bytes) -> str | None:
    """The text of a DER UTF8String; nothing if it is something else."""
    if len(der) < 2 or der[0] != 0x0C:
        return None
    start = 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)
    length = der[1] if der[1] < 0x80 else int.from_bytes(der[2:start], "big")
    if len(der) != start + length:
        return None
    try:
        return der[start:].decode("utf-8")
    except UnicodeDecodeError:
        return None


def _plain(name: str) -> str:
    """A name without the differences that keyboards and registers make: width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", name).upper().split())


def _signs_for_good(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is None or not usage.content_commitment:
        raise ValueError("the certificate is not one for signatures")


# The profile marks certificatePolicies critical, which the library's own policies do not admit.
_LEAF: Final = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.CertificatePolicies, Criticality.AGNOSTIC, None)
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _signs_for_good)
)
