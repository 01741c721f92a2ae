"""The whole answer, put together: the parts have tests of their own."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.models.assessment import Answer, Assessment, Intention, Route
from zairyu.models.findings import Severity
from zairyu.models.residence import ApplicationType, CollectionMethod, Filer, OrganizationCategory, ResidenceStatus
from zairyu.rules.assessment import assess
from zairyu.rules.tables import AnyRow, load_table, table_names

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


def staying(expires_on: str, *, period: dict[str, int] | None = None, birth_date: str = "19960412") -> dict[str, Any]:
    stay = {"status": ENGINEER, "period": period or {"years": 3}, "expires_on": expires_on}
    return {"birth_date": birth_date, "address": {"prefecture": "大阪府"}, "current_stay": stay}


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
    assert [reason.rule for reason in told.documents][:2] == ["photo-required", "attachment-required"]
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
    ("expires_on", "on", "bands"),
    [
        ("2026-12-15", date(2026, 9, 30), 1),
        ("2026-12-15", date(2026, 10, 1), 7),
        # Too early: it can be received only when the new fees count.
        ("2027-01-31", date(2026, 9, 30), 7),
    ],
)
def test_the_fee_goes_by_the_day_on_which_it_can_be_received(expires_on: str, on: date, bands: int) -> None:
    told = assess(asked(applicant=staying(expires_on)), on=on)

    assert told.fee is not None
    assert len(told.fee.online) == bands
    assert any("Pay-easy" in words for words in what_to_do(told)) is (bands == 7)


def test_an_examination_does_not_end_before_it_can_begin() -> None:
    told = assess(asked(), on=date(2026, 9, 1))

    assert told.likely_decided_by is not None
    assert told.likely_decided_by.on == date(2026, 11, 30)


# ----- days on which ways have closed ---------------------------------------------------------------------------


def test_on_the_day_of_expiry_only_the_counter_is_left() -> None:
    told = assess(asked(), on=date(2027, 1, 31))

    assert (told.permissibility.answer, told.permissibility.routes) == (Answer.ALLOWED, (Route.COUNTER,))
    assert not any("nline" in words or "collect" in words for words in what_to_do(told))
    # It is a Sunday: nothing can be filed before the Monday, and that is after the expiry.
    assert told.special_period is not None
    assert told.special_period.until is None
    in_time = assess(asked(applicant=staying("2027-01-29")), on=date(2027, 1, 29)).special_period
    assert in_time is not None
    assert in_time.until is not None


def test_an_agent_is_not_sent_online_after_the_last_day_there() -> None:
    told = assess(asked(filer="LAWYER_OR_SCRIVENER"), on=date(2027, 1, 31))

    assert told.permissibility.routes == (Route.COUNTER,)
    assert not any("Online Residence" in words for words in what_to_do(told))


@pytest.mark.parametrize("filer", Filer)
def test_nobody_reads_allowed_after_everything_has_closed(filer: Filer) -> None:
    told = assess(asked(filer=filer), on=date(2027, 2, 2))

    assert (told.permissibility.answer, told.permissibility.routes) == (Answer.NOT_ALLOWED, ())
    assert told.permissibility.reasons[0].rule == "filing-window"
    assert what_to_do(told) == ["Talk to the regional immigration office at once."]


def test_a_stay_that_ends_on_a_closed_day_is_not_called_expired_on_it() -> None:
    """An employment certificate's last day at the counter is the open day before."""
    told = assess(asked(application_type="AUTHORIZED_EMPLOYMENT_CERTIFICATE"), on=date(2027, 1, 31))

    assert "The time to apply is over" in told.findings[-1].message.en


