from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.rules.stories import FILED_AT, asked, fee, receipt, report, state
from zairyu.models.base import BilingualText
from zairyu.models.documents import DocumentRef
from zairyu.models.messages import SignAt
from zairyu.models.package import SealedPackage
from zairyu.models.residence import ApplicationType, CollectionMethod, PeriodOfStay
from zairyu.models.snapshot import ApplicationSnapshot, ManualStep, ManualStepKind, Phase
from zairyu.models.status import CollectionStatus, DocumentsStatus, Grant, Outcome, PaymentStatus
from zairyu.rules.outlook import snapshot_of

CLOSES_AT = datetime(2027, 1, 30, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
BY_HAND = ManualStep(
    kind=ManualStepKind.WITHDRAWAL, since=FILED_AT, instructions=BilingualText(ja="取下げ", en="Withdraw.")
)


def shown(*, parked: bool = False, **at: Any) -> ApplicationSnapshot:
    return snapshot_of(state(**at), parked=parked, today=TODAY)


def waiting(*, parked: bool = False, **at: Any) -> str | None:
    text = shown(parked=parked, **at).waiting_for
    assert text is None or text.ja
    return None if text is None else text.en


def deadline(**at: Any) -> tuple[str, datetime] | None:
    nearest = shown(**at).next_deadline
    assert nearest is None or nearest.what.ja
    return None if nearest is None else (nearest.what.en, nearest.at)


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.INTAKE, None),
        (Phase.FILING_WINDOW, "first day"),
        (Phase.PACKAGING, None),
        (Phase.SIGNATURE, "sign"),
        (Phase.SUBMISSION, None),
        (Phase.RECEIPT, "receipt number"),
        (Phase.EXAMINATION, "examining"),
        (Phase.DECISION, None),
        (Phase.PAYMENT, "fee"),
        (Phase.COLLECTION, "preparing"),
        (Phase.CLOSED, None),
    ],
)
def test_people_read_what_has_to_happen_next(phase: Phase, words: str | None) -> None:
    told = waiting(phase=phase)

    assert (told is None) if words is None else (told is not None and words in told)


def test_what_is_ready_waits_for_the_person_and_what_comes_by_mail_for_the_agency() -> None:
    ready = report(outcome=Outcome.PERMITTED, collection=CollectionStatus.READY)
    by_mail = state(phase=Phase.COLLECTION, report=ready)
    form = by_mail.application.form.model_copy(
        update={
            "application_type": ApplicationType.CERTIFICATE_OF_ELIGIBILITY,
            "collection_method": CollectionMethod.EMAIL,
        }
    )
    by_mail.application = by_mail.application.model_copy(update={"form": form})

    assert waiting(phase=Phase.COLLECTION, report=ready) == "Waiting for the residence card to be collected."
    told = snapshot_of(by_mail, parked=False, today=TODAY).waiting_for
    assert told is not None
    assert told.en == "The agency is preparing the certificate of eligibility."


def test_a_person_who_signs_just_now_is_not_asked_to_sign() -> None:
    at_the_desk = SignAt(message_id="m-1", terminal_id="desk-1")

    assert waiting(phase=Phase.SIGNATURE, sign_at=at_the_desk) is None


def test_an_operators_turn_goes_before_everything_else() -> None:
    told: dict[str, Any] = {
        "phase": Phase.EXAMINATION,
        "receipt": receipt(),
        "report": report(document_requests=(asked(),)),
    }

    assert "documents" in (waiting(**told) or "")
    assert "manual step" in (waiting(**told, manual_steps=[BY_HAND]) or "")
    assert "operator" in (waiting(**told, manual_steps=[BY_HAND], parked=True) or "")
    assert waiting(**{**told, "phase": Phase.CLOSED}, manual_steps=[BY_HAND], parked=True) is None


def test_documents_that_were_supplied_are_not_waited_for() -> None:
    told = waiting(phase=Phase.EXAMINATION, report=report(document_requests=(asked(supplied=True),)))

    assert "examining" in (told or "")


def test_before_filing_the_deadline_is_the_end_of_online_filing() -> None:
    assert deadline(phase=Phase.INTAKE) is None
    assert deadline(phase=Phase.SIGNATURE, closes_at=CLOSES_AT) == ("Online filing closes", CLOSES_AT)


def test_after_filing_the_nearest_of_all_deadlines_is_shown() -> None:
    filed: dict[str, Any] = {
        "phase": Phase.EXAMINATION,
        "closes_at": CLOSES_AT,
        "receipt": receipt(),
        "special_period_until": date(2027, 3, 31),
    }
    requests = (asked(1, date(2026, 12, 10), supplied=True), asked(2, date(2026, 12, 28)), asked(3, date(2027, 1, 8)))

    assert deadline(**filed) == ("The special period of stay ends", datetime(2027, 3, 31, 15, 0, tzinfo=UTC))
    assert deadline(**filed, report=report(document_requests=requests)) == (
        "Additional documents are due",
        datetime(2026, 12, 28, 15, 0, tzinfo=UTC),
    )


