from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.applications import ENGINEER, application, document
from zairyu.models.application import Cause
from zairyu.models.application_file import ApplicationFile
from zairyu.models.assessment import IntendedApplicant, Intention
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType, CauseKind, Filer, OrganizationCategory, ResidenceStatus
from zairyu.rules import attachments
from zairyu.rules.attachments import check_attachments, check_documents
from zairyu.rules.deliveries import limits_on
from zairyu.rules.required_documents import DocumentFacts, RequiredAttachment, photo_rule, required_documents
from zairyu.rules.statuses import carried_statuses
from zairyu.rules.tables import in_force, load_table
from zairyu.sandbox.applicant import write_application
from zairyu.sandbox.card.personas import DEMO_APPLICANT

OLD_SYSTEM = date(2026, 1, 4)
NEW_SYSTEM = date(2026, 1, 5)
TODAY = date(2026, 11, 24)
MB = 1_000_000

COE = ApplicationType.CERTIFICATE_OF_ELIGIBILITY
CHANGE = ApplicationType.CHANGE_OF_STATUS
EXTENSION = ApplicationType.EXTENSION_OF_PERIOD
ACQUISITION = ApplicationType.ACQUISITION_OF_STATUS
EMPLOYMENT_CERTIFICATE = ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE
ONE, TWO, THREE, FOUR = OrganizationCategory
Kind = AttachmentKind

ROWS = load_table("required_attachments", RequiredAttachment)


def attached(kinds: Iterable[AttachmentKind], size: int = 1000) -> list[Attachment]:
    return [Attachment(kind=kind, document=document(size)) for kind in kinds]


def organization_form(size: int = 1000) -> Attachment:
    return Attachment(kind=Kind.ORGANIZATION_FORM, document=document(size))


def rules(attached: Sequence[Attachment], on: date) -> list[tuple[str, str]]:
    """What is said of the files themselves; that others are wanted too is told below."""
    return [(finding.place, finding.rule) for finding in of_files(attached, on)]


def of_files(attached: Sequence[Attachment], on: date) -> list[Finding]:
    found = check_attachments(application(attached), on)
    return [finding for finding in found if finding.severity is not Severity.WARNING]


def intended(
    application_type: ApplicationType = EXTENSION,
    status: ResidenceStatus | None = ENGINEER,
    category: OrganizationCategory | None = None,
    *,
    filer: Filer = Filer.LEGAL_REPRESENTATIVE,
    cause: CauseKind | None = None,
) -> Intention:
    return Intention(
        application_type=application_type,
        residence_status=status,
        filer=filer,
        applicant=IntendedApplicant(birth_date="19960412"),
        organization_category=category,
        cause=Cause(kind=cause, happened_on=TODAY) if cause else None,
    )


def told(intention: Intention, on: date = TODAY) -> list[tuple[AttachmentKind, ...]]:
    """What is required without a condition, the photo left out."""
    return [
        document.kinds for document in required_documents(intention, on=on) if document.kinds and not document.condition
    ]


def missing(intention: Intention, kinds: Iterable[AttachmentKind], on: date = TODAY) -> tuple[Finding, ...]:
    return check_documents(
        document(media_type="image/jpeg"),
        attached(kinds),
        DocumentFacts(
            intention.application_type,
            intention.residence_status,
            intention.filer,
            intention.organization_category,
            intention.cause.kind if intention.cause else None,
        ),
        birth_date=intention.applicant.birth_date,
        on=on,
    )


# ----- files ----------------------------------------------------------------------------------------------------


def test_one_small_pdf_is_fine_under_both_systems() -> None:
    assert rules([organization_form()], OLD_SYSTEM) == []
    assert rules([organization_form()], NEW_SYSTEM) == []


def other(size: int = 1000) -> Attachment:
    return Attachment(kind=AttachmentKind.OTHER, document=document(size))


def test_the_old_system_took_one_file_of_ten_megabytes() -> None:
    assert rules([organization_form(10 * MB)], OLD_SYSTEM) == []
    assert rules([organization_form(10 * MB + 1)], OLD_SYSTEM) == [("/attachments/0", "attachment-size")]
    assert rules([organization_form(10 * MB + 1)] * 2, OLD_SYSTEM) == [
        ("/attachments/0", "attachment-size"),
        ("/attachments/1", "attachment-size"),
    ]


