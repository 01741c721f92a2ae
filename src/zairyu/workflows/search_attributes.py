"""What operators can search applications by, and what the pollers find them by. None of it is personal.

SQL visibility stores take ten keyword attributes, three keyword lists and three integers, so the agency's four axes
share one list (`AgencyStatus = "DOCUMENTS_REQUESTED"`), and manual steps another with those who have taken them
(`ManualSteps = "WITHDRAWAL"`, `ManualSteps = "@sato01"`).
"""

from collections.abc import Sequence
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from zairyu.models.names import number_key
from zairyu.models.snapshot import ApplicationSnapshot, ManualStep
from zairyu.models.status import CollectionStatus, DocumentsStatus

PHASE = SearchAttributeKey.for_keyword("Phase")
END = SearchAttributeKey.for_keyword("End")
APPLICATION_TYPE = SearchAttributeKey.for_keyword("ApplicationType")
RESIDENCE_STATUS = SearchAttributeKey.for_keyword("ResidenceStatus")
OFFICE = SearchAttributeKey.for_keyword("Office")
RECEIPT_NUMBER = SearchAttributeKey.for_keyword("ReceiptNumber")
AGENCY_STATUS = SearchAttributeKey.for_keyword_list("AgencyStatus")
REQUEST_ID = SearchAttributeKey.for_keyword("RequestId")
"""The id under which it was sent to the agency."""
PROVISIONAL_NUMBER = SearchAttributeKey.for_keyword("ProvisionalNumber")
"""As `number_key` writes it, like the receipt number."""
AGENCY_REVISION = SearchAttributeKey.for_int("AgencyRevision")
"""The revision of the interface's last report; a poller tells an application only what is newer."""
MANUAL_STEPS = SearchAttributeKey.for_keyword_list("ManualSteps")
ATTENTION = SearchAttributeKey.for_keyword_list("Attention")
NEXT_DEADLINE = SearchAttributeKey.for_datetime("NextDeadline")

ALL: tuple[SearchAttributeKey[Any], ...] = (
    PHASE,
    END,
    APPLICATION_TYPE,
    RESIDENCE_STATUS,
    OFFICE,
    RECEIPT_NUMBER,
    PROVISIONAL_NUMBER,
    REQUEST_ID,
    AGENCY_REVISION,
    AGENCY_STATUS,
    MANUAL_STEPS,
    ATTENTION,
    NEXT_DEADLINE,
)
"""Every attribute: they are registered before the first workflow starts."""

NEEDS_PERSON = f'ExecutionStatus = "Running" AND ({ATTENTION.name} IS NOT NULL OR {MANUAL_STEPS.name} IS NOT NULL)'
"""The query for all that needs a person, also in the UI's list of workflows."""


def manual_steps_of(steps: Sequence[ManualStep]) -> list[str] | None:
    """The kinds of the open steps, and who has taken them."""
    takers = sorted({f"@{step.assignee}" for step in steps if step.assignee})
    return [*(step.kind.value for step in steps), *takers] or None


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


def findable(
    snapshot: ApplicationSnapshot, *, request_id: str | None, revision: int
) -> dict[SearchAttributeKey[Any], Any]:
    """The values under which an application is found by operators, pollers, and the reader of the agency's mails."""
    filed = snapshot.provisional_number
    status = _agency_status(snapshot)
    return attributes_of(snapshot) | {
        RECEIPT_NUMBER: number_key(snapshot.receipt_number) if snapshot.receipt_number else None,
        PROVISIONAL_NUMBER: number_key(filed) if filed else None,
        REQUEST_ID: request_id if filed else None,
        AGENCY_REVISION: revision or None,
        AGENCY_STATUS: [*status, "SPECIAL_PERIOD"] if snapshot.in_special_period else status or None,
        MANUAL_STEPS: manual_steps_of(snapshot.manual_steps),
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
