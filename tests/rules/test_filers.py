from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import application
from zairyu.models.assessment import Answer, Intention, Permissibility, Route
from zairyu.models.residence import ApplicationType, ConcurrentPermission, Filer, ResidenceStatus
from zairyu.rules.filers import Procedure, concurrent_answers, filer_rule, permissibility

TODAY: Final = date(2026, 11, 24)
COE, CHANGE, EXTENSION, ACQUISITION, CERTIFICATE, REGISTRATION = (
    ApplicationType.CERTIFICATE_OF_ELIGIBILITY,
    ApplicationType.CHANGE_OF_STATUS,
    ApplicationType.EXTENSION_OF_PERIOD,
    ApplicationType.ACQUISITION_OF_STATUS,
    ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
    ApplicationType.USER_REGISTRATION,
)
COLUMNS: Final[tuple[Procedure, ...]] = (
    COE, CHANGE, EXTENSION, ACQUISITION, CERTIFICATE, REGISTRATION,
    ConcurrentPermission.OTHER_ACTIVITY, ConcurrentPermission.RE_ENTRY,
)  # fmt: skip

# As printed in the table of procedures per user: a number is the note that holds; A: with approval; B: with approval
# and on request.
MATRIX: Final = """
                                 COE  change  extension  acquisition  certificate  registration  activity  re-entry
APPLICANT                        1    yes     yes        1            yes          yes           yes       yes
LEGAL_REPRESENTATIVE             yes  yes     yes        yes          yes          yes           yes       yes
RELATIVE                         2    3       3          3            no           yes           no        3
LAWYER_OR_SCRIVENER              yes  yes     yes        yes          yes          yes           yes       yes
ORGANIZATION_STAFF               A    A       A          A            A            no            A         A
PUBLIC_INTEREST_CORPORATION      B    B       B          B            B            no            B         B
REGISTERED_SUPPORT_ORGANIZATION  B    B       B          B            B            no            B         B
"""
CELLS: Final = [
    (Filer(name), column, mark)
    for name, *marks in (line.split() for line in MATRIX.strip().splitlines()[1:])
    for column, mark in zip(COLUMNS, marks, strict=True)
]

YES, IF, NO = Answer.ALLOWED, Answer.ALLOWED_IF, Answer.NOT_ALLOWED
APPROVED, REQUESTED = "approved-by-the-office", "requested-by-the-organization"
INQUIRY: Final = {"office": "東京出入国在留管理局", "asked_on": "2026-11-24", "takes_it": True}

# What is known, and what is answered for the reasons of these names.
STATES: Final[Mapping[str, list[tuple[str, dict[str, Any], Answer, list[str]]]]] = {
    "yes": [("always", {}, YES, [])],
    "no": [("never", {}, NO, ["filer"])],
    "1": [
        ("met", {"office_inquiry": INQUIRY}, YES, []),
        ("failed", {"office_inquiry": {**INQUIRY, "takes_it": False}}, NO, ["office-asked"]),
        ("unknown", {"office_inquiry": None}, IF, ["office-asked"]),
        ("asked later", {"office_inquiry": {**INQUIRY, "asked_on": "2026-11-25"}}, IF, ["office-asked"]),
    ],
    "2": [
        ("met", {"residence_status": "STUDENT", "representative": {"lives_in_japan": True}}, YES, []),
        ("abroad", {"residence_status": "STUDENT", "representative": {"lives_in_japan": False}}, NO,
         ["relative-in-japan"]),
        ("where unknown", {"residence_status": "STUDENT", "representative": None}, IF, ["relative-in-japan"]),
        ("unlisted", {"residence_status": "RESEARCHER", "representative": {"lives_in_japan": True}}, NO,
         ["relative-listed-status"]),
        ("unlisted and abroad", {"residence_status": "RESEARCHER", "representative": {"lives_in_japan": False}}, NO,
         ["relative-listed-status", "relative-in-japan"]),
        ("status unknown", {"residence_status": None, "representative": {"lives_in_japan": True}}, IF,
         ["relative-listed-status", "status-carried"]),
        ("all unknown", {"residence_status": None, "representative": None}, IF,
         ["relative-listed-status", "relative-in-japan", "status-carried"]),
    ],
    "3": [
        ("under 16", {"applicant": {"birth_date": "20101125"}}, YES, []),
        ("16 and ill", {"applicant": {"birth_date": "20101124"}, "cannot_file_because": "入院中"}, YES, []),
        ("16", {"applicant": {"birth_date": "20101124"}}, NO, ["applicant-cannot-file"]),
        ("unknown", {"applicant": {"birth_date": None}}, IF, ["applicant-cannot-file"]),
        ("perhaps 16", {"applicant": {"birth_date": "2010"}}, IF, ["applicant-cannot-file"]),
        ("perhaps 16 and ill", {"applicant": {"birth_date": "2010"}, "cannot_file_because": "入院中"}, YES, []),
    ],
    "A": [("always", {}, IF, [APPROVED])],
    "B": [("always", {}, IF, [APPROVED, REQUESTED])],
}  # fmt: skip

