from pathlib import Path

import pytest

from tests.packs import small_pack_files
from zairyu.activities.packaging.errors import SpecPackUnavailable
from zairyu.activities.packaging.shelf import load_packs
from zairyu.rules.spec_packs import SpecPackFaulty, digest_of, sample_packs


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store that speaks URLs, with one pack and notes beside it."""
    directory = tmp_path / "store" / "packs" / "small"
    for path, text in {**small_pack_files(), "README.md": "notes"}.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
    return directory


@pytest.fixture
def digest() -> str:
    return digest_of({path: text.encode() for path, text in small_pack_files().items()})


async def labels(*locations: str, cache: Path, samples: bool = True) -> list[str]:
    return [pack.label for pack in (await load_packs(locations, cache, samples=samples)).packs]


async def test_without_a_place_the_samples_are_used(tmp_path: Path) -> None:
    assert await load_packs((), tmp_path, samples=True) is sample_packs()


async def test_a_directory_is_read_as_it_is(store: Path, tmp_path: Path) -> None:
    assert await labels(str(store), cache=tmp_path / "cache") == ["small 1"]
    assert not (tmp_path / "cache").exists()


async def test_a_pack_from_a_url_is_verified_and_fetched_once(store: Path, digest: str, tmp_path: Path) -> None:
    location = f"{store.as_uri()}#sha256={digest}"

    assert await labels(location, cache=tmp_path / "cache") == ["small 1"]
    (store / "codes.csv").unlink()
    assert await labels(location, cache=tmp_path / "cache") == ["small 1"]
    kept = tmp_path / "cache" / digest
    assert kept.stat().st_mode & 0o077 == 0
    assert not (kept / "README.md").exists()


async def test_another_pack_than_the_one_named_is_not_used(store: Path, digest: str, tmp_path: Path) -> None:
    with (store / "codes.csv").open("a") as codes:
        codes.write("sex,OTHER,XO,x,x\n")

    with pytest.raises(SpecPackUnavailable, match="its digest is"):
        await labels(f"{store.as_uri()}#sha256={digest}", cache=tmp_path / "cache")
    assert not (tmp_path / "cache" / digest).exists()


async def test_a_damaged_copy_is_fetched_anew(store: Path, digest: str, tmp_path: Path) -> None:
    location = f"{store.as_uri()}#sha256={digest}"
    await labels(location, cache=tmp_path / "cache")
    (tmp_path / "cache" / digest / "codes.csv").write_text("damaged")

    assert await labels(location, cache=tmp_path / "cache") == ["small 1"]


async def test_a_url_without_a_digest_is_not_trusted(store: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecPackUnavailable, match="#sha256="):
        await labels(store.as_uri(), cache=tmp_path / "cache")


@pytest.mark.parametrize("location", ["nowhere/pack", "file:///nowhere/pack#sha256=" + "0" * 64])
async def test_a_place_that_is_not_there_is_named(location: str, tmp_path: Path) -> None:
    with pytest.raises(SpecPackUnavailable, match="nowhere/pack"):
        await labels(location, cache=tmp_path / "cache")


async def test_an_address_with_a_password_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SpecPackUnavailable) as caught:
        await labels("https://user:secret@packs.example/pack?sig=secret", cache=tmp_path / "cache")
    assert "packs.example/pack" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_malformed_pack_stops_the_start(store: Path, tmp_path: Path) -> None:
    (store / "codes.csv").write_text("list,key\n")

    with pytest.raises(SpecPackFaulty, match="small"):
        await labels(str(store), cache=tmp_path / "cache")


async def test_nothing_is_built_for_the_agency_with_a_sample(store: Path, tmp_path: Path) -> None:
    for locations in ((), (str(store),)):
        with pytest.raises(SpecPackUnavailable, match="ZAIRYU_SPEC_PACKS"):
            await labels(*locations, cache=tmp_path / "cache", samples=False)
