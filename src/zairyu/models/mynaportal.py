"""What the workflows ask of Mynaportal."""

from pydantic import AwareDatetime, Field

from zairyu.models.base import Model
from zairyu.models.documents import Attachment, DocumentRef, Sha256
from zairyu.models.interface import MaintenanceWindow
from zairyu.models.residence import ApplicationType, CollectionMethod
from zairyu.models.status import SubmissionReceipt


class Submission(Model):
    """Send this package under this request id, unless it is there already."""

    profile: str
    request_id: str
    application_type: ApplicationType
    package: DocumentRef
    spec_pack_digest: Sha256 | None = None
    """Of the spec pack that it was built with; an older release noted none."""


class SubmissionLookUp(Model):
    """Is there an application under this request id?"""

    profile: str
    request_id: str


class SubmissionFound(Model):
    """The answer to a look-up; no receipt when there is no such application."""

    receipt: SubmissionReceipt | None = None


class DocumentSupply(Model):
    """Supply these documents for a request of the agency."""

    profile: str
    request_id: str
    request_number: int = Field(ge=1)
    supply_id: str
    """The same supply has the same id, so that a repeat is recognised."""
    attachments: tuple[Attachment, ...]
    partial: bool = False
    """Whether more follows for this request."""
    document: DocumentRef | None = None
    """The attachments as they are sent: one PDF, or the signed package around it. An older release had them joined
    only when they were sent."""


class Withdrawal(Model):
    """Take this application back."""

    profile: str
    request_id: str


class CollectionChange(Model):
    """Collect the result this way."""

    profile: str
    request_id: str
    method: CollectionMethod


class Accepted(Model):
    """The agency took it."""

    request_id: str


class Sweep(Model):
    """Every open application is asked for, one by one, in the order of their request ids."""

    began_at: AwareDatetime
    asked_up_to: str = ""
    """The last request id up to which all were asked for; a sweep that was interrupted goes on behind it."""
    asked: int = 0
    unanswered: int = 0
    """How many could not be asked for or read. The next sweep asks for them again."""
    missed: int = 0
    """How many had news that the feed did not bring."""
    missed_ids: tuple[str, ...] = ()
    """The first of them."""
    lost: int = 0
    """How many the agency does not know any more, though it has told of them before."""
    lost_ids: tuple[str, ...] = ()
    """The first of them."""


class Swept(Model):
    """What came of a sweep."""

    began_at: AwareDatetime
    ended_at: AwareDatetime
    asked: int
    unanswered: int
    missed: int


class FeedPosition(Model):
    """How far the news of a profile's applications have been read; at the beginning only its name."""

    profile: str
    cursor: str = ""
    """How far the status feed has been read."""
    told: int = 0
    """How many reports have been told to applications so far."""
    sweep: Sweep | None = None
    """The sweep that is under way."""
    swept: Swept | None = None
    """The last sweep that ended."""
    sweep_wanted_at: AwareDatetime | None = None
    """When somebody wanted every open application asked for; nothing when that has been done."""
    answered_at: AwareDatetime | None = None
    """When the interface last answered."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """The planned windows that are not over, as they were last heard of."""
