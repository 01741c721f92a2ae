"""What the interface offers: which calls it takes, and which facts its records hold.

An interface that carries less than this sandbox could is the rule rather than the exception. The registry knows
everything all the same, and so do the officer's pages.
"""

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Final

from zairyu.activities.mynaportal.wire import StatusRecord
from zairyu.sandbox.problems import ProblemError


class Offer(StrEnum):
    """One thing that the interface may offer."""

    STATUS_FEED = "STATUS_FEED"
    STATUS_LOOK_UP = "STATUS_LOOK_UP"
    RECEIPT_NUMBER = "RECEIPT_NUMBER"
    DOCUMENT_REQUESTS = "DOCUMENT_REQUESTS"
    """Which documents are asked for. That some are is told in any case, by the documents word."""
    DECISION = "DECISION"
    FEE = "FEE"
    COLLECTION_PROGRESS = "COLLECTION_PROGRESS"
    DOCUMENT_SUPPLY = "DOCUMENT_SUPPLY"
    COLLECTION_CHANGE = "COLLECTION_CHANGE"
    WITHDRAWAL = "WITHDRAWAL"


USUAL: Final = frozenset(Offer) - {Offer.WITHDRAWAL}
"""No online function for a withdrawal is documented."""

_LEFT_OUT: Final[dict[Offer, dict[str, object]]] = {
    Offer.RECEIPT_NUMBER: {"receipt_number": None},
    Offer.DOCUMENT_REQUESTS: {"document_requests": []},
    Offer.DECISION: {"outcome": "", "grant": None},
    Offer.FEE: {"fee": None},
    Offer.COLLECTION_PROGRESS: {"collection": ""},
}
"""What stands in a record in place of a fact that is not offered."""


class Offers:
    """What is offered now. A change does not survive a restart."""

    def __init__(self, names: Iterable[Offer]) -> None:
        self.names = frozenset(names)

    def needed(self, offer: Offer) -> Callable[[], Awaitable[None]]:
        """A dependency of a call that is answered only while something is offered."""

        async def check() -> None:
            if offer not in self.names:
                raise ProblemError(501, "NOT_OFFERED", f"this interface does not offer {offer}")

        return check

    def told(self, record: StatusRecord) -> StatusRecord:
        """A record as the interface tells it: without what is not offered."""
        left_out: dict[str, object] = {}
        for offer, empty in _LEFT_OUT.items():
            if offer not in self.names:
                left_out |= empty
        return record.model_copy(update=left_out)
