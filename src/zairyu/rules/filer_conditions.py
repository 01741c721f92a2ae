"""The conditions under which a filer may file: who must have been asked, and for whom a relative files."""

from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from typing import Final

from pydantic import Field

from zairyu.models.application import NotificationNumber
from zairyu.models.assessment import Answer, Intention, Reason, Route
from zairyu.models.base import BilingualText
from zairyu.models.residence import ResidenceStatus
from zairyu.rules.applicants import is_under
from zairyu.rules.obstacles import AT_THE_COUNTER, BY_SOMEBODY_ELSE, Obstacle
from zairyu.rules.tables import DatedRow, in_force, load_table


class Condition(StrEnum):
    """What has to be so before somebody may file."""

    OFFICE_ASKED = "OFFICE_ASKED"
    """The regional office was asked first and takes it."""
    LISTED_STATUS_AND_RELATIVE_IN_JAPAN = "LISTED_STATUS_AND_RELATIVE_IN_JAPAN"
    """The status is one for which relatives file, and the relative lives in Japan."""
    APPLICANT_CANNOT_FILE = "APPLICANT_CANNOT_FILE"
    """The applicant is too young or, by reason of illness or the like, unable."""
    APPROVED_BY_THE_OFFICE = "APPROVED_BY_THE_OFFICE"
    """The regional office approved the use of its online system."""
    REQUESTED_BY_THE_ORGANIZATION = "REQUESTED_BY_THE_ORGANIZATION"
    """The affiliated organization asked them to file."""


class RelativeRow(DatedRow):
    """For whom a relative files."""

    files_for_under: int = Field(ge=0, description="years")
    """Applicants under this age need no other reason."""
    statuses: frozenset[ResidenceStatus]
    """For which a relative applies for a certificate of eligibility."""
    designated_activities: frozenset[NotificationNumber]
    """Of Designated Activities only these."""


_RELATIVES = load_table("relatives", RelativeRow)


def unmet(condition: Condition, intention: Intention, *, source: str, on: date) -> Iterator[Obstacle]:
    """What is not met of a condition on a day in Japan, or not known; nothing when it is met.

    Args:
        condition: what has to be so.
        intention: what is known.
        source: who says that the condition has to be met.
        on: the day on which it would be filed.
    """
    yield from _CHECKS[condition](intention, source, on)


def _office_asked(intention: Intention, source: str, on: date) -> Iterator[Obstacle]:
    inquiry = intention.office_inquiry
    if inquiry is None or inquiry.asked_on > on:
        yield Obstacle(
            answer=Answer.ALLOWED_IF,
            reason=Reason(
                place="/office_inquiry",
                rule="office-asked",
                text=BilingualText(
                    ja="ご本人による申請は、事前に地方出入国在留管理局に確認した場合に限ります。",
                    en="Applicants file this for themselves only after asking the regional immigration office.",
                ),
                source=source,
            ),
            instead=(
                BilingualText(
                    ja="ご本人がオンラインで申請できるか、先に地方出入国在留管理局に問い合わせてください。",
                    en="First ask the regional immigration office whether the applicant can file this online.",
                ),
            ),
        )
    elif not inquiry.takes_it:
        yield Obstacle(
            answer=Answer.NOT_ALLOWED,
            reason=Reason(
                place="/office_inquiry/takes_it",
                rule="office-asked",
                text=BilingualText(
                    ja="地方出入国在留管理局は、ご本人によるこのオンライン申請を受け付けません。",
                    en="The regional immigration office does not take this online from the applicant.",
                ),
                source=source,
            ),
            instead=(AT_THE_COUNTER, BY_SOMEBODY_ELSE),
            leaves=(Route.COUNTER,),
        )


def _listed_status_and_relative_in_japan(intention: Intention, source: str, on: date) -> Iterator[Obstacle]:
    for rule in in_force(_RELATIVES, on):
        yield from _unlisted(intention, rule)
    lives_in_japan = intention.representative.lives_in_japan if intention.representative else None
    if lives_in_japan is not True:
        yield Obstacle(
            answer=Answer.ALLOWED_IF if lives_in_japan is None else Answer.NOT_ALLOWED,
            reason=Reason(
                place="/representative/lives_in_japan",
                rule="relative-in-japan",
                text=BilingualText(
                    ja="親族が申請できるのは、その親族が日本に住んでいる場合に限ります。",
                    en="A relative files this only while they live in Japan.",
                ),
                source=source,
            ),
            instead=(BY_SOMEBODY_ELSE,) if lives_in_japan is False else (),
        )


