"""Fees: which table counts goes by the day of receipt, the amount by the period granted."""

from datetime import date

from pydantic import Field

from zairyu.models.base import BilingualText, Model
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.models.status import Fee, Grant
from zairyu.rules.tables import DatedRow, in_force, load_table


class FeeRow(DatedRow):
    """The fee for one band of granted periods. A missing bound is open."""

    application_type: ApplicationType
    over: PeriodOfStay | None = None
    at_least: PeriodOfStay | None = None
    up_to: PeriodOfStay | None = None
    under: PeriodOfStay | None = None
    amount: int = Field(ge=0)
    settlement_fee: int = Field(default=0, ge=0)

    def covers(self, granted: PeriodOfStay) -> bool:
        """Whether a granted period lies in this band."""
        length = granted.length
        return (
            (self.over is None or length > self.over.length)
            and (self.at_least is None or length >= self.at_least.length)
            and (self.up_to is None or length <= self.up_to.length)
            and (self.under is None or length < self.under.length)
        )


class FeeAmount(Model):
    """What a permission costs online, in yen."""

    amount: int
    settlement_fee: int
    source: str


_FEES = load_table("fees_online", FeeRow)


def online_fee(application_type: ApplicationType, *, received_on: date, granted: PeriodOfStay) -> FeeAmount:
    """The fee for a permission that was filed online.

    Raises:
        LookupError: the table has no row for this application on that day.
    """
    for row in in_force(_FEES, received_on):
        if row.application_type is application_type and row.covers(granted):
            return FeeAmount(amount=row.amount, settlement_fee=row.settlement_fee, source=row.source)
    raise LookupError(f"no fee for {application_type} received on {received_on}")


def why_fee_differs(
    asked: Fee, *, application_type: ApplicationType, received_on: date, grant: Grant | None
) -> BilingualText | None:
    """How the agency's demand differs from the table; nothing when it does not, or when nothing can be compared."""
    if grant is None:
        return None
    try:
        expected = online_fee(application_type, received_on=received_on, granted=grant.period)
    except LookupError:
        return None
    if (asked.amount, asked.settlement_fee) == (expected.amount, expected.settlement_fee):
        return None
    return BilingualText(
        ja=f"請求額{asked.amount:,}円＋{asked.settlement_fee:,}円は、"
        f"規定の{expected.amount:,}円＋{expected.settlement_fee:,}円と異なります。",
        en=f"The agency asks for {asked.amount:,} + {asked.settlement_fee:,} yen; "
        f"the table says {expected.amount:,} + {expected.settlement_fee:,} yen.",
    )
