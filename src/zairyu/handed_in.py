"""An application as it is handed in: JSON, and its documents as files beside it.

Everything is read and judged before anything is kept: the form by the law and by the spec pack, the documents by what
is in them. So a person hears on the first day of a protected PDF that would stop the package weeks later.
"""

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import TypeAdapter, ValidationError

from zairyu.activities.documents.contents import Documents, check_attached, photo_to_send
from zairyu.activities.documents.files import Content
from zairyu.models.application import ApplicationForm, ApplicationId, ApplicationInput
from zairyu.models.application_file import AttachmentFile
from zairyu.models.base import BilingualText
from zairyu.models.documents import Attachment, DocumentRef
from zairyu.models.findings import Finding, Severity
from zairyu.models.residence import ApplicationType
from zairyu.rules.intake import check_input, malformed_findings
from zairyu.rules.judgement import part_of
from zairyu.rules.my_number import my_numbers
from zairyu.rules.readable import unreadable_parts
from zairyu.rules.spec_packs import SpecPacks

_DOCUMENTS: Final = ("photo", "attachments")
_NOT_OF_THE_FORM: Final = frozenset({"application_id", "user_id", *_DOCUMENTS})
_ID: Final[TypeAdapter[str | None]] = TypeAdapter(ApplicationId | None)


@dataclass
class HandedIn:
    """What was handed in, its files open until the context ends, and everything that is to be said of it."""

    content: Mapping[str, Any]
    photo: tuple[DocumentRef, Content] | None = None
    attachments: list[tuple[Attachment, Content]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _files: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def read(cls, content: Mapping[str, Any], *, beside: Path, packs: SpecPacks, on: date) -> Self:
        """Read and judge an application.

        Args:
            content: the form with the documents as paths, as in `ApplicationFile`; it may be malformed.
            beside: the folder that relative paths start from.
            packs: of the installation.
            on: the day in Japan to judge it by.
        """
        handed_in = cls(content)
        try:
            handed_in.findings += handed_in._judged(beside, packs, on)
        except BaseException:
            handed_in._files.close()
            raise
        return handed_in

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._files.close()

    @property
    def is_refused(self) -> bool:
        """Whether any finding stops it."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def documents(self) -> Documents:
        """The open documents."""
        return Documents(self.photo[1].file if self.photo else None, self.attachments)

    def application(self, application_id: str, profile: str) -> ApplicationInput:
        """The application. It must not be refused.

        Args:
            application_id: for one that has none of its own.
            profile: the interface that carries it.
        """
        return ApplicationInput(
            application_id=self.content.get("application_id") or application_id,
            user_id=self.content.get("user_id"),
            form=ApplicationForm.model_validate(self.content),
            photo=self.photo[0] if self.photo else None,
            attachments=tuple(attachment for attachment, _ in self.attachments),
            interface_profile=profile,
        )

    # ----- reading and judging ----------------------------------------------------------------------------------

    def _judged(self, beside: Path, packs: SpecPacks, on: date) -> Iterator[Finding]:
        if unreadable := unreadable_parts(self.content):
            yield from unreadable
            return
        form = {key: value for key, value in self.content.items() if key not in _NOT_OF_THE_FORM}
        yield from check_ids(self.content)
        yield from my_numbers({name: self.content.get(name) for name in _DOCUMENTS})
        yield from (*self._open_photo(beside), *self._open_attachments(beside))
        references = [attachment for attachment, _ in self.attachments]
        yield from check_input(form, self.photo[0] if self.photo else None, references, packs, on=on)
        application_type = part_of(form, "/application_type", ApplicationType)
        pack = packs.in_force(application_type, on) if application_type else None
        if pack is not None and self.photo is not None and self.photo[0].media_type.startswith("image/"):
            photo = photo_to_send(self.photo[1].file, pack.photo, on=on)
            yield from photo.findings if photo else ()
        yield from check_attached(enumerate(self.attachments), on=on)

    def _open_photo(self, beside: Path) -> Iterator[Finding]:
        name = self.content.get("photo")
        if name is None:
            return
        self.photo = self._opened(name, beside)
        if self.photo is None:
            yield no_file("/photo")

    def _open_attachments(self, beside: Path) -> Iterator[Finding]:
        listed = self.content.get("attachments", [])
        for index, entry in enumerate(listed if isinstance(listed, list) else []):
            place = f"/attachments/{index}"
            try:
                attachment = AttachmentFile.model_validate(entry)
            except ValidationError as error:
                yield from malformed_findings(error, place)
                continue
            opened = self._opened(str(attachment.file), beside)
            if opened is None:
                yield no_file(f"{place}/file")
            else:
                self.attachments.append((Attachment(kind=attachment.kind, document=opened[0]), opened[1]))

    def _opened(self, name: object, beside: Path) -> tuple[DocumentRef, Content] | None:
        if not isinstance(name, str):
            return None
        try:
            content = Content.of(self._files.enter_context((beside / name).open("rb")))
            media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return DocumentRef(sha256=content.sha256, size=content.size, media_type=media_type), content
        except (OSError, ValueError):
            # An empty file is none either: a reference says at least one byte.
            return None


def check_ids(content: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the ids of an application or of a registration."""
    for name in ("application_id", "user_id"):
        try:
            _ID.validate_python(content.get(name))
        except ValidationError as error:
            yield from malformed_findings(error, f"/{name}")


def no_file(place: str) -> Finding:
    """That a file cannot be read."""
    return Finding(
        place=place,
        rule="file",
        message=BilingualText(ja="ファイルを読み取れません。", en="The file cannot be read."),
    )
