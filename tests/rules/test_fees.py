from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import EXTENSION
from zairyu.models.assessment import FeeBand, FeeEstimate, Intention
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, ConcurrentPermission, PeriodOfStay, ReEntry
from zairyu.models.status import Fee, Grant
from zairyu.rules.fees import FeeRow, fee_estimate, has_fee, online_fee, why_fee_differs
from zairyu.rules.tables import in_force, load_table

THREE_YEARS = PeriodOfStay(years=3)
FIRST_DAY = date(2022, 3, 16)
STAMPS, BY_PERIOD = date(2026, 9, 30), date(2026, 10, 1)
COE = ApplicationType.CERTIFICATE_OF_ELIGIBILITY
CHANGE = ApplicationType.CHANGE_OF_STATUS
ACQUISITION = ApplicationType.ACQUISITION_OF_STATUS
EMPLOYMENT = ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE
REGISTRATION = ApplicationType.USER_REGISTRATION
RE_ENTRY, OTHER_ACTIVITY = ConcurrentPermission.RE_ENTRY, ConcurrentPermission.OTHER_ACTIVITY


def fee(
    received_on: date, granted: PeriodOfStay | None, application_type: ApplicationType = EXTENSION
) -> tuple[int, int]:
    amount = online_fee(application_type, received_on=received_on, granted=granted)
    assert amount.source
    return amount.amount, amount.settlement_fee


def estimate(application_type: ApplicationType, received_on: date, **more: object) -> FeeEstimate:
    intention = Intention.model_validate({"application_type": application_type, **more})
    estimated = fee_estimate(intention, received_on=received_on)
    assert estimated is not None
    assert estimated.source
    return estimated


def amounts(bands: Sequence[FeeBand]) -> list[int]:
    assert all(band.source and band.granted.ja and band.granted.en for band in bands)
    return [band.amount for band in bands]


# ----- worked cases --------------------------------------------------------------------------------------------------


# ISA, revision of fees for residence applications from 2025-04-01: table, columns before and after, counter and
# online. The amounts before it: Order for Enforcement of the Immigration Control Act.
@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION])
@pytest.mark.parametrize(
    ("received_on", "online", "counter"),
    [
        (FIRST_DAY, 4_000, 4_000),
        (date(2025, 3, 31), 4_000, 4_000),
        (date(2025, 4, 1), 5_500, 6_000),
        (STAMPS, 5_500, 6_000),
    ],
)
def test_the_day_of_receipt_decides_which_table_counts(
    application_type: ApplicationType, received_on: date, online: int, counter: int
) -> None:
    estimated = estimate(application_type, received_on)

    assert (amounts(estimated.online), amounts(estimated.counter)) == ([online], [counter])
    assert fee(received_on, THREE_YEARS, application_type) == (online, 0)
    assert not estimated.free


# ISA, fees for residence applications from 2026-10-01: table by the period granted.
@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION])
@pytest.mark.parametrize("desired", [None, {"years": 3}])
def test_all_bands_are_possible_until_the_period_is_granted(
    application_type: ApplicationType, desired: dict[str, int] | None
) -> None:
    estimated = estimate(application_type, BY_PERIOD, desired_period=desired)

    assert [(band.granted.ja, band.amount, band.settlement_fee) for band in estimated.online] == [
        ("3月以下", 10_000, 330),
        ("3月を超え6月以下", 15_000, 330),
        ("6月を超え1年未満", 21_000, 330),
        ("1年", 27_000, 330),
        ("1年を超え3年未満", 42_000, 330),
        ("3年以上5年未満", 56_000, 550),
        ("5年以上", 65_000, 550),
    ]
    assert [(band.granted.en, band.amount, band.settlement_fee) for band in estimated.counter] == [
        ("3 months or less", 10_000, 0),
        ("more than 3 months, up to 6 months", 18_000, 0),
        ("more than 6 months, less than 1 year", 25_000, 0),
        ("1 year", 33_000, 0),
        ("more than 1 year, less than 3 years", 48_000, 0),
        ("3 years or more, less than 5 years", 64_000, 0),
        ("5 years or more", 75_000, 0),
    ]


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        ({"days": 15}, (10_000, 330)),
        ({"days": 30}, (10_000, 330)),
        ({"days": 90}, (10_000, 330)),
        ({"months": 3}, (10_000, 330)),
        ({"months": 3, "days": 1}, (15_000, 330)),
        ({"months": 4}, (15_000, 330)),
        ({"months": 6}, (15_000, 330)),
        ({"months": 6, "days": 1}, (21_000, 330)),
        ({"months": 7}, (21_000, 330)),
        ({"months": 11}, (21_000, 330)),
        ({"years": 1}, (27_000, 330)),
        ({"years": 1, "days": 1}, (42_000, 330)),
        ({"years": 1, "months": 3}, (42_000, 330)),
        ({"years": 2}, (42_000, 330)),
        ({"years": 2, "months": 11}, (42_000, 330)),
        ({"years": 3}, (56_000, 550)),
        ({"years": 4}, (56_000, 550)),
        ({"years": 4, "months": 11}, (56_000, 550)),
        ({"years": 5}, (65_000, 550)),
    ],
)
def test_nobody_is_told_the_fee_of_the_next_band(granted: dict[str, int], expected: tuple[int, int]) -> None:
    period = PeriodOfStay(**granted)

    assert fee(BY_PERIOD, period) == fee(BY_PERIOD, period, CHANGE) == expected
    assert fee(STAMPS, period) == (5_500, 0)


