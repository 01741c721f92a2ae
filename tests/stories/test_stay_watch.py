"""Years of a stay in seconds: who is watched is reminded in time, and hears of nothing twice."""

import asyncio
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from tests.stays import LINH, WatchedStay, ended, filed, held, news
from tests.world import World, temporal_environment
from zairyu.client import MessageRefused
from zairyu.models import messages
from zairyu.models.application import ApplicationInput, Language
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import End, Phase
from zairyu.models.stay import (
    CardExtended,
    CloseReason,
    CloseStayWatch,
    FiledApplication,
    NotePeriod,
    StartExtension,
    StayEnd,
    StayMatter,
    UpdateContact,
)
from zairyu.rules.calendar import add_months
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.pki import SandboxPki


@pytest.fixture
def stay(world: World) -> WatchedStay:
    return WatchedStay(world)


async def test_nobody_who_is_watched_forgets_the_extension_of_their_stay(stay: WatchedStay) -> None:
    expires_on = add_months(stay.today, 12)
    await stay.tell("registered", held=held(expires_on))
    await stay.until(lambda snapshot: snapshot.expires_on == expires_on)
    assert await stay.mailed(0) == []

    moments = [add_months(expires_on, -3), add_months(expires_on, -2), add_months(expires_on, -1)]
    for count, day in enumerate([*moments, expires_on - timedelta(days=14)], start=1):
        await stay.live_until(day - timedelta(days=1))
        await stay.mailed(count - 1)
        await stay.live_until(day)
        subjects = await stay.mailed(count)
        assert subjects[-1].startswith(f"Your period of stay ends on {expires_on} / ")
    snapshot = await stay.until(lambda snapshot: len(snapshot.timeline) == 5)
    assert snapshot.opens_on == moments[0]
    assert snapshot.next_deadline is not None
    assert snapshot.next_deadline.what.en == "Online filing closes"
    assert snapshot.attention == ()


async def test_a_watch_that_begins_late_sends_one_reminder_and_not_all_that_were_missed(stay: WatchedStay) -> None:
    await stay.tell("registered", held=held(add_months(stay.today, 1) - timedelta(days=3)))
    await stay.mailed(1)
    await stay.until(lambda snapshot: "Mail sent" in str(snapshot.timeline))
    await stay.live_until(stay.today + timedelta(days=1))
    await stay.mailed(1)


async def test_reminders_come_in_the_language_that_the_person_reads_now(stay: WatchedStay) -> None:
    expires_on = stay.today + timedelta(days=100)
    await stay.tell("registered", held=held(expires_on))
    in_japanese = LINH.model_copy(update={"language": Language.JA, "email": "new@resident.example"})
    message = UpdateContact(message_id="moved", contact=in_japanese)
    await stay.world.zairyu.send_to_stay(stay.user_id, "update_contact", message)
    await stay.live_until(add_months(expires_on, -3))
    (subject,) = await stay.mailed(1)
    assert subject.startswith("【在留】在留期間の満了日は")
    (mail,) = await stay.world.mails()
    assert "new@resident.example" in str(mail)


async def test_the_same_news_twice_and_late_news_of_what_is_over_change_nothing(stay: WatchedStay) -> None:
    expires_on = stay.today + timedelta(days=80)
    await stay.tell("registered", held=held(expires_on))
    await stay.mailed(1)
    granted_until = add_months(expires_on, 36)
    await stay.tell("over", held=held(granted_until), ended=ended("app-1", End.COMPLETED))
    for _ in range(2):
        await stay.tell("registered", held=held(expires_on))
        await stay.tell("filed", filed=filed("app-1", stay.today, expires_on))
        await stay.tell("over", held=held(granted_until), ended=ended("app-1", End.COMPLETED))
    snapshot = await stay.until(lambda snapshot: str(snapshot.timeline).count("Filed:") == 1)
    assert snapshot.expires_on == granted_until
    assert snapshot.pending == ()
    await stay.live_until(expires_on + timedelta(days=70))
    await stay.mailed(1)


