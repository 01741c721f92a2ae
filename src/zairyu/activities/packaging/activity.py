"""The two steps of packaging: build for signing, seal with the card's signature."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from cryptography import x509
from temporalio import activity

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.files import sha256_of
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.packaging.archive import Content, Written, read_archive, write_archive
from zairyu.activities.packaging.assembly import Assembled, Documents, assemble, assemble_registration
from zairyu.activities.packaging.errors import SignatureMismatch
from zairyu.activities.packaging.signature import complete_signature
from zairyu.models.card import SignatureResult
from zairyu.models.documents import DocumentRef
from zairyu.models.package import BuildPackage, SealedPackage, SealPackage, UnsignedPackage
from zairyu.models.registration import BuildRegistration
from zairyu.models.steps import BUILD_PACKAGE, BUILD_REGISTRATION, SEAL_PACKAGE

_ZIP: Final = "application/zip"


class Packaging:
    """Builds and seals packages. Only references pass through here; what they refer to goes from file to file.

    The files have no names, and are gone with the process. Processor-bound work runs in threads, so that the worker
    goes on polling. A repeat builds the same bytes, which the blob store keeps once.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    @activity.defn(name=BUILD_PACKAGE.name)
    async def build_package(self, order: BuildPackage) -> UnsignedPackage:
        """Build the package that lacks only its signature."""
        async with beating():
            with translated():
                application = order.application
                with ExitStack() as files:
                    photo = None if application.photo is None else await self._fetched(application.photo, files)
                    attachments = [
                        await self._fetched(attachment.document, files) for attachment in application.attachments
                    ]
                    documents = Documents(photo, attachments)
                    return await self._stored(lambda into: assemble(application, documents, order.filing_day, into))

    @activity.defn(name=BUILD_REGISTRATION.name)
    async def build_registration(self, order: BuildRegistration) -> UnsignedPackage:
        """Build a registration's package that lacks only its signature."""
        async with beating():
            with translated():
                return await self._stored(lambda into: assemble_registration(order.sheet, order.filing_day, into))

    @activity.defn(name=SEAL_PACKAGE.name)
    async def seal_package(self, order: SealPackage) -> SealedPackage:
        """Put the card's signature in, and verify it."""
        async with beating():
            with translated(), ExitStack() as files:
                unsigned = await self._fetched(order.package.document, files)
                sealed = files.enter_context(TemporaryFile())
                written = await asyncio.to_thread(_seal, unsigned, order.signature, sealed)
                document = await self._blobs.put_file(sealed, _ZIP, sha256=written.sha256)
                return SealedPackage(document=document, spec_pack=order.package.spec_pack)

    async def _fetched(self, document: DocumentRef, files: ExitStack) -> BinaryIO:
        file = files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
        await self._blobs.fetch(document, file)
        return file

    async def _stored(self, build: Callable[[BinaryIO], Assembled]) -> UnsignedPackage:
        with TemporaryFile() as package:
            assembled = await asyncio.to_thread(build, package)
            return UnsignedPackage(
                document=await self._blobs.put_file(package, _ZIP, sha256=assembled.sha256),
                digest_to_sign=assembled.digest_to_sign,
                file_count=assembled.file_count,
                spec_pack=assembled.spec_pack,
            )


def _seal(unsigned: BinaryIO, result: SignatureResult, into: BinaryIO) -> Written:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(result.certificate))
        signature = base64.b64decode(result.signature)
    except ValueError as error:
        raise SignatureMismatch(detail="the terminal's answer cannot be read") from error
    with read_archive(unsigned) as files:
        (name, manifest), *others = files.items()
        digests = {other: sha256_of(content.file) for other, content in others}
        signed = complete_signature(manifest.file.read(), digests, signature, certificate, result.signed_at)
        return write_archive({name: Content.of(BytesIO(signed)), **dict(others)}, into)
