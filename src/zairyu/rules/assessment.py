"""Everything the law says of an intended application on one day, put together from the rules."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from zairyu.models.assessment import Answer, Assessment, Intention, Permissibility, Reason, Route, Window
from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType
from zairyu.rules.calendar import business_day_on_or_after
from zairyu.rules.card_life import card_outlook
from zairyu.rules.collection import collection_options
from zairyu.rules.deadlines import expiry, with_days
from zairyu.rules.examination import likely_decided_by
from zairyu.rules.fees import fee_estimate
from zairyu.rules.filers import concurrent_answers, permissibility
from zairyu.rules.filing_window import counter_window, online_window
from zairyu.rules.jurisdiction import office_in_charge
from zairyu.rules.next_steps import next_steps
from zairyu.rules.obstacles import AT_THE_COUNTER
from zairyu.rules.required_documents import required_documents
from zairyu.rules.special_period import special_period
from zairyu.rules.statuses import exists


def assess(intention: Intention, *, on: date) -> Assessment:
    """Judge an intention as of a day in Japan.

    What depends on a fact that the intention does not give is answered with a condition, as a table, or not at all;
    nothing is guessed. Of an application that does not exist nothing is said but what to do instead. The same answer
    goes to the command, to other systems, and to the workflows.
    """
    told = _told(intention, on) if exists(intention, on) else _refusal(intention, on)
    return told.model_copy(update={"tasks": next_steps(told)})


def _refusal(intention: Intention, on: date) -> Assessment:
    permitted, concurrent = permissibility(intention, on=on), concurrent_answers(intention, on=on)
    return Assessment(
        on=on,
        intention=intention,
        permissibility=permitted,
        concurrent=concurrent,
        findings=tuple(
            dict.fromkeys(
                (
                    *_refused(permitted),
                    *_not_here(permitted),
                    *(finding for answer in concurrent for finding in _refused(answer.permissibility)),
                )
            )
        ),
    )


def _told(intention: Intention, on: date) -> Assessment:
    said = _refusal(intention, on)
    online, counter = online_window(intention, on=on), counter_window(intention, on=on)
    late = _too_late(intention, online, counter, on)
    filed_on = _first_day(online, counter, on)
    filed = intention.model_copy(
        update={
            "concurrent_permissions": tuple(
                answer.permission
                for answer in said.concurrent
                if answer.permissibility.answer is not Answer.NOT_ALLOWED
            )
        }
    )
    address = intention.applicant.address
    return said.model_copy(
        update={
            "permissibility": _still_permitted(said.permissibility, late, online, counter, on),
            "online": online,
            "counter": counter,
            "special_period": special_period(intention, filed_on=filed_on),
            "fee": fee_estimate(filed, received_on=filed_on),
            "collection": collection_options(filed, on=filed_on),
            "documents": required_documents(intention, on=filed_on),
            "office": office_in_charge(address.prefecture, on=on) if address else None,
            "card": card_outlook(intention, on=on),
            "likely_decided_by": likely_decided_by(
                intention.application_type,
                filed_on=filed_on,
                caused_on=intention.cause.happened_on if intention.cause else None,
            ),
            "findings": (*said.findings, *([_finding(late, Severity.ERROR)] if late else [])),
        }
    )


# ----- the day ------------------------------------------------------------------------------------------------------


def _first_day(online: Window | None, counter: Window | None, on: date) -> date:
    """The first day from a day on at which it can be filed: by its rules it is received, and paid for."""
    at_counter = online is not None and online.over(on)
    window = counter if at_counter else online
    if window is None or window.over(on):
        return on
    first = max(on, window.opens.on) if window.opens else on
    return business_day_on_or_after(first) if at_counter else first


def _still_permitted(
    permitted: Permissibility, late: Reason | None, online: Window | None, counter: Window | None, on: date
) -> Permissibility:
    """What remains of a permission where it cannot be filed online any more."""
    if late is None:
        return permitted
    if counter is None or counter.over(on):
        before = online is not None and online.closes is not None and on <= online.closes.on
        return Permissibility(
            answer=Answer.NOT_ALLOWED,
            reasons=(late, *permitted.reasons),
            instead=(_EXTEND_FIRST if before else _AT_ONCE,),
        )
    if Route.COUNTER not in permitted.routes:
        return permitted.model_copy(update={"routes": ()})
    return permitted.model_copy(update={"routes": (Route.COUNTER,), "instead": (AT_THE_COUNTER,)})


def _too_late(intention: Intention, online: Window | None, counter: Window | None, on: date) -> Reason | None:
    """Why it cannot be filed online any more. Too early is nothing wrong: the application waits."""
    if online is None or online.closes is None or not online.over(on):
        return None
    place, ends = window_place(intention.application_type), expiry(intention)
    if on <= online.closes.on:
        place, why = "/cause/happened_on", with_days(_CAUSE_TOO_LATE, last=online.closes.on)
    else:
        why = with_days(_ENDED, last=online.closes.on)
    if counter is not None and counter.closes is not None and not counter.over(on):
        so = counter.closes.sentence
    elif on <= online.closes.on:
        so = _EXTEND_FIRST
    else:
        why, so = _EXPIRED if ends is not None and on > ends else _OVER, _AT_ONCE
    text = BilingualText(ja=why.ja + so.ja, en=f"{why.en} {so.en}")
    return Reason(place=place, rule="filing-window", text=text, source=online.source)


_ENDED: Final = BilingualText(
    ja="オンラインでの申請は{last}で終わりました。窓口で申請してください。",
    en="Online filing ended on {last}. File at the counter.",
)
_CAUSE_TOO_LATE: Final = BilingualText(
    ja="この事由は、オンラインで申請できる最後の日の{last}より後に生じます。",
    en="The cause arises after {last}, the last day for filing online.",
)
_EXPIRED: Final = BilingualText(ja="在留期間が満了しています。", en="The period of stay has expired.")
_OVER: Final = BilingualText(ja="申請できる期間が過ぎています。", en="The time to apply is over.")
_AT_ONCE: Final = BilingualText(
    ja="すぐに地方出入国在留管理局に相談してください。", en="Talk to the regional immigration office at once."
)
_EXTEND_FIRST: Final = BilingualText(
    ja="先に在留期間の更新を申請してください。", en="File an extension of the period of stay first."
)


def window_place(application_type: ApplicationType) -> str:
    """The fact that the filing window of a kind of application is counted from, as a place in the form."""
    if application_type is ApplicationType.ACQUISITION_OF_STATUS:
        return "/cause/happened_on"
    return "/applicant/current_stay/expires_on"


# ----- findings: what speaks against filing it online on that day ---------------------------------------------------


def _refused(permitted: Permissibility) -> Iterator[Finding]:
    """A condition warns, until a form has said nothing of it."""
    for reason in permitted.reasons:
        yield _finding(reason, Severity.WARNING if reason.condition else Severity.ERROR)


def _finding(reason: Reason, severity: Severity) -> Finding:
    return Finding(place=reason.place, rule=reason.rule, message=reason.text, severity=severity, source=reason.source)


def _not_here(permitted: Permissibility) -> Iterator[Finding]:
    """It may be filed, but not by this service, which carries only what the filer signs with their own card."""
    if permitted.answer is Answer.NOT_ALLOWED or Route.MYNAPORTAL in permitted.routes:
        return
    yield Finding(
        place="/filer",
        rule="route",
        message=BilingualText(
            ja="ここで申請できるのは、ご自身のマイナンバーカードで署名する方だけです。"
            + "".join(instead.ja for instead in permitted.instead),
            en="Only those who sign with their own My Number card file here. "
            + " ".join(instead.en for instead in permitted.instead),
        ),
        source="ISA, online procedures from March 2022 (2022-01), ways to file",
    )
