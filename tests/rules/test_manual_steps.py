"""What the interface does not tell, a person is asked to look up, as long as nobody else has told it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.rules.stories import FILED_AT, asked, fee, receipt, report, state
from zairyu.models.base import BilingualText
from zairyu.models.capability import Capability
from zairyu.models.residence import ApplicationType, CollectionMethod, PeriodOfStay
from zairyu.models.snapshot import ManualStep, ManualStepKind, Phase
from zairyu.models.state import ApplicationState
from zairyu.models.status import (
    ApplicationStatus,
    CollectionStatus,
    DocumentsStatus,
    Grant,
    Outcome,
    PaymentStatus,
)
from zairyu.rules.alarms import alarms
from zairyu.rules.calendar import day_in_japan
from zairyu.rules.manual_steps import facts_wanted, instructions, next_status_check, reminders

EVERYTHING = tuple(sorted(Capability))
GRANT = Grant(period=PeriodOfStay(years=3), expires_on=FILED_AT.date() + timedelta(days=1000))
PERMITTED: dict[str, Any] = {"application": ApplicationStatus.EXAMINATION_COMPLETED, "outcome": Outcome.PERMITTED}


def filed(*lacks: Capability, phase: Phase = Phase.EXAMINATION, says: dict[str, Any] | None = None) -> ApplicationState:
    offers = tuple(capability for capability in EVERYTHING if capability not in lacks)
    told = None if says is None else report(**says)
    return state(
        phase=phase,
        after_sending=True,
        receipt=receipt().model_copy(update={"offers": offers}),
        report=told,
    )


def wanted(*lacks: Capability, now: datetime = FILED_AT, **where: Any) -> list[ManualStepKind]:
    return list(facts_wanted(filed(*lacks, **where), now))


@pytest.mark.parametrize(
    ("lacks", "phase", "says", "step"),
    [
        (Capability.RECEIPT_NUMBER, Phase.RECEIPT, {}, ManualStepKind.NOTE_RECEIPT_NUMBER),
        (
            Capability.DOCUMENT_REQUESTS,
            Phase.EXAMINATION,
            {"documents": DocumentsStatus.REQUESTED},
            ManualStepKind.NOTE_DOCUMENT_REQUEST,
        ),
        (
            Capability.DECISION,
            Phase.EXAMINATION,
            {"application": ApplicationStatus.EXAMINATION_COMPLETED},
            ManualStepKind.NOTE_DECISION,
        ),
        (Capability.DECISION, Phase.PAYMENT, {**PERMITTED, "fee": fee()}, ManualStepKind.NOTE_DECISION),
        (Capability.FEE, Phase.PAYMENT, {**PERMITTED, "grant": GRANT}, ManualStepKind.NOTE_FEE),
        (Capability.FEE, Phase.PAYMENT, {**PERMITTED, "grant": GRANT, "fee": fee()}, ManualStepKind.NOTE_PAYMENT),
        (
            Capability.COLLECTION_PROGRESS,
            Phase.COLLECTION,
            {**PERMITTED, "grant": GRANT},
            ManualStepKind.NOTE_COLLECTION,
        ),
    ],
)
def test_a_fact_that_the_interface_does_not_tell_is_looked_up(
    lacks: Capability, phase: Phase, says: dict[str, Any], step: ManualStepKind
) -> None:
    assert wanted(lacks, phase=phase, says=says) == [step]
    silent = step is ManualStepKind.NOTE_DOCUMENT_REQUEST
    assert wanted(phase=phase, says=says) == ([step] if silent else [])


@pytest.mark.parametrize(
    ("lacks", "phase", "says"),
    [
        (Capability.RECEIPT_NUMBER, Phase.RECEIPT, {"receipt_number": "東オンＥＮ26000001"}),
        (
            Capability.DOCUMENT_REQUESTS,
            Phase.EXAMINATION,
            {"documents": DocumentsStatus.REQUESTED, "document_requests": (asked(),)},
        ),
        (
            Capability.FEE,
            Phase.PAYMENT,
            {**PERMITTED, "grant": GRANT, "fee": fee(status=PaymentStatus.PAID)},
        ),
        (
            Capability.COLLECTION_PROGRESS,
            Phase.COLLECTION,
            {**PERMITTED, "grant": GRANT, "collection": CollectionStatus.READY},
        ),
    ],
)
def test_what_somebody_has_told_is_not_looked_up(lacks: Capability, phase: Phase, says: dict[str, Any]) -> None:
    assert wanted(lacks, phase=phase, says=says) == []


def test_a_fee_paid_with_stamps_has_no_slip_to_look_up() -> None:
    before = state(
        phase=Phase.PAYMENT,
        after_sending=True,
        receipt=receipt(datetime.fromisoformat("2026-09-30T12:00:00+09:00")).model_copy(update={"offers": ()}),
        report=report(**PERMITTED, grant=GRANT),
    )

    assert facts_wanted(before, FILED_AT) == (ManualStepKind.NOTE_COLLECTION,)


def test_an_interface_that_tells_nothing_has_somebody_look_every_week() -> None:
    silent = (Capability.STATUS_FEED, Capability.STATUS_LOOK_UP)
    week = FILED_AT + timedelta(days=7)

    assert next_status_check(filed(*silent)) == week
    assert ManualStepKind.CHECK_STATUS not in wanted(*silent)
    assert ManualStepKind.CHECK_STATUS in wanted(*silent, now=week)
    assert next_status_check(filed(Capability.STATUS_FEED)) is None


def test_where_nothing_is_told_the_receipt_number_is_not_told_either() -> None:
    assert wanted(Capability.STATUS_FEED, Capability.STATUS_LOOK_UP) == [ManualStepKind.NOTE_RECEIPT_NUMBER]


def test_a_certificate_has_no_period_to_look_up() -> None:
    certificate = filed(Capability.DECISION, phase=Phase.COLLECTION, says=PERMITTED)
    form = certificate.application.form.model_copy(
        update={"application_type": ApplicationType.CERTIFICATE_OF_ELIGIBILITY}
    )
    certificate.application = certificate.application.model_copy(update={"form": form})

    assert facts_wanted(certificate, FILED_AT) == ()


@pytest.mark.parametrize("kind", list(ManualStepKind))
def test_every_step_says_how_it_is_done_and_when_somebody_is_reminded(kind: ManualStepKind) -> None:
    how = instructions(kind, on=day_in_japan(FILED_AT))
    assert how.ja
    assert how.en
    step = ManualStep(kind=kind, since=FILED_AT, instructions=how)
    assert list(reminders(step)) == sorted(reminders(step))
    assert all(at > FILED_AT for at in reminders(step))


def test_a_step_that_stays_open_rings_again_and_again() -> None:
    waiting = filed(says={})
    text = BilingualText(ja="訂正", en="Correct.")
    waiting.manual_steps = [ManualStep(kind=ManualStepKind.CORRECTION, since=FILED_AT, instructions=text)]

    ringing = [alarm for alarm in alarms(waiting) if alarm.key.startswith("manual-")]
    assert len(ringing) == 3
    assert len({alarm.key for alarm in ringing}) == 3


def test_a_certificate_that_comes_by_mail_is_looked_for_until_it_was_sent() -> None:
    """Its months count from the mail: that it is ready says nothing to whoever waits for it."""
    certificate = filed(
        Capability.COLLECTION_PROGRESS, phase=Phase.COLLECTION, says={**PERMITTED, "collection": CollectionStatus.READY}
    )
    form = certificate.application.form.model_copy(update={"collection_method": CollectionMethod.EMAIL})
    certificate.application = certificate.application.model_copy(update={"form": form})

    assert ManualStepKind.NOTE_COLLECTION in facts_wanted(certificate, FILED_AT)
    assert certificate.report is not None
    certificate.report = certificate.report.model_copy(update={"collection": CollectionStatus.SENT})
    assert ManualStepKind.NOTE_COLLECTION not in facts_wanted(certificate, FILED_AT)
