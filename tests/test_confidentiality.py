"""Nobody who reads what lies around learns who applies: not from the server, its database, a log or a process."""

import asyncio
import base64
import io
import json
import logging
import uuid
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from tests.installed import Installed
from zairyu.client import MessageRefused
from zairyu.demo import TERMINAL_ID
from zairyu.models import messages, registration
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.names import (
    CORE_QUEUE,
    application_workflow_id,
    document_request_workflow_id,
    registration_workflow_id,
    stay_workflow_id,
)
from zairyu.models.registration import RegistrationPhase, RegistrationSnapshot
from zairyu.models.residence import ApplicationType, CollectionMethod
from zairyu.models.snapshot import AttentionReason, End, Phase
from zairyu.sandbox.applicant import registration as registration_form
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import DEMO_APPLICANT

pytestmark = pytest.mark.timeout(180)

_WRONG_PIN: Final = "WRONGPIN2026"
_AUTHENTICATION_ID: Final = "AUTHID-7294-XQ"
_SECRETS: Final = {
    "name": ("TRAN THI LINH", "TRAN\u3000THI\u3000LINH", "Tran Thi Linh", "TRAN THI", "THI LINH"),
    "birth date": ("19960412", "1996-04-12", "1996/04/12", "1996年4月12日", "平成8年4月12日", "平成08年04月12日"),
    "card": ("AB12345678CD", "AB12345678", "12345678CD"),
    "passport": ("C1234567",),
    "address": ("架空町１丁目２番３号", "架空町", "新宿区", "東京都新宿", "1600000", "160-0000"),
    "contact": ("linh@resident.example", "resident.example", "09000001234", "0000-1234"),
    "life": ("ソフトウェア技術者", "会社員"),
    "child": ("NGUYEN MINH ANH", "NGUYEN\u3000MINH\u3000ANH", "NGUYEN MINH", "MINH ANH"),
    "password": (DEMO_APPLICANT.sign_password, _WRONG_PIN),
    "authentication ID": (_AUTHENTICATION_ID,),
}
_SHORT: Final = ("LINH", "HANOI")
"""Too short to be looked for among random bytes."""
_ID: Final = "confidential-one"
_CHILD: Final = "confidential-child"
"""The same person signs for it, as its parent."""
_USER: Final = "confidential-user"


# ----- the search ------------------------------------------------------------------------------------------------


def _forms(word: str) -> Iterator[tuple[str, bytes]]:
    """The bytes under which a word could lie around."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        plain = word.encode(encoding)
        yield encoding, plain
        yield f"hexadecimal {encoding}", plain.hex().encode()
        for shift in range(3):
            # In base64 a word looks different by where it begins; its first and last letters depend on others.
            shifted = base64.b64encode(b"\0" * shift + plain)
            begins = -(-shift * 8 // 6)
            ends = (shift + len(plain)) * 8 // 6
            yield f"base64 {encoding}", shifted[begins:ends]
    yield "JSON", json.dumps(word)[1:-1].encode()


def _forms_of(words: Iterable[str]) -> list[tuple[str, bytes]]:
    return [(form, sought) for word in words for form, sought in _forms(word) if len(sought) >= 6]


def _found(places: Mapping[str, bytes]) -> set[tuple[str, str, str]]:
    """Which secrets lie where, and in which form."""
    return {
        (place, what, form)
        for place, content in places.items()
        for what, words in _SECRETS.items()
        for form, sought in _forms_of(words)
        if sought in content
    } | {
        (place, "short", word)
        for place, content in places.items()
        if place.endswith((".log", ".json", "environ", "cmdline"))
        for word in _SHORT
        if word.encode() in content
    }


def _files(directory: Path) -> dict[str, bytes]:
    """Every file of an installation but the agency's own and what the applicant handed in."""
    others = {directory / "sandbox", directory / "input"}
    return {
        str(file.relative_to(directory)): file.read_bytes()
        for file in directory.rglob("*")
        if file.is_file() and not others & set(file.parents)
    }


