"""What each kind of form must say, beside what the law says of it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType
from zairyu.rules.intake import check_form
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import LINH

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
    return {(finding.place, finding.rule) for finding in check_form(form, on=on) if finding.severity is Severity.ERROR}


def warnings(form: dict[str, Any]) -> list[Finding]:
    return [finding for finding in check_form(form, on=TODAY) if finding.severity is Severity.WARNING]


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_the_sample_of_each_kind_is_flawless(samples: dict[ApplicationType, str], kind: ApplicationType) -> None:
    assert check_form(json.loads(samples[kind]), on=TODAY) == ()


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

    asked = [finding for finding in check_form(form, on=TODAY) if finding.place == lacking]

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
    form["representative"] = json.loads(samples[ApplicationType.CERTIFICATE_OF_ELIGIBILITY])["representative"]
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

    told = [finding for finding in check_form(form, on=TODAY) if finding.rule == "collection-method"]

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
    form["cause"]["happened_on"] = "2026-11-01"
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
