"""Names that two processes must agree on: task queues, workflow ids, request ids."""

import hashlib
import unicodedata

CORE_QUEUE = "zairyu-core"
"""Where workflows and every activity but the card reader's run."""

_REGISTRATION = "registration."

MESSAGE_REFUSED = "MessageRefused"
"""The error type of a message that a workflow's validator did not let in."""
SPEC_PACK_CHANGED = "SpecPackChanged"
"""The error type of a package that was built with another spec pack than the one in force when it is to be sent."""

CAPABILITY_ABSENT = "CapabilityAbsent"
"""The error type of a step that the interface profile does not carry."""


def card_terminal_queue(terminal_id: str) -> str:
    """The task queue of one desk terminal."""
    return f"card-terminal/{terminal_id}"


def terminal_workflow_id(terminal_id: str) -> str:
    """The workflow of one desk terminal."""
    return f"terminal/{terminal_id}"


def application_workflow_id(application_id: str) -> str:
    """The workflow of one application."""
    return f"application/{application_id}"


def registration_workflow_id(user_id: str) -> str:
    """The workflow of one registered user."""
    return f"registration/{user_id}"


def stay_workflow_id(user_id: str) -> str:
    """The watch over one registered user's stay."""
    return f"stay/{user_id}"


def document_request_workflow_id(application_id: str, number: int) -> str:
    """The child workflow of one request for additional documents."""
    return f"{application_workflow_id(application_id)}/documents/{number}"


def status_feed_workflow_id(profile: str) -> str:
    """The one poller of an interface profile."""
    return f"status-feed/{profile}"


def agency_mail_workflow_id(profile: str) -> str:
    """The one reader of the agency's mails to an interface profile."""
    return f"agency-mail/{profile}"


def number_key(number: str) -> str:
    """A receipt number or provisional number as it is compared: widths, spaces and case do not count.

    No format of these numbers is published, so nothing here knows one.
    """
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()


def submission_request_id(application_id: str, package_sha256: str) -> str:
    """The id under which a package is sent: the same package of the same application has the same id."""
    return f"{application_id}.{package_sha256[:20]}"


def registration_request_id(user_id: str, package_sha256: str) -> str:
    """The id under which a registration is sent. The agency's feed tells of it as of an application."""
    return f"{_REGISTRATION}{submission_request_id(user_id, package_sha256)}"


def is_registration(request_id: str) -> bool:
    """Whether a request id belongs to a registration: no application's id holds a point."""
    return request_id.startswith(_REGISTRATION)


def supply_id(message_id: str) -> str:
    """The id under which documents are supplied: the sender's own may hold characters that no address takes."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def application_of_request(request_id: str) -> str:
    """The application that a request id belongs to."""
    return request_id.rpartition(".")[0]


def runbook_page(matter: str) -> str:
    """Where operators read what to do about a matter that needs a person."""
    return f"docs/runbook/{_page_name(matter)}"


def manual_step_page(kind: str) -> str:
    """Where operators read how a step is done by hand."""
    return f"docs/runbook/manual-steps/{_page_name(kind)}"


def _page_name(word: str) -> str:
    return f"{word.lower().replace('_', '-')}.md"
