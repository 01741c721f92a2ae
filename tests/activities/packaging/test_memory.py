"""What a large package costs in memory, seen from outside: the peak that the system counts for the process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTES_FOR_A_LARGE_PACKAGE = 8

_PROGRAM = """
import asyncio, json, resource, sys
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryFile

from temporalio.testing import ActivityEnvironment

from tests.activities.packaging.signing import signed
from tests.applications import application
from tests.documents import stored, write_scan
from zairyu.activities.documents.blobs import BlobStore
from zairyu.activities.packaging.activity import Packaging
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.package import BuildPackage
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.samples import draw_photo


async def main(directory, size):
    blobs = BlobStore((directory / "blobs").as_uri(), KeyRing("test", {"test": bytes(32)}))
    with TemporaryFile() as scan:
        write_scan(scan, size)
        document = await blobs.put_file(scan, "application/pdf")
    photo = await stored(blobs, draw_photo(), "image/jpeg")
    attachment = Attachment(kind=AttachmentKind.ORGANIZATION_FORM, document=document)
    order = BuildPackage(application=application([attachment], photo=photo), filing_day=date(2026, 11, 24))
    packaging = Packaging(blobs, sample_packs())
    unsigned = await ActivityEnvironment().run(packaging.build_package, order)
    signer = SandboxPki(directory / "pki").credentials(LINH, date(2027, 1, 31)).sign
    seal = signed(unsigned, signer, datetime(2026, 11, 24, 3, tzinfo=UTC))
    sealed = await ActivityEnvironment().run(packaging.seal_package, seal)
    print(json.dumps([sealed.document.size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


def sealed_size_and_peak(directory: Path, size: int) -> tuple[int, int]:
    """Build and seal a package in a process of its own; its bytes, and the megabytes that the process had at most."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(directory), str(size)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=100,
    )
    size, peak = json.loads(done.stdout)
    return size, peak


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is counted in other units")
def test_a_large_package_takes_little_more_memory_than_a_small_one(tmp_path: Path) -> None:
    _, small = sealed_size_and_peak(tmp_path / "small", 1_000_000)
    size, large = sealed_size_and_peak(tmp_path / "large", 24_900_000)

    assert size > 24_900_000
    assert large - small < MEGABYTES_FOR_A_LARGE_PACKAGE, f"{small} MB for a small package, {large} for a large one"
