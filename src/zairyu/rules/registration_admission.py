"""May this message to a registration be taken now? What a validator asks before anything is written."""

from datetime import date
from typing import Final

from zairyu.models import registration
from zairyu.models.base import BilingualText
from zairyu.models.findings import Severity
from zairyu.models.messages import AssignManualStep, CompleteManualStep, Message, Resolve, SignAt
from zairyu.models.registration import RegistrationPhase, RegistrationState, TerminalVisit
from zairyu.models.snapshot import AttentionReason
from zairyu.rules.calendar import day_in_japan
from zairyu.rules.matters import why_no_such_step, why_not_resolved
from zairyu.rules.registration import check_holder, check_registration, password_expires_on

_PHASE_WORDS: Final = {
    RegistrationPhase.TERMS: BilingualText(
        ja="利用規約への同意の段階ではありません。", en="No agreement to the terms is waited for."
    ),
    RegistrationPhase.CARD: BilingualText(ja="カードの読み取りの段階ではありません。", en="No card is waited for."),
    RegistrationPhase.SIGNATURE: BilingualText(
        ja="署名の段階ではありません。", en="The registration does not wait for a signature."
    ),
    RegistrationPhase.CONFIRMATION: BilingualText(
        ja="認証IDの入力の段階ではありません。", en="No authentication ID is waited for."
    ),
    RegistrationPhase.ACTIVE: BilingualText(ja="登録は有効ではありません。", en="The registration is not active."),
}


def why_refused(
    message: Message, state: RegistrationState, *, parked_on: AttentionReason | None, today: date
) -> BilingualText | None:
    """Why a message cannot be taken; nothing when it can. One that was taken before can always be repeated.

    Args:
        message: any of the registration's updates.
        state: the registration now.
        parked_on: the matter that an operator has to decide before the registration goes on.
        today: the day in Japan.
    """
    if message.message_id in state.handled:
        return None
    if state.phase is RegistrationPhase.CLOSED or state.leaving:
        return BilingualText(ja="登録は終了しています。", en="The registration is closed.")
    match message:
        case registration.AcceptTerms():
            return _in_phase(state, RegistrationPhase.TERMS)
        case registration.ReadCardAt():
            return _read_card(message, state, parked_on)
        case SignAt():
            return _sign(message, state, parked_on)
        case registration.LeaveTerminal():
            return _leave_terminal(state)
        case registration.AmendRegistration():
            return _amend(message, state, today)
        case registration.EnterAuthenticationId():
            return _enter_authentication_id(message, state, today)
        case registration.PasswordRenewed():
            return _password_renewed(message, state, today)
        case registration.ChangeDetails():
            return _change_details(message, state)
        case registration.CardReissued():
            return _card_reissued(state)
        case CompleteManualStep():
            return why_no_such_step(message.step, state)
        case AssignManualStep():
            return why_no_such_step(message.step, state)
        case Resolve():
            return why_not_resolved(message, state, parked_on=parked_on)
        case registration.EndRegistration():
            return None
    raise TypeError(f"no rule admits {type(message).__name__}")


def _in_phase(state: RegistrationState, phase: RegistrationPhase) -> BilingualText | None:
    return None if state.phase is phase else _PHASE_WORDS[phase]


_CARD_IS_READ_IN: Final = (RegistrationPhase.CARD, RegistrationPhase.SIGNATURE, RegistrationPhase.EXPIRED)
"""Also before the signature, when it was the wrong card; and when the ID has ended, with the next one."""


def _read_card(
    message: registration.ReadCardAt, state: RegistrationState, parked_on: AttentionReason | None
) -> BilingualText | None:
    if state.phase not in _CARD_IS_READ_IN or parked_on is not None:
        return _PHASE_WORDS[RegistrationPhase.CARD]
    return _under_way(TerminalVisit(terminal_id=message.terminal_id, reads=True), state)


def _sign(message: SignAt, state: RegistrationState, parked_on: AttentionReason | None) -> BilingualText | None:
    if state.phase is not RegistrationPhase.SIGNATURE or parked_on is not None:
        return _PHASE_WORDS[RegistrationPhase.SIGNATURE]
    return _under_way(TerminalVisit(terminal_id=message.terminal_id), state)


def _under_way(visit: TerminalVisit, state: RegistrationState) -> BilingualText | None:
    if state.visit == visit:
        return BilingualText(ja="この端末で手続き中です。", en="It is under way at this terminal.")
    return None


def _leave_terminal(state: RegistrationState) -> BilingualText | None:
    if state.visit is None:
        return BilingualText(ja="端末での手続き中ではありません。", en="Nothing is under way at a terminal.")
    return None


def _amend(message: registration.AmendRegistration, state: RegistrationState, today: date) -> BilingualText | None:
    if state.request_id is not None or state.account is not None:
        return BilingualText(
            ja="送信後は、在留申請オンラインシステムで利用者情報を変更してください。",
            en="After it was sent, change your details with the Online Residence Application System.",
        )
    wrong = [
        finding
        for finding in (
            *check_registration(message.form.model_dump(mode="json"), on=today),
            # What the form leaves out now, the card tells.
            *(check_holder(message.form, state.reading, on=today) if state.reading else ()),
        )
        if finding.severity is Severity.ERROR
    ]
    if wrong:
        return BilingualText(
            ja="".join(finding.message.ja for finding in wrong), en=" ".join(finding.message.en for finding in wrong)
        )
    return None


def _enter_authentication_id(
    message: registration.EnterAuthenticationId, state: RegistrationState, today: date
) -> BilingualText | None:
    if state.phase is not RegistrationPhase.CONFIRMATION or state.receipt is None:
        return _PHASE_WORDS[RegistrationPhase.CONFIRMATION]
    if message.password_set_on < day_in_japan(state.receipt.accepted_at):
        return BilingualText(
            ja="パスワードの設定日が、登録を送信した日より前です。",
            en="The password was set before the registration was sent.",
        )
    return _not_in_future(message.password_set_on, today)


def _password_renewed(
    message: registration.PasswordRenewed, state: RegistrationState, today: date
) -> BilingualText | None:
    if state.phase is not RegistrationPhase.ACTIVE or state.account is None:
        return _PHASE_WORDS[RegistrationPhase.ACTIVE]
    if password_expires_on(message.renewed_on) < state.account.password_expires_on:
        return BilingualText(ja="より新しいパスワードが記録されています。", en="A newer password is known already.")
    return _not_in_future(message.renewed_on, today)


def _change_details(message: registration.ChangeDetails, state: RegistrationState) -> BilingualText | None:
    if state.phase is not RegistrationPhase.ACTIVE or state.form is None:
        return _PHASE_WORDS[RegistrationPhase.ACTIVE]
    if message.address in (None, state.form.address) and message.contact in (None, state.form.contact):
        return BilingualText(ja="変更がありません。", en="There is nothing to change.")
    return None


def _card_reissued(state: RegistrationState) -> BilingualText | None:
    if state.receipt is None and state.account is None:
        return BilingualText(
            ja="まだ登録していません。新しいカードをそのままお使いください。",
            en="Nothing has been registered yet: just use the new card.",
        )
    return None


def _not_in_future(day: date, today: date) -> BilingualText | None:
    if day > today:
        return BilingualText(ja="未来の日付です。", en="This day lies in the future.")
    return None
