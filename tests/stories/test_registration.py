"""A user registers, and is looked after through the years. On a real server, over real HTTP and SMTP, with a card."""

import asyncio
import dataclasses
import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from tests.registrations import User, filled_in
from tests.stays import WatchedStay
from tests.world import World, temporal_environment
from zairyu.client import ApplicationRefused, MessageRefused
from zairyu.models import registration
from zairyu.models.messages import CompleteManualStep, Message, Resolve, ResolveAction, SignAt
from zairyu.models.registration import RegistrationEnd, RegistrationForm, RegistrationPhase
from zairyu.models.snapshot import AttentionReason, ManualStepKind
from zairyu.models.stay import CloseReason, StayEnd
from zairyu.rules.calendar import add_months, start_of_day
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.personas import CARLOS, DEMO_APPLICANT
from zairyu.sandbox.card.pki import SandboxPki

_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
_DAY = timedelta(days=1)


async def _subjects(world: World, *words: str) -> list[int]:
    """How many mails have each of these words in their subject."""
    subjects = [mail["subject"] for mail in await world.mails()]
    return [sum(word in subject for subject in subjects) for word in words]


async def _mails_come(world: World, words: str, count: int) -> None:
    async def came() -> bool:
        return await _subjects(world, words) == [count]

    await world.eventually(came)


# ----- up to the authentication ID --------------------------------------------------------------------------------


async def test_from_the_terms_to_the_authentication_id(world: World) -> None:
    user = User(world)
    began = await user.register()
    assert began.phase is RegistrationPhase.TERMS
    assert await world.ledger() == []
    agreed = await user.agree()
    assert agreed.terms is not None
    assert agreed.terms.version == "2026-04"
    await user.have_card_read()
    signing = await user.until_phase(RegistrationPhase.SIGNATURE)
    assert signing.card is not None
    assert signing.card.name == DEMO_APPLICANT.registered_name
    assert signing.card.birth_date == "19960412"
    assert signing.differences == ()
    await user.sign()
    sent = await user.until_phase(RegistrationPhase.CONFIRMATION)
    (entry,) = await world.ledger()
    assert entry["application_type"] == "USER_REGISTRATION"
    assert entry["record"]["provisional_number"] == sent.provisional_number
    authentication_id = await user.set_password()
    await user.enter_id(authentication_id)
    active = await user.until_phase(RegistrationPhase.ACTIVE)
    assert active.account is not None
    assert active.account.authentication_id == authentication_id
    assert active.account.expires_on == user.expires_on
    assert active.account.password_expires_on == add_months(world.today, 12) - _DAY
    assert active.attention == ()
    assert len(await world.ledger()) == 1
    await _mails_come(world, "Your registration was sent", 1)

    async def watched() -> bool:
        try:
            return (await world.zairyu.stay(user.user_id)).expires_on == user.expires_on
        except MessageRefused:
            return False

    await world.eventually(watched)


async def test_bad_input_starts_nothing_and_every_finding_is_told(world: World) -> None:
    user_id = f"user-{uuid.uuid4().hex}"
    content = filled_in(
        add_months(world.today, 12),
        user_id=user_id,
        filer="LAWYER_OR_SCRIVENER",
        address={"postal_code": "1600000", "prefecture": "Tokyo", "municipality": "Shinjuku", "line": "１丁目"},
    )
    with pytest.raises(ApplicationRefused) as refused:
        await world.zairyu.register(content, on=world.today)
    assert {finding.place for finding in refused.value.findings} >= {
        "/filer",
        "/address/prefecture",
        "/address/municipality",
    }
    with pytest.raises(MessageRefused):
        await world.zairyu.registration(user_id)


