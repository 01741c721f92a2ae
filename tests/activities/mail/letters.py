"""One mail of every occasion, as the workflow writes them."""

from datetime import UTC, date, datetime
from typing import Any, Final

from zairyu.models.application import Contact, Language
from zairyu.models.assessment import Intention
from zairyu.models.base import BilingualText
from zairyu.models.mail import (
    AuthenticationIdEnds,
    CardEndsFirst,
    CertificateMailed,
    CollectionReady,
    ConfirmationOverdue,
    Decided,
    DetailsToChange,
    DocumentsRequested,
    FeeDue,
    Mail,
    MaintenanceAhead,
    Occasion,
    PasswordEnds,
    ReceiptNumberIssued,
    RegisterAgain,
    RegistrationSent,
    SpecialPeriodEnds,
    StayExpires,
    StayUnfiled,
    WindowMissed,
)
from zairyu.models.residence import ApplicationType, CollectionMethod, ConcurrentPermission, PeriodOfStay
from zairyu.models.snapshot import ManualStepKind
from zairyu.models.status import DocumentRequest, Fee, Grant, Outcome
from zairyu.rules.collection import collection_options
from zairyu.rules.manual_steps import instructions
from zairyu.rules.supplying_online import by_post

APPLICATION_ID: Final = "0191a1e0-1111-4222-8333-abcdefabcdef"
_ASKED = DocumentRequest(number=1, items=("在職証明書（原本）", "住民税納税証明書"), due_on=date(2026, 12, 5))
_BY_POST = by_post(office="TOKYO", receipt_number=None, due_on=date(2026, 12, 5), on=date(2026, 12, 1))
_FEE = Fee(amount=56_000, settlement_fee=550, payment_number="0001-2345", due_on=date(2027, 1, 9))


def _collection(method: CollectionMethod) -> CollectionReady:
    intention = Intention(application_type=ApplicationType.EXTENSION_OF_PERIOD)
    (way,) = (option for option in collection_options(intention, on=date(2026, 12, 1)) if option.method is method)
    return CollectionReady(
        method=method, what_to_bring_or_send=way.enclosures, send_to=way.send_to, warnings=way.warnings
    )


OCCASIONS: Final[dict[str, Occasion]] = {
    "receipt number": ReceiptNumberIssued(receipt_number="東2026-000123"),
    "documents": DocumentsRequested(request=_ASKED),
    "documents, changed": DocumentsRequested(request=_ASKED, changed=True),
    "documents again": DocumentsRequested(request=_ASKED, reminder=True),
    "the rest of the documents": DocumentsRequested(request=_ASKED, reminder=True, supplied_in_part=True),
    "documents, soon by post": DocumentsRequested(request=_ASKED, online_until=date(2026, 12, 1), by_post=_BY_POST),
    "documents by post": DocumentsRequested(request=_ASKED, by_post=_BY_POST),
    "permitted": Decided(
        outcome=Outcome.PERMITTED, grant=Grant(period=PeriodOfStay(years=3), expires_on=date(2030, 1, 31))
    ),
    "permitted without a period": Decided(outcome=Outcome.PERMITTED),
    "permitted for a fee": Decided(outcome=Outcome.PERMITTED, fee_follows=True),
    "denied": Decided(outcome=Outcome.DENIED),
    "denied in the special period": Decided(
        outcome=Outcome.DENIED,
        special_period_ended=True,
        concurrent_permissions=(ConcurrentPermission.RE_ENTRY, ConcurrentPermission.OTHER_ACTIVITY),
    ),
    "withdrawn": Decided(outcome=Outcome.WITHDRAWN),
    "withdrawn in the special period": Decided(outcome=Outcome.WITHDRAWN, special_period_ended=True),
    "terminated in the special period": Decided(outcome=Outcome.TERMINATED, special_period_ended=True),
    "terminated": Decided(outcome=Outcome.TERMINATED),
    "fee": FeeDue(fee=_FEE),
    "fee again": FeeDue(fee=_FEE, reminder=True),
    "fee without settlement": FeeDue(fee=_FEE.model_copy(update={"settlement_fee": 0})),
    "counter": _collection(CollectionMethod.COUNTER),
    "counter, for a stamp": _collection(CollectionMethod.COUNTER).model_copy(update={"in_passport": True}),
    "post": _collection(CollectionMethod.POST),
    "registration sent": RegistrationSent(),
    "confirmation overdue": ConfirmationOverdue(),
    "password": PasswordEnds(ends_on=date(2027, 11, 20)),
    "authentication id": AuthenticationIdEnds(ends_on=date(2027, 1, 31)),
    "authentication id ended": AuthenticationIdEnds(ends_on=date(2027, 1, 31), ended=True),
    "details": DetailsToChange(instructions=instructions(ManualStepKind.CHANGE_OF_DETAILS, on=date(2026, 12, 1))),
    "another card": RegisterAgain(),
    "certificate": CertificateMailed(valid_until=date(2027, 2, 20)),
    "certificate again": CertificateMailed(valid_until=date(2027, 2, 20), reminder=True),
    "stay": StayExpires(
        expires_on=date(2027, 1, 31),
        opens_on=date(2026, 10, 31),
        last_day_online=date(2027, 1, 30),
        counter_until=date(2027, 2, 1),
        special_period=BilingualText(ja="結果が出るまで在留できます。", en="The stay goes on until the decision."),
        card=BilingualText(ja="カードを延長してください。", en="Have your card extended."),
    ),
    "stay and nothing else": StayExpires(
        expires_on=date(2027, 1, 31),
        opens_on=date(2026, 10, 31),
        last_day_online=date(2027, 1, 30),
        counter_until=date(2027, 2, 1),
    ),
    "stay unfiled": StayUnfiled(expires_on=date(2027, 1, 31), counter_until=date(2027, 2, 1)),
    "card ends first": CardEndsFirst(card_expires_on=date(2027, 1, 31), extended_until=date(2027, 3, 31)),
    "card ends first, nobody knows how long": CardEndsFirst(card_expires_on=date(2027, 1, 31)),
    "special period": SpecialPeriodEnds(until=date(2027, 3, 31), begins=True),
    "special period ends": SpecialPeriodEnds(until=date(2027, 3, 31)),
    "maintenance": MaintenanceAhead(
        deadline=BilingualText(ja="追加資料の提出期限", en="Additional documents are due"),
        before=datetime(2026, 12, 5, 12, 0, tzinfo=UTC),
        until=datetime(2026, 12, 5, 21, 0, tzinfo=UTC),
        request=_ASKED,
    ),
    "window missed": WindowMissed(counter_until=date(2027, 2, 1)),
    "window missed, at the counter too": WindowMissed(),
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