@pytest.mark.parametrize(
    ("on", "place", "step"),
    [
        (date(2027, 1, 10), "/cause/happened_on", "File an extension of the period of stay first."),
        (date(2027, 3, 1), "/applicant/current_stay/expires_on", "Talk to the regional immigration office at once."),
    ],
)
def test_a_cause_after_the_stay_opens_no_window_and_hides_no_expiry(on: date, place: str, step: str) -> None:
    change = asked(
        application_type="CHANGE_OF_STATUS",
        residence_status="STUDENT",
        cause={"kind": "CHANGE_OF_ACTIVITY", "happened_on": "2027-02-10"},
    )
    told = assess(change, on=on)

    assert [(finding.place, finding.rule) for finding in told.findings] == [(place, "filing-window")]
    assert told.permissibility.answer is Answer.NOT_ALLOWED
    assert what_to_do(told) == [step]


# ----- nothing is told that is not so ---------------------------------------------------------------------------


def test_an_application_for_permanent_residence_is_promised_no_special_period() -> None:
    told = assess(asked(application_type="CHANGE_OF_STATUS", residence_status="PERMANENT_RESIDENT"), on=TODAY)

    assert (told.special_period, told.fee, told.online) == (None, None, None)
    assert any("no special period" in words for words in what_to_do(told))


@pytest.mark.parametrize("kind", ["CERTIFICATE_OF_ELIGIBILITY", "AUTHORIZED_EMPLOYMENT_CERTIFICATE"])
def test_a_permission_that_cannot_go_along_neither_costs_nor_closes_anything(kind: str) -> None:
    alone = assess(asked(application_type=kind), on=TODAY)
    told = assess(asked(application_type=kind, concurrent_permissions=["RE_ENTRY"]), on=TODAY)

    assert told.concurrent[0].permissibility.answer is Answer.NOT_ALLOWED
    assert (told.fee, told.collection) == (alone.fee, alone.collection)


def test_a_condition_is_no_error_beside_a_prohibition() -> None:
    told = assess(asked(application_type="CHANGE_OF_STATUS", residence_status="DIPLOMAT", applicant={}), on=TODAY)

    by_place = {finding.place: finding.severity for finding in told.findings}
    assert by_place["/residence_status"] is Severity.ERROR
    assert by_place["/applicant/current_stay"] is Severity.WARNING
    assert told.permissibility.reasons[0].place == "/residence_status"


def test_registration_needs_no_photo_and_an_extension_the_organization_s_form_even_unnamed() -> None:
    assert assess(asked(application_type="USER_REGISTRATION"), on=TODAY).documents == ()
    unnamed = assess(asked(residence_status=None), on=TODAY)
    assert [document.rule for document in unnamed.documents if document.blocking] == [
        "photo-required",
        "attachment-required",
    ]


def test_the_documents_are_one_thing_to_do_and_those_with_a_condition_another() -> None:
    words = what_to_do(assess(asked(organization_category="CATEGORY_3"), on=TODAY))
    assert words[0] == (
        "Get together what is attached: photo of the applicant, form made by the organization, total table of "
        "statutory reports on withholding, tax certificate, tax payment certificate."
    )
    assert words[1] == "Check which of the documents with a condition apply."


# ----- the order of what is done --------------------------------------------------------------------------------


def test_the_way_to_collect_is_chosen_before_filing() -> None:
    words = what_to_do(assess(asked(), on=TODAY))

    assert words.index("Choose how to collect the result.") < words.index("File online, and sign.")


def test_a_lapsed_card_is_made_new_before_signing() -> None:
    words = what_to_do(assess(asked(card={"expires_on": "2026-11-30"}), on=TODAY))

    assert words.index("Have a new My Number card made at the municipality: one that has lapsed cannot sign.") < (
        words.index("File online, and sign.")
    )


def test_a_card_that_ends_before_filing_opens_is_renewed_before() -> None:
    words = what_to_do(assess(asked(card={"expires_on": "2026-10-20"}), on=date(2026, 10, 1)))

    assert words.index("Have the life of the My Number card extended at the municipality.") < words.index(
        "Wait for online filing to open on 2026-10-31."
    )


