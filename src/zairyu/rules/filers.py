"""Who may file what: every filer with every procedure, and what the law says of one filing on one day."""

from collections.abc import Iterator
from datetime import date
from typing import Final, Self

from pydantic import model_validator

from zairyu.models.assessment import Answer, ConcurrentAnswer, Intention, Permissibility, Reason, Route
from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, ConcurrentPermission, Filer
from zairyu.rules.applicants import own_obstacles
from zairyu.rules.filer_conditions import Condition, unmet
from zairyu.rules.obstacles import AT_THE_COUNTER, Obstacle, weigh
from zairyu.rules.statuses import status_obstacles
from zairyu.rules.tables import DatedRow, in_force, load_table

Procedure = ApplicationType | ConcurrentPermission


class FilerRow(DatedRow):
    """Cells of the matrix: procedures that some filers may file, on which conditions and in which ways."""

    filers: frozenset[Filer]
    procedures: frozenset[Procedure]
    conditions: tuple[Condition, ...] = ()
    why_not: BilingualText | None = None
    """Why they may not; nothing when they may."""
    instead: tuple[BilingualText, ...] = ()
    routes: tuple[Route, ...] = ()
    """The ways that are open; to those who may not, what is left to them."""

    @model_validator(mode="after")
    def _says_what_to_do_instead(self) -> Self:
        if (self.why_not is not None) != bool(self.instead):
            raise ValueError("what may not be filed, and only that, says what to do instead")
        return self


class PermissionRow(DatedRow):
    """Together with what a permission is filed for."""

    permissions: frozenset[ConcurrentPermission]
    together_with: frozenset[ApplicationType]


_FILERS = load_table("filers", FilerRow)
_PERMISSIONS = load_table("concurrent_permissions", PermissionRow)
_DIRECTLY: Final = BilingualText(
    ja="マイナポータル経由では申請できません。在留申請オンラインシステムに直接申請してください。",
    en="Not through Mynaportal: file directly with the Online Residence Application System.",
)


def filer_rule(filer: Filer, procedure: Procedure, on: date) -> FilerRow | None:
    """The cell of the matrix that counts on a day in Japan; nothing before the rules that are kept here."""
    return next((row for row in in_force(_FILERS, on) if filer in row.filers and procedure in row.procedures), None)


def permissibility(intention: Intention, *, on: date) -> Permissibility:
    """Whether an application may be filed online by this filer, in this status, on a day in Japan.

    When it may be filed is another rule's matter (`filing_window`). What is not allowed can still have routes: those
    that remain beside the online ones.
    """
    rule = filer_rule(intention.filer, intention.application_type, on)
    if rule is None:
        return weigh([_before_the_rules(intention.filer, intention.application_type)], [Route.COUNTER])
    obstacles = [*_filer_obstacles(intention, rule, "/filer", on)]
    if intention.filer is Filer.APPLICANT:
        obstacles += own_obstacles(intention, on)
    obstacles += status_obstacles(intention, on)
    return weigh(obstacles, rule.routes, _advice(rule))


def concurrent_answers(intention: Intention, *, on: date) -> tuple[ConcurrentAnswer, ...]:
    """Whether each permission that is asked for may be filed for together with the application.

    Only what speaks against the permission itself is said: it falls with the application if that may not be filed.
    """
    return tuple(
        ConcurrentAnswer(permission=permission, permissibility=_concurrent(permission, intention, on))
        for permission in dict.fromkeys(intention.concurrent_permissions)
    )


def _concurrent(permission: ConcurrentPermission, intention: Intention, on: date) -> Permissibility:
    rule = filer_rule(intention.filer, permission, on)
    if rule is None:
        return weigh([_before_the_rules(intention.filer, permission)], [Route.COUNTER])
    place = f"/concurrent_permissions/{intention.concurrent_permissions.index(permission)}"
    obstacles = [*_not_together(permission, intention, place, on), *_filer_obstacles(intention, rule, place, on)]
    return weigh(obstacles, rule.routes, _advice(rule))


def _advice(rule: FilerRow) -> tuple[BilingualText, ...]:
    return (_DIRECTLY,) if Route.RAS in rule.routes and Route.MYNAPORTAL not in rule.routes else ()


def _filer_obstacles(intention: Intention, rule: FilerRow, place: str, on: date) -> Iterator[Obstacle]:
    if rule.why_not is not None:
        yield Obstacle(
            answer=Answer.NOT_ALLOWED,
            reason=Reason(place=place, rule="filer", text=rule.why_not, source=rule.source),
            instead=rule.instead,
            leaves=rule.routes,
        )
    for condition in rule.conditions:
        yield from unmet(condition, intention, source=rule.source, on=on)


def _not_together(permission: ConcurrentPermission, intention: Intention, place: str, on: date) -> Iterator[Obstacle]:
    for rule in in_force(_PERMISSIONS, on):
        if permission in rule.permissions and intention.application_type not in rule.together_with:
            with_ja = "・".join(main.label.ja for main in ApplicationType if main in rule.together_with)
            with_en = ", ".join(main.label.en for main in ApplicationType if main in rule.together_with)
            yield Obstacle(
                answer=Answer.NOT_ALLOWED,
                reason=Reason(
                    place=place,
                    rule="concurrent-permission",
                    text=BilingualText(
                        ja=f"{permission.label.ja}をオンラインでできるのは、{with_ja}と同時の場合に限ります。",
                        en=f"{permission.label.en}: online only together with one of: {with_en}.",
                    ),
                    source=rule.source,
                ),
                instead=(
                    BilingualText(
                        ja="単独の申請は地方出入国在留管理局の窓口でしてください。",
                        en="By itself it is filed at the counter of the regional immigration office.",
                    ),
                ),
                leaves=(Route.COUNTER,),
            )


def _before_the_rules(filer: Filer, procedure: Procedure) -> Obstacle:
    first = min(
        (row for row in _FILERS if filer in row.filers and procedure in row.procedures),
        key=lambda row: row.effective_from,
    )
    return Obstacle(
        answer=Answer.NOT_ALLOWED,
        reason=Reason(
            place="/filer",
            rule="filer",
            text=BilingualText(
                ja=f"このオンライン申請の規則は、{first.effective_from}以降についてだけ登録されています。",
                en=f"The rules of filing this online are kept here from {first.effective_from} on only.",
            ),
            source=first.source,
        ),
        instead=(AT_THE_COUNTER,),
        leaves=(Route.COUNTER,),
    )
