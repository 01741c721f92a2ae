"""The spec packs of an installation: from directories or object stores, verified by digest, kept on this machine."""

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from zairyu.activities.packaging.errors import SpecPackUnavailable
from zairyu.models.spec_pack import SpecPack
from zairyu.rules.spec_packs import SpecPacks, belongs_to_pack, digest_of, files_in, load_pack, sample_packs

_WITH_DIGEST: Final = re.compile(r"(?P<url>[a-z0-9]+://[^#]*)#sha256=(?P<digest>[0-9a-f]{64})")
_MAX_FILE_BYTES: Final = 10_000_000
"""More than any table of a pack: whatever is larger is no pack."""


async def load_packs(locations: Sequence[str], cache: Path, *, samples: bool) -> SpecPacks:
    """The packs at these places; the project's samples when there are none.

    Args:
        locations: directories of this machine, or URLs as obstore understands them, ending in `#sha256=` and the
            digest of the pack.
        cache: where packs from URLs are kept. One that is there is not fetched again.
        samples: whether samples may be used. Nothing that was built with one may reach the agency.

    Raises:
        SpecPackUnavailable: one cannot be fetched, or is not the one that the digest names, or is a sample.
        SpecPackFaulty: one is malformed.
    """
    packs = SpecPacks([await _load(location, cache) for location in locations]) if locations else sample_packs()
    if not samples and any(pack.sample for pack in packs.packs):
        raise SpecPackUnavailable(detail="only samples are there; name the agency's in ZAIRYU_SPEC_PACKS")
    return packs


async def _load(location: str, cache: Path) -> SpecPack:
    if "://" not in location:
        try:
            return load_pack(files_in(Path(location)), location)
        except OSError as error:
            raise SpecPackUnavailable(detail=f"{location}: {error.strerror}") from error
    named = _WITH_DIGEST.fullmatch(location)
    if named is None:
        raise SpecPackUnavailable(detail=f"{_shown(location)}: a URL ends in #sha256= and the digest of the pack")
    files = await _verified(named["url"], named["digest"], cache / named["digest"])
    return load_pack(files, _shown(named["url"]))


def _shown(url: str) -> str:
    """A URL without what may be a password or a key."""
    return re.sub(r"//[^/@]*@", "//", url.partition("?")[0].partition("#")[0])


async def _verified(url: str, digest: str, kept: Path) -> dict[str, bytes]:
    if (files := _read_back(kept, digest)) is not None:
        return files
    files = await _fetched(url)
    if digest_of(files) != digest:
        raise SpecPackUnavailable(detail=f"{_shown(url)}: its digest is {digest_of(files)}")
    _keep(files, kept)
    return files


def _read_back(kept: Path, digest: str) -> dict[str, bytes] | None:
    files = files_in(kept) if kept.is_dir() else {}
    return files if digest_of(files) == digest else None


async def _fetched(url: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        store = from_url(url)
        async for batch in obstore.list(store):
            for entry in batch:
                if belongs_to_pack(entry["path"]) and entry["size"] <= _MAX_FILE_BYTES:
                    answer = await obstore.get_async(store, entry["path"])
                    files[entry["path"]] = bytes(await answer.bytes_async())
    except (BaseError, OSError, ValueError) as error:
        # Without the cause: its text may hold an address with credentials.
        raise SpecPackUnavailable(detail=f"{_shown(url)}: {type(error).__name__}") from None
    return files


def _keep(files: dict[str, bytes], kept: Path) -> None:
    """Whole or not at all, and only for us: the real tables are disclosed under agreement."""
    draft = kept.with_name(f".{kept.name}.{secrets.token_hex(8)}")
    for path, content in files.items():
        file = draft / path
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_bytes(content)
    draft.chmod(0o700)
    try:
        draft.rename(kept)
    except OSError:
        # Another process was first, or what is there was damaged: this process has what it needs either way.
        for file in sorted(draft.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        draft.rmdir()
