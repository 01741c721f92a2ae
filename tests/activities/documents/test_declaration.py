import io
from datetime import date
from typing import Final

import pikepdf
import pytest

from tests.applications import document
from tests.document_tools import Workbench
from zairyu.activities.documents.declaration import (
    Declaration,
    Declared,
    declaration_of,
    declaration_of_supply,
    write_declaration,
)
from zairyu.activities.documents.pdf import check_pdf
from zairyu.models.documents import Attachment, AttachmentKind
from zairyu.rules.deliveries import Delivery

FORM: Final = Declared(1, AttachmentKind.ORGANIZATION_FORM)
TAX: Final = Declared(2, AttachmentKind.TAX_CERTIFICATE)
WORK: Final = Declared(3, AttachmentKind.EMPLOYMENT_CERTIFICATE)
SPLIT: Final = Declaration(
    reference="app-00000001", delivery=1, deliveries=2, on=date(2026, 11, 24), now=(FORM, TAX), later=(WORK,)
)
REST: Final = Declaration(
    reference="app-00000001", delivery=2, deliveries=2, on=date(2026, 12, 10), now=(WORK,), earlier=(FORM, TAX)
)


def many(count: int) -> Declaration:
    return Declaration(
        reference="app-00000001",
        delivery=1,
        deliveries=1,
        on=date(2026, 11, 24),
        now=[Declared(number, AttachmentKind.OTHER) for number in range(1, count + 1)],
    )


def japanese(content: bytes) -> str:
    """What is written in the fonts for Japanese, in its order."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return "".join(
            bytes(instruction.operands[0]).decode("utf-16-be")
            for page in pdf.pages
            for instruction in pikepdf.parse_content_stream(page)
            if str(instruction.operator) == "Tj" and len(bytes(instruction.operands[0])) % 2 == 0
            and b"\0" not in bytes(instruction.operands[0])[:1]
            and not bytes(instruction.operands[0]).isascii()
        )  # fmt: skip


def test_it_says_whose_application_and_when(workbench: Workbench) -> None:
    (words,) = workbench.words_of(write_declaration(SPLIT))

    assert "app-00000001" in words
    assert "2026-11-24" in words
    assert "資料添付に関する申告書" in japanese(write_declaration(SPLIT))


def test_it_says_which_documents_are_there_and_which_follow() -> None:
    text = japanese(write_declaration(SPLIT))

    now, later = text.index("今回添付する資料"), text.index("後日添付する資料")
    assert now < text.index("所属機関等作成用の申請書") < text.index("住民税の課税証明書") < later
    assert later < text.index("在職証明書")
    assert "提出済みの資料" not in text


def test_the_last_one_says_that_nothing_follows() -> None:
    text = japanese(write_declaration(REST))

    assert "後日添付する資料" not in text
    assert text.index("今回添付する資料") < text.index("在職証明書") < text.index("提出済みの資料")
    assert text.index("提出済みの資料") < text.index("所属機関等作成用の申請書")


def test_it_is_readable_without_japanese_fonts(workbench: Workbench) -> None:
    (words,) = workbench.words_of(write_declaration(SPLIT))
    text = " ".join(words)

    for english in ("Declaration on attached documents", "form made by the organization", "To follow"):
        assert english in text


def test_each_delivery_of_a_plan_says_what_came_before_and_what_follows() -> None:
    plan = [
        Delivery(indices=(1,), attachments=(Attachment(kind=AttachmentKind.ORGANIZATION_FORM, document=document()),)),
        Delivery(indices=(0,), attachments=(Attachment(kind=AttachmentKind.TAX_CERTIFICATE, document=document()),)),
        Delivery(indices=(2,), attachments=(Attachment(kind=AttachmentKind.OTHER, document=document()),)),
    ]

    declaration = declaration_of(plan, 2, reference="app-00000001", on=date(2026, 11, 24))

    assert (declaration.delivery, declaration.deliveries) == (2, 3)
    assert declaration.earlier == (Declared(2, AttachmentKind.ORGANIZATION_FORM),)
    assert declaration.now == (Declared(1, AttachmentKind.TAX_CERTIFICATE),)
    assert declaration.later == (Declared(3, AttachmentKind.OTHER),)


def test_it_says_of_an_answer_in_parts_what_was_asked_for_and_what_follows(workbench: Workbench) -> None:
    declaration = declaration_of_supply(
        2,
        [AttachmentKind.TAX_CERTIFICATE],
        earlier=[AttachmentKind.ORGANIZATION_FORM],
        delivery=2,
        asked=["課税証明書", "在職証明書"],
        follows=["在職証明書（会社に依頼中）"],
        reference="東2026-000123",
        on=date(2026, 12, 1),
    )
    content = write_declaration(declaration)
    text = japanese(content)

    assert declaration.now == (Declared(2, AttachmentKind.TAX_CERTIFICATE),)
    assert "残りの資料は、追って提出します。" in text
    now, later, asked = text.index("今回添付する資料"), text.index("後日提出する資料"), text.rindex("求められた資料")
    assert now < later < text.index("会社に依頼中") < asked
    assert "The rest follows." in " ".join(" ".join(words) for words in workbench.words_of(content))


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (20, 1), (100, 3), (400, 11)])
def test_it_has_as_many_pages_as_the_list_needs(workbench: Workbench, count: int, pages: int) -> None:
    content = write_declaration(many(count))
    listed = [word for words in workbench.words_of(content) for word in words if word.endswith(".")]

    assert list(check_pdf(io.BytesIO(content), 0, AttachmentKind.DECLARATION)) == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.pages) == pages
    assert {f"{number}." for number in range(1, count + 1)} <= set(listed)


def test_a_long_reference_is_not_cut(workbench: Workbench) -> None:
    reference = "申請番号" * 30
    content = write_declaration(Declaration(reference, 1, 1, date(2026, 11, 24), (FORM,)))

    assert reference in japanese(content)


def test_a_sample_says_so_on_every_page(workbench: Workbench) -> None:
    for words in workbench.words_of(write_declaration(many(100), sample=True)):
        assert "SAMPLE" in words
    assert "見本" in japanese(write_declaration(SPLIT, sample=True))
    assert "見本" not in japanese(write_declaration(SPLIT))


def test_the_same_declaration_gives_the_same_bytes() -> None:
    assert write_declaration(SPLIT) == write_declaration(SPLIT)
    assert write_declaration(SPLIT) != write_declaration(REST)


def test_it_takes_little_room() -> None:
    assert len(write_declaration(many(400), sample=True)) < 50_000
