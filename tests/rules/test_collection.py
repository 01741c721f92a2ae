from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.applications import EXTENSION
from zairyu.models.assessment import CollectionOption, Intention
from zairyu.models.base import BilingualText
from zairyu.models.residence import (
    ApplicationType,
    CollectionMethod,
    ConcurrentPermission,
    PeriodOfStay,
    ResidenceStatus,
)
from zairyu.rules.collection import certificate_valid_until, collection_options, why_closed

STAMPS, ONLINE = date(2026, 9, 30), date(2026, 10, 1)
COE = ApplicationType.CERTIFICATE_OF_ELIGIBILITY
CHANGE = ApplicationType.CHANGE_OF_STATUS
ACQUISITION = ApplicationType.ACQUISITION_OF_STATUS
EMPLOYMENT = ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE
POST, COUNTER, EMAIL = CollectionMethod.POST, CollectionMethod.COUNTER, CollectionMethod.EMAIL
RE_ENTRY = ConcurrentPermission.RE_ENTRY
WITH_PAPER = {
    ResidenceStatus.HIGHLY_SKILLED_PROFESSIONAL,
    ResidenceStatus.SPECIFIED_SKILLED_WORKER,
    ResidenceStatus.DESIGNATED_ACTIVITIES,
}


def option(
    application_type: ApplicationType,
    method: CollectionMethod,
    *,
    on: date = ONLINE,
    granted: PeriodOfStay | None = None,
    **more: Any,
) -> CollectionOption:
    intention = Intention.model_validate({"application_type": application_type, **more})
    options = {option.method: option for option in collection_options(intention, on=on, granted=granted)}
    assert set(options) == set(CollectionMethod)
    assert options[method].source
    return options[method]


def things(application_type: ApplicationType, method: CollectionMethod, on: date = ONLINE) -> list[str]:
    enclosures = option(application_type, method, on=on).enclosures
    assert all(thing.ja and thing.en for thing in enclosures)
    return [thing.en.split(" (")[0].split(",")[0] for thing in enclosures]


def english(texts: tuple[BilingualText, ...]) -> str:
    assert all(text.ja and text.en for text in texts)
    return " ".join(text.en for text in texts)


# ----- which ways are open -------------------------------------------------------------------------------------------


# ISA, user guide for applicants (2024-03), section 5 (1) IV: table of the methods per application.
@pytest.mark.parametrize(
    ("application_type", "expected"),
    [
        (COE, {EMAIL, POST}),
        (CHANGE, {POST, COUNTER}),
        (EXTENSION, {POST, COUNTER}),
        (ACQUISITION, {POST, COUNTER}),
        (EMPLOYMENT, {POST, COUNTER}),
    ],
)
def test_each_application_has_its_ways(application_type: ApplicationType, expected: set[CollectionMethod]) -> None:
    options = [option(application_type, method) for method in CollectionMethod]

    assert {each.method for each in options if each.open} == expected
    for each in options:
        assert each.open is not bool(each.closed_because)
        assert each.open is (why_closed(application_type, each.method, (), on=ONLINE) is None)


def test_nothing_is_collected_of_a_registration() -> None:
    registration = Intention(application_type=ApplicationType.USER_REGISTRATION)

    assert collection_options(registration, on=ONLINE) == ()
    assert why_closed(registration.application_type, COUNTER, (), on=ONLINE) is not None


# Same section, note 20, examples 1 to 3.
@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION, ACQUISITION])
@pytest.mark.parametrize(
    ("more", "granted", "words"),
    [
        ({"concurrent_permissions": ["RE_ENTRY"]}, None, "concurrent application"),
        ({"concurrent_permissions": ["OTHER_ACTIVITY"]}, None, "concurrent application"),
        ({}, {"months": 3}, "stamped in the passport"),
        ({}, {"days": 90}, "stamped in the passport"),
        ({"adds_kanji_name": True}, None, "kanji"),
    ],
)
def test_what_cannot_be_posted_is_collected_at_the_counter(
    application_type: ApplicationType, more: dict[str, Any], granted: dict[str, int] | None, words: str
) -> None:
    period = PeriodOfStay.model_validate(granted) if granted else None
    by_post = option(application_type, POST, granted=period, **more)

    assert not by_post.open
    assert len(by_post.closed_because) == 1
    assert words in english(by_post.closed_because)
    assert option(application_type, COUNTER, granted=period, **more).open


