from datetime import date

import pytest

from tests.applications import EXTENSION
from zairyu.models.residence import ApplicationType, CollectionMethod, ConcurrentPermission
from zairyu.rules.collection import way_to_collect, why_closed

STAMPS, ONLINE = date(2026, 9, 30), date(2026, 10, 1)


def things(method: CollectionMethod, on: date) -> str:
    way = way_to_collect(EXTENSION, method, on=on)
    assert way is not None
    assert all(thing.ja and thing.en for thing in way.what_to_bring_or_send)
    return " ".join(thing.en for thing in way.what_to_bring_or_send)


@pytest.mark.parametrize("method", [CollectionMethod.POST, CollectionMethod.COUNTER])
def test_nobody_buys_revenue_stamps_for_a_fee_that_is_paid_online(method: CollectionMethod) -> None:
    assert "revenue stamps" in things(method, STAMPS)
    assert "stamps" not in things(method, ONLINE)
    assert "Residence card" in things(method, ONLINE)


@pytest.mark.parametrize("on", [STAMPS, ONLINE])
def test_no_passport_and_no_my_number_card_is_ever_sent_by_post(on: date) -> None:
    assert "Passport" not in things(CollectionMethod.POST, on)
    assert "My Number" not in things(CollectionMethod.POST, on)
    assert "Passport" in things(CollectionMethod.COUNTER, on)


@pytest.mark.parametrize("on", [STAMPS, ONLINE])
def test_who_sends_the_card_knows_where_to_and_that_leaving_japan_is_not_possible(on: date) -> None:
    way = way_to_collect(EXTENSION, CollectionMethod.POST, on=on)

    assert way is not None
    assert way.send_to is not None
    assert "135-0064" in way.send_to.ja
    assert way.warning is not None
    assert "みなし再入国" in way.warning.ja


@pytest.mark.parametrize(
    ("method", "permissions", "is_open"),
    [
        (CollectionMethod.POST, (), True),
        (CollectionMethod.COUNTER, (), True),
        (CollectionMethod.EMAIL, (), False),
        (CollectionMethod.POST, (ConcurrentPermission.RE_ENTRY,), False),
        (CollectionMethod.COUNTER, (ConcurrentPermission.RE_ENTRY,), True),
    ],
)
def test_a_way_that_does_not_exist_is_refused_with_a_reason(
    method: CollectionMethod, permissions: tuple[ConcurrentPermission, ...], is_open: bool
) -> None:
    reason = why_closed(EXTENSION, method, permissions, on=ONLINE)

    assert (reason is None) is is_open
    assert reason is None or (reason.ja and reason.en)


def test_a_kind_of_application_without_a_table_has_no_way() -> None:
    assert why_closed(ApplicationType.CHANGE_OF_STATUS, CollectionMethod.COUNTER, (), on=ONLINE) is not None
