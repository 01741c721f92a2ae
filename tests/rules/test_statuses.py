from datetime import date
from typing import Any, Final

import pytest
from pydantic import ValidationError

from zairyu.models.assessment import Answer, Intention, Permissibility, Route
from zairyu.models.residence import ApplicationType, Filer, ResidenceStatus
from zairyu.rules.filers import permissibility
from zairyu.rules.statuses import StatusRow, Work, carried_statuses, status_rule

TODAY: Final = date(2026, 11, 24)
DAYS: Final = [
    date(2022, 3, 16), date(2024, 8, 6), date(2024, 8, 7), TODAY, date(2027, 3, 31), date(2027, 4, 1), date(2040, 1, 1)
]  # fmt: skip
YES, IF, NO = Answer.ALLOWED, Answer.ALLOWED_IF, Answer.NOT_ALLOWED
COE, CHANGE, EXTENSION, ACQUISITION, CERTIFICATE = (
    ApplicationType.CERTIFICATE_OF_ELIGIBILITY,
    ApplicationType.CHANGE_OF_STATUS,
    ApplicationType.EXTENSION_OF_PERIOD,
    ApplicationType.ACQUISITION_OF_STATUS,
    ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
)

# As listed in the briefing on the API specification (2021-10-20), section 3, in its order.
BRIEFING: Final = """
教授 教育 芸術 文化活動 宗教 企業内転勤 報道 経営・管理 研究 技能 技術・人文知識・国際業務 介護 興行 高度専門職
留学 研修 家族滞在 医療 公用 法律・会計業務 特定活動 技能実習 特定技能 日本人の配偶者等 永住者の配偶者等 定住者
"""
CARRIED: Final = set(BRIEFING.split())
REFUSED: Final = {"外交", "短期滞在", "永住者", "育成就労"}


def judge(
    application_type: ApplicationType,
    status: str | None,
    held: str | None = None,
    *,
    on: date = TODAY,
    filer: Filer = Filer.LEGAL_REPRESENTATIVE,
    **facts: Any,
) -> Permissibility:
    """By somebody of whom nothing else is asked, so that the statuses alone decide."""
    stay = {"status": held, "period": {"years": 1}, "expires_on": "2027-01-31"} if held else None
    return permissibility(
        Intention.model_validate(
            {
                "application_type": application_type,
                "residence_status": status,
                "filer": filer,
                "applicant": {"birth_date": "19960412", "current_stay": stay},
                **facts,
            }
        ),
        on=on,
    )


def rules(answer: Permissibility) -> list[str]:
    return [reason.rule for reason in answer.reasons]


# ----- which are carried ------------------------------------------------------------------------------------------


def test_the_26_statuses_of_the_briefing_are_carried() -> None:
    for on in DAYS:
        assert {status.label.ja for status in carried_statuses(on)} == CARRIED
    assert len(CARRIED) == 26


def test_no_status_is_forgotten() -> None:
    assert {status.label.ja for status in ResidenceStatus} == CARRIED | REFUSED
    for on in DAYS:
        assert all(status_rule(status, on) is not None for status in ResidenceStatus)
    assert status_rule(ResidenceStatus.STUDENT, date(2022, 3, 15)) is None


@pytest.mark.parametrize("on", DAYS)
@pytest.mark.parametrize("status", ResidenceStatus)
def test_what_is_not_carried_is_refused_with_what_to_do_instead(status: ResidenceStatus, on: date) -> None:
    for application_type in (COE, EXTENSION, ACQUISITION):
        judged = judge(application_type, status, on=on, designated_activity="47")

        assert (judged.answer is NO) is (status.label.ja in REFUSED)
        if judged.answer is NO:
            assert [(reason.place, reason.rule) for reason in judged.reasons] == [
                ("/residence_status", "status-carried")
            ]
            assert judged.instead
            assert set(judged.routes) <= {Route.COUNTER}


