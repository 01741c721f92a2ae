"""More documents than a package holds."""

import json
import uuid
from typing import Any

from tests.world import World
from zairyu.models import messages
from zairyu.models.documents import AttachmentKind
from zairyu.models.snapshot import Phase
from zairyu.rules.calendar import add_months
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.samples import write_pdf


async def start_with_many(world: World) -> str:
    """An application with more documents than the agency takes at once."""
    expires_on = add_months(world.today, 2)
    file = write_application(world.directory / "many", world.persona, expires_on=expires_on)
    content: dict[str, Any] = json.loads(file.read_bytes())
    for number in range(20):
        name = f"other-{number}.pdf"
        (file.parent / name).write_bytes(write_pdf(f"Other document {number}"))
        content["attachments"].append({"kind": "OTHER", "file": name})
    world.reader.insert(world.card(valid_until=expires_on))
    return (await world.zairyu.start(content, beside=file.parent, on=world.today)).application_id


async def test_what_does_not_fit_follows_with_its_declaration_when_the_agency_asks(world: World) -> None:
    application_id = await start_with_many(world)
    snapshot = await world.in_phase(application_id, Phase.SIGNATURE)
    (later,) = snapshot.to_follow
    assert later[0].kind is AttachmentKind.DECLARATION
    assert "attachment-follows" in [finding.rule for finding in snapshot.package_findings]

    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    sent = await world.package()
    assert len([name for name in sent if name.startswith("attachment-")]) == 20
    assert (await world.zairyu.snapshot(application_id)).package_findings == ()

    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(
        application_id, "document-requests", items="その他の資料", due_on=str(add_months(world.today, 1))
    )
    await world.until(application_id, lambda snapshot: len(snapshot.document_requests) == 1)
    message = messages.SupplyDocuments(message_id=uuid.uuid4().hex, attachments=later)
    await world.zairyu.supply_documents(application_id, 1, message)

    await world.until(application_id, lambda snapshot: snapshot.document_requests[0].supplied)
