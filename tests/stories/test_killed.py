"""Power fails: worker, server and sandbox are killed without a word, and nothing is lost or done twice."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from temporalio.api.enums.v1 import PendingActivityState

from tests.documents import stored
from tests.installed import Installed
from zairyu.activities.documents.blobs import BlobStore
from zairyu.demo import TERMINAL_ID, Applicant
from zairyu.models import messages
from zairyu.models.application import ApplicationForm, ApplicationInput
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.models.names import application_workflow_id
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, End, Phase
from zairyu.rules.calendar import add_months

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds processes as Linux shows them"),
    pytest.mark.timeout(240),
]

_SIGN: Final = messages.SignAt(message_id="demo-sign", terminal_id=TERMINAL_ID)
"""The very message that the applicant of the demo sends: said again after the failure, it changes nothing."""


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[Installed]:
    async with Installed(tmp_path) as installed:
        yield installed


# ----- the worker ------------------------------------------------------------------------------------------------

UNDECIDED: Final = (
    "intake-with-errors",
    "waiting-for-the-window",
    "being-packaged",
    "waiting-for-the-signature",
    "while-the-pin-is-typed",
    "sent-and-no-answer-yet",
    "sent-and-answer-lost",
    "refused-by-the-agency",
    "asked-for-documents",
)
DECIDED: Final = ("decided-meanwhile", "fee-is-due", "card-is-ready")
"""They were not asked for documents."""


async def test_worker_killed_in_every_phase_loses_nothing_and_does_nothing_twice(installed: Installed) -> None:
    """One application in each place where a worker can be struck; then it is struck, and the world goes on."""
    every = (*UNDECIDED, *DECIDED)
    await _bring_each_to_its_place(installed)
    file = installed.hand_in("being-packaged")
    # Its documents are stored before the disk is slow: to store them is to look first whether they are there.
    stored_already = await installed.zairyu.read(json.loads(file.read_bytes()), beside=file.parent, on=installed.today)
    with _slow_disk(installed):
        await installed.zairyu.start_application(stored_already)
        await _at_work_on(installed, "being-packaged")
        phases = {(await installed.zairyu.snapshot(application_id)).phase for application_id in every}
        # A decision takes no time: one falls while the worker is dead.
        assert phases == set(Phase) - {Phase.DECISION, Phase.CLOSED}
        await installed.kill_worker()

    for action in ("receipt-number", "examination"):
        await installed.officer("decided-meanwhile", action)
    await installed.officer("decided-meanwhile", "permission", years="1")
    installed.fingers.hold.set()
    await installed.arm("unavailable", call="look_up", count=0)

    await installed.start_worker()
    await _decide_what_people_decide(installed)
    await _officer_goes_on(installed)
    closed = await _live_through(installed, every)

    assert {snapshot.application_id: snapshot.end for snapshot in closed} == dict.fromkeys(every, End.COMPLETED)
    assert [snapshot.attention for snapshot in closed] == [()] * len(every)
    signed = sorted(application_id for shown in installed.fingers.shown for application_id in shown)
    assert signed == sorted(every), "nothing was shown for signing twice"
    await _each_was_filed_once(installed, every)
    await _each_mail_came(installed, 5 * len(UNDECIDED) + 4 * len(DECIDED))


async def _bring_each_to_its_place(installed: Installed) -> None:
    later = add_months(installed.today, 4)
    await _start_unchecked(installed, "intake-with-errors")
    await asyncio.gather(
        installed.start("waiting-for-the-window", expires_on=later),
        *(installed.start(name) for name in (*UNDECIDED[3:], *DECIDED)),
    )
    await installed.until("intake-with-errors", lambda snapshot: bool(snapshot.attention))
    await installed.in_phase("waiting-for-the-window", Phase.FILING_WINDOW)
    await installed.in_phase("waiting-for-the-signature", Phase.SIGNATURE)

    examined = ("asked-for-documents", "fee-is-due", "card-is-ready")
    await _sign(installed, "decided-meanwhile", *examined)
    for name in ("decided-meanwhile", *examined):
        await installed.in_phase(name, Phase.RECEIPT)
    for name in examined:
        await installed.officer(name, "receipt-number")
        await installed.officer(name, "examination")
    for name in examined[1:]:
        await installed.officer(name, "permission", years="3")
        await installed.in_phase(name, Phase.PAYMENT)
    await installed.pay(await installed.zairyu.snapshot("card-is-ready"))
    await installed.in_phase("card-is-ready", Phase.COLLECTION)
    await installed.officer("card-is-ready", "ready")
    await _each_mail_came(installed, 8)

    await installed.arm("timeout", call="mail", seconds=20)
    await installed.officer("asked-for-documents", "document-requests", items="在職証明書", due_on=str(later))
    await _struck(installed)
    await installed.arm("refuse")
    await _sign(installed, "refused-by-the-agency")
    await installed.until("refused-by-the-agency", lambda snapshot: bool(snapshot.attention))
    await installed.arm("timeout", seconds=20)
    await _sign(installed, "sent-and-no-answer-yet")
    await _struck(installed)
    await installed.arm("lose_answer")
    await _sign(installed, "sent-and-answer-lost")
    await _struck(installed)
    await installed.arm("unavailable", call="look_up", count=1_000)
    installed.fingers.hold.clear()
    await _sign(installed, "while-the-pin-is-typed")
    await _at_work_on(installed, "while-the-pin-is-typed")


async def _start_unchecked(installed: Installed, application_id: str) -> None:
    """As another program might, that has left documents out and has not asked whether that will do."""
    file = installed.hand_in(application_id)
    await installed.zairyu.start_application(
        ApplicationInput(
            application_id=application_id,
            form=ApplicationForm.model_validate_json(file.read_bytes()),
            photo=await _stored(installed, file.parent / "photo.jpg", "image/jpeg"),
        )
    )


async def _decide_what_people_decide(installed: Installed) -> None:
    """What has to be said by a person before each application can go on to its end."""
    folder = installed.directory / "input" / "intake-with-errors"
    organization_form = await _stored(installed, folder / "organization-form.pdf", "application/pdf")
    await installed.zairyu.amend(
        "intake-with-errors",
        messages.Amend(
            message_id="with-its-documents",
            attachments=(Attachment(kind=AttachmentKind.ORGANIZATION_FORM, document=organization_form),),
        ),
    )
    file = installed.hand_in("waiting-for-the-window")
    await installed.zairyu.amend(
        "waiting-for-the-window",
        messages.Amend(message_id="mistyped", form=ApplicationForm.model_validate_json(file.read_bytes())),
    )
    await installed.zairyu.resolve(
        "refused-by-the-agency",
        messages.Resolve(
            message_id="retry", reason=AttentionReason.SUBMISSION_REFUSED, action=messages.ResolveAction.RETRY
        ),
    )


# ----- server and sandbox ----------------------------------------------------------------------------------------


async def test_server_and_sandbox_that_are_killed_come_back_with_everything(installed: Installed) -> None:
    every = ("signed-before", "signed-after")
    await asyncio.gather(*(installed.start(name) for name in every))
    await _sign(installed, "signed-before")
    await installed.in_phase("signed-before", Phase.RECEIPT)
    await installed.officer("signed-before", "receipt-number")
    before = await installed.until("signed-before", lambda snapshot: "Mail sent" in str(snapshot.timeline))
    waiting = await installed.in_phase("signed-after", Phase.SIGNATURE)

    await installed.kill_server()
    # The agency goes on while we are deaf.
    await installed.officer("signed-before", "examination")
    await installed.kill_sandbox()
    await asyncio.gather(installed.start_server(), installed.start_sandbox())
    assert await installed.zairyu.snapshot("signed-after") == waiting
    assert (await installed.zairyu.snapshot("signed-before")).receipt_number == before.receipt_number

    await _officer_goes_on(installed)
    closed = await _live_through(installed, every)
    assert [snapshot.end for snapshot in closed] == [End.COMPLETED] * 2
    assert [snapshot.attention for snapshot in closed] == [()] * 2
    await _each_was_filed_once(installed, every)
    await _each_mail_came(installed, 5 * 2)


# ----- what is done and what is looked at -------------------------------------------------------------------------


async def _sign(installed: Installed, *application_ids: str) -> None:
    for application_id in application_ids:
        await installed.in_phase(application_id, Phase.SIGNATURE)
        await installed.zairyu.sign_at(application_id, _SIGN)


async def _struck(installed: Installed) -> None:
    """Every fault that was armed has struck."""

    async def struck() -> bool:
        armed: list[object] = (await installed.http.get("/sandbox/faults")).json()
        return armed == []

    await installed.eventually(struck)


@contextmanager
def _slow_disk(installed: Installed) -> Iterator[None]:
    """Until the context ends, whoever reads the applicants' photo waits for ever."""
    photo = hashlib.sha256((installed.hand_in("sample").parent / "photo.jpg").read_bytes()).hexdigest()
    (blob,) = (installed.directory / "blobs").rglob(photo)
    kept = blob.rename(blob.with_suffix(".kept"))
    # A pipe that nobody writes to: opening it does not come back.
    os.mkfifo(blob)
    try:
        yield
    finally:
        kept.replace(blob)


