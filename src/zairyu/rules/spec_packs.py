"""Spec packs: which items an application consists of, how they are written, and what the package looks like.

The agency's own tables are disclosed to providers under terms that forbid passing them on, so the project carries
only a sample written from the public paper forms. `spec_packs/README.md` tells what a pack consists of.
"""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from zairyu.models.base import BilingualText, Model
from zairyu.models.residence import ApplicationType, ResidenceStatus

FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
"""Lower-case ASCII without folders: read alike by every unpacker, and never a path out of the package."""
XmlName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
"""ASCII only: signxml reads no other element names."""


class ItemKind(StrEnum):
    """How a value becomes a cell."""

    TEXT = "TEXT"
    DATE = "DATE"
    """`YYYYMMDD`; a day of birth may lack its day or month."""
    CODE = "CODE"
    """The business code of the value, from a list of the pack."""


class Width(StrEnum):
    """Which characters a cell may hold."""

    ANY = "ANY"
    FULL = "FULL"
    HALF = "HALF"
    HALF_CAPITALS = "HALF_CAPITALS"


class Item(Model):
    """One item of a form: a column of the CSV, or several when it repeats."""

    number: str = Field(min_length=1)
    """As on the paper form; a point separates what the form lists under one number."""
    label: BilingualText
    pointer: str = Field(pattern=r"^(/[a-z_*]+)+$")
    """JSON pointer into the form that the applicant filled in; `*` stands for each entry of a list."""
    kind: ItemKind
    codes: str | None = None
    """The code list of an item of the kind CODE."""
    width: Width
    required: bool
    """In an item that repeats: for each entry that there is."""
    max_length: int = Field(ge=1)
    """In characters."""
    repeat: int = Field(default=1, ge=1)
    """How many entries the form has room for."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.kind is ItemKind.CODE) != (self.codes is not None):
            raise ValueError(f"item {self.number}: a code list belongs to the kind CODE, and to no other")
        if (self.repeat > 1) != ("*" in self.pointer):
            raise ValueError(f"item {self.number}: an item repeats exactly if its pointer has a *")
        return self

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of its columns."""
        name = f"{self.number} {self.label.ja}"
        return (name,) if self.repeat == 1 else tuple(f"{name} {entry}" for entry in range(1, self.repeat + 1))


class Form(Model):
    """The items of one kind of application, for the statuses of residence that share its sheets."""

    paper_form: str
    application_type: ApplicationType
    residence_statuses: frozenset[ResidenceStatus] = frozenset()
    """Left out where the form is not about a status, as that of a user's registration."""
    items: tuple[Item, ...]


class Layout(Model):
    """What the files of the package are called."""

    manifest: FileName
    csv: FileName
    photo: FileName
    attachment: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]*\{number:02\}[a-z0-9.-]*$")]

    def attachment_name(self, index: int) -> str:
        """The name of an attachment, counted from 0."""
        return self.attachment.format(number=index + 1)


class CsvFormat(Model):
    """How the CSV is written. One header line, one line per application, every cell quoted."""

    encoding: Literal["cp932"]
    characters: Literal["JIS_X_0208"]
    """Beyond ASCII: kanji of levels 1 and 2 and the other characters of the same standard."""
    line_end: Literal["\r\n"]


class ManifestFormat(Model):
    """The outer shape of the manifest."""

    root: XmlName
    namespace: str = Field(min_length=1)
    signature: Literal["XMLDSIG"]


class PhotoFormat(Model):
    """The least resolution of the photo, in pixels."""

    min_width: int = Field(ge=1)
    min_height: int = Field(ge=1)


class SpecPack(Model):
    """One version of the interface specification."""

    name: str
    version: str
    effective_from: date
    """The first day in Japan on which packages are built and checked with it."""
    sample: bool
    layout: Layout
    csv: CsvFormat
    manifest: ManifestFormat
    photo: PhotoFormat
    max_package_bytes: int = Field(ge=1)
    forms: tuple[Form, ...]
    codes: Mapping[str, Mapping[str, str]]
    """By list: the business code of each value."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for form in self.forms:
            headers = [header for item in form.items for header in item.headers]
            if len(set(headers)) < len(headers):
                raise ValueError(f"{form.paper_form}: two columns have the same name")
            unknown = {item.codes for item in form.items if item.codes is not None} - self.codes.keys()
            if unknown:
                raise ValueError(f"{form.paper_form}: there is no code list {', '.join(sorted(unknown))}")
        return self

    @property
    def label(self) -> str:
        """Name and version, as people and manifests cite it."""
        return f"{self.name} {self.version}"

    def form_for(self, application_type: ApplicationType, status: ResidenceStatus | None) -> Form | None:
        """The form of an application, or of what is not about a status; nothing when the pack does not know it."""
        return next(
            (
                form
                for form in self.forms
                if form.application_type is application_type
                and (status in form.residence_statuses if status else not form.residence_statuses)
            ),
            None,
        )


def load_pack(directory: Traversable) -> SpecPack:
    """Read a pack from its directory.

    Raises:
        ValueError: the pack is malformed; the text names the directory.
    """
    try:
        content = tomllib.loads((directory / "pack.toml").read_text(encoding="utf-8"))
        forms = [
            {**form, "items": [item for name in form["items"] for item in _items(directory / name)]}
            for form in content.pop("form")
        ]
        return SpecPack.model_validate({**content, "forms": forms, "codes": _codes(directory / "codes.csv")})
    except (ValueError, KeyError) as error:
        raise ValueError(f"spec pack {directory.name}: {error}") from error


def _items(table: Traversable) -> Iterator[dict[str, object]]:
    for row in _rows(table):
        yield {
            **{column: cell for column, cell in row.items() if cell},
            "label": {"ja": row["label_ja"], "en": row["label_en"]},
        }


def _codes(table: Traversable) -> dict[str, dict[str, str]]:
    lists: dict[str, dict[str, str]] = {}
    for row in _rows(table):
        codes = lists.setdefault(row["list"], {})
        if row["key"] in codes or row["code"] in codes.values():
            raise ValueError(f"the code list {row['list']} has {row['key']} or {row['code']} twice")
        codes[row["key"]] = row["code"]
    return lists


def _rows(table: Traversable) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(table.read_text(encoding="utf-8")), strict=True)


_PACKS = tuple(
    load_pack(directory)
    for directory in sorted((files("zairyu") / "spec_packs").iterdir(), key=lambda d: d.name)
    if directory.is_dir()
)


def pack_in_force(application_type: ApplicationType, on: date) -> SpecPack | None:
    """The pack that counts for a kind of application on a day in Japan; nothing when there is none.

    A package signed under another pack than the one in force on the day it is sent must be rebuilt and signed again.
    """
    return max(
        (
            pack
            for pack in _PACKS
            if pack.effective_from <= on and any(form.application_type is application_type for form in pack.forms)
        ),
        key=lambda pack: pack.effective_from,
        default=None,
    )
