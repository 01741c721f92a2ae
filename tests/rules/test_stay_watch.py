"""What is due when, on every day of a stay."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stays import LINH, ended, filed, held, news
from zairyu.models.mail import CardEndsFirst, SpecialPeriodEnds, StayExpires, StayUnfiled
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.models.snapshot import End
from zairyu.models.stay import EndedApplication, FiledApplication, NotePeriod, Standing, StayEnd, StayMatter, StayState
from zairyu.rules.calendar import start_of_day
from zairyu.rules.stay_news import why_refused, with_card_extended, with_news, with_period_noted
from zairyu.rules.stay_outlook import snapshot_of
from zairyu.rules.stay_watch import due, end_of, matters, moments, passed, stays_until, wakes

EXPIRES_ON = date(2027, 5, 31)
USER = "user-0001"


def standing(expires_on: date = EXPIRES_ON, **more: object) -> Standing:
    return Standing(name="TRAN THI LINH", contact=LINH, held=held(expires_on), **more)


def told(before: Standing | None, on: date, news_id: str = "n", **what: object) -> Standing:
    return with_news(before, news(USER, news_id, **what), on=on)


def noon(day: date) -> datetime:
    return start_of_day(day) + timedelta(hours=12)


def keys_due(known: Standing, day: date, said: tuple[str, ...] = ()) -> list[str]:
    return [moment.key for moment in due(known, said, noon(day))]


# ----- the four reminders and the last call ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2027, 2, 27), None),
        # 3 months before the end of May is the end of February: the day online filing opens.
        (date(2027, 2, 28), "stay 2027-05-31 3-months"),
        (date(2027, 3, 30), "stay 2027-05-31 3-months"),
        (date(2027, 3, 31), "stay 2027-05-31 2-months"),
        (date(2027, 4, 29), "stay 2027-05-31 2-months"),
        (date(2027, 4, 30), "stay 2027-05-31 1-months"),
        (date(2027, 5, 16), "stay 2027-05-31 1-months"),
        (date(2027, 5, 17), "stay 2027-05-31 14-days"),
        (date(2027, 5, 30), "stay 2027-05-31 14-days"),
        (date(2027, 5, 31), "stay 2027-05-31 unfiled"),
    ],
)
def test_of_all_reminders_that_have_come_the_latest_one_is_due(day: date, key: str | None) -> None:
    assert keys_due(standing(), day) == ([] if key is None else [key])


def test_a_reminder_names_the_days_online_and_at_the_counter_and_the_special_period() -> None:
    # The expiry falls on Sunday of the Golden Week: the counter's limit moves over four closed days.
    (moment,) = due(standing(date(2026, 5, 3)), (), noon(date(2026, 2, 3)))
    mail = moment.occasion
    assert isinstance(mail, StayExpires)
    assert (mail.opens_on, mail.last_day_online) == (date(2026, 2, 3), date(2026, 5, 2))
    assert mail.counter_until == date(2026, 5, 7)
    assert mail.special_period is not None
    assert "July 3" in mail.special_period.en


def test_the_last_call_names_the_counter_and_is_not_made_after_it_has_closed() -> None:
    expires_on = date(2026, 5, 3)
    (moment,) = due(standing(expires_on), (), noon(expires_on))
    assert moment.occasion == StayUnfiled(expires_on=expires_on, counter_until=date(2026, 5, 7))
    (late,) = due(standing(expires_on), (), noon(date(2026, 5, 8)))
    assert late.occasion is None


@given(
    expires_on=st.dates(date(2026, 1, 1), date(2035, 12, 31)),
    starts=st.integers(-20, 200),
    steps=st.lists(st.integers(1, 40), max_size=30),
)
@settings(deadline=None, max_examples=60)
def test_whenever_one_looks_nothing_is_said_twice_and_never_two_at_once(
    expires_on: date, starts: int, steps: list[int]
) -> None:
    known, day = standing(expires_on), expires_on - timedelta(days=starts)
    said: list[str] = []
    sent: list[str] = []
    for step in (0, *steps):
        day += timedelta(days=step)
        now = noon(day)
        keys = keys_due(known, day, tuple(said))
        assert len(keys) <= 1
        sent += keys
        said += [key for key in passed(known, now) if key not in said]
    assert len(set(sent)) == len(sent) <= 5


@given(st.dates(date(2026, 1, 1), date(2035, 12, 31)), st.integers(-400, 100))
@settings(deadline=None, max_examples=60)
def test_whoever_sleeps_until_the_next_moment_misses_none(expires_on: date, days: int) -> None:
    state = StayState(user_id=USER, standing=standing(expires_on))
    now = noon(expires_on + timedelta(days=days))
    assert state.standing is not None
    coming = [moment.at for moment in moments(state.standing, now.date()) if moment.at > now]
    wake = wakes(state, now)
    if coming:
        assert wake is not None
        assert now < wake[0] <= min(coming)
    if end_of(state, now) is None:
        assert wake is not None, "it would sleep for ever"


# ----- filed ------------------------------------------------------------------------------------------------------


def test_who_has_filed_hears_nothing_before_the_expiry() -> None:
    known = told(standing(), date(2027, 3, 1), filed=filed("a", date(2027, 3, 1), EXPIRES_ON))
    assert all(not keys_due(known, date(2027, 3, 1) + timedelta(days=n)) for n in range(92))
    assert stays_until(known) == date(2027, 7, 31)


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2027, 6, 1), "special 2027-07-31 begins"),
        (date(2027, 7, 1), "special 2027-07-31 30-days"),
        (date(2027, 7, 17), "special 2027-07-31 14-days"),
        (date(2027, 7, 24), "special 2027-07-31 7-days"),
        (date(2027, 7, 30), "special 2027-07-31 1-days"),
        (date(2027, 8, 1), "special 2027-07-31 over"),
    ],
)
def test_the_special_period_is_told_of_to_its_last_day(day: date, key: str) -> None:
    known = told(standing(), date(2027, 3, 1), filed=filed("a", date(2027, 3, 1), EXPIRES_ON))
    assert keys_due(known, day) == [key]
    (moment,) = due(known, (), noon(day))
    if key.endswith("over"):
        assert (moment.occasion, moment.matter) == (None, StayMatter.SPECIAL_PERIOD_OVER)
    else:
        assert isinstance(moment.occasion, SpecialPeriodEnds)
        assert moment.occasion.begins is key.endswith("begins")


def test_a_stay_too_short_for_a_special_period_is_over_with_its_last_day() -> None:
    without = FiledApplication(
        application_id="a", application_type=ApplicationType.EXTENSION_OF_PERIOD, filed_on=date(2027, 5, 20)
    )
    known = told(standing(), date(2027, 5, 20), filed=without)
    assert stays_until(known) == EXPIRES_ON
    assert keys_due(known, date(2027, 5, 29)) == ["special 2027-05-31 7-days"]
    assert StayMatter.SPECIAL_PERIOD_OVER in matters(known, noon(date(2027, 6, 1)))


def test_an_application_that_does_not_keep_the_stay_silences_no_reminder() -> None:
    certificate = FiledApplication(
        application_id="a",
        application_type=ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
        filed_on=date(2027, 3, 1),
    )
    known = told(standing(), date(2027, 3, 1), filed=certificate)
    assert known.pending == ()


# ----- the card -----------------------------------------------------------------------------------------------------


def test_a_card_that_outlasts_the_likely_examination_is_mentioned_only_when_that_takes_longer() -> None:
    known = told(standing(), date(2027, 3, 1), card_expires_on=EXPIRES_ON)
    known = told(known, date(2027, 3, 1), filed=filed("a", date(2027, 3, 1), EXPIRES_ON))
    assert keys_due(known, date(2027, 4, 30)) == []
    assert keys_due(known, date(2027, 5, 1)) == ["card 2027-05-31 30-days"]
    assert matters(known, noon(date(2027, 5, 1))) == {StayMatter.CARD_ENDS_FIRST: start_of_day(date(2027, 5, 1))}


def test_a_card_that_ends_before_the_likely_decision_is_told_of_on_the_day_of_filing() -> None:
    known = told(standing(), date(2027, 5, 10), card_expires_on=EXPIRES_ON)
    known = told(known, date(2027, 5, 10), filed=filed("a", date(2027, 5, 10), EXPIRES_ON))
    (moment,) = due(known, (), noon(date(2027, 5, 10)))
    assert moment.occasion == CardEndsFirst(card_expires_on=EXPIRES_ON, extended_until=date(2027, 7, 31))
    longer = with_card_extended(known, date(2027, 7, 31))
    assert keys_due(longer, date(2027, 5, 18)) == []
    assert matters(longer, noon(date(2027, 5, 18))) == {}
    # Who repeats the old day has not heard of the extension.
    assert told(longer, date(2027, 5, 19), card_expires_on=EXPIRES_ON) == longer


def test_nobody_is_sent_to_extend_a_card_that_has_ended() -> None:
    known = told(standing(), date(2027, 5, 10), card_expires_on=date(2027, 5, 12))
    known = told(known, date(2027, 5, 10), filed=filed("a", date(2027, 5, 10), EXPIRES_ON))
    (moment,) = due(known, (), noon(date(2027, 5, 13)))
    assert moment.occasion is None


@pytest.mark.parametrize(("card_expires_on", "words"), [(EXPIRES_ON, "have it extended"), (date(2027, 5, 1), "ended")])
def test_a_reminder_says_what_is_wrong_with_the_card(card_expires_on: date, words: str) -> None:
    known = told(standing(), date(2027, 5, 17), card_expires_on=card_expires_on)
    (moment,) = due(known, (), noon(date(2027, 5, 17)))
    assert isinstance(moment.occasion, StayExpires)
    assert moment.occasion.card is not None
    assert words in moment.occasion.card.en


# ----- decisions ------------------------------------------------------------------------------------------------------


def pending(on: date = date(2027, 3, 1)) -> Standing:
    return told(standing(), on, filed=filed("a", on, EXPIRES_ON))


def state(known: Standing, **more: object) -> StayState:
    return StayState(user_id=USER, standing=known, told_at=noon(date(2027, 3, 1)), **more)


@pytest.mark.parametrize("end", [End.DENIED, End.WITHDRAWN, End.TERMINATED])
@pytest.mark.parametrize(("day", "over"), [(date(2027, 5, 30), False), (EXPIRES_ON, False), (date(2027, 6, 1), True)])
def test_an_end_without_permission_ends_the_stay_only_after_the_expiry(end: End, day: date, over: bool) -> None:
    known = told(pending(), day, ended=EndedApplication(application_id="a", end=end))
    assert known.pending == ()
    assert end_of(state(known), noon(day)) is (StayEnd(end.value) if over else None)


def test_a_new_period_renews_the_watch_and_what_was_filed_for_the_old_one_is_over() -> None:
    known = told(pending(), date(2027, 6, 20), held=held(date(2028, 5, 31)))
    assert known.pending == ()
    assert end_of(state(known), noon(date(2027, 6, 20))) is None
    assert keys_due(known, date(2028, 2, 29)) == ["stay 2028-05-31 3-months"]


def test_a_permission_that_names_no_period_calls_for_a_person_and_writes_to_nobody() -> None:
    known = told(pending(), date(2027, 6, 20), ended=EndedApplication(application_id="a", end=End.COMPLETED))
    now = noon(date(2027, 8, 20))
    assert list(matters(known, now)) == [StayMatter.GRANT_UNKNOWN]
    assert due(known, (), now) == ()
    assert end_of(state(known), now) is None
    assert matters(told(known, date(2027, 8, 20), held=held(date(2028, 5, 31))), now) == {}


def test_a_period_told_before_the_end_of_its_application_is_kept() -> None:
    known = told(pending(), date(2027, 4, 1), held=held(date(2027, 6, 30)))
    known = told(known, date(2027, 4, 2), ended=EndedApplication(application_id="a", end=End.COMPLETED))
    assert known.held == held(date(2027, 6, 30))


@given(st.permutations(["registered", "filed", "over"]))
def test_news_in_any_order_leads_to_the_same_stay(order: list[str]) -> None:
    granted = held(date(2028, 5, 31))
    what: dict[str, dict[str, Any]] = {
        "registered": {"card_expires_on": date(2028, 5, 31)},
        "filed": {"filed": filed("a", date(2027, 3, 1), EXPIRES_ON)},
        "over": {"held": granted, "ended": ended("a", End.COMPLETED)},
    }
    known: Standing | None = None
    for name in order:
        known = told(known, date(2027, 4, 1), name, **what[name])
    assert known is not None
    assert (known.held, known.pending, known.over) == (granted, (), ("a",))


def test_news_of_an_application_does_not_bring_an_old_address_back() -> None:
    moved = LINH.model_copy(update={"email": "new@resident.example"})
    known = told(standing(), date(2027, 3, 1), contact=moved)
    assert known.contact == moved
    assert told(known, date(2027, 3, 2), filed=filed("a", date(2027, 3, 2), EXPIRES_ON)).contact == moved


# ----- the end of the watch -----------------------------------------------------------------------------------------


def test_a_stay_with_nothing_filed_is_watched_until_the_counter_has_closed() -> None:
    known = standing(date(2026, 5, 3))
    assert end_of(state(known), noon(date(2026, 5, 7))) is None
    assert list(matters(known, noon(date(2026, 5, 7)))) == [StayMatter.NOTHING_FILED]
    assert end_of(state(known), start_of_day(date(2026, 5, 8))) is StayEnd.EXPIRED


def test_who_may_stay_for_ever_is_not_watched() -> None:
    permanent = held(EXPIRES_ON).model_copy(update={"status": ResidenceStatus.PERMANENT_RESIDENT})
    known = told(standing(), date(2027, 3, 1), held=permanent)
    assert end_of(state(known), noon(date(2027, 3, 1))) is StayEnd.PERMANENT_RESIDENCE


def test_a_watch_that_was_told_only_of_an_end_waits_for_late_news_and_closes() -> None:
    known = told(None, date(2027, 3, 1), ended=ended("a", End.DENIED))
    assert end_of(state(known), noon(date(2027, 3, 1)) + timedelta(hours=1)) is None
    assert end_of(state(known), noon(date(2027, 3, 2))) is StayEnd.NOTHING_TO_WATCH


def test_a_year_that_no_calendar_reaches_is_shown_and_harms_nobody() -> None:
    known = standing(date(9999, 12, 31))
    assert moments(known, date(2027, 3, 1)) == ()
    shown = snapshot_of(state(known), noon(date(2027, 3, 1)))
    assert (shown.expires_on, shown.opens_on, shown.next_deadline) == (date(9999, 12, 31), None, None)


# ----- news that says something old ----------------------------------------------------------------------------------


def test_whoever_registers_a_new_card_with_the_old_form_does_not_bring_the_old_period_back() -> None:
    granted = held(date(2030, 5, 31))
    known = told(pending(), date(2027, 4, 1), held=granted, filed=filed("a", date(2027, 3, 1), EXPIRES_ON))
    again = told(known, date(2027, 5, 1), held=held(EXPIRES_ON), card_expires_on=date(2030, 5, 31))
    assert again.held == granted
    # Who was granted one for which nobody waits any more comes late as well.
    newer = told(again, date(2030, 5, 1), held=held(date(2033, 5, 31)))
    assert told(newer, date(2030, 5, 2), held=granted, ended=ended("a", End.COMPLETED)).held == newer.held


def test_a_short_period_that_is_granted_decides_the_application_before_the_card_is_collected() -> None:
    # A permission to prepare for leaving ends before the special period would have ended.
    granted = held(date(2027, 6, 20))
    known = told(pending(), date(2027, 5, 25), held=granted, filed=filed("a", date(2027, 3, 1), EXPIRES_ON))
    assert (known.pending, stays_until(known)) == ((), date(2027, 6, 20))
    assert keys_due(known, date(2027, 6, 6)) == ["stay 2027-06-20 14-days"]
    collected = told(known, date(2027, 6, 7), held=granted, ended=ended("a", End.COMPLETED))
    assert (collected.held, collected.grant_unknown_since) == (granted, None)


@pytest.mark.parametrize("registered_on", [date(2027, 3, 1), date(2027, 3, 3)])
def test_a_period_told_with_or_after_the_filing_is_not_taken_for_what_was_granted(registered_on: date) -> None:
    known = told(None, date(2027, 3, 1), filed=filed("a", date(2027, 3, 1), EXPIRES_ON))
    known = told(known, registered_on, held=held(EXPIRES_ON))
    known = told(known, date(2027, 5, 1), ended=ended("a", End.COMPLETED))
    assert known.held is None
    assert known.grant_unknown_since == date(2027, 5, 1)


# ----- what a person has looked up ------------------------------------------------------------------------------------


def test_a_period_that_a_person_noted_settles_what_nobody_knew_and_decides_what_was_pending() -> None:
    unknown = told(pending(), date(2027, 6, 20), ended=ended("a", End.COMPLETED))
    known = with_period_noted(unknown, held(date(2028, 5, 31)))
    assert (known.held, matters(known, noon(date(2027, 6, 20)))) == (held(date(2028, 5, 31)), {})
    # Permitted at the counter, for a period that ends before the special period would have ended.
    short = with_period_noted(pending(), held(date(2027, 6, 20)))
    assert (short.pending, stays_until(short)) == ((), date(2027, 6, 20))
    # A word on the period from which it was filed decides nothing.
    assert with_period_noted(pending(), held(EXPIRES_ON)).pending == pending().pending
    # The registration that named another period has not looked.
    assert told(known, date(2027, 7, 1), held=held(EXPIRES_ON)).held == known.held


def test_a_period_that_is_over_or_known_is_not_noted() -> None:
    for noted in (EXPIRES_ON, date(2027, 2, 28)):
        message = NotePeriod(message_id="m", held=held(noted))
        assert why_refused(message, state(standing()), today=date(2027, 3, 1)) is not None
    message = NotePeriod(message_id="m", held=held(date(2027, 3, 1)))
    assert why_refused(message, state(standing()), today=date(2027, 3, 1)) is None