# ISA, revision of fees from 2025-04-01, row certificate of authorized employment; fees from 2026-10-01.
@pytest.mark.parametrize(
    ("received_on", "online", "settlement_fee", "counter"),
    [
        (date(2025, 3, 31), 1_200, 0, 1_200),
        (date(2025, 4, 1), 1_600, 0, 2_000),
        (STAMPS, 1_600, 0, 2_000),
        (BY_PERIOD, 1_600, 220, 2_000),
    ],
)
def test_a_certificate_of_authorized_employment_has_a_fee_without_a_period(
    received_on: date, online: int, settlement_fee: int, counter: int
) -> None:
    estimated = estimate(EMPLOYMENT, received_on)

    assert fee(received_on, None, EMPLOYMENT) == (online, settlement_fee)
    assert [band.total for band in estimated.online] == [online + settlement_fee]
    assert amounts(estimated.counter) == [counter]


# ISA, revision of fees from 2025-04-01, rows re-entry permit (single, multiple).
@pytest.mark.parametrize(
    ("received_on", "single", "multiple"),
    [
        (date(2025, 3, 31), 3_000, 6_000),
        (date(2025, 4, 1), 3_500, 6_500),
        (BY_PERIOD, 3_500, 6_500),
    ],
)
def test_a_re_entry_permit_costs_on_top(received_on: date, single: int, multiple: int) -> None:
    def concurrent(kind: ReEntry | None) -> list[int]:
        permissions = [RE_ENTRY, OTHER_ACTIVITY]
        estimated = estimate(EXTENSION, received_on, concurrent_permissions=permissions, re_entry=kind)
        return amounts(estimated.concurrent)

    assert concurrent(ReEntry.SINGLE) == [single]
    assert concurrent(ReEntry.MULTIPLE) == [multiple]
    assert concurrent(None) == [single, multiple]
    assert estimate(EXTENSION, received_on).concurrent == ()


@pytest.mark.parametrize("application_type", [COE, ACQUISITION, REGISTRATION])
@pytest.mark.parametrize("received_on", [FIRST_DAY, STAMPS, BY_PERIOD])
def test_what_is_free_is_said_to_be_free(application_type: ApplicationType, received_on: date) -> None:
    estimated = estimate(application_type, received_on, concurrent_permissions=[OTHER_ACTIVITY])

    assert estimated.free
    assert (estimated.online, estimated.counter, estimated.concurrent) == ((), (), ())
    assert estimated.how_to_pay is None
    assert fee(received_on, None, application_type) == (0, 0)
    assert not has_fee(application_type, received_on=received_on, concurrent=[OTHER_ACTIVITY])


def test_an_acquisition_with_a_re_entry_permit_is_not_free() -> None:
    estimated = estimate(ACQUISITION, BY_PERIOD, concurrent_permissions=[RE_ENTRY], re_entry=ReEntry.SINGLE)

    assert not estimated.free
    assert (estimated.online, amounts(estimated.concurrent)) == ((), [3_500])
    assert estimated.how_to_pay is not None
    assert has_fee(ACQUISITION, received_on=BY_PERIOD, concurrent=[RE_ENTRY])


@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION, EMPLOYMENT])
def test_nobody_buys_stamps_for_an_application_that_is_paid_online(application_type: ApplicationType) -> None:
    before, after = (estimate(application_type, day).how_to_pay for day in (STAMPS, BY_PERIOD))

    assert before is not None
    assert after is not None
    assert before.en.startswith("With revenue stamps")
    assert before.ja.startswith("収入印紙を")
    assert "convenience store or by Pay-easy" in after.en
    assert "stamps, credit cards and QR codes are not taken" in after.en
    assert "コンビニ決済またはPay-easy" in after.ja


@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION, EMPLOYMENT])
@pytest.mark.parametrize("received_on", [FIRST_DAY, STAMPS, BY_PERIOD])
def test_who_has_to_pay_is_asked_to(application_type: ApplicationType, received_on: date) -> None:
    assert has_fee(application_type, received_on=received_on)


