"""One mail of every occasion, as the workflow writes them."""

from datetime import date
from typing import Any, Final

from zairyu.models.application import Contact, Language
from zairyu.models.mail import (
    CollectionReady,
    Decided,
    DocumentsRequested,
    FeeDue,
    Mail,
    Occasion,
    ReceiptNumberIssued,
    WindowMissed,
)
from zairyu.models.residence import ApplicationType, CollectionMethod, PeriodOfStay
from zairyu.models.status import DocumentRequest, Fee, Grant, Outcome
from zairyu.rules.collection import way_to_collect

APPLICATION_ID: Final = "0191a1e0-1111-4222-8333-abcdefabcdef"
_ASKED = DocumentRequest(number=1, items=("在職証明書（原本）", "住民税納税証明書"), due_on=date(2026, 12, 5))
_FEE = Fee(amount=56_000, settlement_fee=550, payment_number="0001-2345", due_on=date(2027, 1, 9))


def _collection(method: CollectionMethod) -> CollectionReady:
    way = way_to_collect(ApplicationType.EXTENSION_OF_PERIOD, method, on=date(2026, 12, 1))
    assert way is not None
    return CollectionReady(
        method=method, what_to_bring_or_send=way.what_to_bring_or_send, send_to=way.send_to, warning=way.warning
    )


OCCASIONS: Final[dict[str, Occasion]] = {
    "receipt number": ReceiptNumberIssued(receipt_number="東2026-000123"),
    "documents": DocumentsRequested(request=_ASKED),
    "documents again": DocumentsRequested(request=_ASKED, reminder=True),
    "permitted": Decided(
        outcome=Outcome.PERMITTED, grant=Grant(period=PeriodOfStay(years=3), expires_on=date(2030, 1, 31))
    ),
    "permitted without a period": Decided(outcome=Outcome.PERMITTED),
    "denied": Decided(outcome=Outcome.DENIED),
    "withdrawn": Decided(outcome=Outcome.WITHDRAWN),
    "terminated": Decided(outcome=Outcome.TERMINATED),
    "fee": FeeDue(fee=_FEE),
    "fee again": FeeDue(fee=_FEE, reminder=True),
    "fee without settlement": FeeDue(fee=_FEE.model_copy(update={"settlement_fee": 0})),
    "counter": _collection(CollectionMethod.COUNTER),
    "post": _collection(CollectionMethod.POST),
    "window missed": WindowMissed(counter_until=date(2027, 2, 1)),
}


def mail(
    occasion: Occasion = OCCASIONS["fee"],
    language: Language = Language.JA,
    *,
    email: str = "linh@resident.example",
    **more: Any,
) -> Mail:
    return Mail(
        **{
            "reference": APPLICATION_ID,
            "application_type": ApplicationType.EXTENSION_OF_PERIOD,
            "to": Contact(email=email, phone="09000001234", language=language),
            "name": "TRAN THI LINH",
            "receipt_number": "東2026-000123",
            "occasion": occasion,
            **more,
        }
    )