def test_who_wants_permanent_residence_is_sent_to_the_counter_and_told_to_extend_the_stay_too() -> None:
    judged = judge(CHANGE, "PERMANENT_RESIDENT", "LONG_TERM_RESIDENT")

    # It is no change of status: Act, article 20 (2), proviso, so that article 20 (6) does not count for it.
    assert (judged.answer, judged.routes) == (NO, ())
    assert "counter" in judged.instead[0].en
    assert "no special period" in judged.instead[1].en
    assert "特例期間がありません" in judged.instead[1].ja


@pytest.mark.parametrize(
    ("application_type", "status"),
    [(COE, "TEMPORARY_VISITOR"), (COE, "PERMANENT_RESIDENT"), (EXTENSION, "PERMANENT_RESIDENT")],
)
def test_nobody_is_sent_to_the_counter_for_what_does_not_exist(application_type: ApplicationType, status: str) -> None:
    judged = judge(application_type, status)

    assert (judged.answer, judged.routes) == (NO, ())
    assert judged.instead


def test_employment_for_skill_development_begins_in_april_2027() -> None:
    before = judge(COE, "EMPLOYMENT_FOR_SKILL_DEVELOPMENT", on=date(2027, 3, 31))
    after = judge(COE, "EMPLOYMENT_FOR_SKILL_DEVELOPMENT", on=date(2027, 4, 1))

    assert (before.answer, before.routes) == (NO, ())
    assert "no such status yet" in before.reasons[0].text.en
    assert (after.answer, after.routes) == (NO, (Route.COUNTER,))
    assert "not among those announced" in after.reasons[0].text.en


@pytest.mark.parametrize("filer", Filer)
def test_supervised_technical_intern_training_is_left_to_the_supervising_organization(filer: Filer) -> None:
    judged = judge(
        EXTENSION, "TECHNICAL_INTERN_TRAINING", "TECHNICAL_INTERN_TRAINING", filer=filer, cannot_file_because="入院中"
    )

    assert judged.answer is IF
    assert rules(judged)[-1] == "status-carried"
    assert "監理団体" in judged.reasons[-1].text.ja


@pytest.mark.parametrize(
    ("on", "number", "answer"),
    [(date(2024, 8, 6), None, YES), (date(2024, 8, 7), None, IF), (date(2024, 8, 7), "46", YES)],
)
def test_preparation_for_departure_has_no_notification_number(on: date, number: str | None, answer: Answer) -> None:
    judged = judge(EXTENSION, "DESIGNATED_ACTIVITIES", "DESIGNATED_ACTIVITIES", on=on, designated_activity=number)

    assert judged.answer is answer


def test_a_status_that_nobody_named_is_asked_for() -> None:
    judged = judge(ACQUISITION, None)

    assert (judged.answer, [reason.place for reason in judged.reasons]) == (IF, ["/residence_status"])
    assert "26" in judged.reasons[0].text.en


def test_registering_needs_no_status() -> None:
    assert judge(ApplicationType.USER_REGISTRATION, None).answer is YES


# ----- extension and change ---------------------------------------------------------------------------------------

WITH_KINDS: Final = {
    "HIGHLY_SKILLED_PROFESSIONAL",
    "SPECIFIED_SKILLED_WORKER",
    "TECHNICAL_INTERN_TRAINING",
    "DESIGNATED_ACTIVITIES",
}


@pytest.mark.parametrize("status", ResidenceStatus)
def test_an_extension_keeps_the_status(status: ResidenceStatus) -> None:
    other = ResidenceStatus.STUDENT if status is not ResidenceStatus.STUDENT else ResidenceStatus.TRAINEE

    assert "extension-keeps-the-status" not in rules(judge(EXTENSION, status, status))
    judged = judge(EXTENSION, status, other)
    assert judged.answer is NO
    assert "extension-keeps-the-status" in rules(judged)
    assert judged.routes == ()
    assert any("change of status" in text.en for text in judged.instead)


