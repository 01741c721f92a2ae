"""The steps that workflows ask of the outside world: what goes in, what comes out, and how patient we are.

This table is the contract between workflows and activities, which do not import each other. Each outside
system has one row of patience, with the reason for it; nothing else in the project sets a timeout or a retry.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

from zairyu.models.agency_mail import AgencyMailWatched, WatchAgencyMail
from zairyu.models.base import Model
from zairyu.models.card import CardReading, CardReadRequest, SignatureRequest, SignatureResult
from zairyu.models.document_request import BuildSupply, BuiltSupply
from zairyu.models.mail import Mail, MailSent
from zairyu.models.mynaportal import (
    Accepted,
    CollectionChange,
    DocumentSupply,
    FeedPosition,
    Submission,
    SubmissionFound,
    SubmissionLookUp,
    Withdrawal,
)
from zairyu.models.package import BuildPackage, SealedPackage, SealPackage, UnsignedPackage
from zairyu.models.registration import BuildRegistration
from zairyu.models.status import SubmissionReceipt
from zairyu.models.stay import StayNews, StayNewsTaken
from zairyu.models.terminal import ReaderReport, WatchReaders

In = TypeVar("In", bound=Model)
Out = TypeVar("Out", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a step may take and how it is repeated."""

    one_try: timedelta
    """The longest that one try may run."""
    heartbeat: timedelta | None = None
    """A try that is silent for longer is given up as dead."""
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(minutes=5)
    tries: int = 0
    """The most tries; 0 means until it succeeds or fails for good."""
    pick_up: timedelta | None = None
    """The longest wait for a worker to take the step."""


_DEAD_AFTER: Final = timedelta(seconds=10)
"""Every step beats while it works, so that a killed worker is noticed in seconds and not at the step's end."""

OWN_MACHINE: Final = Patience(one_try=timedelta(minutes=2), heartbeat=_DEAD_AFTER, longest_pause=timedelta(minutes=1))
"""Packaging: our processor and our blob store. A failure is a passing fault of the machine, or final."""

MYNAPORTAL: Final = Patience(one_try=timedelta(minutes=2), heartbeat=_DEAD_AFTER)
"""Outages last from minutes to a planned night. A repeat is safe: every call looks up its own id first."""

STATUS_FEED: Final = Patience(one_try=timedelta(hours=2), heartbeat=_DEAD_AFTER, longest_pause=timedelta(minutes=1))
"""One long watch that tells its position with each beat, so that the next try goes on from there."""

CARD_TERMINAL: Final = Patience(
    one_try=timedelta(hours=2), heartbeat=timedelta(seconds=20), tries=1, pick_up=timedelta(minutes=2)
)
"""A person types a PIN that has few tries. Nothing after it may be repeated by a machine, so: one try. Others may be
served at the desk first, and a desk that loses its network for a moment keeps the signature it is making."""

READER_WATCH: Final = Patience(
    one_try=timedelta(days=365),
    heartbeat=timedelta(seconds=25),
    longest_pause=_DEAD_AFTER,
    pick_up=timedelta(seconds=15),
)
"""One watch for as long as the desk stands there and nothing changes; its beats are all that a quiet desk costs. A desk
that is silent is gone within a minute: to be quick harms nobody, because one that was only cut off registers anew."""

MAIL_SERVER: Final = Patience(one_try=timedelta(minutes=1), heartbeat=_DEAD_AFTER, longest_pause=timedelta(minutes=10))
"""Mail servers are down for hours and come back. The Message-ID makes a repeat recognisable."""

AGENCY_MAILBOX: Final = Patience(one_try=timedelta(hours=2), heartbeat=_DEAD_AFTER, longest_pause=timedelta(minutes=5))
"""One long watch over a mailbox, which keeps what has not been read. The pause does not grow further: the agency's days
count from its mails. It is no shorter either, because a server that refuses a login may lock who asks too often."""

OWN_SERVER: Final = Patience(one_try=timedelta(minutes=1), heartbeat=_DEAD_AFTER, longest_pause=timedelta(minutes=1))
"""One process telling another through our own Temporal server, which knows a repeat by its id."""


@dataclass(frozen=True)
class Step(Generic[In, Out]):
    """One thing the outside world does for us."""

    name: str
    takes: type[In]
    gives: type[Out]
    patience: Patience


BUILD_PACKAGE: Final = Step("build_package", BuildPackage, UnsignedPackage, OWN_MACHINE)
BUILD_REGISTRATION: Final = Step("build_registration", BuildRegistration, UnsignedPackage, OWN_MACHINE)
SIGN_AT_TERMINAL: Final = Step("sign_at_terminal", SignatureRequest, SignatureResult, CARD_TERMINAL)
READ_CARD_AT_TERMINAL: Final = Step("read_card_at_terminal", CardReadRequest, CardReading, CARD_TERMINAL)
SEAL_PACKAGE: Final = Step("seal_package", SealPackage, SealedPackage, OWN_MACHINE)
SUBMIT_APPLICATION: Final = Step("submit_application", Submission, SubmissionReceipt, MYNAPORTAL)
LOOK_UP_SUBMISSION: Final = Step("look_up_submission", SubmissionLookUp, SubmissionFound, MYNAPORTAL)
BUILD_SUPPLY: Final = Step("build_supply", BuildSupply, BuiltSupply, OWN_MACHINE)
SUPPLY_DOCUMENTS: Final = Step("supply_documents", DocumentSupply, Accepted, MYNAPORTAL)
CHANGE_COLLECTION: Final = Step("change_collection", CollectionChange, Accepted, MYNAPORTAL)
WITHDRAW_APPLICATION: Final = Step("withdraw_application", Withdrawal, Accepted, MYNAPORTAL)
WATCH_STATUS_FEED: Final = Step("watch_status_feed", FeedPosition, FeedPosition, STATUS_FEED)
WATCH_READERS: Final = Step("watch_readers", WatchReaders, ReaderReport, READER_WATCH)
WATCH_AGENCY_MAIL: Final = Step("watch_agency_mail", WatchAgencyMail, AgencyMailWatched, AGENCY_MAILBOX)
SEND_MAIL: Final = Step("send_mail", Mail, MailSent, MAIL_SERVER)
TELL_STAY_WATCH: Final = Step("tell_stay_watch", StayNews, StayNewsTaken, OWN_SERVER)
