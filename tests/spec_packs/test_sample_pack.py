"""The sample pack: that it is whole, that the samples fill it in, and that each of its checks can fail."""

from collections.abc import Mapping
from datetime import date
from itertools import product
from typing import Any, NamedTuple

import pytest

from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType, Filer, ResidenceStatus
from zairyu.models.spec_pack import Form, SpecPack
from zairyu.rules.intake import check_entries
from zairyu.rules.items import fill_in
from zairyu.rules.spec_packs import sample_packs
from zairyu.sandbox.applicant import application_form
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.details import details_for

ON = date(2026, 11, 24)
EXPIRES_ON = date(2027, 1, 31)

EXTENSION = ApplicationType.EXTENSION_OF_PERIOD
CHANGE = ApplicationType.CHANGE_OF_STATUS
ELIGIBILITY = ApplicationType.CERTIFICATE_OF_ELIGIBILITY
ACQUISITION = ApplicationType.ACQUISITION_OF_STATUS
ENGINEER = ResidenceStatus.ENGINEER_SPECIALIST_IN_HUMANITIES_INTERNATIONAL_SERVICES
OF_JAPANESE = ResidenceStatus.SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL
APPLICATIONS = tuple(kind for kind in ApplicationType if kind is not ApplicationType.USER_REGISTRATION)
FILERS = (Filer.APPLICANT, Filer.LEGAL_REPRESENTATIVE, Filer.RELATIVE)
PACK: SpecPack = sample_packs().packs[0]
CARRIED = sorted({status for form in PACK.forms for status in form.residence_statuses})


def sheet_of(kind: ApplicationType, status: ResidenceStatus) -> Form:
    form = PACK.form_for(kind, status)
    assert form is not None, f"no form for {kind} of {status}"
    return form


def sample(kind: ApplicationType, status: ResidenceStatus, filer: Filer) -> dict[str, Any]:
    """The sample of a type and status, with who files exchanged."""
    form = application_form(LINH, EXPIRES_ON, kind, status)
    if filer == form["filer"]:
        return form
    if filer is Filer.APPLICANT:
        form.pop("representative", None)
    else:
        wife = application_form(LINH, EXPIRES_ON, ELIGIBILITY)["representative"]
        form["representative"] = {**wife, "kinship": "PARENT"}
    return {**form, "filer": filer.value, "details": details_for(status, kind, filer)}


def findings(form: Mapping[str, Any]) -> tuple[Finding, ...]:
    sheet = sheet_of(ApplicationType(form["application_type"]), ResidenceStatus(form["residence_status"]))
    return fill_in(sheet, form, PACK, on=ON).findings


# ----- the pack -------------------------------------------------------------------------------------------------------


def test_every_carried_status_has_a_form_of_every_type() -> None:
    assert len(CARRIED) == 26
    for kind, status in product(APPLICATIONS, CARRIED):
        sheet_of(kind, status)
    assert PACK.form_for(ApplicationType.USER_REGISTRATION, None) is not None


def test_nothing_of_it_can_be_taken_for_the_agencys_own() -> None:
    assert PACK.sample
    assert all(row.code.startswith("X") for codes in PACK.codes.values() for row in codes.values())


def test_every_code_list_is_used() -> None:
    assert PACK.codes.keys() == {item.codes for form in PACK.forms for item in form.items if item.codes}


def test_column_names_can_be_written_in_the_packs_encoding() -> None:
    for form in PACK.forms:
        for item in form.items:
            "".join(item.headers).encode(PACK.csv.encoding)


def test_every_status_of_residence_and_filer_has_a_code() -> None:
    assert PACK.codes["status_of_residence"].keys() == {status.value for status in ResidenceStatus}
    assert {filer.value for filer in FILERS} <= PACK.codes["filer"].keys()


def test_a_country_has_another_code_in_each_list() -> None:
    lists = ("nationality", "relative_nationality", "supporter_nationality", "career_country", "organization_country")
    assert len({PACK.codes[name]["VNM"].code for name in lists}) == len(lists)