STAY: Final = {"status": "DEPENDENT", "period": {"years": 1}, "expires_on": "2027-01-31"}


def flawless(filer: Filer, application_type: ApplicationType) -> dict[str, Any]:
    """What everybody says who may file: an adult researcher, or somebody who becomes one."""
    stay: dict[str, Any] | None = {**STAY, "status": "RESEARCHER"}
    if application_type in (COE, CHANGE):
        stay = STAY
    if application_type is ACQUISITION:
        stay = None
    return {
        "application_type": application_type,
        "filer": filer,
        "residence_status": "RESEARCHER",
        "applicant": {"birth_date": "19960412", "current_stay": stay},
    }


def told(filer: Filer, application_type: ApplicationType, facts: Mapping[str, Any]) -> Intention:
    base = flawless(filer, application_type)
    applicant = {**base["applicant"], **facts.get("applicant", {})}
    return Intention.model_validate({**base, **facts, "applicant": applicant})


def rules(answer: Permissibility) -> list[str]:
    return [reason.rule for reason in answer.reasons]


def assert_readable(answer: Permissibility) -> None:
    """Whatever is answered can be understood, looked up and acted upon."""
    for reason in answer.reasons:
        assert reason.text.ja
        assert reason.text.en
        assert reason.source
        assert reason.place.startswith("/")
        assert reason.place.rsplit("/", 1)[1] in names_at(reason.place)
    assert bool(answer.reasons) is (answer.answer is not YES)
    if answer.answer is NO:
        assert answer.instead
        assert Route.MYNAPORTAL not in answer.routes
    else:
        assert answer.routes


def names_at(place: str) -> set[str]:
    """The names that an intention can have where a reason points to."""
    at = Intention.model_json_schema()
    defs = at["$defs"]
    *above, last = place.split("/")[1:]
    for name in above:
        field = at["properties"][name]
        refs = [option["$ref"] for option in (field, *field.get("anyOf", [])) if "$ref" in option]
        at = defs[refs[0].rsplit("/", 1)[1]] if refs else {"properties": {last: {}}}
    return set(at["properties"])


# ----- the matrix -------------------------------------------------------------------------------------------------


def test_the_matrix_has_every_filer_and_every_procedure() -> None:
    assert {(filer, procedure) for filer, procedure, _ in CELLS} == {
        (filer, procedure) for filer in Filer for procedure in (*ApplicationType, *ConcurrentPermission)
    }
    for filer, procedure, _ in CELLS:
        assert filer_rule(filer, procedure, TODAY) is not None


@pytest.mark.parametrize(
    ("filer", "application_type", "facts", "answer", "reasons"),
    [
        pytest.param(filer, procedure, facts, answer, reasons, id=f"{filer}-{procedure}-{state}")
        for filer, procedure, mark in CELLS
        if isinstance(procedure, ApplicationType)
        for state, facts, answer, reasons in STATES[mark]
    ],
)
def test_every_cell_of_the_matrix(
    filer: Filer, application_type: ApplicationType, facts: dict[str, Any], answer: Answer, reasons: list[str]
) -> None:
    judged = permissibility(told(filer, application_type, facts), on=TODAY)

    assert (judged.answer, rules(judged)) == (answer, reasons)
    assert_readable(judged)