async def _raw_histories(address: str) -> dict[str, bytes]:
    """Everything that the server tells of every workflow to somebody without our keys."""
    stranger = await Client.connect(address)
    told: dict[str, bytes] = {}
    async for execution in stranger.list_workflows():
        handle = stranger.get_workflow_handle(execution.id, run_id=execution.run_id)
        description = await handle.describe()
        place = f"{execution.workflow_type} {execution.run_id}"
        told[f"{place} in the list"] = execution.raw_info.SerializeToString()
        told[f"{place} described"] = description.raw_description.SerializeToString()
        events = [event async for event in handle.fetch_history_events()]
        told[f"{place} history"] = b"".join(event.SerializeToString() for event in events)
    return told


@asynccontextmanager
async def _onlooker(address: str) -> AsyncIterator[dict[str, bytes]]:
    """Looks over our shoulder all the time: steps that are tried again show their last failure only meanwhile."""
    seen: dict[str, bytes] = {}
    stranger = await Client.connect(address)

    async def look() -> None:
        while True:
            async for execution in stranger.list_workflows():
                description = await stranger.get_workflow_handle(execution.id).describe()
                for step in description.raw_description.pending_activities:
                    raw = step.SerializeToString()
                    seen[f"pending {step.activity_type.name} {hash(raw)}"] = raw
            await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.wait([looking])


# ----- the story -------------------------------------------------------------------------------------------------


async def _file_for_a_child(installed: Installed) -> None:
    form = write_application(
        installed.directory / "input" / "form",
        DEMO_APPLICANT,
        expires_on=installed.expires_on,
        application_type=ApplicationType.ACQUISITION_OF_STATUS.value,
    )
    await installed.start(_CHILD, **json.loads(form.read_bytes()))
    await installed.in_phase(_CHILD, Phase.SIGNATURE)
    await installed.zairyu.sign_at(_CHILD, messages.SignAt(message_id="for-it", terminal_id=TERMINAL_ID))
    await installed.in_phase(_CHILD, Phase.RECEIPT)
    await installed.officer(_CHILD, "termination")
    assert (await installed.closed(_CHILD)).end is End.TERMINATED


async def _live_through_everything_that_can_fail(installed: Installed) -> None:
    zairyu = installed.zairyu
    await _file_for_a_child(installed)
    await _start_what_cannot_be_read(installed)
    await installed.start(_ID)
    await installed.in_phase(_ID, Phase.SIGNATURE)

    right, installed.fingers.password = installed.fingers.password, _WRONG_PIN
    await zairyu.sign_at(_ID, messages.SignAt(message_id="wrong", terminal_id=TERMINAL_ID))
    await installed.until(_ID, lambda snapshot: bool(snapshot.attention))
    installed.fingers.password = right
    await installed.arm("unavailable", count=2)
    await installed.arm("refuse", call="submission")
    await zairyu.sign_at(_ID, messages.SignAt(message_id="right", terminal_id=TERMINAL_ID))
    parked = await installed.until(
        _ID, lambda snapshot: AttentionReason.SUBMISSION_REFUSED in [one.reason for one in snapshot.attention]
    )
    with pytest.raises(MessageRefused):
        await zairyu.sign_at(_ID, messages.SignAt(message_id="again", terminal_id=TERMINAL_ID))
    assert parked.phase is Phase.SUBMISSION
    retry = messages.Resolve(
        message_id="retry", reason=AttentionReason.SUBMISSION_REFUSED, action=messages.ResolveAction.RETRY
    )
    await zairyu.resolve(_ID, retry)
    await installed.in_phase(_ID, Phase.RECEIPT)

    await installed.arm("unavailable", call="mail", count=2)
    await installed.arm("refuse", call="collection")
    await zairyu.choose_collection(_ID, messages.ChooseCollection(message_id="post", method=CollectionMethod.POST))
    await installed.officer(_ID, "receipt-number")
    await installed.officer(_ID, "examination")
    await installed.until(_ID, lambda snapshot: "Mail sent (receipt-number)" in str(snapshot.timeline))
    await installed.arm("refuse", call="mail")
    due_on = str(installed.today + timedelta(days=14))
    await installed.officer(_ID, "document-requests", items="在職証明書", due_on=due_on)
    await installed.until(_ID, lambda snapshot: bool(snapshot.document_requests))
    await installed.arm("refuse", call="documents")
    await _supply(installed, "refused")
    await installed.eventually(lambda: _refused(installed))
    await _supply(installed, "taken")
    await installed.until(_ID, lambda snapshot: snapshot.document_requests[0].supplied)
    await installed.officer(_ID, "permission", years="3")
    due = await installed.in_phase(_ID, Phase.PAYMENT)
    await installed.pay(due)
    await installed.in_phase(_ID, Phase.COLLECTION)
    await installed.officer(_ID, "ready")
    await installed.until(_ID, lambda snapshot: "Mail sent (collection)" in str(snapshot.timeline))
    await zairyu.confirm_collection(_ID, messages.ConfirmCollection(message_id="card", collected_on=installed.today))
    assert (await installed.closed(_ID)).end is End.COMPLETED


