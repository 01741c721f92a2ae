"""Spec packs: one version of the interface specification, as its files say it and as packages are made with it.

`spec_packs/README.md` tells engineers how to write one.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from zairyu.models.base import BilingualText, Model
from zairyu.models.documents import Sha256
from zairyu.models.findings import ItemName, Severity
from zairyu.models.residence import ApplicationType, Filer, ResidenceStatus

FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
"""Lower-case ASCII without folders: read alike by every unpacker, and never a path out of the package."""
TablePath = Annotated[str, StringConstraints(pattern=r"^items/[a-z0-9-]+\.csv$")]
XmlName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
"""ASCII only: signxml reads no other element names."""
ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""Names an item in expressions."""
Expression = str
"""An expression of the Common Expression Language (CEL)."""


class ItemKind(StrEnum):
    """What a value must look like, and how it becomes a cell."""

    TEXT = "TEXT"
    DATE = "DATE"
    """`YYYYMMDD`, a day that exists."""
    BIRTH_DATE = "BIRTH_DATE"
    """The same; its day, or its month and day, may be unknown: `YYYYMM`, `YYYY`."""
    MONTH = "MONTH"
    """`YYYYMM`, or `YYYY` where the month is unknown."""
    CODE = "CODE"
    """The business code of the value, from a list of the pack."""
    NUMBER = "NUMBER"
    """Digits only."""
    POSTAL_CODE = "POSTAL_CODE"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CARD_NUMBER = "CARD_NUMBER"
    """Of a residence card or special permanent resident certificate."""
    CORPORATE_NUMBER = "CORPORATE_NUMBER"


class Width(StrEnum):
    """Which characters a cell may hold."""

    ANY = "ANY"
    FULL = "FULL"
    HALF = "HALF"
    HALF_CAPITALS = "HALF_CAPITALS"


class Normalisation(StrEnum):
    """What may be done to a text so that it fits. It is done only where the pack says so, and always told."""

    FULL_WIDTH = "FULL_WIDTH"
    HALF_WIDTH = "HALF_WIDTH"
    CAPITALS = "CAPITALS"
    NO_HYPHENS = "NO_HYPHENS"


class Row(Model):
    """A line of a table, or a table of `pack.toml`. A misspelt column must not be read as an absent one."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


# ----- as the files say it --------------------------------------------------------------------------------------


class ItemRow(Row):
    """A line of `items/*.csv`: one item of a sheet."""

    id: ItemId
    number: str = Field(default="", pattern=r"^(\+?[0-9]+(\.[0-9]+)*)?$")
    """As on the paper form. `+1.2` counts from where the form's group part starts."""
    label_ja: str = Field(min_length=1)
    label_en: str = Field(min_length=1)
    pointer: str = Field(pattern=r"^(/[a-z][a-z0-9_]*)+(/\*(/[a-z][a-z0-9_]*)*)?$")
    """JSON pointer into the form that the applicant filled in; `*` stands for each entry of a list."""
    kind: ItemKind
    codes: str | None = None
    """The code list of an item of the kind CODE."""
    width: Width = Width.HALF
    """Of an item of the kind TEXT; all other kinds are written in half-width."""
    required: bool
    """Where the item is asked; in an item that repeats, for each entry that there is."""
    when: Expression | None = None
    """Where the item is asked; always when left out."""
    max_length: int = Field(ge=1)
    """In characters."""
    repeat: int = Field(default=1, ge=1)
    """How many entries the form has room for."""
    normalise: Annotated[
        tuple[Normalisation, ...], BeforeValidator(lambda cell: cell.split() if isinstance(cell, str) else cell)
    ] = ()
    """What may be done to a text that does not fit; several are separated by spaces."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.kind is ItemKind.CODE) != (self.codes is not None):
            raise ValueError("a code list belongs to the kind CODE, and to no other")
        if (self.repeat > 1) != ("*" in self.pointer):
            raise ValueError("an item repeats exactly if its pointer has a *")
        if self.kind is not ItemKind.TEXT and self.width is not Width.HALF:
            raise ValueError("a width belongs to the kind TEXT, and to no other")
        return self


class CodeRow(Row):
    """A line of `codes.csv`: the business code of one value of a list."""

    list: str = Field(min_length=1)
    key: str = Field(min_length=1)
    """What the applicant's form says."""
    code: str = Field(min_length=1)
    """What is sent. The same value may have different codes in different lists."""
    label_ja: str = Field(min_length=1)
    label_en: str = Field(min_length=1)


class RelatedCheckRow(Row):
    """A line of `related_checks.csv`: what must hold between items."""

    id: ItemId
    expression: Expression = Field(min_length=1)
    """True for a good form."""
    items: Annotated[
        tuple[ItemId, ...],
        Field(min_length=1),
        BeforeValidator(lambda cell: cell.split() if isinstance(cell, str) else cell),
    ]
    """The items it is about, separated by spaces; it is reported at the first. It applies to each form that has all."""
    message: str = Field(min_length=1)
    """In `messages.csv`."""


class MessageRow(Row):
    """A line of `messages.csv`."""

    id: str = Field(min_length=1)
    severity: Literal[Severity.ERROR, Severity.WARNING]
    ja: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Layout(Row):
    """What the files of the package are called."""

    manifest: FileName
    csv: FileName
    photo: FileName
    attachment: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]*\{number:02\}[a-z0-9.-]*$")]

    def attachment_name(self, index: int) -> str:
        """The name of an attachment, counted from 0."""
        return self.attachment.format(number=index + 1)