def test_every_reason_is_told_and_not_only_the_first() -> None:
    by_post = option(
        EXTENSION, POST, granted=PeriodOfStay(days=30), concurrent_permissions=["RE_ENTRY"], adds_kanji_name=True
    )

    assert len(by_post.closed_because) == 3
    assert not by_post.enclosures


@pytest.mark.parametrize("granted", [{"months": 3, "days": 1}, {"months": 4}, {"years": 1}, {"years": 5}])
def test_a_card_that_is_issued_can_be_posted(granted: dict[str, int]) -> None:
    by_post = option(CHANGE, POST, granted=PeriodOfStay(**granted))

    assert by_post.open
    assert "is granted" not in english(by_post.warnings)


@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION, ACQUISITION])
def test_who_chooses_post_knows_that_a_short_period_closes_it(application_type: ApplicationType) -> None:
    assert "If 3 months or less is granted" in english(option(application_type, POST).warnings)
    assert "is granted" not in english(option(application_type, COUNTER).warnings)
    assert "is granted" not in english(option(EMPLOYMENT, POST).warnings)


@pytest.mark.parametrize(
    ("method", "permissions", "is_open"),
    [
        (POST, (), True),
        (COUNTER, (), True),
        (EMAIL, (), False),
        (POST, (RE_ENTRY,), False),
        (COUNTER, (RE_ENTRY,), True),
    ],
)
def test_a_way_that_does_not_exist_is_refused_with_a_reason(
    method: CollectionMethod, permissions: tuple[ConcurrentPermission, ...], is_open: bool
) -> None:
    reason = why_closed(EXTENSION, method, permissions, on=ONLINE)

    assert (reason is None) is is_open
    assert reason is None or (reason.ja and reason.en)


@given(
    application_type=st.sampled_from(
        [kind for kind in ApplicationType if kind is not ApplicationType.USER_REGISTRATION]
    ),
    permissions=st.sets(st.sampled_from(list(ConcurrentPermission))),
    adds_kanji_name=st.booleans(),
    months=st.none() | st.integers(1, 11),
    on=st.dates(date(2023, 3, 17), date(2040, 12, 31)),
)
def test_a_result_can_always_be_collected(
    application_type: ApplicationType,
    permissions: set[ConcurrentPermission],
    adds_kanji_name: bool,
    months: int | None,
    on: date,
) -> None:
    intention = Intention(
        application_type=application_type,
        concurrent_permissions=tuple(permissions),
        adds_kanji_name=adds_kanji_name,
    )
    granted = PeriodOfStay(months=months) if months else None
    options = collection_options(intention, on=on, granted=granted)

    assert any(each.open for each in options)
    for each in options:
        assert each.open is not bool(each.closed_because)
        reason = why_closed(
            application_type, each.method, intention.concurrent_permissions, on=on, granted=granted,
            adds_kanji_name=adds_kanji_name,
        )  # fmt: skip
        assert reason == next(iter(each.closed_because), None)


# ----- what to send and to bring -------------------------------------------------------------------------------------


# Same guide, section 5 (2) イ: table of the enclosures.
@pytest.mark.parametrize(
    ("application_type", "expected"),
    [
        (COE, ["Return envelope with postage for registered mail"]),
        (
            CHANGE,
            ["Residence card", "Designation paper", "Return envelope with postage for registered mail"],
        ),
        (
            EXTENSION,
            ["Residence card", "Designation paper", "Return envelope with postage for registered mail"],
        ),
        (ACQUISITION, ["Return envelope with postage for registered mail"]),
        (
            EMPLOYMENT,
            [
                "Return envelope with postage for registered mail",
                "Copy of the residence card or of the special permanent resident certificate",
            ],
        ),
    ],
)
def test_each_application_has_its_enclosures(application_type: ApplicationType, expected: list[str]) -> None:
    fee_form = ["Fee payment form with revenue stamps"] if application_type not in (COE, ACQUISITION) else []

    assert things(application_type, POST) == expected
    assert things(application_type, POST, STAMPS) == [*expected, *fee_form]


# Same guide, section 5 (2) ウ ①.
@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION, ACQUISITION, EMPLOYMENT])
def test_each_application_has_what_to_bring_to_the_counter(application_type: ApplicationType) -> None:
    expected = ["Passport", "Residence card", "Designation paper", "The mail that says the examination is completed"]

    assert things(application_type, COUNTER) == expected
    assert set(things(application_type, COUNTER, STAMPS)) == {*expected, "Fee payment form with revenue stamps"}


