"""What a stay's watch is told, what it carries through the years, and what it shows."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from zairyu.models.application import ApplicationInput, Contact, UserId
from zairyu.models.assessment import HeldStay, MyNumberCard
from zairyu.models.base import BilingualText, Model
from zairyu.models.mail import Mail
from zairyu.models.messages import Message
from zairyu.models.residence import ApplicationType, ResidenceStatus
from zairyu.models.snapshot import End, NextDeadline, TimelineEntry

# ----- news: facts from registrations and applications ----------------------------------------------------------------


class FiledApplication(Model):
    """An application that is pending with the agency."""

    application_id: str
    application_type: ApplicationType
    filed_on: date
    """A day in Japan."""
    special_period_until: date | None = None


class EndedApplication(Model):
    """An application that is over."""

    application_id: str
    end: End


class StayNews(Model):
    """Something that changes what is known of somebody's stay. The first news of a stay begins the watch."""

    news_id: str
    """The same news has the same id: a repeat changes nothing."""
    user_id: UserId
    name: str
    contact: Contact
    """Where the reminders go, and in which language. News of an application carries what its form said when it was
    started, so it changes nothing here but for a watch that it begins."""
    held: HeldStay | None = None
    """Registered, or granted by a decision."""
    card_expires_on: date | None = None
    """The last day of the person's My Number card."""
    filed: FiledApplication | None = None
    ended: EndedApplication | None = None
    left: bool = False
    """Whether the person has left this service, and is not to be written to any more."""


class StayNewsTaken(Model):
    """The watch has the news."""

    user_id: str
    taken_at: AwareDatetime


# ----- messages: what people say --------------------------------------------------------------------------------------


class StartExtension(Message):
    """Start an application that lets the person stay on, and watch it."""

    application: ApplicationInput


class CardExtended(Message):
    """The municipality has extended the My Number card because of the pending application."""

    until: date
    """The card's new last day."""


class NotePeriod(Message):
    """Somebody has looked at the residence card: this is the period of stay, whatever was known of it."""

    held: HeldStay


class UpdateContact(Message):
    """The person is reached otherwise, or reads another language."""

    contact: Contact


class CloseReason(StrEnum):
    """Why there is nothing to watch any more."""

    LEFT_JAPAN = "LEFT_JAPAN"
    PERMANENT_RESIDENCE = "PERMANENT_RESIDENCE"
    JAPANESE_NATIONALITY = "JAPANESE_NATIONALITY"
    SERVICE_ENDED = "SERVICE_ENDED"
    """The person no longer wants to be reminded."""


class CloseStayWatch(Message):
    """There is nothing to watch any more."""

    reason: CloseReason


STAY_UPDATES: Final[Mapping[str, type[Message]]] = {
    "start_extension": StartExtension,
    "card_extended": CardExtended,
    "note_period": NotePeriod,
    "update_contact": UpdateContact,
    "close": CloseStayWatch,
}
"""The updates that a stay's watch takes, by name."""


# ----- what the watch knows and shows ---------------------------------------------------------------------------------


class Standing(Model):
    """What is known of a stay. Every decision of the watch follows from it and from the day."""

    name: str
    contact: Contact
    held: HeldStay | None = None
    former: tuple[date, ...] = ()
    """The last days of the periods held before, oldest first: who tells of one of them has not heard of a later one."""
    card: MyNumberCard | None = None
    pending: tuple[FiledApplication, ...] = ()
    """Filed to stay on, and not decided."""
    over: tuple[str, ...] = ()
    """Ids of applications that are decided or have ended: late news that one was filed changes nothing."""
    grant_unknown_since: date | None = None
    """The day in Japan on which an application ended well and nobody said what was granted."""
    ended_with: End | None = None
    """The end of the application with which the stay itself came to its end."""


