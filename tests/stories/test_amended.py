"""An application that becomes another one before it is filed: of another type, by another filer, for somebody else."""

import asyncio
import json
import uuid
from datetime import date, timedelta
from typing import Any

from tests.stays import WatchedStay, held
from tests.world import World
from zairyu.models import messages
from zairyu.models.application import ApplicationForm
from zairyu.models.residence import ApplicationType, Filer
from zairyu.models.snapshot import ApplicationSnapshot, AttentionReason, End, Phase
from zairyu.models.stay import StayNews
from zairyu.rules.calendar import add_months
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import CARLOS, DEMO_APPLICANT


def form(world: World, application_type: ApplicationType, *, expires_on: date | None = None) -> dict[str, Any]:
    """What the persona fills in for an application."""
    file = write_application(
        world.directory / "input" / uuid.uuid4().hex,
        DEMO_APPLICANT,
        expires_on=expires_on or add_months(world.today, 2),
        application_type=application_type.value,
    )
    content: dict[str, Any] = json.loads(file.read_bytes())
    return {name: value for name, value in content.items() if name not in ("photo", "attachments")}


async def amend(world: World, application_id: str, **content: Any) -> ApplicationSnapshot:
    message = messages.Amend(message_id=uuid.uuid4().hex, form=ApplicationForm.model_validate(content))
    return await world.zairyu.amend(application_id, message)


ODD: list[dict[str, Any]] = [
    *({"filer": filer} for filer in Filer),
    *({"application_type": application_type} for application_type in ApplicationType),
    {"representative": None, "filer": "RELATIVE"},
    {"residence_status": "PERMANENT_RESIDENT"},
    {"application_type": "CHANGE_OF_STATUS", "cause": {"kind": "OTHER", "happened_on": "9999-12-31"}},
]
"""Half-finished, impossible, or no change at all: people type one thing after another."""


async def test_no_amendment_leaves_an_application_that_cannot_be_spoken_to(world: World) -> None:
    application_id = await world.start()
    await world.in_phase(application_id, Phase.SIGNATURE)
    right = form(world, ApplicationType.EXTENSION_OF_PERIOD)
    for count, changes in enumerate(ODD, start=2):
        async with asyncio.timeout(10):
            await amend(world, application_id, **{**right, **changes})
            await world.until(
                application_id, lambda snapshot: bool(snapshot.attention) or snapshot.phase is not Phase.PACKAGING
            )
            await amend(world, application_id, **right)
            await built(world, application_id, at_least=count)
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    assert len(await world.ledger()) == 1


async def test_application_of_another_type_is_signed_by_who_files_it_now(world: World) -> None:
    """The password for an extension is being typed when it becomes the certificate for a husband abroad."""
    application_id = await world.start()
    world.fingers.hold.clear()
    await world.sign(application_id)

    async def asked() -> bool:
        return bool(world.fingers.asked)

    await world.eventually(asked)
    await amend(world, application_id, **form(world, ApplicationType.CERTIFICATE_OF_ELIGIBILITY))
    waiting = await built(world, application_id, at_least=2)
    assert (waiting.last_day_online, waiting.next_deadline) == (None, None)
    assert waiting.waiting_for is not None
    assert "the relative who files" in waiting.waiting_for.en
    world.fingers.hold.set()
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    [entry] = await world.ledger()
    assert entry["application_type"] == "CERTIFICATE_OF_ELIGIBILITY"
    assert entry["collection_method"] == "EMAIL"


async def test_another_representative_signs_and_gets_the_mails(world: World) -> None:
    application_id = await world.start(ApplicationType.ACQUISITION_OF_STATUS)
    await world.in_phase(application_id, Phase.SIGNATURE)
    content = form(world, ApplicationType.ACQUISITION_OF_STATUS)
    father = {
        **content["representative"],
        "name": CARLOS.name,
        "birth_date": f"{CARLOS.birth_date:%Y%m%d}",
        "contact": {**content["representative"]["contact"], "email": "carlos@resident.example"},
    }
    await amend(world, application_id, **{**content, "representative": father})
    await built(world, application_id, at_least=2)
    await world.sign(application_id)
    refused = await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in refused.attention] == [AttentionReason.SIGNATURE_FAILED]
    world.reader.insert(world.card(valid_until=add_months(world.today, 2), persona=CARLOS))
    world.fingers.password = CARLOS.sign_password
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    await world.officer(application_id, "receipt-number")
    await world.mailed(1)
    [letter] = await world.mails()
    assert letter["recipients"] == ["carlos@resident.example"]


