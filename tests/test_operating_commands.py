"""What operators type: what needs a person, what a person has decided, and what was done by hand."""

import json
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker
from typer.testing import CliRunner

from tests.commands import NOWHERE, Command, commands
from tests.registrations import filled_in
from tests.world import World
from zairyu import cli
from zairyu.activities.documents.blobs import BlobStore
from zairyu.client import Zairyu
from zairyu.models.agency_mail import LeftForAPerson, StartAgencyMail
from zairyu.models.feed import FeedNotice, FeedSnapshot
from zairyu.models.messages import AgencyWrote, RequestWithdrawal
from zairyu.models.names import agency_mail_workflow_id, application_workflow_id, status_feed_workflow_id
from zairyu.models.needs_person import NeedsPerson
from zairyu.models.snapshot import AttentionReason, End, Phase
from zairyu.models.status import ApplicationStatus, Heard, Said, Source
from zairyu.rules.calendar import add_months
from zairyu.rules.spec_packs import sample_packs
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.applicant import write_application
from zairyu.worker import watch_status_feed
from zairyu.workflows.agency_mail import AgencyMailWorkflow

pytestmark = pytest.mark.timeout(180)

REFUSED: Final = 2


@pytest.fixture
async def command(world: World, keys: KeyRing, key_file: Path) -> AsyncIterator[Command]:
    async with commands(world, keys, key_file) as command:
        yield command


async def _start(world: World, command: Command) -> str:
    """An application of the installation that the command speaks to, waiting for its signature."""
    application_id, expires_on = f"operated-{uuid.uuid4().hex[:12]}", add_months(world.today, 2)
    file = write_application(world.directory / application_id, world.persona, expires_on=expires_on)
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "application_id": application_id}))
    world.reader.insert(world.card(valid_until=expires_on))
    started = await command("start", "--input", file)
    assert started.exit_code == 0, started.stderr
    await world.in_phase(application_id, Phase.SIGNATURE)
    return application_id


async def _file(world: World, command: Command) -> str:
    application_id = await _start(world, command)
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    return application_id


async def _asked_for_documents(world: World, command: Command) -> str:
    application_id = await _file(world, command)
    for action in ("receipt-number", "examination"):
        await world.officer(application_id, action)
    due_on = str(world.today + timedelta(days=14))
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=due_on)
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    return application_id


async def _listed(command: Command, *options: str) -> dict[str, NeedsPerson]:
    answer = await command("attention", "--json", *options)
    assert answer.exit_code == 0, answer.stderr
    return {one.process_id: one for one in map(NeedsPerson.model_validate, json.loads(answer.stdout))}


async def _until_listed(
    world: World, process_id: str, *, reason: AttentionReason | None = None, there: bool = True
) -> None:
    """The server's list lags behind by a moment."""
    keys = KeyRing.load_or_generate(world.directory / "no-documents.json")
    installation = Zairyu(world.temporal, BlobStore(world.settings.blobs, keys), sample_packs())

    async def listed() -> bool:
        return (process_id in {one.process_id for one in await installation.needing_person(reason=reason)}) is there

    await world.eventually(listed)


# ----- matters -------------------------------------------------------------------------------------------------------


async def test_a_matter_is_listed_with_its_page_until_somebody_has_settled_it(world: World, command: Command) -> None:
    application_id = await _start(world, command)
    process_id = f"application/{application_id}"
    assert process_id not in await _listed(command)
    world.reader.pull()
    await world.sign(application_id)
    snapshot = await world.until(application_id, lambda snapshot: bool(snapshot.attention))

    await _until_listed(world, process_id)
    found = (await _listed(command, "--reason", "signature_failed"))[process_id]
    assert (found.reasons, found.runbook) == (("SIGNATURE_FAILED",), ("docs/runbook/signature-failed.md",))
    assert snapshot.next_deadline is not None
    assert found.next_deadline == snapshot.next_deadline.at
    assert process_id not in await _listed(command, "--reason", "PACKAGE_REFUSED")
    for_people = (await command("attention")).stdout
    assert application_id in for_people
    assert "docs/runbook/signature-failed.md" in for_people

    not_open = await command("resolve", application_id, "FEE_DIFFERS")
    assert (not_open.exit_code, "no such matter" in not_open.stderr) == (REFUSED, True)
    settled = await command("resolve", process_id, "SIGNATURE_FAILED", "--note", "the card was at home")
    assert settled.exit_code == 0, settled.stderr
    assert "Nothing is left that needs a person." in settled.stdout
    await _until_listed(world, process_id, there=False)


