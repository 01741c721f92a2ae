"""The activity at the desk, as Temporal runs it, with a scripted person in front of it."""

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from tests.cards import CardMaker, DaemonRig
from zairyu.activities.card_reader.certificate import SigningCertificate
from zairyu.activities.card_reader.channel import CardChannel
from zairyu.activities.card_reader.password import SignPassword
from zairyu.activities.card_reader.terminal import CardTerminal
from zairyu.models.card import SignatureRequest, SignatureResult
from zairyu.models.failures import StepFailure
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessReader

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


class ScriptedPerson:
    """Does at each prompt what the test says; keeps what was shown."""

    def __init__(self, types: str | None = LINH.sign_password) -> None:
        self._types = types
        self.tries_shown: list[int] = []
        self.cards_wanted = 0
        self.on_card_wanted: Callable[[], None] = lambda: None
        self.before_typing: Callable[[], Awaitable[None]] = self._nothing

    async def ask_for_card(self, request: SignatureRequest) -> None:
        self.cards_wanted += 1
        self.on_card_wanted()

    async def ask_for_password(self, request: SignatureRequest, tries_left: int) -> SignPassword | None:
        self.tries_shown.append(tries_left)
        await self.before_typing()
        return None if self._types is None else SignPassword(self._types)

    async def _nothing(self) -> None:
        return None


class Desk:
    """A terminal with its reader and person."""

    def __init__(self, pki: SandboxPki) -> None:
        self._pki = pki
        self.reader = InProcessReader()
        self.person = ScriptedPerson()
        self.environment = ActivityEnvironment()
        self.heartbeats = 0
        self.environment.on_heartbeat = self._beat

    def _beat(self, *_: object) -> None:
        self.heartbeats += 1

    @asynccontextmanager
    async def terminal(
        self, *, card_wait: float = 5, password_wait: float = 5, allow_last_try: bool = False
    ) -> AsyncIterator[CardTerminal]:
        terminal = CardTerminal(
            "desk-1",
            self.reader,
            self.person,
            [self._pki.sign_ca],
            card_wait=timedelta(seconds=card_wait),
            password_wait=timedelta(seconds=password_wait),
            allow_last_try=allow_last_try,
            clock=lambda: NOW,
        )
        try:
            yield terminal
        finally:
            terminal.close()

    async def sign(
        self, request: SignatureRequest, *, card_wait: float = 5, password_wait: float = 5
    ) -> SignatureResult:
        async with self.terminal(card_wait=card_wait, password_wait=password_wait) as terminal:
            return await self.environment.run(terminal.sign_at_terminal, request)

    async def failure(
        self, request: SignatureRequest, *, card_wait: float = 5, password_wait: float = 5
    ) -> ApplicationError:
        with pytest.raises(ApplicationError) as caught:
            await self.sign(request, card_wait=card_wait, password_wait=password_wait)
        return caught.value


@pytest.fixture
def desk(pki: SandboxPki) -> Desk:
    return Desk(pki)