def test_the_old_system_took_several_documents_joined_into_one() -> None:
    assert rules([organization_form(4 * MB), other(4 * MB)], OLD_SYSTEM) == []
    assert rules([organization_form(6 * MB), other(6 * MB)], OLD_SYSTEM) == [("/attachments", "attachment-follows")]


def test_the_new_system_takes_twenty_files_and_the_rest_follows() -> None:
    assert rules([organization_form()] * 20, NEW_SYSTEM) == []

    (finding,) = of_files([organization_form(), *[other()] * 20], NEW_SYSTEM)

    assert (finding.rule, finding.severity) == ("attachment-follows", Severity.NOTICE)
    # One of the twenty is the declaration.
    assert "2 of the documents" in finding.message.en
    assert "資料2件" in finding.message.ja
    assert finding.source is not None


def test_the_photo_counts_towards_the_new_systems_total() -> None:
    assert rules([organization_form(25 * MB - 1000)], NEW_SYSTEM) == []
    assert rules([organization_form(25 * MB - 999)], NEW_SYSTEM) == [("/attachments/0", "attachment-size")]
    assert rules([organization_form(20 * MB), other(20 * MB)], NEW_SYSTEM) == [("/attachments", "attachment-follows")]


def test_a_photo_that_no_delivery_holds_is_refused() -> None:
    huge = application([other()], photo=document(26 * MB, "image/jpeg"), filer=Filer.LEGAL_REPRESENTATIVE)

    assert "attachment-total-size" in [finding.rule for finding in check_attachments(huge, NEW_SYSTEM)]


def test_the_person_learns_by_how_much_a_document_is_too_large() -> None:
    (finding,) = of_files([organization_form(), other(30 * MB)], NEW_SYSTEM)

    assert (finding.place, finding.rule, finding.severity) == ("/attachments/1", "attachment-size", Severity.ERROR)
    # 25 MB, without the room for the declaration.
    assert "about 5.2 MB too large" in finding.message.en
    assert "約5.2 MB" in finding.message.ja


def test_where_nothing_may_follow_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = limits_on(NEW_SYSTEM)
    assert limits is not None
    strict = limits.model_copy(update={"further_deliveries": False})
    monkeypatch.setattr(attachments, "limits_on", lambda _: strict)

    assert rules([organization_form()] * 21, NEW_SYSTEM) == [("/attachments", "attachment-count")]
    assert rules([organization_form(13 * MB)] * 2, NEW_SYSTEM) == [("/attachments", "attachment-total-size")]
    assert rules([organization_form(26 * MB)], NEW_SYSTEM) == [("/attachments/0", "attachment-size")]


def test_only_pdfs_and_only_pictures() -> None:
    word = Attachment(kind=Kind.OTHER, document=document(media_type="application/msword"))
    findings = check_attachments(application([organization_form(), word], photo=document()), NEW_SYSTEM)

    assert [(finding.place, finding.rule) for finding in findings if finding.severity is Severity.ERROR] == [
        ("/photo", "photo-format"),
        ("/attachments/1", "attachment-format"),
    ]


def test_the_age_of_the_photo_is_a_dated_rule() -> None:
    old, new = photo_rule(OLD_SYSTEM), photo_rule(NEW_SYSTEM)

    assert old is not None
    assert new is not None
    assert (old.taken_within_months, new.taken_within_months) == (3, 6)
    assert photo_rule(date(2022, 3, 15)) is None


# ----- what stops an application, and what does not ---------------------------------------------------------------


def test_who_files_in_person_needs_the_organizations_form() -> None:
    (finding,) = [each for each in check_attachments(application([]), NEW_SYSTEM) if each.severity is Severity.ERROR]

    assert finding.rule == "attachment-required"
    assert finding.source is not None
    assert "note" in finding.source


@pytest.mark.parametrize(
    ("filer", "status"),
    [(Filer.LEGAL_REPRESENTATIVE, ENGINEER), (Filer.APPLICANT, ResidenceStatus.ENTERTAINER)],
)
def test_others_do_not(filer: Filer, status: ResidenceStatus) -> None:
    findings = check_attachments(application([], filer=filer, status=status), NEW_SYSTEM)

    assert {finding.severity for finding in findings} == {Severity.WARNING}


