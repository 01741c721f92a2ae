"""What is known of a stay after news or a message. News may come late, twice, or in the wrong order."""

from datetime import date
from typing import Final

from zairyu.models import stay
from zairyu.models.assessment import HeldStay, MyNumberCard
from zairyu.models.base import BilingualText
from zairyu.models.messages import Message
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import End

STAYING_ON: Final = (ApplicationType.EXTENSION_OF_PERIOD, ApplicationType.CHANGE_OF_STATUS)
"""What somebody files to stay on beyond the expiry. Source: Immigration Control and Refugee Recognition Act, articles
20 and 21."""

_ENDING_THE_STAY: Final = (End.DENIED, End.WITHDRAWN, End.TERMINATED)
"""After the expiry the stay rests on the pending application alone, and ends with it."""


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
        standing = _with_held(standing, news.held, on)
    if news.filed is not None:
        standing = _with_filed(standing, news.filed)
    if news.ended is not None:
        standing = _with_ended(standing, news.ended, on)
    return standing


def with_card_extended(standing: stay.Standing, until: date) -> stay.Standing:
    """The card lasts longer now."""
    return standing.model_copy(update={"card": MyNumberCard(expires_on=until, extended=True)})


def why_refused(message: Message, state: stay.StayState) -> BilingualText | None:
    """Why a message cannot be taken; nothing when it can. One that was taken before can always be repeated."""
    if message.message_id in state.handled:
        return None
    if state.standing is None:
        return BilingualText(ja="在留の情報がまだありません。", en="Nothing is known of this stay yet.")
    match message:
        case stay.StartExtension():
            return _start_extension(message, state)
        case stay.CardExtended():
            return _card_extended(message, state.standing)
        case stay.UpdateContact() | stay.CloseStayWatch():
            return None
    raise TypeError(f"no rule admits {type(message).__name__}")


def _with_card(standing: stay.Standing, expires_on: date) -> stay.Standing:
    card = standing.card
    # Who repeats the day before the extension has not heard of it.
    if card is not None and (card.expires_on == expires_on or (card.extended and expires_on < card.expires_on)):
        return standing
    return standing.model_copy(update={"card": MyNumberCard(expires_on=expires_on)})


def _with_held(standing: stay.Standing, held: HeldStay, on: date) -> stay.Standing:
    if held == standing.held:
        return standing
    # What was filed for an earlier period is decided by this one, whether or not its end has been told.
    pending = tuple(filed for filed in standing.pending if not _within(filed, held))
    return standing.model_copy(
        update={"held": held, "held_since": on, "pending": pending, "grant_unknown_since": None, "ended_with": None}
    )


def _with_filed(standing: stay.Standing, filed: stay.FiledApplication) -> stay.Standing:
    known = {pending.application_id for pending in standing.pending}.union(standing.over)
    if filed.application_type not in STAYING_ON or filed.application_id in known:
        return standing
    if standing.held is not None and _within(filed, standing.held):
        return standing
    return standing.model_copy(update={"pending": (*standing.pending, filed)})


def _with_ended(standing: stay.Standing, ended: stay.EndedApplication, on: date) -> stay.Standing:
    if ended.application_id in standing.over:
        return standing
    filed = next((one for one in standing.pending if one.application_id == ended.application_id), None)
    pending = tuple(one for one in standing.pending if one is not filed)
    changes: dict[str, object] = {"over": (*standing.over, ended.application_id), "pending": pending}
    if filed is not None and ended.end is End.COMPLETED:
        if standing.held_since is None or standing.held_since < filed.filed_on:
            changes |= {"held": None, "held_since": None, "grant_unknown_since": on}
    elif filed is not None and ended.end in _ENDING_THE_STAY:
        past = standing.held is not None and on > standing.held.expires_on
        if past and not pending:
            changes["ended_with"] = ended.end
    return standing.model_copy(update=changes)


def _within(filed: stay.FiledApplication, held: HeldStay) -> bool:
    """Whether the period somebody holds outlasts all that the application could have given by pending."""
    return filed.special_period_until is not None and filed.special_period_until <= held.expires_on


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
