"""The manifest and its signature: only what is signed is read."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from zairyu.sandbox.inspection.certificate import check_certificate
from zairyu.sandbox.inspection.refusal import Code, PackageRefused

_DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
_APPLICATION: Final = "#application"
_MAX_BYTES: Final = 256 * 1024
"""Fifty files take a tenth of it. The verifier copies the whole manifest for each of them."""
_RE_ENTRIES: Final = (None, "SINGLE", "MULTIPLE")
_NO_CERTIFICATE: Final = (
    UnsupportedAlgorithm,
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading a certificate raises: when it is loaded, or later, when somebody asks for the part that is wrong."""
_NO_SIGNATURE: Final = (
    SignXMLException,
    etree.LxmlError,
    UnsupportedAlgorithm,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What the verifier raises for what is no valid signature.

It does not look before it reads: an empty element where a key belongs is a `TypeError`.
"""


@dataclass(frozen=True)
class SignedSupply:
    """What the signer of additional documents declared."""

    signer_name: str
    application_type: str
    """Of the application that the documents are for."""


@dataclass(frozen=True)
class SignedManifest:
    """What the signer declared."""

    signer_name: str
    application_type: str
    residence_status: str
    """Empty for a registration, which is about none."""
    filer: str
    collection_method: str
    """Empty for a registration, of which nothing is collected."""
    concurrent_permissions: tuple[str, ...]
    re_entry: str | None
    """`SINGLE` or `MULTIPLE`, with a re-entry permit."""
    roles: Mapping[str, str]
    """What each file is for, by its name."""


def read_manifest(
    manifest: bytes, files: Mapping[str, bytes], trusted_roots: Sequence[x509.Certificate], at: datetime
) -> SignedManifest:
    """Verify the signature over the manifest and all other files, then read the manifest."""
    application, signer_name = _verified(manifest, files, trusted_roots, at)
    return _declared(application, signer_name, files)


def read_supply_manifest(
    manifest: bytes, files: Mapping[str, bytes], trusted_roots: Sequence[x509.Certificate], at: datetime
) -> SignedSupply:
    """Verify a manifest as that of an application; of what it declares, only the type is read."""
    application, signer_name = _verified(manifest, files, trusted_roots, at)
    _roles(application, files)
    return SignedSupply(signer_name=signer_name, application_type=_text(application, "ApplicationType"))


def _verified(
    manifest: bytes, files: Mapping[str, bytes], trusted_roots: Sequence[x509.Certificate], at: datetime
) -> tuple[etree._Element, str]:
    """The element that is signed, with the name of who signed it."""
    if len(manifest) > _MAX_BYTES:
        raise PackageRefused(Code.MANIFEST_INVALID, f"more than {_MAX_BYTES} bytes")
    signature = _signature(_parsed(manifest))
    references = _references(signature)
    _check_files(references, files)
    try:
        certificate = _certificate(signature)
        signer_name = check_certificate(certificate, trusted_roots, at)
    except _NO_CERTIFICATE as error:
        raise PackageRefused(Code.SIGNATURE_INVALID, "the certificate cannot be read") from error
    try:
        results = XMLVerifier().verify(
            manifest,
            x509_cert=certificate,
            uri_resolver=files.get,
            expect_config=SignatureConfiguration(
                location="./",
                expect_references=True,  # any number: they were counted above
                signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
                digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
                verification_time=at,
            ),
        )
    except _NO_SIGNATURE as error:
        raise PackageRefused(Code.SIGNATURE_INVALID, type(error).__name__) from error
    verified = results if isinstance(results, list) else [results]
    application = verified[list(references).index(_APPLICATION)].signed_xml
    if application is None or etree.QName(application).localname != "Application":
        raise PackageRefused(Code.SIGNATURE_INVALID, "the signature covers something else")
    return application, signer_name


def _parsed(manifest: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(manifest, parser)
    except etree.XMLSyntaxError as error:
        raise PackageRefused(Code.MANIFEST_INVALID, "not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackageRefused(Code.MANIFEST_INVALID, "a document type is declared")
    return root


def _signature(root: etree._Element) -> etree._Element:
    signatures = root.findall(f"{_DS}Signature")
    if len(signatures) != 1:
        raise PackageRefused(Code.SIGNATURE_INVALID, f"{len(signatures)} signatures")
    if not signatures[0].findtext(f"{_DS}SignatureValue"):
        raise PackageRefused(Code.SIGNATURE_INVALID, "the place of the signature is empty")
    return signatures[0]


def _references(signature: etree._Element) -> dict[str, str]:
    """The digest of each reference, by its URI."""
    digests: dict[str, str] = {}
    for reference in signature.findall(f"{_DS}SignedInfo/{_DS}Reference"):
        uri = reference.get("URI", "")
        if uri in digests:
            raise PackageRefused(Code.SIGNATURE_INVALID, "two references are the same")
        if uri != _APPLICATION and reference.find(f"{_DS}Transforms") is not None:
            # A transform can hide parts of a file from the digest.
            raise PackageRefused(Code.SIGNATURE_INVALID, "a file is transformed before its digest is taken")
        digests[uri] = reference.findtext(f"{_DS}DigestValue") or ""
    if _APPLICATION not in digests:
        raise PackageRefused(Code.SIGNATURE_INVALID, "the application is not signed")
    return digests


def _check_files(references: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    signed = references.keys() - {_APPLICATION}
    if missing := sorted(signed - files.keys()):
        raise PackageRefused(Code.FILE_MISSING, "signed files are not in the package", missing)
    if unlisted := sorted(files.keys() - signed):
        raise PackageRefused(Code.FILE_UNLISTED, "files in the package are not signed", unlisted)
    changed = [
        name
        for name, content in files.items()
        if base64.b64encode(hashlib.sha256(content).digest()).decode() != "".join(references[name].split())
    ]
    if changed:
        raise PackageRefused(Code.DIGEST_MISMATCH, "files differ from what was signed", changed)


def _certificate(signature: etree._Element) -> x509.Certificate:
    certificates = signature.findall(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    if len(certificates) != 1:
        raise PackageRefused(Code.SIGNATURE_INVALID, f"{len(certificates)} certificates")
    return x509.load_der_x509_certificate(base64.b64decode(certificates[0].text or ""))


def _declared(application: etree._Element, signer_name: str, files: Mapping[str, bytes]) -> SignedManifest:
    namespace = _namespace(application)
    registers = _text(application, "ApplicationType") == "USER_REGISTRATION"
    re_entry = application.findtext(f"{namespace}ReEntry")
    if re_entry not in _RE_ENTRIES:
        raise PackageRefused(Code.MANIFEST_INVALID, "there is no such re-entry permit")
    roles = _roles(application, files)
    return SignedManifest(
        signer_name=signer_name,
        application_type=_text(application, "ApplicationType"),
        residence_status="" if registers else _text(application, "ResidenceStatus"),
        filer=_text(application, "Filer"),
        collection_method="" if registers else _text(application, "CollectionMethod"),
        concurrent_permissions=tuple(
            element.text or "" for element in application.findall(f"{namespace}ConcurrentPermission")
        ),
        re_entry=re_entry,
        roles=roles,
    )


def _roles(application: etree._Element, files: Mapping[str, bytes]) -> dict[str, str]:
    namespace = _namespace(application)
    listed = application.findall(f"{namespace}Files/{namespace}File")
    roles = {file.get("name", ""): file.get("role", "") for file in listed}
    if unlisted := sorted(files.keys() - roles.keys()):
        raise PackageRefused(Code.FILE_UNLISTED, "the manifest does not list every file", unlisted)
    if missing := sorted(roles.keys() - files.keys()):
        raise PackageRefused(Code.FILE_MISSING, "the manifest lists files that are not there", missing)
    return roles


def _text(application: etree._Element, name: str) -> str:
    found = application.findtext(_namespace(application) + name)
    if not found:
        raise PackageRefused(Code.MANIFEST_INVALID, f"{name} is missing")
    return found


def _namespace(application: etree._Element) -> str:
    return f"{{{etree.QName(application).namespace}}}"
