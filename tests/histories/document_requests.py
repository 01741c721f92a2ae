"""Requests for additional documents, in all their turns."""

import uuid
from datetime import timedelta
from typing import Any

from tests.histories.recorder import Recorder
from tests.world import World
from zairyu.models import messages
from zairyu.models.document_request import DocumentRequestSnapshot
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.snapshot import ManualStepKind, Phase
from zairyu.models.status import ApplicationStatus, DocumentRequest, DocumentsStatus, StatusReport
from zairyu.rules.calendar import add_months, end_of_day

_BY_HAND = ManualStepKind.SUPPLY_DOCUMENTS


async def documents_by_post(world: World, recorder: Recorder) -> None:
    """A part of the documents, after it was refused once; then the special period: the rest goes by post."""
    application_id = await _asked(world, "documents-by-post-story", days=90)
    request = world.handle(application_id, request=1)
    await world.arm("refuse", call="documents")
    await _supply(world, application_id, complete=False)
    await _until(world, application_id, lambda snapshot: snapshot.refusal is not None)
    await _supply(world, application_id, complete=False, to_follow=("在職証明書",))
    await _until(world, application_id, lambda snapshot: bool(snapshot.supplies))
    ends = end_of_day(world.today + timedelta(days=90))
    window = MaintenanceWindow(begins=ends - timedelta(hours=3), ends=ends + timedelta(hours=6), source="calendar")
    await request.signal("maintenance_planned", messages.MaintenancePlanned(window=window))
    await _until(world, application_id, lambda snapshot: "maintenance" in str(snapshot.timeline))
    await world.advance(application_id, timedelta(days=70), request=1)
    await _until(
        world, application_id, lambda snapshot: str(snapshot.timeline).count("documents-requested") == 4
    )  # each of two mails, in two languages
    await recorder.open("documents-by-post", request)
    take = messages.AssignManualStep(message_id="take", step=_BY_HAND, assignee="sato01")
    await world.zairyu.send_to_document_request(application_id, 1, "assign_manual_step", take)
    posted = messages.CompleteManualStep(message_id="posted", step=_BY_HAND, evidence="書留 123-45-67890-1")
    await world.zairyu.send_to_document_request(application_id, 1, "complete_manual_step", posted)
    await recorder.closed("documents-by-post", request)


async def documents_signed(world: World, recorder: Recorder) -> None:
    """Signed at the second try, with the card in the reader, and supplied."""
    application_id = await _asked(world, "documents-signed-story")
    await _supply(world, application_id)
    await _until(world, application_id, lambda snapshot: snapshot.to_sign)
    world.reader.pull()
    await _sign(world, application_id)
    await _until(world, application_id, lambda snapshot: bool(snapshot.attention))
    await recorder.open("documents-signed", world.handle(application_id, request=1))
    world.reader.insert(world.card(valid_until=add_months(world.today, 2)))
    await _sign(world, application_id)
    await recorder.closed("documents-signed", world.handle(application_id, request=1))


async def documents_by_hand(world: World, recorder: Recorder) -> None:
    """The interface takes no documents: they are prepared for a person, who hands them in."""
    application_id = await _asked(world, "documents-by-hand-story")
    assert (await world.http.post("/sandbox/offers", json=[])).is_success
    await _supply(world, application_id)
    await _until(world, application_id, lambda snapshot: snapshot.prepared is not None)
    await recorder.open("documents-by-hand", world.handle(application_id, request=1))
    done = messages.CompleteManualStep(message_id="done", step=_BY_HAND, evidence="窓口 受付印")
    await world.zairyu.send_to_document_request(application_id, 1, "complete_manual_step", done)
    await recorder.closed("documents-by-hand", world.handle(application_id, request=1))


async def documents_changed(world: World, recorder: Recorder) -> None:
    """The agency wants more and later, and in the end has it from elsewhere: the application tells its request."""
    application_id = await _asked(world, "documents-changed-story")
    application, request = world.handle(application_id), world.handle(application_id, request=1)
    wanted = DocumentRequest(
        number=1, items=("在職証明書、課税証明書", "納税証明書"), due_on=world.today + timedelta(days=30)
    )
    await _told(world, application_id, wanted, revision=101)
    await _until(world, application_id, lambda snapshot: str(snapshot.timeline).count("documents-requested") == 4)
    await recorder.open("documents-changed", request)
    await recorder.open("documents-changed-told", application)
    await _told(world, application_id, wanted.model_copy(update={"supplied": True}), revision=102)
    await recorder.closed("documents-changed", request)


async def _told(world: World, application_id: str, request: DocumentRequest, *, revision: int) -> None:
    """What the officer's page cannot say."""
    (known,) = [entry["record"] for entry in await world.ledger() if application_id in entry["record"]["request_id"]]
    report = StatusReport(
        event_id=f"{application_id}-{revision}",
        request_id=known["request_id"],
        revision=revision,
        reported_at=world.now,
        provisional_number=known["provisional_number"],
        receipt_number=known["receipt_number"],
        application=ApplicationStatus.UNDER_EXAMINATION,
        documents=DocumentsStatus.SUPPLIED if request.supplied else DocumentsStatus.REQUESTED,
        document_requests=(request,),
    )
    await world.handle(application_id).signal("status_changed", messages.StatusChanged(report=report))


async def _asked(world: World, application_id: str, *, days: int = 14) -> str:
    await world.file(application_id=application_id)
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.in_phase(application_id, Phase.EXAMINATION)
    due_on = str(world.today + timedelta(days=days))
    await world.officer(application_id, "document-requests", items="在職証明書、課税証明書", due_on=due_on)
    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await _until(world, application_id, lambda snapshot: "documents-requested" in str(snapshot.timeline))
    return application_id


async def _until(world: World, application_id: str, condition: Any) -> None:
    async def there() -> bool:
        told = await world.handle(application_id, request=1).query("snapshot")
        return bool(condition(DocumentRequestSnapshot.model_validate(told)))

    await world.until(application_id, lambda snapshot: bool(snapshot.document_requests))
    await world.eventually(there)


async def _supply(world: World, application_id: str, **more: Any) -> None:
    pdf = await world.zairyu.store_pdf(world.directory / "samples" / "tax-certificate.pdf")
    given = (Attachment(kind=AttachmentKind.TAX_CERTIFICATE, document=pdf),)
    message = messages.SupplyDocuments(message_id=uuid.uuid4().hex, attachments=given, **more)
    await world.zairyu.supply_documents(application_id, 1, message)


async def _sign(world: World, application_id: str) -> None:
    message = messages.SignAt(message_id=uuid.uuid4().hex, terminal_id=world.terminal_id)
    await world.zairyu.send_to_document_request(application_id, 1, "sign_at", message)