def test_after_the_decision_only_the_fee_can_still_be_missed() -> None:
    decided: dict[str, Any] = {"phase": Phase.PAYMENT, "receipt": receipt(), "special_period_until": date(2027, 3, 31)}
    due = report(outcome=Outcome.PERMITTED, document_requests=(asked(),), fee=fee(date(2027, 1, 15)))
    paid = report(outcome=Outcome.PERMITTED, fee=fee(status=PaymentStatus.PAID))

    assert deadline(**decided, report=due) == ("The fee is due", datetime(2027, 1, 15, 15, 0, tzinfo=UTC))
    assert deadline(**decided, report=paid) is None


def test_a_closed_application_has_no_deadline() -> None:
    assert deadline(phase=Phase.CLOSED, closes_at=CLOSES_AT) is None
    assert deadline(phase=Phase.CLOSED, receipt=receipt(), report=report(fee=fee())) is None


def test_a_new_application_shows_what_it_is_and_nothing_that_has_not_happened() -> None:
    new = shown()

    assert (new.application_id, new.phase, new.end) == ("app-00000001", Phase.INTAKE, None)
    assert (new.documents_status, new.collection_status) == (DocumentsStatus.NONE, CollectionStatus.NOT_READY)
    assert (new.provisional_number, new.receipt_number, new.outcome, new.fee, new.filed_at) == (None,) * 5


def test_everything_the_agency_said_is_shown() -> None:
    told = report(
        receipt_number="東1",
        documents=DocumentsStatus.SUPPLIED,
        collection=CollectionStatus.READY,
        outcome=Outcome.PERMITTED,
        document_requests=(asked(supplied=True),),
        grant=Grant(period=PeriodOfStay(years=5), expires_on=date(2032, 1, 31)),
        fee=fee(),
    )
    snapshot = shown(
        phase=Phase.COLLECTION,
        receipt=receipt(),
        report=told,
        sealed=SealedPackage(
            document=DocumentRef(sha256="f" * 64, size=1, media_type="application/zip"), spec_pack="sample 1"
        ),
        office="TOKYO",
        payment_reported_on=date(2027, 1, 10),
    )

    assert snapshot.filed_at == FILED_AT
    assert snapshot.provisional_number == "K2026112400001"
    assert snapshot.receipt_number == "東1"
    assert (snapshot.application_status, snapshot.documents_status) == (told.application, told.documents)
    assert (snapshot.collection_status, snapshot.outcome) == (told.collection, told.outcome)
    assert snapshot.document_requests == told.document_requests
    assert snapshot.fee == told.fee
    assert (snapshot.granted_period, snapshot.granted_until) == (PeriodOfStay(years=5), date(2032, 1, 31))
    assert (snapshot.package_sha256, snapshot.office) == ("f" * 64, "TOKYO")
    assert snapshot.payment_reported_on == date(2027, 1, 10)


def test_the_provisional_number_survives_a_lost_receipt() -> None:
    assert shown(report=report()).provisional_number == "K2026112400001"


def test_whoever_may_see_the_application_does_not_see_the_person() -> None:
    secrets = (
        "TRAN",
        "19960412",
        "VNM",
        "HANOI",
        "resident.example",
        "09000001234",
        "C1234567",
        "AB12345678CD",
        "架空",
    )
    text = shown(phase=Phase.PAYMENT, receipt=receipt(), report=report(fee=fee(), document_requests=(asked(),)))

    assert not [secret for secret in secrets if secret in text.model_dump_json()]


def test_what_the_person_has_to_do_is_not_hidden_behind_what_others_do_meanwhile() -> None:
    step = ManualStep(kind=ManualStepKind.CHECK_STATUS, since=FILED_AT, instructions=BilingualText(ja="x", en="x"))
    asked_for = report(document_requests=(asked(),))
    wanted = state(phase=Phase.EXAMINATION, receipt=receipt(), report=asked_for, manual_steps=[step])
    to_pay = state(phase=Phase.PAYMENT, receipt=receipt(), report=report(fee=fee()), manual_steps=[step])

    said = [snapshot_of(each, parked=False, today=FILED_AT.date()).waiting_for for each in (wanted, to_pay)]
    assert [each.en.split(" from ")[0] for each in said if each] == [
        "Waiting for additional documents",
        "Waiting for the fee to be paid.",
    ]
