from zairyu.models.feed import MOST_IDS, FeedNotice
from zairyu.models.snapshot import AttentionReason
from zairyu.rules.feed_notices import explanation_of, summed_up


def _notice(reason: AttentionReason, count: int, *ids: str) -> FeedNotice:
    return FeedNotice(notice_id="n", reason=reason, count=count, request_ids=ids)


def test_news_of_the_same_kind_are_summed_up_and_the_first_are_named() -> None:
    many = [f"r-{number}" for number in range(MOST_IDS)]
    both = summed_up(
        _notice(AttentionReason.NEWS_MISSED, 30, *many), _notice(AttentionReason.NEWS_MISSED, 2, "r-0", "s")
    )
    assert (both.count, both.request_ids) == (32, tuple(many))
    assert "(32)" in explanation_of(both).en


def test_what_is_lost_for_days_is_counted_once() -> None:
    yesterday = _notice(AttentionReason.APPLICATION_NOT_FOUND, 2, "r-1", "r-2")
    today = _notice(AttentionReason.APPLICATION_NOT_FOUND, 1, "r-2")
    assert summed_up(yesterday, today) == today
    assert summed_up(None, yesterday) == yesterday
    assert explanation_of(today).en.endswith("(1). r-2")
