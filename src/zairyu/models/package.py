"""The package that is sent: manifest, CSV, attachments and photo in one ZIP, signed by the card."""

from datetime import date

from pydantic import Field

from zairyu.models.application import ApplicationInput
from zairyu.models.base import Model
from zairyu.models.card import SignatureResult
from zairyu.models.documents import Attachment, DocumentRef, Sha256
from zairyu.models.findings import Finding


class BuildPackage(Model):
    """Build the unsigned package of an application for filing on a day."""

    application: ApplicationInput
    filing_day: date
    """The day in Japan whose spec pack counts."""


class UnsignedPackage(Model):
    """A package that lacks only its signature."""

    document: DocumentRef
    """The package with an empty signature value."""
    digest_to_sign: Sha256
    """SHA-256 of the canonical SignedInfo."""
    file_count: int = Field(ge=1)
    spec_pack: str
    """Name and version of the spec pack it was built and checked with."""
    spec_pack_digest: Sha256 | None = None
    manifest: str | None = None
    """What the file is called that the signature stands in; an older release noted no name, and put it first."""
    filing_day: date | None = None
    """The day in Japan that it was built and checked for."""
    findings: tuple[Finding, ...] = ()
    """What is to be said of it, and does not stop it."""
    to_follow: tuple[tuple[Attachment, ...], ...] = ()
    """What did not fit: delivery by delivery, each with its declaration first. It is supplied when the agency asks."""

    def is_of_another_day_than(self, day: date) -> bool:
        """Whether it has to be built again to be signed on a day in Japan. An older release noted no day."""
        return self.filing_day is not None and self.filing_day != day


class SealPackage(Model):
    """Put the card's signature into a package."""

    application_id: str
    package: UnsignedPackage
    signature: SignatureResult


class SealedPackage(Model):
    """A signed package, ready to be sent."""

    document: DocumentRef
    spec_pack: str
    spec_pack_digest: Sha256 | None = None