def test_an_engineers_certificate_of_eligibility_is_as_wide_as_on_paper() -> None:
    form = sheet_of(ELIGIBILITY, ENGINEER)
    repeats = {item.id: item.repeat for item in form.items}

    assert len(form.items) > 130
    assert repeats["relative_name"] == repeats["career_joined"] == repeats["employer_other_industry"] == 6
    assert repeats["other_occupation"] == 3
    assert repeats["dispatch_other_industry"] == 2


def test_one_sheet_is_numbered_as_on_the_form_it_is_part_of() -> None:
    def number(kind: ApplicationType) -> str:
        return next(item.number for item in sheet_of(kind, ENGINEER).items if item.id == "education_school")

    assert (number(ELIGIBILITY), number(CHANGE), number(EXTENSION)) == ("23.4", "18.4", "18.4")


def test_who_files_for_themselves_is_not_asked_for_the_organizations_part() -> None:
    """User guide for applicants (2024-03), section 5 (1) II note 13."""
    free = {
        OF_JAPANESE,
        ResidenceStatus.SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT,
        ResidenceStatus.LONG_TERM_RESIDENT,
        ResidenceStatus.OFFICIAL,
        ResidenceStatus.DESIGNATED_ACTIVITIES,
    }
    for status in CARRIED:
        closed = any(Filer.APPLICANT not in item.filers for item in sheet_of(EXTENSION, status).items)
        assert closed is (status not in free), status


# ----- the samples ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", CARRIED)
@pytest.mark.parametrize("kind", APPLICATIONS)
def test_the_details_of_every_sample_are_complete(kind: ApplicationType, status: ResidenceStatus) -> None:
    for filer in FILERS:
        assert findings(sample(kind, status, filer)) == ()


@pytest.mark.parametrize("status", CARRIED)
@pytest.mark.parametrize("kind", APPLICATIONS)
def test_every_sample_can_be_filed(kind: ApplicationType, status: ResidenceStatus) -> None:
    found = check_entries(application_form(LINH, EXPIRES_ON, kind, status), sample_packs(), on=ON)

    # Some statuses leave a condition that no form says, and only the person can know.
    assert {finding.rule for finding in found} <= {"status-carried", "permitted-to-work"}
    assert all(finding.severity is Severity.WARNING for finding in found)


# ----- the checks between items ---------------------------------------------------------------------------------------


class Spoilt(NamedTuple):
    """A sample with one thing wrong."""

    status: ResidenceStatus
    changes: Mapping[str, Any]
    """By pointer."""
    kind: ApplicationType = EXTENSION


