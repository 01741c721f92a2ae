"""An application as it is shown to people: where it is, what it waits for, what must not be missed."""

from datetime import date

from zairyu.models.base import BilingualText
from zairyu.models.residence import CollectionMethod, Filer
from zairyu.models.snapshot import ApplicationSnapshot, End, ManualStepKind, NextDeadline, Phase
from zairyu.models.state import ApplicationState
from zairyu.models.status import CollectionStatus, DocumentsStatus, Outcome
from zairyu.rules.calendar import end_of_day
from zairyu.rules.deadlines import brought_forward

_WAITING = {
    Phase.FILING_WINDOW: BilingualText(
        ja="オンライン申請の受付開始を待っています。", en="Waiting for the first day on which the agency takes it."
    ),
    Phase.SIGNATURE: BilingualText(
        ja="{0}の署名を待っています。端末でマイナンバーカードをかざしてください。",
        en="Waiting for {0} to sign with their My Number card at a terminal.",
    ),
    Phase.RECEIPT: BilingualText(ja="申請受付番号を待っています。", en="Waiting for the receipt number."),
    Phase.EXAMINATION: BilingualText(ja="出入国在留管理庁が審査しています。", en="The agency is examining it."),
    Phase.PAYMENT: BilingualText(ja="手数料の納付を待っています。", en="Waiting for the fee to be paid."),
}
_SIGNERS = {
    Filer.APPLICANT: BilingualText(ja="申請人", en="the applicant"),
    Filer.LEGAL_REPRESENTATIVE: BilingualText(ja="法定代理人", en="the legal representative"),
    Filer.RELATIVE: BilingualText(ja="親族", en="the relative who files"),
}
FILING_CLOSES = BilingualText(ja="オンライン申請の締切", en="Online filing closes")
_MAINTENANCE = BilingualText(
    ja="オンライン申請の締切（その後は締切まで保守のため停止）",
    en="Online filing closes in fact: planned maintenance follows until it does",
)
_COLLECTION = BilingualText(ja="{0}の受領を待っています。", en="Waiting for the {0} to be collected.")
_ISSUE = BilingualText(ja="出入国在留管理庁が{0}を準備しています。", en="The agency is preparing the {0}.")
_RECEIPT_REGISTRATION = BilingualText(
    ja="在留資格認定証明書のメールにあるリンクからの受領登録を待っています。",
    en="Waiting for the receipt registration, by the link in the mail that is the certificate.",
)
_DOCUMENTS = BilingualText(ja="{0}からの追加資料を待っています。", en="Waiting for additional documents from {0}.")
_RESOLUTION = BilingualText(
    ja="担当者の判断を待っています（要対応を参照）。", en="Waiting for an operator's decision; see attention."
)
_MANUAL = BilingualText(
    ja="担当者の手作業を待っています（手作業を参照）。", en="Waiting for a manual step; see manual steps."
)


def snapshot_of(state: ApplicationState, *, parked: bool, today: date) -> ApplicationSnapshot:
    """The state of an application, as everybody may see it who may see the application at all.

    Args:
        state: the application.
        parked: whether it stands still until an operator decides.
        today: the day in Japan.
    """
    form, report, receipt = state.application.form, state.report, state.receipt
    number = receipt.provisional_number if receipt else report.provisional_number if report else None
    return ApplicationSnapshot(
        application_id=state.application.application_id,
        application_type=form.application_type,
        residence_status=form.residence_status,
        phase=state.phase,
        end=state.end,
        waiting_for=_waiting_for(state, parked=parked),
        attention=tuple(state.attention),
        manual_steps=tuple(state.manual_steps),
        corrections=tuple(state.corrections),
        next_deadline=_next_deadline(state),
        opens_on=state.opens_on,
        last_day_online=state.last_day_online,
        special_period_until=state.special_period_until,
        in_special_period=in_special_period(state, today),
        office=state.office,
        package_findings=state.package.findings if state.package and state.receipt is None else (),
        to_follow=state.package.to_follow if state.package else (),
        followed=_followed(state),
        package_sha256=state.sealed.document.sha256 if state.sealed else None,
        provisional_number=number,
        receipt_number=report.receipt_number if report else None,
        filed_at=receipt.accepted_at if receipt else None,
        application_status=report.application if report else None,
        documents_status=report.documents if report else DocumentsStatus.NONE,
        collection_status=report.collection if report else CollectionStatus.NOT_READY,
        outcome=report.outcome if report else None,
        document_requests=report.document_requests if report else (),
        granted_period=report.grant.period if report and report.grant else None,
        granted_until=report.grant.expires_on if report and report.grant else None,
        fee=report.fee if report else None,
        payment_reported_on=state.payment_reported_on,
        collection_method=form.collection_method,
        collected_on=state.collected_on,
        certificate_valid_until=state.certificate_valid_until,
        concurrent_permissions=form.concurrent_permissions,
        concurrent_terminated=bool(form.concurrent_permissions) and _ended_without_permission(state),
        unknown_words=report.unknown_words if report else (),
        disagreements=tuple(state.disagreements),
        after_denial=state.after_denial,
        maintenance=tuple(state.maintenance) if state.receipt is None else (),
        timeline=tuple(state.timeline),
    )


