"""Every model that other systems send or receive, by name: the published contract."""

from collections.abc import Mapping
from typing import Final

from zairyu.models.agency_mail import AgencyMailSnapshot, LeftForAPerson, StartAgencyMail
from zairyu.models.application_file import ApplicationFile
from zairyu.models.assessment import Assessment, Intention
from zairyu.models.base import Model
from zairyu.models.document_request import DOCUMENT_REQUEST_UPDATES, DocumentRequestSnapshot, FollowDocumentRequest
from zairyu.models.feed import FEED_UPDATES, FeedNotice, FeedSnapshot, WatchFeed
from zairyu.models.messages import (
    UPDATES,
    AgencyWrote,
    DocumentsReceived,
    MaintenancePlanned,
    RequestChanged,
    Resolve,
    StatusChanged,
    Unreachable,
)
from zairyu.models.mynaportal import FeedPosition
from zairyu.models.registration import (
    REGISTRATION_UPDATES,
    RegistrationFile,
    RegistrationSnapshot,
    StartRegistration,
)
from zairyu.models.snapshot import ApplicationSnapshot
from zairyu.models.state import StartApplication
from zairyu.models.stay import STAY_UPDATES, StartStayWatch, StayNews, StaySnapshot
from zairyu.models.terminal import RegisterTerminal, TerminalSnapshot

SCHEMAS: Final[Mapping[str, type[Model]]] = {
    "assess-input": Intention,
    "assess-result": Assessment,
    "zairyu-start-input": ApplicationFile,
    "ApplicationWorkflow.input": StartApplication,
    "ApplicationWorkflow.result": ApplicationSnapshot,
    **{f"ApplicationWorkflow.update.{name}": model for name, model in UPDATES.items()},
    "ApplicationWorkflow.update.result": ApplicationSnapshot,
    "ApplicationWorkflow.signal.status_changed": StatusChanged,
    "ApplicationWorkflow.signal.agency_wrote": AgencyWrote,
    "ApplicationWorkflow.signal.maintenance_planned": MaintenancePlanned,
    "ApplicationWorkflow.query.snapshot": ApplicationSnapshot,
    "DocumentRequestWorkflow.input": FollowDocumentRequest,
    **{f"DocumentRequestWorkflow.update.{name}": model for name, model in DOCUMENT_REQUEST_UPDATES.items()},
    "DocumentRequestWorkflow.signal.maintenance_planned": MaintenancePlanned,
    "DocumentRequestWorkflow.signal.documents_received": DocumentsReceived,
    "DocumentRequestWorkflow.signal.request_changed": RequestChanged,
    "DocumentRequestWorkflow.query.snapshot": DocumentRequestSnapshot,
    "zairyu-register-input": RegistrationFile,
    "RegistrationWorkflow.input": StartRegistration,
    **{f"RegistrationWorkflow.update.{name}": model for name, model in REGISTRATION_UPDATES.items()},
    "RegistrationWorkflow.query.snapshot": RegistrationSnapshot,
    "StatusFeedWorkflow.input": WatchFeed,
    **{f"StatusFeedWorkflow.update.{name}": model for name, model in FEED_UPDATES.items()},
    "StatusFeedWorkflow.signal.noticed": FeedNotice,
    "StatusFeedWorkflow.signal.unreachable": Unreachable,
    "StatusFeedWorkflow.query.snapshot": FeedSnapshot,
    "StatusFeedWorkflow.query.position": FeedPosition,
    "StayWatchWorkflow.input": StartStayWatch,
    **{f"StayWatchWorkflow.update.{name}": model for name, model in STAY_UPDATES.items()},
    "StayWatchWorkflow.signal.news": StayNews,
    "StayWatchWorkflow.query.snapshot": StaySnapshot,
    "AgencyMailWorkflow.input": StartAgencyMail,
    "AgencyMailWorkflow.update.resolve": Resolve,
    "AgencyMailWorkflow.signal.left_for_a_person": LeftForAPerson,
    "AgencyMailWorkflow.signal.unreachable": Unreachable,
    "AgencyMailWorkflow.query.snapshot": AgencyMailSnapshot,
    "TerminalWorkflow.input": RegisterTerminal,
    "TerminalWorkflow.query.snapshot": TerminalSnapshot,
}
"""A test compares these names with the handlers that the workflows have."""
