"""What the workflows ask of Mynaportal."""

from pydantic import Field

from zairyu.models.base import Model
from zairyu.models.documents import Attachment, DocumentRef, Sha256
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


class CollectionChange(Model):
    """Collect the result this way."""

    profile: str
    request_id: str
    method: CollectionMethod


class Accepted(Model):
    """The agency took it."""

    request_id: str


class FeedPosition(Model):
    """How far the status feed of a profile has been read; empty at its beginning."""

    profile: str
    cursor: str = ""