class CsvFormat(Row):
    """How the CSV is written: one line per application."""

    encoding: Literal["cp932", "utf-8", "utf-8-sig"]
    characters: Literal["JIS_X_0208", "ANY"]
    """Which characters may stand beside ASCII: those of the standard (kanji of levels 1 and 2, and its others), or
    any that the encoding can write."""
    line_end: Literal["\r\n", "\n"]
    quoting: Literal["ALL", "MINIMAL"] = "ALL"
    header: bool = True
    """Whether a line with the columns' names stands first."""


class ManifestFormat(Row):
    """The outer shape of the manifest."""

    root: XmlName
    namespace: str = Field(min_length=1)
    signature: Literal["XMLDSIG"]


class PhotoFormat(Row):
    """How the photo is written, and its least and greatest size. Lengths in pixels."""

    media_type: Literal["image/jpeg", "image/png"] = "image/jpeg"
    min_width: int = Field(ge=1)
    min_height: int = Field(ge=1)
    max_width: int | None = None
    """A larger photo is scaled down; none is scaled up."""
    max_height: int | None = None
    max_bytes: int | None = Field(default=None, ge=1)
    """A JPEG is written with less and less quality until it fits."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for smallest, largest in ((self.min_width, self.max_width), (self.min_height, self.max_height)):
            if largest is not None and largest < smallest:
                raise ValueError(f"a photo of at least {smallest} pixels cannot have at most {largest}")
        return self


class FormRow(Row):
    """A `[[form]]` of `pack.toml`: what a kind of application has in common for all statuses."""

    application_type: ApplicationType
    paper_form: str
    sheet: TablePath
    group_starts_at: int | None = None
    """The number on paper at which the group's part begins. Left out where the form has no such part."""
    residence_statuses: frozenset[ResidenceStatus] = frozenset()
    """Of a form without group parts; left out where it is not about a status, as that of a user's registration."""


class GroupRow(Row):
    """A `[[group]]` of `pack.toml`: the sheets that a group of statuses of residence shares."""

    letter: str = Field(pattern=r"^[A-Z]$")
    label: BilingualText
    residence_statuses: frozenset[ResidenceStatus] = Field(min_length=1)
    applicant: TablePath | None = None
    """The applicant's part."""
    organization: TablePath | None = None
    """The part of the organization, or of whoever supports the applicant."""
    organization_filers: frozenset[Filer] = frozenset(Filer)
    """Who may enter that part."""


class PackHead(Row):
    """What `pack.toml` says beside its forms and groups."""

    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    effective_from: date
    """The first day in Japan on which packages are built and checked with it."""
    sample: bool
    """Whether it is invented."""
    max_package_bytes: int = Field(ge=1)
    layout: Layout
    csv: CsvFormat
    manifest: ManifestFormat
    photo: PhotoFormat

    @property
    def label(self) -> str:
        """Name and version, as people and manifests cite it."""
        return f"{self.name} {self.version}"


class PackFile(PackHead):
    """The whole of `pack.toml`."""

    form: tuple[FormRow, ...] = Field(min_length=1)
    group: tuple[GroupRow, ...] = ()


FILES: Final[Mapping[str, type[Row]]] = {
    "pack.toml": PackFile,
    "items/*.csv": ItemRow,
    "codes.csv": CodeRow,
    "related_checks.csv": RelatedCheckRow,
    "messages.csv": MessageRow,
}
"""What a pack consists of: the model of `pack.toml`, and that of each line of the tables."""


# ----- as packages are made with it -----------------------------------------------------------------------------


class Item(ItemRow):
    """One item of a form: a column of the CSV, or several when it repeats."""

    filers: frozenset[Filer] = frozenset(Filer)
    """Who may enter it."""

    @property
    def name(self) -> ItemName:
        """As people find it on the form."""
        return ItemName(number=self.number, label=BilingualText(ja=self.label_ja, en=self.label_en))

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """The names of its columns."""
        name = f"{self.number} {self.label_ja}".strip()
        return (name,) if self.repeat == 1 else tuple(f"{name} {entry}" for entry in range(1, self.repeat + 1))

    @cached_property
    def listed_under(self) -> str | None:
        """The pointer to the list that it is part of; nothing when it does not repeat."""
        return self.pointer.partition("/*")[0] if self.repeat > 1 else None


class RelatedCheck(Model):
    """What must hold between items."""

    id: ItemId
    expression: Expression
    items: tuple[ItemId, ...]
    message: MessageRow


class Form(Model):
    """All items of one kind of application, for the statuses of residence that share its sheets."""

    application_type: ApplicationType
    paper_form: str
    group: str | None
    """The letter of the group; nothing where the form has no group part."""
    residence_statuses: frozenset[ResidenceStatus]
    """Empty where the form is not about a status."""
    items: tuple[Item, ...]
    checks: tuple[RelatedCheck, ...]


class SpecPack(PackHead):
    """One version of the interface specification."""

    digest: Sha256
    """Of its files; tells two packs of one name apart."""
    forms: tuple[Form, ...]
    codes: Mapping[str, Mapping[str, CodeRow]]
    """By list and key."""

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