async def _at_work_on(installed: Installed, application_id: str) -> None:
    """Wait until the worker has taken a step of the application."""

    async def taken() -> bool:
        handle = installed.temporal.get_workflow_handle(application_workflow_id(application_id))
        pending = (await handle.describe()).raw_description.pending_activities
        return [step.state for step in pending] == [PendingActivityState.PENDING_ACTIVITY_STATE_STARTED]

    await installed.eventually(taken)


async def _stored(installed: Installed, file: Path, media_type: str) -> DocumentRef:
    content = await asyncio.to_thread(file.read_bytes)
    return await stored(BlobStore(installed.settings.blobs, installed.keys), content, media_type)


async def _officer_goes_on(installed: Installed) -> None:
    answer = await installed.http.post("/sandbox/automatic", json={"on": True})
    assert answer.is_success, answer.text


async def _live_through(installed: Installed, application_ids: Sequence[str]) -> list[ApplicationSnapshot]:
    """The applicants do what they are asked for until each application is closed, mails included."""

    async def live(application_id: str) -> ApplicationSnapshot:
        file = installed.directory / "input" / application_id / "application.json"
        applicant = Applicant(installed.zairyu, installed.endpoints, file, installed.today, lambda *_: None)
        await applicant.live_through_it()
        return await installed.closed(application_id)

    return await asyncio.gather(*(live(application_id) for application_id in application_ids))


async def _each_was_filed_once(installed: Installed, application_ids: Sequence[str]) -> None:
    filed = [entry["request_id"].rpartition(".")[0] for entry in await installed.ledger()]
    assert sorted(filed) == sorted(application_ids)


async def _each_mail_came(installed: Installed, number: int) -> None:
    """So many mails, each by its own Message-ID; one that came twice is the same to the letter."""

    async def came() -> bool:
        return len({mail["message_id"] for mail in await installed.mails()}) >= number

    await installed.eventually(came)
    letters = {(mail["message_id"], mail["subject"], mail["text"]) for mail in await installed.mails()}
    assert len(letters) == len({message_id for message_id, _, _ in letters}) == number
