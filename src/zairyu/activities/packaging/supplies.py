"""The step that makes an answer to a request for documents: one PDF, in a package where supplies are signed."""

import asyncio
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO

from temporalio import activity

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.files import Content
from zairyu.activities.documents.supplying import write_declared_supply
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.activities.packaging.activity import ZIP
from zairyu.activities.packaging.assembly import assemble_supply
from zairyu.activities.packaging.errors import SpecPackMissing
from zairyu.models.document_request import BuildSupply, BuiltSupply
from zairyu.models.documents import DocumentRef
from zairyu.models.package import UnsignedPackage
from zairyu.models.steps import BUILD_SUPPLY
from zairyu.rules.attachments import PDF
from zairyu.rules.spec_packs import SpecPacks


class Supplies:
    """Makes answers. A repeat makes the same bytes, which the blob store keeps once."""

    def __init__(self, blobs: BlobStore, packs: SpecPacks, *, signed: bool) -> None:
        """Name the store and the packs.

        Args:
            blobs: where documents are.
            packs: the spec packs of this installation.
            signed: whether the interface wants supplies signed.
        """
        self._blobs = blobs
        self._packs = packs
        self._signed = signed

    @activity.defn(name=BUILD_SUPPLY.name)
    async def build_supply(self, order: BuildSupply) -> BuiltSupply:
        """Join the documents with their declaration, and pack them where they have to be signed."""
        async with beating():
            with translated(), ExitStack() as files:
                pack = self._packs.in_force(order.application_type, order.day)
                if pack is None and self._signed:
                    raise SpecPackMissing(detail=f"{order.application_type} on {order.day}")
                parts = [await self._fetched(attachment.document, files) for attachment in order.attachments]
                pdf = files.enter_context(TemporaryFile())
                sample = pack is not None and pack.sample
                await asyncio.to_thread(write_declared_supply, order, parts, pdf, sample=sample)
                content = await asyncio.to_thread(Content.of, pdf)
                document = await self._blobs.put_file(pdf, PDF, sha256=content.sha256)
                if pack is None or not self._signed:
                    return BuiltSupply(document=document)
                package = files.enter_context(TemporaryFile())
                assembled = await asyncio.to_thread(assemble_supply, order, content, pack, package)
                return BuiltSupply(
                    document=document,
                    package=UnsignedPackage(
                        document=await self._blobs.put_file(package, ZIP, sha256=assembled.sha256),
                        digest_to_sign=assembled.digest_to_sign,
                        file_count=assembled.file_count,
                        spec_pack=pack.label,
                        spec_pack_digest=pack.digest,
                        manifest=pack.layout.manifest,
                        filing_day=order.day,
                    ),
                )

    async def _fetched(self, document: DocumentRef, files: ExitStack) -> BinaryIO:
        file = files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
        await self._blobs.fetch(document, file)
        return file
