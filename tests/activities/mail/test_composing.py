import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from tests.activities.mail.letters import APPLICATION_ID, OCCASIONS, mail
from zairyu.activities.mail.composing import compose, message_id
from zairyu.models.application import Language
from zairyu.models.mail import Mail, Occasion
from zairyu.models.residence import ApplicationType

AT = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
SENDER = "zairyu@provider.example"
RULE = "\n" + "-" * 60 + "\n\n"
JAPANESE = re.compile("[ぁ-んァ-ヶ]")

each_occasion = pytest.mark.parametrize("name", OCCASIONS)
each_language = pytest.mark.parametrize("language", Language)


def parts(letter: Mail) -> tuple[str, str, str]:
    """The subject, and the text above and below the rule."""
    message = compose(letter, sender=SENDER, at=AT)
    above, below = message.get_content().split(RULE)
    return str(message["Subject"]), above, below


def test_every_occasion_is_among_the_samples() -> None:
    kinds = get_args(get_args(Occasion)[0])

    assert {type(occasion) for occasion in OCCASIONS.values()} == set(kinds)


@each_occasion
@each_language
def test_people_read_their_own_language_first_and_find_the_other_below(name: str, language: Language) -> None:
    subject, above, below = parts(mail(OCCASIONS[name], language))
    first, second = subject.split(" / ")

    japanese, english = (above, below) if language is Language.JA else (below, above)
    assert japanese.startswith("TRAN THI LINH 様\n\n")
    assert english.startswith("Dear TRAN THI LINH,\n\n")
    assert not JAPANESE.search(english)
    assert bool(JAPANESE.search(first)) is (language is Language.JA)
    assert bool(JAPANESE.search(second)) is (language is Language.EN)


@each_occasion
@each_language
@pytest.mark.parametrize("receipt_number", ["東2026-000123", None])
def test_a_mail_is_laid_out_like_one_written_by_hand(name: str, language: Language, receipt_number: str | None) -> None:
    subject, above, below = parts(mail(OCCASIONS[name], language, receipt_number=receipt_number))

    assert subject == subject.strip()
    assert "Subject" not in subject
    assert "\n" not in subject
    for text in (above, below):
        assert not text.startswith("\n")
        assert "\n\n\n" not in text
        assert not re.search(r"[ \t]\n", text)
        assert not re.search(r"[{}%]|None|True|False|Undefined", text)
        assert "Subject" not in text
    assert above.endswith(f"{APPLICATION_ID}\n")
    assert below.endswith(f"{APPLICATION_ID}\n")
    assert ("000123" in above) is (receipt_number is not None or name == "receipt number")


@each_occasion
def test_who_asks_about_a_mail_can_say_which_procedure_it_is(name: str) -> None:
    _, above, below = parts(mail(OCCASIONS[name]))

    assert "\n\n手続: 在留期間更新許可申請\n申請受付番号: 東2026-000123\n整理番号: " in above
    assert (
        "\n\nProcedure: Application for extension of period of stay\nReceipt number: 東2026-000123\nReference: "
    ) in below


