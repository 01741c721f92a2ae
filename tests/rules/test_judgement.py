"""What each kind of form must say, beside what the law says of it."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zairyu.client import Zairyu
from zairyu.models.assessment import Answer, Route
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.intake import check_entries, check_form
from zairyu.rules.spec_packs import sample_packs
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.details import details_for

TODAY = date(2026, 12, 1)
EXPIRES_ON = date(2027, 1, 31)
APPLICATIONS = tuple(kind for kind in ApplicationType if kind is not ApplicationType.USER_REGISTRATION)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[ApplicationType, str]:
    def written(kind: ApplicationType, directory: Path) -> str:
        file = write_application(directory, LINH, expires_on=EXPIRES_ON, application_type=kind.value)
        return file.read_text(encoding="utf-8")

    return {kind: written(kind, tmp_path_factory.mktemp(kind.value.lower())) for kind in APPLICATIONS}


def errors(form: dict[str, Any], on: date = TODAY) -> set[tuple[str, str]]:
    return {
        (finding.place, finding.rule)
        for finding in check_entries(form, sample_packs(), on=on)
        if finding.severity is Severity.ERROR
    }


def warnings(form: dict[str, Any]) -> list[Finding]:
    return [
        finding for finding in check_entries(form, sample_packs(), on=TODAY) if finding.severity is Severity.WARNING
    ]


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_the_sample_of_each_kind_is_flawless(samples: dict[ApplicationType, str], kind: ApplicationType) -> None:
    assert check_entries(json.loads(samples[kind]), sample_packs(), on=TODAY) == ()


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        (ApplicationType.EXTENSION_OF_PERIOD, "/applicant/current_stay"),
        (ApplicationType.CHANGE_OF_STATUS, "/applicant/current_stay"),
        (ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE, "/applicant/current_stay"),
        (ApplicationType.CERTIFICATE_OF_ELIGIBILITY, "/entry"),
        (ApplicationType.CERTIFICATE_OF_ELIGIBILITY, "/representative"),
        (ApplicationType.ACQUISITION_OF_STATUS, "/cause"),
        (ApplicationType.ACQUISITION_OF_STATUS, "/representative"),
        (ApplicationType.EXTENSION_OF_PERIOD, "/desired_period"),
        (ApplicationType.CHANGE_OF_STATUS, "/applicant/birthplace"),
    ],
)
@pytest.mark.parametrize("how", ["left out", "null"])
def test_what_a_kind_cannot_do_without_is_asked_for(
    samples: dict[ApplicationType, str], kind: ApplicationType, lacking: str, how: str
) -> None:
    form = json.loads(samples[kind])
    *way, last = lacking.split("/")[1:]
    holder = form
    for key in way:
        holder = holder[key]
    if how == "null":
        holder[last] = None
    else:
        del holder[last]

    asked = [finding for finding in check_entries(form, sample_packs(), on=TODAY) if finding.place == lacking]

    assert {finding.rule for finding in asked} & {"required", "item-required"}
    assert not [place for place, _ in errors(form) if place.startswith(f"{lacking}/")]


def test_a_change_to_the_status_held_is_no_change(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.CHANGE_OF_STATUS])
    form["residence_status"] = "STUDENT"

    assert "/residence_status" in {place for place, _ in errors(form)}


@pytest.mark.parametrize(
    ("filer", "kinship", "wrong"),
    [
        ("LEGAL_REPRESENTATIVE", "PARENT", False),
        ("LEGAL_REPRESENTATIVE", "GUARDIAN", False),
        ("LEGAL_REPRESENTATIVE", "SPOUSE", True),
        ("RELATIVE", "PARENT", False),
        ("RELATIVE", "GUARDIAN", True),
    ],
)
def test_the_relationship_fits_who_files(
    samples: dict[ApplicationType, str], filer: str, kinship: str, wrong: bool
) -> None:
    form = json.loads(samples[ApplicationType.ACQUISITION_OF_STATUS])
    form["filer"], form["representative"]["kinship"] = filer, kinship

    assert (("/representative/kinship", "kinship") in errors(form)) is wrong


def test_an_adult_s_relative_has_to_say_why_the_adult_cannot_file(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.EXTENSION_OF_PERIOD])
    form["filer"] = "RELATIVE"
    form["representative"] = json.loads(samples[ApplicationType.ACQUISITION_OF_STATUS])["representative"]
    form["details"] = details_for(form["residence_status"], form["application_type"], "RELATIVE")
    assert "/cannot_file_because" in {place for place, _ in errors(form)}
    form["cannot_file_because"] = "入院中のため"
    assert errors(form) == set()


def test_a_re_entry_permit_says_for_how_many_returns(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.CHANGE_OF_STATUS])
    form["concurrent_permissions"] = ["RE_ENTRY"]
    assert errors(form) == {("/re_entry", "required")}
    form["re_entry"] = "MULTIPLE"
    assert errors(form) == set()
    form["collection_method"] = "POST"
    assert errors(form) == {("/collection_method", "collection-method")}


def test_each_reason_against_the_way_to_collect_is_told(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.CHANGE_OF_STATUS])
    form.update(concurrent_permissions=["OTHER_ACTIVITY"], adds_kanji_name=True, collection_method="POST")

    told = [finding for finding in check_entries(form, sample_packs(), on=TODAY) if finding.rule == "collection-method"]

    assert len({finding.message.en for finding in told}) == 2
    assert all(finding.source for finding in told)


def test_an_office_that_is_still_to_be_asked_has_not_been(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.CERTIFICATE_OF_ELIGIBILITY])
    form.update(filer="APPLICANT", office_inquiry={"office": "東京", "asked_on": "2026-12-02", "takes_it": True})

    assert ("/office_inquiry/asked_on", "inquiry-in-the-past") in errors(form)


def test_a_birth_in_the_future_and_one_too_long_ago_are_told_apart(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.ACQUISITION_OF_STATUS])
    form["cause"]["happened_on"] = "2026-12-02"
    assert ("/cause/happened_on", "cause-in-the-past") in errors(form)
    form["cause"]["happened_on"] = "2026-10-31"
    assert ("/cause/happened_on", "filing-window") in errors(form)
    form["cause"]["happened_on"], form["applicant"]["birth_date"] = "2026-11-01", "20261101"
    assert errors(form) == set()
    form["cause"]["happened_on"] = "1926-11-01"
    assert errors(form) == {("/cause/happened_on", "cause-plausible")}


def test_a_condition_that_no_form_can_answer_warns_only(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE])
    form["residence_status"] = form["applicant"]["current_stay"]["status"] = "STUDENT"

    assert errors(form) == set()
    assert warnings(form)


def test_a_malformed_part_leaves_the_rest_judged(samples: dict[ApplicationType, str]) -> None:
    form = json.loads(samples[ApplicationType.CHANGE_OF_STATUS])
    form["cause"] = "graduated"
    form["concurrent_permissions"] = ["RE_ENTRY", "HOLIDAY"]
    form["applicant"]["birth_date"] = 1996

    late = {rule for _, rule in errors(form, on=EXPIRES_ON)}

    assert {"format", "filing-window"} <= late


# ----- the form and the law ------------------------------------------------------------------------------------------

_OF_THE_FORM = {"required", "kinship", "collection-method", "re-entry-not-applied-for"}
"""What a form lacks or contradicts, which no intention has to say."""


@st.composite
def complete_forms(draw: st.DrawFn, samples: dict[ApplicationType, str]) -> tuple[dict[str, Any], date]:
    """A form with every part, and a day, near the edges of all windows."""
    kind = draw(st.sampled_from(APPLICATIONS))
    form: dict[str, Any] = json.loads(samples[kind])
    representative = json.loads(samples[ApplicationType.ACQUISITION_OF_STATUS])["representative"]
    on = draw(st.dates(date(2022, 3, 10), date(2030, 1, 1)))
    statuses = st.sampled_from([status.value for status in ResidenceStatus])
    form["filer"] = draw(st.sampled_from(["APPLICANT", "LEGAL_REPRESENTATIVE", "RELATIVE", "ORGANIZATION_STAFF"]))
    form.pop("representative", None)
    if form["filer"] in ("LEGAL_REPRESENTATIVE", "RELATIVE"):
        form["representative"] = {**representative, "lives_in_japan": draw(st.booleans())}
    born = on - timedelta(days=draw(st.sampled_from([10, 5478, 5479, 5480, 5843, 5844, 5845, 11000])))
    form["applicant"]["birth_date"] = f"{born:%Y%m%d}"[: draw(st.sampled_from([4, 6, 8, 8, 8]))]
    if draw(st.booleans()):
        form["residence_status"] = draw(statuses)
    if (stay := form["applicant"].get("current_stay")) is not None:
        stay["expires_on"] = str(on + timedelta(days=draw(st.sampled_from([-30, -1, 0, 1, 2, 60, 89, 92, 200]))))
        stay["status"] = draw(st.one_of(st.just(form["residence_status"]), statuses))
        stay["period"] = draw(st.sampled_from([{"years": 1}, {"months": 3}, {"days": 30}, {"years": 5}]))
    if "cause" in form:
        form["cause"]["happened_on"] = str(on - timedelta(days=draw(st.sampled_from([-1, 0, 1, 29, 30, 31, 60, 61]))))
    if draw(st.booleans()):
        asked_on = on - timedelta(days=draw(st.sampled_from([-1, 0, 5])))
        form["office_inquiry"] = {"office": "東京", "asked_on": str(asked_on), "takes_it": draw(st.booleans())}
    if draw(st.booleans()):
        form["cannot_file_because"] = "入院中のため"
    if draw(st.booleans()):
        form["designated_activity"] = draw(st.sampled_from(["47", "33-2", "9", "46"]))
    form["concurrent_permissions"] = draw(st.lists(st.sampled_from(["RE_ENTRY", "OTHER_ACTIVITY"]), unique=True))
    if "RE_ENTRY" in form["concurrent_permissions"]:
        form["re_entry"] = "SINGLE"
    return form, on


@given(data=st.data())
@settings(max_examples=400)
def test_a_form_is_taken_exactly_if_the_law_lets_it_be_filed_here_on_that_day(
    samples: dict[ApplicationType, str], data: st.DataObject
) -> None:
    form, on = data.draw(complete_forms(samples))
    told = Zairyu.assess(form, on=on)
    verdicts = (told.permissibility, *(concurrent.permissibility for concurrent in told.concurrent))
    allowed = (
        all(verdict.answer is not Answer.NOT_ALLOWED for verdict in verdicts)
        and Route.MYNAPORTAL in told.permissibility.routes
    )
    conditions = {(reason.place, reason.rule) for verdict in verdicts for reason in verdict.reasons}
    of_the_law = [finding for finding in check_form(form, on=on) if finding.severity is Severity.ERROR]
    found = {(finding.place, finding.rule) for finding in of_the_law if finding.rule not in _OF_THE_FORM}
    if not allowed:
        assert of_the_law
    else:
        # A condition of which the form says nothing; days in the future, which the law has nothing against.
        assert {rule for place, rule in found - conditions} <= {"cause-in-the-past", "inquiry-in-the-past"}
