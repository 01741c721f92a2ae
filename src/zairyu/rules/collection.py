"""How the result is collected: which ways are open, and what to send or to bring."""

from collections.abc import Sequence
from datetime import date

from zairyu.models.base import BilingualText
from zairyu.models.residence import ApplicationType, CollectionMethod, ConcurrentPermission
from zairyu.rules.tables import DatedRow, in_force, load_table


class CollectionRow(DatedRow):
    """One way to collect the result of one kind of application."""

    application_type: ApplicationType
    method: CollectionMethod
    not_with_concurrent_permission: bool = False
    what_to_bring_or_send: tuple[BilingualText, ...]
    send_to: BilingualText | None = None
    warning: BilingualText | None = None


_WAYS = load_table("collection", CollectionRow)


def way_to_collect(application_type: ApplicationType, method: CollectionMethod, *, on: date) -> CollectionRow | None:
    """What to send or to bring; nothing when the method does not exist for this application."""
    return next(
        (row for row in in_force(_WAYS, on) if row.application_type is application_type and row.method is method), None
    )


def why_closed(
    application_type: ApplicationType,
    method: CollectionMethod,
    concurrent_permissions: Sequence[ConcurrentPermission],
    *,
    on: date,
) -> BilingualText | None:
    """Why a method cannot be chosen; nothing when it can."""
    way = way_to_collect(application_type, method, on=on)
    if way is None:
        return BilingualText(
            ja="この申請ではこの受領方法を選べません。", en="This way to collect does not exist for this application."
        )
    if way.not_with_concurrent_permission and concurrent_permissions:
        return BilingualText(
            ja="資格外活動許可または再入国許可を同時に申請するときは、窓口での受領のみです。",
            en="With a concurrent application for another permission the result is collected at the counter only.",
        )
    return None
