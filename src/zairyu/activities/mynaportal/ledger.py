"""Which applications are open, and what they have been told: the Temporal server's own list of running workflows."""

import sys
from typing import Final

from temporalio.client import Client
from temporalio.common import SearchAttributeKey

_REQUEST_ID: Final = SearchAttributeKey.for_keyword("RequestId")
_AGENCY_REVISION: Final = SearchAttributeKey.for_int("AgencyRevision")
_ON_A_PAGE: Final = 1000
_CLOSED: Final = sys.maxsize


class Ledger:
    """What one watch knows of the open applications.

    The server's list lags behind by moments: what this watch has told itself counts beside it. An application of an
    older release is not in the list, and counts as told nothing.
    """

    def __init__(self, temporal: Client, queue: str) -> None:
        self._temporal = temporal
        self._query = (
            f"WorkflowType = 'ApplicationWorkflow' AND ExecutionStatus = 'Running' AND TaskQueue = '{queue}'"
            " AND RequestId IS NOT NULL"
        )
        self._revisions: dict[str, int] = {}
        self._listed = False

    async def open_requests(self) -> list[str]:
        """The request ids of all open applications that were sent, in order; as the server lists them now."""
        found = []
        async for workflow in self._temporal.list_workflows(self._query, page_size=_ON_A_PAGE):
            request_id = workflow.typed_search_attributes.get(_REQUEST_ID)
            if request_id is not None:
                found.append(request_id)
                self.note(request_id, workflow.typed_search_attributes.get(_AGENCY_REVISION) or 0)
        self._listed = True
        return sorted(found)

    async def ensure_listed(self) -> None:
        """List them, unless this watch has done so."""
        if not self._listed:
            await self.open_requests()

    def revision(self, request_id: str) -> int:
        """The newest revision that an application has been told of; 0 for none."""
        return self._revisions.get(request_id, 0)

    def has_heard(self, request_id: str) -> bool:
        """Whether it is open, and has been told of something."""
        return 0 < self.revision(request_id) < _CLOSED

    def note(self, request_id: str, revision: int) -> None:
        """It has been told of this revision."""
        self._revisions[request_id] = max(revision, self.revision(request_id))

    def close(self, request_id: str) -> None:
        """There is nobody to tell: nothing that still comes under it is news."""
        self._revisions[request_id] = _CLOSED
