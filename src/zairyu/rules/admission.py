"""May this message be taken now? What a validator asks before anything is written."""

from datetime import date

from zairyu.models import messages
from zairyu.models.base import BilingualText
from zairyu.models.capability import Capability
from zairyu.models.snapshot import AttentionReason, ManualStepKind, Phase
from zairyu.models.state import ApplicationState
from zairyu.models.status import ApplicationStatus, CollectionStatus, DocumentsStatus, Outcome, Said
from zairyu.rules.collection import why_closed
from zairyu.rules.manual_steps import comes_by_email, grants_period
from zairyu.rules.matters import why_no_such_step, why_not_resolved

_WHILE_EXAMINED = (ApplicationStatus.RECEIVED, ApplicationStatus.UNDER_EXAMINATION)


def why_refused(
    message: messages.Message, state: ApplicationState, *, parked_on: AttentionReason | None, today: date
) -> BilingualText | None:
    """Why a message cannot be taken; nothing when it can. One that was taken before can always be repeated.

    Args:
        message: any of the application's updates.
        state: the application now.
        parked_on: the matter that an operator has to decide before the application goes on.
        today: the day in Japan.
    """
    if message.message_id in state.handled:
        return None
    match message:
        case messages.Amend():
            return _amend(message, state)
        case messages.SignAt():
            return _sign_at(message, state, parked_on)
        case messages.StopSigning():
            return _stop_signing(state)
        case messages.ChooseCollection():
            return _choose_collection(message, state, today)
        case messages.ReportPayment():
            return _report_payment(message, state, today)
        case messages.ConfirmCollection():
            return _confirm_collection(message, state, today)
        case messages.RequestWithdrawal():
            return _request_withdrawal(state)
        case messages.RequestCorrection():
            return _request_correction(state)
        case messages.AssignManualStep():
            return why_no_such_step(message.step, state)
        case messages.CompleteManualStep():
            return _complete_manual_step(message, state)
        case messages.Resolve():
            return why_not_resolved(message, state, parked_on=parked_on)
    raise TypeError(f"no rule admits {type(message).__name__}")


def _amend(message: messages.Amend, state: ApplicationState) -> BilingualText | None:
    if state.request_id is not None:
        return BilingualText(
            ja="提出後はオンラインで変更できません。提出先に連絡してください。",
            en="After filing nothing can be changed online. Talk to the office.",
        )
    if message.form is None and message.photo is None and message.attachments is None:
        return BilingualText(ja="変更がありません。", en="There is nothing to change.")
    return _open(state)


def _sign_at(
    message: messages.SignAt, state: ApplicationState, parked_on: AttentionReason | None
) -> BilingualText | None:
    if state.phase is not Phase.SIGNATURE or parked_on is not None:
        return BilingualText(ja="署名の段階ではありません。", en="The application does not wait for a signature.")
    if state.sign_at is not None and state.sign_at.terminal_id == message.terminal_id:
        return BilingualText(ja="この端末で署名の手続き中です。", en="A signature is under way at this terminal.")
    return None


def _stop_signing(state: ApplicationState) -> BilingualText | None:
    if state.phase is not Phase.SIGNATURE or state.sign_at is None:
        return BilingualText(ja="署名の手続き中ではありません。", en="No signature is under way.")
    return None


def _choose_collection(
    message: messages.ChooseCollection, state: ApplicationState, today: date
) -> BilingualText | None:
    form = state.application.form
    closed = why_closed(
        form.application_type,
        message.method,
        form.concurrent_permissions,
        on=today,
        adds_kanji_name=form.adds_kanji_name,
    )
    if closed is not None:
        return closed
    sending = state.request_id is not None and state.receipt is None
    past = state.report is not None and state.report.application not in _WHILE_EXAMINED
    decided = state.outcome is not None
    if sending or past or decided or state.wanted_collection is not None:
        return BilingualText(
            ja="受領方法は今は変更できません。提出先に連絡してください。",
            en="The way to collect cannot be changed now. Talk to the office.",
        )
    return _open(state)


def _report_payment(message: messages.ReportPayment, state: ApplicationState, today: date) -> BilingualText | None:
    if state.phase is not Phase.PAYMENT or state.fee is None:
        return BilingualText(ja="納付の段階ではありません。", en="There is no fee to pay now.")
    return _not_in_future(message.paid_on, today)


def _confirm_collection(
    message: messages.ConfirmCollection, state: ApplicationState, today: date
) -> BilingualText | None:
    # Some results are closed without a word on how they were handed over, and some interfaces never say a word of it.
    closed = state.report is not None and state.report.application is ApplicationStatus.CLOSED
    unsaid = closed or not state.tells(Capability.COLLECTION_PROGRESS)
    if state.phase is not Phase.COLLECTION or not (state.handing_over or unsaid):
        return BilingualText(ja="受領の段階ではありません。", en="There is nothing to collect now.")
    return _not_in_future(message.collected_on, today)


def _request_withdrawal(state: ApplicationState) -> BilingualText | None:
    if state.outcome is not None:
        return BilingualText(ja="既に結果が出ています。", en="The application has been decided.")
    return _open(state)


def _request_correction(state: ApplicationState) -> BilingualText | None:
    if state.receipt is None:
        return BilingualText(ja="提出前の変更にはamendを使ってください。", en="Before filing, amend it.")
    if state.outcome is not None:
        return BilingualText(ja="既に結果が出ています。", en="The application has been decided.")
    return _open(state)


def _complete_manual_step(message: messages.CompleteManualStep, state: ApplicationState) -> BilingualText | None:
    said = message.said
    match message.step:
        case ManualStepKind.NOTE_RECEIPT_NUMBER if said is None or said.receipt_number is None:
            missing = "said.receipt_number"
        case ManualStepKind.NOTE_DOCUMENT_REQUEST if said is None or not _tells_of_documents(said):
            missing = "said.request"
        case ManualStepKind.NOTE_DECISION if said is None or (said.outcome or state.outcome) is None:
            missing = "said.outcome"
        case ManualStepKind.NOTE_DECISION if said and _permits(said, state) and grants_period(state) and not said.grant:
            missing = "said.grant"
        case ManualStepKind.NOTE_FEE if said is None or said.fee is None:
            missing = "said.fee"
        case ManualStepKind.NOTE_COLLECTION if said is None or not _tells_of_collection(said, state):
            missing = "said.collection"
        case _:
            return why_no_such_step(message.step, state)
    return why_no_such_step(message.step, state) or BilingualText(
        ja=f"確認した内容（{missing}）がありません。", en=f"What was found there is missing: {missing}."
    )


def _tells_of_documents(said: Said) -> bool:
    """Whether it says what is wanted, or that nothing is. That something is, was known."""
    return said.request is not None or said.documents not in (None, DocumentsStatus.REQUESTED)


def _tells_of_collection(said: Said, state: ApplicationState) -> bool:
    """Whether it says more than was known: until there is something to tell, the step stays open."""
    ready = (
        (CollectionStatus.NOT_READY, CollectionStatus.READY) if comes_by_email(state) else (CollectionStatus.NOT_READY,)
    )
    return said.collection is not None and said.collection not in ready


def _permits(said: Said, state: ApplicationState) -> bool:
    return (said.outcome or state.outcome) is Outcome.PERMITTED


def _open(state: ApplicationState) -> BilingualText | None:
    if state.phase is Phase.CLOSED:
        return BilingualText(ja="手続は終了しています。", en="The application is closed.")
    return None


def _not_in_future(day: date, today: date) -> BilingualText | None:
    if day > today:
        return BilingualText(ja="未来の日付です。", en="This day lies in the future.")
    return None