def test_only_the_organizations_form_can_stop_an_application_so_that_none_that_is_open_is_stopped_by_a_new_list() -> (
    None
):
    assert [row.kinds for row in ROWS if row.blocking] == [(Kind.ORGANIZATION_FORM,)]


def test_a_document_that_is_asked_for_later_is_named_and_does_not_stop() -> None:
    (finding,) = missing(intended(category=TWO), [])

    assert (finding.severity, finding.place, finding.rule) == (Severity.WARNING, "/attachments", "attachment-required")
    assert "法定調書合計表" in finding.message.ja
    assert missing(intended(category=TWO), [Kind.STATUTORY_REPORT_TABLE]) == ()


def test_one_of_several_documents_will_do() -> None:
    family = intended(ApplicationType.EXTENSION_OF_PERIOD, ResidenceStatus.DEPENDENT)
    common = [Kind.SUPPORTER_RESIDENCE_CARD, Kind.SCHOLARSHIP_CERTIFICATE]

    assert missing(family, [*common, Kind.MARRIAGE_CERTIFICATE]) == ()
    assert missing(family, [*common, Kind.BIRTH_CERTIFICATE]) == ()
    (finding,) = missing(family, common)
    assert "出生証明書" in finding.message.ja


def test_where_one_file_held_everything_no_kind_is_missed() -> None:
    assert missing(intended(category=THREE), [Kind.OTHER], on=OLD_SYSTEM) == ()
    assert len(missing(intended(category=THREE), [Kind.OTHER], on=NEW_SYSTEM)) == 3
    assert len(missing(intended(category=THREE), [], on=OLD_SYSTEM)) == 3


# ----- the category of the organization ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "documents"),
    [
        (ONE, [(Kind.CATEGORY_PROOF,)]),
        (TWO, [(Kind.STATUTORY_REPORT_TABLE, Kind.ONLINE_USE_APPROVAL)]),
        (THREE, [(Kind.STATUTORY_REPORT_TABLE,), (Kind.TAX_CERTIFICATE,), (Kind.TAX_PAYMENT_CERTIFICATE,)]),
        (FOUR, [(Kind.TAX_CERTIFICATE,), (Kind.TAX_PAYMENT_CERTIFICATE,)]),
    ],
)
def test_an_extension_of_an_engineer_takes_what_the_category_asks_for(
    category: OrganizationCategory, documents: list[tuple[AttachmentKind, ...]]
) -> None:
    assert told(intended(category=category)) == documents


def test_a_new_company_has_the_most_to_show_and_a_listed_one_the_least() -> None:
    many = {category: len(told(intended(CHANGE, category=category))) for category in OrganizationCategory}

    assert many[ONE] == many[TWO] == 1
    assert many[THREE] == many[FOUR] == 7


def test_without_the_category_one_question_is_asked_and_the_documents_are_told_by_category() -> None:
    documents = required_documents(intended(), on=TODAY)
    (question,) = [each for each in documents if each.rule == "organization-category"]
    assert question.place == "/organization_category"
    assert question.condition
    assert "カテゴリー4" in question.text.ja
    tax = next(each for each in documents if each.kinds == (Kind.TAX_CERTIFICATE,))
    assert tax.condition
    assert tax.text.en.startswith("If the organization is of category 3 or 4: Attach")

    (finding,) = missing(intended(), [])
    assert (finding.severity, finding.place, finding.rule) == (
        Severity.WARNING,
        "/organization_category",
        "organization-category",
    )


@pytest.mark.parametrize(
    "intention",
    [
        intended(ACQUISITION, cause=CauseKind.BIRTH),
        intended(EMPLOYMENT_CERTIFICATE),
        intended(EXTENSION, ResidenceStatus.STUDENT),
        intended(EXTENSION, None),
    ],
)
def test_where_nothing_depends_on_it_no_category_is_asked_for(intention: Intention) -> None:
    assert "organization-category" not in {finding.rule for finding in missing(intention, [])}
    assert "organization-category" not in {each.rule for each in required_documents(intention, on=TODAY)}


