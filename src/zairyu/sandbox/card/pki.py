"""A public-key infrastructure in the profile of the real one, for the sandbox alone.

    <directory>/ca/sign-ca.pem        the root a terminal is told to trust
    <directory>/ca/sign-ca.key
    <directory>/ca/auth-ca.pem, auth-ca.key
    <directory>/cards/<persona>/keys/sign.key, auth.key
    <directory>/cards/<persona>/<last day>/sign.pem, auth.pem
    <directory>/cards/<persona>/<last day>+<last day of auth.pem>/sign.pem, auth.pem

What is there is kept, so that a restart finds the same roots and the same cards. Profile as told by J-LIS,
公的個人認証サービス プロファイル仕様書, and by those who read real certificates (kjur/jsrsasign-oid-jpki,
nunnun/jpki-local-signer).
"""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from zairyu.sandbox.card.personas import Persona

_JAPAN: Final = ZoneInfo("Asia/Tokyo")
_KEY_BITS: Final = 2048
_LIFE: Final = timedelta(days=6 * 365)
"""How long before its last day a certificate begins. That it is longer than a real one's lets tests go back in time."""
_CA_LIFE: Final = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC))

_JPKI: Final = "1.2.392.200149.8.5"
_SIGN_POLICY: Final = x509.ObjectIdentifier(f"{_JPKI}.1.1.20")
_AUTH_POLICY: Final = x509.ObjectIdentifier(f"{_JPKI}.1.3.30")

_ERAS: Final = (
    (date(2019, 5, 1), "5"),  # Reiwa
    (date(1989, 1, 8), "4"),  # Heisei
    (date(1926, 12, 25), "3"),  # Showa
    (date(1912, 7, 30), "2"),  # Taisho
    (date(1868, 1, 25), "1"),  # Meiji
)


@dataclass(frozen=True)
class Credential:
    """A private key and its certificate."""

    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate


@dataclass(frozen=True)
class CardCredentials:
    """What the municipality writes on one card."""

    holder: Persona
    sign: Credential
    auth: Credential
    sign_ca: x509.Certificate
    auth_ca: x509.Certificate


class SandboxPki:
    """The two certification authorities and the cards they issued."""

    def __init__(self, directory: Path) -> None:
        """Open the infrastructure in a directory, or found it there."""
        self._directory = directory
        made = _directory_made_once(directory / "ca", _found)
        self._sign_ca = Credential(_load_key(made / "sign-ca.key"), _load_certificate(made / "sign-ca.pem"))
        self._auth_ca = Credential(_load_key(made / "auth-ca.key"), _load_certificate(made / "auth-ca.pem"))

    @property
    def sign_ca_file(self) -> Path:
        """PEM of the root behind the certificates for signatures."""
        return self._directory / "ca" / "sign-ca.pem"

    @property
    def sign_ca(self) -> x509.Certificate:
        """The root behind the certificates for signatures."""
        return self._sign_ca.certificate

    @property
    def auth_ca(self) -> x509.Certificate:
        """The root behind the certificates for user authentication."""
        return self._auth_ca.certificate

    def card_directory(self, persona: Persona, valid_until: date, auth_valid_until: date | None = None) -> Path:
        """Where a card's certificates lie, and whatever else belongs to that one card."""
        days = dict.fromkeys((valid_until, auth_valid_until or valid_until))
        return self._directory / "cards" / persona.key / "+".join(day.isoformat() for day in days)

    def credentials(self, persona: Persona, valid_until: date, auth_valid_until: date | None = None) -> CardCredentials:
        """The keys and certificates of a persona's card; the same ones each time.

        Args:
            persona: Whose card.
            valid_until: The last day in Japan; for a foreign resident, that of the period of stay.
            auth_valid_until: The last day of the certificate for user authentication, when it is another: the two
                are renewed one by one.
        """
        keys = _directory_made_once(self._directory / "cards" / persona.key / "keys", _make_card_keys)
        sign_key, auth_key = _load_key(keys / "sign.key"), _load_key(keys / "auth.key")

        def issue(draft: Path) -> None:
            last_day = auth_valid_until or valid_until
            sign = _leaf(persona, valid_until, sign_key.public_key(), self._sign_ca, _SIGN_POLICY, names_holder=True)
            auth = _leaf(persona, last_day, auth_key.public_key(), self._auth_ca, _AUTH_POLICY, names_holder=False)
            _save_certificate(draft / "sign.pem", sign)
            _save_certificate(draft / "auth.pem", auth)

        issued = _directory_made_once(self.card_directory(persona, valid_until, auth_valid_until), issue)
        return CardCredentials(
            holder=persona,
            sign=Credential(sign_key, _load_certificate(issued / "sign.pem")),
            auth=Credential(auth_key, _load_certificate(issued / "auth.pem")),
            sign_ca=self._sign_ca.certificate,
            auth_ca=self._auth_ca.certificate,
        )