def test_an_extension_that_does_not_name_the_status_is_for_the_one_held() -> None:
    assert judge(EXTENSION, None, "STUDENT").answer is YES
    judged = judge(EXTENSION, None, "PERMANENT_RESIDENT")
    assert [reason.place for reason in judged.reasons] == ["/applicant/current_stay/status"]


@pytest.mark.parametrize("status", ResidenceStatus)
def test_a_change_needs_another_status_or_another_kind_of_it(status: ResidenceStatus) -> None:
    judged = judge(CHANGE, status, status, designated_activity="47")
    answers = [reason.rule for reason in judged.reasons if reason.rule == "change-needs-another-status"]

    assert answers == ["change-needs-another-status"]
    if status in WITH_KINDS:
        assert judged.answer is IF
    else:
        assert judged.answer is NO
        assert any("extension" in text.en for text in judged.instead)


def test_a_change_to_another_status_is_simply_allowed() -> None:
    assert judge(CHANGE, "RESEARCHER", "STUDENT").answer is YES


@pytest.mark.parametrize("filer", [Filer.LEGAL_REPRESENTATIVE, Filer.LAWYER_OR_SCRIVENER])
@pytest.mark.parametrize(
    ("held", "before", "after"),
    [
        ("DIPLOMAT", YES, NO),
        ("TEMPORARY_VISITOR", YES, NO),
        ("DESIGNATED_ACTIVITIES", YES, IF),
        ("OFFICIAL", YES, YES),
        (None, YES, IF),
    ],
)
def test_some_statuses_cannot_be_left_online_whoever_files(
    filer: Filer, held: str | None, before: Answer, after: Answer
) -> None:
    """Source: ISA, types of application and statuses covered (2024-08-07), note."""
    assert judge(CHANGE, "RESEARCHER", held, on=date(2024, 8, 6), filer=filer).answer is before
    judged = judge(CHANGE, "RESEARCHER", held, on=date(2024, 8, 7), filer=filer)
    assert judged.answer is after
    if judged.answer is NO:
        assert judged.routes == (Route.COUNTER,)
        assert judged.instead[0].en == "File at the counter of the regional immigration office."


def test_who_visits_can_get_a_certificate_of_eligibility() -> None:
    assert judge(COE, "RESEARCHER", "TEMPORARY_VISITOR").answer is YES


# ----- certificate of authorized employment -----------------------------------------------------------------------

MAY_NOT_WORK: Final = {"CULTURAL_ACTIVITIES", "STUDENT", "TRAINEE", "DEPENDENT"}


@pytest.mark.parametrize("status", [status for status in ResidenceStatus if status.label.ja not in REFUSED])
def test_who_may_not_work_needs_a_permission_before_the_certificate(status: ResidenceStatus) -> None:
    judged = judge(CERTIFICATE, status, status, designated_activity="47")
    conditional = status in MAY_NOT_WORK | {"DESIGNATED_ACTIVITIES"}

    assert ("permitted-to-work" in rules(judged)) is conditional
    assert judged.answer is (IF if conditional or status == "TECHNICAL_INTERN_TRAINING" else YES)


def test_work_is_as_in_the_tables_of_the_act() -> None:
    by_work: dict[Work, int] = {}
    for status in ResidenceStatus:
        row = status_rule(status, TODAY)
        assert row is not None
        by_work[row.work] = by_work.get(row.work, 0) + 1

    assert by_work == {Work.AS_STATED: 20, Work.WITH_PERMISSION_ONLY: 5, Work.BY_DESIGNATION: 1, Work.ANY: 4}


# ----- a table that somebody edits wrongly ------------------------------------------------------------------------


def test_a_status_that_is_refused_without_a_way_out_is_no_row() -> None:
    row = {
        "status": "DIPLOMAT",
        "work": "AS_STATED",
        "why_not": {"ja": "対象外", "en": "not carried"},
        "effective_from": "2022-03-16",
        "source": "the law",
    }

    with pytest.raises(ValidationError, match="nothing is said instead"):
        StatusRow.model_validate(row)