async def test_who_has_filed_is_left_in_peace_and_a_denial_in_time_brings_the_reminders_back(stay: WatchedStay) -> None:
    expires_on = stay.today + timedelta(days=85)
    await stay.tell("registered", held=held(expires_on))
    await stay.mailed(1)
    await stay.tell("filed", filed=filed("app-1", stay.today, expires_on))
    await stay.until(lambda snapshot: bool(snapshot.pending))
    await stay.live_until(expires_on - timedelta(days=20))
    await stay.mailed(1)
    await stay.tell("denied", ended=ended("app-1", End.DENIED))
    await stay.mailed(2)
    await stay.live_until(expires_on - timedelta(days=13))
    await stay.mailed(3)
    assert (await stay.until(lambda snapshot: not snapshot.pending)).end is None


async def test_the_special_period_is_followed_to_its_last_day_and_a_denial_ends_it_at_once(stay: WatchedStay) -> None:
    expires_on = stay.today + timedelta(days=20)
    until = add_months(expires_on, 2)
    await stay.tell("filed", held=held(expires_on), filed=filed("app-1", stay.today, expires_on))
    await stay.until(lambda snapshot: snapshot.special_period_until == until)
    await stay.live_until(expires_on)
    await stay.mailed(0)
    await stay.live_until(expires_on + timedelta(days=1))
    assert (await stay.mailed(1))[0].startswith("Your special period of stay has begun")
    for count, days in enumerate((30, 14, 7, 1), start=2):
        await stay.live_until(until - timedelta(days=days))
        assert f"The last day you may stay is {until}" in (await stay.mailed(count))[-1]
    await stay.live_until(until)
    assert (await stay.until(lambda _: True)).attention == ()
    await stay.live_until(until + timedelta(days=1))
    over = await stay.until(lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in over.attention] == [StayMatter.SPECIAL_PERIOD_OVER]
    await stay.tell("denied", ended=ended("app-1", End.DENIED))
    closed = await stay.closed()
    assert (closed.end, closed.attention) == (StayEnd.DENIED, ())
    await stay.mailed(5)


async def test_a_permission_in_the_special_period_begins_the_watch_anew(stay: WatchedStay) -> None:
    expires_on = stay.today + timedelta(days=5)
    await stay.tell("filed", held=held(expires_on), filed=filed("app-1", stay.today, expires_on))
    await stay.until(lambda snapshot: bool(snapshot.pending))
    await stay.live_until(expires_on + timedelta(days=10))
    await stay.mailed(1)
    granted_until = add_months(expires_on, 12)
    await stay.tell("permitted", held=held(granted_until), ended=ended("app-1", End.COMPLETED))
    renewed = await stay.until(lambda snapshot: snapshot.expires_on == granted_until)
    assert (renewed.pending, renewed.special_period_until, renewed.end) == ((), None, None)
    await stay.live_until(add_months(granted_until, -3))
    assert f"Your period of stay ends on {granted_until}" in (await stay.mailed(2))[-1]


async def test_a_stay_with_nothing_filed_is_sent_to_the_counter_and_given_up_when_that_has_closed(
    stay: WatchedStay,
) -> None:
    expires_on = stay.today + timedelta(days=10)
    await stay.tell("registered", held=held(expires_on))
    await stay.mailed(1)
    await stay.live_until(expires_on)
    assert (await stay.mailed(2))[-1].startswith("Online filing has closed: go to the counter")
    told = await stay.until(lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in told.attention] == [StayMatter.NOTHING_FILED]
    assert told.counter_until is not None
    await stay.live_until(told.counter_until + timedelta(days=1))
    assert (await stay.closed()).end is StayEnd.EXPIRED
    await stay.mailed(2)


async def test_card_that_signs_tells_the_watch_when_it_ends(stay: WatchedStay) -> None:
    """Nobody registered it: the certificate in the signature says its last day."""
    world, expires_on = stay.world, stay.today + timedelta(days=20)
    await stay.tell("granted", held=held(expires_on))
    await world.file(expires_on=expires_on, user_id=stay.user_id)
    warned = await stay.until(lambda snapshot: bool(snapshot.attention))
    assert warned.card_expires_on == expires_on
    assert [attention.reason for attention in warned.attention] == [StayMatter.CARD_ENDS_FIRST]