# Same guide, section 5 (2) イ note 24: the back of the envelope.
def test_the_envelope_for_certificates_says_whose_they_are() -> None:
    (envelope,) = option(COE, POST).enclosures

    assert "the receipt number and the number of persons on its back" in envelope.en
    assert "裏面に申請受付番号と人数" in envelope.ja


@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION])
@pytest.mark.parametrize("status", list(ResidenceStatus))
def test_the_designation_paper_is_asked_of_those_who_have_one(
    application_type: ApplicationType, status: ResidenceStatus
) -> None:
    stay = {"status": status, "period": {"years": 1}, "expires_on": "2027-01-31"}
    by_post = option(application_type, POST, applicant={"current_stay": stay})

    assert ("Designation paper" in english(by_post.enclosures)) is (status in WITH_PAPER)


def test_who_may_have_a_designation_paper_is_told_of_it() -> None:
    assert "if one was issued" in english(option(CHANGE, POST).enclosures)


@pytest.mark.parametrize("application_type", [COE, CHANGE, EXTENSION, ACQUISITION, EMPLOYMENT])
@pytest.mark.parametrize("on", [STAMPS, ONLINE])
def test_no_passport_and_no_my_number_card_is_ever_sent_by_post(application_type: ApplicationType, on: date) -> None:
    by_post = option(application_type, POST, on=on)

    assert "Passport" not in things(application_type, POST, on)
    assert "My Number" not in english(by_post.enclosures)
    assert "Never send a My Number card (or a copy of it) or a passport" in english(by_post.warnings)
    assert by_post.send_to is not None
    assert "135-0064" in by_post.send_to.ja


@pytest.mark.parametrize("application_type", [CHANGE, EXTENSION])
@pytest.mark.parametrize("on", [STAMPS, ONLINE])
def test_who_sends_the_card_knows_that_leaving_japan_is_not_possible(
    application_type: ApplicationType, on: date
) -> None:
    told = english(option(application_type, POST, on=on).warnings)

    assert "leaving Japan on a deemed re-entry permit is not possible" in told
    assert "colour copy of the card and the mail with the receipt number" in told


@pytest.mark.parametrize("application_type", [COE, ACQUISITION, EMPLOYMENT])
def test_who_keeps_the_card_is_not_warned_of_being_without_it(application_type: ApplicationType) -> None:
    assert "deemed re-entry" not in english(option(application_type, POST).warnings)


# ----- the certificate of eligibility by e-mail ----------------------------------------------------------------------


# Same guide, section 5 (2) ア with notes 22 and 23.
def test_who_waits_for_a_certificate_by_mail_knows_what_comes() -> None:
    by_mail = option(COE, EMAIL)

    assert by_mail.enclosures == ()
    assert by_mail.send_to is None
    told = english(by_mail.warnings)
    assert "No mail says that the examination is completed" in told
    assert "Confirm the receipt" in told
    assert "forwarded to the person abroad" in told
    assert "受領登録" in by_mail.warnings[1].ja


@pytest.mark.parametrize("method", [EMAIL, POST])
def test_who_collects_a_certificate_knows_how_long_it_can_be_used(method: CollectionMethod) -> None:
    assert "for 3 months after it is issued" in english(option(COE, method).warnings)
    assert "after it is issued" not in english(option(EMPLOYMENT, POST).warnings)


@pytest.mark.parametrize(("on", "is_open"), [(date(2023, 3, 16), False), (date(2023, 3, 17), True)])
def test_certificates_came_by_mail_from_march_2023(on: date, is_open: bool) -> None:
    assert option(COE, EMAIL, on=on).open is is_open


@pytest.mark.parametrize(
    ("issued_on", "until"),
    [
        (date(2026, 11, 21), date(2027, 2, 21)),
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
    ],
)
def test_a_certificate_can_be_used_for_three_months(issued_on: date, until: date) -> None:
    assert certificate_valid_until(issued_on) == until


def test_the_validity_of_an_old_certificate_is_not_guessed() -> None:
    with pytest.raises(LookupError, match="2023-03-16"):
        certificate_valid_until(date(2023, 3, 16))