@pytest.mark.parametrize("main", [CHANGE, EXTENSION, ACQUISITION])
@pytest.mark.parametrize(
    ("filer", "permission", "facts", "answer", "reasons"),
    [
        pytest.param(filer, procedure, facts, answer, reasons, id=f"{filer}-{procedure}-{state}")
        for filer, procedure, mark in CELLS
        if isinstance(procedure, ConcurrentPermission)
        for state, facts, answer, reasons in STATES[mark]
    ],
)
def test_every_concurrent_cell_of_the_matrix(
    filer: Filer,
    permission: ConcurrentPermission,
    main: ApplicationType,
    facts: dict[str, Any],
    answer: Answer,
    reasons: list[str],
) -> None:
    (judged,) = concurrent_answers(told(filer, main, {**facts, "concurrent_permissions": [permission]}), on=TODAY)

    assert judged.permission is permission
    assert (judged.permissibility.answer, rules(judged.permissibility)) == (answer, reasons)
    assert_readable(judged.permissibility)


@pytest.mark.parametrize("main", [COE, CERTIFICATE, REGISTRATION])
@pytest.mark.parametrize("filer", Filer)
@pytest.mark.parametrize("permission", ConcurrentPermission)
def test_a_permission_goes_only_with_a_change_an_extension_or_an_acquisition(
    filer: Filer, permission: ConcurrentPermission, main: ApplicationType
) -> None:
    (judged,) = concurrent_answers(told(filer, main, {"concurrent_permissions": [permission]}), on=TODAY)

    assert judged.permissibility.answer is NO
    assert "concurrent-permission" in rules(judged.permissibility)
    assert_readable(judged.permissibility)


def test_each_permission_that_is_asked_for_is_answered_once_and_at_its_place() -> None:
    both = told(Filer.RELATIVE, EXTENSION, {"concurrent_permissions": ["RE_ENTRY", "OTHER_ACTIVITY", "RE_ENTRY"]})

    re_entry, other_activity = concurrent_answers(both, on=TODAY)

    assert re_entry.permissibility.reasons[0].place == "/cannot_file_because"
    assert other_activity.permissibility.reasons[0].place == "/concurrent_permissions/1"
    assert concurrent_answers(told(Filer.RELATIVE, EXTENSION, {}), on=TODAY) == ()


# ----- the ways that stay open ------------------------------------------------------------------------------------

OWN_CARD: Final = {Filer.APPLICANT, Filer.LEGAL_REPRESENTATIVE, Filer.RELATIVE}


@pytest.mark.parametrize("filer", Filer)
@pytest.mark.parametrize("application_type", ApplicationType)
def test_only_who_signs_with_their_own_card_goes_through_mynaportal(
    filer: Filer, application_type: ApplicationType
) -> None:
    known = {
        "office_inquiry": INQUIRY, "cannot_file_because": "入院中", "representative": {"lives_in_japan": True},
        "residence_status": "STUDENT" if application_type is COE else "RESEARCHER",
    }  # fmt: skip
    judged = permissibility(told(filer, application_type, known), on=TODAY)

    carried = filer in OWN_CARD or (filer is Filer.LAWYER_OR_SCRIVENER and application_type is REGISTRATION)
    if judged.answer is not NO:
        assert (judged.routes[0] is Route.MYNAPORTAL) is carried
        assert Route.RAS in judged.routes
        assert any("Online Residence Application System" in text.en for text in judged.instead) is not carried


@pytest.mark.parametrize("filer", sorted(OWN_CARD))
def test_the_counter_takes_applications_but_no_registration(filer: Filer) -> None:
    assert permissibility(told(filer, EXTENSION, {"cannot_file_because": "入院中"}), on=TODAY).routes == (
        Route.MYNAPORTAL,
        Route.RAS,
        Route.COUNTER,
    )
    assert permissibility(told(filer, REGISTRATION, {}), on=TODAY).routes == (Route.MYNAPORTAL, Route.RAS)


def test_organizations_do_not_register_but_apply_for_use_at_the_office() -> None:
    for filer in (
        Filer.ORGANIZATION_STAFF,
        Filer.PUBLIC_INTEREST_CORPORATION,
        Filer.REGISTERED_SUPPORT_ORGANIZATION,
    ):
        judged = permissibility(told(filer, REGISTRATION, {}), on=TODAY)

        assert judged.routes == (Route.COUNTER,)
        assert "利用申出" in judged.instead[0].ja


