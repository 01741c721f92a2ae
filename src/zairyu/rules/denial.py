"""What a denial means for somebody's stay, on the day on which it is heard.

A denial takes nothing but what an application gave: the special period of stay ends with it, a period that still runs
goes on. Source: Immigration Control and Refugee Recognition Act, articles 20 (6), 21 (4) and 22-2 (1).
"""

from datetime import date

from zairyu.models.assessment import Intention
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType
from zairyu.rules.deadlines import expiry, with_days
from zairyu.rules.filing_window import counter_window, online_window
from zairyu.rules.special_period import special_period


def after_denial(intention: Intention, *, filed_on: date, today: date) -> BilingualText:
    """The stay after a denial, and what to do today.

    Args:
        intention: what was denied.
        filed_on: when it was filed, a day in Japan.
        today: when the denial is heard, a day in Japan.
    """
    match intention.application_type:
        case ApplicationType.CHANGE_OF_STATUS | ApplicationType.EXTENSION_OF_PERIOD:
            return _of_a_stay(intention, filed_on, today)
        case ApplicationType.ACQUISITION_OF_STATUS:
            return _without_status(intention, filed_on, today)
        case ApplicationType.CERTIFICATE_OF_ELIGIBILITY:
            return _NO_CERTIFICATE
        case _:
            return _NOTHING_CHANGES


def _of_a_stay(intention: Intention, filed_on: date, today: date) -> BilingualText:
    last = expiry(intention)
    if last is None:
        return _ASK_THE_OFFICE
    if today > last:
        lawful = special_period(intention, filed_on=filed_on)
        until = lawful.until.on if lawful and lawful.until else last
        return with_days(_STAY_IS_OVER if today <= until else _STAY_WAS_OVER, last=last, until=until)
    online, counter = online_window(intention, on=today), counter_window(intention, on=today)
    closes = online.closes.on if online and online.closes else None
    counter_until = counter.closes.on if counter and counter.closes else last
    if closes is not None and today <= closes:
        return with_days(_STAY_GOES_ON, last=last, online=closes, counter=counter_until)
    return with_days(_COUNTER_ONLY, last=last, counter=counter_until)


def _without_status(intention: Intention, filed_on: date, today: date) -> BilingualText:
    lawful = special_period(intention, filed_on=filed_on)
    if lawful is None or lawful.until is None:
        return _ASK_THE_OFFICE
    last = lawful.until.on
    return with_days(_WITHOUT_STATUS_UNTIL if today <= last else _WITHOUT_STATUS_OVER, last=last)


_STAY_IS_OVER = BilingualText(
    ja="在留期間は{last}で満了しており、特例期間も終わりました。このまま在留し続けると不法残留になり、"
    "働くこともできません。今日のうちに、在留カードと旅券を持って地方出入国在留管理局に行き、不許可の理由と、出国の準備"
    "などのために取れる手続を確認してください。",
    en="The period of stay ended on {last}, and the special period of stay is over, too. Staying on is "
    "an overstay, and working is not allowed. Go to the regional immigration office today, with the residence card and "
    "the passport: ask for the reasons of the denial, and for what can be done, for example to prepare the departure.",
)
_STAY_WAS_OVER = BilingualText(
    ja="在留期間は{last}で満了しており、在留できたのは{until}までです。このまま在留し続けると不法残留になり、働くことも"
    "できません。今日のうちに、在留カードと旅券を持って地方出入国在留管理局に行き、不許可の理由と、出国の準備などのために"
    "取れる手続を確認してください。",
    en="The period of stay ended on {last}, and the stay was lawful until {until} only. Staying on is an overstay, and "
    "working is not allowed. Go to the regional immigration office today, with the residence card and the passport: "
    "ask for the reasons of the denial, and for what can be done, for example to prepare the departure.",
)
_STAY_GOES_ON = BilingualText(
    ja="今の在留資格と在留期間はそのままで、{last}まで在留できます。改めて申請できるのは、オンラインでは{online}まで、窓口"
    "では{counter}までです。まず地方出入国在留管理局で不許可の理由を確認し、直せるところを直してください。",
    en="The present status and period of stay are as before: the stay is lawful until {last}. It can be filed again "
    "online until {online}, at the counter until {counter}. First ask the regional immigration office for the reasons "
    "of the denial, and mend what can be mended.",
)
_COUNTER_ONLY = BilingualText(
    ja="在留できるのは{last}までです。オンラインでは、もう改めて申請できません。{counter}までに窓口に行き、不許可の理由と、"
    "取れる手続を確認してください。",
    en="The stay is lawful until {last}. Nothing can be filed online any more: go to the counter by {counter}, ask for "
    "the reasons of the denial and for what can be done.",
)
_WITHOUT_STATUS_UNTIL = BilingualText(
    ja="在留資格なしで在留できるのは{last}までです。それまでに、地方出入国在留管理局で不許可の理由と、取れる手続を確認して"
    "ください。",
    en="Staying without a status is lawful until {last}. By then, ask the regional immigration office for the reasons "
    "of the denial and for what can be done.",
)
_WITHOUT_STATUS_OVER = BilingualText(
    ja="在留資格なしで在留できる期間は{last}で終わっています。今日のうちに地方出入国在留管理局に行ってください。",
    en="Staying without a status was lawful until {last} only. Go to the regional immigration office today.",
)
_NO_CERTIFICATE = BilingualText(
    ja="今、日本に在留している人の在留資格や在留期間には影響しません。地方出入国在留管理局で理由を確認し、改めて申請できます。",
    en="Nobody's present stay in Japan changes. Ask the regional immigration office for the reasons; it can be filed "
    "again.",
)
_NOTHING_CHANGES = BilingualText(
    ja="在留資格と在留期間はそのままです。地方出入国在留管理局で理由を確認してください。",
    en="The status and the period of stay are as before. Ask the regional immigration office for the reasons.",
)
_ASK_THE_OFFICE = BilingualText(
    ja="今日のうちに地方出入国在留管理局に行き、いつまで在留できるかを確認してください。",
    en="Go to the regional immigration office today, and ask until when the stay is lawful.",
)
