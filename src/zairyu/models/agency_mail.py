"""The agency's mails: what is read in one, what it says, and which ones a person has to read."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from zairyu.models.base import Model
from zairyu.models.snapshot import Attention, AttentionReason, TimelineEntry
from zairyu.models.state import ProcessState
from zairyu.models.status import Said


class AgencyMailKind(StrEnum):
    """The occasions on which the agency writes."""

    PROVISIONAL_NUMBER = "PROVISIONAL_NUMBER"
    RECEIPT_NUMBER = "RECEIPT_NUMBER"
    DOCUMENTS_REQUESTED = "DOCUMENTS_REQUESTED"
    EXAMINATION_COMPLETED = "EXAMINATION_COMPLETED"
    READY = "READY"
    SENT = "SENT"


class Letter(Model):
    """What a mail is recognised by."""

    domain: str
    """The domain of its sender, in small letters."""
    subject: str
    text: str


class Recognised(Model):
    """A mail whose form is known."""

    kind: AgencyMailKind
    numbers: tuple[str, ...]
    """The receipt number and the provisional number, as they stand there; either may be missing."""
    said: Said | None
    """Nothing when the mail says nothing that is not known already."""


class WatchAgencyMail(Model):
    """Read what the agency writes to an interface profile."""

    profile: str


class AgencyMailWatched(Model):
    """What came of a watch."""

    taken: int = 0
    left: int = 0
    """For a person to read."""


class LeftForAPerson(Model):
    """A mail that a person has to read. Nothing of what stands in it."""

    mail_id: str = Field(min_length=1, max_length=100)
    """The same mail has the same id, so that it counts once."""
    arrived_at: AwareDatetime
    reason: AttentionReason


class AgencyMailSnapshot(Model):
    """The agency's mails to a profile, as they are shown to operators."""

    profile: str
    attention: tuple[Attention, ...] = ()
    left: tuple[LeftForAPerson, ...] = ()
    """Those that nobody has settled yet, oldest first; of very many only the newest."""
    timeline: tuple[TimelineEntry, ...] = ()


class AgencyMailState(ProcessState):
    """The one mutable value of the workflow that reads the agency's mails."""

    profile: str
    left: list[LeftForAPerson] = Field(default_factory=list)
    """Not settled yet, oldest first."""
    told: list[str] = Field(default_factory=list)
    """Ids of the mails that a person was called for, oldest first."""


class StartAgencyMail(Model):
    """The start of the workflow that reads the agency's mails."""

    profile: str
    carried_over: AgencyMailState | None = None
    """Set only by the workflow itself, when it continues as new."""