async def test_who_files_with_a_card_that_ends_too_early_is_told_until_it_is_extended(stay: WatchedStay) -> None:
    expires_on = stay.today + timedelta(days=15)
    await stay.tell("filed", held=held(expires_on), card_expires_on=expires_on,
                    filed=filed("app-1", stay.today, expires_on))  # fmt: skip
    (subject,) = await stay.mailed(1)
    assert subject.startswith(f"Have your My Number card extended by {expires_on}")
    warned = await stay.until(lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in warned.attention] == [StayMatter.CARD_ENDS_FIRST]
    zairyu = stay.world.zairyu
    with pytest.raises(MessageRefused, match="no later"):
        await zairyu.send_to_stay(stay.user_id, "card_extended", CardExtended(message_id="1", until=expires_on))
    longer = CardExtended(message_id="2", until=add_months(expires_on, 2))
    for _ in range(2):
        extended = await zairyu.send_to_stay(stay.user_id, "card_extended", longer)
        assert (extended.attention, extended.card_extended) == ((), True)
    with pytest.raises(MessageRefused, match="twice"):
        await zairyu.send_to_stay(
            stay.user_id, "card_extended", CardExtended(message_id="3", until=add_months(expires_on, 4))
        )
    await stay.live_until(expires_on)
    await stay.mailed(1)


async def test_who_leaves_japan_is_not_written_to_any_more(stay: WatchedStay) -> None:
    await stay.tell("registered", held=held(add_months(stay.today, 6)))
    message = CloseStayWatch(message_id="left", reason=CloseReason.LEFT_JAPAN)
    await stay.world.zairyu.send_to_stay(stay.user_id, "close", message)
    closed = await stay.closed()
    assert (closed.end, closed.close_reason) == (StayEnd.CLOSED, CloseReason.LEFT_JAPAN)
    assert (await stay.world.zairyu.stay(stay.user_id)).end is StayEnd.CLOSED
    with pytest.raises(MessageRefused):
        await stay.world.zairyu.send_to_stay(
            stay.user_id, "close", CloseStayWatch(message_id="again", reason=CloseReason.LEFT_JAPAN)
        )


async def test_a_mail_that_did_not_arrive_goes_out_again_to_the_new_address(stay: WatchedStay) -> None:
    unknown = LINH.model_copy(update={"email": "no one@resident.example".replace(" ", "\x7f")})
    await stay.tell("registered", held=held(add_months(stay.today, 2)), contact=unknown)
    refused = await stay.until(lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in refused.attention] == [StayMatter.MAIL_UNDELIVERABLE]
    message = UpdateContact(message_id="address", contact=LINH)
    assert (await stay.world.zairyu.send_to_stay(stay.user_id, "update_contact", message)).attention == ()
    await stay.mailed(1)


async def test_a_watch_outlives_its_worker(stay: WatchedStay) -> None:
    expires_on = add_months(stay.today, 4)
    await stay.tell("registered", held=held(expires_on))
    await stay.live_until(add_months(expires_on, -3))
    await stay.mailed(1)
    await stay.world.stop_worker()
    await stay.tell("registered", held=held(expires_on))
    await stay.tell("filed", filed=filed("app-1", stay.today, expires_on))
    await stay.world.start_worker()
    await stay.until(lambda snapshot: bool(snapshot.pending))
    await stay.live_until(expires_on)
    await stay.mailed(1)