@pytest.mark.parametrize(
    ("name", "japanese", "english"),
    [
        ("receipt number", ["    東2026-000123\n"], ["    東2026-000123\n", "proof"]),
        ("documents", ["・在職証明書（原本）\n  ・住民税", "提出期限: 2026年12月5日"], ["- 在職", "2026-12-05"]),
        ("documents again", ["まだ提出されていません", "2026年12月5日"], ["not been supplied yet", "2026-12-05"]),
        ("the rest of the documents", ["一部がまだ提出されて"], ["Not all of the additional documents"]),
        (
            "documents, soon by post",
            ["2026年12月1日までに、PDFで", "東京出入国在留管理局へ書留郵便", "2026年12月5日（土）まで"],
            ["as PDF by 2026-12-01", "Tokyo Regional Immigration Services Bureau", "by Saturday, December 5, 2026"],
        ),
        (
            "documents by post",
            ["オンラインで提出できません", "書留郵便"],
            ["cannot be supplied online", "registered mail"],
        ),
        ("permitted", ["許可されました", "3年", "満了日: 2030年1月31日"], ["permitted", "3 years", "2030-01-31"]),
        ("permitted without a period", ["許可されました"], ["permitted"]),
        ("permitted for a fee", ["次に手数料の納付と受領"], ["The fee and the collection come next"]),
        ("denied", ["不許可となりました。\nすぐに"], ["denied.\nTalk"]),
        (
            "denied in the special period",
            ["特例期間が終わりました。\nすぐに", "・再入国許可申請\n  ・資格外活動"],
            ["special period of stay ends with", "- Application for re-entry permit"],
        ),
        ("certificate", ["そのメール自体が証明書", "2027年2月20日"], ["is the certificate: keep it", "2027-02-20"]),
        ("certificate again", ["近づいています", "受領登録"], ["ends soon", "register the receipt"]),
        (
            "withdrawn in the special period",
            ["特例期間も終わりました", "すぐに"],
            ["so is the special period", "at once"],
        ),
        (
            "terminated in the special period",
            ["特例期間も終わりました", "すぐに"],
            ["so is the special period", "at once"],
        ),
        ("withdrawn", ["取り下げられました", "満了日を必ず確認"], ["withdrawn", "last day"]),
        ("terminated", ["終止となりました"], ["terminated"]),
        ("fee", ["56,000円", "550円", "合計: 56,550円", "納付期限: 2027年1月9日"], ["56,550 yen", "2027-01-09"]),
        ("fee again", ["まだ確認できていません", "0001-2345"], ["not reached the agency yet", "0001-2345"]),
        ("fee without settlement", ["手数料: 56,000円\n    納付番号"], ["Fee: 56,000 yen\n    Payment number"]),
        ("counter", ["窓口", "・旅券", "・在留カード（"], ["counter", "- Passport", "- Residence card ("]),
        ("counter, for a stamp", ["証印を受けます", "・旅券"], ["stamped in your passport", "- Passport"]),
        ("post", ["送り先: 〒135-0064", "旅券は送らないで", "みなし再入国"], ["135-0064", "Never send", "deemed"]),
        ("window missed, at the counter too", ["すぐに地方出入国在留管理局に相談"], ["Talk to the regional"]),
        (
            "maintenance",
            [
                "2026年12月5日 21:00（日本時間）より前に",
                "2026年12月6日 06:00（日本時間）まで",
                "追加資料の提出期限",
                "住民税納税証明書",
                "本来の期限: 2026年12月5日",
            ],
            [
                "before 2026-12-05 21:00 (Japan time)",
                "to: 2026-12-06 06:00",
                "Additional documents are due",
                "Due on, otherwise: 2026-12-05",
            ],
        ),
        ("window missed", ["2027年2月1日までに", "窓口"], ["by 2027-02-01", "counter"]),
    ],
)
def test_the_mail_says_what_to_do_and_by_when(name: str, japanese: list[str], english: list[str]) -> None:
    _, above, below = parts(mail(OCCASIONS[name]))

    assert [words for words in japanese if words not in above] == []
    assert [words for words in english if words not in below] == []


def test_only_an_application_that_was_denied_is_called_so() -> None:
    for name in ("permitted", "withdrawn", "terminated"):
        _, above, below = parts(mail(OCCASIONS[name]))
        assert "不許可" not in above
        assert "denied" not in below


def test_who_collects_at_the_counter_is_not_told_to_send_anything() -> None:
    _, above, below = parts(mail(OCCASIONS["counter"]))

    assert "送" not in above
    assert "Send" not in below


# ----- the same mail twice ------------------------------------------------------------------------------------


def test_a_repeat_can_be_recognised_by_any_mail_program() -> None:
    first, again = (compose(mail(), sender=SENDER, at=AT) for _ in range(2))

    assert first["Message-ID"] == again["Message-ID"]
    assert first.as_bytes() == again.as_bytes()


