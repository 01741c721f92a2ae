"""The two steps of packaging: build for signing, seal with the card's signature."""

import asyncio
import base64
from typing import Final

from cryptography import x509
from temporalio import activity

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.packaging.archive import read_archive, write_archive
from zairyu.activities.packaging.assembly import Assembled, Documents, assemble, assemble_registration
from zairyu.activities.packaging.errors import SignatureMismatch
from zairyu.activities.packaging.signature import complete_signature
from zairyu.models.card import SignatureResult
from zairyu.models.package import BuildPackage, SealedPackage, SealPackage, UnsignedPackage
from zairyu.models.registration import BuildRegistration
from zairyu.models.steps import BUILD_PACKAGE, BUILD_REGISTRATION, SEAL_PACKAGE

_ZIP: Final = "application/zip"


class Packaging:
    """Builds and seals packages. Documents stay in the blob store; only references pass through here.

    Processor-bound work runs in threads, so that the worker goes on polling. A repeat builds the same bytes, which
    the blob store keeps once.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    @activity.defn(name=BUILD_PACKAGE.name)
    async def build_package(self, order: BuildPackage) -> UnsignedPackage:
        """Build the package that lacks only its signature."""
        async with beating():
            with translated():
                application = order.application
                photo = None if application.photo is None else await self._blobs.get(application.photo)
                attachments = await asyncio.gather(
                    *(self._blobs.get(attachment.document) for attachment in application.attachments)
                )
                documents = Documents(photo, attachments)
                assembled = await asyncio.to_thread(assemble, application, documents, order.filing_day)
                return await self._unsigned(assembled)

    @activity.defn(name=BUILD_REGISTRATION.name)
    async def build_registration(self, order: BuildRegistration) -> UnsignedPackage:
        """Build a registration's package that lacks only its signature."""
        async with beating():
            with translated():
                assembled = await asyncio.to_thread(assemble_registration, order.sheet, order.filing_day)
                return await self._unsigned(assembled)

    @activity.defn(name=SEAL_PACKAGE.name)
    async def seal_package(self, order: SealPackage) -> SealedPackage:
        """Put the card's signature in, and verify it."""
        async with beating():
            with translated():
                unsigned = await self._blobs.get(order.package.document)
                sealed = await asyncio.to_thread(_seal, unsigned, order.signature)
                return SealedPackage(document=await self._blobs.put(sealed, _ZIP), spec_pack=order.package.spec_pack)

    async def _unsigned(self, assembled: Assembled) -> UnsignedPackage:
        return UnsignedPackage(
            document=await self._blobs.put(assembled.archive, _ZIP),
            digest_to_sign=assembled.digest_to_sign,
            file_count=assembled.file_count,
            spec_pack=assembled.spec_pack,
        )


def _seal(unsigned: bytes, result: SignatureResult) -> bytes:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(result.certificate))
        signature = base64.b64decode(result.signature)
    except ValueError as error:
        raise SignatureMismatch(detail="the terminal's answer cannot be read") from error
    files = read_archive(unsigned)
    name, manifest = next(iter(files.items()))
    others = {other: content for other, content in files.items() if other != name}
    signed = complete_signature(manifest, others, signature, certificate, result.signed_at)
    return write_archive({name: signed, **others})
