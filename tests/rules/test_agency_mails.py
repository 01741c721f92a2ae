"""What a mail of the agency says, and that nothing is read into one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import agency_post as post
from zairyu.models.agency_mail import AgencyMailKind, Letter, Recognised
from zairyu.models.names import number_key
from zairyu.models.status import ApplicationStatus, CollectionStatus, DocumentsStatus, Said
from zairyu.rules.agency_mails import recognised

RECEIPT, PROVISIONAL = "東オンＥＮ26000001", "仮00012345"
ON = date(2026, 11, 24)
OLD = "ras-immi.moj.go.jp"


def _letter(form: tuple[str, str], *, domain: str = post.AGENCY, **changes: str) -> Letter:
    subject, text = form
    filled = text.format(receipt=RECEIPT, provisional=PROVISIONAL)
    return Letter.model_validate({"domain": domain, "subject": subject, "text": filled, **changes})


def _read(form: tuple[str, str], **changes: str) -> Recognised | None:
    return recognised(_letter(form, **changes), ON)


def _said(form: tuple[str, str], **changes: str) -> Said:
    read = _read(form, **changes)
    assert read is not None
    assert read.said is not None
    return read.said


def test_receipt_number_is_taken_as_it_stands_there() -> None:
    read = _read(post.NUMBERED)

    assert read is not None
    assert read.kind is AgencyMailKind.RECEIPT_NUMBER
    assert read.said == Said(receipt_number=RECEIPT)
    assert read.numbers == (RECEIPT, PROVISIONAL)


@pytest.mark.parametrize("written", ["東オンEN26000001", "東オンＥＮ２６００００01", "東ｵﾝen26000001"])
def test_number_in_letters_of_another_width_is_the_same(written: str) -> None:
    read = _read(post.EXAMINED, text=f"申請受付番号：{written}\n")

    assert read is not None
    assert [number_key(number) for number in read.numbers] == [number_key(RECEIPT)]


def test_request_for_documents_brings_every_item_and_the_day() -> None:
    said = _said(post.DOCUMENTS)

    assert said.documents is DocumentsStatus.REQUESTED
    assert said.request is not None
    assert said.request.items == ("在職証明書", "課税証明書（直近1年分）")
    assert said.request.due_on == date(2026, 12, 8)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("２０２６年１２月８日", date(2026, 12, 8)),
        ("令和8年12月8日", date(2026, 12, 8)),
        ("2026/12/08", date(2026, 12, 8)),
        ("2026年2月30日", None),
        ("追って連絡します", None),
    ],
)
def test_day_that_is_no_day_is_not_guessed(written: str, day: date | None) -> None:
    said = _said((post.DOCUMENTS[0], post.DOCUMENTS[1].replace("2026年12月8日", written)))

    assert said.documents is DocumentsStatus.REQUESTED
    assert (said.request.due_on if said.request else None) == day


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (post.EXAMINED, Said(application=ApplicationStatus.EXAMINATION_COMPLETED)),
        (post.READY, Said(collection=CollectionStatus.READY)),
        (post.SENT, Said(collection=CollectionStatus.SENT)),
    ],
)
def test_mail_says_only_what_stands_in_it(form: tuple[str, str], said: Said) -> None:
    assert _said(form) == said


def test_provisional_number_is_nothing_new() -> None:
    read = _read(post.RECEIVED)

    assert read == Recognised(kind=AgencyMailKind.PROVISIONAL_NUMBER, numbers=(PROVISIONAL,), said=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "【模擬環境】システム停止のお知らせ / SANDBOX: maintenance"},
        {"subject": f"Re: {post.NUMBERED[0]}"},
        {"domain": "rasens-immi.moj.go.jp"},
        {"domain": "ras.sandbox.example.evil.example"},
        {"text": "番号は別途お知らせします。\n"},
        {"text": f"申請受付仮番号：{PROVISIONAL}\n"},
        {"text": f"申請受付番号：{'9' * 41}\n"},
    ],
)
def test_what_is_not_known_is_left_to_a_person(changes: dict[str, str]) -> None:
    assert _read(post.NUMBERED, **changes) is None


def test_mails_of_the_system_before_are_read_for_its_own_time_only() -> None:
    letter = Letter(
        domain=OLD,
        subject="【在留申請オンラインシステム】申請受付番号のお知らせ",
        text="申請受付番号：福オンＥＮ25001878\n",
    )

    assert recognised(letter, date(2026, 1, 5)) is None
    read = recognised(letter, date(2026, 1, 4))
    assert read is not None
    assert read.said == Said(receipt_number="福オンＥＮ25001878")


@given(st.text(), st.sampled_from([post.NUMBERED, post.DOCUMENTS, post.SENT]))
def test_no_text_in_a_known_form_is_too_odd_to_be_read(text: str, form: tuple[str, str]) -> None:
    for body in (text, f"申請受付番号：{text}\n提出資料：\n・{text}\n提出期限：{text}"):
        _read(form, text=body)