async def test_what_is_parked_goes_on_by_a_decision_only(world: World, command: Command) -> None:
    await world.arm("refuse")
    application_id = await _start(world, command)
    await world.sign(application_id)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))

    put_aside = await command("resolve", application_id, "SUBMISSION_REFUSED")
    assert put_aside.exit_code == REFUSED
    assert "RETRY or ABANDON" in put_aside.stderr
    assert "RETRYかABANDON" in put_aside.stderr
    again = await command("resolve", application_id, "SUBMISSION_REFUSED", "RETRY", "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["application_id"] == application_id
    await world.in_phase(application_id, Phase.RECEIPT)


async def test_the_nearest_deadline_comes_first(world: World, command: Command) -> None:
    first, second = await _start(world, command), await _asked_for_documents(world, command)
    world.reader.pull()
    await world.sign(first)
    await world.until(first, lambda snapshot: bool(snapshot.attention))
    await world.zairyu.send(second, "request_withdrawal", RequestWithdrawal(message_id="w"))
    for application_id in (first, second):
        await _until_listed(world, f"application/{application_id}")

    found = await _listed(command)
    listed, deadlines = list(found), [one.next_deadline for one in found.values() if one.next_deadline]
    assert listed.index(f"application/{second}") < listed.index(f"application/{first}")
    assert deadlines == sorted(deadlines)


# ----- manual steps --------------------------------------------------------------------------------------------------


async def test_a_manual_step_is_taken_by_somebody_and_done(world: World, command: Command) -> None:
    application_id = await _file(world, command)
    process_id = f"application/{application_id}"
    asked = await command("send", application_id, "request_withdrawal")
    assert asked.exit_code == 0, asked.stderr
    await world.until(application_id, lambda snapshot: bool(snapshot.manual_steps))
    await _until_listed(world, process_id)
    found = (await _listed(command))[process_id]
    assert (found.manual_steps, found.assignees) == (("WITHDRAWAL",), ())
    assert found.runbook == ("docs/runbook/manual-steps/withdrawal.md",)

    login = f"sato{uuid.uuid4().hex[:6]}"
    taken = await command("step", "assign", application_id, "WITHDRAWAL", login)
    assert taken.exit_code == 0, taken.stderr
    assert f"WITHDRAWAL @{login}" in taken.stdout
    mine: dict[str, NeedsPerson] = {}

    async def listed_as_mine() -> bool:
        mine.update(await _listed(command, "--mine", login))
        return bool(mine)

    await world.eventually(listed_as_mine)
    assert {process_id: (login,)} == {one: found.assignees for one, found in mine.items()}
    assert f"WITHDRAWAL @{login}" in (await command("show", application_id)).stdout
    given_back = await command("step", "assign", process_id, "withdrawal")
    assert f"@{login}" not in given_back.stdout

    wrong = await command("step", "done", application_id, "NOTE_FEE", "--evidence", "x", "--said", '{"fee": "much"}')
    assert (wrong.exit_code, "/said/fee" in wrong.stderr) == (REFUSED, True)
    not_asked = await command("step", "done", application_id, "CORRECTION", "--evidence", "by telephone")
    assert (not_asked.exit_code, "No such manual step is open" in not_asked.stderr) == (REFUSED, True)
    done = await command("step", "done", application_id, "WITHDRAWAL", "--evidence", "Tokyo office, 2026-12-01")
    assert done.exit_code == 0, done.stderr
    assert (await world.closed(application_id)).end is End.WITHDRAWN


async def test_documents_that_the_interface_does_not_take_are_handed_in_by_hand(world: World, command: Command) -> None:
    offers = (await world.http.get("/sandbox/offers")).json()
    kept = [name for name in offers if name != "DOCUMENT_SUPPLY"]
    assert (await world.http.post("/sandbox/offers", json=kept)).is_success
    application_id, file = await _asked_for_documents(world, command), world.directory / "to-hand-in.pdf"
    early = await command("step", "documents", application_id, "1", file)
    assert (early.exit_code, "nothing is prepared" in early.stderr) == (REFUSED, True)
    assert not file.exists()

    answer = await command("supply", application_id, "1", world.directory / "samples" / "tax-certificate.pdf")
    assert answer.exit_code == 0, answer.stderr

    async def prepared() -> bool:
        return (await world.zairyu.document_request(application_id, 1)).prepared is not None

    await world.eventually(prepared)
    written = await command("step", "documents", application_id, "1", file)
    assert written.exit_code == 0, written.stderr
    assert file.read_bytes().startswith(b"%PDF")
    assert file.stat().st_mode & 0o077 == 0, "nobody else reads it"
    again = await command("step", "documents", application_id, "1", file)
    assert (again.exit_code, "File exists" in again.stderr) == (REFUSED, True)
    await _until_listed(world, f"application/{application_id}/documents/1")
    done = await command("step", "done", application_id, "SUPPLY_DOCUMENTS", "--request", "1", "--evidence", "by post")
    assert done.exit_code == 0, done.stderr


async def test_a_step_of_a_document_request_or_a_registration_reaches_it(world: World, command: Command) -> None:
    application_id = await _asked_for_documents(world, command)
    user_id, file = f"user-{uuid.uuid4().hex[:12]}", world.directory / "registration.json"
    file.write_text(json.dumps(filled_in(add_months(world.today, 12), user_id=user_id)))
    assert (await command("register", "--input", file)).exit_code == 0

    for words in (
        ("assign", application_id, "SUPPLY_DOCUMENTS", "sato01", "--request", "1"),
        ("assign", f"registration/{user_id}", "CHANGE_OF_DETAILS", "sato01"),
        ("done", f"registration/{user_id}", "CHANGE_OF_DETAILS", "--evidence", "by telephone"),
    ):
        not_open = await command("step", *words)
        assert not_open.exit_code == REFUSED, not_open.stdout
        assert "manual step" in not_open.stderr
    request = f"application/{application_id}/documents/1"
    brought = await command("step", "done", request, "SUPPLY_DOCUMENTS", "--evidence", "Tokyo office, at the counter")
    assert brought.exit_code == 0, brought.stderr
    snapshot = await world.zairyu.document_request(application_id, 1)
    assert (snapshot.answered, snapshot.evidence) == (True, "Tokyo office, at the counter")
    nobody = await command("step", "assign", application_id, "SUPPLY_DOCUMENTS", "sato01", "--request", "2")
    assert (nobody.exit_code, "no such open process" in nobody.stderr) == (REFUSED, True)


# ----- the pollers ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _feed(world: World) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    await watch_status_feed(world.temporal, "sandbox")
    handle = world.temporal.get_workflow_handle(status_feed_workflow_id("sandbox"))
    try:
        yield handle
    finally:
        await handle.terminate()


async def test_what_the_poller_noticed_is_seen_and_settled_and_everything_is_asked_for(
    world: World, command: Command
) -> None:
    async with _feed(world) as feed:
        notice = FeedNotice(
            notice_id="n-1", reason=AttentionReason.NEWS_MISSED, count=3, request_ids=("app-00000001.abc",)
        )
        await feed.signal("noticed", notice)
        # Of the applications of other tests it may find that their agency has gone.
        await _until_listed(world, feed.id, reason=notice.reason)
        assert "docs/runbook/news-missed.md" in (await _listed(command, "--reason", "NEWS_MISSED"))[feed.id].runbook
        shown = await command("feed", "show")
        for words in ("NEWS_MISSED × 3: app-00000001.abc, …", "docs/runbook/news-missed.md"):
            assert words in shown.stdout
        swept = await command("feed", "sweep", "--json")
        assert swept.exit_code == 0, swept.stderr
        assert FeedSnapshot.model_validate_json(swept.stdout).profile == "sandbox"
        assert (await command("resolve", feed.id, "NEWS_MISSED", "RETRY")).exit_code == REFUSED
        settled = await command("resolve", "status-feed", "NEWS_MISSED")
        assert settled.exit_code == 0, settled.stderr
        await _until_listed(world, feed.id, reason=notice.reason, there=False)
    none = await command("feed", "show")
    assert none.exit_code == 0, "a history that is kept answers"


async def test_a_mail_that_was_left_to_a_person_is_settled(world: World, command: Command) -> None:
    mail_id = agency_mail_workflow_id("sandbox")
    async with Worker(world.temporal, task_queue=f"mail-{world.queue}", workflows=[AgencyMailWorkflow]):
        handle = await world.temporal.start_workflow(
            AgencyMailWorkflow.run, StartAgencyMail(profile="sandbox"), id=mail_id, task_queue=f"mail-{world.queue}"
        )
        left = LeftForAPerson(mail_id="m-1", arrived_at=world.now, reason=AttentionReason.AGENCY_MAIL_UNPROVEN)
        await handle.signal(AgencyMailWorkflow.left_for_a_person, left)
        settled = await command("resolve", "agency-mail", "AGENCY_MAIL_UNPROVEN", "--note", "forged", "--json")
        assert settled.exit_code == 0, settled.stderr
        assert (json.loads(settled.stdout)["attention"], json.loads(settled.stdout)["left"]) == ([], [])
        again = await command("resolve", mail_id, "AGENCY_MAIL_UNPROVEN")
        assert again.exit_code == REFUSED
        await handle.terminate()


# ----- an application on the console ---------------------------------------------------------------------------------


async def test_the_nearest_deadline_is_shown_in_both_languages(world: World, command: Command) -> None:
    application_id = await _file(world, command)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    due_on = world.today + timedelta(days=14)
    await world.officer(application_id, "document-requests", items="課税証明書", due_on=str(due_on))
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))

    shown = (await command("show", application_id)).stdout
    over = due_on + timedelta(days=1)
    assert f"次の期限：{over} 00:00（追加資料の提出期限）" in shown
    assert f"Next deadline: {over} 00:00 JST (Additional documents are due)" in shown


