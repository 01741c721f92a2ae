from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.applications import EXTENSION
from tests.rules.intentions import ONE_YEAR, intention
from zairyu.models.assessment import CardOutlook, MyNumberCard
from zairyu.models.residence import ApplicationType, Filer, PeriodOfStay
from zairyu.rules.card_life import card_outlook
from zairyu.rules.examination import likely_decided_by

CHANGE = ApplicationType.CHANGE_OF_STATUS
COE = ApplicationType.CERTIFICATE_OF_ELIGIBILITY
EMPLOYMENT = ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE
KEEPING_A_STATUS = [EXTENSION, CHANGE]

EXPIRES_ON = date(2027, 1, 31)
SPECIAL_UNTIL = date(2027, 3, 31)
EARLY = date(2026, 11, 2)
"""Any examination is likely over before the expiry."""
LATE = date(2027, 1, 20)


def card(expires_on: date, *, extended: bool = False) -> MyNumberCard:
    return MyNumberCard(expires_on=expires_on, extended=extended)


def outlook(
    kind: ApplicationType = EXTENSION,
    *,
    on: date = EARLY,
    expires_on: date | None = EXPIRES_ON,
    held: PeriodOfStay = ONE_YEAR,
    filer: Filer = Filer.APPLICANT,
    with_card: MyNumberCard | None = None,
) -> CardOutlook | None:
    return card_outlook(intention(kind, expires_on=expires_on, held=held, filer=filer, card=with_card), on=on)


def rules(found: CardOutlook | None) -> set[str]:
    assert found is not None
    return {reason.rule for reason in found.reasons}


TOKAI = "City of Tokai (Aichi), special extension for foreign residents"
CASES = [
    # (public source, card, the day it is looked at, lasts, extend by, extended until)
    (f"{TOKAI}: to two months after the expiry", card(EXPIRES_ON), EARLY, False, EXPIRES_ON, SPECIAL_UNTIL),
    (f"{TOKAI}: on its last day still", card(EXPIRES_ON), EXPIRES_ON, False, EXPIRES_ON, SPECIAL_UNTIL),
    (f"{TOKAI}: not once it has lapsed", card(EXPIRES_ON), date(2027, 2, 1), False, None, None),
    (f"{TOKAI}: extended", card(SPECIAL_UNTIL, extended=True), date(2027, 2, 1), True, None, None),
    (f"{TOKAI}: not a second time", card(date(2027, 2, 28), extended=True), date(2027, 2, 1), False, None, None),
    ("A card that outlasts the special period", card(SPECIAL_UNTIL), EARLY, True, None, None),
    (
        "City of Unzen (Nagasaki): a certificate that ends by itself, on the fifth birthday",
        card(date(2026, 12, 20)),
        EARLY,
        False,
        date(2026, 12, 20),
        None,
    ),
]


@pytest.mark.parametrize("kind", KEEPING_A_STATUS)
@pytest.mark.parametrize(
    ("source", "held", "on", "lasts", "extend_by", "extended_until"), CASES, ids=[case[0] for case in CASES]
)
def test_the_holder_learns_by_when_the_card_must_be_extended_and_until_when(
    kind: ApplicationType,
    source: str,
    held: MyNumberCard,
    on: date,
    lasts: bool,
    extend_by: date | None,
    extended_until: date | None,
) -> None:
    found = outlook(kind, on=on, with_card=held)

    assert found is not None, source
    assert found.lasts is lasts
    assert (found.extend_by.on if found.extend_by else None) == extend_by
    assert found.extended_until == extended_until
    assert bool(found.reasons) is not lasts


def test_a_person_reads_what_to_do_with_the_card_and_what_is_lost() -> None:
    found = outlook(with_card=card(EXPIRES_ON))
    assert found is not None
    assert found.extend_by is not None

    assert found.extend_by.at == datetime(2027, 1, 31, 15, 0, tzinfo=UTC)
    assert "2027年1月31日（日）までに市区町村の窓口で" in found.extend_by.sentence.ja
    assert rules(found) == {
        "card-extension",
        "card-extension-proof",
        "certificate-reissue",
        "card-reissue",
        "card-signature",
        "authentication-id",
        "documents-online",
    }
    assert {reason.place for reason in found.reasons} == {"/card/expires_on"}


def test_a_card_that_nobody_has_told_is_taken_to_end_with_the_stay() -> None:
    assumed, told = outlook(), outlook(with_card=card(EXPIRES_ON))
    assert assumed is not None
    assert told is not None

    assert rules(assumed) == {"card-ends-with-stay", *rules(told)}
    assert "most foreign residents" in assumed.reasons[0].text.en
    assert assumed.reasons[0].place == "/applicant/current_stay/expires_on"
    assert (assumed.extend_by, assumed.extended_until) == (told.extend_by, told.extended_until)


