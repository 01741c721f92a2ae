"""Which statuses of residence are carried, and which application there is from and to each of them."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Final, Self

from pydantic import model_validator

from zairyu.models.assessment import Answer, Intention, Reason, Route
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.rules.obstacles import AT_THE_COUNTER, Obstacle
from zairyu.rules.tables import DatedRow, in_force, load_table


class Work(StrEnum):
    """Whether a status lets its holder work. Source: Act, article 19 (1) and appended tables I and II."""

    ANY = "ANY"
    AS_STATED = "AS_STATED"
    """In the activities that the Act states for the status."""
    BY_DESIGNATION = "BY_DESIGNATION"
    """As the Minister designates for each person."""
    WITH_PERMISSION_ONLY = "WITH_PERMISSION_ONLY"
    """Not without permission to engage in activity other than that permitted."""


class StatusRow(DatedRow):
    """What the law and the agency say of one status."""

    status: ResidenceStatus
    work: Work
    has_kinds: bool = False
    """Whether one can change from the status into another kind of the same."""
    why_not: BilingualText | None = None
    """Why it is not carried; nothing for those that are."""
    only_if: BilingualText | None = None
    """On which condition it is carried."""
    settled_by_notification: bool = False
    """Whether every designated activity that a notice lists meets the condition."""
    instead: tuple[BilingualText, ...] = ()
    without: frozenset[ApplicationType] = frozenset()
    """Applications that do not exist for this status, neither online nor at the counter."""
    not_for_holders: BilingualText | None = None
    """Why those who hold it cannot change to another status online, whoever files."""

    @property
    def carried(self) -> bool:
        """Whether an application for the status can be filed online."""
        return self.why_not is None

    @model_validator(mode="after")
    def _says_what_to_do_instead(self) -> Self:
        if (self.why_not or self.only_if) and not self.instead:
            raise ValueError(f"{self.status} is not carried, or on a condition, and nothing is said instead")
        return self


_STATUSES = load_table("statuses", StatusRow)
_KEEPS_THE_STATUS: Final = (
    ApplicationType.EXTENSION_OF_PERIOD,
    ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE,
)
"""What is filed in the status that is held."""


def status_rule(status: ResidenceStatus, on: date) -> StatusRow | None:
    """What counts for a status on a day in Japan; nothing before online filing began."""
    return next((row for row in in_force(_STATUSES, on) if row.status is status), None)


def carried_statuses(on: date) -> tuple[ResidenceStatus, ...]:
    """Those for which applications are carried on a day in Japan, in the order of the Act."""
    carried = {row.status for row in in_force(_STATUSES, on) if row.carried}
    return tuple(status for status in ResidenceStatus if status in carried)


def status_applied_for(intention: Intention) -> ResidenceStatus | None:
    """The status that an application is for: the one it names, or the one held where it is filed in that."""
    held = intention.applicant.current_stay
    if intention.residence_status is None and intention.application_type in _KEEPS_THE_STATUS and held is not None:
        return held.status
    return intention.residence_status


def exists(intention: Intention, on: date) -> bool:
    """Whether there is such an application for the status at all, online or at the counter, on a day in Japan."""
    status = status_applied_for(intention)
    rule = status_rule(status, on) if status is not None else None
    return rule is None or intention.application_type not in rule.without


def status_obstacles(intention: Intention, on: date) -> Iterator[Obstacle]:
    """Everything that the statuses applied for and held say against an application, whoever files it."""
    if intention.application_type is ApplicationType.USER_REGISTRATION or not in_force(_STATUSES, on):
        return
    held = intention.applicant.current_stay.status if intention.applicant.current_stay else None
    status = status_applied_for(intention)
    named = intention.residence_status is not None or status is None
    place = "/residence_status" if named else "/applicant/current_stay/status"
    rule = status_rule(status, on) if status is not None else None
    if rule is None:
        yield _status_unknown(on)
    else:
        yield from _carried(intention, rule, place)
        if intention.application_type is ApplicationType.EXTENSION_OF_PERIOD:
            yield from _same_status(rule, held)
        if intention.application_type is ApplicationType.CHANGE_OF_STATUS:
            yield from _another_status(rule, held)
        if intention.application_type is ApplicationType.AUTHORIZED_EMPLOYMENT_CERTIFICATE:
            yield from _may_work(rule, place)
    if intention.application_type is ApplicationType.CHANGE_OF_STATUS:
        yield from _may_leave(held, on)


# ----- the status applied for ------------------------------------------------------------------------------------


def _status_unknown(on: date) -> Obstacle:
    return Obstacle(
        answer=Answer.ALLOWED_IF,
        reason=Reason(
            place="/residence_status",
            rule="status-carried",
            text=BilingualText(
                ja=f"オンライン申請の対象となる{len(carried_statuses(on))}種類の在留資格のいずれかに限ります。",
                en=f"Only for one of the {len(carried_statuses(on))} statuses of residence that are carried.",
            ),
            source=in_force(_STATUSES, on)[0].source,
        ),
    )


def _carried(intention: Intention, rule: StatusRow, place: str) -> Iterator[Obstacle]:
    text = rule.why_not or rule.only_if
    settled = rule.settled_by_notification and intention.designated_activity is not None
    if text is not None and not settled:
        yield Obstacle(
            answer=Answer.ALLOWED_IF if rule.carried else Answer.NOT_ALLOWED,
            reason=Reason(
                place="/designated_activity" if rule.settled_by_notification else place,
                rule="status-carried",
                text=text,
                source=rule.source,
            ),
            instead=rule.instead,
            leaves=() if intention.application_type in rule.without else (Route.COUNTER,),
        )


def _same_status(rule: StatusRow, held: ResidenceStatus | None) -> Iterator[Obstacle]:
    if held is not None and rule.status is not held:
        yield Obstacle(
            answer=Answer.NOT_ALLOWED,
            reason=Reason(
                place="/residence_status",
                rule="extension-keeps-the-status",
                text=BilingualText(
                    ja="更新できるのは現に有する在留資格の期間だけです。",
                    en="An extension is for the period of the status that is held.",
                ),
                source="Immigration Control and Refugee Recognition Act, article 21",
            ),
            instead=(
                BilingualText(
                    ja="別の在留資格には在留資格変更許可申請をしてください。",
                    en="For another status file an application for change of status of residence.",
                ),
            ),
        )


def _another_status(rule: StatusRow, held: ResidenceStatus | None) -> Iterator[Obstacle]:
    if rule.status is held:
        yield Obstacle(
            answer=Answer.ALLOWED_IF if rule.has_kinds else Answer.NOT_ALLOWED,
            reason=Reason(
                place="/residence_status",
                rule="change-needs-another-status",
                text=BilingualText(
                    ja="同じ在留資格のまま変更できるのは、その区分や指定の内容が変わる場合に限ります。",
                    en="Within one status only its kind, or what is designated in it, can be changed.",
                )
                if rule.has_kinds
                else BilingualText(
                    ja="現に有する在留資格と同じ在留資格には変更できません。",
                    en="The status applied for is the one that is held: there is nothing to change.",
                ),
                source="Immigration Control and Refugee Recognition Act, articles 2-2 (1) and 20 (1)",
            ),
            instead=(
                BilingualText(
                    ja="在留期間を延ばすには在留期間更新許可申請をしてください。",
                    en="To stay longer, file an application for extension of period of stay.",
                ),
            ),
        )


_MAY_WORK: Final = {
    Work.BY_DESIGNATION: BilingualText(
        ja="指定された活動で就労が認められている方に限ります（指定書をご確認ください）。",
        en="Only for those whose designated activities include work; see the designation paper.",
    ),
    Work.WITH_PERMISSION_ONLY: BilingualText(
        ja="この在留資格では、資格外活動許可を受けている方に限ります。",
        en="With this status only for those who have permission to engage in activity other than that permitted.",
    ),
}


def _may_work(rule: StatusRow, place: str) -> Iterator[Obstacle]:
    if (text := _MAY_WORK.get(rule.work)) is not None:
        yield Obstacle(
            answer=Answer.ALLOWED_IF,
            reason=Reason(
                place=place,
                rule="permitted-to-work",
                text=text,
                source="Immigration Control and Refugee Recognition Act, articles 19 (1) and (2) and 19-2 (1)",
            ),
        )


# ----- the status held, when it is to be changed -----------------------------------------------------------------


def _may_leave(held: ResidenceStatus | None, on: date) -> Iterator[Obstacle]:
    for row in in_force(_STATUSES, on):
        if row.not_for_holders is not None and held in (None, row.status):
            # Of a status that is carried one kind only is shut out, and nobody has said which kind is held.
            shut_out = held is not None and not row.carried
            yield Obstacle(
                answer=Answer.NOT_ALLOWED if shut_out else Answer.ALLOWED_IF,
                reason=Reason(
                    place="/applicant/current_stay" if held is None else "/applicant/current_stay/status",
                    rule="held-status",
                    text=row.not_for_holders,
                    source=row.source,
                ),
                instead=(AT_THE_COUNTER,) if shut_out else (),
                leaves=(Route.COUNTER,),
            )
