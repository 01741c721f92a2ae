"""A registration as it is shown to people: where it is, what it waits for, what must not be missed."""

from datetime import date
from typing import Final

from zairyu.models.base import BilingualText
from zairyu.models.registration import RegistrationPhase, RegistrationSnapshot, RegistrationState
from zairyu.models.snapshot import NextDeadline
from zairyu.rules.calendar import end_of_day
from zairyu.rules.registration import differences, help_desk_at

_WAITING: Final = {
    RegistrationPhase.TERMS: BilingualText(
        ja="利用規約への同意を待っています。", en="Waiting for the user to agree to the terms of use."
    ),
    RegistrationPhase.CARD: BilingualText(
        ja="マイナンバーカードの読み取りを待っています。端末でカードをかざしてください。",
        en="Waiting for the user's My Number card to be read at a terminal.",
    ),
    RegistrationPhase.SIGNATURE: BilingualText(
        ja="利用者の署名を待っています。端末で同じマイナンバーカードをかざしてください。",
        en="Waiting for the user to sign at a terminal, with the same My Number card.",
    ),
    RegistrationPhase.CONFIRMATION: BilingualText(
        ja="登録完了のメールからのパスワード設定と、認証IDの入力を待っています。",
        en="Waiting for the user to set the password from the agency's mail, and to enter the authentication ID.",
    ),
    RegistrationPhase.EXPIRED: BilingualText(
        ja="認証IDの有効期限が切れました。カードを更新し、改めて登録してください。",
        en="The authentication ID has ended. Have the card renewed, then register again.",
    ),
}
_AGAIN: Final = BilingualText(
    ja="新しいマイナンバーカードの読み取りを待っています。以前の登録のために登録できない場合は、在留申請オンラインシステム"
    "ヘルプデスクに連絡してください。",
    en="Waiting for the user's new My Number card to be read at a terminal. If the former registration stands in the "
    "way, call the help desk of the Online Residence Application System.",
)
_DIFFERENCES: Final = BilingualText(
    ja="カードの記載と入力内容が異なります。在留カードのとおりか確かめ、必要なら訂正してから署名してください。",
    en="The card says something else than what was filled in. Make sure that it is as on the residence card, amend it "
    "if need be, then sign.",
)
_RESOLUTION: Final = BilingualText(
    ja="担当者の判断を待っています（要対応を参照）。", en="Waiting for an operator's decision; see attention."
)
_MANUAL: Final = BilingualText(
    ja="利用者の手作業を待っています（手作業を参照）。",
    en="Waiting for the user to do something by hand; see manual steps.",
)
_PASSWORD_OVER: Final = BilingualText(
    ja="パスワードの有効期限が切れました。ログイン画面の「パスワードを忘れた場合」から再設定してください。",
    en="The password has ended. Set a new one by the link for forgotten passwords on the login page.",
)


def snapshot_of(state: RegistrationState, *, parked: bool, today: date) -> RegistrationSnapshot:
    """The state of a registration on a day in Japan, as everybody may see it who may see it at all."""
    compared = state.form is not None and state.reading is not None and state.phase is not RegistrationPhase.CARD
    return RegistrationSnapshot(
        user_id=state.user_id,
        phase=state.phase,
        end=state.end,
        waiting_for=_waiting_for(state, parked=parked, today=today),
        attention=tuple(state.attention),
        manual_steps=tuple(state.manual_steps),
        next_deadline=_next_deadline(state, today),
        form=state.form,
        terms=state.terms,
        card=state.reading,
        differences=differences(state.form, state.reading) if compared and state.form and state.reading else (),
        provisional_number=state.receipt.provisional_number if state.receipt else None,
        sent_at=state.receipt.accepted_at if state.receipt else None,
        account=state.account,
        timeline=tuple(state.timeline),
    )


def _waiting_for(state: RegistrationState, *, parked: bool, today: date) -> BilingualText | None:
    """What has to happen next; nothing while the service itself is at work, or after the end."""
    if parked:
        return _RESOLUTION
    if state.visit is not None:
        return None
    if state.phase is RegistrationPhase.CARD and state.round > 1:
        return _AGAIN
    if state.phase is RegistrationPhase.SIGNATURE and state.form and state.reading:
        return _DIFFERENCES if differences(state.form, state.reading) else _WAITING[state.phase]
    if state.phase is RegistrationPhase.ACTIVE:
        if state.account is not None and state.account.password_expires_on < today:
            return _PASSWORD_OVER
        return _MANUAL if state.manual_steps else None
    return _WAITING.get(state.phase)


def _next_deadline(state: RegistrationState, today: date) -> NextDeadline | None:
    """The nearest moment after which something is lost, or is a matter for the help desk."""
    if state.phase is RegistrationPhase.CONFIRMATION and state.receipt is not None:
        return NextDeadline(
            at=help_desk_at(state.receipt.accepted_at),
            what=BilingualText(ja="登録完了のメールの期限", en="The agency's mail is overdue"),
        )
    if state.phase is RegistrationPhase.ACTIVE and state.account is not None:
        ends = [
            (state.account.password_expires_on, BilingualText(ja="パスワードの期限", en="The password ends")),
            (state.account.expires_on, BilingualText(ja="認証IDの期限", en="The authentication ID ends")),
        ]
        return min(
            (NextDeadline(at=end_of_day(day), what=what) for day, what in ends if day >= today),
            key=lambda deadline: deadline.at,
            default=None,
        )
    return None