# ----- the day, the cause, the order ------------------------------------------------------------------------------


def test_a_manager_s_documents_changed_with_the_standards_of_2025_10_16() -> None:
    manager = intended(CHANGE, ResidenceStatus.BUSINESS_MANAGER, FOUR)
    new = {Kind.LANGUAGE_TEST_RESULT, Kind.BUSINESS_PLAN_EVALUATION, Kind.BUSINESS_EXPLANATION}

    before = {kind for kinds in told(manager, date(2025, 10, 15)) for kind in kinds}
    after = {kind for kinds in told(manager, date(2025, 10, 16)) for kind in kinds}
    assert before & new == set()
    assert after >= new
    assert Kind.BUSINESS_SCALE_PROOF in before & after


def test_the_cause_decides_what_an_acquisition_takes() -> None:
    born = intended(ACQUISITION, ResidenceStatus.DEPENDENT, cause=CauseKind.BIRTH)
    lost = intended(ACQUISITION, ResidenceStatus.LONG_TERM_RESIDENT, cause=CauseKind.LOSS_OF_JAPANESE_NATIONALITY)
    unsaid = required_documents(intended(ACQUISITION, ResidenceStatus.DEPENDENT), on=TODAY)

    assert (Kind.BIRTH_CERTIFICATE,) in told(born)
    assert (Kind.SUPPORTER_RESIDENCE_CARD,) in told(born)
    assert (Kind.BIRTH_CERTIFICATE,) not in told(lost)
    assert (Kind.PROOF_OF_CAUSE, Kind.FAMILY_REGISTER) in told(lost)
    birth = next(each for each in unsaid if each.kinds == (Kind.BIRTH_CERTIFICATE,))
    assert birth.condition
    assert birth.text.en.startswith("If the cause is birth: ")


def test_a_condition_that_no_form_answers_is_told_and_never_missed() -> None:
    documents = required_documents(intended(category=ONE), on=TODAY)
    (contract,) = [each for each in documents if each.kinds == (Kind.EMPLOYMENT_CONTRACT,)]

    assert contract.condition
    assert contract.text.ja.startswith("転職後初めての更新の場合：")
    assert missing(intended(category=ONE), [Kind.CATEGORY_PROOF]) == ()


def test_what_may_not_be_missing_comes_first_and_what_depends_on_a_condition_last() -> None:
    documents = required_documents(intended(filer=Filer.APPLICANT), on=TODAY)

    assert [(each.place, each.kinds) for each in documents[:2]] == [
        ("/photo", ()),
        ("/attachments", (Kind.ORGANIZATION_FORM,)),
    ]
    assert [each.condition for each in documents] == sorted(each.condition for each in documents)


# ----- the whole table --------------------------------------------------------------------------------------------

NOT_LISTED = {(CHANGE, ResidenceStatus.ENTERTAINER), (CHANGE, ResidenceStatus.TRAINEE)}
"""Applications of which the public page of the status says nothing."""


@pytest.mark.parametrize("status", carried_statuses(TODAY))
@pytest.mark.parametrize("application_type", [COE, CHANGE, EXTENSION])
def test_every_status_that_is_carried_has_its_list(application_type: ApplicationType, status: ResidenceStatus) -> None:
    listed = [
        document
        for document in required_documents(intended(application_type, status), on=TODAY)
        if document.kinds and not document.blocking
    ]

    assert bool(listed) is ((application_type, status) not in NOT_LISTED)


def cases() -> Iterator[DocumentFacts]:
    for parts in product(ApplicationType, ResidenceStatus, Filer, OrganizationCategory, CauseKind):
        yield DocumentFacts(*parts)


@pytest.mark.parametrize("on", [date(2022, 3, 16), date(2025, 10, 15), TODAY])
def test_nothing_is_required_twice_nor_in_vain(on: date) -> None:
    """What one row takes and another takes too, with other documents besides, is required by the first row already."""
    rows = [row for row in in_force(ROWS, on) if row.only_if is None]
    suspects = [
        (a, b) for a, b in combinations(rows, 2) if set(a.kinds) <= set(b.kinds) or set(a.kinds) >= set(b.kinds)
    ]
    both = [
        (a.kinds, b.kinds, facts)
        for facts in cases()
        for a, b in suspects
        if a.may_concern(facts) and b.may_concern(facts)
    ]

    assert not both


