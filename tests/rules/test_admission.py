"""In every phase: which messages are let in, and that all the others are turned away in both languages."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from tests.applications import application
from tests.rules.stories import fee, receipt, report, state
from zairyu.models import messages
from zairyu.models.base import BilingualText
from zairyu.models.capability import Capability
from zairyu.models.residence import CollectionMethod
from zairyu.models.snapshot import Attention, AttentionReason, ManualStep, ManualStepKind, Phase
from zairyu.models.state import ApplicationState
from zairyu.models.status import ApplicationStatus, CollectionStatus, DocumentsStatus, Outcome, PaymentStatus, Said
from zairyu.rules.admission import why_refused

TODAY: Final = date(2026, 11, 25)
_WHEN: Final = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
_WORDS: Final = BilingualText(ja="理由", en="reason")

SAID: Final[Mapping[str, messages.Message]] = {
    "amend": messages.Amend(message_id="amend", form=application().form),
    "sign_at": messages.SignAt(message_id="sign", terminal_id="T1"),
    "stop_signing": messages.StopSigning(message_id="stop"),
    "choose_collection": messages.ChooseCollection(message_id="choose", method=CollectionMethod.POST),
    "report_payment": messages.ReportPayment(message_id="pay", paid_on=TODAY),
    "confirm_collection": messages.ConfirmCollection(message_id="confirm", collected_on=TODAY),
    "request_withdrawal": messages.RequestWithdrawal(message_id="withdraw"),
    "request_correction": messages.RequestCorrection(message_id="correct", what="電話番号"),
    "assign_manual_step": messages.AssignManualStep(
        message_id="assign", step=ManualStepKind.WITHDRAWAL, assignee="sato01"
    ),
    "complete_manual_step": messages.CompleteManualStep(
        message_id="manual", step=ManualStepKind.WITHDRAWAL, evidence="東京局"
    ),
    "resolve": messages.Resolve(
        message_id="resolve", reason=AttentionReason.SUBMISSION_REFUSED, action=messages.ResolveAction.RETRY
    ),
}
"""One of each, well-formed."""


def _filed(phase: Phase, **at: Any) -> ApplicationState:
    return state(phase=phase, request_id="app-00000001.0", receipt=receipt(), **at)


def _attention(reason: AttentionReason) -> Attention:
    return Attention(reason=reason, since=_WHEN, explanation=_WORDS)


BEFORE_FILING: Final = {"amend", "choose_collection", "request_withdrawal"}
AFTER_FILING: Final = {"choose_collection", "request_withdrawal", "request_correction"}
_EXAMINED = report(application=ApplicationStatus.UNDER_EXAMINATION, receipt_number="東オンＥＮ26000001")
_PERMITTED = _EXAMINED.model_copy(
    update={"application": ApplicationStatus.EXAMINATION_COMPLETED, "outcome": Outcome.PERMITTED, "fee": fee()}
)
_PAID = _PERMITTED.model_copy(update={"fee": fee(status=PaymentStatus.PAID)})

ADMITTED: Final[Mapping[str, tuple[ApplicationState, AttentionReason | None, set[str]]]] = {
    "intake": (state(phase=Phase.INTAKE), None, BEFORE_FILING),
    "intake, parked": (
        state(phase=Phase.INTAKE, attention=[_attention(AttentionReason.INPUT_REFUSED)]),
        AttentionReason.INPUT_REFUSED,
        BEFORE_FILING,
    ),
    "waiting for the window": (state(phase=Phase.FILING_WINDOW), None, BEFORE_FILING),
    "packaging": (state(phase=Phase.PACKAGING), None, BEFORE_FILING),
    "signature": (state(phase=Phase.SIGNATURE), None, {*BEFORE_FILING, "sign_at"}),
    "signature, somebody sits there": (
        state(phase=Phase.SIGNATURE, sign_at=SAID["sign_at"].model_copy(update={"message_id": "earlier"})),
        None,
        {*BEFORE_FILING, "stop_signing"},
    ),
    "signature, somebody sits at another terminal": (
        state(phase=Phase.SIGNATURE, sign_at=messages.SignAt(message_id="earlier", terminal_id="T2")),
        None,
        {*BEFORE_FILING, "sign_at", "stop_signing"},
    ),
    "submission, not sent yet": (state(phase=Phase.SUBMISSION), None, BEFORE_FILING),
    "submission, on its way": (
        state(phase=Phase.SUBMISSION, request_id="app-00000001.0"),
        None,
        {"request_withdrawal"},
    ),
    "submission, refused": (
        state(phase=Phase.SUBMISSION, attention=[_attention(AttentionReason.SUBMISSION_REFUSED)]),
        AttentionReason.SUBMISSION_REFUSED,
        {*BEFORE_FILING, "resolve"},
    ),
    "receipt": (_filed(Phase.RECEIPT), None, AFTER_FILING),
    "examination": (_filed(Phase.EXAMINATION, report=_EXAMINED), None, AFTER_FILING),
    "examination, another way to collect is on its way": (
        _filed(Phase.EXAMINATION, report=_EXAMINED, wanted_collection=CollectionMethod.POST),
        None,
        {"request_withdrawal", "request_correction"},
    ),
    "examination, to be withdrawn by hand": (
        _filed(
            Phase.EXAMINATION,
            report=_EXAMINED,
            manual_steps=[ManualStep(kind=ManualStepKind.WITHDRAWAL, since=_WHEN, instructions=_WORDS)],
        ),
        None,
        {*AFTER_FILING, "complete_manual_step", "assign_manual_step"},
    ),
    "decision": (_filed(Phase.DECISION, report=_PERMITTED), None, set()),
    "payment": (_filed(Phase.PAYMENT, report=_PERMITTED), None, {"report_payment"}),
    "payment, no fee known yet": (
        _filed(Phase.PAYMENT, report=_PERMITTED.model_copy(update={"fee": None})),
        None,
        set(),
    ),
    "collection, not ready": (_filed(Phase.COLLECTION, report=_PAID), None, set()),
    "collection, ready": (
        _filed(Phase.COLLECTION, report=_PAID.model_copy(update={"collection": CollectionStatus.READY})),
        None,
        {"confirm_collection"},
    ),
    "collection, sent": (
        _filed(
            Phase.COLLECTION,
            report=_PAID.model_copy(
                update={"collection": CollectionStatus.SENT, "application": ApplicationStatus.CLOSED}
            ),
        ),
        None,
        {"confirm_collection"},
    ),
    "closed before filing": (state(phase=Phase.CLOSED), None, set()),
    "closed after filing": (_filed(Phase.CLOSED, report=_PAID), None, set()),
}
"""Where the application is, what it is parked on, and what may be said to it then."""


def _refusal(message: messages.Message, at: ApplicationState, parked_on: AttentionReason | None = None) -> str | None:
    reason = why_refused(message, at, parked_on=parked_on, today=TODAY)
    if reason is None:
        return None
    assert reason.ja
    assert reason.en
    assert reason.ja != reason.en
    return reason.en


def test_every_update_is_tried_and_every_phase() -> None:
    assert set(SAID) == set(messages.UPDATES)
    assert {at.phase for at, _, _ in ADMITTED.values()} == set(Phase)
    for name, message in SAID.items():
        assert type(message) is messages.UPDATES[name]


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("where", ADMITTED)
def test_message_is_let_in_only_where_it_belongs(where: str, name: str) -> None:
    at, parked_on, admitted = ADMITTED[where]
    refusal = _refusal(SAID[name], at, parked_on)
    assert (refusal is None) is (name in admitted), refusal


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("where", ADMITTED)
def test_repeat_is_never_turned_away(where: str, name: str) -> None:
    """Its sender had no answer and must have one; the handler knows that it is a repeat."""
    at, parked_on, _ = ADMITTED[where]
    told = at.model_copy(update={"handled": ["another", SAID[name].message_id]})
    assert _refusal(SAID[name], told, parked_on) is None


def test_parked_application_does_not_take_a_signature() -> None:
    at = state(phase=Phase.SIGNATURE, attention=[_attention(AttentionReason.PACKAGE_REFUSED)])
    refusal = _refusal(SAID["sign_at"], at, AttentionReason.PACKAGE_REFUSED)
    assert refusal is not None
    assert "does not wait" in refusal


def test_amendment_has_to_change_something() -> None:
    refusal = _refusal(messages.Amend(message_id="empty"), state(phase=Phase.SIGNATURE))
    assert refusal is not None
    assert "nothing to change" in refusal


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.CLOSED])
def test_way_to_collect_that_does_not_exist_is_never_taken(phase: Phase) -> None:
    by_mail = messages.ChooseCollection(message_id="choose", method=CollectionMethod.EMAIL)
    refusal = _refusal(by_mail, state(phase=phase))
    assert refusal is not None
    assert "does not exist" in refusal


@pytest.mark.parametrize(
    ("message", "where"),
    [
        (messages.ReportPayment(message_id="pay", paid_on=TODAY + timedelta(days=1)), "payment"),
        (messages.ConfirmCollection(message_id="confirm", collected_on=date.max), "collection, ready"),
    ],
    ids=["payment", "collection"],
)
def test_what_has_not_happened_yet_cannot_be_reported(message: messages.Message, where: str) -> None:
    refusal = _refusal(message, ADMITTED[where][0])
    assert refusal is not None
    assert "future" in refusal


@pytest.mark.parametrize("action", messages.ResolveAction)
def test_only_a_decision_frees_a_parked_application_and_only_acknowledging_puts_a_matter_aside(
    action: messages.ResolveAction,
) -> None:
    parked, aside = AttentionReason.SUBMISSION_REFUSED, AttentionReason.MAIL_UNDELIVERABLE
    at = state(phase=Phase.SUBMISSION, attention=[_attention(parked), _attention(aside)])
    decides = action is not messages.ResolveAction.ACKNOWLEDGE
    said = messages.Resolve(message_id="resolve", reason=parked, action=action)
    assert (_refusal(said, at, parked) is None) is decides
    said = messages.Resolve(message_id="resolve", reason=aside, action=action)
    assert (_refusal(said, at, parked) is None) is not decides
    assert (_refusal(said, at) is None) is not decides


@pytest.mark.parametrize("reason", AttentionReason)
def test_matter_that_is_not_open_cannot_be_resolved(reason: AttentionReason) -> None:
    others = [_attention(other) for other in AttentionReason if other is not reason]
    for action in messages.ResolveAction:
        said = messages.Resolve(message_id="resolve", reason=reason, action=action)
        assert _refusal(said, state(phase=Phase.SUBMISSION, attention=others)) == "There is no such matter."


def test_what_is_in_the_hand_can_be_confirmed_where_the_interface_never_says_that_it_is_there() -> None:
    lesser = receipt().model_copy(update={"offers": (Capability.STATUS_FEED,)})
    at = ADMITTED["collection, not ready"][0].model_copy(update={"receipt": lesser})
    assert _refusal(SAID["confirm_collection"], at) is None


def test_way_to_collect_is_not_changed_after_a_decision_that_a_person_brought() -> None:
    """The interface that tells no decision may still say that it is being examined."""
    at = _filed(Phase.PAYMENT, report=_EXAMINED.model_copy(update={"outcome": Outcome.PERMITTED}))
    refusal = _refusal(SAID["choose_collection"], at)
    assert refusal is not None
    assert "cannot be changed now" in refusal


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (ManualStepKind.NOTE_COLLECTION, Said(collection=CollectionStatus.NOT_READY)),
        (ManualStepKind.NOTE_DOCUMENT_REQUEST, Said(documents=DocumentsStatus.REQUESTED)),
    ],
)
def test_step_that_brings_nothing_new_stays_open(step: ManualStepKind, said: Said) -> None:
    """Otherwise it would be asked for again at once, and its reminders would begin anew."""
    asked = ManualStep(kind=step, since=_WHEN, instructions=_WORDS)
    at = _filed(Phase.COLLECTION, report=_PAID, manual_steps=[asked])
    refusal = _refusal(messages.CompleteManualStep(message_id="x", step=step, evidence="x", said=said), at)
    assert refusal is not None
    assert "is missing" in refusal


def test_kind_of_message_without_a_rule_is_a_bug_and_not_let_in() -> None:
    class Whisper(messages.Message):
        """No rule knows it."""

    with pytest.raises(TypeError, match="Whisper"):
        why_refused(Whisper(message_id="psst"), state(), parked_on=None, today=TODAY)
