"""May this message to a document request be taken now? What a validator asks before anything is written."""

from datetime import date

from zairyu.models.base import BilingualText
from zairyu.models.document_request import DocumentRequestState
from zairyu.models.messages import (
    AssignManualStep,
    CompleteManualStep,
    Message,
    Resolve,
    SignAt,
    StopSigning,
    SupplyDocuments,
)
from zairyu.models.snapshot import ManualStepKind
from zairyu.rules.attachments import PDF
from zairyu.rules.document_request_outlook import by_post_now, card_valid_until
from zairyu.rules.matters import why_no_such_step, why_not_resolved
from zairyu.rules.supplying_online import is_online_over, why_not_online


def why_refused(message: Message, state: DocumentRequestState, *, today: date) -> BilingualText | None:
    """Why a message cannot be taken; nothing when it can. One that was taken before can always be repeated.

    Args:
        message: any of the request's updates.
        state: the request now.
        today: the day in Japan.
    """
    if message.message_id in state.handled:
        return None
    if state.answered:
        return _ANSWERED
    match message:
        case SupplyDocuments():
            return _supply(message, state, today)
        case SignAt():
            return _sign_at(message, state)
        case StopSigning():
            return None if state.sign_at else _NOTHING_UNDER_WAY
        case AssignManualStep():
            return why_no_such_step(message.step, state)
        case CompleteManualStep():
            # Also where nobody asked for it: documents may always be brought to the office.
            return None if message.step is ManualStepKind.SUPPLY_DOCUMENTS else why_no_such_step(message.step, state)
        case Resolve():
            return why_not_resolved(message, state)
    raise TypeError(f"no rule admits {type(message).__name__}")


def _supply(message: SupplyDocuments, state: DocumentRequestState, today: date) -> BilingualText | None:
    if state.answer is not None and state.package is None:
        return _UNDER_WAY
    if any(attachment.document.media_type != PDF for attachment in message.attachments):
        return _NO_PDF
    if message.card_valid_until is not None and message.card_valid_until < today:
        return _CARD_IS_OVER
    last = card_valid_until(state, message.card_valid_until)
    if is_online_over(period_expires_on=state.start.period_expires_on, card_valid_until=last, on=today):
        return why_not_online(by_post_now(state, today))
    return None


def _sign_at(message: SignAt, state: DocumentRequestState) -> BilingualText | None:
    if state.package is None:
        return _NOTHING_TO_SIGN
    if state.sign_at is not None and state.sign_at.terminal_id == message.terminal_id:
        return _SIGNING_HERE
    return None


_ANSWERED = BilingualText(ja="この求めには既に回答しています。", en="The request has been answered already.")
_UNDER_WAY = BilingualText(ja="この求めには既に回答しています。", en="The request is being answered already.")
_NO_PDF = BilingualText(ja="資料はPDFで提出してください。", en="Documents are PDFs.")
_CARD_IS_OVER = BilingualText(
    ja="マイナンバーカードの有効期限が過ぎています。日付を確かめてください。",
    en="That day is over: a My Number card that has lapsed does not count. Check the day.",
)
_NOTHING_TO_SIGN = BilingualText(ja="署名を待つ資料はありません。", en="No documents wait for a signature.")
_SIGNING_HERE = BilingualText(ja="この端末で署名の手続き中です。", en="A signature is under way at this terminal.")
_NOTHING_UNDER_WAY = BilingualText(ja="署名の手続き中ではありません。", en="No signature is under way.")
