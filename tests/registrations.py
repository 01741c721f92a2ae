"""A user who registers, in a world where everything is real."""

import asyncio
import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from tests.world import PATIENCE, World
from zairyu.models import registration
from zairyu.models.messages import Message, SignAt
from zairyu.models.names import registration_workflow_id
from zairyu.models.registration import RegistrationPhase, RegistrationSnapshot
from zairyu.rules.calendar import add_months
from zairyu.sandbox.applicant import registration as sample
from zairyu.sandbox.card.personas import DEMO_APPLICANT, Persona
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.virtual_card import VirtualCard


def filled_in(expires_on: date, persona: Persona = DEMO_APPLICANT, **changes: Any) -> dict[str, Any]:
    """What a resident fills in, whose stay ends on a day."""
    return {**sample(persona, expires_on), **changes}


class User:
    """One user of one world, whose card ends with the stay."""

    def __init__(self, world: World, *, expires_on: date | None = None, user_id: str | None = None) -> None:
        self.world = world
        self.user_id = user_id or f"user-{uuid.uuid4().hex}"
        self.expires_on = expires_on or add_months(world.today, 30)

    async def register(self, **changes: Any) -> RegistrationSnapshot:
        """Hand the form in, card in hand."""
        self.new_card(self.expires_on)
        content = filled_in(self.expires_on, user_id=self.user_id, **changes)
        return await self.world.zairyu.register(content, on=self.world.today)

    def new_card(self, valid_until: date, persona: Persona | None = None) -> VirtualCard:
        """Come to the desk with another card."""
        card = self.world.card(valid_until=valid_until, persona=persona)
        assert isinstance(self.world.reader, InProcessReader)
        self.world.reader.insert(card)
        return card

    async def say(self, name: str, message: Message) -> RegistrationSnapshot:
        return await self.world.zairyu.send_to_registration(self.user_id, name, message)

    async def agree(self) -> RegistrationSnapshot:
        return await self.say("accept_terms", registration.AcceptTerms(message_id="terms", version="2026-04"))

    async def have_card_read(self) -> RegistrationSnapshot:
        await self.until_phase(RegistrationPhase.CARD)
        message = registration.ReadCardAt(message_id=uuid.uuid4().hex, terminal_id=self.world.terminal_id)
        return await self.say("read_card_at", message)

    async def sign(self) -> RegistrationSnapshot:
        await self.until_phase(RegistrationPhase.SIGNATURE)
        return await self.say("sign_at", SignAt(message_id=uuid.uuid4().hex, terminal_id=self.world.terminal_id))

    async def send(self, **changes: Any) -> RegistrationSnapshot:
        """As far as the agency."""
        await self.register(**changes)
        await self.agree()
        await self.have_card_read()
        await self.sign()
        return await self.until_phase(RegistrationPhase.CONFIRMATION)

    async def set_password(self, *, count: int = 1) -> str:
        """Follow the link in the agency's mail; the ID comes by the next one."""
        world = self.world
        (link, *_) = [
            link
            for mail in await world.mails()
            for link in re.findall(r"/registrations/[\w-]+", mail["text"])
            if mail["recipients"] == [f"{world.persona.key}@resident.example"]
        ]
        assert (await world.http.get(link)).status_code == 200
        answer = await world.http.post(f"{link}/password", data={"password": "nobody-keeps-it"})
        assert answer.status_code == 303, answer.text
        found = [
            word for mail in await world.mails() for word in re.findall(r"Authentication ID: (SB\d+)", mail["text"])
        ]
        assert len(found) == count
        return str(found[0])

    async def enter_id(self, authentication_id: str, *, message_id: str = "id") -> RegistrationSnapshot:
        message = registration.EnterAuthenticationId(
            message_id=message_id, authentication_id=authentication_id, password_set_on=self.world.today
        )
        return await self.say("enter_authentication_id", message)

    async def become_active(self, **changes: Any) -> RegistrationSnapshot:
        """The whole way to the account."""
        await self.send(**changes)
        await self.enter_id(await self.set_password())
        return await self.until_phase(RegistrationPhase.ACTIVE)

    async def snapshot(self) -> RegistrationSnapshot:
        return await self.world.zairyu.registration(self.user_id)

    async def until(self, condition: Callable[[RegistrationSnapshot], object]) -> RegistrationSnapshot:
        """Wait for a state that should come at once."""
        ends = asyncio.get_running_loop().time() + PATIENCE
        while not condition(snapshot := await self.snapshot()):
            if asyncio.get_running_loop().time() > ends:
                raise AssertionError(f"it did not come; the registration is at\n{snapshot.model_dump_json(indent=2)}")
            await asyncio.sleep(0.05)
        return snapshot

    async def until_phase(self, phase: RegistrationPhase) -> RegistrationSnapshot:
        return await self.until(lambda snapshot: snapshot.phase is phase)

    async def until_told(self, words: str, count: int = 1) -> RegistrationSnapshot:
        return await self.until(lambda snapshot: str(snapshot.timeline).count(words) >= count)

    async def advance(self, by: timedelta) -> None:
        """Let time pass for the registration, and for the agency."""
        world = self.world
        ahead = (world.sandbox.clock.offset + by).total_seconds()
        answer = await world.http.post("/sandbox/clock", json={"offset_seconds": ahead})
        assert answer.is_success, answer.text
        await world.environment.fast_forward(self.handle, by)

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.world.temporal.get_workflow_handle(registration_workflow_id(self.user_id))
