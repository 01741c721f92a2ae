"""`make bench`: what building a package costs beside reading, hashing and writing the same bytes."""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import BinaryIO

from rich.console import Console
from rich.table import Table
from temporalio.testing import ActivityEnvironment
from tests.applications import application as valid_application
from tests.documents import attached, reference, write_scan

from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.documents.contents import Documents
from zairyu.activities.documents.files import CHUNK
from zairyu.activities.packaging.activity import Packaging
from zairyu.activities.packaging.assembly import Assembled, assemble
from zairyu.models.application import ApplicationInput
from zairyu.models.documents import AttachmentKind
from zairyu.models.package import BuildPackage
from zairyu.rules.calendar import day_in_japan
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.samples import draw_photo

_ROUNDS = 40
_LAYOUTS = {
    "4 documents of 100 kB": (100_000,) * 4,
    "5 documents of 4.9 MB": (4_900_000,) * 5,
    "1 document of 24.9 MB": (24_900_000,),
}
"""The last two are as large as may be attached, in the kindest and in the hardest way."""

_Seconds = list[float]


def measure_package(console: Console) -> None:
    """From files to a file, and the whole step with an encrypted store beside putting and fetching the same bytes.

    All on one file system, in the page cache, and nobody waits for the disk. Building uses two processors; on a machine
    that has only one to spare it takes the sum of both.
    """
    columns = ("bare ms", "ours ms", "ours per second", "ratio", "from", "to")
    building = Table("A package of", *columns, title=f"Building beside read, SHA-256, write; {_ROUNDS} rounds")
    stepping = Table(
        "A package of", *columns, title=f"The step beside put and fetch of the same store; {_ROUNDS} rounds"
    )
    for name, sizes in _LAYOUTS.items():
        with ExitStack() as files:
            photo = files.enter_context(tempfile.TemporaryFile())
            photo.write(draw_photo())
            scans = [files.enter_context(tempfile.TemporaryFile()) for _ in sizes]
            for scan, size in zip(scans, sizes, strict=True):
                write_scan(scan, size)
            documents = Documents(photo, [attached(scan, AttachmentKind.ORGANIZATION_FORM) for scan in scans])
            attachments = [attachment for attachment, _ in documents.attachments]
            application = valid_application(attachments, photo=reference(photo, "image/jpeg"))
            _row(building, name, *_building(application, documents))
            _row(stepping, name, *asyncio.run(_stepping(application, documents)))
    console.print(building)
    console.print(stepping)


def _building(application: ApplicationInput, documents: Documents) -> tuple[_Seconds, _Seconds]:
    every = [*(content.file for _, content in documents.attachments), documents.photo]
    bare, ours = [], []
    for _ in range(_ROUNDS):
        bare.append(_timed(lambda: _read_hash_write([file for file in every if file is not None])))
        ours.append(_timed(lambda: _build(application, documents)))
    return bare, ours


def _read_hash_write(files: Sequence[BinaryIO]) -> str:
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as into:
        for file in files:
            file.seek(0)
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                into.write(chunk)
        into.flush()
    return digest.hexdigest()


def _build(application: ApplicationInput, documents: Documents) -> Assembled:
    with tempfile.TemporaryFile() as into:
        assembled = assemble(application, documents, sample_packs(), day_in_japan(datetime.now(UTC)), into)
        into.flush()
    return assembled


async def _stepping(application: ApplicationInput, documents: Documents) -> tuple[_Seconds, _Seconds]:
    """Each round with a store of its own: what is there already is not stored again."""
    order = BuildPackage(application=application, filing_day=day_in_japan(datetime.now(UTC)))
    bare, ours = [], []
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as directory:
            blobs = BlobStore(Path(directory).as_uri(), KeyRing("bench", {"bench": bytes(32)}))
            began = time.perf_counter()
            references = [await blobs.put_file(content.file, "application/pdf") for _, content in documents.attachments]
            for document in references:
                with tempfile.TemporaryFile() as into:
                    await blobs.fetch(document, into)
            bare.append(time.perf_counter() - began)
            assert documents.photo is not None
            await blobs.put_file(documents.photo, "image/jpeg")
            began = time.perf_counter()
            await ActivityEnvironment().run(Packaging(blobs, sample_packs()).build_package, order)
            ours.append(time.perf_counter() - began)
    return bare, ours


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _row(table: Table, name: str, bare: _Seconds, ours: _Seconds) -> None:
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    figures = (median(bare) * 1000, median(ours) * 1000, 1 / median(ours), median(ratios), min(ratios), max(ratios))
    table.add_row(name, *(f"{figure:.2f}" for figure in figures))


if __name__ == "__main__":
    measure_package(Console())