async def test_same_user_id_again_starts_nothing_new(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    again = await user.register()
    assert again.terms is not None


async def test_differences_between_card_and_form_are_shown_and_can_be_amended(world: World) -> None:
    user = User(world)
    moved = {"postal_code": "1600000", "prefecture": "東京都", "municipality": "新宿区", "line": "別町９番"}
    await user.register(address=moved)
    await user.agree()
    await user.have_card_read()
    shown = await user.until_phase(RegistrationPhase.SIGNATURE)
    assert [finding.place for finding in shown.differences] == ["/address"]
    assert shown.form is not None
    assert shown.form.address.line == "別町９番", "nobody replaces it silently"
    assert shown.waiting_for is not None
    assert "card says something else" in shown.waiting_for.en
    form = RegistrationForm.model_validate(filled_in(user.expires_on))
    await user.say("amend", registration.AmendRegistration(message_id="amend", form=form))
    await user.until_told("The registration is packed", 2)
    amended = await user.until_phase(RegistrationPhase.SIGNATURE)
    assert amended.differences == ()
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    (entry,) = await world.ledger()
    page = (await world.http.get(f"/officer/applications/{entry['request_id']}")).text
    assert DEMO_APPLICANT.address in page
    assert "別町" not in page


async def test_card_of_somebody_else_does_not_sign(world: World) -> None:
    user = User(world)
    await user.register()
    card = world.reader.card  # type: ignore[union-attr]
    assert card is not None
    await user.agree()
    await user.have_card_read()
    await user.until_phase(RegistrationPhase.SIGNATURE)
    strange = user.new_card(user.expires_on, CARLOS)
    world.fingers.password = CARLOS.sign_password
    await user.sign()
    told = await user.until(lambda snapshot: snapshot.attention)
    assert [attention.reason for attention in told.attention] == [AttentionReason.SIGNATURE_FAILED]
    assert told.phase is RegistrationPhase.SIGNATURE
    assert not strange.is_unlocked
    assert await world.ledger() == []
    world.fingers.password = DEMO_APPLICANT.sign_password
    world.reader.insert(card)
    await user.sign()
    sent = await user.until_phase(RegistrationPhase.CONFIRMATION)
    assert sent.attention == ()
    assert len(await world.ledger()) == 1


async def test_wrong_pin_at_the_reading_is_told_and_can_be_mended(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    right, world.fingers.pin = world.fingers.pin, "9999"
    await user.have_card_read()
    told = await user.until(lambda snapshot: snapshot.attention)
    assert [attention.reason for attention in told.attention] == [AttentionReason.CARD_READING_FAILED]
    assert told.phase is RegistrationPhase.CARD
    world.fingers.pin = right
    await user.have_card_read()
    assert (await user.until_phase(RegistrationPhase.SIGNATURE)).attention == ()


async def test_user_who_leaves_the_terminal_can_come_back(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    world.fingers.hold.clear()
    await user.have_card_read()

    async def asked() -> bool:
        return bool(world.fingers.asked)

    await world.eventually(asked)
    await user.say("leave_terminal", registration.LeaveTerminal(message_id="leave"))

    async def taken_back() -> bool:
        return bool(world.fingers.taken_back)

    await world.eventually(taken_back)
    world.fingers.hold.set()
    assert (await user.snapshot()).phase is RegistrationPhase.CARD
    await user.have_card_read()
    await user.until_phase(RegistrationPhase.SIGNATURE)


async def test_lost_answer_makes_no_second_registration(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    await user.have_card_read()
    await world.arm("lose_answer")
    await user.sign()
    async with asyncio.timeout(30):
        while (snapshot := await user.snapshot()).phase is not RegistrationPhase.CONFIRMATION:
            await world.environment.fast_forward(user.handle, timedelta(minutes=5))
            await asyncio.sleep(0.1)
    (entry,) = await world.ledger()
    assert entry["record"]["provisional_number"] == snapshot.provisional_number
    assert await _subjects(world, "SANDBOX: your registration") == [1]


async def test_refused_registration_waits_for_an_operator_and_can_be_sent_again_or_given_up(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    await user.have_card_read()
    await world.arm("refuse", count=2)
    await user.sign()

    async def resolved(message_id: str, action: ResolveAction) -> None:
        message = Resolve(message_id=message_id, reason=AttentionReason.SUBMISSION_REFUSED, action=action)
        await user.say("resolve", message)

    parked = await user.until(lambda snapshot: snapshot.attention)
    assert parked.phase is RegistrationPhase.SUBMISSION
    await resolved("retry", ResolveAction.RETRY)
    await user.until_told("Needs attention", 2)
    await resolved("give up", ResolveAction.ABANDON)
    closed = await user.until_phase(RegistrationPhase.CLOSED)
    assert closed.end is RegistrationEnd.ABANDONED
    assert await world.ledger() == []


async def test_worker_restarted_in_the_middle_forgets_nothing(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    await world.stop_worker()
    await world.start_worker()
    await user.have_card_read()
    await user.until_phase(RegistrationPhase.SIGNATURE)
    await world.stop_worker()
    await world.start_worker()
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    assert len(await world.ledger()) == 1


# ----- after it was sent --------------------------------------------------------------------------------------------


async def test_help_desk_is_named_when_no_mail_comes_within_a_day(world: World) -> None:
    user = User(world)
    sent = await user.send()
    assert sent.next_deadline is not None
    await user.advance(timedelta(hours=25))
    late = await user.until(lambda snapshot: snapshot.attention)
    assert [attention.reason for attention in late.attention] == [AttentionReason.HELP_DESK_NEEDED]
    await _mails_come(world, "Has the agency's mail come?", 1)
    await user.enter_id(await user.set_password())
    assert (await user.until_phase(RegistrationPhase.ACTIVE)).attention == ()


async def test_ends_of_password_and_id_are_announced_in_time(world: World) -> None:
    user = User(world, expires_on=add_months(world.today, 15))
    active = await user.become_active()
    account = active.account
    assert account is not None
    days = [account.password_expires_on - timedelta(days=before) for before in (30, 7)]
    for number, day in enumerate(days, start=1):
        await user.advance(start_of_day(day) - world.now - timedelta(minutes=1))
        assert await _subjects(world, "Your password ends soon") == [number - 1]
        await user.advance(timedelta(minutes=2))
        await _mails_come(world, "Your password ends soon", number)
    await user.say("password_renewed", registration.PasswordRenewed(message_id="new", renewed_on=world.today))
    renewed = (await user.snapshot()).account
    assert renewed is not None
    assert renewed.password_expires_on == add_months(world.today, 12) - _DAY
    for number, before in enumerate((30, 7), start=1):
        await user.advance(start_of_day(account.expires_on - timedelta(days=before)) - world.now + _DAY / 24)
        await _mails_come(world, "Your authentication ID ends soon", number)
    assert (await user.snapshot()).phase is RegistrationPhase.ACTIVE
    await user.advance(start_of_day(account.expires_on + _DAY) - world.now + _DAY / 24)
    expired = await user.until_phase(RegistrationPhase.EXPIRED)
    assert expired.waiting_for is not None
    await _mails_come(world, "Your authentication ID has ended", 1)
    assert await _subjects(world, "Your password ends soon") == [2]


async def test_changed_details_are_asked_for_by_hand(world: World) -> None:
    user = User(world)
    active = await user.become_active()
    assert active.form is not None
    contact = active.form.contact.model_copy(update={"phone": "08011112222"})
    asked = await user.say("change_details", registration.ChangeDetails(message_id="moved", contact=contact))
    assert [step.kind for step in asked.manual_steps] == [ManualStepKind.CHANGE_OF_DETAILS]
    assert asked.form is not None
    assert asked.form.contact.phone == "08011112222"
    await _mails_come(world, "Please change your details", 1)
    await user.advance(16 * _DAY)
    late = await user.until(lambda snapshot: bool(snapshot.attention))
    assert [attention.reason for attention in late.attention] == [AttentionReason.MANUAL_STEP_OVERDUE]
    done = CompleteManualStep(message_id="done", step=ManualStepKind.CHANGE_OF_DETAILS, evidence="画面で確認")
    settled = await user.say("complete_manual_step", done)
    assert (settled.manual_steps, settled.attention) == ((), ())


async def test_reissued_card_is_registered_anew(world: World) -> None:
    user = User(world)
    first = (await user.become_active()).account
    assert first is not None
    await user.say("card_reissued", registration.CardReissued(message_id="lost"))
    again = await user.until_phase(RegistrationPhase.CARD)
    assert again.account is None
    assert again.waiting_for is not None
    assert "help desk" in again.waiting_for.en
    await _mails_come(world, "Please register again", 1)
    user.new_card(user.expires_on + _DAY)
    await user.have_card_read()
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    second_id = await user.set_password(count=2)
    await user.enter_id(second_id, message_id="second id")
    second = (await user.until_phase(RegistrationPhase.ACTIVE)).account
    assert second is not None
    assert second.card_id != first.card_id
    assert second.authentication_id == second_id != first.authentication_id
    assert len(await world.ledger()) == 2


async def test_card_that_is_registered_already_is_not_registered_again(world: World) -> None:
    user = User(world)
    first = (await user.become_active()).account
    await user.say("card_reissued", registration.CardReissued(message_id="found it again"))
    await user.have_card_read()
    same = await user.until_phase(RegistrationPhase.ACTIVE)
    assert same.account == first
    assert len(await world.ledger()) == 1
    form = RegistrationForm.model_validate(filled_in(user.expires_on))
    with pytest.raises(MessageRefused, match="After it was sent"):
        await user.say("amend", registration.AmendRegistration(message_id="amend", form=form))
    # It may still be lost for good later.
    await user.say("card_reissued", registration.CardReissued(message_id="lost after all"))
    await user.until_phase(RegistrationPhase.CARD)


async def test_card_of_somebody_else_does_not_take_over_a_registration(world: World) -> None:
    user = User(world)
    await user.become_active()
    await user.say("card_reissued", registration.CardReissued(message_id="lost"))
    user.new_card(user.expires_on, CARLOS)
    world.fingers.pin = CARLOS.auth_pin
    await user.have_card_read()
    told = await user.until(lambda snapshot: snapshot.attention)
    assert [attention.reason for attention in told.attention] == [AttentionReason.CARD_READING_FAILED]
    assert told.phase is RegistrationPhase.CARD


async def test_card_of_somebody_else_that_was_read_by_mistake_is_read_again(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    user.new_card(user.expires_on, CARLOS)
    world.fingers.pin = CARLOS.auth_pin
    await user.have_card_read()
    mistaken = await user.until_phase(RegistrationPhase.SIGNATURE)
    assert mistaken.card is not None
    assert mistaken.card.name == CARLOS.registered_name
    user.new_card(user.expires_on)
    world.fingers.pin = DEMO_APPLICANT.auth_pin
    again = registration.ReadCardAt(message_id="again", terminal_id=world.terminal_id)
    await user.say("read_card_at", again)
    await user.until_told("The card was read", 2)
    await user.sign()
    sent = await user.until_phase(RegistrationPhase.CONFIRMATION)
    assert sent.card is not None
    assert sent.card.name == DEMO_APPLICANT.registered_name
    (entry,) = await world.ledger()
    page = (await world.http.get(f"/officer/applications/{entry['request_id']}")).text
    assert DEMO_APPLICANT.name in page


async def test_who_is_asked_to_sign_can_have_the_card_read_again_at_the_same_desk(world: World) -> None:
    user = User(world)
    await user.register()
    await user.agree()
    await user.have_card_read()
    await user.until_phase(RegistrationPhase.SIGNATURE)
    world.fingers.hold.clear()
    await user.sign()
    await world.eventually(lambda: _asked(world, 2))
    again = registration.ReadCardAt(message_id="again", terminal_id=world.terminal_id)
    await user.say("read_card_at", again)
    world.fingers.hold.set()
    await user.until_told("The card was read", 2)
    assert (await user.until_phase(RegistrationPhase.SIGNATURE)).attention == ()
    assert await world.ledger() == []


async def _asked(world: World, count: int) -> bool:
    return len(world.fingers.asked) >= count


async def test_id_that_ended_with_its_card_is_begun_again_by_reading_the_next_one(world: World) -> None:
    user = User(world, expires_on=add_months(world.today, 3))
    account = (await user.become_active()).account
    assert account is not None
    await user.advance(start_of_day(account.expires_on + _DAY) - world.now + _DAY / 24)
    await user.until_phase(RegistrationPhase.EXPIRED)
    user.new_card(add_months(world.today, 12))
    await user.say("read_card_at", registration.ReadCardAt(message_id="next", terminal_id=world.terminal_id))
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    await user.enter_id(await user.set_password(count=2), message_id="second id")
    second = (await user.until_phase(RegistrationPhase.ACTIVE)).account
    assert second is not None
    assert second.card_id != account.card_id
    assert await _subjects(world, "Please register again") == [0], "the user was there already"


async def test_password_that_was_renewed_is_not_taken_back_by_late_news_of_the_one_before(world: World) -> None:
    user = User(world)
    await user.become_active()
    await user.advance(_DAY * 40)
    latest = registration.PasswordRenewed(message_id="latest", renewed_on=world.today)
    known = (await user.say("password_renewed", latest)).account
    late = registration.PasswordRenewed(message_id="late", renewed_on=world.today - _DAY * 5)
    with pytest.raises(MessageRefused, match="newer"):
        await user.say("password_renewed", late)
    assert (await user.snapshot()).account == known


async def test_form_is_amended_only_to_what_may_be_registered_by_the_card_s_holder(world: World) -> None:
    """The form said grown up; without it, the card counts."""
    user = User(world)
    child = dataclasses.replace(DEMO_APPLICANT, birth_date=add_months(world.today, -12 * 10))
    await user.register(birth_date="19960412")
    await user.agree()
    user.new_card(user.expires_on, child)
    await user.have_card_read()
    await user.until_phase(RegistrationPhase.SIGNATURE)
    form = RegistrationForm.model_validate(filled_in(user.expires_on))
    with pytest.raises(MessageRefused):
        await user.say("amend", registration.AmendRegistration(message_id="amend", form=form))


async def test_reminders_of_the_stay_follow_the_user_to_a_new_address_and_end_when_they_leave(world: World) -> None:
    user = User(world, expires_on=add_months(world.today, 4))
    active = await user.become_active()
    assert active.form is not None
    watch = WatchedStay(world, user.user_id)
    await world.eventually(lambda: _is_watched(world, user))
    contact = active.form.contact.model_copy(update={"email": "moved@resident.example"})
    await user.say("change_details", registration.ChangeDetails(message_id="moved", contact=contact))
    await user.until_told("Mail sent (details-to-change)")
    await watch.live_until(add_months(user.expires_on, -3))

    async def reminded() -> bool:
        return [
            mail["recipients"] for mail in await world.mails() if "Your period of stay ends" in str(mail["subject"])
        ] == [["moved@resident.example"]]

    await world.eventually(reminded)
    await user.say("end_registration", registration.EndRegistration(message_id="bye"))
    closed = await watch.closed()
    assert (closed.end, closed.close_reason) == (StayEnd.CLOSED, CloseReason.SERVICE_ENDED)


async def _is_watched(world: World, user: User) -> bool:
    try:
        return (await world.zairyu.stay(user.user_id)).expires_on == user.expires_on
    except MessageRefused:
        return False


async def test_mail_server_that_is_down_keeps_nobody_from_the_desk(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    async with (
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=40") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        user = User(world)
        await user.become_active()
        await world.arm("unavailable", call="mail", count=1000)
        await user.say("card_reissued", registration.CardReissued(message_id="lost"))
        user.new_card(user.expires_on + _DAY)
        await user.have_card_read()
        await user.sign()
        await user.until_phase(RegistrationPhase.CONFIRMATION)


async def test_user_who_leaves_is_forgotten(world: World) -> None:
    user = User(world)
    await user.become_active()
    await user.say("end_registration", registration.EndRegistration(message_id="bye"))
    async with asyncio.timeout(30):
        await user.handle.result()
    closed = await user.snapshot()
    assert closed.end is RegistrationEnd.LEFT
    assert (closed.form, closed.card, closed.account) == (None, None, None)
    assert DEMO_APPLICANT.name not in closed.model_dump_json()


@pytest.mark.parametrize("phase", ["TERMS", "CARD", "SIGNATURE", "CONFIRMATION"])
async def test_user_who_leaves_on_the_way_is_forgotten_and_asked_nothing_more(
    world: World, phase: RegistrationPhase
) -> None:
    user = User(world)
    await user.register()
    if phase != "TERMS":
        await user.agree()
    if phase in ("SIGNATURE", "CONFIRMATION"):
        await user.have_card_read()
        await user.until_phase(RegistrationPhase.SIGNATURE)
    asked = len(world.fingers.asked)
    if phase in ("CARD", "SIGNATURE"):
        world.fingers.hold.clear()
        await (user.have_card_read() if phase == "CARD" else user.sign())
        await world.eventually(lambda: _asked(world, asked + 1))
    if phase == "CONFIRMATION":
        await user.sign()
    await user.until_phase(RegistrationPhase(phase))
    await user.say("end_registration", registration.EndRegistration(message_id="bye"))
    async with asyncio.timeout(30):
        await user.handle.result()
    world.fingers.hold.set()
    closed = await user.snapshot()
    assert (closed.end, closed.form, closed.card, closed.account) == (RegistrationEnd.LEFT, None, None, None)
    assert len(await world.ledger()) == (phase == "CONFIRMATION")
    with pytest.raises(MessageRefused):
        await world.zairyu.stay(user.user_id)


# ----- what is said --------------------------------------------------------------------------------------------------


def _everything(world: World) -> dict[str, Message]:
    form = RegistrationForm.model_validate(filled_in(add_months(world.today, 30)))
    return {
        "accept_terms": registration.AcceptTerms(message_id="a", version="2026-04"),
        "read_card_at": registration.ReadCardAt(message_id="b", terminal_id=world.terminal_id),
        "sign_at": SignAt(message_id="c", terminal_id=world.terminal_id),
        "leave_terminal": registration.LeaveTerminal(message_id="d"),
        "amend": registration.AmendRegistration(message_id="e", form=form),
        "enter_authentication_id": registration.EnterAuthenticationId(
            message_id="f", authentication_id="X1", password_set_on=world.today
        ),
        "password_renewed": registration.PasswordRenewed(message_id="g", renewed_on=world.today),
        "change_details": registration.ChangeDetails(message_id="h", address=form.address),
        "card_reissued": registration.CardReissued(message_id="i"),
        "complete_manual_step": CompleteManualStep(
            message_id="j", step=ManualStepKind.CHANGE_OF_DETAILS, evidence="画面"
        ),
        "resolve": Resolve(message_id="k", reason=AttentionReason.HELP_DESK_NEEDED, action=ResolveAction.ACKNOWLEDGE),
    }


async def _refused(user: User, *admitted: str) -> None:
    """All but these are refused in both languages, and nothing of them is written down."""
    before = await user.snapshot()
    for name, message in _everything(user.world).items():
        if name in admitted:
            continue
        with pytest.raises(MessageRefused) as refused:
            await user.say(name, message)
        english, slash, japanese = str(refused.value).partition(" / ")
        assert slash, name
        assert _JAPANESE.search(japanese), name
        assert not _JAPANESE.search(english), name
    assert await user.snapshot() == before


async def test_messages_out_of_order_are_refused_in_both_languages(world: World) -> None:
    user = User(world)
    await user.register()
    await _refused(user, "accept_terms", "amend")
    await user.agree()
    await user.until_phase(RegistrationPhase.CARD)
    await _refused(user, "read_card_at", "amend")
    await user.have_card_read()
    await user.until_phase(RegistrationPhase.SIGNATURE)
    await _refused(user, "sign_at", "read_card_at", "amend")
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    await user.until_told("Mail sent")
    await _refused(user, "enter_authentication_id", "card_reissued")
    await user.enter_id(await user.set_password())
    await user.until_phase(RegistrationPhase.ACTIVE)
    await _refused(user, "password_renewed", "card_reissued")
    await user.say("end_registration", registration.EndRegistration(message_id="bye"))
    await user.until_phase(RegistrationPhase.CLOSED)


async def test_repeated_messages_change_nothing(world: World) -> None:
    user = User(world)
    await user.register()
    terms = registration.AcceptTerms(message_id="terms", version="2026-04")
    await user.say("accept_terms", terms)
    await user.have_card_read()
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    authentication_id = await user.set_password()
    await user.enter_id(authentication_id)
    await user.until_phase(RegistrationPhase.ACTIVE)
    await user.until_told("Mail sent")
    once = await user.snapshot()
    await user.say("accept_terms", terms)
    await user.handle.execute_update("accept_terms", terms, id=uuid.uuid4().hex)
    await user.handle.execute_update(
        "enter_authentication_id",
        registration.EnterAuthenticationId(
            message_id="id", authentication_id=authentication_id, password_set_on=world.today
        ),
        id=uuid.uuid4().hex,
    )
    assert await user.snapshot() == once


async def test_long_registration_goes_on_in_a_new_history_and_forgets_nothing(
    keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> None:
    async with (
        # A history counts as long much sooner here than it does by default.
        temporal_environment(keys, "limit.historyCount.suggestContinueAsNew=40") as environment,
        World(environment, keys, sandbox_pki, tmp_path) as world,
    ):
        user = User(world)
        account = (await user.become_active()).account
        assert account is not None
        for number in range(1, 6):
            await user.advance(_DAY * 30)
            renewal = registration.PasswordRenewed(message_id=f"renewal {number}", renewed_on=world.today)
            await user.say("password_renewed", renewal)
        assert (await user.agree()).terms is not None, "a repeat changes nothing, also in another history"
        await user.say("card_reissued", registration.CardReissued(message_id="lost"))
        await user.have_card_read()
        again = await user.until_phase(RegistrationPhase.ACTIVE)
        first = (await user.handle.fetch_history()).events[0].workflow_execution_started_event_attributes
        assert first.continued_execution_run_id, "the story fitted into one history"
        assert again.account is not None
        assert again.account.authentication_id == account.authentication_id
        assert len(await world.ledger()) == 1
        message_ids = [mail["message_id"] for mail in await world.mails()]
        assert len(set(message_ids)) == len(message_ids)


async def test_what_operators_see_says_nothing_of_the_user(world: World) -> None:
    user = User(world)
    active = await user.become_active()
    assert active.account is not None
    description = await user.handle.describe()
    shown = " ".join(
        (
            str(await user.handle.query("__temporal_workflow_metadata", result_type=None)),
            str(description.search_attributes),
            str([entry.text for entry in active.timeline]),
            description.id,
        )
    )
    assert "User registration" in shown
    secrets = (
        DEMO_APPLICANT.name, DEMO_APPLICANT.registered_name, DEMO_APPLICANT.address, "19960412", "AB12345678CD",
        f"{DEMO_APPLICANT.key}@resident", "09000001234", active.account.authentication_id,
    )  # fmt: skip
    assert [secret for secret in secrets if secret in shown] == []
