"""The steps of packaging: build for signing, seal with the card's signature."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from cryptography import x509
from temporalio import activity

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.contents import Documents
from zairyu.activities.documents.files import Content
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.packaging.archive import ArchiveWriter, Written, read_archive
from zairyu.activities.packaging.assembly import Assembled, assemble, assemble_registration
from zairyu.activities.packaging.attached import LaterDelivery
from zairyu.activities.packaging.errors import SignatureMismatch
from zairyu.activities.packaging.signature import complete_signature
from zairyu.models.card import SignatureResult
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.package import BuildPackage, SealedPackage, SealPackage, UnsignedPackage
from zairyu.models.registration import BuildRegistration
from zairyu.models.steps import BUILD_PACKAGE, BUILD_REGISTRATION, SEAL_PACKAGE
from zairyu.rules.attachments import PDF
from zairyu.rules.spec_packs import SpecPacks

ZIP: Final = "application/zip"


class Packaging:
    """Builds and seals packages. Only references pass through here; what they refer to goes from file to file.

    The files have no names, and are gone with the process. Processor-bound work runs in threads, so that the worker
    goes on polling. A repeat builds the same bytes, which the blob store keeps once.
    """

    def __init__(self, blobs: BlobStore, packs: SpecPacks) -> None:
        self._blobs = blobs
        self._packs = packs

    @activity.defn(name=BUILD_PACKAGE.name)
    async def build_package(self, order: BuildPackage) -> UnsignedPackage:
        """Build the package that lacks only its signature."""
        async with beating():
            with translated():
                application = order.application
                with ExitStack() as files:
                    photo = None if application.photo is None else (await self._fetched(application.photo, files)).file
                    attachments = [
                        (attachment, await self._fetched(attachment.document, files))
                        for attachment in application.attachments
                    ]
                    documents, day = Documents(photo, attachments), order.filing_day
                    return await self._stored(
                        lambda into: assemble(application, documents, self._packs, day, into), day
                    )

    @activity.defn(name=BUILD_REGISTRATION.name)
    async def build_registration(self, order: BuildRegistration) -> UnsignedPackage:
        """Build a registration's package that lacks only its signature."""
        async with beating():
            with translated():
                day = order.filing_day
                return await self._stored(lambda into: assemble_registration(order.sheet, self._packs, day, into), day)

    @activity.defn(name=SEAL_PACKAGE.name)
    async def seal_package(self, order: SealPackage) -> SealedPackage:
        """Put the card's signature in, and verify it."""
        async with beating():
            with translated(), ExitStack() as files:
                unsigned = (await self._fetched(order.package.document, files)).file
                sealed = files.enter_context(TemporaryFile())
                written = await asyncio.to_thread(_seal, unsigned, order.package.manifest, order.signature, sealed)
                document = await self._blobs.put_file(sealed, ZIP, sha256=written.sha256)
                return SealedPackage(
                    document=document,
                    spec_pack=order.package.spec_pack,
                    spec_pack_digest=order.package.spec_pack_digest,
                )

    async def _fetched(self, document: DocumentRef, files: ExitStack) -> Content:
        file = files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
        return await self._blobs.fetch(document, file)

    async def _stored(self, build: Callable[[BinaryIO], Assembled], filing_day: date) -> UnsignedPackage:
        with TemporaryFile() as package:
            assembled = await asyncio.to_thread(build, package)
            return UnsignedPackage(
                document=await self._blobs.put_file(package, ZIP, sha256=assembled.sha256),
                digest_to_sign=assembled.digest_to_sign,
                file_count=assembled.file_count,
                spec_pack=assembled.spec_pack.label,
                spec_pack_digest=assembled.spec_pack.digest,
                manifest=assembled.spec_pack.layout.manifest,
                filing_day=filing_day,
                findings=assembled.findings,
                to_follow=tuple([await self._kept(delivery) for delivery in assembled.to_follow]),
            )

    async def _kept(self, delivery: LaterDelivery) -> tuple[Attachment, ...]:
        """What follows later, its declaration first."""
        declaration = await self._blobs.put_file(BytesIO(delivery.declaration), PDF)
        return (Attachment(kind=AttachmentKind.DECLARATION, document=declaration), *delivery.attachments)


def _seal(unsigned: BinaryIO, name: str | None, result: SignatureResult, into: BinaryIO) -> Written:
    """Put the signature into the manifest, which has this name, or is the first file."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(result.certificate))
        signature = base64.b64decode(result.signature)
    except ValueError as error:
        raise SignatureMismatch(detail="the terminal's answer cannot be read") from error
    with read_archive(unsigned) as files:
        name = name or next(iter(files))
        manifest = files.pop(name)
        contents = {other: Content.of(file) for other, file in files.items()}
        digests = {other: bytes.fromhex(content.sha256) for other, content in contents.items()}
        signed = complete_signature(manifest.read(), digests, signature, certificate, result.signed_at)
        with ArchiveWriter(into) as archive:
            for other, content in contents.items():
                archive.add(other, content)
            archive.add(name, Content.of(BytesIO(signed)))
            return archive.finish()