def in_special_period(state: ApplicationState, today: date) -> bool:
    """Whether only the pending application keeps the stay lawful: the period is over, and nothing decided."""
    stay, last = state.application.form.applicant.current_stay, state.special_period_until
    if stay is None or last is None or state.outcome is not None or state.phase is Phase.CLOSED:
        return False
    return stay.expires_on < today <= last


def _followed(state: ApplicationState) -> tuple[int, ...]:
    """The later deliveries of which every document was supplied."""
    supplied, deliveries = set(state.supplied_later), state.package.to_follow if state.package else ()
    return tuple(
        number
        for number, attachments in enumerate(deliveries, start=2)
        if {attachment.document.sha256 for attachment in attachments} <= supplied
    )


def _ended_without_permission(state: ApplicationState) -> bool:
    """Whether what was filed for together with it ended with it, of which no mail tells.

    Source: ISA, user guide for applicants (2024-03), section 5 (1) VII, point 1.
    """
    # The agency may not have noted yet what was withdrawn by hand.
    return state.outcome not in (None, Outcome.PERMITTED) or state.end is End.WITHDRAWN


def _waiting_for(state: ApplicationState, *, parked: bool) -> BilingualText | None:
    """What has to happen next; nothing while the service itself is at work, or after the end."""
    if state.phase is Phase.CLOSED:
        return None
    if parked:
        return _RESOLUTION
    form = state.application.form
    steps = {step.kind for step in state.manual_steps}
    # What the person has to do stands before what others look up for them meanwhile.
    if state.phase is Phase.EXAMINATION and _open_requests_due(state) and ManualStepKind.WITHDRAWAL not in steps:
        return _filled(_DOCUMENTS, _signer(form.filer))
    to_pay = state.phase is Phase.PAYMENT and state.fee is not None and state.payment_reported_on is None
    if steps and not to_pay:
        return _MANUAL
    match state.phase:
        case Phase.SIGNATURE:
            return None if state.sign_at is not None else _filled(_WAITING[Phase.SIGNATURE], _signer(form.filer))
        case Phase.COLLECTION:
            return _collection(state)
    return _WAITING.get(state.phase)


def _signer(filer: Filer) -> BilingualText:
    # An amendment may name somebody who does not sign here; it is shown before it is refused.
    return _SIGNERS.get(filer, filer.label)


def _collection(state: ApplicationState) -> BilingualText:
    form = state.application.form
    if form.collection_method is CollectionMethod.EMAIL and state.collection is CollectionStatus.SENT:
        return _RECEIPT_REGISTRATION
    # What comes by e-mail is the agency's to send.
    theirs = not state.handing_over or form.collection_method is CollectionMethod.EMAIL
    return _filled(_ISSUE if theirs else _COLLECTION, form.application_type.result)


def _filled(sentence: BilingualText, word: BilingualText) -> BilingualText:
    return BilingualText(ja=sentence.ja.format(word.ja), en=sentence.en.format(word.en))


def _next_deadline(state: ApplicationState) -> NextDeadline | None:
    """The nearest moment after which something is lost."""
    if state.phase is Phase.CLOSED:
        return None
    moments: list[NextDeadline] = []
    if state.receipt is None:
        if state.closes_at is not None:
            moments.append(NextDeadline(at=state.closes_at, what=FILING_CLOSES))
            in_fact = brought_forward(state.closes_at, state.maintenance)
            if in_fact < state.closes_at:
                moments.append(NextDeadline(at=in_fact, what=_MAINTENANCE))
    else:
        moments += [
            _end_of(due, BilingualText(ja="追加資料の提出期限", en="Additional documents are due"))
            for due in _open_requests_due(state)
        ]
        if state.fee is not None and not state.fee_settled:
            moments.append(_end_of(state.fee.due_on, BilingualText(ja="手数料の納付期限", en="The fee is due")))
        if state.special_period_until and not (state.report and state.report.outcome):
            moments.append(
                _end_of(
                    state.special_period_until,
                    BilingualText(ja="特例期間の末日", en="The special period of stay ends"),
                )
            )
    return min(moments, key=lambda moment: moment.at, default=None)


def _open_requests_due(state: ApplicationState) -> list[date]:
    if state.report is None or state.report.outcome or state.report.collection is CollectionStatus.COLLECTED:
        return []
    return [request.due_on for request in state.report.document_requests if not request.supplied]


def _end_of(day: date, what: BilingualText) -> NextDeadline:
    return NextDeadline(at=end_of_day(day), what=what)
