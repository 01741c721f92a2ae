from collections.abc import Sequence
from datetime import date

import pytest

from tests.applications import ENGINEER, application, document
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.models.residence import Filer, ResidenceStatus
from zairyu.rules.attachments import check_attachments, photo_rule

OLD_SYSTEM = date(2026, 1, 4)
NEW_SYSTEM = date(2026, 1, 5)
MB = 1_000_000


def organization_form(size: int = 1000) -> Attachment:
    return Attachment(kind=AttachmentKind.ORGANIZATION_FORM, document=document(size))


def rules(attachments: Sequence[Attachment], on: date) -> list[tuple[str, str]]:
    return [(finding.place, finding.rule) for finding in check_attachments(application(attachments), on)]


def test_one_small_pdf_is_fine_under_both_systems() -> None:
    assert rules([organization_form()], OLD_SYSTEM) == []
    assert rules([organization_form()], NEW_SYSTEM) == []


def test_the_old_system_took_one_file_of_ten_megabytes() -> None:
    assert rules([organization_form(10 * MB)], OLD_SYSTEM) == []
    assert rules([organization_form(10 * MB + 1)] * 2, OLD_SYSTEM) == [
        ("/attachments", "attachment-count"),
        ("/attachments/0", "attachment-size"),
        ("/attachments/1", "attachment-size"),
    ]


def test_the_new_system_takes_twenty_files() -> None:
    assert rules([organization_form()] * 20, NEW_SYSTEM) == []
    assert rules([organization_form()] * 21, NEW_SYSTEM) == [("/attachments", "attachment-count")]


def test_the_photo_counts_towards_the_new_systems_total() -> None:
    assert rules([organization_form(25 * MB - 1000)], NEW_SYSTEM) == []
    assert rules([organization_form(25 * MB - 999)], NEW_SYSTEM) == [("/attachments", "attachment-total-size")]


def test_only_pdfs_and_only_pictures() -> None:
    word = Attachment(kind=AttachmentKind.OTHER, document=document(media_type="application/msword"))
    findings = check_attachments(application([organization_form(), word], photo=document()), NEW_SYSTEM)

    assert [(finding.place, finding.rule) for finding in findings] == [
        ("/photo", "photo-format"),
        ("/attachments/1", "attachment-format"),
    ]


def test_who_files_in_person_needs_the_organizations_form() -> None:
    (finding,) = check_attachments(application([]), NEW_SYSTEM)

    assert finding.rule == "attachment-required"
    assert finding.source is not None
    assert "note" in finding.source


@pytest.mark.parametrize(
    ("filer", "status"),
    [(Filer.LEGAL_REPRESENTATIVE, ENGINEER), (Filer.APPLICANT, ResidenceStatus.ENTERTAINER)],
)
def test_others_do_not(filer: Filer, status: ResidenceStatus) -> None:
    assert check_attachments(application([], filer=filer, status=status), NEW_SYSTEM) == ()


def test_the_age_of_the_photo_is_a_dated_rule() -> None:
    old, new = photo_rule(OLD_SYSTEM), photo_rule(NEW_SYSTEM)

    assert old is not None
    assert new is not None
    assert (old.taken_within_months, new.taken_within_months) == (3, 6)
    assert photo_rule(date(2022, 3, 15)) is None