async def test_a_year_ends_with_an_extension_that_is_started_from_the_watch_and_begins_anew(stay: WatchedStay) -> None:
    world = stay.world
    expires_on = add_months(stay.today, 12)
    await stay.tell("registered", held=held(expires_on), card_expires_on=expires_on)
    await stay.live_until(add_months(expires_on, -3))
    await stay.mailed(1)
    await stay.live_until(add_months(expires_on, -2))
    await stay.mailed(2)
    await stay.catch_up()

    application_id = f"extension-{stay.user_id}"
    input_file = write_application(world.directory / "extension", world.persona, expires_on=expires_on)
    form = {**json.loads(input_file.read_bytes()), "application_id": application_id}
    input_file.write_text(json.dumps(form))
    for _ in range(2):
        await world.zairyu.start_extension(stay.user_id, input_file, on=world.today)
    (started,) = (await stay.until(lambda snapshot: bool(snapshot.applications))).applications
    assert started.workflow_id == f"application/{application_id}"
    other = json.dumps({**form, "application_id": f"other-{stay.user_id}"})
    (input_file.parent / "other.json").write_text(other)
    with pytest.raises(MessageRefused, match="under way"):
        await world.zairyu.start_extension(stay.user_id, input_file.parent / "other.json", on=world.today)

    world.reader.insert(world.card(valid_until=expires_on))
    await world.sign(application_id)
    filed = await stay.until(lambda snapshot: bool(snapshot.pending))
    assert filed.special_period_until == add_months(expires_on, 2)
    await collected(world, application_id)

    renewed = await stay.until(lambda snapshot: not snapshot.pending)
    granted_until = (await world.zairyu.snapshot(application_id)).granted_until
    assert (renewed.expires_on, renewed.attention, renewed.end) == (granted_until, (), None)
    assert str(renewed.timeline).count("Filed: ") == 1, "what was granted was not filed once more"
    assert [one.end for one in renewed.applications] == [End.COMPLETED]
    assert granted_until is not None
    mails = len(await world.mails())
    await stay.live_until(add_months(granted_until, -3) - timedelta(days=1))
    await stay.mailed(mails)
    await stay.live_until(add_months(granted_until, -3))
    assert f"Your period of stay ends on {granted_until}" in (await stay.mailed(mails + 1))[-1]


def extension(stay: WatchedStay, application_id: str, expires_on: date) -> Path:
    """A file with an application that prolongs the stay."""
    world = stay.world
    file = write_application(world.directory / application_id, world.persona, expires_on=expires_on)
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "application_id": application_id}))
    return file


async def test_an_extension_that_was_given_up_before_it_was_filed_makes_room_for_another(stay: WatchedStay) -> None:
    world, expires_on = stay.world, add_months(stay.today, 2)
    await stay.tell("registered", held=held(expires_on))
    await stay.mailed(1)
    first, second = (f"{name}-{stay.user_id}" for name in ("first", "second"))
    await started(stay, first, expires_on)
    await world.zairyu.request_withdrawal(first, messages.RequestWithdrawal(message_id="no"))
    await world.closed(first)
    over = await stay.until(lambda snapshot: [one.end for one in snapshot.applications] == [End.CANCELLED])
    assert over.pending == ()
    with pytest.raises(MessageRefused, match="ended already"):
        await world.zairyu.send_to_stay(
            stay.user_id,
            "start_extension",
            StartExtension(message_id="once more", application=await handed_in(world, first)),
        )
    await started(stay, second, expires_on)


async def started(stay: WatchedStay, application_id: str, expires_on: date) -> None:
    world = stay.world
    await world.zairyu.start_extension(stay.user_id, extension(stay, application_id, expires_on), on=world.today)
    await stay.until(lambda snapshot: application_id in [one.application_id for one in snapshot.applications])
    await world.in_phase(application_id, Phase.SIGNATURE)


async def handed_in(world: World, application_id: str) -> ApplicationInput:
    application = await world.zairyu.handed_in(application_id)
    assert application is not None
    return application


