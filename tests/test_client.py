"""What other systems can rely on when they start applications and speak to them."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fingers import Fingers
from tests.readers import PluggedReaders
from tests.world import World
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import ApplicationRefused, MessageRefused, Zairyu
from zairyu.models import messages
from zairyu.models.names import application_workflow_id
from zairyu.models.residence import CollectionMethod
from zairyu.models.snapshot import ApplicationSnapshot, End, Phase
from zairyu.rules.calendar import add_months
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.applicant import write_application
from zairyu.worker import keep_registered


@pytest.fixture
def application(world: World, tmp_path: Path) -> Path:
    """A flawless application in a file, with its documents beside it."""
    return write_application(tmp_path / "handed-in", world.persona, expires_on=add_months(world.today, 2))


def _content(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


def _spoilt(file: Path, **changes: Any) -> Path:
    file.write_text(json.dumps({**_content(file), **changes}))
    return file


# ----- starting --------------------------------------------------------------------------------------------------


async def test_same_application_handed_in_twice_is_one(world: World, application: Path) -> None:
    file = _spoilt(application, application_id="twice-the-same")
    first, second = await asyncio.gather(
        *(world.zairyu.start_file(file, on=world.today) for _ in range(2)),
    )
    assert first.application_id == second.application_id == "twice-the-same"
    world.reader.insert(world.card(valid_until=add_months(world.today, 2)))
    await world.sign("twice-the-same")
    await world.in_phase("twice-the-same", Phase.RECEIPT)
    third = await world.zairyu.start_file(file, on=world.today)
    assert third.phase is Phase.RECEIPT
    assert len(await world.ledger()) == 1


async def test_handing_in_again_changes_nothing_of_what_was_handed_in(world: World, application: Path) -> None:
    file = _spoilt(application, application_id="first-one-counts")
    await world.zairyu.start_file(file, on=world.today)
    await world.in_phase("first-one-counts", Phase.SIGNATURE)
    again = await world.zairyu.start_file(_spoilt(file, collection_method="POST"), on=world.today)
    assert again.collection_method is CollectionMethod.COUNTER


async def test_application_that_is_over_is_shown_and_not_begun_again(world: World, application: Path) -> None:
    file = _spoilt(application, application_id="over-and-done")
    await world.zairyu.start_file(file, on=world.today)
    await world.zairyu.request_withdrawal("over-and-done", messages.RequestWithdrawal(message_id="enough"))
    await world.closed("over-and-done")
    again = await world.zairyu.start_file(file, on=world.today)
    assert (again.phase, again.end) == (Phase.CLOSED, End.CANCELLED)


async def test_ids_are_made_up_when_left_out(world: World, application: Path) -> None:
    one = await world.zairyu.start_file(application, on=world.today)
    other = await world.zairyu.start_file(application, on=world.today)
    assert one.application_id != other.application_id


async def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_started(world: World, application: Path) -> None:
    content = _content(application)
    content["application_id"] = "wrong-in-many-ways"
    content["photo"] = "no-such-photo.jpg"
    content["attachments"] = [
        {"kind": "DIARY", "file": "diary.pdf"},
        {"kind": "TAX_CERTIFICATE", "file": "../none.pdf"},
    ]
    content["applicant"]["contact"]["phone"] = "not a number"
    content["applicant"]["passport"]["number"] = None
    content["applicant"]["current_stay"]["expires_on"] = str(world.today)
    content["residence_status"] = "STUDENT"
    content["reason"] = None
    _spoilt(application, **content)
    with pytest.raises(ApplicationRefused) as refused:
        await world.zairyu.start_file(application, on=world.today)
    findings = refused.value.findings
    assert {
        "/photo",
        "/attachments/0/kind",
        "/attachments/1/file",
        "/applicant/contact/phone",
        "/applicant/passport/number",
        "/applicant/current_stay/expires_on",
        "/residence_status",
        "/reason",
    } <= {finding.place for finding in findings}
    assert all(finding.message.ja and finding.message.en and finding.rule for finding in findings)
    assert "not a number" not in str(findings)
    with pytest.raises(MessageRefused):
        await world.zairyu.snapshot("wrong-in-many-ways")


@pytest.mark.parametrize(
    "name", ["マイナンバー 1234 5678 9018", "１２３４－５６７８－９０１８", "card_1234_5678_9018_front"]
)
async def test_my_number_in_the_name_of_a_file_is_refused_and_not_repeated(
    world: World, application: Path, name: str
) -> None:
    content = _content(application)
    attachments = content["attachments"]
    renamed = Path(attachments[0]["file"]).with_name(f"{name}.pdf")
    (application.parent / attachments[0]["file"]).rename(application.parent / renamed)
    photo = f"{name}/photo.jpg"
    attachments[0] |= {"file": str(renamed), "title": name}

    with pytest.raises(ApplicationRefused) as refused:
        await world.zairyu.start_file(_spoilt(application, photo=photo, attachments=attachments), on=world.today)

    found = [finding.place for finding in refused.value.findings if finding.rule == "my-number"]
    assert found == ["/photo", "/attachments/0/file", "/attachments/0/title"]
    assert name not in str(refused.value.findings)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"null", b"[]", b'"application"', b"{", b"{}"], ids=lambda content: repr(content)
)
async def test_file_that_is_no_application_is_refused_in_words(world: World, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "application.json"
    file.write_bytes(content)
    with pytest.raises(ApplicationRefused) as refused:
        await world.zairyu.start_file(file, on=world.today)
    assert refused.value.findings
    assert all(finding.message.ja and finding.message.en for finding in refused.value.findings)


async def test_file_that_is_not_there_is_refused_in_words(world: World, tmp_path: Path) -> None:
    with pytest.raises(ApplicationRefused) as refused:
        await world.zairyu.start_file(tmp_path / "nowhere.json", on=world.today)
    (finding,) = refused.value.findings
    assert finding.rule == "file"


@pytest.mark.parametrize("application_id", ["", "short", "Has Capitals!", "under_score_", "x" * 65, 12345678, ["a"]])
async def test_id_that_would_not_do_is_refused_in_words(
    world: World, application: Path, application_id: object
) -> None:
    with pytest.raises(ApplicationRefused) as refused:
        await world.zairyu.start_file(_spoilt(application, application_id=application_id), on=world.today)
    assert "/application_id" in {finding.place for finding in refused.value.findings}


# ----- desk terminals ---------------------------------------------------------------------------------------------


async def test_nobody_answers_for_a_terminal_that_never_registered(world: World) -> None:
    with pytest.raises(MessageRefused, match=r"no such open process\. / 該当する手続がありません"):
        await world.zairyu.terminal("T-nowhere")


async def test_terminals_of_another_installation_on_the_same_server_are_not_listed(
    world: World, tmp_path: Path
) -> None:
    terminal_id = f"{world.terminal_id}-desk"
    other = Zairyu(
        world.temporal,
        BlobStore(world.settings.blobs, KeyRing.load_or_generate(tmp_path / "keys")),
        sample_packs(),
        queue="elsewhere",
    )

    async def listed() -> bool:
        return [snapshot.terminal_id for snapshot in await world.zairyu.terminals()] == [terminal_id]

    async with (
        world.desk(terminal_id, PluggedReaders("RC-S300"), Fingers("")),
        keep_registered(world.temporal, terminal_id, queue=world.queue, on_connection=lambda _: None),
    ):
        await world.eventually(listed)
        assert await other.terminals() == []


# ----- speaking --------------------------------------------------------------------------------------------------


async def test_nobody_answers_for_an_application_that_does_not_exist(world: World) -> None:
    said: list[Any] = [
        world.zairyu.snapshot("nobody-knows-it"),
        world.zairyu.amend("nobody-knows-it", messages.Amend(message_id="m", attachments=())),
        world.zairyu.resolve(
            "nobody-knows-it",
            messages.Resolve(message_id="m", reason="FEE_DIFFERS", action=messages.ResolveAction.ACKNOWLEDGE),
        ),
        world.supply("nobody-knows-it", 1),
    ]
    for one in said:
        with pytest.raises(MessageRefused, match=r"no such open process\. / 該当する手続がありません"):
            await one


async def test_each_update_has_a_method_that_says_the_same(world: World) -> None:
    assert {name for name in messages.UPDATES if callable(getattr(world.zairyu, name, None))} == set(messages.UPDATES)


async def test_waiting_ends_at_the_phase_or_at_the_end(world: World, application: Path) -> None:
    started = await world.zairyu.start_file(application, on=world.today)
    waiting = await world.zairyu.wait_for(started.application_id, Phase.SIGNATURE, every=0.05)
    assert waiting.phase is Phase.SIGNATURE
    for_the_card = asyncio.create_task(world.zairyu.wait_for(started.application_id, Phase.COLLECTION, every=0.05))
    await world.zairyu.request_withdrawal(started.application_id, messages.RequestWithdrawal(message_id="enough"))
    assert (await for_the_card).phase is Phase.CLOSED


async def test_answer_is_a_whole_snapshot_that_other_languages_can_read(world: World, application: Path) -> None:
    started = await world.zairyu.start_file(application, on=world.today)
    snapshot = await world.in_phase(started.application_id, Phase.SIGNATURE)
    assert ApplicationSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
    assert date.fromisoformat(json.loads(snapshot.model_dump_json())["last_day_online"]) == snapshot.last_day_online
    description = await world.temporal.get_workflow_handle(application_workflow_id(started.application_id)).describe()
    assert await description.static_summary() == "Application for extension of period of stay"