def test_an_office_that_does_not_take_it_leaves_the_counter() -> None:
    refused = told(Filer.APPLICANT, COE, {"office_inquiry": {**INQUIRY, "takes_it": False}})

    judged = permissibility(refused, on=TODAY)

    assert judged.routes == (Route.COUNTER,)
    assert [reason.place for reason in judged.reasons] == ["/office_inquiry/takes_it"]


def test_everything_that_speaks_against_it_is_said_at_once() -> None:
    hopeless = told(
        Filer.APPLICANT,
        COE,
        {
            "residence_status": "TEMPORARY_VISITOR",
            "office_inquiry": {**INQUIRY, "takes_it": False},
            "applicant": {
                "birth_date": "2015",
                "current_stay": {**STAY, "status": "TEMPORARY_VISITOR", "period": {"days": 90}},
            },
        },
    )

    judged = permissibility(hopeless, on=TODAY)

    assert [(reason.place, reason.rule) for reason in judged.reasons] == [
        ("/office_inquiry/takes_it", "office-asked"),
        ("/applicant/birth_date", "minimum-age"),
        ("/applicant/current_stay/status", "mid-to-long-term-resident"),
        ("/applicant/current_stay/period", "mid-to-long-term-resident"),
        ("/residence_status", "status-carried"),
    ]
    assert judged.routes == ()  # there is no certificate of eligibility for a temporary visit, at no counter
    assert_readable(judged)


@pytest.mark.parametrize("filer", Filer)
def test_before_the_rules_that_are_kept_there_is_the_counter(filer: Filer) -> None:
    judged = permissibility(told(filer, EXTENSION, {}), on=date(2022, 3, 15))

    assert (judged.answer, judged.routes) == (NO, (Route.COUNTER,))
    assert_readable(judged)
    (re_entry,) = concurrent_answers(
        told(filer, EXTENSION, {"concurrent_permissions": ["RE_ENTRY"]}), on=date(2022, 3, 15)
    )
    assert re_entry.permissibility.answer is NO


def test_a_whole_application_form_is_judged_like_an_intention() -> None:
    form = application().form

    assert permissibility(Intention.model_validate(form.model_dump(mode="json")), on=TODAY).answer is YES


# ----- for whom a relative applies, in the two versions of the list ------------------------------------------------

LISTED_2022: Final = {"7", "18", "19", "23", "24", "30", "31", "33", "34", "38", "39", "47"}
LISTED_2024: Final = LISTED_2022 | {"33-2", "52"}


@pytest.mark.parametrize(("on", "listed"), [(date(2024, 8, 6), LISTED_2022), (date(2024, 8, 7), LISTED_2024)])
def test_relatives_apply_only_for_the_listed_designated_activities(on: date, listed: set[str]) -> None:
    allowed = set()
    for number in [str(n) for n in range(1, 56)] + ["2-2", "2-3", "5-2", "33-2"]:
        facts = {
            "residence_status": "DESIGNATED_ACTIVITIES",
            "designated_activity": number,
            "representative": {"lives_in_japan": True},
        }
        judged = permissibility(told(Filer.RELATIVE, COE, facts), on=on)
        if judged.answer is YES:
            allowed.add(number)
        else:
            assert [reason.place for reason in judged.reasons] == ["/designated_activity"]

    assert allowed == listed


FAMILY: Final = {
    ResidenceStatus.STUDENT,
    ResidenceStatus.DEPENDENT,
    ResidenceStatus.DESIGNATED_ACTIVITIES,
    ResidenceStatus.SPOUSE_OR_CHILD_OF_JAPANESE_NATIONAL,
    ResidenceStatus.SPOUSE_OR_CHILD_OF_PERMANENT_RESIDENT,
    ResidenceStatus.LONG_TERM_RESIDENT,
}


@pytest.mark.parametrize(
    ("on", "listed"),
    [(date(2024, 8, 6), FAMILY), (date(2024, 8, 7), FAMILY | {ResidenceStatus.CULTURAL_ACTIVITIES})],
)
def test_relatives_apply_only_for_the_listed_statuses(on: date, listed: set[ResidenceStatus]) -> None:
    allowed = {
        status
        for status in ResidenceStatus
        if permissibility(
            told(
                Filer.RELATIVE,
                COE,
                {
                    "residence_status": status,
                    "designated_activity": "47",
                    "representative": {"lives_in_japan": True},
                },
            ),
            on=on,
        ).answer
        is YES
    }

    assert allowed == listed