async def _live_through_a_registration(installed: Installed) -> None:
    """From the terms to leaving, with a wrong PIN and a mail that does not arrive, and a watch over the stay."""
    zairyu = installed.zairyu
    content = registration_form(DEMO_APPLICANT, installed.expires_on)
    await zairyu.register({**content, "user_id": _USER}, on=installed.today)

    async def say(name: str, message: messages.Message) -> None:
        await zairyu.send_to_registration(_USER, name, message)

    async def until(condition: Callable[[RegistrationSnapshot], object]) -> None:
        async def fulfilled() -> object:
            return condition(await zairyu.registration(_USER))

        await installed.eventually(fulfilled)

    await say("accept_terms", registration.AcceptTerms(message_id="terms", version="2026-04"))
    right, installed.fingers.pin = installed.fingers.pin, "9999"
    for message_id in ("wrong", "right"):
        await until(lambda snapshot: snapshot.phase is RegistrationPhase.CARD)
        await say("read_card_at", registration.ReadCardAt(message_id=message_id, terminal_id=TERMINAL_ID))
        await until(lambda snapshot: snapshot.attention or snapshot.phase is RegistrationPhase.SIGNATURE)
        installed.fingers.pin = right
    await installed.arm("refuse", call="mail")
    await say("sign_at", messages.SignAt(message_id="sign", terminal_id=TERMINAL_ID))
    await until(lambda snapshot: snapshot.phase is RegistrationPhase.CONFIRMATION and snapshot.attention)
    entered = registration.EnterAuthenticationId(
        message_id="id", authentication_id=_AUTHENTICATION_ID, password_set_on=installed.today
    )
    await say("enter_authentication_id", entered)
    await until(lambda snapshot: snapshot.phase is RegistrationPhase.ACTIVE)

    async def reminded() -> bool:
        with suppress(MessageRefused):
            return "Mail sent" in str((await zairyu.stay(_USER)).timeline)
        return False

    await installed.eventually(reminded)
    with pytest.raises(MessageRefused):
        await say("accept_terms", registration.AcceptTerms(message_id="late", version="2026-04"))
    moved = content["address"] | {"line": "別町９番"}
    await say("change_details", registration.ChangeDetails(message_id="moved", address=moved))
    await say("end_registration", registration.EndRegistration(message_id="bye", reason="会社員を辞めて帰国します。"))
    await until(lambda snapshot: snapshot.phase is RegistrationPhase.CLOSED and snapshot.account is None)
    for workflow_id in (registration_workflow_id(_USER), stay_workflow_id(_USER)):
        await installed.temporal.get_workflow_handle(workflow_id).result()


async def _start_what_cannot_be_read(installed: Installed) -> None:
    """A person's whole life with one field too few, from another program that has our keys."""
    form = json.loads(installed.hand_in("never-begins").read_bytes())
    del form["applicant"]["passport"]["number"]
    application = {"application_id": "never-begins", "form": form, "photo": {}}
    with pytest.raises(WorkflowFailureError):
        await installed.temporal.execute_workflow(
            "ApplicationWorkflow",
            {"application": application},
            id=application_workflow_id("never-begins"),
            task_queue=CORE_QUEUE,
        )


async def _refused(installed: Installed) -> bool:
    request = installed.temporal.get_workflow_handle(document_request_workflow_id(_ID, 1))
    return (await request.query("snapshot"))["refusal"] is not None


async def _supply(installed: Installed, message_id: str) -> None:
    declaration = await installed.zairyu.store_pdf(installed.directory / "input" / _ID / "declaration.pdf")
    attachment = Attachment(kind=AttachmentKind.DECLARATION, document=declaration)
    message = messages.SupplyDocuments(message_id=message_id, attachments=(attachment,))

    async def taken() -> bool:
        try:
            await installed.zairyu.supply_documents(_ID, 1, message)
        except MessageRefused:
            return False
        return True

    await installed.eventually(taken)