async def test_person_with_their_card_gets_a_signature(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    desk.reader.insert(make_card())
    result = await desk.sign(signature_request)
    certificate = SigningCertificate.parse(base64.b64decode(result.certificate))
    certificate.public_key.verify(
        base64.b64decode(result.signature), bytes.fromhex(signature_request.digest), PKCS1v15(), Prehashed(SHA256())
    )
    assert result.terminal_id == "desk-1"
    assert result.signed_at == NOW
    assert desk.heartbeats >= 1


async def test_desk_with_the_real_daemon_signs_and_lets_the_card_go(
    pki: SandboxPki, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    rig = DaemonRig()
    card = make_card()
    rig.insert(card)
    terminal = CardTerminal("desk-1", rig.source, ScriptedPerson(), [pki.sign_ca], clock=lambda: NOW)
    try:
        assert (await ActivityEnvironment().run(terminal.sign_at_terminal, signature_request)).signature
        assert card.pins_presented == 1
        assert not card.is_unlocked
    finally:
        terminal.close()
        rig.pull()


async def test_tries_left_are_shown_before_the_password_is_asked_for(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    desk.reader.insert(make_card())
    desk.person = ScriptedPerson("WRONG123")
    error = await desk.failure(signature_request)
    assert error.type == "WrongPin"
    desk.person = ScriptedPerson()
    await desk.sign(signature_request)
    assert desk.person.tries_shown == [4]


async def test_card_may_come_late(desk: Desk, make_card: CardMaker, signature_request: SignatureRequest) -> None:
    card = make_card()

    def fetch_card() -> None:
        asyncio.get_running_loop().call_later(0.1, desk.reader.insert, card)

    desk.person.on_card_wanted = fetch_card
    assert (await desk.sign(signature_request)).signature


async def test_no_card_no_question(desk: Desk, signature_request: SignatureRequest) -> None:
    error = await desk.failure(signature_request, card_wait=0)
    assert error.type == "CardAbsent"
    assert desk.person.cards_wanted == 1
    assert desk.person.tries_shown == []


async def test_card_taken_away_while_the_person_types_costs_nothing(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    desk.reader.insert(card)

    async def take_card() -> None:
        desk.reader.pull()

    desk.person.before_typing = take_card
    error = await desk.failure(signature_request)
    assert error.type == "CardPulled"
    assert card.pins_presented == 0


async def test_person_may_decline(desk: Desk, make_card: CardMaker, signature_request: SignatureRequest) -> None:
    card = make_card()
    desk.reader.insert(card)
    desk.person = ScriptedPerson(None)
    assert (await desk.failure(signature_request)).type == "PinNotGiven"
    assert card.pins_presented == 0


async def test_person_who_walks_away_is_not_waited_for_all_day(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    desk.reader.insert(card)
    desk.person.before_typing = lambda: asyncio.sleep(60)
    assert (await desk.failure(signature_request, password_wait=0.05)).type == "PinNotGiven"
    assert card.pins_presented == 0


async def test_malformed_password_never_reaches_the_card(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    desk.reader.insert(card)
    desk.person = ScriptedPerson("1234")
    assert (await desk.failure(signature_request)).type == "PinMalformed"
    assert card.pins_presented == 0


async def test_last_try_is_used_only_when_the_keeper_insists(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    desk.reader.insert(make_card())
    desk.person = ScriptedPerson("WRONG123")
    for _ in range(4):
        await desk.failure(signature_request)
    desk.person = ScriptedPerson()
    assert (await desk.failure(signature_request)).type == "LastTryRefused"
    assert desk.person.tries_shown == []
    async with desk.terminal(allow_last_try=True) as terminal:
        assert await desk.environment.run(terminal.sign_at_terminal, signature_request)
    assert desk.person.tries_shown == [1]


async def test_failure_is_final_and_tells_the_workflow_no_personal_data(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    desk.reader.insert(make_card(CARLOS))
    desk.person = ScriptedPerson(CARLOS.sign_password)
    error = await desk.failure(signature_request)
    assert error.non_retryable
    assert error.__cause__ is None
    (failure,) = error.details
    assert isinstance(failure, StepFailure)
    assert failure.type_name == error.type == "WrongCard"
    assert failure.sentence.ja
    told = f"{error} {failure.model_dump_json()}".upper()
    for secret in (CARLOS.sign_password, "CARLOS", "OLIVEIRA", "LINH", "1988", "1996", CARLOS.municipality):
        assert secret not in told


async def test_cancelled_request_takes_its_question_back(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card = make_card()
    desk.reader.insert(card)
    asked = asyncio.Event()
    taken_back = asyncio.Event()

    async def wait_for_ever() -> None:
        asked.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            taken_back.set()
            raise

    desk.person.before_typing = wait_for_ever
    signing = asyncio.create_task(desk.sign(signature_request))
    await asked.wait()
    desk.environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing
    assert taken_back.is_set()
    assert card.pins_presented == 0


class SlowReader(InProcessReader):
    """Its card takes its time; `go_on` lets it answer."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work = threading.Event()
        self.go_on = threading.Event()

    def connect(self) -> CardChannel | None:  # type: ignore[override]
        self.at_work.set()
        assert self.go_on.wait(10)
        return super().connect()


async def test_cancelled_use_of_the_card_ends_before_the_activity_does(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    """Otherwise the next request would find the card in the middle of this one's commands."""
    reader = SlowReader()
    card = make_card()
    reader.insert(card)
    desk.reader = reader
    signing = asyncio.create_task(desk.sign(signature_request))
    await asyncio.to_thread(reader.at_work.wait, 10)
    desk.environment.cancel()
    await asyncio.sleep(0.05)
    assert not signing.done()
    reader.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await signing
    assert card.log
    assert not card.is_unlocked
    assert card.pins_presented == 0


async def test_two_requests_at_one_desk_are_asked_one_after_the_other(
    desk: Desk, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    desk.reader.insert(make_card())
    at_once = 0
    most_at_once = 0

    async def count() -> None:
        nonlocal at_once, most_at_once
        at_once += 1
        most_at_once = max(most_at_once, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1

    desk.person.before_typing = count
    async with desk.terminal() as terminal:
        results = await asyncio.gather(
            *(ActivityEnvironment().run(terminal.sign_at_terminal, signature_request) for _ in range(2))
        )
    assert len(results) == 2
    assert most_at_once == 1


def test_terminal_without_trusted_roots_does_not_start(desk: Desk) -> None:
    with pytest.raises(ValueError, match="trusted root"):
        CardTerminal("desk-1", desk.reader, desk.person, [])