STUDENT, DEPENDENT = ResidenceStatus.STUDENT, ResidenceStatus.DEPENDENT
SKILLED = ResidenceStatus.SPECIFIED_SKILLED_WORKER
HIGHLY_SKILLED = ResidenceStatus.HIGHLY_SKILLED_PROFESSIONAL
MANAGER, ENTERTAINER = ResidenceStatus.BUSINESS_MANAGER, ResidenceStatus.ENTERTAINER
TRAINEE, INTERN = ResidenceStatus.TRAINEE, ResidenceStatus.TECHNICAL_INTERN_TRAINING
CULTURAL, RELIGIOUS = ResidenceStatus.CULTURAL_ACTIVITIES, ResidenceStatus.RELIGIOUS_ACTIVITIES
TOMORROW = "2026-11-25"
NOTHING: dict[str, Any] = {}
HUSBAND = application_form(LINH, EXPIRES_ON, EXTENSION, OF_JAPANESE)["applicant"]["relatives"]
SPOILT: Mapping[str, Spoilt] = {
    "born_before_filing": Spoilt(ENGINEER, {"/applicant/birth_date": "20261125"}),
    "passport_valid": Spoilt(ENGINEER, {"/applicant/passport/expires_on": "2026-11-23"}),
    "passport_expiry_with_number": Spoilt(ENGINEER, {"/applicant/passport/expires_on": None}, ELIGIBILITY),
    "entry_ahead": Spoilt(ENGINEER, {"/entry/on": "2026-11-23"}, ELIGIBILITY),
    "last_entry_order": Spoilt(
        ENGINEER,
        {
            "/entry/entered_before": True,
            "/details/entry": {"times": 1, "last_from": "2024-05-02", "last_until": "2024-05-01"},
        },
        ELIGIBILITY,
    ),
    "last_entry_past": Spoilt(
        ENGINEER,
        {
            "/entry/entered_before": True,
            "/details/entry": {"times": 1, "last_from": TOMORROW, "last_until": TOMORROW},
        },
        ELIGIBILITY,
    ),
    "entered_at_least_once": Spoilt(
        ENGINEER,
        {
            "/entry/entered_before": True,
            "/details/entry": {"times": 0, "last_from": "2024-05-01", "last_until": "2024-05-02"},
        },
        ELIGIBILITY,
    ),
    "refusals_within_applications": Spoilt(
        ENGINEER,
        {"/entry/applied_before": True, "/details/entry": {"applications": 1, "refusals": 2}},
        ELIGIBILITY,
    ),
    "deported_in_the_past": Spoilt(
        ENGINEER,
        {"/entry/deported_before": True, "/details/entry": {"deportations": 1, "last_deported_on": TOMORROW}},
        ELIGIBILITY,
    ),
    "born_on_the_day_of_the_cause": Spoilt(DEPENDENT, {"/cause/happened_on": "2026-11-23"}, ACQUISITION),
    "relative_is_somebody_else": Spoilt(OF_JAPANESE, {"/applicant/relatives/0/name": LINH.name}),
    "spouse_means_married": Spoilt(ENGINEER, {"/applicant/relatives": HUSBAND}),
    "spouse_files_means_married": Spoilt(ENGINEER, {"/representative/kinship": "SPOUSE"}),
    "graduated_after_birth": Spoilt(ENGINEER, {"/details/education/graduated_on": "1996-04-11"}),
    "careers_in_order": Spoilt(ENGINEER, {"/details/careers/0/left": "201808"}),
    "careers_begun": Spoilt(ENGINEER, {"/details/careers/1/joined": "202612"}),
    "career_employers_named": Spoilt(ENGINEER, {"/details/careers/1/employer_in_japanese": ""}),
    "foreign_employees_within_employees": Spoilt(ENGINEER, {"/details/employer/foreign_employees": 85}),
    "technical_interns_within_foreign_employees": Spoilt(ENGINEER, {"/details/employer/technical_interns": 10}),
    "foreign_clergy_within_clergy": Spoilt(RELIGIOUS, {"/details/employer/foreign_clergy": 9}),
    "fixed_term_has_length": Spoilt(ENGINEER, {"/details/employment/years": 0}),
    "months_below_a_year": Spoilt(ENGINEER, {"/details/employment/months": 12}),
    "dispatched_elsewhere": Spoilt(ENGINEER, {"/details/dispatch/name": "架空システム株式会社"}),
    "dispatched_within_term": Spoilt(ENGINEER, {"/details/dispatch/months": 37}),
    "points_added_up": Spoilt(HIGHLY_SKILLED, {"/details/points/total": 95}),
    "points_suffice": Spoilt(
        HIGHLY_SKILLED,
        {"/details/points/total": 69, "/details/points/bonus_total": 4},
    ),
    "research_ratio_above_three_percent": Spoilt(HIGHLY_SKILLED, {"/details/points/research_costs": 25_500_000}),
    "transferred_after_a_year": Spoilt(
        ResidenceStatus.INTRA_COMPANY_TRANSFEREE, {"/details/transfer/months_before": 11}
    ),
    "settled_staff_within_staff": Spoilt(MANAGER, {"/details/employer/settled_staff": 7}),
    "own_investment_within_total": Spoilt(MANAGER, {"/details/investment/own": 30_000_001}),
    "venues_in_order": Spoilt(ENTERTAINER, {"/details/venues/1/until": "2027-04-30"}),
    "venue_named": Spoilt(ENTERTAINER, {"/details/venues": []}),
    "contract_in_order": Spoilt(SKILLED, {"/details/contract/ends_on": "2027-03-31"}),
    "training_in_order": Spoilt(TRAINEE, {"/details/training/until": "2027-03-31"}),
    "plan_in_order": Spoilt(INTERN, {"/details/training_plan/until": "2027-03-31"}),
    "activity_in_order": Spoilt(CULTURAL, {"/details/activity/until": "2027-03-31"}),
    "classroom_within_training": Spoilt(TRAINEE, {"/details/training/classroom_hours": 901}),
    "course_ends_after_enrolment": Spoilt(STUDENT, {"/details/enrolment/until": "202703"}),
    "part_time_within_28_hours": Spoilt(DEPENDENT, {"/details/part_time/hours": 29}),
    "somebody_pays_school": Spoilt(STUDENT, {"/details/funding": NOTHING, "/details/scholarship": NOTHING}),
    "somebody_pays_family": Spoilt(OF_JAPANESE, {"/details/funding": NOTHING}),
    "somebody_pays_art": Spoilt(CULTURAL, {"/details/funding": NOTHING}),
    "payers_for_support": Spoilt(STUDENT, {"/details/funding/payers": []}),
    "registered_somewhere": Spoilt(DEPENDENT, {"/details/registration": {"kind": "MARRIAGE"}}),
    "registered_in_japan_in_the_past": Spoilt(DEPENDENT, {"/details/registration/japan_on": TOMORROW}),
    "registered_abroad_in_the_past": Spoilt(DEPENDENT, {"/details/registration/home_on": TOMORROW}),
    "marriage_needs_spouse": Spoilt(DEPENDENT, {"/applicant/married": False, "/applicant/relatives": []}),
    "spouse_of_somebody": Spoilt(OF_JAPANESE, {"/applicant/married": False, "/applicant/relatives": []}),
    "standing_fits_status": Spoilt(OF_JAPANESE, {"/details/standing/kind": "SPOUSE_OF_PERMANENT_RESIDENT"}),
    "guarantor_reachable": Spoilt(OF_JAPANESE, {"/details/guarantor/mobile_phone": ""}),
    "supporter_still_here": Spoilt(DEPENDENT, {"/details/supporter/expires_on": "2026-11-23"}),
    "salary_not_below_japanese": Spoilt(SKILLED, {"/details/employment/japanese_salary": 215_001}),
    "no_deposit": Spoilt(
        SKILLED, {"/details/deposit": {"agreed": True, "organization": "SAMPLE AGENCY", "amount": "10万円"}}
    ),
    "first_kind_within_five_years": Spoilt(SKILLED, {"/details/specified_skill/years": 5}),
    "skills_proved": Spoilt(SKILLED, {"/details/skill/tests": []}),
    "completed_training_named": Spoilt(SKILLED, {"/details/skill": {"basis": "TRAINING"}}),
    "field_named": Spoilt(SKILLED, {"/details/contract/fields": []}),
}


def spoil(form: dict[str, Any], pointer: str, value: Any) -> None:
    *path, last = pointer.split("/")[1:]
    holder: Any = form
    for key in path:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    holder[int(last) if isinstance(holder, list) else last] = value


def test_every_check_has_a_sample_that_fails_it() -> None:
    assert SPOILT.keys() == {check.id for form in PACK.forms for check in form.checks}


@pytest.mark.parametrize("check", SPOILT)
def test_each_check_finds_what_contradicts_itself(check: str) -> None:
    spoilt = SPOILT[check]
    form = sample(spoilt.kind, spoilt.status, Filer.LEGAL_REPRESENTATIVE)
    for pointer, value in spoilt.changes.items():
        spoil(form, pointer, value)

    found = {finding.rule for finding in findings(form)}

    assert f"related-{check}".replace("_", "-") in found
    # One value can contradict several others, but each is well written.
    assert all(rule.startswith("related-") for rule in found)
