"""The agency: what a provider, an officer and a shop can do with an application, one verb each."""

from datetime import date

from zairyu.activities.mynaportal.wire import FeeSlip, GrantedPeriod, RequestedDocuments, StatusRecord, Submitted
from zairyu.sandbox.case import (
    Action,
    Collection,
    Documents,
    NotFound,
    Outcome,
    Payment,
    Period,
    Refusal,
    Stage,
    collection_can_change,
    grants_period,
)
from zairyu.sandbox.clock import SandboxClock, day_in_japan
from zairyu.sandbox.fees import TIME_TO_PAY, charge_for
from zairyu.sandbox.letters import DOCUMENTS, EXAMINED, NUMBERED, READY, RECEIVED, SENT, Letters
from zairyu.sandbox.registry import Application, Contents, Registry, Supply

_COLLECTION_METHODS = {"CERTIFICATE_OF_ELIGIBILITY": frozenset({"EMAIL", "POST"})}
_COLLECTION_METHODS_OF_OTHERS = frozenset({"POST", "COUNTER"})


class Agency:
    """The verbs. Each one checks what may follow on the state, and makes one entry in the registry."""

    def __init__(self, registry: Registry, clock: SandboxClock, letters: Letters) -> None:
        self.registry = registry
        self._clock = clock
        self._letters = letters

    # What a provider does

    def answer_given(self, request_id: str, sha256: str) -> Submitted | None:
        """The answer already given to this request, if there is one.

        Raises:
            Refusal: the request id was used for other bytes.
        """
        application = self.registry.find(request_id)
        if application is None:
            return None
        if application.sha256 != sha256:
            raise Refusal("REQUEST_ID_REUSED", "this request id was used for another package")
        return self._submitted(request_id)

    def _submitted(self, request_id: str) -> Submitted:
        record = self.registry.application(request_id).record
        return Submitted(
            request_id=request_id, provisional_number=record.provisional_number, accepted_at=record.accepted_at
        )

    def receive(self, request_id: str, *, sha256: str, size: int, contents: Contents) -> Submitted:
        """Take an application; it counts as filed from its provisional number."""
        day = f"{self._clock.today():%Y%m%d}"
        with self.registry.entry():
            provisional_number = f"K{day}{self.registry.next_serial(f'provisional/{day}'):05}"
            self.registry.add(
                request_id, provisional_number=provisional_number, sha256=sha256, size=size, contents=contents
            )
        self._letters.tell(RECEIVED, self.registry.application(request_id))
        return self._submitted(request_id)

    def answer_to_supply(
        self, request_id: str, number: int, supply_id: str, *, sha256: str, complete: bool
    ) -> Submitted | None:
        """The answer already given to this supply; nothing when it is new, and wanted.

        Raises:
            NotFound: there is no such application, or no such request for documents.
            Refusal: something else was supplied under this id, or nothing is wanted any more.
        """
        record = self.registry.application(request_id).record
        asked = next((asked for asked in record.document_requests if asked.number == number), None)
        if asked is None:
            raise NotFound("NO_SUCH_DOCUMENT_REQUEST", f"there is no request for documents number {number}")
        for taken in self.registry.supplies(request_id):
            if (taken.number, taken.supply_id) == (number, supply_id):
                if (taken.sha256, taken.complete) != (sha256, complete):
                    raise Refusal("SUPPLY_ID_REUSED", "this supply id was used for other documents")
                return _supplied(record, taken)
        if asked.supplied or record.documents != Documents.WANTED:
            raise Refusal("DOCUMENTS_NOT_WANTED", "no documents are wanted for this request")
        return None

    def supply(self, request_id: str, supply: Supply) -> Submitted:
        """Take documents for a request. The same supply is answered alike.

        While a request stays open it is no news that something came: the record has no word for it.

        Raises:
            NotFound: as `answer_to_supply` does.
            Refusal: as `answer_to_supply` does.
        """
        answered = self.answer_to_supply(
            request_id, supply.number, supply.supply_id, sha256=supply.sha256, complete=supply.complete
        )
        if answered is not None:
            return answered
        record = self.registry.application(request_id).record
        with self.registry.entry():
            self.registry.add_supply(request_id, supply)
            if supply.complete:
                self.registry.change(record, **_without_open_request(record, supply.number))
        return _supplied(record, supply)

    def take_back(self, request_id: str) -> StatusRecord:
        """Withdraw an application; what is withdrawn stays so.

        Raises:
            NotFound: there is no such application.
            Refusal: it has another outcome.
        """
        record = self.registry.application(request_id).record
        if record.outcome != Outcome.WITHDRAWN:
            self.withdraw(request_id)
        return self.registry.application(request_id).record

    def choose_collection(self, request_id: str, method: str) -> StatusRecord:
        """Note how the result is to be collected. It is no news: the record has no word for it.

        Raises:
            NotFound: there is no such application.
            Refusal: the method is not offered, or it is too late to choose.
        """
        application = self.registry.application(request_id)
        if method not in _COLLECTION_METHODS.get(application.application_type, _COLLECTION_METHODS_OF_OTHERS):
            raise Refusal("COLLECTION_METHOD_NOT_OFFERED", "the result of this application is not collected that way")
        if method == "POST" and application.contents.concurrent_permissions:
            raise Refusal("COLLECTION_METHOD_NOT_OFFERED", "with another permission the result is not sent by post")
        if not collection_can_change(application.record):
            raise Refusal("COLLECTION_CLOSED", "the method can be chosen until the examination is completed")
        with self.registry.entry():
            self.registry.set_collection_method(request_id, method)
        return application.record

    # What an officer does

    def issue_receipt_number(self, request_id: str) -> None:
        """Give the application the number that proves it is pending."""
        record = self._open_for(Action.ISSUE_RECEIPT_NUMBER, request_id).record
        year = f"{self._clock.today():%y}"
        with self.registry.entry():
            number = f"東オンＥＮ{year}{self.registry.next_serial(f'receipt/{year}'):06}"
            self.registry.change(record, receipt_number=number)
        self._letters.tell(NUMBERED, self.registry.application(request_id))

    def start_examination(self, request_id: str) -> None:
        """Begin to examine."""
        record = self._open_for(Action.START_EXAMINATION, request_id).record
        self._change(record, application=Stage.UNDER_EXAMINATION)

    def request_documents(self, request_id: str, items: list[str], due_on: date) -> None:
        """Ask for additional documents, due on a day in Japan."""
        record = self._open_for(Action.REQUEST_DOCUMENTS, request_id).record
        asked = RequestedDocuments(number=len(record.document_requests) + 1, items=items, due_on=due_on)
        self._change(record, documents=Documents.WANTED, document_requests=[*record.document_requests, asked])
        self._letters.tell(DOCUMENTS, self.registry.application(request_id), asked=asked)

    def permit(self, request_id: str, period: Period | None, expires_on: date | None = None) -> None:
        """Permit, with a period of stay where the application is for one. The fee slip comes with it.

        Raises:
            Refusal: not now, or a period is missing, or there is none to grant.
        """
        application = self._open_for(Action.PERMIT, request_id)
        if (period is not None) is not grants_period(application.application_type):
            raise Refusal("PERIOD_NOT_AS_FILED", "a period of stay is granted where one was filed for, and only there")
        grant = None if period is None else self._grant(application.contents, period, expires_on)
        with self.registry.entry():
            self.registry.change(
                application.record,
                application=Stage.EXAMINATION_COMPLETED,
                documents=_nothing_wanted(application.record),
                outcome=Outcome.PERMITTED,
                grant=grant,
                fee=self._write_slip(application, grant),
            )
            if period is not None and period.is_stamped:
                self.registry.set_collection_method(request_id, "COUNTER")
        self._letters.tell(EXAMINED, application)

    def _grant(self, contents: Contents, period: Period, expires_on: date | None) -> GrantedPeriod:
        # An extension runs on from the end of the stay before it, anything else from today.
        start = self._clock.today()
        if contents.application_type == "EXTENSION_OF_PERIOD" and contents.period_expires_on is not None:
            start = contents.period_expires_on
        return GrantedPeriod(
            years=period.years,
            months=period.months,
            days=period.days,
            expires_on=expires_on or period.after(start),
        )

    def _write_slip(self, application: Application, grant: GrantedPeriod | None) -> FeeSlip | None:
        received_on = day_in_japan(application.record.accepted_at)
        charge = charge_for(application.application_type, received_on, grant, application.contents.re_entry)
        if charge is None:
            return None
        payment_number = f"{60_000_000_000 + self.registry.next_serial('payment')}"
        self.registry.set_payment_number(application.request_id, payment_number)
        return FeeSlip(
            amount=charge.amount,
            settlement_fee=charge.settlement_fee,
            payment_number=payment_number,
            due_on=self._clock.today() + TIME_TO_PAY,
            status=Payment.DUE,
        )

    def deny(self, request_id: str) -> None:
        """Deny. The application axis says `審査完了` for a denial as for a permission."""
        application = self._open_for(Action.DENY, request_id)
        self._change(
            application.record,
            application=Stage.EXAMINATION_COMPLETED,
            documents=_nothing_wanted(application.record),
            outcome=Outcome.DENIED,
        )
        self._letters.tell(EXAMINED, application)

    def withdraw(self, request_id: str) -> None:
        """Record that the applicant withdrew."""
        self._end(self._open_for(Action.WITHDRAW, request_id).record, Outcome.WITHDRAWN)

    def terminate(self, request_id: str) -> None:
        """End the application without a decision, or for a fee that was never paid."""
        self._end(self._open_for(Action.TERMINATE, request_id).record, Outcome.TERMINATED)

    def _end(self, record: StatusRecord, outcome: Outcome) -> None:
        self._change(record, application=Stage.CLOSED, documents=_nothing_wanted(record), outcome=outcome)

    def mark_paid(self, request_id: str) -> None:
        """Note that the fee has arrived."""
        record = self._open_for(Action.MARK_PAID, request_id).record
        if record.fee is not None:
            self._change(record, fee=record.fee.model_copy(update={"status": Payment.PAID.value}))

    def mark_ready(self, request_id: str) -> None:
        """The card is ready."""
        application = self._open_for(Action.MARK_READY, request_id)
        self._change(application.record, collection=Collection.READY)
        self._letters.tell(READY, application)

    def mark_sent(self, request_id: str) -> None:
        """The card is in the mail, or the certificate is mailed."""
        application = self._open_for(Action.MARK_SENT, request_id)
        self._change(application.record, collection=Collection.SENT, application=Stage.CLOSED)
        if application.collection_method == "EMAIL":
            self._letters.certificate(application)
        else:
            self._letters.tell(SENT, application)

    def hand_over(self, request_id: str) -> None:
        """The person has it in hand."""
        record = self._open_for(Action.HAND_OVER, request_id).record
        self._change(record, collection=Collection.COLLECTED, application=Stage.CLOSED)

    def _open_for(self, action: Action, request_id: str) -> Application:
        application = self.registry.application(request_id)
        if action not in application.open_actions:
            raise Refusal("NOT_POSSIBLE_NOW", f"{action} does not follow on the state of this application")
        return application

    def _change(self, record: StatusRecord, **changes: object) -> None:
        with self.registry.entry():
            self.registry.change(record, **changes)

    # What a shop does

    def slip(self, payment_number: str) -> FeeSlip:
        """The fee slip with a payment number.

        Raises:
            NotFound: there is none.
        """
        return self._slip(payment_number)[1]

    def pay(self, payment_number: str) -> None:
        """Take the money for a payment number.

        Raises:
            NotFound: no slip has this number.
            Refusal: the slip is paid or void, or its last day is over.
        """
        application, slip = self._slip(payment_number)
        if slip.status == Payment.PAID:
            raise Refusal("ALREADY_PAID", "this fee slip is paid")
        if self._clock.today() > slip.due_on:
            raise Refusal("PAYMENT_NUMBER_EXPIRED", f"the last day to pay was {slip.due_on}")
        self.mark_paid(application.request_id)

    def _slip(self, payment_number: str) -> tuple[Application, FeeSlip]:
        application = self.registry.with_payment_number(payment_number)
        if application is None or application.record.fee is None:
            raise NotFound("NO_SUCH_PAYMENT_NUMBER", "no fee slip has this number")
        return application, application.record.fee


def _supplied(record: StatusRecord, supply: Supply) -> Submitted:
    return Submitted(
        request_id=record.request_id, provisional_number=record.provisional_number, accepted_at=supply.accepted_at
    )


def _without_open_request(record: StatusRecord, number: int) -> dict[str, object]:
    """What changes when a request is answered: documents are wanted as long as another one is open."""
    requests = [
        asked.model_copy(update={"supplied": True}) if asked.number == number else asked
        for asked in record.document_requests
    ]
    answered = all(asked.supplied for asked in requests)
    return {"documents": Documents.SUPPLIED if answered else Documents.WANTED, "document_requests": requests}


def _nothing_wanted(record: StatusRecord) -> str:
    return Documents.NONE if record.documents == Documents.WANTED else record.documents
