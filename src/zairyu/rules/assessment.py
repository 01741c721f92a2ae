"""Everything the law says of an intended application on one day, put together from the rules."""

from collections.abc import Iterator
from datetime import date

from zairyu.models.assessment import (
    Answer,
    Assessment,
    CardOutlook,
    CollectionOption,
    FeeEstimate,
    Intention,
    OfficeInCharge,
    Permissibility,
    Reason,
    Route,
    Task,
    Window,
)
from zairyu.models.base import BilingualText
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType
from zairyu.rules.attachments import required_documents
from zairyu.rules.card_life import card_outlook
from zairyu.rules.collection import collection_options
from zairyu.rules.examination import likely_decided_by
from zairyu.rules.fees import fee_estimate
from zairyu.rules.filers import concurrent_answers, permissibility
from zairyu.rules.filing_window import counter_window, online_window
from zairyu.rules.jurisdiction import office_in_charge
from zairyu.rules.special_period import special_period


def assess(intention: Intention, *, on: date) -> Assessment:
    """Judge an intention as of a day in Japan.

    What depends on a fact that the intention does not give is answered with a condition, as a table, or not at all;
    nothing is guessed. The same answer goes to the command, to other systems, and to the workflows.
    """
    permitted = permissibility(intention, on=on)
    concurrent = concurrent_answers(intention, on=on)
    online, counter = online_window(intention, on=on), counter_window(intention, on=on)
    address = intention.applicant.address
    office = office_in_charge(address.prefecture, on=on) if address else None
    card = card_outlook(intention, on=on)
    documents = required_documents(intention, on=on)
    fee = fee_estimate(intention, received_on=on)
    collection = collection_options(intention, on=on)
    return Assessment(
        on=on,
        intention=intention,
        permissibility=permitted,
        concurrent=concurrent,
        online=online,
        counter=counter,
        special_period=special_period(intention, filed_on=on),
        fee=fee,
        collection=collection,
        documents=documents,
        office=office,
        card=card,
        likely_decided_by=likely_decided_by(
            intention.application_type,
            filed_on=on,
            caused_on=intention.cause.happened_on if intention.cause else None,
        ),
        tasks=tuple(_tasks(permitted, online, counter, card, documents, fee, collection, office, on)),
        findings=(
            *_refused(permitted),
            *_not_here(permitted),
            *(finding for answer in concurrent for finding in _refused(answer.permissibility)),
            *_outside(intention, online, counter, on),
        ),
    )


# ----- findings: what speaks against filing it online on that day ---------------------------------------------------


def _refused(permitted: Permissibility) -> Iterator[Finding]:
    """The reasons of a no are errors; those of an "if" are warnings, until a form has said nothing of them."""
    severity = Severity.ERROR if permitted.answer is Answer.NOT_ALLOWED else Severity.WARNING
    for reason in permitted.reasons:
        yield Finding(
            place=reason.place, rule=reason.rule, message=reason.text, severity=severity, source=reason.source
        )


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


def _outside(intention: Intention, online: Window | None, counter: Window | None, on: date) -> Iterator[Finding]:
    """Too late online. Too early is nothing wrong: the application waits."""
    if online is None or online.closes is None or on <= online.closes.on:
        return
    if counter is not None and (counter.closes is None or on <= counter.closes.on):
        until = counter.closes.sentence if counter.closes else BilingualText(ja="", en="")
        message = BilingualText(
            ja=f"オンラインでの申請は{online.closes.on}で終わりました。窓口で申請してください。{until.ja}",
            en=f"Online filing ended on {online.closes.on}. File at the counter. {until.en}",
        )
    elif intention.application_type is ApplicationType.ACQUISITION_OF_STATUS:
        message = BilingualText(
            ja="申請できる期間が過ぎています。すぐに地方出入国在留管理局に相談してください。",
            en="The time to apply is over. Talk to the regional immigration office at once.",
        )
    else:
        message = BilingualText(
            ja="在留期間が満了しています。すぐに地方出入国在留管理局に相談してください。",
            en="The period of stay has expired. Talk to the regional immigration office at once.",
        )
    yield Finding(
        place=window_place(intention.application_type), rule="filing-window", message=message, source=online.source
    )


def window_place(application_type: ApplicationType) -> str:
    """The fact that the filing window of a kind of application is counted from, as a place in the form."""
    if application_type is ApplicationType.ACQUISITION_OF_STATUS:
        return "/cause/happened_on"
    return "/applicant/current_stay/expires_on"


# ----- what to do next ----------------------------------------------------------------------------------------------


def _tasks(
    permitted: Permissibility,
    online: Window | None,
    counter: Window | None,
    card: CardOutlook | None,
    documents: tuple[Reason, ...],
    fee: FeeEstimate | None,
    collection: tuple[CollectionOption, ...],
    office: OfficeInCharge | None,
    on: date,
) -> Iterator[Task]:
    """In the order in which a person does them."""
    if permitted.answer is Answer.NOT_ALLOWED:
        yield from (Task(what=instead) for instead in permitted.instead)
        return
    if permitted.answer is Answer.ALLOWED_IF:
        yield from (Task(what=reason.text) for reason in permitted.reasons)
    yield from (Task(what=document.text) for document in documents)
    here = Route.MYNAPORTAL in permitted.routes
    if not here:
        yield from (Task(what=instead) for instead in permitted.instead)
    yield from _filing(online, counter, office, on, here=here)
    if card is not None and not card.lasts and card.extend_by is not None:
        yield Task(
            what=BilingualText(
                ja="市区町村の窓口でマイナンバーカードの有効期間を延長する。",
                en="Have the life of the My Number card extended at the municipality.",
            ),
            by=card.extend_by,
        )
    if fee is not None and not fee.free and fee.how_to_pay is not None:
        yield Task(what=fee.how_to_pay)
    if any(option.open for option in collection):
        yield Task(what=BilingualText(ja="受領方法を選ぶ。", en="Choose how to collect the result."))


def _filing(
    online: Window | None, counter: Window | None, office: OfficeInCharge | None, on: date, *, here: bool
) -> Iterator[Task]:
    if online is not None and (online.closes is None or on <= online.closes.on):
        if online.opens is not None and on < online.opens.on:
            yield Task(
                what=BilingualText(
                    ja=f"オンラインの受付開始（{online.opens.on}）を待つ。",
                    en=f"Wait for online filing to open on {online.opens.on}.",
                )
            )
        sign = BilingualText(ja="オンラインで申請し、署名する。", en="File online, and sign.")
        yield Task(what=sign if here else BilingualText(ja="申請する。", en="File it."), by=online.closes)
    elif counter is not None and (counter.closes is None or on <= counter.closes.on):
        where = (
            office.name if office else BilingualText(ja="地方出入国在留管理局", en="the regional immigration office")
        )
        yield Task(
            what=BilingualText(ja=f"{where.ja}の窓口で申請する。", en=f"File at the counter of {where.en}."),
            by=counter.closes,
        )
    elif online is not None:
        yield Task(
            what=BilingualText(
                ja="すぐに地方出入国在留管理局に相談する。", en="Talk to the regional immigration office at once."
            )
        )
