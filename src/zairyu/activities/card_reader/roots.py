"""The roots behind the certificates that may sign.

All generations of the real authority have one name, so a root is chosen by the key identifier that the certificate
names, and recognised by its own fingerprint. The copy of the root that a card carries proves nothing by itself; it
saves shipping the file once its fingerprint is known.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.activities.card_reader.errors import CertificateUntrusted
from zairyu.rules.calendar import day_in_japan
from zairyu.rules.card_authorities import card_authority, is_card_authority


class UnpinnedRootError(ValueError):
    """A root was configured that is none of the Japanese Public Key Infrastructure."""

    def __init__(self, offenders: Iterable[x509.Certificate]) -> None:
        """Name them."""
        named = "; ".join(f"{_organisation(root)}, SHA-256 {_fingerprint(root)}" for root in offenders)
        super().__init__(f"not an authority of the Japanese Public Key Infrastructure: {named}")


class TrustedRoots:
    """The only authorities whose certificates may sign."""

    def __init__(
        self, certificates: Iterable[x509.Certificate], fingerprint_of: Callable[[str, date], str | None]
    ) -> None:
        """Take certificates and a rule; `of` and `pinned` are the two there are.

        Args:
            certificates: Those at hand.
            fingerprint_of: SHA-256 of the root that holds a key and counts on a day in Japan.
        """
        self._certificates = {_fingerprint(certificate): certificate for certificate in certificates}
        self._fingerprint_of = fingerprint_of

    @classmethod
    def of(cls, certificates: Iterable[x509.Certificate]) -> Self:
        """Exactly these, whoever they are: for the sandbox and for tests."""
        chosen = tuple(certificates)
        by_key = {_key_identifier(root): _fingerprint(root) for root in chosen}
        return cls(chosen, lambda key, _on: by_key.get(key))

    @classmethod
    def pinned(cls, certificates: Iterable[x509.Certificate] = ()) -> Self:
        """Those in the dated table of authorities, and no others.

        Args:
            certificates: Of the authorities, where a terminal keeps them. For one that is missing here, the
                copy on the card serves.

        Raises:
            UnpinnedRootError: A certificate given is not in the table.
        """
        given = tuple(certificates)
        offenders = [root for root in given if not is_card_authority(_fingerprint(root))]
        if offenders:
            raise UnpinnedRootError(offenders)
        return cls(given, _pinned_fingerprint)

    def require_trust(self, leaf: SigningCertificate, now: datetime, on_card: Callable[[], bytes]) -> None:
        """Check that one of the authorities issued a certificate for signatures.

        Args:
            leaf: The certificate.
            now: The present moment.
            on_card: Reads the authority's certificate, DER, from the card. Called only when it is needed.

        Raises:
            CertificateUntrusted: None of them did, or its days are over, or the certificate is not valid yet.
        """
        today = day_in_japan(now)
        fingerprint = self._fingerprint_of(leaf.authority_key, today)
        if fingerprint is None:
            raise CertificateUntrusted(detail="no trusted authority holds the key")
        root = self._certificates.get(fingerprint) or _recognised(on_card(), fingerprint)
        leaf.require_issued_by(root, now)


def _recognised(der: bytes, fingerprint: str) -> x509.Certificate:
    try:
        root = x509.load_der_x509_certificate(der)
    except ValueError:
        raise CertificateUntrusted(detail="the card's copy of the root is no certificate") from None
    if _fingerprint(root) != fingerprint:
        raise CertificateUntrusted(detail="the card's copy of the root is another one")
    return root


def _pinned_fingerprint(key: str, on: date) -> str | None:
    row = card_authority(key, on=on)
    return None if row is None else row.sha256


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def _key_identifier(certificate: x509.Certificate) -> str:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()


def _organisation(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return ", ".join(str(name.value) for name in names) or "no organisation"