def test_a_designated_activity_that_nobody_named_is_asked_for() -> None:
    facts = {"residence_status": "DESIGNATED_ACTIVITIES", "representative": {"lives_in_japan": True}}

    judged = permissibility(told(Filer.RELATIVE, COE, facts), on=TODAY)

    assert judged.answer is IF
    assert {reason.place for reason in judged.reasons} == {"/designated_activity"}
    assert "33号の2" in judged.reasons[0].text.ja


# ----- whatever is intended, and whatever is left out --------------------------------------------------------------

BIRTH_DATES: Final = st.sampled_from(["19960412", "2010", "201011", "20101124", "20101125", "20111124", "20111125"])
PERIODS: Final = st.sampled_from([{"days": 90}, {"months": 3}, {"months": 6}, {"years": 5}])
STATUSES: Final = st.sampled_from(ResidenceStatus)
DAYS: Final = st.sampled_from(
    [date(2022, 3, 16), date(2024, 8, 6), date(2024, 8, 7), TODAY, date(2027, 3, 31), date(2027, 4, 1)]
)


@st.composite
def intentions(draw: st.DrawFn) -> dict[str, Any]:
    """Complete and free of contradictions: an extension is for the status held, an acquirer holds none."""
    application_type = draw(st.sampled_from(ApplicationType))
    status, held = draw(STATUSES), draw(STATUSES)
    if application_type in (EXTENSION, CERTIFICATE):
        held = status
    elif application_type is CHANGE and held is status:
        held = ResidenceStatus.LONG_TERM_RESIDENT if status is ResidenceStatus.STUDENT else ResidenceStatus.STUDENT
    stay = {"status": held, "period": draw(PERIODS), "expires_on": "2027-01-31"}
    return {
        "application_type": application_type,
        "filer": draw(st.sampled_from(Filer)),
        "residence_status": status,
        "applicant": {
            "birth_date": draw(BIRTH_DATES),
            "current_stay": None if application_type is ACQUISITION else stay,
        },
        "representative": {"lives_in_japan": draw(st.booleans())},
        "designated_activity": draw(st.sampled_from(["7", "9", "33-2", "47", "52"])),
        "office_inquiry": {**INQUIRY, "asked_on": "2022-03-16", "takes_it": draw(st.booleans())},
        "cannot_file_because": draw(st.sampled_from([None, "入院中"])),
        "concurrent_permissions": draw(st.lists(st.sampled_from(ConcurrentPermission), max_size=2)),
    }


FACTS: Final = (
    ("residence_status",), ("applicant", "birth_date"), ("applicant", "current_stay"), ("representative",),
    ("designated_activity",), ("office_inquiry",), ("cannot_file_because",),
)  # fmt: skip


def without(facts: dict[str, Any], withheld: set[tuple[str, ...]]) -> Intention:
    said = {**facts, "applicant": dict(facts["applicant"])}
    for *above, name in withheld:
        (said["applicant"] if above else said)[name] = None
    return Intention.model_validate(said)


@given(facts=intentions(), withheld=st.sets(st.sampled_from(FACTS)), on=DAYS)
@settings(deadline=None, max_examples=200)
def test_saying_less_never_makes_it_allowed(facts: dict[str, Any], withheld: set[tuple[str, ...]], on: date) -> None:
    less = without(facts, withheld)
    whole = Intention.model_validate(facts)

    if permissibility(less, on=on).answer is YES:
        assert permissibility(whole, on=on).answer is YES
    for said, left in zip(concurrent_answers(whole, on=on), concurrent_answers(less, on=on), strict=True):
        if left.permissibility.answer is YES:
            assert said.permissibility.answer is YES


@given(facts=intentions(), withheld=st.sets(st.sampled_from(FACTS)), on=st.dates(date(2019, 1, 1), date(2040, 1, 1)))
@settings(deadline=None)
def test_every_answer_can_be_read_looked_up_and_acted_upon(
    facts: dict[str, Any], withheld: set[tuple[str, ...]], on: date
) -> None:
    intention = without(facts, withheld)

    assert_readable(permissibility(intention, on=on))
    for answer in concurrent_answers(intention, on=on):
        assert_readable(answer.permissibility)
