"""A new spec pack arrives while applications are open."""

import shutil
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

from lxml import etree

from tests.world import World
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, Phase
from zairyu.rules.calendar import start_of_day


def new_pack(directory: Path, version: str, begins: date, **columns: str) -> Path:
    """A copy of the sample with another version and first day.

    Args:
        columns: texts of the extension's first sheet, by what they replace.
    """
    shutil.copytree(str(files("zairyu") / "spec_packs" / "sample-2026-04"), directory)
    head = directory / "pack.toml"
    text = head.read_text(encoding="utf-8")
    text = text.replace('version = "2026-04"', f'version = "{version}"')
    head.write_text(text.replace("effective_from = 2026-04-01", f"effective_from = {begins}"), encoding="utf-8")
    sheet = directory / "items" / "extension-sheet-1.csv"
    lines = sheet.read_text(encoding="utf-8")
    for item, max_length in columns.items():
        (line,) = [line for line in lines.splitlines() if line.startswith(f"{item},")]
        cells = line.split(",")
        cells[10] = max_length
        lines = lines.replace(line, ",".join(cells))
    sheet.write_text(lines, encoding="utf-8")
    return directory


async def install(world: World, *packs: Path) -> None:
    """As an operator does: a setting, and new workers."""
    sample = str(files("zairyu") / "spec_packs" / "sample-2026-04")
    world.settings = world.settings.model_copy(update={"spec_packs": (sample, *map(str, packs))})
    await world.stop_worker()
    await world.start_worker()


async def version_filed(world: World) -> str | None:
    manifest = etree.fromstring((await world.package())["manifest.xml"])
    return manifest[0][0].get("version")


async def test_what_was_packed_under_the_old_pack_is_built_anew_before_it_is_signed(world: World) -> None:
    application_id = await world.start()
    await world.in_phase(application_id, Phase.SIGNATURE)
    await install(world, new_pack(world.directory / "new", "next", world.today + timedelta(days=3)))
    await world.advance(application_id, timedelta(days=4))

    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)

    assert await version_filed(world) == "next"
    built = [line for line in (await world.zairyu.snapshot(application_id)).timeline if "is built" in line.text.en]
    assert len(built) == 2


async def test_a_pack_that_begins_later_changes_nothing_today(world: World) -> None:
    await install(world, new_pack(world.directory / "new", "next", world.today + timedelta(days=3)))

    await world.file()

    assert await version_filed(world) == "2026-04"


async def test_what_the_new_pack_has_no_room_for_is_told_before_anybody_signs(world: World) -> None:
    application_id = await world.start()
    await world.in_phase(application_id, Phase.SIGNATURE)
    narrow = new_pack(world.directory / "new", "narrow", world.today + timedelta(days=1), reason="5")
    await install(world, narrow)
    await world.advance(application_id, timedelta(days=2))

    await world.sign(application_id)

    def refused(snapshot: ApplicationSnapshot) -> bool:
        return [attention.reason for attention in snapshot.attention] == [AttentionReason.PACKAGE_REFUSED]

    snapshot = await world.until(application_id, refused)
    assert [(finding.place, finding.rule) for finding in snapshot.attention[0].findings] == [("/reason", "item-length")]
    assert await world.ledger() == []


async def test_an_outage_that_outlasts_the_pack_sends_nothing_made_with_the_old_one(world: World) -> None:
    application_id = await world.start()
    await world.in_phase(application_id, Phase.SIGNATURE)
    await world.advance(
        application_id, start_of_day(world.today + timedelta(days=1)) - timedelta(minutes=20) - world.now
    )
    await install(world, new_pack(world.directory / "new", "next", world.today + timedelta(days=1)))
    await world.arm("unavailable", count=1_000)
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.SUBMISSION)

    # After midnight; what was sent before it may still be on its way.
    await world.advance(application_id, timedelta(minutes=40))
    await world.arm("unavailable", count=0)
    await world.advance(application_id, timedelta(minutes=20))
    assert (await world.zairyu.snapshot(application_id)).phase is Phase.SUBMISSION
    await world.advance(application_id, timedelta(minutes=40))
    await world.in_phase(application_id, Phase.SIGNATURE)
    assert await world.ledger() == []
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)

    assert await version_filed(world) == "next"
    assert len(await world.ledger()) == 1
