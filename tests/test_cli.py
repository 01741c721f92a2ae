"""The command, as people type it and as programs call it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from temporalio.service import RPCError, RPCStatusCode
from typer.testing import CliRunner, Result

from tests.commands import NOWHERE, Command, commands, surroundings
from tests.registrations import filled_in
from tests.stays import held, news
from tests.world import World
from zairyu import cli
from zairyu.client import MessageRefused
from zairyu.doctor import Check
from zairyu.models.application_file import ApplicationFile
from zairyu.models.group import GroupReport, GroupResult
from zairyu.models.needs_person import NeedsPerson
from zairyu.models.registration import RegistrationSnapshot
from zairyu.models.schemas import SCHEMAS
from zairyu.models.snapshot import ApplicationSnapshot, End, Phase
from zairyu.models.stay import StaySnapshot
from zairyu.rules.calendar import add_months
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.applicant import write_application

pytestmark = pytest.mark.timeout(180)

FAILED: Final = 1
REFUSED: Final = 2


Zairyu: TypeAlias = Callable[..., Result]


@pytest.fixture
def zairyu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zairyu:
    """The command in this process, for whatever needs no server. No server is there."""
    for name in list(os.environ):
        if name.startswith(("ZAIRYU_", "TEMPORAL_")):
            monkeypatch.delenv(name)

    def run(*words: str, **told: str) -> Result:
        environment = {"ZAIRYU_DATA_DIR": str(tmp_path / "data"), "TEMPORAL_ADDRESS": NOWHERE, "COLUMNS": "200"}
        return CliRunner().invoke(cli.app, [str(word) for word in words], env={**environment, **told})

    return run


@pytest.fixture
async def command(world: World, keys: KeyRing, key_file: Path) -> AsyncIterator[Command]:
    async with commands(world, keys, key_file) as command:
        yield command


def _handed_in(world: World, **changes: Any) -> Path:
    file = write_application(world.directory / "handed-in", world.persona, expires_on=add_months(world.today, 2))
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **changes}))
    return file


# ----- starting, looking, saying ---------------------------------------------------------------------------------


async def test_bad_input_starts_nothing_and_hears_everything_in_both_languages(world: World, command: Command) -> None:
    file = _handed_in(
        world,
        application_id="wrong-in-many-ways",
        photo="none.jpg",
        residence_status="STUDENT",
        desired_period={"years": 9},
        criminal_record=None,
    )
    for_people, for_programs = await asyncio.gather(
        command("start", "--input", file), command("start", "--input", file, "--json")
    )
    assert (for_people.exit_code, for_programs.exit_code) == (REFUSED, REFUSED)
    findings = json.loads(for_programs.stdout)
    assert {"/photo", "/residence_status", "/desired_period/years", "/criminal_record"} <= {
        finding["place"] for finding in findings
    }
    for finding in findings:
        assert finding["message"]["ja"]
        assert finding["message"]["en"]
        assert finding["place"] in for_people.stderr
    assert "読み取れません" in for_people.stderr
    assert "cannot be read" in for_people.stderr
    assert "Traceback" not in for_people.stderr + for_programs.stderr
    with pytest.raises(MessageRefused):
        await world.zairyu.snapshot("wrong-in-many-ways")


async def test_good_input_starts_and_is_seen_and_spoken_to(world: World, command: Command) -> None:
    file = _handed_in(world, application_id="from-the-console")
    started = await command("start", "--input", file, "--json")
    assert started.exit_code == 0, started.stderr
    assert ApplicationSnapshot.model_validate_json(started.stdout).application_id == "from-the-console"
    await world.in_phase("from-the-console", Phase.SIGNATURE)

    for_people, for_programs, unknown, too_early, malformed = await asyncio.gather(
        command("show", "from-the-console"),
        command("show", "from-the-console", "--json"),
        command("show", "nobody-knows-it"),
        command("send", "from-the-console", "confirm_collection", json.dumps({"collected_on": str(world.today)})),
        command("send", "from-the-console", "choose_collection", '{"method": "PIGEON"}'),
    )
    assert for_people.exit_code == 0
    for words in ("SIGNATURE", "署名を待っています", "Waiting for the applicant to sign", "The package is built."):
        assert words in for_people.stdout
    assert ApplicationSnapshot.model_validate_json(for_programs.stdout).phase is Phase.SIGNATURE
    assert (unknown.exit_code, too_early.exit_code, malformed.exit_code) == (REFUSED, REFUSED, REFUSED)
    assert "no such open process" in unknown.stderr
    assert "nothing to collect" in too_early.stderr
    assert "受領の段階ではありません" in too_early.stderr
    assert "/method" in malformed.stderr

    said = '{"message_id": "said-once", "reason": "帰国"}'
    given_up = await command("send", "from-the-console", "request_withdrawal", said, "--json")
    assert given_up.exit_code == 0, given_up.stderr
    assert (await world.closed("from-the-console")).end is End.CANCELLED
    closed = await command("show", "from-the-console")
    assert "CANCELLED" in closed.stdout
    assert await world.ledger() == []


async def test_documents_are_supplied_in_parts_with_the_last_day_of_the_card(world: World, command: Command) -> None:
    application_id = await world.file()
    for action in ("receipt-number", "examination"):
        await world.officer(application_id, action)
    due_on = str(world.today + timedelta(days=14))
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=due_on)
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    pdf, until = world.directory / "samples/declaration.pdf", str(world.today + timedelta(days=100))
    part = await command("supply", application_id, "1", pdf, "--partial", "--card-valid-until", until)
    assert part.exit_code == 0, part.stderr

    async def has_part() -> bool:
        return len((await world.zairyu.document_request(application_id, 1)).supplies) == 1

    await world.eventually(has_part)
    lapsed = str(world.today - timedelta(days=1))
    over = await command("supply", application_id, "1", pdf, "--card-valid-until", lapsed)
    rest = await command("supply", application_id, "1", pdf)
    assert over.exit_code == REFUSED
    assert "has lapsed" in over.stderr
    assert rest.exit_code == 0, rest.stderr
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)


async def test_documents_are_supplied_from_files(world: World, command: Command) -> None:
    application_id = await world.file()
    for action in ("receipt-number", "examination"):
        await world.officer(application_id, action)
    due_on = str(world.today + timedelta(days=14))
    await world.officer(application_id, "document-requests", items="在職証明書", due_on=due_on)

    async def both_mails_came() -> bool:
        return len(await world.mails()) == 2

    await world.eventually(both_mails_came)
    samples = world.directory / "samples"
    supplied, not_asked_for, not_there, nothing, no_delivery = await asyncio.gather(
        command("supply", application_id, "1", samples / "declaration.pdf", samples / "tax-certificate.pdf"),
        command("supply", application_id, "2", samples / "declaration.pdf"),
        command("supply", application_id, "1", samples / "nothing.pdf"),
        command("supply", application_id, "1"),
        command("supply", application_id, "1", "--delivery", "2"),
    )
    assert supplied.exit_code == 0, supplied.stderr
    assert json.loads(supplied.stdout)["application_id"] == application_id
    assert not_asked_for.exit_code == not_there.exit_code == REFUSED
    assert "no such open process" in not_asked_for.stderr
    assert "nothing.pdf" in not_there.stderr
    assert nothing.exit_code == no_delivery.exit_code == REFUSED
    assert "name PDFs, or a delivery" in nothing.stderr
    assert "there is no delivery 2" in no_delivery.stderr
    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
    (entry,) = await world.ledger()
    assert len(entry["supplies"]) == 1


# ----- stays and lists ---------------------------------------------------------------------------------------------


async def test_a_stay_is_seen_spoken_to_and_extended_from_the_console(world: World, command: Command) -> None:
    user_id, expires_on = f"user-{world.queue}", add_months(world.today, 2)
    await world.zairyu.tell_stay_watch(news(user_id, "registered", held=held(expires_on), card_expires_on=expires_on))
    shown = await command("stay", "show", user_id, "--json")
    assert shown.exit_code == 0, shown.stderr
    assert StaySnapshot.model_validate_json(shown.stdout).expires_on == expires_on
    file = _handed_in(world, application_id=f"extends-{world.queue}")
    extended = await command("stay", "extend", user_id, "--input", file)
    assert extended.exit_code == 0, extended.stderr
    refused = await command("stay", "send", user_id, "card_extended", json.dumps({"until": str(expires_on)}))
    assert (refused.exit_code, "no later" in refused.stderr) == (REFUSED, True)
    closed = await command("stay", "send", user_id, "close", json.dumps({"reason": "LEFT_JAPAN"}))
    assert "LEFT_JAPAN" in closed.stdout
    assert f"application/extends-{world.queue}" in (await command("stay", "show", user_id)).stdout
    wrong = await command("stay", "send", user_id, "close", json.dumps({"reason": "BORED"}), "--json")
    assert (wrong.exit_code, json.loads(wrong.stdout)[0]["place"]) == (REFUSED, "/reason")
    assert (await command("stay", "send", user_id, "no_such_message")).exit_code == REFUSED


async def test_a_registration_is_begun_seen_and_spoken_to_from_the_console(world: World, command: Command) -> None:
    user_id, file = f"user-{world.queue}", world.directory / "registration.json"
    content = filled_in(add_months(world.today, 12), user_id=user_id)
    file.write_text(json.dumps({**content, "filer": "LAWYER_OR_SCRIVENER"}))
    refused = await command("register", "--input", file, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)[0]["place"]) == (REFUSED, "/filer")
    file.write_text(json.dumps(content))
    begun = await command("register", "--input", file, "--json")
    assert begun.exit_code == 0, begun.stderr
    assert RegistrationSnapshot.model_validate_json(begun.stdout).user_id == user_id
    agreed = await command("registration", "send", user_id, "accept_terms", json.dumps({"version": "2026-04"}))
    assert "2026-04" in agreed.stdout
    assert "to agree to the terms" not in agreed.stdout
    assert "terminal" in (await command("registration", "show", user_id)).stdout
    early = await command("registration", "send", user_id, "card_reissued")
    assert (early.exit_code, "just use the new card" in early.stderr) == (REFUSED, True)
    assert (await command("registration", "send", user_id, "no_such_message")).exit_code == REFUSED


async def test_a_list_is_started_from_the_console_and_its_report_and_exit_code_tell_what_became_of_it(
    world: World, command: Command
) -> None:
    handed_in = _handed_in(world)
    form = json.loads(handed_in.read_bytes())
    file = handed_in.parent / "list.json"
    entries = [{"key": "mother", "application": form}, {"key": "child", "application": {**form, "reason": ""}}]
    file.write_text(json.dumps({"group_id": f"group-{world.queue}", "applications": entries}))
    started = await command("start-group", "--input", file)
    assert started.exit_code == REFUSED, started.stderr
    assert "STARTED: 1" in started.stdout
    assert "/reason" in started.stderr
    file.write_text(json.dumps({"group_id": f"group-{world.queue}", "applications": entries[:1]}))
    again = await command("start-group", "--input", file, "--json")
    assert again.exit_code == 0, again.stderr
    report = GroupReport.model_validate_json(again.stdout)
    assert [line.result for line in report.lines] == [GroupResult.ALREADY_THERE]
    file.write_text("[]")
    assert (await command("start-group", "--input", file)).exit_code == REFUSED


async def test_what_follows_is_supplied_by_its_number(world: World, command: Command) -> None:
    file = _handed_in(world)
    content = json.loads(file.read_bytes())
    more = [{"kind": "OTHER", "file": content["attachments"][0]["file"]}] * 20
    file.write_text(
        json.dumps({**content, "application_id": "with-many-documents", "attachments": content["attachments"] + more})
    )
    world.reader.insert(world.card(valid_until=add_months(world.today, 2)))
    assert (await command("start", "--input", file)).exit_code == 0
    await world.until("with-many-documents", lambda snapshot: snapshot.phase is Phase.SIGNATURE)
    told = await command("show", "with-many-documents")
    assert "Delivery 2, when the agency asks: declaration on attached documents" in " ".join(told.stdout.split())
    await world.sign("with-many-documents")
    await world.in_phase("with-many-documents", Phase.RECEIPT)
    for action in ("receipt-number", "examination"):
        await world.officer("with-many-documents", action)
    due_on = str(world.today + timedelta(days=14))
    await world.officer("with-many-documents", "document-requests", items="その他の資料", due_on=due_on)
    await world.until("with-many-documents", lambda snapshot: bool(snapshot.document_requests))
    supplied = await command("supply", "with-many-documents", "1", "--delivery", "2")
    assert supplied.exit_code == 0, supplied.stderr
    await world.until("with-many-documents", lambda snapshot: snapshot.document_requests[0].supplied)


@pytest.mark.parametrize(
    ("packs", "told"), [("nowhere", "nowhere"), ("s3://bucket/pack", "#sha256="), (".", "cannot be read")]
)
async def test_a_worker_without_a_usable_spec_pack_says_so_and_ends(
    world: World, key_file: Path, packs: str, told: str
) -> None:
    await _worker_ends(world, key_file, told, ZAIRYU_SPEC_PACKS=packs)


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ("", "No such file"),
        ("name = ", "profile.toml"),
        ('name = "sandbox"\nrequests_at_once = 0', "requests_at_once"),
    ],
    ids=["missing", "no-toml", "wrong"],
)
async def test_a_worker_without_a_usable_interface_profile_says_so_and_ends(
    world: World, key_file: Path, profile: str, told: str
) -> None:
    file = world.directory / "profile.toml"
    if profile:
        file.write_text(profile)
    await _worker_ends(world, key_file, told, ZAIRYU_INTERFACE_PROFILE=str(file))


async def _worker_ends(world: World, key_file: Path, told: str, **settings: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "zairyu",
        "worker",
        env=surroundings(
            TEMPORAL_ADDRESS=world.temporal.service_client.config.target_host,
            ZAIRYU_KEY_FILE=str(key_file),
            ZAIRYU_DATA_DIR=str(world.directory),
            **settings,
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, stderr = await process.communicate()
    assert process.returncode == 1
    assert told in stderr.decode()
    assert "Traceback" not in stderr.decode()


# ----- the demo --------------------------------------------------------------------------------------------------


async def test_demo_comes_to_its_end_and_prints_json_and_nothing_else(tmp_path: Path) -> None:
    told = surroundings(ZAIRYU_DATA_DIR=str(tmp_path))
    # The demo finds its own server.
    del told["TEMPORAL_ADDRESS"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "zairyu",
        "demo",
        "--json",
        env=told,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await process.communicate()
    assert process.returncode == 0, stderr.decode()
    snapshot = ApplicationSnapshot.model_validate_json(stdout)
    assert (snapshot.phase, snapshot.end, snapshot.attention) == (Phase.CLOSED, End.COMPLETED, ())
    assert snapshot.receipt_number
    assert snapshot.document_requests
    assert snapshot.fee is not None
    assert stderr == b""
    assert not (tmp_path / "endpoints.json").exists(), "nobody is told of a server that has stopped"


# ----- without a server ------------------------------------------------------------------------------------------


def test_all_schemas_one_schema_and_no_such_schema(zairyu: Zairyu) -> None:
    everything = zairyu("schema")
    assert everything.exit_code == 0
    assert set(json.loads(everything.stdout)) == set(SCHEMAS)
    one = zairyu("schema", "zairyu-start-input")
    assert json.loads(one.stdout) == ApplicationFile.model_json_schema()
    none = zairyu("schema", "no-such-schema")
    assert none.exit_code == REFUSED
    assert none.stdout == ""
    for name in ("no-such-schema", "zairyu-start-input", "ApplicationWorkflow.update.amend"):
        assert name in none.stderr


def test_sample_is_an_input_and_its_path_can_be_used_as_it_is_printed(zairyu: Zairyu, tmp_path: Path) -> None:
    directory = tmp_path / ("a-long-name-" * 12) / "[bold]"
    written = zairyu("sample", str(directory), COLUMNS="40")
    assert written.exit_code == 0
    assert written.stdout == f"{directory / 'application.json'}\n"
    application = ApplicationFile.model_validate_json((directory / "application.json").read_bytes())
    assert application.photo is not None
    for document in (application.photo, *(attachment.file for attachment in application.attachments)):
        assert (directory / document).exists()


def test_doctor_tells_people_and_programs_the_same(zairyu: Zairyu, monkeypatch: pytest.MonkeyPatch) -> None:
    well = Check(what="one thing", well=True, needed_for="everything", mend="nothing")
    ill = Check(what="another thing", well=False, needed_for="the demo", mend="make better")
    monkeypatch.setattr("zairyu.cli.machine.examine", lambda _: iter([well]))
    assert zairyu("doctor").exit_code == 0
    monkeypatch.setattr("zairyu.cli.machine.examine", lambda _: iter([well, ill]))
    for_people, for_programs = zairyu("doctor"), zairyu("doctor", "--json")
    assert for_people.exit_code == for_programs.exit_code == FAILED
    assert json.loads(for_programs.stdout) == [well.model_dump(), ill.model_dump()]
    for words in ("one thing", "another thing", "the demo", "make better"):
        assert words in for_people.stdout
    assert "nothing" not in for_people.stdout, "what is well is not to be mended"


def test_doctor_of_this_machine_answers(zairyu: Zairyu) -> None:
    answer = zairyu("doctor", "--json")
    checks = [Check.model_validate(check) for check in json.loads(answer.stdout)]
    assert answer.exit_code == (0 if all(check.well for check in checks) else FAILED)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "some-application"),
        ("send", "some-application", "request_withdrawal"),
        ("supply", "some-application", "1", __file__),
        ("start", "--input", __file__),
        ("worker",),
        ("terminals",),
    ],
    ids=lambda words: words[0],
)
def test_server_that_does_not_run_is_told_in_a_sentence(zairyu: Zairyu, words: tuple[str, ...]) -> None:
    answer = zairyu(*words)
    assert answer.exit_code == FAILED
    assert answer.stdout == ""
    assert answer.stderr == "no Temporal server answers; start one with `make up`, or set TEMPORAL_ADDRESS\n"


def test_worker_that_does_not_answer_is_told_in_a_sentence(zairyu: Zairyu, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        async def snapshot(self, _: str) -> ApplicationSnapshot:
            raise RPCError("Timeout expired", RPCStatusCode.DEADLINE_EXCEEDED, b"")

    async def silent(_: object) -> Silent:
        return Silent()

    monkeypatch.setattr("zairyu.cli.applications.zairyu_client", silent)
    answer = zairyu("show", "some-application")
    assert answer.exit_code == FAILED
    assert "zairyu worker" in answer.stderr


def test_server_that_was_not_prepared_for_this_release_is_told_in_a_sentence(
    zairyu: Zairyu, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Older:
        async def needing_person(self, **_: object) -> list[NeedsPerson]:
            told = "invalid query: invalid search attribute: ManualSteps"
            raise RPCError(told, RPCStatusCode.INVALID_ARGUMENT, b"")

    async def older(_: object) -> Older:
        return Older()

    monkeypatch.setattr("zairyu.cli.operating.zairyu_client", older)
    answer = zairyu("attention")
    assert answer.exit_code == FAILED
    assert "docs/operations.md" in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZAIRYU_SMTP_PORT", "twenty-five"),
        ("ZAIRYU_LOG_LEVEL", "LOUD"),
        ("ZAIRYU_LOG_FORMAT", "xml"),
        ("ZAIRYU_SHUTDOWN_SECONDS", "-1"),
    ],
)
@pytest.mark.parametrize("words", [("worker",), ("show", "some-application"), ("doctor",), ("demo", "--json")], ids=str)
def test_wrong_setting_is_told_by_its_name(zairyu: Zairyu, words: tuple[str, ...], name: str, value: str) -> None:
    answer = zairyu(*words, **{name: value})
    assert answer.exit_code == REFUSED
    assert answer.stdout == ""
    assert answer.stderr.startswith(f"the settings are wrong: {name}: ")
    assert value not in answer.stderr


@pytest.mark.parametrize("words", [("worker",), ("show", "some-application"), ("demo", "--json")], ids=str)
def test_key_file_that_cannot_be_used_is_told_and_never_replaced(
    zairyu: Zairyu, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = tmp_path / "keys.json"
    file.write_text("not a key file")
    answer = zairyu(*words, ZAIRYU_KEY_FILE=str(file))
    assert answer.exit_code == FAILED
    assert answer.stderr == f"{file} is not a key file\n"
    assert file.read_text() == "not a key file"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("send", "some-application", "whisper"), "request_withdrawal"),
        (("send", "some-application", "resolve", "["), "not a JSON object"),
        (("send", "some-application", "resolve", "[]"), "not a JSON object"),
        (("send", "some-application", "resolve", "{}"), "/reason"),
        (("send", "some-application", "sign_at", '{"terminal_id": "T 1"}'), "/terminal_id"),
        (("terminal", "--id", "端末"), "letters, digits"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else None,
)
def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(
    zairyu: Zairyu, words: tuple[str, ...], told: str
) -> None:
    answer = zairyu(*words)
    assert answer.exit_code == REFUSED
    assert told in answer.stderr


@pytest.mark.parametrize("what", ["start", "register", "start-group"])
async def test_a_file_that_no_machine_can_look_at_is_refused_in_words(
    world: World, command: Command, what: str
) -> None:
    file = world.directory / "odd.json"
    said = []
    for content in (b"", b"[" * 5000, b'{"a": ' * 900 + b"1" + b"}" * 900, '{"a": 1}'.encode("utf-16")):
        file.write_bytes(content)
        said.append(await command(what, "--input", file, "--json"))
    said.append(await command(what, "--input", world.directory, "--json"))
    for ended in said:
        assert ended.exit_code == REFUSED
        assert json.loads(ended.stdout), ended.stderr
        assert "Traceback" not in ended.stderr
