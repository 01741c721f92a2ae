"""What xmlsec1 says of a signed manifest. It shares no code with what signs."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path


def verdict_of_xmlsec1(
    directory: Path, manifest: bytes, files: Mapping[str, bytes], trusted: Path, at: datetime, *, id_of: str
) -> subprocess.CompletedProcess[str]:
    """Verify a manifest and the files that it names.

    Args:
        directory: Is made; xmlsec1 finds the files beside the manifest.
        manifest: Signed.
        files: By name.
        trusted: PEM of the only trusted root.
        at: The moment at which the certificate has to be valid.
        id_of: Namespace and name of the element whose attribute `Id` is an id.
    """
    directory.mkdir()
    for name, content in {**files, "manifest.xml": manifest}.items():
        (directory / name).write_bytes(content)
    return subprocess.run(
        [
            "xmlsec1",
            "--verify",
            *("--trusted-pem", trusted),
            *("--verification-time", f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"),
            *("--id-attr:Id", id_of),
            "manifest.xml",
        ],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": "UTC"},
    )