def test_who_may_not_file_here_still_learns_by_when_it_must_be_filed() -> None:
    short = staying("2027-01-31", period={"months": 3})
    [counter] = assess(asked(applicant=short), on=TODAY).tasks
    assert counter.by is not None
    assert counter.by.on == date(2027, 2, 1)
    [somebody] = assess(asked(applicant=staying("2027-01-31", birth_date="20120601")), on=TODAY).tasks
    assert somebody.by is not None
    assert somebody.by.on == date(2027, 1, 30)


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
            "organization_category": draw(st.none() | st.sampled_from(OrganizationCategory)),
            "designated_activity": draw(st.none() | st.sampled_from(["7", "33-2", "46"])),
            "concurrent_permissions": draw(st.lists(st.sampled_from(["RE_ENTRY", "OTHER_ACTIVITY"]), unique=True)),
            "re_entry": draw(st.none() | st.sampled_from(["SINGLE", "MULTIPLE"])),
            "adds_kanji_name": draw(st.booleans()),
            "card": draw(st.none() | st.fixed_dictionaries({"expires_on": near, "extended": st.booleans()})),
        }
    )


@given(data=st.data(), day=DAYS)
@settings(deadline=None, max_examples=150)
def test_every_question_has_an_answer_with_its_sources(data: st.DataObject, day: date) -> None:
    told = assess(data.draw(intentions(day)), on=day)

    for reason in (*told.permissibility.reasons, *told.documents, *(told.card.reasons if told.card else ())):
        assert reason.source
        assert reason.text.ja
        assert reason.text.en
    for finding in told.findings:
        assert finding.place.startswith("/")
        assert finding.source
    assert len(set(told.findings)) == len(told.findings)
    assert told.tasks
    for task in told.tasks:
        assert task.by is None or task.by.on >= day, "nobody is sent to do something too late"
    if "File online, and sign." in what_to_do(told):
        assert told.online is None or not told.online.over(day)
    for option in told.collection:
        assert option.open is not bool(option.closed_because)
    assert Assessment.model_validate_json(told.model_dump_json()) == told


def _days_of_change() -> list[date]:
    """The day before each row of each table begins or after it ends, and the day itself, since filing online began."""
    first, last = date(2022, 3, 16), date(2030, 1, 1)
    rows = [row for name in table_names() for row in load_table(name, AnyRow)]
    begins = {row.effective_from for row in rows}
    ends = {row.effective_until + timedelta(days=1) for row in rows if row.effective_until is not None}
    days = {day - timedelta(days=before) for day in begins | ends for before in (0, 1)} | {first, last}
    return sorted(day for day in days if first <= day <= last)


@pytest.mark.parametrize("on", _days_of_change())
@pytest.mark.parametrize("kind", [kind for kind in ApplicationType if kind is not ApplicationType.USER_REGISTRATION])
def test_no_answer_goes_missing_when_a_rule_gives_way_to_the_next(kind: ApplicationType, on: date) -> None:
    keeps = kind in (ApplicationType.EXTENSION_OF_PERIOD, ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE)
    with_permissions = kind not in (
        ApplicationType.CERTIFICATE_OF_ELIGIBILITY,
        ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
    )
    applicant = staying(str(on + timedelta(days=60)))
    applicant["current_stay"]["status"] = ENGINEER if keeps else "STUDENT"
    told = assess(
        asked(
            application_type=kind,
            filer="LEGAL_REPRESENTATIVE",
            applicant=applicant,
            cause={"kind": "BIRTH", "happened_on": str(on - timedelta(days=5))},
            concurrent_permissions=["RE_ENTRY", "OTHER_ACTIVITY"] if with_permissions else [],
            re_entry="SINGLE",
            card={"expires_on": str(on + timedelta(days=60))},
        ),
        on=on,
    )

    assert told.permissibility.answer is Answer.ALLOWED
    for part in ("online", "counter", "fee", "office", "card", "likely_decided_by", "collection", "documents"):
        assert getattr(told, part), part
    assert told.fee is not None
    assert len(told.fee.concurrent) == with_permissions
    assert told.fee.free or (told.fee.how_to_pay and (told.fee.online or told.fee.concurrent))
    assert all(option.enclosures for option in told.collection if option.open and option.method != "EMAIL")
