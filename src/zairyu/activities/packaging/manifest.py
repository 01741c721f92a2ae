"""The manifest: the XML file that says what is applied for and which files belong to it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self, cast

from lxml import etree

from zairyu.activities.documents.files import Content
from zairyu.models.application import ApplicationInput
from zairyu.models.document_request import BuildSupply
from zairyu.models.registration import RegistrationSheet
from zairyu.models.residence import ApplicationType
from zairyu.models.spec_pack import SpecPack

APPLICATION_ID: Final = "application"
"""The XML Id of the element that is signed. ASCII: verifiers disagree on percent-encoded references."""


@dataclass(frozen=True)
class PackedFile:
    """One file beside the manifest: its name, what it is for, and what is in it."""

    name: str
    role: str
    media_type: str
    content: Content

    @classmethod
    def of(cls, name: str, role: str, media_type: str, content: bytes) -> Self:
        """A file of our own making, which is small."""
        return cls(name, role, media_type, Content.of(io.BytesIO(content)))


Declared = Sequence[tuple[str, str]]
"""What is applied for: names of elements with their texts, in their order."""


def declared_by_application(application: ApplicationInput) -> Declared:
    """What an application's manifest says."""
    form = application.form
    return (
        ("ApplicationId", application.application_id),
        ("ApplicationType", form.application_type),
        ("ResidenceStatus", form.residence_status),
        ("Filer", form.filer),
        ("CollectionMethod", form.collection_method),
        *(("ConcurrentPermission", permission) for permission in form.concurrent_permissions),
        *((("ReEntry", form.re_entry),) if form.re_entry is not None else ()),
    )


def declared_by_registration(sheet: RegistrationSheet) -> Declared:
    """What a registration's manifest says: it is about no status of residence, and nothing is collected."""
    return (
        ("ApplicationId", sheet.user_id),
        ("ApplicationType", ApplicationType.USER_REGISTRATION),
        ("Filer", sheet.filer),
    )


def declared_by_supply(order: BuildSupply) -> Declared:
    """What the manifest of additional documents says."""
    return (
        ("ApplicationId", order.application_id),
        ("ApplicationType", order.application_type),
        ("DocumentRequest", str(order.request.number)),
    )


def write_manifest(declared: Declared, files: Sequence[PackedFile], pack: SpecPack, filing_day: date) -> etree._Element:
    """Write the manifest without its signature. It carries no personal data: those are in the CSV.

    Without line breaks or indentation, so that nobody is tempted to add some after signing.
    """
    namespace = f"{{{pack.manifest.namespace}}}"

    def add(parent: etree._Element, name: str, text: str | None = None, /, **attributes: str) -> etree._Element:
        element = etree.SubElement(parent, namespace + name, attributes)
        element.text = text
        return element

    # lxml takes None for the default namespace; its type stubs do not know.
    prefixes = cast("dict[str, str]", {None: pack.manifest.namespace})
    root = etree.Element(namespace + pack.manifest.root, nsmap=prefixes)
    body = add(root, "Application", Id=APPLICATION_ID)
    add(body, "SpecPack", name=pack.name, version=pack.version, sample="true" if pack.sample else "false")
    for name, text in declared:
        add(body, name, text)
    add(body, "FilingDay", filing_day.isoformat())
    listing = add(body, "Files")
    for file in files:
        add(listing, "File", name=file.name, role=file.role, mediaType=file.media_type, size=str(file.content.size))
    return root