def test_different_mails_are_never_taken_for_repeats() -> None:
    letters = [
        mail(),
        mail(key="7-days"),
        mail(key="1-days"),
        mail(OCCASIONS["permitted"]),
        mail(OCCASIONS["receipt number"]),
        mail(reference="another-application"),
    ]

    assert len({message_id(letter, domain="provider.example") for letter in letters}) == len(letters)


def test_a_message_id_says_nothing_about_the_person() -> None:
    one = message_id(mail(), domain="provider.example")
    other_person = message_id(mail(name="SOMEBODY ELSE", email="else@resident.example"), domain="provider.example")

    assert re.fullmatch(r"<[0-9a-f]{40}@provider\.example>", one)
    assert one == other_person
    assert APPLICATION_ID not in one


@each_occasion
@each_language
def test_nobody_is_named_in_what_a_mail_program_shows_on_a_locked_screen(name: str, language: Language) -> None:
    message = compose(mail(OCCASIONS[name], language), sender=SENDER, at=AT)

    headers = str({key: value for key, value in message.items() if key != "To"})
    assert not [secret for secret in ("TRAN", "LINH", "linh", "09000001234", "不許可") if secret in headers]


def test_the_headers_are_those_of_an_automatic_mail() -> None:
    message = compose(mail(), sender=SENDER, at=AT)

    assert message["From"] == "Zairyu <zairyu@provider.example>"
    assert message["To"] == "linh@resident.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == AT, "a mail without a date is no mail (RFC 5322, section 3.6)"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"


@pytest.mark.parametrize(
    ("email", "header"),
    [
        ("a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
        ("ab.@docomo.ne.jp", "ab.@docomo.ne.jp"),
        ("o'neil+visa@resident.example", "o'neil+visa@resident.example"),
        ("a(b)@resident.example", '"a(b)"@resident.example'),  # not a@, which is somebody else
        ("a,b@resident.example", '"a,b"@resident.example'),
        ('"a..b"@docomo.ne.jp', "a..b@docomo.ne.jp"),
    ],
)
def test_an_unusual_address_gets_its_mail_and_nobody_else_does(email: str, header: str) -> None:
    assert compose(mail(email=email), sender=SENDER, at=AT)["To"] == header


@pytest.mark.parametrize("name", ["{{ mail.to.email }}", "Subject: x", "O'BRIEN <B>", "Ngô Thị Linh"])
def test_a_name_is_text_and_never_a_template(name: str) -> None:
    _, above, _ = parts(mail(name=name))

    assert above.startswith(f"{name} 様\n")


@pytest.mark.parametrize("outcome", ["permitted", "permitted for a fee", "denied", "denied in the special period"])
@pytest.mark.parametrize(
    "certificate", [ApplicationType.CERTIFICATE_OF_ELIGIBILITY, ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE]
)
def test_a_certificate_is_issued_or_not_and_nothing_is_permitted(outcome: str, certificate: ApplicationType) -> None:
    _, above, below = parts(mail(OCCASIONS[outcome], application_type=certificate))

    assert certificate.result.ja + ("は不交付" if "denied" in outcome else "の交付が決定") in above
    assert "許可" not in above.partition("・")[0].replace("在留資格認定証明書交付申請", "")
    assert "issued" in below
    assert "denied" not in below


@pytest.mark.parametrize("occasion", ["withdrawn", "window missed", "window missed, at the counter too"])
@pytest.mark.parametrize(
    "application_type", [ApplicationType.CERTIFICATE_OF_ELIGIBILITY, ApplicationType.ACQUISITION_OF_STATUS]
)
def test_who_has_no_period_of_stay_is_told_nothing_of_one(occasion: str, application_type: ApplicationType) -> None:
    _, above, below = parts(mail(OCCASIONS[occasion], application_type=application_type))

    assert "在留期間" not in above
    assert "period of stay" not in below
