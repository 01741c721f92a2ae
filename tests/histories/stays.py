"""The watch over a stay."""

import json
from datetime import timedelta

from tests.histories.recorder import Recorder
from tests.stays import LINH, WatchedStay, ended, filed, held
from tests.world import World
from zairyu.models.snapshot import End
from zairyu.models.stay import CardExtended, CloseReason, CloseStayWatch, StayMatter, UpdateContact
from zairyu.rules.calendar import add_months
from zairyu.sandbox.applicant import write_application


async def stay(world: World, recorder: Recorder) -> None:
    """Reminded, extended from the watch, warned of the card, and granted a new period."""
    watched = WatchedStay(world, "stay-story")
    expires_on = add_months(world.today, 4)
    card_expires_on = add_months(world.today, 1) + timedelta(days=10)
    await watched.tell("registered", held=held(expires_on), card_expires_on=card_expires_on)
    await watched.live_until(add_months(expires_on, -3))
    await watched.mailed(1)
    await recorder.open("stay", watched.handle)
    await watched.catch_up()
    folder = world.directory / "stay"
    input_file = write_application(folder, world.persona, expires_on=expires_on)
    input_file.write_text(json.dumps({**json.loads(input_file.read_bytes()), "application_id": "stay-extension"}))
    await world.zairyu.start_extension(watched.user_id, input_file, on=world.today)
    await watched.until(lambda snapshot: bool(snapshot.applications))
    world.reader.insert(world.card(valid_until=card_expires_on))
    await world.sign("stay-extension")
    # The card ends before the examination is likely to end: the person is told, and has it extended.
    await watched.until(lambda snapshot: bool(snapshot.attention))
    await watched.mailed(2)
    contact = LINH.model_copy(update={"phone": "09000005678"})
    await world.zairyu.send_to_stay(
        watched.user_id, "update_contact", UpdateContact(message_id="moved", contact=contact)
    )
    await world.zairyu.send_to_stay(
        watched.user_id, "card_extended", CardExtended(message_id="card", until=add_months(expires_on, 2))
    )
    await world.officer("stay-extension", "receipt-number")
    await world.officer("stay-extension", "examination")
    await world.officer("stay-extension", "denial")
    await world.ended("stay-extension", End.DENIED)
    await watched.until(lambda snapshot: not snapshot.pending)
    await watched.tell("granted after all", held=held(add_months(expires_on, 12)))
    await watched.until(lambda snapshot: snapshot.expires_on == add_months(expires_on, 12))
    await world.zairyu.send_to_stay(
        watched.user_id, "close", CloseStayWatch(message_id="left", reason=CloseReason.LEFT_JAPAN)
    )
    await recorder.closed("stay", watched.handle)


async def stay_special_period(world: World, recorder: Recorder) -> None:
    """Undecided at the expiry, followed to the last day of the special period, and denied."""
    watched = WatchedStay(world, "stay-special-period-story")
    expires_on = world.today + timedelta(days=20)
    until = add_months(expires_on, 2)
    await watched.tell(
        "filed",
        held=held(expires_on),
        card_expires_on=expires_on,
        filed=filed("special-period-application", world.today, expires_on),
    )
    await watched.mailed(1)
    await watched.live_until(expires_on + timedelta(days=1))
    await watched.mailed(3)
    await recorder.open("stay-special-period", watched.handle)
    await watched.live_until(until + timedelta(days=1))
    await watched.until(lambda snapshot: snapshot.attention[-1].reason is StayMatter.SPECIAL_PERIOD_OVER)
    await watched.tell("denied", ended=ended("special-period-application", End.DENIED))
    await recorder.closed("stay-special-period", watched.handle)


async def stay_expired(world: World, recorder: Recorder) -> None:
    """Nothing is filed, online or at the counter."""
    watched = WatchedStay(world, "stay-expired-story")
    expires_on = world.today + timedelta(days=10)
    await watched.tell("registered", held=held(expires_on))
    await watched.mailed(1)
    await watched.live_until(expires_on)
    await watched.mailed(2)
    snapshot = await watched.until(lambda snapshot: bool(snapshot.attention))
    assert snapshot.counter_until is not None
    await watched.live_until(snapshot.counter_until + timedelta(days=1))
    await recorder.closed("stay-expired", watched.handle)


async def stay_continued(world: World, recorder: Recorder) -> None:
    """Long enough to go on in a new history, which begins with all that the first one knew."""
    watched = WatchedStay(world, "stay-continued-story")
    expires_on = add_months(world.today, 4)
    await watched.tell("registered", held=held(expires_on))
    first = (await watched.handle.describe()).run_id
    number = 0
    while (await watched.handle.describe()).run_id == first:
        number += 1
        contact = LINH.model_copy(update={"phone": f"0900000{number:04}"})
        await world.zairyu.send_to_stay(
            watched.user_id, "update_contact", UpdateContact(message_id=str(number), contact=contact)
        )
    await recorder.closed("stay-continued.first", world.temporal.get_workflow_handle(watched.handle.id, run_id=first))
    await watched.until(lambda snapshot: snapshot.expires_on == expires_on)
    await recorder.open("stay-continued", watched.handle)
