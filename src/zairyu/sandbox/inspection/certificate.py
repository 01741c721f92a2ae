"""The signer's certificate: issued by a trusted authority for signatures, valid now, and naming a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from zairyu.sandbox.inspection.refusal import Code, PackageRefused

_NAME: Final = x509.ObjectIdentifier("1.2.392.200149.8.5.5.1")
"""The holder's name, among the alternative names of a JPKI certificate for signature."""


def check_certificate(certificate: x509.Certificate, trusted_roots: Sequence[x509.Certificate], at: datetime) -> str:
    """Check a certificate as of a moment, and give the name of its holder. Revocation is not looked up."""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise PackageRefused(Code.CERTIFICATE_EXPIRED, "the certificate is not valid at this time")
    if not trusted_roots:
        raise PackageRefused(Code.CERTIFICATE_UNTRUSTED, "no authority is trusted")
    verifier = (
        PolicyBuilder()
        .store(Store(list(trusted_roots)))
        .time(at)
        .max_chain_depth(0)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_signer_policy())
        .build_client_verifier()
    )
    try:
        verifier.verify(certificate, [])
    except VerificationError as error:
        raise PackageRefused(Code.CERTIFICATE_UNTRUSTED, "not a certificate for signature of this authority") from error
    return _holder(certificate)


def _signer_policy() -> ExtensionPolicy:
    # Certificate policies are critical in JPKI certificates, which the policies of the web would refuse.
    return (
        ExtensionPolicy.permit_all()
        .may_be_present(x509.CertificatePolicies, Criticality.AGNOSTIC, None)
        .require_present(x509.KeyUsage, Criticality.CRITICAL, _for_signatures)
    )


def _for_signatures(_: Policy, __: x509.Certificate, usage: x509.KeyUsage) -> None:
    # The certificate for user authentication on the same card lacks this bit, and proves no will to sign.
    if not usage.content_commitment:
        raise ValueError("not a certificate for signature")


def _holder(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return next(
            asn1.decode_der(str, name.value)
            for name in names.get_values_for_type(x509.OtherName)
            if name.type_id == _NAME
        )
    except (x509.ExtensionNotFound, StopIteration, ValueError) as error:
        raise PackageRefused(Code.CERTIFICATE_UNTRUSTED, "the certificate names nobody") from error
