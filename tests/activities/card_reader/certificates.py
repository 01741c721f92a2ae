"""Certificates of the sandbox's authority that a municipality would not issue."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tests.cards import VALID_UNTIL
from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki


def attribute(arc: int, text: str) -> x509.OtherName:
    """One of the holder's attributes."""
    content = text.encode()
    assert len(content) < 0x80
    return x509.OtherName(x509.ObjectIdentifier(f"1.2.392.200149.8.5.5.{arc}"), bytes((0x0C, len(content))) + content)


def reissued(
    pki: SandboxPki, *changes: x509.ExtensionType, public_key: CertificateIssuerPublicKeyTypes | None = None
) -> x509.Certificate:
    """Linh's certificate for signatures with other extensions, or another key."""
    model = pki.credentials(LINH, VALID_UNTIL).sign.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(model.subject)
        .issuer_name(model.issuer)
        .public_key(public_key or model.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(model.not_valid_before_utc)
        .not_valid_after(model.not_valid_after_utc)
    )
    changed = {change.oid: change for change in changes}
    for extension in model.extensions:
        builder = builder.add_extension(changed.get(extension.oid, extension.value), extension.critical)
    key = load_pem_private_key(
        pki.sign_ca_file.with_suffix(".key").read_bytes(), password=None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(key, RSAPrivateKey)
    return builder.sign(key, SHA256())


def parsed(certificate: x509.Certificate) -> SigningCertificate:
    """As the driver reads it."""
    return SigningCertificate.parse(certificate.public_bytes(Encoding.DER))