async def test_an_id_that_is_another_application_s_starts_nothing_and_bars_nobody(stay: WatchedStay) -> None:
    world, expires_on = stay.world, add_months(stay.today, 2)
    strange, own = await world.start(), f"own-{stay.user_id}"
    await world.in_phase(strange, Phase.SIGNATURE)
    await world.zairyu.request_withdrawal(strange, messages.RequestWithdrawal(message_id="no"))
    await world.closed(strange)
    await stay.tell("registered", held=held(expires_on))
    await stay.mailed(1)
    await world.zairyu.start_extension(stay.user_id, extension(stay, strange, expires_on), on=world.today)
    told = await stay.until(lambda snapshot: "Nothing was started" in str(snapshot.timeline))
    assert told.applications == ()
    await started(stay, own, expires_on)


async def test_an_extension_that_is_taken_while_the_last_mail_is_stuck_is_started(stay: WatchedStay) -> None:
    world, expires_on = stay.world, add_months(stay.today, 2)
    await world.arm("unavailable", call="mail", count=3)
    await stay.tell("registered", held=held(expires_on))
    await stay.until(lambda snapshot: snapshot.expires_on == expires_on)
    await world.zairyu.send_to_stay(
        stay.user_id, "close", CloseStayWatch(message_id="bye", reason=CloseReason.SERVICE_ENDED)
    )
    own = f"own-{stay.user_id}"
    await world.zairyu.start_extension(stay.user_id, extension(stay, own, expires_on), on=world.today)
    assert (await stay.closed()).end is StayEnd.CLOSED
    await world.in_phase(own, Phase.SIGNATURE)


async def test_a_period_that_somebody_looked_up_settles_what_nobody_knew(stay: WatchedStay) -> None:
    expires_on = stay.today + timedelta(days=20)
    await stay.tell("filed", held=held(expires_on), filed=filed("app-1", stay.today, expires_on))
    await stay.tell("over", ended=ended("app-1", End.COMPLETED))
    unknown = await stay.until(lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in unknown.attention] == [StayMatter.GRANT_UNKNOWN]
    assert "note_period" in unknown.attention[0].explanation.en
    note = NotePeriod(message_id="card seen", held=held(add_months(expires_on, 12)))
    for _ in range(2):
        noted = await stay.world.zairyu.send_to_stay(stay.user_id, "note_period", note)
        assert (noted.attention, noted.expires_on) == ((), add_months(expires_on, 12))
    await stay.live_until(add_months(expires_on, 9))
    await stay.mailed(1)


async def test_a_quiet_year_wakes_nobody(stay: WatchedStay) -> None:
    expires_on = add_months(stay.today, 15)
    await stay.tell("registered", held=held(expires_on), card_expires_on=expires_on)
    await stay.until(lambda snapshot: snapshot.expires_on == expires_on)
    for _ in range(11):
        await stay.live_until(add_months(stay.today, 1))
    events = [event.event_type async for event in stay.handle.fetch_history_events()]
    assert events.count(EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED) == 1


async def collected(world: World, application_id: str) -> None:
    """The agency permits it, and the person has the card in their hand."""
    await world.officer(application_id, "receipt-number")
    await world.officer(application_id, "examination")
    await world.officer(application_id, "permission", years="1")
    await world.pay(await world.until(application_id, lambda snapshot: snapshot.fee is not None))
    await world.in_phase(application_id, Phase.COLLECTION)
    await world.officer(application_id, "ready")
    await world.until(application_id, lambda snapshot: snapshot.collection_status == "READY")
    confirmation = messages.ConfirmCollection(message_id="card", collected_on=world.today)
    await world.zairyu.confirm_collection(application_id, confirmation)
    await world.closed(application_id)


