"""What is known of a stay after news or a message. News may come late, twice, or in the wrong order."""

from datetime import date
from typing import Final

from zairyu.models import stay
from zairyu.models.assessment import HeldStay, MyNumberCard
from zairyu.models.base import BilingualText
from zairyu.models.messages import Message
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import End
from zairyu.rules.calendar import reaches
from zairyu.rules.special_period import special_period_until

STAYING_ON: Final = (ApplicationType.EXTENSION_OF_PERIOD, ApplicationType.CHANGE_OF_STATUS)
"""What somebody files to stay on beyond the expiry. Source: Immigration Control and Refugee Recognition Act, articles
20 and 21."""

CHANGING_THE_STAY: Final = (*STAYING_ON, ApplicationType.ACQUISITION_OF_STATUS)
"""What changes the applicant's own stay when it is permitted. Source: the same Act, articles 20, 21 and 22-2."""

_ENDING_THE_STAY: Final = (End.DENIED, End.WITHDRAWN, End.TERMINATED)
"""After the expiry the stay rests on the pending application alone, and ends with it."""


def begins_watch(news: stay.StayNews) -> bool:
    """Whether news begins a watch where there is none. What has ended, and a new contact, are nothing to watch."""
    return news.ended is None and (news.held is not None or news.filed is not None or news.left)


def begins_watch_anew(news: stay.StayNews) -> bool:
    """Whether news begins a watch also after somebody has closed one: a registration does, an application does not."""
    return begins_watch(news) and news.filed is None


def with_news(standing: stay.Standing | None, news: stay.StayNews, *, on: date) -> stay.Standing:
    """What is known once the news has come.

    Args:
        standing: what was known; nothing before the first news.
        news: one that was not taken before.
        on: the day in Japan on which it comes.
    """
    if standing is None:
        standing = stay.Standing(name=news.name, contact=news.contact)
    elif news.filed is None and news.ended is None:
        standing = standing.model_copy(update={"name": news.name, "contact": news.contact})
    if news.card_expires_on is not None:
        standing = _with_card(standing, news.card_expires_on)
    if news.held is not None:
        standing = _with_held(standing, news.held)
    if news.filed is not None:
        standing = _with_filed(standing, news.filed, news.held)
    if news.ended is not None:
        standing = _with_ended(standing, news.ended, on)
    return standing


def with_card_extended(standing: stay.Standing, until: date) -> stay.Standing:
    """The card lasts longer now."""
    return standing.model_copy(update={"card": MyNumberCard(expires_on=until, extended=True)})


def with_period_noted(standing: stay.Standing, held: HeldStay) -> stay.Standing:
    """Somebody has looked: this period counts, and what was filed for another one is decided."""
    for filed in standing.pending:
        if not _filed_from(filed, held):
            standing = _without_pending(standing, filed.application_id)
    return _renewed(standing, held)


def why_refused(message: Message, state: stay.StayState, *, today: date) -> BilingualText | None:
    """Why a message cannot be taken; nothing when it can. One that was taken before can always be repeated.

    Args:
        message: any of the watch's updates.
        state: the watch now.
        today: the day in Japan.
    """
    if message.message_id in state.handled:
        return None
    if state.standing is None:
        return BilingualText(ja="在留の情報がまだありません。", en="Nothing is known of this stay yet.")
    match message:
        case stay.StartExtension():
            return _start_extension(message, state)
        case stay.CardExtended():
            return _card_extended(message, state.standing)
        case stay.NotePeriod():
            return _note_period(message, state.standing, today)
        case stay.UpdateContact() | stay.CloseStayWatch():
            return None
    raise TypeError(f"no rule admits {type(message).__name__}")


def _with_card(standing: stay.Standing, expires_on: date) -> stay.Standing:
    card = standing.card
    # Who repeats the day before the extension has not heard of it.
    if card is not None and (card.expires_on == expires_on or (card.extended and expires_on < card.expires_on)):
        return standing
    return standing.model_copy(update={"card": MyNumberCard(expires_on=expires_on)})


def _with_held(standing: stay.Standing, held: HeldStay) -> stay.Standing:
    # Who registers a new card with an old form has not heard of the decision.
    if held == standing.held or held.expires_on in standing.former:
        return standing
    # What was filed for an earlier period is decided by this one, whether or not its end has been told.
    pending = tuple(filed for filed in standing.pending if not _within(filed, held))
    return _renewed(standing.model_copy(update={"pending": pending}), held)


