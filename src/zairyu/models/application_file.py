"""The input of `zairyu start --input FILE`: the form, and the documents as files beside it."""

from pathlib import Path

from zairyu.models.application import ApplicationForm, ApplicationId, UserId
from zairyu.models.base import Model
from zairyu.models.documents import AttachmentKind


class AttachmentFile(Model):
    """A PDF beside the input file."""

    kind: AttachmentKind
    file: Path


class ApplicationFile(ApplicationForm):
    """A whole application as another system hands it in."""

    application_id: ApplicationId | None = None
    """Opaque and unique; the same id again starts nothing new. Made up when left out."""
    user_id: UserId | None = None
    """The registered user whose stay it is about; their stay is watched."""
    photo: Path | None = None
    """A child under 16 needs none, but for a certificate of eligibility."""
    attachments: tuple[AttachmentFile, ...] = ()