async def test_two_sources_that_disagree_are_shown_in_both_languages(world: World, command: Command) -> None:
    application_id = await _file(world, command)
    for action in ("receipt-number", "examination"):
        await world.officer(application_id, action)
    await world.until(
        application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION
    )
    said = Said(application=ApplicationStatus.RECEIVED)
    heard = Heard(news_id="by-hand", source=Source.HAND, at=world.now + timedelta(hours=1), said=said)
    handle = world.temporal.get_workflow_handle(application_workflow_id(application_id))
    await handle.signal("agency_wrote", AgencyWrote(heard=heard))
    await world.until(application_id, lambda snapshot: bool(snapshot.disagreements))

    shown = (await command("show", application_id)).stdout
    assert "申請状態：担当者の確認では「RECEIVED」、連携先の通知では「UNDER_EXAMINATION」です。" in shown
    assert "somebody who looked it up says RECEIVED, the interface says UNDER_EXAMINATION." in shown
    assert "If the special period begins: without a decision the stay lasts until" in shown


# ----- without a server ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("resolve", "stay/user-0001", "MAIL_UNDELIVERABLE"), "docs/runbook/mail-undeliverable.md"),
        (("resolve", "terminal/T1/again", "FEE_DIFFERS"), "zairyu attention"),
        (("resolve", "some-application", "BORED"), "input_refused"),
        (("step", "done", "status-feed", "NOTE_FEE", "--evidence", "x"), "docs/runbook/manual-steps/note-fee.md"),
        (("step", "done", "some-application", "NOTE_FEE", "--evidence", "x", "--said", "["), "not JSON"),
        (("step", "assign", "some-application", "NOTE_FEE", "Taro Sato"), "a login has"),
        (("attention", "--mine", "x' OR Attention IS NOT NULL"), "a login has"),
        (("attention", "--reason", "BORED"), "GRANT_UNKNOWN"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else None,
)
def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    for name in list(os.environ):
        if name.startswith(("ZAIRYU_", "TEMPORAL_")):
            monkeypatch.delenv(name)
    surroundings = {"ZAIRYU_DATA_DIR": str(tmp_path), "TEMPORAL_ADDRESS": NOWHERE, "COLUMNS": "400"}
    answer = CliRunner().invoke(cli.app, words, env=surroundings)
    assert answer.exit_code == REFUSED
    assert answer.stdout == ""
    assert told in answer.stderr
