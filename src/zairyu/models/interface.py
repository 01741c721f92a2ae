"""What the interface of a profile can do, and the words it uses."""

from typing import Annotated, Self

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, model_validator

from zairyu.models.base import BilingualText, Model
from zairyu.models.capability import Capability
from zairyu.models.status import ApplicationStatus, CollectionStatus, DocumentsStatus, Outcome, PaymentStatus


class StatusWords(Model):
    """The agency's words for each axis, and what they mean. The empty word is one like the others."""

    model_config = ConfigDict(extra="forbid")

    application: dict[str, ApplicationStatus]
    documents: dict[str, DocumentsStatus]
    collection: dict[str, CollectionStatus]
    outcome: dict[str, Outcome | None]
    payment: dict[str, PaymentStatus]

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_no_outcome(cls, value: object) -> object:
        # TOML has no null.
        if isinstance(value, dict) and isinstance(value.get("outcome"), dict):
            return value | {"outcome": {word: meaning or None for word, meaning in value["outcome"].items()}}
        return value


class MaintenanceWindow(Model):
    """A time in which the interface is planned to be down."""

    model_config = ConfigDict(extra="forbid")

    begins: AwareDatetime
    ends: AwareDatetime
    source: str
    """Where it was announced."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("a maintenance window ends before it begins")
        return self

    def holds(self, moment: AwareDatetime) -> bool:
        """Whether a moment lies in it; its end does not."""
        return self.begins <= moment < self.ends

    def swallows(self, deadline: AwareDatetime) -> bool:
        """Whether what has to arrive before a deadline has to arrive before the window begins."""
        return self.begins < deadline <= self.ends


class AgencyMailRules(Model):
    """Which mails are the agency's."""

    model_config = ConfigDict(extra="forbid")

    domains: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$")], ...] = Field(min_length=1)
    """The domains that the agency writes from, in small letters; a subdomain is another domain."""


class InterfaceProfile(Model):
    """One interface to the agency: what it can do, how it speaks, when it rests."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    capabilities: frozenset[Capability]
    words: StatusWords
    agency_mail: AgencyMailRules | None = None
    """Nothing where the agency's mails are not read."""
    requests_per_second: float = Field(default=20.0, gt=0, allow_inf_nan=False)
    """How fast applications may be asked for one by one."""
    requests_at_once: int = Field(default=5, ge=1)
    supplies_are_signed: bool = False
    """Whether additional documents are signed with the card, as the application was."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """The calendar of planned windows, beside those that the interface itself announces."""
    website: BilingualText
    """Where a person does by hand what the interface cannot do."""
