"""Applications at any point of their story, as the rules see them."""

from datetime import UTC, date, datetime
from typing import Any, Final

from tests.applications import application
from zairyu.models.state import ApplicationState
from zairyu.models.status import ApplicationStatus, DocumentRequest, Fee, StatusReport, SubmissionReceipt

FILED_AT: Final = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""Noon of a Tuesday in Japan."""
REQUEST_ID: Final = "app-00000001.0123456789abcdef0123"


def state(**at: Any) -> ApplicationState:
    return ApplicationState(application=application(), **at)


def receipt(accepted_at: datetime = FILED_AT) -> SubmissionReceipt:
    return SubmissionReceipt(request_id=REQUEST_ID, provisional_number="K2026112400001", accepted_at=accepted_at)


def report(**says: Any) -> StatusReport:
    return StatusReport(
        **{
            "event_id": "event-1",
            "request_id": REQUEST_ID,
            "revision": 1,
            "reported_at": FILED_AT,
            "provisional_number": "K2026112400001",
            "application": ApplicationStatus.RECEIVED,
            **says,
        }
    )


def asked(number: int = 1, due_on: date = date(2026, 12, 28), *, supplied: bool = False) -> DocumentRequest:
    return DocumentRequest(number=number, items=("在職証明書",), due_on=due_on, supplied=supplied)


def fee(due_on: date = date(2027, 1, 15), **says: Any) -> Fee:
    return Fee(amount=56_000, settlement_fee=550, payment_number="0001", due_on=due_on, **says)