class StayEnd(StrEnum):
    """How a watch ends."""

    EXPIRED = "EXPIRED"
    """The period of stay ended with nothing filed."""
    DENIED = "DENIED"
    """The decision came after the expiry, and the special period ended with it."""
    WITHDRAWN = "WITHDRAWN"
    """Withdrawn after the expiry."""
    TERMINATED = "TERMINATED"
    """The agency ended the application after the expiry without a decision."""
    PERMANENT_RESIDENCE = "PERMANENT_RESIDENCE"
    NOTHING_TO_WATCH = "NOTHING_TO_WATCH"
    """It was told only of the end of something."""
    CLOSED = "CLOSED"
    """Somebody said so."""


class StayMatter(StrEnum):
    """Why a person has to look at a stay."""

    CARD_ENDS_FIRST = "CARD_ENDS_FIRST"
    NOTHING_FILED = "NOTHING_FILED"
    SPECIAL_PERIOD_OVER = "SPECIAL_PERIOD_OVER"
    GRANT_UNKNOWN = "GRANT_UNKNOWN"
    MAIL_UNDELIVERABLE = "MAIL_UNDELIVERABLE"


class StayAttention(Model):
    """A matter that a person has to look at. It is settled by what settles it, not by being read."""

    reason: StayMatter
    since: AwareDatetime
    explanation: BilingualText


class StartedApplication(Model):
    """An application that the watch has started."""

    application_id: str
    workflow_id: str
    """Where it is followed."""
    application_type: ApplicationType
    started_at: AwareDatetime
    end: End | None = None
    """As the application itself told."""


class StaySnapshot(Model):
    """The state of one watch, as it is shown to people and to other systems."""

    user_id: str
    residence_status: ResidenceStatus | None = None
    expires_on: date | None = None
    """The last day of the period of stay, a day in Japan."""
    opens_on: date | None = None
    """The first day on which an extension can be filed online."""
    last_day_online: date | None = None
    counter_until: date | None = None
    """The last day at the counter."""
    card_expires_on: date | None = None
    card_extended: bool = False
    pending: tuple[FiledApplication, ...] = ()
    special_period_until: date | None = None
    """The last day on which the person may stay on while the application is undecided."""
    applications: tuple[StartedApplication, ...] = ()
    """Those that the watch has started, oldest first."""
    attention: tuple[StayAttention, ...] = ()
    next_deadline: NextDeadline | None = None
    end: StayEnd | None = None
    close_reason: CloseReason | None = None
    timeline: tuple[TimelineEntry, ...] = ()


class StayState(BaseModel):
    """The one mutable value of a watch's workflow."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    user_id: UserId
    standing: Standing | None = None
    """Nothing before the first news."""
    handled: list[str] = Field(default_factory=list)
    """Ids of the news and messages taken, oldest first: a repeat changes nothing, also after continue-as-new."""
    said: list[str] = Field(default_factory=list)
    """Keys of the mails that were due and are dealt with."""
    wanted: list[ApplicationInput] = Field(default_factory=list)
    """To be started, oldest first."""
    applications: list[StartedApplication] = Field(default_factory=list)
    undeliverable: StayAttention | None = None
    undelivered: Mail | None = None
    """The last mail that did not reach the person; it goes out again when they are reached otherwise."""
    outbox: list[Mail] = Field(default_factory=list)
    """Mails not yet taken by the mail server, oldest first."""
    told_at: AwareDatetime | None = None
    """When the last news came."""
    close_reason: CloseReason | None = None
    end: StayEnd | None = None
    timeline: list[TimelineEntry] = Field(default_factory=list)

    @property
    def known(self) -> frozenset[str]:
        """Ids of the applications that the watch has started, or is about to."""
        return frozenset(one.application_id for one in self.applications).union(
            application.application_id for application in self.wanted
        )


class StartStayWatch(Model):
    """The start of a stay's watch; the news that begins it comes as its first signal."""

    user_id: UserId
    carried_over: StayState | None = None
    """Set only by the workflow itself, when it continues as new."""
