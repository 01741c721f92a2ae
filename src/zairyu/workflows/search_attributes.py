"""What operators can search applications by. None of it is personal.

SQL visibility stores take ten keyword attributes and three keyword lists, so the agency's four axes share one
list: `AgencyStatus = "DOCUMENTS_REQUESTED"`.
"""

from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from zairyu.models.snapshot import ApplicationSnapshot
from zairyu.models.status import CollectionStatus, DocumentsStatus

PHASE = SearchAttributeKey.for_keyword("Phase")
END = SearchAttributeKey.for_keyword("End")
APPLICATION_TYPE = SearchAttributeKey.for_keyword("ApplicationType")
RESIDENCE_STATUS = SearchAttributeKey.for_keyword("ResidenceStatus")
OFFICE = SearchAttributeKey.for_keyword("Office")
RECEIPT_NUMBER = SearchAttributeKey.for_keyword("ReceiptNumber")
AGENCY_STATUS = SearchAttributeKey.for_keyword_list("AgencyStatus")
ATTENTION = SearchAttributeKey.for_keyword_list("Attention")
NEXT_DEADLINE = SearchAttributeKey.for_datetime("NextDeadline")

ALL: tuple[SearchAttributeKey[Any], ...] = (
    PHASE,
    END,
    APPLICATION_TYPE,
    RESIDENCE_STATUS,
    OFFICE,
    RECEIPT_NUMBER,
    AGENCY_STATUS,
    ATTENTION,
    NEXT_DEADLINE,
)
"""Every attribute: they are registered before the first workflow starts."""


def attributes_of(snapshot: ApplicationSnapshot) -> dict[SearchAttributeKey[Any], Any]:
    """The values under which an application is found; `None` where there is none yet."""
    return {
        PHASE: snapshot.phase.value,
        END: snapshot.end.value if snapshot.end else None,
        APPLICATION_TYPE: snapshot.application_type.value,
        RESIDENCE_STATUS: snapshot.residence_status.value,
        OFFICE: snapshot.office,
        RECEIPT_NUMBER: snapshot.receipt_number,
        AGENCY_STATUS: _agency_status(snapshot) or None,
        ATTENTION: [attention.reason.value for attention in snapshot.attention] or None,
        NEXT_DEADLINE: snapshot.next_deadline.at if snapshot.next_deadline else None,
    }


def changes(
    before: dict[SearchAttributeKey[Any], Any], now: dict[SearchAttributeKey[Any], Any]
) -> list[SearchAttributeUpdate[Any]]:
    """The updates that lead from one set of values to another, in the order of the keys."""
    return [
        key.value_unset() if value is None else key.value_set(value)
        for key, value in now.items()
        if before.get(key) != value
    ]


def _agency_status(snapshot: ApplicationSnapshot) -> list[str]:
    words = [snapshot.application_status.value] if snapshot.application_status else []
    if snapshot.documents_status is not DocumentsStatus.NONE:
        words.append(f"DOCUMENTS_{snapshot.documents_status.value}")
    if snapshot.collection_status is not CollectionStatus.NOT_READY:
        words.append(f"COLLECTION_{snapshot.collection_status.value}")
    if snapshot.outcome:
        words.append(snapshot.outcome.value)
    return words