def _renewed(standing: stay.Standing, held: HeldStay) -> stay.Standing:
    return _without_held(standing).model_copy(update={"held": held, "grant_unknown_since": None, "ended_with": None})


def _without_held(standing: stay.Standing) -> stay.Standing:
    """The period that was held is a former one."""
    if standing.held is None:
        return standing
    return standing.model_copy(update={"held": None, "former": (*standing.former, standing.held.expires_on)})


def _with_filed(standing: stay.Standing, filed: stay.FiledApplication, told_with_it: HeldStay | None) -> stay.Standing:
    if told_with_it is not None and not _filed_from(filed, told_with_it):
        return _without_pending(standing, filed.application_id)
    known = {pending.application_id for pending in standing.pending}.union(standing.over)
    if filed.application_type not in STAYING_ON or filed.application_id in known:
        return standing
    if standing.held is not None and _within(filed, standing.held):
        return standing
    return standing.model_copy(update={"pending": (*standing.pending, filed)})


def _without_pending(standing: stay.Standing, application_id: str) -> stay.Standing:
    """The application is decided, or ended without a decision."""
    pending = tuple(one for one in standing.pending if one.application_id != application_id)
    return standing.model_copy(update={"over": (*standing.over, application_id), "pending": pending})


def _with_ended(standing: stay.Standing, ended: stay.EndedApplication, on: date) -> stay.Standing:
    if ended.application_id in standing.over:
        return standing
    filed = next((one for one in standing.pending if one.application_id == ended.application_id), None)
    held, standing = standing.held, _without_pending(standing, ended.application_id)
    if filed is None:
        return standing
    if ended.end is End.COMPLETED and (held is None or _filed_from(filed, held)):
        return _without_held(standing).model_copy(update={"grant_unknown_since": on})
    past = held is not None and on > held.expires_on
    if ended.end in _ENDING_THE_STAY and past and not standing.pending:
        return standing.model_copy(update={"ended_with": ended.end})
    return standing


def _within(filed: stay.FiledApplication, held: HeldStay) -> bool:
    """Whether the period somebody holds outlasts all that the application could have given by pending."""
    return filed.special_period_until is not None and filed.special_period_until <= held.expires_on


def _filed_from(filed: stay.FiledApplication, held: HeldStay) -> bool:
    """Whether a period is the one that the application is to prolong, and not what was granted by it."""
    if not reaches(held.expires_on):
        return False
    until = special_period_until(filed.application_type, held.expires_on, held.period, filed_on=filed.filed_on)
    return until == filed.special_period_until


def _start_extension(message: stay.StartExtension, state: stay.StayState) -> BilingualText | None:
    application, standing = message.application, state.standing
    assert standing is not None  # noqa: S101 - asked before
    if application.form.application_type not in STAYING_ON:
        return BilingualText(
            ja="ここから始められるのは、在留期間の更新と在留資格の変更の申請だけです。",
            en="Only an extension of the period or a change of status is started from here.",
        )
    if application.user_id != state.user_id:
        return BilingualText(ja="別の利用者の申請です。", en="The application is another user's.")
    ended = {one.application_id for one in state.applications if one.end is not None}
    if application.application_id in ended.union(standing.over):
        return BilingualText(
            ja="この申請番号の申請は既に終了しています。", en="The application with this id has ended already."
        )
    if application.application_id in state.known:
        return None
    if standing.pending or state.wanted or any(one.end is None for one in state.applications):
        return BilingualText(
            ja="別の申請が進行中です。", en="Another application is under way; only one is followed at a time."
        )
    return None


def _card_extended(message: stay.CardExtended, standing: stay.Standing) -> BilingualText | None:
    if standing.card is None:
        return BilingualText(ja="マイナンバーカードの有効期限が不明です。", en="Nobody has said when the card ends.")
    if standing.card.extended:
        return BilingualText(
            ja="カードの有効期限は既に延長されています。再延長はできません。",
            en="The card has been extended already; it cannot be extended twice.",
        )
    if message.until <= standing.card.expires_on:
        return BilingualText(ja="延長になっていません。", en="That is no later than the card's present last day.")
    return None


def _note_period(message: stay.NotePeriod, standing: stay.Standing, today: date) -> BilingualText | None:
    if message.held == standing.held:
        return BilingualText(ja="変更がありません。", en="There is nothing to change.")
    if message.held.expires_on < today:
        return BilingualText(ja="その在留期間は既に満了しています。", en="That period of stay has ended already.")
    return None
