"""The step at the desk, as Temporal runs it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from tests.cards import VALID_UNTIL, CardMaker
from tests.fingers import Fingers
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.terminal import CardTerminal
from zairyu.models.application import Sex
from zairyu.models.card import CardReading, CardReadRequest, SignatureRequest
from zairyu.models.failures import StepFailure
from zairyu.sandbox.card.personas import CARLOS, LINH
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessReader

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


@asynccontextmanager
async def _terminal(pki: SandboxPki, reader: InProcessReader, person: Fingers) -> AsyncIterator[CardTerminal]:
    desk = Desk(reader, person, TrustedRoots.of([pki.sign_ca]), gather=timedelta(), clock=lambda: NOW)
    async with aclosing(desk):
        yield CardTerminal("desk-1", desk)


async def test_signature_comes_back_with_its_certificate_and_the_terminals_name(
    pki: SandboxPki, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    beats = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: beats.append(1)
    async with _terminal(pki, InProcessReader(make_card()), Fingers(LINH.sign_password)) as terminal:
        result = await environment.run(terminal.sign_at_terminal, signature_request)
    assert load_der_x509_certificate(base64.b64decode(result.certificate)).issuer == pki.sign_ca.subject
    assert len(base64.b64decode(result.signature)) == 256
    assert result.terminal_id == "desk-1"
    assert result.signed_at == NOW
    assert beats


async def test_failure_is_final_and_tells_the_workflow_no_personal_data(
    pki: SandboxPki, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    async with _terminal(pki, InProcessReader(make_card(CARLOS)), Fingers(CARLOS.sign_password)) as terminal:
        with pytest.raises(ApplicationError) as caught:
            await ActivityEnvironment().run(terminal.sign_at_terminal, signature_request)
    error = caught.value
    assert error.non_retryable
    assert error.__cause__ is None
    (failure,) = error.details
    assert isinstance(failure, StepFailure)
    assert failure.type_name == error.type == "WrongCard"
    assert failure.sentence.ja
    told = f"{error} {failure.model_dump_json()}".upper()
    for secret in (CARLOS.sign_password, "CARLOS", "OLIVEIRA", "LINH", "1988", "1996", CARLOS.municipality):
        assert secret not in told


async def test_signature_that_is_not_wanted_any_more_is_taken_off_the_desk(
    pki: SandboxPki, make_card: CardMaker, signature_request: SignatureRequest
) -> None:
    card, person = make_card(), Fingers(LINH.sign_password)
    person.hold.clear()
    environment = ActivityEnvironment()
    async with _terminal(pki, InProcessReader(card), person) as terminal:
        signing = asyncio.create_task(environment.run(terminal.sign_at_terminal, signature_request))
        async with asyncio.timeout(5):
            while not person.asked:  # noqa: ASYNC110 - the person tells nobody
                await asyncio.sleep(0.01)
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await signing
    assert person.taken_back == 1
    assert card.pins_presented == 0


async def test_what_a_card_says_comes_back_as_the_registration_wants_it(
    pki: SandboxPki, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    beats = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: beats.append(1)
    async with _terminal(pki, InProcessReader(make_card()), Fingers(LINH.sign_password)) as terminal:
        reading = await environment.run(terminal.read_card_at_terminal, read_request)
    assert reading == CardReading(
        name="TRAN\u3000THI\u3000LINH",
        address=LINH.registered_address,
        birth_date="19960412",
        sex=Sex.FEMALE,
        card_id=pki.credentials(LINH, VALID_UNTIL).auth.certificate.fingerprint(SHA256()).hex(),
        expires_on=VALID_UNTIL,
        terminal_id="desk-1",
        read_at=NOW,
    )
    assert beats


async def test_reading_of_another_persons_card_tells_the_workflow_nothing_of_them(
    pki: SandboxPki, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    person = Fingers(CARLOS.sign_password)
    person.pin = CARLOS.auth_pin
    async with _terminal(pki, InProcessReader(make_card(CARLOS)), person) as terminal:
        with pytest.raises(ApplicationError) as caught:
            await ActivityEnvironment().run(terminal.read_card_at_terminal, read_request)
    error = caught.value
    assert error.non_retryable
    assert error.__cause__ is None
    (failure,) = error.details
    assert isinstance(failure, StepFailure)
    assert failure.type_name == "WrongCard"
    told = f"{error} {failure.model_dump_json()}".upper()
    for secret in (CARLOS.auth_pin, "CARLOS", "OLIVEIRA", "LINH", "1988", "1996", CARLOS.municipality):
        assert secret not in told


async def test_reading_that_is_not_wanted_any_more_is_taken_off_the_desk(
    pki: SandboxPki, make_card: CardMaker, read_request: CardReadRequest
) -> None:
    card, person = make_card(), Fingers(LINH.sign_password)
    person.hold.clear()
    environment = ActivityEnvironment()
    async with _terminal(pki, InProcessReader(card), person) as terminal:
        reading = asyncio.create_task(environment.run(terminal.read_card_at_terminal, read_request))
        async with asyncio.timeout(5):
            while not person.asked:  # noqa: ASYNC110 - the person tells nobody
                await asyncio.sleep(0.01)
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert person.taken_back == 1
    assert card.pins_presented == 0