def _directory_made_once(place: Path, fill: Callable[[Path], None]) -> Path:
    """A directory whose content is made as a whole or not at all; of two makers at once, one wins."""
    if not place.exists():
        draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
        draft.mkdir(parents=True, mode=0o700)
        fill(draft)
        try:
            draft.rename(place)
        except OSError:
            shutil.rmtree(draft)
            if not place.exists():
                raise
    return place


def _found(draft: Path) -> None:
    for name, purpose in (("sign-ca", "JPKI for digital signature"), ("auth-ca", "JPKI for user authentication")):
        key = _new_key()
        _save_key(draft / f"{name}.key", key)
        _save_certificate(draft / f"{name}.pem", _root(purpose, key))


def _make_card_keys(draft: Path) -> None:
    _save_key(draft / "sign.key", _new_key())
    _save_key(draft / "auth.key", _new_key())


def _root(purpose: str, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A self-signed root: no common name, two organisational units, as the real ones have."""
    name = _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, "JPKI-TEST"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, purpose),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Sandbox, not for use"),
    )
    starts, ends = _CA_LIFE
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectAlternativeName([_service_name()]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_crl_distribution_point("JPKI-TEST", "CRLDP"), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    persona: Persona,
    valid_until: date,
    public_key: rsa.RSAPublicKey,
    ca: Credential,
    policy: x509.ObjectIdentifier,
    *,
    names_holder: bool,
) -> x509.Certificate:
    last_second = datetime.combine(valid_until, time(23, 59, 59), _JAPAN)
    builder = (
        x509.CertificateBuilder()
        .subject_name(
            _name(
                (NameOID.COUNTRY_NAME, "JP"),
                (NameOID.LOCALITY_NAME, persona.prefecture),
                (NameOID.LOCALITY_NAME, persona.municipality),
                # Opaque: the subject does not name the holder.
                (NameOID.COMMON_NAME, secrets.token_hex(12).upper()),
            )
        )
        .issuer_name(ca.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # Never later than its issue: the last day may be further away than that, for permanent residents.
        .not_valid_before(min(last_second - _LIFE, datetime.now(UTC)))
        .not_valid_after(last_second)
        .add_extension(_usage(digital_signature=True, content_commitment=names_holder), critical=True)
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(policy, ["https://sandbox.invalid/cps.html"])]),
            critical=True,
        )
        .add_extension(x509.IssuerAlternativeName([_service_name()]), critical=False)
        .add_extension(_crl_distribution_point(persona.prefecture, f"{persona.municipality} CRLDP"), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.certificate.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    if names_holder:
        builder = builder.add_extension(x509.SubjectAlternativeName(_holder(persona)), critical=False)
    return builder.sign(ca.key, hashes.SHA256())


def _holder(persona: Persona) -> list[x509.GeneralName]:
    """The holder's attributes, in the order in which real certificates carry them."""
    name, address = persona.registered_name, persona.registered_address
    era = next((era for first_day, era in _ERAS if persona.birth_date >= first_day), "0")
    values = (
        (1, name),
        (4, f"{era}{persona.birth_date:%Y%m%d}"),
        (3, persona.sex),
        (5, address),
        (2, _replaced(name, persona)),
        (6, _replaced(address, persona)),
    )
    return [x509.OtherName(x509.ObjectIdentifier(f"{_JPKI}.5.{arc}"), _utf8_string(text)) for arc, text in values]


def _replaced(text: str, persona: Persona) -> str:
    """Which characters stand for others that a certificate does not carry: a digit for each."""
    return "".join("1" if character in persona.replaced else "0" for character in text)


def _utf8_string(text: str) -> bytes:
    """DER of a UTF8String."""
    content = text.encode()
    if len(content) < 0x80:
        return bytes((0x0C, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((0x0C, 0x80 | len(length))) + length + content


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in attributes])


def _service_name() -> x509.DirectoryName:
    return x509.DirectoryName(
        _name((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "公的個人認証サービス 試験用"))
    )


def _crl_distribution_point(unit: str, common_name: str) -> x509.CRLDistributionPoints:
    """A directory name and no address: revocation lists go to notified verifiers only."""
    place = _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, "JPKI-TEST"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "CRL Distribution Points"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.DirectoryName(place)], None, None, None)])


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def _save_key(file: Path, key: rsa.RSAPrivateKey) -> None:
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _load_key(file: Path) -> rsa.RSAPrivateKey:
    # We made it ourselves: the arithmetic that proves a key sound takes longer than everything else here.
    key = serialization.load_pem_private_key(file.read_bytes(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds no RSA key")
    return key


def _save_certificate(file: Path, certificate: x509.Certificate) -> None:
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _load_certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())
