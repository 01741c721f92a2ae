"""The whole answer, put together: the parts have tests of their own."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.models.assessment import Answer, Assessment, Intention, Route
from zairyu.models.findings import Severity
from zairyu.models.residence import ApplicationType, CollectionMethod, Filer, ResidenceStatus
from zairyu.rules.assessment import assess

TODAY = date(2026, 12, 1)
ENGINEER = "ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES"


def asked(**facts: Any) -> Intention:
    """Somebody who wants to stay on."""
    return Intention.model_validate(
        {
            "application_type": "EXTENSION_OF_PERIOD",
            "residence_status": ENGINEER,
            "applicant": {
                "birth_date": "19960412",
                "address": {"prefecture": "大阪府"},
                "current_stay": {"status": ENGINEER, "period": {"years": 3}, "expires_on": "2027-01-31"},
            },
            **facts,
        }
    )


def what_to_do(assessment: Assessment) -> list[str]:
    return [task.what.en for task in assessment.tasks]


def test_one_answer_holds_everything_a_person_asks() -> None:
    told = assess(asked(), on=TODAY)

    assert told.permissibility.answer is Answer.ALLOWED
    assert told.permissibility.routes[0] is Route.MYNAPORTAL
    assert told.online is not None and told.online.opens is not None and told.online.closes is not None  # noqa: PT018
    assert (told.online.opens.on, told.online.closes.on) == (date(2026, 10, 31), date(2027, 1, 30))
    assert told.counter is not None
    assert told.counter.closes is not None
    assert told.counter.closes.on == date(2027, 2, 1)
    assert told.special_period is not None
    assert told.special_period.until is not None
    assert told.special_period.until.on == date(2027, 3, 31)
    assert told.fee is not None
    assert len(told.fee.online) == 7
    assert {option.method for option in told.collection if option.open} == {
        CollectionMethod.POST,
        CollectionMethod.COUNTER,
    }
    assert told.office is not None
    assert told.office.code == "OSAKA"
    assert told.likely_decided_by is not None
    assert told.likely_decided_by.on == date(2027, 1, 1)
    assert {reason.rule for reason in told.documents} == {"photo-required", "attachment-required"}
    assert told.findings == ()
    assert "File online, and sign." in what_to_do(told)


def test_a_whole_application_is_a_question_too() -> None:
    """Other systems hand in what they have: parts that the law does not look at are left alone."""
    intention = asked()
    form = {**json.loads(intention.model_dump_json()), "reason": "…", "criminal_record": False, "photo": "photo.jpg"}

    assert assess(Intention.model_validate(form), on=TODAY) == assess(intention, on=TODAY)


@pytest.mark.parametrize("kind", ApplicationType)
def test_the_mere_type_is_answered_with_conditions_and_guesses_nothing(kind: ApplicationType) -> None:
    told = assess(Intention(application_type=kind), on=TODAY)

    assert told.office is None
    if told.special_period is not None:
        assert told.special_period.until is None
    assert all(finding.severity is Severity.WARNING for finding in told.findings)


def test_the_last_evening_online_and_the_day_after() -> None:
    assert assess(asked(), on=date(2027, 1, 30)).findings == ()
    told = assess(asked(), on=date(2027, 1, 31))
    [finding] = told.findings
    assert (finding.rule, finding.severity) == ("filing-window", Severity.ERROR)
    assert "Monday, February 1, 2027" in finding.message.en
    assert any("File at the counter of Osaka" in words for words in what_to_do(told))
    assert "File online, and sign." not in what_to_do(told)


def test_after_the_last_day_at_the_counter_only_the_office_helps() -> None:
    told = assess(asked(), on=date(2027, 2, 2))

    assert "has expired" in told.findings[0].message.en
    assert "Talk to the regional immigration office at once." in what_to_do(told)


def test_who_comes_too_early_waits_and_is_not_refused() -> None:
    told = assess(asked(), on=date(2026, 10, 30))

    assert told.findings == ()
    assert "Wait for online filing to open on 2026-10-31." in what_to_do(told)


def test_who_may_not_file_reads_what_to_do_instead() -> None:
    told = assess(asked(filer="RELATIVE", representative={"lives_in_japan": True}), on=TODAY)

    assert told.permissibility.answer is Answer.NOT_ALLOWED
    assert what_to_do(told) == [text.en for text in told.permissibility.instead]


def test_an_agent_reads_that_this_is_not_the_way() -> None:
    told = assess(asked(filer="LAWYER_OR_SCRIVENER"), on=TODAY)

    assert told.permissibility.answer is Answer.ALLOWED
    assert [finding.rule for finding in told.findings] == ["route"]
    assert "File online, and sign." not in what_to_do(told)


def test_a_card_that_ends_first_is_extended_after_filing() -> None:
    told = assess(asked(card={"expires_on": "2027-01-31"}), on=TODAY)

    assert told.card is not None
    assert not told.card.lasts
    words = what_to_do(told)
    assert words.index("File online, and sign.") < words.index(
        "Have the life of the My Number card extended at the municipality."
    )


@pytest.mark.parametrize(
    ("received_on", "bands", "free"),
    [
        (date(2026, 9, 30), 1, False),
        (date(2026, 10, 1), 7, False),
    ],
)
def test_the_fee_goes_by_the_day_of_receipt(received_on: date, bands: int, free: bool) -> None:
    fee = assess(asked(), on=received_on).fee

    assert fee is not None
    assert (len(fee.online), fee.free) == (bands, free)


# ----- whatever is asked ----------------------------------------------------------------------------------------

PERIODS = st.sampled_from([{"days": 15}, {"days": 30}, {"days": 90}, {"months": 3}, {"months": 6}, {"years": 1}])
DAYS = st.dates(date(2022, 3, 16), date(2040, 12, 31))


@st.composite
def intentions(draw: st.DrawFn, day: date) -> Intention:
    near = st.dates(date(day.year - 1, 1, 1), date(day.year + 5, 12, 31)).map(str)
    statuses = st.sampled_from(ResidenceStatus)
    return Intention.model_validate(
        {
            "application_type": draw(st.sampled_from(ApplicationType)),
            "residence_status": draw(st.none() | statuses),
            "filer": draw(st.sampled_from(Filer)),
            "applicant": {
                "birth_date": draw(st.none() | st.sampled_from(["1990", "201201", "20120229", "20260101", "19991399"])),
                "address": draw(st.none() | st.sampled_from([{"prefecture": "東京都"}, {"prefecture": "Tokyo"}])),
                "current_stay": draw(
                    st.none() | st.fixed_dictionaries({"status": statuses, "period": PERIODS, "expires_on": near})
                ),
            },
            "representative": draw(st.none() | st.just({"lives_in_japan": True})),
            "cause": draw(st.none() | st.fixed_dictionaries({"kind": st.just("BIRTH"), "happened_on": near})),
            "designated_activity": draw(st.none() | st.sampled_from(["7", "33-2", "46"])),
            "concurrent_permissions": draw(st.lists(st.sampled_from(["RE_ENTRY", "OTHER_ACTIVITY"]), unique=True)),
            "re_entry": draw(st.none() | st.sampled_from(["SINGLE", "MULTIPLE"])),
            "adds_kanji_name": draw(st.booleans()),
            "card": draw(st.none() | st.fixed_dictionaries({"expires_on": near, "extended": st.booleans()})),
        }
    )


@given(data=st.data(), day=DAYS)
@settings(deadline=None, max_examples=300)
def test_every_question_has_an_answer_with_its_sources(data: st.DataObject, day: date) -> None:
    told = assess(data.draw(intentions(day)), on=day)

    for reason in (*told.permissibility.reasons, *told.documents, *(told.card.reasons if told.card else ())):
        assert reason.source
        assert reason.text.ja
        assert reason.text.en
    for finding in told.findings:
        assert finding.place.startswith("/")
        assert finding.source
    if told.permissibility.answer is Answer.NOT_ALLOWED:
        assert told.tasks
    for option in told.collection:
        assert option.open is not bool(option.closed_because)
    assert Assessment.model_validate_json(told.model_dump_json()) == told
