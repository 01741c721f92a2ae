from datetime import date

import pytest

from zairyu.rules.card_authorities import card_authority, is_card_authority

GENERATIONS = {
    "0d034cbb34d0714f45e45a1cafd8fd143fab54a7": (date(2015, 10, 20), date(2025, 10, 19)),
    "4de017de4b7f473dcd867a62d38b134ace83558a": (date(2019, 9, 15), date(2029, 9, 14)),
    "d21ea55895617e93adbf966b941ab4edf653f08f": (date(2023, 7, 16), date(2033, 7, 15)),
}


@pytest.mark.parametrize(("key", "days"), GENERATIONS.items())
def test_generation_counts_from_its_first_to_its_last_day(key: str, days: tuple[date, date]) -> None:
    first, last = days
    for day in days:
        row = card_authority(key, on=day)
        assert row is not None
        assert is_card_authority(row.sha256)
    assert card_authority(key, on=date.fromordinal(first.toordinal() - 1)) is None
    assert card_authority(key, on=date.fromordinal(last.toordinal() + 1)) is None


def test_card_issued_before_a_generation_began_finds_the_older_one() -> None:
    on = date(2026, 11, 20)
    assert [key for key in GENERATIONS if card_authority(key, on=on)] == list(GENERATIONS)[1:]


@pytest.mark.parametrize("key", ["", "00" * 20, "9567951b5ca70d84a0fff1d85a87f1aab1340385"])
def test_no_other_key_counts(key: str) -> None:
    """The last one is that of the authority for user authentication."""
    assert card_authority(key, on=date(2024, 1, 1)) is None
