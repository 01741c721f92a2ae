"""Spec packs: the versions of the interface specification that an installation has, and which of them counts.

The agency's own tables are disclosed to providers under terms that forbid passing them on, so the project carries
only a sample written from the public paper forms. `spec_packs/README.md` tells what a pack consists of.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files as resources
from importlib.resources.abc import Traversable

from zairyu.models.findings import Finding
from zairyu.models.residence import ApplicationType
from zairyu.models.spec_pack import SpecPack
from zairyu.rules.spec_pack_reading import CHECKS, CODES, HEAD, MESSAGES, Files, Reading


class SpecPackFaulty(Exception):
    """A pack cannot be used. Carries every fault."""

    def __init__(self, name: str, faults: Sequence[Finding]) -> None:
        told = "; ".join(f"{fault.place}: {fault.message.en}" for fault in faults[:3])
        super().__init__(f"spec pack {name} has {len(faults)} faults: {told}")
        self.faults = tuple(faults)


@dataclass(frozen=True)
class SpecPacks:
    """The packs that an installation has."""

    packs: Sequence[SpecPack]

    def in_force(self, application_type: ApplicationType, on: date) -> SpecPack | None:
        """The pack that counts for a kind of application on a day in Japan; nothing when there is none.

        A package signed under another pack than the one in force on the day it is sent must be rebuilt and signed
        again. Of two packs that begin on one day the one listed last counts.
        """
        known = [
            pack
            for pack in self.packs
            if pack.effective_from <= on and any(form.application_type is application_type for form in pack.forms)
        ]
        return max(reversed(known), key=lambda pack: pack.effective_from, default=None)


def belongs_to_pack(path: str) -> bool:
    """Whether a file is one of a pack's: notes that lie beside them are not."""
    return path in (HEAD, CODES, CHECKS, MESSAGES) or re.fullmatch(r"items/[a-z0-9-]+\.csv", path) is not None


def files_in(directory: Traversable) -> dict[str, bytes]:
    """The files of a pack in a directory of this machine.

    Raises:
        OSError: the directory cannot be read.
    """
    found = {file.name: file for file in directory.iterdir() if file.is_file()}
    items = directory / "items"
    if items.is_dir():
        found |= {f"items/{file.name}": file for file in items.iterdir() if file.is_file()}
    return {path: file.read_bytes() for path, file in sorted(found.items()) if belongs_to_pack(path)}


def digest_of(files: Files) -> str:
    """SHA-256 over the names and contents of a pack's files, whatever order they come in."""
    whole = hashlib.sha256()
    for path in sorted(path for path in files if belongs_to_pack(path)):
        whole.update(f"{path}\0{hashlib.sha256(files[path]).hexdigest()}\n".encode())
    return whole.hexdigest()


@cache
def sample_packs() -> SpecPacks:
    """The packs that come with the project: samples, for trying out."""
    directories = (entry for entry in (resources("zairyu") / "spec_packs").iterdir() if entry.is_dir())
    by_name = sorted(directories, key=lambda directory: directory.name)
    return SpecPacks(
        tuple(load_pack(files_in(directory), directory.name) for directory in by_name if (directory / HEAD).is_file())
    )


def load_pack(files: Files, name: str) -> SpecPack:
    """Read a pack.

    Args:
        files: as `files_in` gives them.
        name: how it is called in an error's text.

    Raises:
        SpecPackFaulty: with every fault.
    """
    reading = Reading(files, digest_of(files))
    pack = reading.pack()
    if pack is None or reading.faults:
        raise SpecPackFaulty(name, reading.faults)
    return pack
