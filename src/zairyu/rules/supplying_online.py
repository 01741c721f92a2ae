"""Until when additional documents can be supplied online, and how they are handed in after that."""

from datetime import date
from enum import StrEnum

from zairyu.models.base import BilingualText
from zairyu.rules.deadlines import in_words
from zairyu.rules.jurisdiction import office_of
from zairyu.rules.tables import DatedRow, in_force, load_table


class InSpecialPeriod(StrEnum):
    """Who can supply documents online in the special period of stay."""

    NEVER = "NEVER"
    WITH_EXTENDED_CARD = "WITH_EXTENDED_CARD"
    """Whose My Number card was extended before it lapsed."""


class SupplyOnlineRow(DatedRow):
    """What the special period of stay changes about additional documents."""

    in_special_period: InSpecialPeriod


_ROWS = load_table("supply_online", SupplyOnlineRow)


def online_until(*, period_expires_on: date | None, card_valid_until: date | None, on: date) -> date | None:
    """The last day on which documents can be supplied online, by what is known on a day; nothing where there is none.

    Args:
        period_expires_on: the last day of the period of stay that the special period follows; nothing where none does.
        card_valid_until: the last day of the signer's card. Of a card of which nothing is known it is taken that it
            ends with the stay, as most do.
        on: the day in Japan whose rules count.
    """
    row = next(iter(in_force(_ROWS, on)), None)
    if row is None or period_expires_on is None:
        return None
    if row.in_special_period is InSpecialPeriod.NEVER or card_valid_until is None:
        return period_expires_on
    return max(period_expires_on, card_valid_until)


def is_online_over(*, period_expires_on: date | None, card_valid_until: date | None, on: date) -> bool:
    """Whether it is too late to supply documents online."""
    last = online_until(period_expires_on=period_expires_on, card_valid_until=card_valid_until, on=on)
    return last is not None and on > last


def why_not_online(by_post: BilingualText) -> BilingualText:
    """What is said to somebody who wants to supply documents online when it is too late."""
    return BilingualText(ja=_TOO_LATE.ja + by_post.ja, en=f"{_TOO_LATE.en} {by_post.en}")


def by_post(*, office: str | None, receipt_number: str | None, due_on: date, on: date) -> BilingualText:
    """How documents are handed in by post.

    Args:
        office: the code of the competent office; nothing when it is not known.
        receipt_number: nothing while there is none.
        due_on: the last day on which they may arrive.
        on: the day in Japan whose offices count.
    """
    row = None if office is None else office_of(office, on=on)
    to = _SOME_OFFICE if row is None else row.name
    number = _NO_NUMBER if receipt_number is None else BilingualText(ja=receipt_number, en=receipt_number)
    day = in_words(due_on)
    return BilingualText(
        ja=f"資料の写し、資料添付に関する申告書、申請受付番号（{number.ja}）を書いた紙を、{to.ja}へ書留郵便で送ってください。"
        f"{day.ja}までに届くようにし、送ったものの控えと書留の控えを保管してください。旅券とマイナンバーカードは送らないでください。",
        en=f"Send copies of the documents, the declaration on attached documents and a note with the receipt number "
        f"({number.en}) by registered mail to the {to.en}. They have to arrive by {day.en}. Keep copies of everything "
        "and the receipt of the post office. Never send your passport or My Number card.",
    )


_TOO_LATE = BilingualText(
    ja="在留期間の満了日を過ぎた特例期間中です。満了前に有効期間を延長したマイナンバーカードがなければ、追加資料をオンラインで"
    "提出できません。延長した場合は、カードの新しい有効期限を添えてもう一度提出してください。そうでなければ郵送してください。",
    en="The period of stay is over and the special period runs: without a My Number card that was extended before it "
    "lapsed, additional documents cannot be supplied online. If yours was extended, supply them again and say its new "
    "last day. Otherwise send them by post.",
)
_SOME_OFFICE = BilingualText(
    ja="住居地を管轄する地方出入国在留管理局", en="regional immigration office competent for your residence"
)
_NO_NUMBER = BilingualText(ja="発番前は申請受付仮番号", en="or the provisional number while there is none")
