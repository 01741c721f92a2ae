"""A family or a school hands in a list: what is right starts once, whatever happens on the way."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.world import World, temporal_environment
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import Zairyu
from zairyu.groups import GroupRefused, derived_application_id, start_group, start_group_file
from zairyu.models import messages
from zairyu.models.application import ApplicationInput
from zairyu.models.group import GroupReport, GroupResult
from zairyu.models.names import application_workflow_id
from zairyu.models.snapshot import Phase
from zairyu.rules.calendar import add_months
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.runtime.plugin import zairyu_plugin
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.details import details_for


@pytest.fixture
def form(world: World) -> dict[str, Any]:
    """A good application, with its documents in the folder `list`."""
    file = write_application(world.directory / "list", world.persona, expires_on=add_months(world.today, 2))
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


def listed(world: World, applications: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """A list whose ids belong to this test."""
    entries = [{"key": key, "application": application} for key, application in applications]
    return {"group_id": f"group-{world.queue}", "applications": entries}


async def run(world: World, content: dict[str, Any]) -> GroupReport:
    return await start_group(world.zairyu, content, beside=world.directory / "list", on=world.today)


def results(report: GroupReport) -> list[str]:
    return [line.result.value for line in report.lines]


async def test_a_family_of_four_starts_with_one_list_and_the_same_list_again_starts_nothing(
    world: World, form: dict[str, Any]
) -> None:
    """Two are written in the list, two are files; one brings its own id."""
    own = f"own-{world.queue}"
    for name in ("third", "fourth"):
        (world.directory / "list" / f"{name}.json").write_text(json.dumps(form))
    content = listed(world, [("first", {**form, "application_id": own}), ("second", form)])
    content["applications"] += [{"key": name, "file": f"{name}.json"} for name in ("third", "fourth")]
    file = world.directory / "list" / "family.json"
    file.write_text(json.dumps(content))

    report = await start_group_file(world.zairyu, file, on=world.today)

    assert results(report) == ["STARTED"] * 4
    assert report.counts[GroupResult.STARTED] == 4
    derived = [derived_application_id(content["group_id"], key) for key in ("second", "third", "fourth")]
    assert [line.application_id for line in report.lines] == [own, *derived]
    for line in report.lines:
        assert line.application_id is not None
        await world.in_phase(line.application_id, Phase.SIGNATURE)

    again = await start_group_file(world.zairyu, file, on=world.today)

    assert results(again) == ["ALREADY_THERE"] * 4
    assert [line.other_content for line in again.lines] == [False] * 4


async def test_who_is_refused_stops_nobody_else_and_is_told_everything(world: World, form: dict[str, Any]) -> None:
    wrong = {**form, "photo": "nowhere.jpg", "reason": ""}
    content = listed(world, [("good", form), ("wrong", wrong)])
    content["applications"].append({"key": "missing", "file": "nowhere.json"})

    report = await run(world, content)

    assert results(report) == ["STARTED", "REFUSED", "REFUSED"]
    assert {"/photo", "/reason"} <= {finding.place for finding in report.lines[1].findings}
    assert [finding.rule for finding in report.lines[2].findings] == ["file"]

    content["applications"][1]["application"] = form

    assert results(await run(world, content)) == ["ALREADY_THERE", "STARTED", "REFUSED"]


async def test_a_list_that_broke_off_is_completed_by_running_it_again(world: World, form: dict[str, Any]) -> None:
    content = listed(world, [(f"pupil-{number}", form) for number in range(12)])

    with pytest.raises(PowerCut):
        await start_group(BreaksOff(world, after=5), content, beside=world.directory / "list", on=world.today)
    report = await run(world, content)

    assert report.counts[GroupResult.ALREADY_THERE] >= 5
    assert report.counts[GroupResult.ALREADY_THERE] + report.counts[GroupResult.STARTED] == 12
    assert results(await run(world, content)) == ["ALREADY_THERE"] * 12


class PowerCut(Exception):
    pass


class BreaksOff(Zairyu):
    """A client whose machine goes out in the middle of a list."""

    def __init__(self, world: World, *, after: int) -> None:
        known = world.zairyu
        super().__init__(known._temporal, known._blobs, known._packs, profile=known._profile, queue=world.queue)
        self._left = after

    async def begin(self, application: ApplicationInput) -> bool:
        if self._left == 0:
            raise PowerCut
        self._left -= 1
        return await super().begin(application)


async def test_a_list_that_meets_no_server_starts_nobody_and_says_so_of_each(
    world: World, keys: KeyRing, form: dict[str, Any]
) -> None:
    async with temporal_environment(keys) as environment:
        blobs = BlobStore(world.settings.blobs, keys)
        zairyu = Zairyu(environment.client, blobs, sample_packs(), profile="sandbox", queue=world.queue)
    content = listed(world, [*((f"pupil-{number}", form) for number in range(20)), ("wrong", {**form, "reason": ""})])

    report = await start_group(zairyu, content, beside=world.directory / "list", on=world.today)

    assert results(report) == ["FAILED"] * 20 + ["REFUSED"]
    assert report.lines[19].reason is not None
    assert results(await run(world, content))[:20] == ["STARTED"] * 20


async def test_another_content_under_the_same_id_is_told_and_not_taken(world: World, form: dict[str, Any]) -> None:
    content = listed(world, [("first", form), ("second", form)])
    first = await run(world, content)
    content["applications"][1]["application"] = {**form, "reason": "別の理由で引き続き働くため。"}

    again = await run(world, content)

    assert [line.other_content for line in again.lines] == [False, True]
    # What was amended since is not taken for another content.
    application_id = first.lines[0].application_id
    assert application_id is not None
    await world.in_phase(application_id, Phase.SIGNATURE)
    by_post = messages.ChooseCollection(message_id="by post", method="POST")
    await world.zairyu.choose_collection(application_id, by_post)
    assert [line.other_content for line in (await run(world, content)).lines] == [False, True]


async def test_what_was_handed_in_is_known_after_the_story_went_on_in_a_new_history(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    async with (
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=40") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        application_id = await world.file()
        before = await world.zairyu.handed_in(application_id)
        by_post = messages.ChooseCollection(message_id="by post", method="POST")
        await world.zairyu.choose_collection(application_id, by_post)
        await world.officer(application_id, "receipt-number")
        await world.officer(application_id, "examination")
        await world.in_phase(application_id, Phase.EXAMINATION)

        async def went_on() -> bool:
            began = (await world.handle(application_id).fetch_history()).events[0]
            return bool(began.workflow_execution_started_event_attributes.continued_execution_run_id)

        await world.eventually(went_on)
        assert before is not None
        assert before.form.collection_method == "COUNTER"
        assert await world.zairyu.handed_in(application_id) == before
        assert await world.zairyu.handed_in("nobody-handed-in") is None


async def test_an_id_under_which_nonsense_was_started_stops_nobody_else(world: World, form: dict[str, Any]) -> None:
    """From another program: what was handed in under that id cannot be compared."""
    taken = f"taken-{world.queue}"
    await world.temporal.start_workflow(
        "ApplicationWorkflow",
        {"application": {"application_id": taken}},
        id=application_workflow_id(taken),
        task_queue=world.queue,
    )
    content = listed(world, [("taken", {**form, "application_id": taken}), *((f"pupil-{n}", form) for n in range(9))])

    report = await run(world, content)

    assert results(report) == ["ALREADY_THERE"] + ["STARTED"] * 9
    assert report.lines[0].other_content is None


async def test_the_same_list_from_two_desks_at_once_starts_each_once(world: World, form: dict[str, Any]) -> None:
    content = listed(world, [(f"pupil-{number}", form) for number in range(12)])

    reports = await asyncio.gather(*(run(world, content) for _ in range(2)))

    for lines in zip(*(report.lines for report in reports), strict=True):
        assert sorted(line.result for line in lines) == ["ALREADY_THERE", "STARTED"]
        assert {line.other_content for line in lines} == {None, False}


@pytest.mark.parametrize("what", ["key", "id"])
async def test_a_list_that_names_somebody_twice_starts_nobody(world: World, form: dict[str, Any], what: str) -> None:
    named = {**form, "application_id": f"twice-{world.queue}"}
    keys = ("same", "same") if what == "key" else ("one", "other")
    entry = form if what == "key" else named
    content = listed(world, [("good", form), (keys[0], entry), (keys[1], entry)])

    with pytest.raises(GroupRefused) as refused:
        await run(world, content)

    assert {finding.place.split("/")[2] for finding in refused.value.findings} == {"1", "2"}
    only = listed(world, [("good", form)])
    assert results(await run(world, only)) == ["STARTED"], "the refused list had started it already"


@pytest.mark.parametrize("text", ["[]", "{", "{}", '{"group_id": "group-1234", "applications": []}'])
async def test_what_is_no_list_is_refused_with_findings(world: World, tmp_path: Path, text: str) -> None:
    (tmp_path / "list.json").write_text(text)
    for file in ("list.json", "nowhere.json"):
        with pytest.raises(GroupRefused) as refused:
            await start_group_file(world.zairyu, tmp_path / file, on=world.today)
        assert refused.value.findings


async def test_a_parent_signs_for_all_children_in_one_session_at_the_desk(world: World, form: dict[str, Any]) -> None:
    """The parent's own card and one password, for each child's application."""
    parent = {
        "name": world.persona.name,
        "birth_date": form["applicant"]["birth_date"],
        "kinship": "PARENT",
        "lives_in_japan": True,
        "contact": form["applicant"]["contact"],
    }
    dependent = {**form["applicant"]["current_stay"], "status": "DEPENDENT"}
    children = [
        (
            f"child-{number}",
            {
                **form,
                "filer": "LEGAL_REPRESENTATIVE",
                "representative": parent,
                "residence_status": "DEPENDENT",
                # As of a child: none is married.
                "details": {
                    **details_for("DEPENDENT", "ACQUISITION_OF_STATUS", "LEGAL_REPRESENTATIVE"),
                    "part_time": {"does": False},
                },
                "applicant": {
                    **form["applicant"],
                    "name": f"TRAN VAN {name}",
                    "birth_date": f"201{number}0402",
                    "current_stay": dependent,
                },
            },
        )
        for number, name in enumerate(("AN", "BINH", "CUONG"))
    ]
    report = await run(world, listed(world, children))
    assert results(report) == ["STARTED"] * 3, report
    world.reader.insert(world.card(valid_until=add_months(world.today, 2)))
    ids = [line.application_id for line in report.lines if line.application_id]
    for application_id in ids:
        await world.sign(application_id)
    for application_id in ids:
        await world.in_phase(application_id, Phase.RECEIPT)
    assert len(await world.ledger()) == 3


async def test_documents_that_cannot_be_stored_now_fail_their_own_entries_and_are_stored_by_the_next_run(
    world: World, keys: KeyRing, form: dict[str, Any]
) -> None:
    store = world.directory / "store"
    zairyu = Zairyu(
        world.temporal, BlobStore(f"file://{store}", keys), sample_packs(), profile="sandbox", queue=world.queue
    )
    store.rmdir()
    store.write_text("a full disk")
    content = listed(world, [("first", form), ("wrong", {**form, "photo": "nowhere.jpg", "attachments": []})])

    report = await start_group(zairyu, content, beside=world.directory / "list", on=world.today)

    assert results(report) == ["FAILED", "REFUSED"]
    assert report.lines[0].reason is not None
    assert results(await run(world, content)) == ["STARTED", "REFUSED"]


async def test_what_was_handed_in_under_a_key_that_is_gone_is_there_and_cannot_be_compared(
    world: World, form: dict[str, Any]
) -> None:
    content = listed(world, [("first", form), ("second", form)])
    assert results(await run(world, content)) == ["STARTED"] * 2
    others = KeyRing("new", {"new": b"k" * 32})
    server = world.temporal.service_client.config.target_host
    client = await Client.connect(server, plugins=[zairyu_plugin(others)])
    zairyu = Zairyu(client, BlobStore(f"file://{world.directory}/other", others), sample_packs(), queue=world.queue)

    report = await start_group(zairyu, content, beside=world.directory / "list", on=world.today)

    assert results(report) == ["ALREADY_THERE"] * 2
    assert [line.other_content for line in report.lines] == [None, None]


async def test_entries_that_no_machine_can_look_at_are_refused_and_stop_nobody_else(
    world: World, form: dict[str, Any]
) -> None:
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    half = json.loads('"\\ud800"')
    wrong = {
        "id": {"application_id": half * 8},
        "text": {"office_inquiry": {"office": half, "asked_on": "2026-01-01", "takes_it": True}},
        "form": {"reason": deep},
        "documents": {"attachments": [{"kind": deep, "file": "nowhere.pdf"}]},
    }
    content = listed(world, [("good", form), *((key, {**form, **part}) for key, part in wrong.items())])

    report = await run(world, content)

    assert results(report) == ["STARTED"] + ["REFUSED"] * 4
    assert GroupReport.model_validate_json(report.model_dump_json()) == report