def test_who_files_late_is_warned_that_the_decision_may_come_after_the_card() -> None:
    early, late = outlook(on=EARLY), outlook(on=LATE)
    assert late is not None

    assert "card-before-decision" not in rules(early)
    assert late.reasons[0].rule == "card-before-decision"
    assert "February 20, 2027" in late.reasons[0].text.en


def test_a_lapsed_card_is_not_sent_to_be_extended() -> None:
    found = outlook(on=date(2027, 2, 1), with_card=card(EXPIRES_ON))

    assert rules(found) == {"card-reissue", "card-signature", "authentication-id", "documents-online"}


def test_documents_could_be_filed_with_any_card_before_2026() -> None:
    before, since = date(2025, 12, 31), date(2026, 1, 1)
    expires_on = date(2026, 1, 31)

    assert "documents-online" not in rules(outlook(on=before, expires_on=expires_on))
    assert "documents-online" in rules(outlook(on=since, expires_on=expires_on))


def test_a_stay_without_a_special_period_asks_no_more_of_the_card() -> None:
    found = outlook(on=LATE, held=PeriodOfStay(days=30), with_card=card(EXPIRES_ON))

    assert found == CardOutlook(lasts=True)


@pytest.mark.parametrize("filer", [Filer.LEGAL_REPRESENTATIVE, Filer.RELATIVE])
def test_who_signs_for_somebody_else_needs_a_card_of_their_own_that_lasts(filer: Filer) -> None:
    assert outlook(filer=filer) is None
    assert outlook(filer=filer, with_card=card(SPECIAL_UNTIL)) == CardOutlook(lasts=True)
    ends_first = outlook(filer=filer, with_card=card(EXPIRES_ON))
    assert ends_first is not None

    # Their card ends by itself: the applicant's pending application extends it for nobody.
    assert not ends_first.lasts
    assert ends_first.extended_until is None
    assert rules(ends_first) == {"card-renewal", "card-reissue", "card-signature", "authentication-id"}


@pytest.mark.parametrize("kind", [COE, EMPLOYMENT])
def test_where_no_stay_is_kept_alive_the_card_must_last_to_the_likely_decision(kind: ApplicationType) -> None:
    decided_by = likely_decided_by(kind, filed_on=LATE)
    assert decided_by is not None

    enough = outlook(kind, on=LATE, with_card=card(decided_by.on))
    short = outlook(kind, on=LATE, with_card=card(EXPIRES_ON))
    assert enough == CardOutlook(lasts=True)
    assert short is not None
    assert short.extended_until is None
    assert {"card-before-decision", "card-renewal"} <= rules(short)
    assert "documents-online" not in rules(short)


def test_registration_needs_a_card_that_has_not_lapsed() -> None:
    kind = ApplicationType.USER_REGISTRATION

    assert outlook(kind, on=EXPIRES_ON, expires_on=None) is None
    assert outlook(kind, on=EXPIRES_ON, expires_on=None, with_card=card(EXPIRES_ON)) == CardOutlook(lasts=True)
    assert "card-signature" in rules(outlook(kind, on=date(2027, 2, 1), expires_on=None, with_card=card(EXPIRES_ON)))


def test_nobody_without_a_register_entry_is_told_of_a_card() -> None:
    assert outlook(held=PeriodOfStay(months=3)) is None
    assert outlook(held=PeriodOfStay(months=3), with_card=card(EXPIRES_ON)) is not None


def test_who_acquires_a_status_hears_nothing_of_a_special_period() -> None:
    meant = intention(ApplicationType.ACQUISITION_OF_STATUS, caused_on=date(2026, 12, 1), card=card(date(2026, 12, 31)))

    assert "documents-online" not in rules(card_outlook(meant, on=date(2026, 12, 10)))


def test_a_mistyped_year_gets_no_outlook_instead_of_an_error() -> None:
    assert outlook(expires_on=date(2207, 1, 31)) is None
    assert outlook(expires_on=date.min) is None


@given(
    kind=st.sampled_from(list(ApplicationType)),
    filer=st.sampled_from(list(Filer)),
    on=st.dates(date(2022, 3, 16), date(2040, 1, 1)),
    stay=st.integers(-100, 400),
    life=st.integers(-200, 600),
    extended=st.booleans(),
)
@settings(deadline=None)  # shared machines are slow now and then
def test_whatever_the_days_nobody_is_sent_to_extend_in_vain(
    kind: ApplicationType, filer: Filer, on: date, stay: int, life: int, extended: bool
) -> None:
    ends, expires_on = date.fromordinal(on.toordinal() + life), date.fromordinal(on.toordinal() + stay)
    found = outlook(kind, on=on, expires_on=expires_on, filer=filer, with_card=card(ends, extended=extended))

    assert found is not None
    assert found.lasts is (not found.reasons)
    if found.lasts:
        assert ends >= on
    if found.extend_by is not None:
        assert on <= found.extend_by.on == ends
        assert not extended
    if found.extended_until is not None:
        assert found.extended_until > ends
