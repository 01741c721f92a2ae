"""A registered user."""

from datetime import timedelta

from tests.histories.recorder import Recorder
from tests.registrations import User
from tests.world import World
from zairyu.models import messages, registration
from zairyu.models.registration import RegistrationPhase
from zairyu.models.snapshot import ManualStepKind
from zairyu.rules.calendar import add_months


async def registered(world: World, recorder: Recorder) -> None:
    """A wrong PIN, an amendment, no mail for a day, changed details, a notice, another card, and the user leaves."""
    user = User(world, expires_on=add_months(world.today, 8), user_id="registered-story")
    await user.register()
    await user.agree()
    right, world.fingers.pin = world.fingers.pin, "9999"
    await user.have_card_read()
    await user.until(lambda snapshot: snapshot.attention)
    world.fingers.pin = right
    began = await user.have_card_read()
    assert began.form is not None
    await user.until_phase(RegistrationPhase.SIGNATURE)
    await user.say("amend", registration.AmendRegistration(message_id="amend", form=began.form))
    await user.until_told("The registration is packed", 2)
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    await user.until_told("Mail sent")
    await user.advance(timedelta(hours=25))
    await user.until_told("Mail sent (confirmation-overdue)")
    await recorder.open("registered", user.handle)
    await user.enter_id(await user.set_password())
    active = await user.until_phase(RegistrationPhase.ACTIVE)
    assert active.form is not None
    contact = active.form.contact.model_copy(update={"phone": "08011112222"})
    await user.say("change_details", registration.ChangeDetails(message_id="telephone", contact=contact))
    await user.until_told("Mail sent (details-to-change)")
    done = messages.CompleteManualStep(message_id="done", step=ManualStepKind.CHANGE_OF_DETAILS, evidence="画面")
    await user.say("complete_manual_step", done)
    await user.advance(timedelta(days=220))
    await user.until_told("Mail sent (authentication-id-ends)")
    renewed = registration.PasswordRenewed(message_id="renewed", renewed_on=world.today)
    await user.say("password_renewed", renewed)
    await user.say("card_reissued", registration.CardReissued(message_id="lost"))
    await user.until_told("Mail sent (register-again)")
    user.new_card(user.expires_on + timedelta(days=1))
    await user.have_card_read()
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    await user.until_told("Mail sent (registration-sent)", 2)
    await user.say("end_registration", registration.EndRegistration(message_id="bye"))
    await recorder.closed("registered", user.handle)


async def registration_expired(world: World, recorder: Recorder) -> None:
    """Left until the authentication ID has ended, and waiting for another card."""
    user = User(world, expires_on=add_months(world.today, 2), user_id="registration-expired-story")
    await user.become_active()
    await user.advance(timedelta(days=70))
    await user.until_phase(RegistrationPhase.EXPIRED)
    await user.until(lambda snapshot: str(snapshot.timeline).count("Mail sent (authentication-id-ends)") == 3)
    await recorder.open("registration-expired", user.handle)


async def registration_continued(world: World, recorder: Recorder) -> None:
    """Long enough to go on in a new history, which begins with the account."""
    user = User(world, user_id="registration-continued-story")
    await user.register()
    first = (await user.handle.describe()).run_id
    assert first is not None
    await user.agree()
    await user.have_card_read()
    await user.sign()
    await user.until_phase(RegistrationPhase.CONFIRMATION)
    await user.enter_id(await user.set_password())
    await user.until_phase(RegistrationPhase.ACTIVE)
    number = 0
    while (await user.handle.describe()).run_id == first:
        number += 1
        renewed = registration.PasswordRenewed(message_id=f"renewed {number}", renewed_on=world.today)
        await user.say("password_renewed", renewed)
    await recorder.closed(
        "registration-continued.first", world.temporal.get_workflow_handle(user.handle.id, run_id=first)
    )
    await recorder.open("registration-continued", user.handle)
