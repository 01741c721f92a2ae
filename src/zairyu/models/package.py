"""The package that is sent: manifest, CSV, attachments and photo in one ZIP, signed by the card."""

from datetime import date

from pydantic import Field

from zairyu.models.application import ApplicationInput
from zairyu.models.base import Model
from zairyu.models.card import SignatureResult
from zairyu.models.documents import DocumentRef, Sha256


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


class SealPackage(Model):
    """Put the card's signature into a package."""

    application_id: str
    package: UnsignedPackage
    signature: SignatureResult


class SealedPackage(Model):
    """A signed package, ready to be sent."""

    document: DocumentRef
    spec_pack: str