def test_all_that_is_required_can_be_attached() -> None:
    most = max(
        sum(row.may_concern(facts) for row in in_force(ROWS, TODAY))
        for facts in cases()
        if facts.filer is Filer.APPLICANT
    )

    assert 10 < most <= 20


def test_every_row_says_what_to_attach_in_both_languages() -> None:
    for row in ROWS:
        assert "添付してください" in row.message.ja
        assert row.message.ja.endswith("。")
        assert "ttach" in row.message.en
        assert row.message.en.endswith(".")
        assert not (set("[]") & set(row.message.ja + row.message.en)), "a terminal would take it for a style"


def test_every_kind_has_a_name_of_its_own_and_is_used() -> None:
    labels = [kind.label for kind in AttachmentKind]
    assert len(set(labels)) == len(labels)
    assert {kind for row in ROWS for kind in row.kinds} == set(AttachmentKind) - {Kind.DECLARATION, Kind.OTHER}


@given(
    application_type=st.sampled_from(ApplicationType),
    status=st.sampled_from(ResidenceStatus),
    filer=st.sampled_from(Filer),
    category=st.sampled_from(OrganizationCategory),
    cause=st.sampled_from(CauseKind),
    on=st.dates(date(2022, 3, 16), date(2032, 12, 31)),
    data=st.data(),
)
@settings(deadline=None, max_examples=200)
def test_who_attaches_what_is_told_is_told_of_nothing_more(
    application_type: ApplicationType,
    status: ResidenceStatus,
    filer: Filer,
    category: OrganizationCategory,
    cause: CauseKind,
    on: date,
    data: st.DataObject,
) -> None:
    intention = intended(application_type, status, category, filer=filer, cause=cause)
    required = told(intention, on)
    chosen = [data.draw(st.sampled_from(kinds)) for kinds in required]

    too_many = {"attachment-count"}  # one file until 2026-01-04
    assert {finding.rule for finding in missing(intention, dict.fromkeys(chosen), on)} <= too_many
    for left_out in required:
        rest = [kind for kind in chosen if kind not in left_out]
        if on >= NEW_SYSTEM:
            assert missing(intention, rest, on), f"{left_out} is required, and nobody misses it"


# ----- what a row may say -----------------------------------------------------------------------------------------

ROW = {
    "kind": "OTHER",
    "application_types": ["EXTENSION_OF_PERIOD"],
    "effective_from": date(2026, 1, 5),
    "source": "the law",
    "message": {"ja": "添付", "en": "Attach"},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": None},
        {"any_of": ["OTHER", "DIPLOMA"]},
        {"kind": None, "any_of": ["DIPLOMA"]},
        {"kind": None, "any_of": ["DIPLOMA", "DIPLOMA"]},
        {"filers": []},
        {"organization_categories": []},
        {"blocking": True, "organization_categories": ["CATEGORY_1"]},
        {"blocking": True, "causes": ["BIRTH"]},
        {"blocking": True, "only_if": {"ja": "場合", "en": "If"}},
    ],
)
def test_a_row_that_nobody_could_follow_is_refused(wrong: dict[str, object]) -> None:
    assert RequiredAttachment.model_validate(ROW).kinds == (Kind.OTHER,)
    with pytest.raises(ValidationError):
        RequiredAttachment.model_validate({**ROW, **wrong})


# ----- the samples ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("application_type", [COE, CHANGE, EXTENSION, ACQUISITION, EMPLOYMENT_CERTIFICATE])
def test_a_sample_encloses_all_that_is_asked_for(application_type: ApplicationType, tmp_path: Path) -> None:
    """The sandbox knows none of our tables, so that it names the kinds by itself."""
    file = write_application(tmp_path, DEMO_APPLICANT, expires_on=date(2027, 1, 31), application_type=application_type)
    sample = ApplicationFile.model_validate_json(file.read_bytes())
    intention = Intention.model_validate_json(sample.model_dump_json())

    assert missing(intention, [attachment.kind for attachment in sample.attachments]) == ()
