"""What somebody does next about an application they think of, in the order in which it is done."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from zairyu.models.assessment import Answer, Assessment, CardOutlook, Limit, Reason, RequiredDocument, Route, Task
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType
from zairyu.rules.obstacles import AT_THE_COUNTER

_EXTEND_CARD: Final = BilingualText(
    ja="市区町村の窓口でマイナンバーカードの有効期間を延長する。",
    en="Have the life of the My Number card extended at the municipality.",
)
_NEW_CARD: Final = BilingualText(
    ja="市区町村の窓口でマイナンバーカードを作り直す。失効したカードでは署名できない。",
    en="Have a new My Number card made at the municipality: one that has lapsed cannot sign.",
)
_PHOTO: Final = BilingualText(ja="顔写真", en="photo of the applicant")
_CHECK_CONDITIONS: Final = BilingualText(
    ja="条件のある添付資料について、自分に当てはまるかを確かめる。",
    en="Check which of the documents with a condition apply.",
)
_SIGN: Final = BilingualText(ja="オンラインで申請し、署名する。", en="File online, and sign.")
_FILE: Final = BilingualText(ja="申請する。", en="File it.")
_REGISTER: Final = BilingualText(ja="利用者情報を登録する。", en="Register.")
_COLLECT: Final = BilingualText(ja="受領方法を選ぶ。", en="Choose how to collect the result.")
_SAY_WHEN: Final = BilingualText(
    ja="申請できる期間を知るため、在留期間の満了日（取得の場合は事由の生じた日）を確かめる。",
    en="Look up the last day of the period of stay (for an acquisition, the day of the cause): the days for filing are "
    "counted from it.",
)


def next_steps(told: Assessment) -> tuple[Task, ...]:
    """What to do next, by everything else that an assessment says."""
    permitted = told.permissibility
    if permitted.answer is Answer.NOT_ALLOWED:
        return tuple(Task(what=instead, by=_by(instead, told)) for instead in permitted.instead)
    if not {Route.MYNAPORTAL, Route.RAS} & set(permitted.routes):
        return (*_before(told), Task(what=_at_the_office(told), by=told.counter.closes if told.counter else None))
    return (*_before(told), *_online(told))


def _by(instead: BilingualText, told: Assessment) -> Limit | None:
    """The last day for doing something else instead: the earliest that is not past, unless only the counter counts."""
    windows = (told.counter,) if instead == AT_THE_COUNTER else (told.online, told.counter)
    limits = [window.closes for window in windows if window is not None and window.closes is not None]
    return next((limit for limit in limits if told.on <= limit.on), None)


def _before(told: Assessment) -> Iterator[Task]:
    for reason in told.permissibility.reasons:
        yield Task(what=_check(reason))
    if needed := [document for document in told.documents if not document.condition]:
        yield Task(what=_have_ready(needed))
    if any(document.condition for document in told.documents):
        yield Task(what=_CHECK_CONDITIONS)


def _have_ready(documents: Sequence[RequiredDocument]) -> BilingualText:
    names = [_name(document) for document in documents]
    return BilingualText(
        ja=f"添付するものをそろえる：{'、'.join(name.ja for name in names)}。",
        en=f"Get together what is attached: {', '.join(name.en for name in names)}.",
    )


def _name(document: RequiredDocument) -> BilingualText:
    labels = [kind.label for kind in document.kinds] or [_PHOTO]
    return BilingualText(ja="又は".join(label.ja for label in labels), en=" or ".join(label.en for label in labels))


def _check(reason: Reason) -> BilingualText:
    return BilingualText(ja=f"確認する: {reason.text.ja}", en=f"Check: {reason.text.en}")


def _at_the_office(told: Assessment) -> BilingualText:
    name = (
        told.office.name
        if told.office
        else BilingualText(ja="地方出入国在留管理局", en="the regional immigration office")
    )
    return BilingualText(ja=f"{name.ja}の窓口で申請する。", en=f"File at the counter of {name.en}.")


def _online(told: Assessment) -> Iterator[Task]:
    online, card = told.online, told.card
    opens = online.opens if online and online.opens and told.on < online.opens.on else None
    if any(option.open for option in told.collection):
        yield Task(what=_COLLECT)
    if told.intention.card is not None and told.intention.card.expires_on < told.on:
        yield Task(what=_NEW_CARD)
    first = opens is not None and _ends_before(card, opens.on)
    if first:
        yield from _extension(card)
    if opens is not None:
        yield Task(
            what=BilingualText(
                ja=f"オンラインの受付開始（{opens.on}）を待つ。", en=f"Wait for online filing to open on {opens.on}."
            )
        )
    if Route.MYNAPORTAL not in told.permissibility.routes:
        yield from (Task(what=instead) for instead in told.permissibility.instead)
    if online is None:
        yield Task(what=_SAY_WHEN)
    yield Task(what=_filing(told), by=online.closes if online else None)
    if not first:
        yield from _extension(card)
    if told.fee is not None and told.fee.how_to_pay is not None:
        yield Task(what=told.fee.how_to_pay)


def _filing(told: Assessment) -> BilingualText:
    if told.intention.application_type is ApplicationType.USER_REGISTRATION:
        return _REGISTER
    return _SIGN if Route.MYNAPORTAL in told.permissibility.routes else _FILE


def _ends_before(card: CardOutlook | None, day: date) -> bool:
    return card is not None and card.extend_by is not None and card.extend_by.on < day


def _extension(card: CardOutlook | None) -> Iterator[Task]:
    if card is not None and card.extend_by is not None:
        yield Task(what=_EXTEND_CARD, by=card.extend_by)
