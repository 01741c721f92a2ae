"""A stay as it is shown to people: until when it lasts, what needs attention, what must not be missed."""

from datetime import date, datetime
from typing import Final

from zairyu.models.base import BilingualText
from zairyu.models.snapshot import NextDeadline
from zairyu.models.stay import Standing, StayAttention, StayMatter, StaySnapshot, StayState
from zairyu.rules.calendar import day_in_japan, end_of_day
from zairyu.rules.stay_watch import matters, stays_until, window_of

EXPLANATIONS: Final = {
    StayMatter.CARD_ENDS_FIRST: BilingualText(
        ja="審査の結果より先にマイナンバーカードの有効期限が切れるおそれがあります。市区町村で延長したら"
        "card_extendedで記録してください。",
        en="The My Number card may end before the decision. When the municipality has extended it, say so with "
        "card_extended.",
    ),
    StayMatter.NOTHING_FILED: BilingualText(
        ja="申請がないままオンラインの受付が終わりました。本人に連絡し、窓口での申請を確認してください。",
        en="Online filing has closed with nothing filed. Reach the person, and see that they file at the counter.",
    ),
    StayMatter.SPECIAL_PERIOD_OVER: BilingualText(
        ja="決定の知らせがないまま、在留できる最後の日が過ぎました。提出先に確認し、許可されていればnote_periodで"
        "記録してください。",
        en="The last day of the lawful stay has passed and no decision is known. Ask the office; if it was permitted, "
        "note the period with note_period.",
    ),
    StayMatter.GRANT_UNKNOWN: BilingualText(
        ja="許可されましたが、新しい在留期間が分かりません。在留カードを確認し、note_periodで記録してください。",
        en="It was permitted, but the new period of stay is not known. Look at the residence card, and note it with "
        "note_period.",
    ),
}
"""What is the matter, and what settles it."""


def snapshot_of(state: StayState, now: datetime) -> StaySnapshot:
    """The state of a watch at a moment."""
    standing = state.standing
    on = day_in_japan(now)
    held = standing.held if standing else None
    window = window_of(held, on)
    return StaySnapshot(
        user_id=state.user_id,
        residence_status=held.status if held else None,
        expires_on=held.expires_on if held else None,
        opens_on=window.opens_on if window else None,
        last_day_online=window.last_day_online if window else None,
        counter_until=window.counter_until if window else None,
        card_expires_on=standing.card.expires_on if standing and standing.card else None,
        card_extended=bool(standing and standing.card and standing.card.extended),
        pending=standing.pending if standing else (),
        special_period_until=stays_until(standing) if standing and standing.pending else None,
        applications=tuple(state.applications),
        attention=_attention(state, now),
        next_deadline=None if state.end or standing is None else _next_deadline(standing, on, now),
        end=state.end,
        close_reason=state.close_reason,
        timeline=tuple(state.timeline),
    )


def _attention(state: StayState, now: datetime) -> tuple[StayAttention, ...]:
    if state.end is not None or state.standing is None:
        return ()
    found = [
        StayAttention(reason=matter, since=since, explanation=EXPLANATIONS[matter])
        for matter, since in matters(state.standing, now).items()
    ]
    return (*found, *([state.undeliverable] if state.undeliverable else []))


def _next_deadline(standing: Standing, on: date, now: datetime) -> NextDeadline | None:
    """The nearest moment after which something is lost."""
    deadlines = []
    last = stays_until(standing)
    window = window_of(standing.held, on)
    if standing.pending and last is not None:
        deadlines.append(
            _end_of(last, BilingualText(ja="決定がない場合に在留できる最後の日", en="The stay ends without a decision"))
        )
    elif window is not None:
        deadlines += [
            _end_of(window.last_day_online, BilingualText(ja="オンライン申請の締切", en="Online filing closes")),
            _end_of(window.counter_until, BilingualText(ja="窓口での申請の締切", en="The counter closes")),
        ]
    return min((one for one in deadlines if one.at > now), key=lambda one: one.at, default=None)


def _end_of(day: date, what: BilingualText) -> NextDeadline:
    return NextDeadline(at=end_of_day(day), what=what)
