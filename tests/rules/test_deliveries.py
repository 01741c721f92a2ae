from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.applications import document
from zairyu.models.documents import Attachment, AttachmentKind, DocumentRef
from zairyu.rules.deliveries import AttachmentLimits, Delivery, limits_on, plan_deliveries, too_large

MB: Final = 1_000_000
ROOM: Final = 200_000
FORM, OTHER = AttachmentKind.ORGANIZATION_FORM, AttachmentKind.OTHER


def limits_of(on: date) -> AttachmentLimits:
    limits = limits_on(on)
    assert limits is not None
    return limits


OLD: Final = limits_of(date(2026, 1, 4))
NEW: Final = limits_of(date(2026, 1, 5))
PHOTO: Final = document(MB, "image/jpeg")


def attachment(size: int, kind: AttachmentKind = OTHER) -> Attachment:
    return Attachment(kind=kind, document=document(size))


def planned(limits: AttachmentLimits, *sizes: int, photo: DocumentRef | None = PHOTO) -> list[tuple[int, ...]]:
    return [delivery.indices for delivery in plan_deliveries([attachment(size) for size in sizes], photo, limits)]


def test_what_fits_goes_at_once() -> None:
    assert planned(NEW) == [()]
    assert planned(NEW, 12 * MB, 12 * MB) == [(0, 1)]
    assert planned(OLD, 5 * MB, 4 * MB) == [(0, 1)]


def test_what_does_not_fit_follows_in_its_order() -> None:
    assert planned(NEW, 10 * MB, 10 * MB, 10 * MB, 10 * MB, 10 * MB) == [(0, 1), (2, 3), (4,)]
    assert planned(NEW, 10 * MB, 20 * MB, MB) == [(0,), (1, 2)]
    assert planned(OLD, 6 * MB, 6 * MB, MB) == [(0,), (1, 2)]


def test_the_declaration_is_one_of_the_files() -> None:
    assert planned(NEW, *[1000] * 21) == [tuple(range(19)), (19, 20)]
    assert planned(OLD, *[1000] * 21) == [tuple(range(21))]


def test_the_organizations_form_goes_with_the_application() -> None:
    deliveries = plan_deliveries([attachment(20 * MB), attachment(20 * MB, FORM), attachment(3 * MB)], PHOTO, NEW)

    assert [delivery.indices for delivery in deliveries] == [(1,), (0, 2)]


def test_a_photo_that_takes_the_room_goes_alone() -> None:
    assert planned(NEW, 24 * MB, photo=document(2 * MB)) == [(), (0,)]


@pytest.mark.parametrize(
    ("limits", "sizes", "over"),
    [
        (NEW, (25 * MB,), {0: ROOM}),
        (NEW, (1000, 25 * MB), {1: ROOM}),
        (NEW, (25 * MB - ROOM, 25 * MB - ROOM), {}),
        (OLD, (10 * MB + 1, 1000, 11 * MB), {0: ROOM + 1, 2: MB + ROOM}),
        (OLD, (10 * MB,), {}),
    ],
)
def test_what_no_delivery_holds_is_named(
    limits: AttachmentLimits, sizes: tuple[int, ...], over: dict[int, int]
) -> None:
    assert too_large([attachment(size) for size in sizes], PHOTO, limits) == over


def test_whatever_must_be_first_has_to_fit_beside_the_photo() -> None:
    form = attachment(25 * MB - 999, FORM)

    assert too_large([form], document(1000), NEW) == {0: 1}
    assert too_large([form, attachment(1)], document(1000), NEW) == {0: ROOM + 1}


def test_where_nothing_may_follow_all_stays_together() -> None:
    strict = NEW.model_copy(update={"further_deliveries": False})

    assert planned(strict, 20 * MB, 20 * MB) == [(0, 1)]
    assert too_large([attachment(20 * MB), attachment(26 * MB)], PHOTO, strict) == {1: 2 * MB}


ATTACHMENTS = st.lists(
    st.builds(attachment, st.integers(1, 26 * MB), st.sampled_from(AttachmentKind)),
    max_size=45,
)
PHOTOS = st.none() | st.builds(document, st.integers(1, 30 * MB))
LIMITS = st.sampled_from([OLD, NEW])


def content_of(deliveries: tuple[Delivery, ...]) -> list[int]:
    return [index for delivery in deliveries for index in delivery.indices]


@given(ATTACHMENTS, PHOTOS, LIMITS)
def test_nothing_is_lost_and_nothing_sent_twice(
    attachments: list[Attachment], photo: DocumentRef | None, limits: AttachmentLimits
) -> None:
    deliveries = plan_deliveries(attachments, photo, limits)

    assert sorted(content_of(deliveries)) == list(range(len(attachments)))
    assert all(delivery.attachments for delivery in deliveries[1:])
    for delivery in deliveries:
        assert delivery.attachments == tuple(attachments[index] for index in delivery.indices)


@given(ATTACHMENTS, PHOTOS, LIMITS)
def test_the_order_is_kept(attachments: list[Attachment], photo: DocumentRef | None, limits: AttachmentLimits) -> None:
    deliveries = plan_deliveries(attachments, photo, limits)
    content = content_of(deliveries)
    forms = [index for index in content if attachments[index].kind is FORM]

    if len(deliveries) > 1:
        assert content[: len(forms)] == forms
        content = content[len(forms) :]
    assert forms == sorted(forms)
    assert content == sorted(content)


@given(ATTACHMENTS, PHOTOS, LIMITS)
def test_each_delivery_fits(attachments: list[Attachment], photo: DocumentRef | None, limits: AttachmentLimits) -> None:
    deliveries = plan_deliveries(attachments, photo, limits)
    over = too_large(attachments, photo, limits)
    declaration = ROOM if len(deliveries) > 1 else 0

    for number, delivery in enumerate(deliveries):
        size = declaration + sum(attached.document.size for attached in delivery.attachments)
        if over.keys() & set(delivery.indices):
            continue
        if limits is OLD:
            assert size <= 10 * MB
        elif number > 0 or delivery.attachments:
            assert len(delivery.attachments) + (declaration > 0) <= 20
            assert size + (photo.size if photo and number == 0 else 0) <= 25 * MB


@given(ATTACHMENTS, PHOTOS, LIMITS)
def test_what_is_too_large_is_too_large_by_itself(
    attachments: list[Attachment], photo: DocumentRef | None, limits: AttachmentLimits
) -> None:
    for index, size in too_large(attachments, photo, limits).items():
        assert size > 0
        assert attachments[index].document.size > 9 * MB - (photo.size if photo else 0)
