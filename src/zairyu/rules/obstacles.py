"""What stands between somebody and a filing, and how several obstacles weigh together."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from zairyu.models.assessment import Answer, Permissibility, Reason, Route
from zairyu.models.base import BilingualText, Model

AT_THE_COUNTER: Final = BilingualText(
    ja="地方出入国在留管理局の窓口で申請してください。", en="File at the counter of the regional immigration office."
)
BY_SOMEBODY_ELSE: Final = BilingualText(
    ja="法定代理人がご自身のマイナンバーカードで申請できます。弁護士・行政書士に依頼することもできます。",
    en="A legal representative can file with their own My Number card, and so can a lawyer or administrative scrivener "
    "who is asked to.",
)


class Obstacle(Model):
    """One reason for which something cannot be filed, or can be on a condition only."""

    answer: Literal[Answer.ALLOWED_IF, Answer.NOT_ALLOWED]
    """What would be answered if there were no other."""
    reason: Reason
    instead: tuple[BilingualText, ...] = ()
    leaves: tuple[Route, ...] = ()
    """The ways that a prohibition leaves open; a mere condition closes none."""


def weigh(
    obstacles: Iterable[Obstacle], routes: Sequence[Route], instead: Sequence[BilingualText] = ()
) -> Permissibility:
    """All obstacles together: the worst of them answers, and every one of them is said, the worst first.

    Args:
        obstacles: everything that speaks against it.
        routes: the ways that are open without any obstacle, the best first.
        instead: what the person is told in any case.
    """
    met = tuple(obstacles)
    prohibitions = [obstacle for obstacle in met if obstacle.answer is Answer.NOT_ALLOWED]
    said = (*(text for obstacle in met for text in obstacle.instead), *instead)
    return Permissibility(
        answer=Answer.NOT_ALLOWED if prohibitions else Answer.ALLOWED_IF if met else Answer.ALLOWED,
        reasons=tuple(
            obstacle.reason.model_copy(update={"condition": obstacle.answer is Answer.ALLOWED_IF})
            for obstacle in sorted(met, key=lambda obstacle: obstacle.answer is Answer.ALLOWED_IF)
        ),
        instead=tuple(dict.fromkeys(said)),
        routes=tuple(route for route in routes if all(route in prohibition.leaves for prohibition in prohibitions)),
    )
