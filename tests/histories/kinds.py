"""A story for each kind of application, and for the ends that the other stories do not come to."""

from datetime import timedelta

from tests.histories.recorder import Recorder
from tests.world import World
from zairyu.models import messages
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import AttentionReason, End, Phase
from zairyu.models.status import CollectionStatus


async def change(world: World, recorder: Recorder) -> None:
    """A registered user changes status, with other permissions; too short a period for a card to be sent."""
    application_id = await world.file(
        ApplicationType.CHANGE_OF_STATUS,
        application_id="change-story",
        user_id="change-story-user",
        concurrent_permissions=["OTHER_ACTIVITY"],
    )
    await _examined(world, application_id)
    await world.officer(application_id, "permission", months="3")
    due = await world.until(application_id, lambda snapshot: snapshot.phase is Phase.PAYMENT and bool(snapshot.fee))
    await world.mailed(3)
    await recorder.open("change", world.handle(application_id))
    await world.pay(due)
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.officer(application_id, "handover")
    await world.ended(application_id, End.COMPLETED)
    await recorder.closed("change", world.handle(application_id))


async def change_denied(world: World, recorder: Recorder) -> None:
    """What was filed for together with it ends with it."""
    application_id = await world.file(
        ApplicationType.CHANGE_OF_STATUS,
        application_id="change-denied-story",
        concurrent_permissions=["RE_ENTRY", "OTHER_ACTIVITY"],
        re_entry="SINGLE",
    )
    await _examined(world, application_id)
    await world.officer(application_id, "denial")
    await world.ended(application_id, End.DENIED)
    await recorder.closed("change-denied", world.handle(application_id))


async def eligibility(world: World, recorder: Recorder) -> None:
    """A relative files for somebody abroad; the certificate comes by e-mail, and is registered after a reminder."""
    application_id = await world.file(ApplicationType.CERTIFICATE_OF_ELIGIBILITY, application_id="eligibility-story")
    await _examined(world, application_id)
    await world.officer(application_id, "permission")
    await world.officer(application_id, "ready")
    await world.officer(application_id, "sent")
    await world.mailed(4)
    await world.until(application_id, lambda snapshot: snapshot.collection_status is CollectionStatus.SENT)
    await recorder.open("eligibility", world.handle(application_id))
    await world.advance(application_id, timedelta(days=40))
    await world.mailed(5)
    await world.officer(application_id, "handover")
    await world.ended(application_id, End.COMPLETED)
    await recorder.closed("eligibility", world.handle(application_id))


async def eligibility_by_post(world: World, recorder: Recorder) -> None:
    """The same by post, which needs an envelope."""
    application_id = await world.file(
        ApplicationType.CERTIFICATE_OF_ELIGIBILITY, application_id="eligibility-by-post-story", collection_method="POST"
    )
    await _examined(world, application_id)
    await world.officer(application_id, "permission")
    await world.officer(application_id, "ready")
    await world.mailed(3)
    await world.officer(application_id, "sent")
    await world.officer(application_id, "handover")
    await world.ended(application_id, End.COMPLETED)
    await recorder.closed("eligibility-by-post", world.handle(application_id))


async def acquisition(world: World, recorder: Recorder) -> None:
    """A parent files for a child born in Japan: no stay before it, no fee."""
    application_id = await world.file(ApplicationType.ACQUISITION_OF_STATUS, application_id="acquisition-story")
    await _examined(world, application_id)
    await world.mailed(1)
    await recorder.open("acquisition", world.handle(application_id))
    await world.officer(application_id, "permission", years="1")
    await world.officer(application_id, "ready")
    await world.mailed(3)
    await world.officer(application_id, "handover")
    await world.ended(application_id, End.COMPLETED)
    await recorder.closed("acquisition", world.handle(application_id))


async def employment_certificate(world: World, recorder: Recorder) -> None:
    """A certificate that is paid, and grants no stay."""
    application_id = await world.file(
        ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE, application_id="employment-certificate-story"
    )
    await _examined(world, application_id)
    await world.mailed(1)
    await recorder.open("employment-certificate", world.handle(application_id))
    await world.officer(application_id, "permission")
    await world.pay(await world.until(application_id, lambda snapshot: bool(snapshot.fee)))
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.officer(application_id, "handover")
    await world.ended(application_id, End.COMPLETED)
    await recorder.closed("employment-certificate", world.handle(application_id))


async def terminated(world: World, recorder: Recorder) -> None:
    """The agency ends it without a decision."""
    application_id = await world.file(application_id="terminated-story")
    await _examined(world, application_id)
    await world.officer(application_id, "termination")
    await world.ended(application_id, End.TERMINATED)
    await recorder.closed("terminated", world.handle(application_id))


async def rejected(world: World, recorder: Recorder) -> None:
    """The agency does not take the package, and an operator gives it up."""
    application_id = await world.start(application_id="rejected-story")
    await world.arm("refuse")
    await world.sign(application_id)
    await world.until(application_id, lambda snapshot: bool(snapshot.attention))
    await recorder.open("rejected", world.handle(application_id))
    abandoned = messages.Resolve(
        message_id="no more", reason=AttentionReason.SUBMISSION_REFUSED, action=messages.ResolveAction.ABANDON
    )
    await world.zairyu.resolve(application_id, abandoned)
    await world.ended(application_id, End.REJECTED)
    await recorder.closed("rejected", world.handle(application_id))


async def _examined(world: World, application_id: str) -> None:
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.in_phase(application_id, Phase.EXAMINATION)


KINDS = (
    change,
    change_denied,
    eligibility,
    eligibility_by_post,
    acquisition,
    employment_certificate,
    terminated,
    rejected,
)
