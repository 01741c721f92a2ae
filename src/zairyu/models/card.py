"""What crosses between the workflow and a desk terminal. The PIN is not among it."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from zairyu.models.application import BirthDate, Sex
from zairyu.models.base import BilingualText, Model
from zairyu.models.documents import Sha256

Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class ExpectedSigner(Model):
    """Whose card must sign, compared with the certificate on the card."""

    name: str
    birth_date: str
    """`YYYY`, `YYYYMM` or `YYYYMMDD`."""


class SignatureRequest(Model):
    """What a terminal is asked to have signed, and what it shows to the person."""

    application_id: str
    title: BilingualText
    signer: ExpectedSigner
    applicant: str | None = None
    """Whom the application is for, who need not be the one who signs."""
    digest: Sha256
    """SHA-256 of the canonical SignedInfo: the card signs this and nothing else."""
    file_count: int = Field(ge=1)
    filing_day: date
    """The day in Japan on which the certificate must be valid."""


class SignatureResult(Model):
    """A signature made by the card, and the certificate that verifies it."""

    signature: Base64
    certificate: Base64
    """DER."""
    certificate_expires_on: date | None = None
    """The last day of the certificate, a day in Japan."""
    terminal_id: str
    signed_at: AwareDatetime


class CardReadRequest(Model):
    """What a terminal is asked to read from a card, and what it shows to the person."""

    registration_id: str
    title: BilingualText
    holder: ExpectedSigner | None = None
    """Whose card it must be, when that is known already."""


class CardReading(Model):
    """What the card says of its holder: the four basic attributes and the life of the card. Never the My Number."""

    name: str
    address: str
    birth_date: BirthDate
    sex: Sex | None = None
    """Nothing where the card says neither."""
    card_id: Sha256
    """SHA-256 of the certificate for user authentication: another card, or a renewed one, has another."""
    expires_on: date | None = None
    """The last day of that certificate; nothing when the card has none."""
    terminal_id: str
    read_at: AwareDatetime