async def test_form_that_the_agency_refused_is_filed_as_another_one(world: World) -> None:
    await world.arm("refuse")
    application_id = await world.start(ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE)
    await world.sign(application_id)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    await amend(world, application_id, **form(world, ApplicationType.EXTENSION_OF_PERIOD))
    again = await built(world, application_id, at_least=2)
    assert again.attention == ()
    await world.sign(application_id)
    await world.in_phase(application_id, Phase.RECEIPT)
    [entry] = await world.ledger()
    assert entry["application_type"] == "EXTENSION_OF_PERIOD"


async def test_watch_hears_the_end_of_what_it_started_as_another_application(world: World) -> None:
    stay = WatchedStay(world)
    await stay.tell("registered", held=held(add_months(world.today, 2)))
    application_id = await world.start(user_id=stay.user_id)
    await world.in_phase(application_id, Phase.SIGNATURE)
    await amend(world, application_id, **form(world, ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE))
    await built(world, application_id, at_least=2)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="enough"))
    await world.closed(application_id)
    assert await told(stay) == ["registered", f"{application_id} ended"]


async def test_watch_hears_once_of_what_was_never_filed(world: World) -> None:
    """Given up, missed, and abandoned after the agency refused it."""
    stay = WatchedStay(world)
    await stay.tell("registered", held=held(add_months(world.today, 2)))
    given_up = await world.start(user_id=stay.user_id)
    await world.in_phase(given_up, Phase.SIGNATURE)
    await world.zairyu.request_withdrawal(given_up, messages.RequestWithdrawal(message_id="enough"))
    await world.closed(given_up)
    await world.arm("refuse")
    refused = await world.start(user_id=stay.user_id)
    await world.sign(refused)
    await world.until(refused, lambda snapshot: bool(snapshot.attention))
    abandon = messages.Resolve(
        message_id="abandon", reason=AttentionReason.SUBMISSION_REFUSED, action=messages.ResolveAction.ABANDON
    )
    await world.zairyu.resolve(refused, abandon)
    await world.closed(refused)
    missed = await world.start(user_id=stay.user_id, expires_on=world.today + timedelta(days=3))
    await world.in_phase(missed, Phase.SIGNATURE)
    await world.advance(missed, timedelta(days=3))
    closed = [await world.closed(one) for one in (given_up, refused, missed)]
    assert [one.end for one in closed] == [End.CANCELLED, End.REJECTED, End.WINDOW_MISSED]
    assert await told(stay) == ["registered", *(f"{one} ended" for one in (given_up, refused, missed))]


async def told(stay: WatchedStay) -> list[str]:
    """The news that the watch was told, in their order and through all its histories."""
    temporal = stay.world.temporal
    heard: list[str] = []
    run_id: str | None = None
    while run_id != "":
        history = await temporal.get_workflow_handle(stay.handle.id, run_id=run_id).fetch_history()
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        signals = [
            event.workflow_execution_signaled_event_attributes
            for event in history.events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        decoded = [await temporal.data_converter.decode(signal.input.payloads, [StayNews]) for signal in signals]
        heard = [*(news.news_id for [news] in decoded), *heard]
    return heard


async def built(world: World, application_id: str, *, at_least: int) -> ApplicationSnapshot:
    """The package has been built so often, and waits for the signature."""
    return await world.until(
        application_id,
        lambda snapshot: (
            str(snapshot.timeline).count("The package is built") >= at_least and snapshot.phase is Phase.SIGNATURE
        ),
    )