async def test_whoever_reads_what_lies_around_learns_nothing_of_the_applicant(
    tmp_path: Path, temporal: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Installed(tmp_path, ZAIRYU_LOG_LEVEL="DEBUG", PYTHONASYNCIODEBUG="1") as installed:
        installed.endpoints.write(tmp_path)
        address = installed.endpoints.temporal_address
        async with _onlooker(address) as seen:
            await _live_through_everything_that_can_fail(installed)
            await _live_through_a_registration(installed)
        histories = await _raw_histories(address)
        assert installed.worker is not None
        process = _process(installed.worker.pid)
        while_it_runs = _files(tmp_path)
        mails, ledger = await installed.mails(), await installed.ledger()
        opened = _packages_opened(installed)
    afterwards = _files(tmp_path)

    assert sum(" history" in place for place in histories) == 7
    assert {place.split()[1] for place in seen} >= {"send_mail", "submit_application", "watch_status_feed"}
    for name in ("temporal.sqlite3", "logs/worker.log", "logs/temporal.log", "endpoints.json", "keys.json"):
        assert name in while_it_runs
    assert b"MailRefused" in afterwards["logs/worker.log"]
    assert b"debug" in afterwards["logs/worker.log"].lower()
    everywhere = {
        **seen,
        **histories,
        **process,
        **{f"running: {name}": content for name, content in while_it_runs.items()},
        **{f"stopped: {name}": content for name, content in afterwards.items()},
        "terminal.log": caplog.text.encode(),
    }
    assert _found(everywhere) == set()
    failures = b"".join((*seen.values(), *histories.values()))
    assert b"Encoded failure" in failures
    assert b"cannot be delivered" not in failures, "what libraries say in failures is sealed as well"

    inputs = _files(tmp_path / "input")
    handed_in = {one: json.loads(inputs[f"{one}/application.json"]) for one in (_ID, _CHILD)}
    unencrypted = await _unencrypted_history(temporal, handed_in)
    # The same search finds the same person wherever they do stand.
    assert {what for _, what, _ in _found({"plain": unencrypted})} == set(_SECRETS) - {"password", "authentication ID"}
    assert {"name", "card", "passport"} <= {what for _, what, _ in _found({"package": opened})}
    assert {"name"} <= {what for _, what, _ in _found({"mails": json.dumps(mails, ensure_ascii=False).encode()})}
    assert ledger


async def _unencrypted_history(temporal: WorkflowEnvironment, application: dict[str, object]) -> bytes:
    """What a client without our plugin leaves on a server. Nobody works on it."""
    address = temporal.client.service_client.config.target_host
    stranger = await Client.connect(address)
    handle = await stranger.start_workflow("Nobody", application, id=uuid.uuid4().hex, task_queue="nobody")
    events = [event async for event in handle.fetch_history_events()]
    await handle.terminate()
    return b"".join(event.SerializeToString() for event in events)


def _packages_opened(installed: Installed) -> bytes:
    """What the blobs hold, for whoever has the key."""
    opened = b""
    for file in (installed.directory / "blobs").rglob("*"):
        if file.is_file():
            content = installed.keys.open(file.read_bytes(), purpose="blob")
            if zipfile.is_zipfile(io.BytesIO(content)):
                with zipfile.ZipFile(io.BytesIO(content)) as package:
                    opened += b"".join(package.read(name) for name in package.namelist())
    return opened


def _process(pid: int) -> dict[str, bytes]:
    """What every process of the same user can read of another, where the system shows it."""
    directory = Path("/proc") / str(pid)
    return {name: (directory / name).read_bytes() for name in ("environ", "cmdline") if (directory / name).exists()}


@pytest.mark.parametrize("before", ["", "x", "xy"])
@pytest.mark.parametrize("word", ["TRAN THI LINH", "架空町１丁目２番３号", "19960412"])
def test_search_finds_a_word_however_it_is_written(word: str, before: str) -> None:
    text = f"{before}{word} and more"
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        plain = text.encode(encoding)
        for written in (plain, plain.hex().encode(), base64.b64encode(plain)):
            assert _found({"there": b"\x00" + written + b"\xff"})
    assert _found({"there": json.dumps(text).encode()})
    assert not _found({"there": b"TRAN THE LYNH 1997-04-12"})
