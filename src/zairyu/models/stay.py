"""What a stay's watch is told, and what it shows."""

from datetime import date

from pydantic import AwareDatetime

from zairyu.models.application import Contact, UserId
from zairyu.models.assessment import HeldStay
from zairyu.models.base import Model
from zairyu.models.residence import ApplicationType
from zairyu.models.snapshot import End


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
    """Something that changes what is known of somebody's stay. The first news begins the watch."""

    news_id: str
    """The same news has the same id: a repeat changes nothing."""
    user_id: UserId
    name: str
    contact: Contact
    """Where the reminders go, and in which language."""
    held: HeldStay | None = None
    """Registered, or granted by a decision."""
    card_expires_on: date | None = None
    """The last day of the person's My Number card."""
    filed: FiledApplication | None = None
    ended: EndedApplication | None = None


class StayNewsTaken(Model):
    """The watch has the news."""

    user_id: str
    taken_at: AwareDatetime
