from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.activities.mynaportal.portal import RECORD, SUBMITTED
from zairyu.activities.mynaportal import wire
from zairyu.activities.mynaportal.errors import MynaportalAnswerUnreadable
from zairyu.activities.mynaportal.status_words import receipt_of, report_of
from zairyu.models.capability import Capability
from zairyu.models.residence import PeriodOfStay
from zairyu.models.status import (
    ApplicationStatus,
    Axis,
    CollectionStatus,
    DocumentRequest,
    DocumentsStatus,
    Fee,
    Grant,
    Outcome,
    PaymentStatus,
    StatusReport,
    UnknownWord,
)
from zairyu.rules.interface_profiles import interface_profile
from zairyu.sandbox import case

PROFILE = interface_profile("sandbox")
FEE = {"amount": 56_000, "settlement_fee": 550, "payment_number": "1", "due_on": "2027-01-15", "status": "未納"}
GRANT = {"years": 3, "months": 0, "days": 0, "expires_on": "2030-01-31"}
REQUEST = {"number": 1, "items": ["在職証明書"], "due_on": "2026-12-05", "supplied": False}


def report(**says: Any) -> StatusReport:
    return report_of(wire.StatusRecord.model_validate({**RECORD, **says}), PROFILE)


@pytest.mark.parametrize(
    ("axis", "word", "meaning"),
    [
        ("application", "申請完了", ApplicationStatus.RECEIVED),
        ("application", "審査中", ApplicationStatus.UNDER_EXAMINATION),
        ("application", "審査完了", ApplicationStatus.EXAMINATION_COMPLETED),
        ("application", "完了", ApplicationStatus.CLOSED),
        ("documents", "", DocumentsStatus.NONE),
        ("documents", "返却中", DocumentsStatus.REQUESTED),
        ("documents", "追完済", DocumentsStatus.SUPPLIED),
        ("collection", "", CollectionStatus.NOT_READY),
        ("collection", "発行待ち", CollectionStatus.READY),
        ("collection", "送付済", CollectionStatus.SENT),
        ("collection", "受領済", CollectionStatus.COLLECTED),
        ("outcome", "", None),
        ("outcome", "許可", Outcome.PERMITTED),
        ("outcome", "不許可", Outcome.DENIED),
        ("outcome", "取下げ", Outcome.WITHDRAWN),
        ("outcome", "終止", Outcome.TERMINATED),
    ],
)
def test_the_agencys_word_is_told_as_what_it_means(axis: str, word: str, meaning: object) -> None:
    assert getattr(report(**{axis: word}), axis) is meaning


def test_an_examination_that_is_completed_is_no_permission() -> None:
    told = report(application="審査完了")

    assert told.application is ApplicationStatus.EXAMINATION_COMPLETED
    assert told.outcome is None


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ("application", case.Stage),
        ("documents", case.Documents),
        ("collection", case.Collection),
        ("outcome", case.Outcome),
    ],
)
def test_no_word_of_the_sandbox_is_foreign_to_us(axis: str, words: type[case.Stage]) -> None:
    for word in words:
        assert report(**{axis: word.value}).unknown_words == ()


@pytest.mark.parametrize(
    ("says", "axis", "word"),
    [
        ({"application": "受理"}, Axis.APPLICATION, "受理"),
        ({"application": ""}, Axis.APPLICATION, ""),
        ({"application": "審査完了 "}, Axis.APPLICATION, "審査完了 "),
        ({"documents": "追加"}, Axis.DOCUMENTS, "追加"),
        ({"collection": "発送"}, Axis.COLLECTION, "発送"),
        ({"outcome": "PERMITTED"}, Axis.OUTCOME, "PERMITTED"),
        ({"fee": {**FEE, "status": "免除"}}, Axis.PAYMENT, "免除"),
    ],
)
def test_an_unknown_word_is_named_and_never_guessed(says: dict[str, Any], axis: Axis, word: str) -> None:
    """What stands on its axis is harmless: nothing is decided, wanted, ready or paid."""
    told = report(**says)

    assert told.unknown_words == (UnknownWord(axis=axis, word=word),)
    assert (told.application, told.documents) == (ApplicationStatus.RECEIVED, DocumentsStatus.NONE)
    assert (told.collection, told.outcome) == (CollectionStatus.NOT_READY, None)
    assert told.fee is None or told.fee.status is PaymentStatus.DUE


def test_another_interface_has_words_of_its_own() -> None:
    words = PROFILE.words.model_copy(update={"application": {"受理": ApplicationStatus.RECEIVED}})
    told = report_of(
        wire.StatusRecord.model_validate({**RECORD, "application": "受理"}),
        PROFILE.model_copy(update={"words": words, "capabilities": frozenset({Capability.STATUS_FEED})}),
    )
    assert (told.application, told.unknown_words) == (ApplicationStatus.RECEIVED, ())
    assert told.offers == (Capability.STATUS_FEED,)


@pytest.mark.parametrize(
    "says",
    [
        {"revision": 0},
        {"reported_at": "2026-11-24T12:00:00"},  # whose noon?
        {"grant": {**GRANT, "years": 0}},
        {"grant": {**GRANT, "years": 50}},
        {"fee": {**FEE, "amount": -1}},
        {"document_requests": [{**REQUEST, "number": 0}]},
    ],
)
def test_a_value_that_cannot_be_is_no_crash(says: dict[str, Any]) -> None:
    """It would stop the one feed that tells everybody's news."""
    with pytest.raises(MynaportalAnswerUnreadable):
        report(**says)


def test_everything_in_a_record_reaches_the_report() -> None:
    told = report(
        revision=7,
        receipt_number="東オンＥＮ26000001",
        application="審査完了",
        documents="追完済",
        collection="発行待ち",
        outcome="許可",
        document_requests=[{**REQUEST, "supplied": True}],
        grant=GRANT,
        fee={**FEE, "status": "納付済"},
    )

    assert told == StatusReport(
        event_id="event-1",
        request_id=RECORD["request_id"],
        revision=7,
        reported_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        provisional_number="K2026112400001",
        receipt_number="東オンＥＮ26000001",
        application=ApplicationStatus.EXAMINATION_COMPLETED,
        documents=DocumentsStatus.SUPPLIED,
        collection=CollectionStatus.READY,
        outcome=Outcome.PERMITTED,
        document_requests=(DocumentRequest(number=1, items=("在職証明書",), due_on=date(2026, 12, 5), supplied=True),),
        grant=Grant(period=PeriodOfStay(years=3), expires_on=date(2030, 1, 31)),
        fee=Fee(
            amount=56_000,
            settlement_fee=550,
            payment_number="1",
            due_on=date(2027, 1, 15),
            status=PaymentStatus.PAID,
        ),
        offers=tuple(sorted(PROFILE.capabilities)),
    )


def test_a_receipt_without_a_zone_is_not_guessed_to_a_day() -> None:
    receipt = receipt_of(wire.Submitted.model_validate(SUBMITTED), PROFILE)
    assert receipt.accepted_at == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert receipt.offers == tuple(sorted(PROFILE.capabilities))

    for kind, answer in ((wire.Submitted, SUBMITTED), (wire.StatusRecord, RECORD)):
        with pytest.raises(MynaportalAnswerUnreadable, match="zone"):
            receipt_of(kind.model_validate({**answer, "accepted_at": "2026-11-24T12:00:00"}), PROFILE)
