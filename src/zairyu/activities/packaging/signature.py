"""The signature of the manifest, in two phases with a card in between.

Plain XMLDSig: RSA-SHA256 over inclusive C14N 1.0; one reference to the application element and one to each file
beside the manifest by the digest of its raw bytes. This shape has a public precedent in government interfaces (e-Gov
external API, to 2024); the shape the residence interface wants is disclosed only under agreement.

Phase 1 gives the digest that the card signs. It does not depend on the certificate, which a card shows only after
the PIN. Phase 2 puts signature and certificate in and verifies everything as a stranger would. Both know the files by
their digests alone.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from zairyu.activities.packaging.errors import SignatureMismatch
from zairyu.activities.packaging.manifest import APPLICATION_ID

_DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"


@dataclass(frozen=True)
class UnsignedManifest:
    """A manifest whose signature value is still empty."""

    content: bytes
    digest_to_sign: str
    """SHA-256 of the canonical SignedInfo, in hexadecimal."""


def prepare_signature(manifest: etree._Element, digests: Mapping[str, bytes]) -> UnsignedManifest:
    """Phase 1: add a signature that covers the manifest's application and the files, all but its value.

    Args:
        manifest: without a signature.
        digests: SHA-256 of each file beside it, by name.
    """

    def add_file_references(signature: etree._Element, **_: object) -> None:
        # By hand: given a file's name, signxml would sign the digest of the manifest under that name.
        signed_info = _part(signature, "SignedInfo")
        for name, digest in digests.items():
            reference = etree.SubElement(signed_info, f"{_DS}Reference", URI=name)
            etree.SubElement(reference, f"{_DS}DigestMethod", Algorithm=DigestAlgorithm.SHA256.value)
            value = etree.SubElement(reference, f"{_DS}DigestValue")
            value.text = base64.b64encode(digest).decode()

    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        # Inclusive: file references carry no transforms, and XAdES, should it be wanted, works with no other.
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    # In place of signxml's own annotator, which writes the key: there is none yet.
    signer.signature_annotators = [add_file_references]
    key = _KeyOnTheCard()
    unsigned = signer.sign(manifest, key=cast("RSAPrivateKey", key), reference_uri=APPLICATION_ID)
    return UnsignedManifest(_written(unsigned), hashlib.sha256(key.signed_info).hexdigest())


def complete_signature(
    manifest: bytes, digests: Mapping[str, bytes], signature: bytes, certificate: x509.Certificate, signed_at: datetime
) -> bytes:
    """Phase 2: put the card's signature and certificate in.

    Args:
        manifest: as phase 1 left it.
        digests: SHA-256 of each file beside it, by name, taken anew.
        signature: of the digest that phase 1 gave.
        certificate: whose key made it.
        signed_at: when the certificate had to be valid.

    Raises:
        SignatureMismatch: the certificate's key did not sign this manifest and these files, or was not valid then.
    """
    root = etree.fromstring(manifest, etree.XMLParser(resolve_entities=False, no_network=True))
    element = _part(root, "Signature")
    _part(element, "SignatureValue").text = base64.b64encode(signature).decode()
    x509_data = etree.SubElement(etree.SubElement(element, f"{_DS}KeyInfo"), f"{_DS}X509Data")
    etree.SubElement(x509_data, f"{_DS}X509Certificate").text = base64.b64encode(
        certificate.public_bytes(Encoding.DER)
    ).decode()
    signed = _written(root)
    try:
        # Whether the certificate is genuine is for the receiving side to judge, which alone learns of revocations.
        _Verifier().verify(
            signed,
            x509_cert=certificate,
            uri_resolver={name: _Digest(digest) for name, digest in digests.items()}.get,
            expect_config=SignatureConfiguration(
                location="./",
                expect_references=1 + len(digests),
                signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
                digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
                verification_time=signed_at,
            ),
        )
    except SignXMLException as error:
        raise SignatureMismatch(detail=type(error).__name__) from error
    return signed


class _Digest(bytes):
    """Stands where signxml wants the bytes of a file, which may be many."""


class _Verifier(XMLVerifier):
    """Takes the digest of a file for the digest of its bytes; everything else as a stranger."""

    def _get_digest(self, data: bytes, algorithm: DigestAlgorithm) -> bytes:
        if isinstance(data, _Digest):
            return data
        digest: bytes = super()._get_digest(data, algorithm)
        return digest


class _KeyOnTheCard:
    """Stands where signxml wants a private key, and keeps what is to be signed."""

    signed_info = b""

    def sign(self, data: bytes, **_: Any) -> bytes:
        self.signed_info = data
        return b""


def _part(parent: etree._Element, name: str) -> etree._Element:
    part = parent.find(_DS + name)
    if part is None:
        raise ValueError(f"the manifest has no {name}")
    return part


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