def _unlisted(intention: Intention, rule: RelativeRow) -> Iterator[Obstacle]:
    status, number = intention.residence_status, intention.designated_activity
    if status is None or status not in rule.statuses:
        place, unknown = "/residence_status", status is None
        text = BilingualText(
            ja="親族が申請できる在留資格は、"
            + "、".join(listed.label.ja for listed in _in_order(rule))
            + "に限ります。",
            en="A relative files only for " + ", ".join(listed.label.en for listed in _in_order(rule)) + ".",
        )
    elif status is ResidenceStatus.DESIGNATED_ACTIVITIES and number not in rule.designated_activities:
        place, unknown = "/designated_activity", number is None
        numbers = sorted(rule.designated_activities, key=lambda listed: [int(part) for part in listed.split("-")])
        text = BilingualText(
            ja="特定活動のうち親族が申請できるのは、告示"
            + "、".join(_in_japanese(n) for n in numbers)
            + "に限ります。",
            en="Of Designated Activities a relative files only for the notification numbers "
            + ", ".join(numbers)
            + ".",
        )
    else:
        return
    yield Obstacle(
        answer=Answer.ALLOWED_IF if unknown else Answer.NOT_ALLOWED,
        reason=Reason(place=place, rule="relative-listed-status", text=text, source=rule.source),
        instead=() if unknown else (BY_SOMEBODY_ELSE,),
    )


def _in_order(rule: RelativeRow) -> tuple[ResidenceStatus, ...]:
    return tuple(status for status in ResidenceStatus if status in rule.statuses)


def _in_japanese(number: NotificationNumber) -> str:
    """`33-2` is 33号の2."""
    main, *branch = number.split("-")
    return f"{main}号" + "".join(f"の{part}" for part in branch)


def _applicant_cannot_file(intention: Intention, source: str, on: date) -> Iterator[Obstacle]:
    for rule in in_force(_RELATIVES, on):
        young = is_under(intention.applicant.birth_date, rule.files_for_under, on=on)
        if young or intention.cannot_file_because is not None:
            continue
        yield Obstacle(
            answer=Answer.ALLOWED_IF if young is None else Answer.NOT_ALLOWED,
            reason=Reason(
                place="/applicant/birth_date" if young is None else "/cannot_file_because",
                rule="applicant-cannot-file",
                text=BilingualText(
                    ja=f"親族が申請できるのは、対象の方が{rule.files_for_under}歳未満の場合または疾病その他の事由により自ら申請できない場合に限ります。",
                    en=f"A relative files only for somebody who is under {rule.files_for_under}, or cannot file "
                    "themselves because of illness or another reason.",
                ),
                source=source,
            ),
            instead=(
                BilingualText(
                    ja="疾病その他の事由があるときは、その事由を記入してください。",
                    en="If there is an illness or another reason, say which.",
                ),
                BilingualText(
                    ja="ご本人、法定代理人または弁護士・行政書士が申請できます。",
                    en="The applicant, a legal representative, or a lawyer or administrative scrivener can file it.",
                ),
            ),
        )


def _approved_by_the_office(intention: Intention, source: str, on: date) -> Iterator[Obstacle]:
    yield Obstacle(
        answer=Answer.ALLOWED_IF,
        reason=Reason(
            place="/filer",
            rule="approved-by-the-office",
            text=BilingualText(
                ja="あらかじめ地方出入国在留管理局に利用申出を行い、承認を受けている場合に限ります。",
                en="Only with approval of the use, which the regional immigration office gives on application.",
            ),
            source=source,
        ),
    )


def _requested_by_the_organization(intention: Intention, source: str, on: date) -> Iterator[Obstacle]:
    yield Obstacle(
        answer=Answer.ALLOWED_IF,
        reason=Reason(
            place="/filer",
            rule="requested-by-the-organization",
            text=BilingualText(
                ja="所属機関から依頼を受けている場合に限ります。",
                en="Only on the request of the organization that the applicant belongs to.",
            ),
            source=source,
        ),
    )


_CHECKS: Final[dict[Condition, Callable[[Intention, str, date], Iterator[Obstacle]]]] = {
    Condition.OFFICE_ASKED: _office_asked,
    Condition.LISTED_STATUS_AND_RELATIVE_IN_JAPAN: _listed_status_and_relative_in_japan,
    Condition.APPLICANT_CANNOT_FILE: _applicant_cannot_file,
    Condition.APPROVED_BY_THE_OFFICE: _approved_by_the_office,
    Condition.REQUESTED_BY_THE_ORGANIZATION: _requested_by_the_organization,
}
