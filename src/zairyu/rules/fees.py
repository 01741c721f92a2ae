"""Fees: which table counts goes by the day of receipt, the amount by the period granted."""

from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import Field

from zairyu.models.assessment import FeeBand, FeeEstimate, Intention
from zairyu.models.base import BilingualText, Model
from zairyu.models.residence import ApplicationType, ConcurrentPermission, PeriodOfStay, ReEntry
from zairyu.models.status import Fee, Grant
from zairyu.rules.tables import DatedRow, in_force, load_table


class ChargeRow(DatedRow):
    """What something costs, in yen, by the way in which it is filed for."""

    granted: BilingualText
    """What it is for, in words."""
    online: int = Field(ge=0)
    counter: int = Field(ge=0)

    @property
    def free(self) -> bool:
        """Whether nobody pays anything for it."""
        return not self.online and not self.counter


class FeeRow(ChargeRow):
    """The fee for one band of granted periods. A missing bound is open."""

    application_types: frozenset[ApplicationType]
    over: PeriodOfStay | None = None
    at_least: PeriodOfStay | None = None
    up_to: PeriodOfStay | None = None
    under: PeriodOfStay | None = None
    settlement_fee: int = Field(default=0, ge=0)
    """What the payment service takes on top of an online fee, in yen."""

    @property
    def goes_by_period(self) -> bool:
        """Whether the fee is one of several, chosen by the period granted."""
        return any(bound is not None for bound in (self.over, self.at_least, self.up_to, self.under))

    def covers(self, granted: PeriodOfStay | None) -> bool:
        """Whether a granted period lies in this band. What is granted without a period lies in an open band only."""
        if granted is None:
            return not self.goes_by_period
        length = granted.length
        return (
            (self.over is None or length > self.over.length)
            and (self.at_least is None or length >= self.at_least.length)
            and (self.up_to is None or length <= self.up_to.length)
            and (self.under is None or length < self.under.length)
        )


class ConcurrentFeeRow(ChargeRow):
    """What a concurrent permission costs on top."""

    permission: ConcurrentPermission
    re_entry: ReEntry | None = None


class PaymentRow(DatedRow):
    """How fees are paid."""

    how: BilingualText
    with_stamps: bool = False
    """Whether it goes with what is sent or brought to collect the result, and no slip is written."""


class FeeAmount(Model):
    """What a permission costs online, in yen."""

    amount: int
    settlement_fee: int
    source: str


_FEES = load_table("fees", FeeRow)
_CONCURRENT = load_table("fees_concurrent", ConcurrentFeeRow)
_PAYMENT = load_table("fee_payment", PaymentRow)


def fee_estimate(intention: Intention, *, received_on: date) -> FeeEstimate | None:
    """What will have to be paid for an application that is received on a day in Japan.

    The amount goes by the period granted, not by the one desired: while there are bands, all of them are possible.
    What the concurrent permissions cost is told for filing online, the only way in which this service files them.

    Returns:
        Nothing when no table counts on that day.
    """
    rows = _fee_rows(intention.application_type, received_on)
    if not rows:
        return None
    permissions = _concurrent_rows(intention.concurrent_permissions, intention.re_entry, received_on)
    charged, concurrent = [row for row in rows if not row.free], [row for row in permissions if not row.free]
    free = not charged and not concurrent
    payment = None if free else next(iter(in_force(_PAYMENT, received_on)), None)
    return FeeEstimate(
        free=free,
        online=tuple(
            FeeBand(granted=row.granted, amount=row.online, settlement_fee=row.settlement_fee, source=row.source)
            for row in charged
        ),
        counter=tuple(FeeBand(granted=row.granted, amount=row.counter, source=row.source) for row in charged),
        concurrent=tuple(FeeBand(granted=row.granted, amount=row.online, source=row.source) for row in concurrent),
        how_to_pay=payment.how if payment else None,
        source=_sources((*rows, *permissions)),
    )


def has_fee(
    application_type: ApplicationType, *, received_on: date, concurrent: Sequence[ConcurrentPermission] = ()
) -> bool:
    """Whether anything has to be paid for a permission, its concurrent permissions included."""
    rows: list[ChargeRow] = [
        *_fee_rows(application_type, received_on),
        *_concurrent_rows(concurrent, None, received_on),
    ]
    return not all(row.free for row in rows)


def paid_with_stamps(received_on: date) -> bool:
    """Whether the fee of an application received on a day is paid when the result is collected."""
    return any(row.with_stamps for row in in_force(_PAYMENT, received_on))


def online_fee(
    application_type: ApplicationType, *, received_on: date, granted: PeriodOfStay | None = None
) -> FeeAmount:
    """The fee for a permission or certificate that was filed for online, without its concurrent permissions.

    Raises:
        LookupError: the table has no row for this application on that day, or goes by a period and none is given.
    """
    for row in _fee_rows(application_type, received_on):
        if row.covers(granted):
            return FeeAmount(amount=row.online, settlement_fee=row.settlement_fee, source=row.source)
    raise LookupError(f"no fee for {application_type} received on {received_on}")


def why_fee_differs(
    asked: Fee,
    *,
    application_type: ApplicationType,
    received_on: date,
    grant: Grant | None,
    concurrent: Sequence[ConcurrentPermission] = (),
    re_entry: ReEntry | None = None,
) -> BilingualText | None:
    """How the agency's demand differs from the table; nothing when it does not, or when nothing can be compared.

    With a re-entry permit only the sum of the amounts is compared: its settlement fee is not known.
    """
    try:
        expected = online_fee(application_type, received_on=received_on, granted=grant.period if grant else None)
    except LookupError:
        return None
    extra = [row.online for row in _concurrent_rows(concurrent, re_entry, received_on) if not row.free]
    if not extra:
        if (asked.amount, asked.settlement_fee) == (expected.amount, expected.settlement_fee):
            return None
        return BilingualText(
            ja=f"請求額{asked.amount:,}円＋{asked.settlement_fee:,}円は、"
            f"規定の{expected.amount:,}円＋{expected.settlement_fee:,}円と異なります。",
            en=f"The agency asks for {asked.amount:,} + {asked.settlement_fee:,} yen; "
            f"the table says {expected.amount:,} + {expected.settlement_fee:,} yen.",
        )
    sums = [expected.amount + amount for amount in extra]
    if asked.amount in sums:
        return None
    return BilingualText(
        ja=f"請求額{asked.amount:,}円は、再入国許可を含む規定の"
        f"{'または'.join(f'{amount:,}円' for amount in sums)}と異なります。",
        en=f"The agency asks for {asked.amount:,} yen; with the re-entry permit the table says "
        f"{' or '.join(f'{amount:,}' for amount in sums)} yen.",
    )


def _fee_rows(application_type: ApplicationType, received_on: date) -> list[FeeRow]:
    return [row for row in in_force(_FEES, received_on) if application_type in row.application_types]


def _concurrent_rows(
    permissions: Sequence[ConcurrentPermission], re_entry: ReEntry | None, received_on: date
) -> list[ConcurrentFeeRow]:
    """One row for each permission; both kinds of a re-entry permit while the kind is not known."""
    return [
        row
        for row in in_force(_CONCURRENT, received_on)
        if row.permission in permissions and (re_entry is None or row.re_entry in (None, re_entry))
    ]


def _sources(rows: Iterable[DatedRow]) -> str:
    return "; ".join(dict.fromkeys(row.source for row in rows))
