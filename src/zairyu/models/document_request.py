"""One request for additional documents, as a process of its own."""

from zairyu.models.application import Contact
from zairyu.models.base import BilingualText, Model
from zairyu.models.residence import ApplicationType
from zairyu.models.status import DocumentRequest


class FollowDocumentRequest(Model):
    """The start of a document request's workflow."""

    application_id: str
    application_type: ApplicationType
    profile: str
    request_id: str
    receipt_number: str | None
    request: DocumentRequest
    to: Contact
    name: str
    applicant: str | None = None
    """Whom the application is for, when somebody else files it."""


class DocumentRequestSnapshot(Model):
    """The state of one document request, as it is shown to people."""

    application_id: str
    request: DocumentRequest
    answered: bool = False
    """The documents were sent and the agency took them."""
    refusal: BilingualText | None = None
    """Why the last answer was not taken."""