def test_an_unknown_fee_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="2022-03-15"):
        online_fee(EXTENSION, received_on=date(2022, 3, 15), granted=THREE_YEARS)
    with pytest.raises(LookupError, match="EXTENSION_OF_PERIOD"):
        online_fee(EXTENSION, received_on=BY_PERIOD, granted=None)
    assert fee_estimate(Intention(application_type=EXTENSION), received_on=date(2022, 3, 15)) is None


# ----- the agency's demand -------------------------------------------------------------------------------------------

GRANT = Grant(period=THREE_YEARS, expires_on=date(2030, 1, 31))
RIGHT = Fee(amount=56_000, settlement_fee=550, payment_number="1", due_on=date(2027, 1, 15))


def difference(
    asked: Fee,
    grant: Grant | None = GRANT,
    application_type: ApplicationType = EXTENSION,
    concurrent: Sequence[ConcurrentPermission] = (),
    re_entry: ReEntry | None = None,
) -> BilingualText | None:
    return why_fee_differs(
        asked,
        application_type=application_type,
        received_on=BY_PERIOD,
        grant=grant,
        concurrent=concurrent,
        re_entry=re_entry,
    )


def demand(amount: int, settlement_fee: int = 550) -> Fee:
    return RIGHT.model_copy(update={"amount": amount, "settlement_fee": settlement_fee})


def test_a_wrong_demand_is_noticed_with_both_amounts() -> None:
    assert difference(RIGHT) is None
    text = difference(demand(64_000))  # the counter's
    assert text is not None
    for language in (text.ja, text.en):
        assert "64,000" in language
        assert "56,000" in language
    assert difference(demand(56_000, 330)) is not None


def test_what_cannot_be_compared_is_no_alarm() -> None:
    assert difference(demand(64_000), grant=None) is None


def test_a_demand_for_a_certificate_is_compared_without_a_period() -> None:
    assert difference(demand(1_600, 220), grant=None, application_type=EMPLOYMENT) is None
    assert difference(demand(2_000, 0), grant=None, application_type=EMPLOYMENT) is not None


def test_a_demand_for_what_is_free_is_noticed() -> None:
    assert difference(demand(10_000, 330), application_type=ACQUISITION) is not None


def test_a_re_entry_permit_is_part_of_what_is_compared() -> None:
    def of(amount: int, re_entry: ReEntry | None) -> BilingualText | None:
        return difference(demand(amount), concurrent=[RE_ENTRY], re_entry=re_entry)

    assert of(59_500, ReEntry.SINGLE) is None
    assert of(59_500, None) is None
    assert of(62_500, None) is None
    text = of(62_500, ReEntry.SINGLE)
    assert text is not None
    for language in (text.ja, text.en):
        assert "62,500" in language
        assert "59,500" in language
    assert difference(RIGHT, concurrent=[OTHER_ACTIVITY]) is None


# ----- properties ----------------------------------------------------------------------------------------------------

PERIODS = st.builds(
    lambda years, months, days: PeriodOfStay(years=years, months=months, days=days or int(not years and not months)),
    st.integers(0, 5),
    st.integers(0, 11),
    st.integers(0, 90),
)
FEES = load_table("fees", FeeRow)


@given(
    granted=PERIODS,
    on=st.dates(FIRST_DAY, date(2040, 12, 31)),
    application_type=st.sampled_from(list(ApplicationType)),
)
@settings(deadline=None)  # shared machines are slow now and then
def test_every_granted_period_has_exactly_one_fee(
    granted: PeriodOfStay, on: date, application_type: ApplicationType
) -> None:
    counting = [row for row in in_force(FEES, on) if application_type in row.application_types and row.covers(granted)]

    assert len(counting) == 1


@given(
    periods=st.lists(PERIODS, min_size=2, max_size=2),
    on=st.dates(FIRST_DAY, date(2040, 12, 31)),
    application_type=st.sampled_from(list(ApplicationType)),
)
@settings(deadline=None)
def test_a_longer_period_never_costs_less(
    periods: list[PeriodOfStay], on: date, application_type: ApplicationType
) -> None:
    def row_for(period: PeriodOfStay) -> FeeRow:
        rows = in_force(FEES, on)
        return next(row for row in rows if application_type in row.application_types and row.covers(period))

    shorter, longer = (row_for(period) for period in sorted(periods, key=lambda period: period.length))

    assert shorter.online <= longer.online
    assert shorter.counter <= longer.counter
    assert shorter.online + shorter.settlement_fee <= longer.online + longer.settlement_fee


def test_online_is_never_dearer_than_the_counter() -> None:
    assert all(row.online <= row.counter for row in FEES)
