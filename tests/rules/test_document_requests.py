"""What may be said to a document request, and what its days bring."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from tests.applications import document
from tests.stays import LINH
from zairyu.models.document_request import DocumentRequestState, FollowDocumentRequest, Supply
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.messages import (
    AssignManualStep,
    CompleteManualStep,
    Message,
    SignAt,
    StopSigning,
    SupplyDocuments,
)
from zairyu.models.package import UnsignedPackage
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import ManualStep, ManualStepKind
from zairyu.models.status import DocumentRequest
from zairyu.rules.calendar import end_of_day
from zairyu.rules.document_request_admission import why_refused
from zairyu.rules.document_request_outlook import letter, next_moment, snapshot_of
from zairyu.rules.manual_steps import instructions

TODAY: Final = date(2027, 1, 20)
NOW: Final = datetime(2027, 1, 20, 3, 0, tzinfo=UTC)
DUE: Final = date(2027, 2, 10)
EXPIRY: Final = date(2027, 1, 31)
SUPPLY: Final = SupplyDocuments(
    message_id="m", attachments=(Attachment(kind=AttachmentKind.TAX_CERTIFICATE, document=document()),)
)
TO_SIGN: Final = UnsignedPackage(document=document(), digest_to_sign="0" * 64, file_count=1, spec_pack="sample")
SIT_DOWN: Final = SignAt(message_id="s", terminal_id="T1")
STEP: Final = ManualStep(
    kind=ManualStepKind.SUPPLY_DOCUMENTS,
    since=NOW,
    instructions=instructions(ManualStepKind.SUPPLY_DOCUMENTS, on=TODAY),
)


def request(*, expires_on: date | None = None, **state: Any) -> DocumentRequestState:
    return DocumentRequestState(
        start=FollowDocumentRequest(
            application_id="app-00000001",
            application_type=ApplicationType.EXTENSION_OF_PERIOD,
            profile="sandbox",
            request_id="r",
            receipt_number="東2026-000123",
            request=DocumentRequest(number=1, items=("課税証明書",), due_on=DUE),
            to=LINH,
            name="TRAN THI LINH",
            period_expires_on=expires_on,
            card_expires_on=expires_on,
            office="TOKYO",
        ),
        since=NOW,
        after_sending=True,
        **state,
    )


def refused(message: Message, state: DocumentRequestState, today: date = TODAY) -> str | None:
    reason = why_refused(message, state, today=today)
    return None if reason is None else reason.en


def test_answer_is_taken_once_at_a_time() -> None:
    assert refused(SUPPLY, request()) is None
    assert refused(SUPPLY, request(answer=SUPPLY)) == "The request is being answered already."
    assert refused(SUPPLY, request(answered=True)) == "The request has been answered already."
    assert refused(SUPPLY, request(answered=True, handled=["m"])) is None


def test_answer_that_waits_for_its_signature_can_be_replaced() -> None:
    assert refused(SUPPLY, request(answer=SUPPLY, package=TO_SIGN)) is None


def test_what_is_no_pdf_is_refused() -> None:
    photo = Attachment(kind=AttachmentKind.OTHER, document=document(media_type="image/jpeg"))
    assert refused(SUPPLY.model_copy(update={"attachments": (photo,)}), request()) == "Documents are PDFs."


def test_signature_is_asked_for_only_where_one_is_wanted() -> None:
    assert refused(SIT_DOWN, request()) == "No documents wait for a signature."
    assert refused(SIT_DOWN, request(package=TO_SIGN)) is None
    assert refused(SIT_DOWN, request(package=TO_SIGN, sign_at=SIT_DOWN)) == (
        "A signature is under way at this terminal."
    )
    elsewhere = SignAt(message_id="t", terminal_id="T2")
    assert refused(elsewhere, request(package=TO_SIGN, sign_at=SIT_DOWN)) is None
    assert refused(StopSigning(message_id="x"), request()) == "No signature is under way."
    assert refused(StopSigning(message_id="x"), request(package=TO_SIGN, sign_at=SIT_DOWN)) is None


def test_documents_may_be_brought_also_where_nobody_asked_for_it() -> None:
    done = CompleteManualStep(message_id="d", step=ManualStepKind.SUPPLY_DOCUMENTS, evidence="受付印")
    assert refused(done, request()) is None
    other = done.model_copy(update={"step": ManualStepKind.NOTE_FEE})
    assert refused(other, request(manual_steps=[STEP])) == "No such manual step is open."
    take = AssignManualStep(message_id="a", step=ManualStepKind.SUPPLY_DOCUMENTS, assignee="sato01")
    assert refused(take, request()) == "No such manual step is open."
    assert refused(take, request(manual_steps=[STEP])) is None


def test_in_the_special_period_only_an_extended_card_supplies_online() -> None:
    after = EXPIRY + timedelta(days=1)
    assert refused(SUPPLY, request(expires_on=EXPIRY), EXPIRY) is None
    why = refused(SUPPLY, request(expires_on=EXPIRY), after)
    assert why is not None
    assert "registered mail to the Tokyo Regional" in why
    extended = SUPPLY.model_copy(update={"card_valid_until": date(2027, 3, 31)})
    assert refused(extended, request(expires_on=EXPIRY), after) is None
    # Said once, it need not be said again.
    assert refused(SUPPLY, request(expires_on=EXPIRY, card_valid_until=date(2027, 3, 31)), after) is None
    lapsed = SUPPLY.model_copy(update={"card_valid_until": EXPIRY})
    assert refused(lapsed, request(expires_on=EXPIRY), after) == (
        "That day is over: a My Number card that has lapsed does not count. Check the day."
    )


def test_mail_warns_before_the_day_and_says_after_it_that_documents_go_by_post() -> None:
    state = request(expires_on=EXPIRY)
    before = letter(state, TODAY, reminder=False)
    assert (before.online_until, before.by_post is not None) == (EXPIRY, True)
    after = letter(state, EXPIRY + timedelta(days=1), reminder=True)
    assert (after.online_until, after.by_post is not None) == (None, True)
    overdue = letter(state, DUE + timedelta(days=1), reminder=True)
    assert overdue.by_post is not None
    state.card_valid_until = date(2027, 3, 31)
    assert letter(state, TODAY, reminder=False).by_post is None
    assert letter(request(), TODAY, reminder=False).by_post is None


def test_days_bring_reminders_the_end_of_online_supply_and_the_step_that_is_left_open() -> None:
    state = request(expires_on=EXPIRY, manual_steps=[STEP])
    order = []
    while (moment := next_moment(state, TODAY)) is not None:
        order.append((moment.at.date().isoformat(), moment.what.value))
        state.rung.append(moment.key)
    assert order == [
        ("2027-01-22", "STEP_OPEN"),
        ("2027-01-26", "STEP_OPEN"),
        ("2027-02-01", "ONLINE_OVER"),
        ("2027-02-03", "DUE_SOON"),
        ("2027-02-09", "DUE_SOON"),
    ]


def test_request_that_comes_late_is_not_reminded_of_at_once() -> None:
    state = request().model_copy(update={"since": end_of_day(DUE) - timedelta(hours=30)})
    assert next_moment(state, DUE) is None


def test_window_that_swallows_the_due_date_is_the_next_deadline() -> None:
    begins = end_of_day(DUE) - timedelta(hours=3)
    window = MaintenanceWindow(begins=begins, ends=begins + timedelta(hours=9), source="calendar")
    plain, nearer = snapshot_of(request(), today=TODAY), snapshot_of(request(maintenance=[window]), today=TODAY)
    assert plain.next_deadline is not None
    assert nearer.next_deadline is not None
    assert (plain.next_deadline.at, nearer.next_deadline.at) == (end_of_day(DUE), begins)


def test_snapshot_says_what_is_waited_for() -> None:
    in_part = Supply(supplied_at=NOW, attachments=SUPPLY.attachments, complete=False, document=document())
    said = {
        "Additional documents have to be supplied.": request(),
        "The rest of the documents has to be supplied.": request(supplies=[in_part]),
        "The documents are being supplied.": request(answer=SUPPLY),
        "The signer has to sign the documents at a terminal.": request(answer=SUPPLY, package=TO_SIGN),
        "Waiting for the signature at the terminal.": request(answer=SUPPLY, package=TO_SIGN, sign_at=SIT_DOWN),
        "Somebody has to hand the documents in, and note it.": request(manual_steps=[STEP]),
    }
    for sentence, state in said.items():
        waiting_for = snapshot_of(state, today=TODAY).waiting_for
        assert waiting_for is not None
        assert waiting_for.en == sentence
    assert snapshot_of(request(answered=True), today=TODAY).waiting_for is None
