from datetime import date
from typing import Final

import pytest

from zairyu.rules.supplying_online import by_post, is_online_over, online_until, why_not_online

EXPIRY: Final = date(2027, 1, 31)


@pytest.mark.parametrize(
    ("card", "on", "last"),
    [
        (None, date(2027, 2, 1), EXPIRY),
        (EXPIRY, date(2027, 2, 1), EXPIRY),
        (date(2027, 3, 31), date(2027, 2, 1), date(2027, 3, 31)),
        # A card that ends before the stay says nothing of the special period, which has not begun.
        (date(2027, 1, 10), date(2027, 1, 20), EXPIRY),
        # Before the renewed system began, no card helped.
        (date(2027, 3, 31), date(2026, 1, 4), EXPIRY),
        (date(2027, 3, 31), date(2026, 1, 5), date(2027, 3, 31)),
    ],
)
def test_documents_are_supplied_online_to_the_expiry_or_to_the_end_of_an_extended_card(
    card: date | None, on: date, last: date
) -> None:
    assert online_until(period_expires_on=EXPIRY, card_valid_until=card, on=on) == last


def test_the_last_day_itself_counts() -> None:
    assert not is_online_over(period_expires_on=EXPIRY, card_valid_until=None, on=EXPIRY)
    assert is_online_over(period_expires_on=EXPIRY, card_valid_until=None, on=date(2027, 2, 1))


def test_where_no_special_period_follows_documents_are_always_supplied_online() -> None:
    assert online_until(period_expires_on=None, card_valid_until=None, on=date(2027, 2, 1)) is None
    assert not is_online_over(period_expires_on=None, card_valid_until=date(2026, 12, 1), on=date(2027, 2, 1))


def test_who_cannot_supply_online_is_told_what_to_send_where_and_by_when() -> None:
    way = by_post(office="TOKYO", receipt_number="東2026-000123", due_on=date(2027, 2, 15), on=date(2027, 2, 1))
    told = why_not_online(way)

    for words in ("申告書", "東2026-000123", "東京出入国在留管理局", "書留", "2027年2月15日（月）", "控え", "延長"):
        assert words in told.ja
    for words in ("declaration", "東2026-000123", "Tokyo Regional", "registered mail", "Monday, February 15, 2027"):
        assert words in told.en
    assert "Never send your passport or My Number card." in told.en


def test_way_by_post_is_told_also_where_office_and_number_are_not_known() -> None:
    way = by_post(office=None, receipt_number=None, due_on=date(2027, 2, 15), on=date(2027, 2, 1))

    assert "住居地を管轄する地方出入国在留管理局" in way.ja
    assert "provisional number" in way.en