async def test_a_long_watch_goes_on_in_a_new_history_and_forgets_nothing(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    async with (
        # A history counts as long much sooner here than it does by default.
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=20") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        stay = WatchedStay(world)
        expires_on = add_months(stay.today, 4)
        await stay.tell("registered", held=held(expires_on))
        for months in (3, 2, 1):
            await stay.live_until(add_months(expires_on, -months))
        await stay.tell("registered", held=held(expires_on))
        await stay.mailed(3)
        began = (await stay.handle.fetch_history()).events[0].workflow_execution_started_event_attributes
        assert began.continued_execution_run_id, "the story fitted into one history"
        assert len((await stay.until(lambda _: True)).timeline) == 4


async def test_first_news_told_five_times_at_once_begins_one_watch(stay: WatchedStay) -> None:
    expires_on = add_months(stay.today, 6)
    first = news(stay.user_id, "registered", held=held(expires_on))
    await asyncio.gather(*(stay.world.zairyu.tell_stay_watch(first) for _ in range(5)))
    snapshot = await stay.until(lambda snapshot: snapshot.expires_on == expires_on)
    assert len(snapshot.timeline) == 1


@pytest.mark.parametrize("reason", [CloseReason.SERVICE_ENDED, CloseReason.LEFT_JAPAN])
@pytest.mark.parametrize("late", ["filed", "granted", "ended", "contact"])
async def test_who_asked_not_to_be_watched_is_left_in_peace_by_late_news_until_they_register_again(
    stay: WatchedStay, reason: CloseReason, late: str
) -> None:
    expires_on, granted_until = add_months(stay.today, 2), add_months(stay.today, 14)
    await stay.tell("registered", held=held(expires_on))
    await stay.mailed(1)
    await stay.world.zairyu.send_to_stay(stay.user_id, "close", CloseStayWatch(message_id="bye", reason=reason))
    closed = await stay.closed()
    pending = filed("app-1", stay.today, expires_on)
    said: dict[str, dict[str, Any]] = {
        "filed": {"filed": pending},
        "granted": {"filed": pending, "held": held(granted_until)},
        "ended": {"ended": ended("app-1", End.COMPLETED), "held": held(granted_until)},
        "contact": {},
    }
    await stay.tell(late, **said[late])
    assert await stay.world.zairyu.stay(stay.user_id) == closed
    await stay.tell("registered again", held=held(granted_until))
    await stay.until(lambda snapshot: (snapshot.end, snapshot.expires_on) == (None, granted_until))


async def test_a_stay_that_ended_by_itself_is_watched_again_when_a_permission_comes(stay: WatchedStay) -> None:
    """An acquisition prolongs nothing, so the watch that hears of it has nothing to wait for until it is decided."""
    born_on, granted_until = stay.today, add_months(stay.today, 12)
    acquisition = FiledApplication(
        application_id="app-1", application_type=ApplicationType.ACQUISITION_OF_STATUS, filed_on=born_on
    )
    await stay.tell("filed", filed=acquisition)
    await stay.until(lambda snapshot: bool(snapshot.timeline))
    await stay.live_until(stay.today + timedelta(days=3))
    assert (await stay.closed()).end is StayEnd.NOTHING_TO_WATCH
    await stay.tell("granted", filed=acquisition, held=held(granted_until))
    await stay.until(lambda snapshot: (snapshot.end, snapshot.expires_on) == (None, granted_until))


async def test_the_end_of_what_does_not_touch_the_stay_begins_no_watch(stay: WatchedStay) -> None:
    world = stay.world
    application_id = await world.start(ApplicationType.CERTIFICATE_OF_ELIGIBILITY, user_id=stay.user_id)
    await world.in_phase(application_id, Phase.SIGNATURE)
    await world.zairyu.request_withdrawal(application_id, messages.RequestWithdrawal(message_id="no"))
    await world.closed(application_id)
    with pytest.raises(MessageRefused):
        await world.zairyu.stay(stay.user_id)


async def test_a_worker_that_is_down_when_a_reminder_is_due_sends_it_once_when_it_is_back(stay: WatchedStay) -> None:
    expires_on = add_months(stay.today, 4)
    await stay.tell("registered", held=held(expires_on))
    await stay.until(lambda snapshot: snapshot.expires_on == expires_on)
    await stay.world.stop_worker()
    passing = asyncio.create_task(stay.live_until(add_months(expires_on, -3)))
    # Without a worker the skipping itself does not come to its end.
    await asyncio.wait([passing], timeout=1)
    await stay.world.start_worker()
    await passing
    await stay.mailed(1)
    await stay.until(lambda snapshot: "Mail sent" in str(snapshot.timeline))
    await stay.mailed(1)
