"""Documents, which are only ever referred to: their bytes stay in the encrypted blob store."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from zairyu.models.base import Model

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal."""


class DocumentRef(Model):
    """Where a document's bytes are: their digest is their address."""

    sha256: Sha256
    size: int = Field(ge=1, description="bytes")
    media_type: str


class AttachmentKind(StrEnum):
    """What an attachment is for."""

    ORGANIZATION_FORM = "ORGANIZATION_FORM"
    EMPLOYMENT_CERTIFICATE = "EMPLOYMENT_CERTIFICATE"
    TAX_CERTIFICATE = "TAX_CERTIFICATE"
    TAX_PAYMENT_CERTIFICATE = "TAX_PAYMENT_CERTIFICATE"
    DECLARATION = "DECLARATION"
    OTHER = "OTHER"


class Attachment(Model):
    """A PDF that travels with an application."""

    kind: AttachmentKind
    document: DocumentRef
