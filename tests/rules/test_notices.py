"""The special period of stay: told when it begins, and before it ends."""

from datetime import date, timedelta

from tests.applications import application
from tests.rules.stories import receipt, report, state
from zairyu.models.state import ApplicationState
from zairyu.models.status import Outcome
from zairyu.rules.calendar import end_of_day, start_of_day
from zairyu.rules.notices import notices
from zairyu.rules.outlook import in_special_period

EXPIRY = application().form.applicant.current_stay.expires_on  # type: ignore[union-attr]
LAST = date(2027, 3, 31)


def filed(*, user_id: str | None = None, last: date = LAST, outcome: Outcome | None = None) -> ApplicationState:
    filed = state(receipt=receipt(), special_period_until=last, report=report(outcome=outcome))
    filed.application = filed.application.model_copy(update={"user_id": user_id})
    return filed


def test_it_is_told_at_its_beginning_and_30_14_7_and_1_days_before_its_end() -> None:
    told = [(notice.at, notice.mail and notice.mail.begins) for notice in notices(filed())]

    assert told == [
        (end_of_day(EXPIRY), True),
        *((start_of_day(LAST - timedelta(days=before)), False) for before in (30, 14, 7, 1)),
    ]


def test_the_watch_over_a_stay_writes_and_the_application_only_notes() -> None:
    assert [notice.mail for notice in notices(filed(user_id="user-00000001"))] == [None]


def test_a_warning_before_the_special_period_has_begun_would_be_none() -> None:
    told = notices(filed(last=EXPIRY + timedelta(days=10)))

    assert [notice.key for notice in told] == ["special-period", "special-period-7-days", "special-period-1-days"]


def test_it_ends_with_the_decision() -> None:
    assert notices(filed(outcome=Outcome.DENIED)) == ()


def test_it_runs_from_the_day_after_the_expiry_to_its_last_day_while_undecided() -> None:
    undecided = filed()

    assert [
        day
        for day in (EXPIRY, EXPIRY + timedelta(days=1), LAST, LAST + timedelta(days=1))
        if in_special_period(undecided, day)
    ] == [EXPIRY + timedelta(days=1), LAST]
    assert not in_special_period(filed(outcome=Outcome.DENIED), LAST)
