from datetime import date

import pytest

from tests.applications import EXTENSION
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, PeriodOfStay
from zairyu.models.status import Fee, Grant
from zairyu.rules.fees import online_fee, why_fee_differs

THREE_YEARS = PeriodOfStay(years=3)
BY_PERIOD = date(2026, 10, 1)


def fee(received_on: date, granted: PeriodOfStay) -> tuple[int, int]:
    amount = online_fee(EXTENSION, received_on=received_on, granted=granted)
    assert amount.source
    return amount.amount, amount.settlement_fee


@pytest.mark.parametrize(
    ("received_on", "expected"),
    [
        (date(2022, 3, 16), (4_000, 0)),
        (date(2025, 3, 31), (4_000, 0)),
        (date(2025, 4, 1), (5_500, 0)),
        (date(2026, 9, 30), (5_500, 0)),
        (date(2026, 10, 1), (56_000, 550)),
    ],
)
def test_the_day_of_receipt_decides_which_table_counts(received_on: date, expected: tuple[int, int]) -> None:
    assert fee(received_on, THREE_YEARS) == expected


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

    assert fee(BY_PERIOD, period) == expected
    assert fee(date(2026, 9, 30), period) == (5_500, 0)


def test_an_unknown_fee_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="2022-03-15"):
        online_fee(EXTENSION, received_on=date(2022, 3, 15), granted=THREE_YEARS)
    with pytest.raises(LookupError, match="USER_REGISTRATION"):
        online_fee(ApplicationType.USER_REGISTRATION, received_on=BY_PERIOD, granted=THREE_YEARS)


def test_a_wrong_demand_is_noticed_with_both_amounts() -> None:
    grant = Grant(period=THREE_YEARS, expires_on=date(2030, 1, 31))
    right = Fee(amount=56_000, settlement_fee=550, payment_number="1", due_on=date(2027, 1, 15))
    wrong = right.model_copy(update={"amount": 64_000})  # the counter's

    def difference(
        asked: Fee, grant: Grant | None = grant, application_type: ApplicationType = EXTENSION
    ) -> BilingualText | None:
        return why_fee_differs(asked, application_type=application_type, received_on=BY_PERIOD, grant=grant)

    assert difference(right) is None
    text = difference(wrong)
    assert text is not None
    for language in (text.ja, text.en):
        assert "64,000" in language
        assert "56,000" in language
    # What cannot be compared is no alarm.
    assert difference(wrong, grant=None) is None
    assert difference(wrong, application_type=ApplicationType.CHANGE_OF_STATUS) is None
