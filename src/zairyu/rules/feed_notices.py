"""What the poller of an interface noticed, in words."""

from typing import Final

from zairyu.models.base import BilingualText
from zairyu.models.feed import MOST_IDS, FeedNotice
from zairyu.models.snapshot import AttentionReason

_SENTENCES: Final = {
    AttentionReason.FEED_STARTED_OVER: BilingualText(
        ja="状況通知を最初から読み直しました（{count}回）。",
        en="The feed did not know our place in it and was read from its beginning ({count} times).",
    ),
    AttentionReason.NEWS_MISSED: BilingualText(
        ja="状況通知で届かなかった進捗を照会で確認し、{count}件の申請に反映しました。",
        en="The feed did not bring everything: asking one by one found news of applications ({count}).",
    ),
    AttentionReason.NEWS_OF_NOBODY: BilingualText(
        ja="当方にない申請の通知が{count}件ありました。",
        en="News came of applications that are none of ours ({count}).",
    ),
    AttentionReason.NEWS_UNREADABLE: BilingualText(
        ja="読み取れない通知が{count}件ありました。",
        en="Records could not be read ({count}).",
    ),
    AttentionReason.APPLICATION_NOT_FOUND: BilingualText(
        ja="受け付けられたはずの申請{count}件について、照会の結果「該当なし」と回答されました。",
        en="The agency does not know applications that it had taken ({count}).",
    ),
}


def explanation_of(notice: FeedNotice) -> BilingualText:
    """What a notice means, and which applications it is about."""
    sentence = _SENTENCES[notice.reason]
    ids = ", ".join(notice.request_ids)
    named = f" {ids}" if ids else ""
    return BilingualText(
        ja=sentence.ja.format(count=notice.count) + named, en=sentence.en.format(count=notice.count) + named
    )


def summed_up(open_notice: FeedNotice | None, notice: FeedNotice) -> FeedNotice:
    """The open notice of the same reason, if there is one, and another one together.

    What is looked for anew by each sweep is not summed up: the last one has found all of it.
    """
    if open_notice is None or notice.reason is AttentionReason.APPLICATION_NOT_FOUND:
        return notice
    ids = dict.fromkeys((*open_notice.request_ids, *notice.request_ids))
    return notice.model_copy(update={"count": open_notice.count + notice.count, "request_ids": tuple(ids)[:MOST_IDS]})
