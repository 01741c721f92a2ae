"""The command `assess`: everything the law says of one intended application, as a person reads it."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Column, Table

from zairyu.cli.speaking import REFUSED, AsJson, err, findings_table, out, read_object, today
from zairyu.client import ApplicationRefused, Zairyu
from zairyu.models.assessment import Assessment, CollectionOption, FeeEstimate, Limit, Reason, RequiredDocument, Window
from zairyu.models.base import BilingualText
from zairyu.models.residence import CollectionMethod


def assess(
    input_file: Annotated[
        Path, typer.Option("--input", help="JSON: what is intended, or a whole application; - reads standard input.")
    ],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day in Japan; today by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what the law says of an application: who may file it, when, what it costs, and what to do next."""
    try:
        assessment = Zairyu.assess(read_object(input_file), on=today() if on is None else on.date())
    except ApplicationRefused as refused:
        if as_json:
            findings = [finding.model_dump(mode="json") for finding in refused.findings]
            print(json.dumps(findings, ensure_ascii=False, indent=2))
        else:
            err.print(findings_table(refused.findings))
        raise typer.Exit(REFUSED) from None
    if as_json:
        print(assessment.model_dump_json(indent=2))
    else:
        out.print(_told(assessment))


def _told(assessment: Assessment) -> Table:
    """One section for each question that a person has, in Japanese and English."""
    intention = assessment.intention
    title = f"{intention.application_type.label.ja} / {intention.application_type.label.en} — {assessment.on}"
    table = Table(
        Column("", overflow="fold"),
        Column("内容", overflow="fold"),
        Column("What it is", overflow="fold"),
        title=title,
        title_justify="left",
    )

    def tell(what: str, *texts: BilingualText) -> None:
        for index, text in enumerate(texts):
            table.add_row(f"[bold]{what}[/]" if index == 0 else "", text.ja, text.en)
        if texts:
            table.add_section()

    permitted = assessment.permissibility
    tell(
        "申請できるか\nMay it be filed",
        permitted.answer.label,
        *(_reason(reason) for reason in permitted.reasons),
        *permitted.instead,
    )
    tell("申請の方法\nWays", *(route.label for route in permitted.routes))
    for concurrent in assessment.concurrent:
        reasons = (_reason(reason) for reason in concurrent.permissibility.reasons)
        verdict = concurrent.permissibility.answer.label
        tell("同時申請\nTogether with it", concurrent.permission.label, verdict, *reasons)
    tell("オンライン\nOnline", *_limits(assessment.online))
    tell("窓口\nCounter", *_limits(assessment.counter))
    if assessment.special_period is not None:
        tell("特例期間\nSpecial period", assessment.special_period.sentence)
    if assessment.likely_decided_by is not None:
        tell("審査\nExamination", assessment.likely_decided_by.sentence)
    if assessment.fee is not None:
        tell("手数料\nFee", *_fees(assessment.fee))
    for option in assessment.collection:
        tell(f"受領方法\n{_METHODS[option.method]}", *_collection(option))
    for heading, documents in _documents(assessment.documents):
        tell(heading, *documents)
    if assessment.office is not None:
        tell("提出先\nOffice", assessment.office.name)
    if assessment.card is not None:
        limit = [assessment.card.extend_by.sentence] if assessment.card.extend_by else []
        lasts = [_CARD_LASTS] if assessment.card.lasts else []
        tell("マイナンバーカード\nMy Number card", *lasts, *limit, *(reason.text for reason in assessment.card.reasons))
    tell("次にすること\nWhat to do next", *(_by(task.what, task.by) for task in assessment.tasks))
    return table


_METHODS: Final = {
    CollectionMethod.POST: "郵送\nBy post",
    CollectionMethod.COUNTER: "窓口\nAt the counter",
    CollectionMethod.EMAIL: "メール\nBy e-mail",
}
_BLOCKING: Final = "必須の添付\nTo be attached"
_ASKED_FOR: Final = "提出書類\nDocuments"
_IF: Final = "場合による書類\nDocuments, if"
_CARD_LASTS: Final = BilingualText(
    ja="この申請に必要な間は有効です。", en="It lasts as long as this application needs it."
)


def _documents(documents: Sequence[RequiredDocument]) -> Iterable[tuple[str, list[BilingualText]]]:
    """What cannot be filed without, what the agency asks for, and what depends on a condition, numbered on through."""
    parts: dict[str, list[BilingualText]] = {_BLOCKING: [], _ASKED_FOR: [], _IF: []}
    for number, document in enumerate(documents, start=1):
        heading = _IF if document.condition else _BLOCKING if document.blocking else _ASKED_FOR
        text = document.text
        parts[heading].append(BilingualText(ja=f"{number}．{text.ja}", en=f"{number}. {text.en}"))
    return parts.items()


def _reason(reason: Reason) -> BilingualText:
    if not reason.condition:
        return reason.text
    return BilingualText(ja=f"要確認: {reason.text.ja}", en=f"To be checked: {reason.text.en}")


def _by(what: BilingualText, limit: Limit | None) -> BilingualText:
    if limit is None:
        return what
    return BilingualText(ja=f"{what.ja}（{limit.on}まで）", en=f"{what.en} By {limit.on}.")


def _limits(window: Window | None) -> Iterable[BilingualText]:
    if window is None:
        return ()
    limits = [limit.sentence for limit in (window.opens, window.closes) if limit is not None]
    return limits or [BilingualText(ja="期限はありません。", en="There is no limit.")]


def _fees(fee: FeeEstimate) -> Iterable[BilingualText]:
    if fee.free:
        return [BilingualText(ja="無料", en="Free of charge")]
    at_counter = {band.granted: band.amount for band in fee.counter}
    bands = []
    for band in fee.online:
        ja, en = f"{band.granted.ja}: {band.total:,}円", f"{band.granted.en}: {band.total:,} yen"
        if band.settlement_fee:
            ja += f"（うち決済手数料{band.settlement_fee:,}円）"
            en += f" ({band.settlement_fee:,} of them for the payment service)"
        if band.granted in at_counter:
            ja += f"、窓口{at_counter[band.granted]:,}円"
            en += f"; at the counter {at_counter[band.granted]:,} yen"
        bands.append(BilingualText(ja=ja, en=en))
    bands += [
        BilingualText(ja=f"＋{band.granted.ja}: {band.total:,}円", en=f"+ {band.granted.en}: {band.total:,} yen")
        for band in fee.concurrent
    ]
    return [*bands, fee.how_to_pay] if fee.how_to_pay else bands


def _collection(option: CollectionOption) -> Iterable[BilingualText]:
    if not option.open:
        return option.closed_because
    return [*option.enclosures, *([option.send_to] if option.send_to else []), *option.warnings]
