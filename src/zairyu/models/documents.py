"""Documents, which are only ever referred to: their bytes stay in the encrypted blob store."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from zairyu.models.base import BilingualText, Model

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

    @property
    def label(self) -> BilingualText:
        """What that document is called."""
        return _LABELS[self]


_LABELS = {
    AttachmentKind.ORGANIZATION_FORM: BilingualText(ja="所属機関等作成用の申請書", en="form made by the organization"),
    AttachmentKind.EMPLOYMENT_CERTIFICATE: BilingualText(ja="在職証明書", en="certificate of employment"),
    AttachmentKind.TAX_CERTIFICATE: BilingualText(ja="住民税の課税証明書", en="tax certificate"),
    AttachmentKind.TAX_PAYMENT_CERTIFICATE: BilingualText(ja="住民税の納税証明書", en="tax payment certificate"),
    AttachmentKind.DECLARATION: BilingualText(ja="資料添付に関する申告書", en="declaration on attached documents"),
    AttachmentKind.OTHER: BilingualText(ja="その他の資料", en="other document"),
}


class Attachment(Model):
    """A PDF that travels with an application."""

    kind: AttachmentKind
    document: DocumentRef
