"""How the result is collected: which ways are open, and what to send or to bring."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from pydantic import Field

from zairyu.models.assessment import CollectionOption, Intention
from zairyu.models.base import BilingualText
from zairyu.models.residence import (
    ApplicationType,
    CollectionMethod,
    ConcurrentPermission,
    PeriodOfStay,
    ResidenceStatus,
)
from zairyu.rules.calendar import add_months
from zairyu.rules.tables import DatedRow, in_force, load_table

_METHODS_SOURCE: Final = "ISA, user guide for applicants (2024-03), section 5 (1) IV"


class CollectionRow(DatedRow):
    """One way to collect the result, and the applications that have it."""

    application_types: frozenset[ApplicationType]
    method: CollectionMethod
    not_with_concurrent_permission: bool = False
    not_for_periods_up_to: PeriodOfStay | None = None
    """The longest granted period for which no card is issued: the permission is stamped in the passport."""
    not_with_new_kanji_name: bool = False
    send_to: BilingualText | None = None
    warnings: tuple[BilingualText, ...] = ()
    """What the person must know before the result comes."""


class EnclosureRow(DatedRow):
    """One thing to send or to bring."""

    application_types: frozenset[ApplicationType]
    method: CollectionMethod
    only_for_statuses: frozenset[ResidenceStatus] = frozenset()
    """The statuses held with which the thing exists; empty for all of them."""
    what: BilingualText


class CertificateValidityRow(DatedRow):
    """How long a certificate of eligibility can be used."""

    months: int = Field(ge=1)


_WAYS = load_table("collection", CollectionRow)
_ENCLOSURES = load_table("enclosures", EnclosureRow)
_VALIDITY = load_table("certificate_validity", CertificateValidityRow)


def collection_options(
    intention: Intention, *, on: date, granted: PeriodOfStay | None = None
) -> tuple[CollectionOption, ...]:
    """Every method, open or closed, for an application that is received on a day in Japan.

    Args:
        intention: what is applied for. While the status held is not known, what only some statuses have to send is
            named with its "if".
        on: the day of receipt.
        granted: the period granted, once it is known.

    Returns:
        Nothing for what has no result to hand over, as a user registration.
    """
    application_type = intention.application_type
    if not any(application_type in row.application_types for row in in_force(_WAYS, on)):
        return ()
    options = []
    for method in CollectionMethod:
        row = _row(application_type, method, on)
        closed_because = tuple(
            _reasons_closed(row, intention.concurrent_permissions, granted, intention.adds_kanji_name)
        )
        if row is None or closed_because:
            source = row.source if row else _METHODS_SOURCE
            options.append(CollectionOption(method=method, open=False, closed_because=closed_because, source=source))
            continue
        options.append(
            CollectionOption(
                method=method,
                open=True,
                enclosures=tuple(_enclosures(intention, method, on)),
                send_to=row.send_to,
                warnings=(
                    *_closes_later(row, granted),
                    *row.warnings,
                    *_how_long_usable(application_type, on),
                ),
                source=row.source,
            )
        )
    return tuple(options)


def why_closed(
    application_type: ApplicationType,
    method: CollectionMethod,
    concurrent_permissions: Sequence[ConcurrentPermission],
    *,
    on: date,
    granted: PeriodOfStay | None = None,
    adds_kanji_name: bool = False,
) -> BilingualText | None:
    """The first reason for which a method cannot be chosen; nothing when it can."""
    row = _row(application_type, method, on)
    return next(_reasons_closed(row, concurrent_permissions, granted, adds_kanji_name), None)


def is_stamped(application_type: ApplicationType, granted: PeriodOfStay | None, *, on: date) -> bool:
    """Whether no card is issued for so short a period: the permission is stamped in the passport, at the counter."""
    row = _row(application_type, CollectionMethod.POST, on)
    up_to = None if row is None else row.not_for_periods_up_to
    return granted is not None and up_to is not None and granted.length <= up_to.length


def certificate_valid_until(issued_on: date) -> date:
    """The last day on which a certificate of eligibility can be used. The day of issue does not count.

    Raises:
        LookupError: the table has no row for the day of issue.
    """
    for row in in_force(_VALIDITY, issued_on):
        return add_months(issued_on, row.months)
    raise LookupError(f"no validity for a certificate of eligibility issued on {issued_on}")


def _row(application_type: ApplicationType, method: CollectionMethod, on: date) -> CollectionRow | None:
    return next(
        (row for row in in_force(_WAYS, on) if application_type in row.application_types and row.method is method), None
    )


def _reasons_closed(
    row: CollectionRow | None,
    concurrent_permissions: Sequence[ConcurrentPermission],
    granted: PeriodOfStay | None,
    adds_kanji_name: bool,
) -> Iterator[BilingualText]:
    if row is None:
        yield BilingualText(
            ja="この申請ではこの受領方法を選べません。", en="This way to collect does not exist for this application."
        )
        return
    if row.not_with_concurrent_permission and concurrent_permissions:
        yield BilingualText(
            ja="資格外活動許可または再入国許可を同時に申請するときは、窓口での受領のみです。",
            en="With a concurrent application for another permission the result is collected at the counter only.",
        )
    stamped_up_to = row.not_for_periods_up_to
    if stamped_up_to is not None and granted is not None and granted.length <= stamped_up_to.length:
        yield BilingualText(
            ja=f"{stamped_up_to.label.ja}以下の在留期間が決定されたときは旅券に証印されるため、窓口での受領のみです。",
            en=f"A permission for {stamped_up_to.label.en} or less is stamped in the passport: "
            "the result is collected at the counter only.",
        )
    if row.not_with_new_kanji_name and adds_kanji_name:
        yield BilingualText(
            ja="在留カードに漢字氏名を新たに併記するときは、窓口での受領のみです。",
            en="When a name in kanji comes onto the card for the first time, it is collected at the counter only.",
        )


def _enclosures(intention: Intention, method: CollectionMethod, on: date) -> Iterator[BilingualText]:
    held = intention.applicant.current_stay
    for row in in_force(_ENCLOSURES, on):
        if intention.application_type not in row.application_types or method is not row.method:
            continue
        if not row.only_for_statuses or held is None or held.status in row.only_for_statuses:
            yield row.what


def _closes_later(row: CollectionRow, granted: PeriodOfStay | None) -> Iterator[BilingualText]:
    """What may still close an open way when the decision comes."""
    stamped_up_to = row.not_for_periods_up_to
    if stamped_up_to is not None and granted is None:
        yield BilingualText(
            ja=f"{stamped_up_to.label.ja}以下の在留期間が決定された場合は、窓口での受領になります。",
            en=f"If {stamped_up_to.label.en} or less is granted, the result has to be collected at the counter.",
        )


def _how_long_usable(application_type: ApplicationType, on: date) -> Iterator[BilingualText]:
    if application_type is ApplicationType.CERTIFICATE_OF_ELIGIBILITY:
        for row in in_force(_VALIDITY, on):
            yield BilingualText(
                ja=f"在留資格認定証明書の有効期間は発行から{row.months}か月です。",
                en=f"The certificate can be used for {row.months} months after it is issued.",
            )
