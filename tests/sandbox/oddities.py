"""Strategies for packages that nobody should send: good ones with something odd done to them, layer by layer.

Bytes alone rarely get past the first check. So each layer is written by hand here, with every field open to change:
the ZIP with its directory, the manifest around its signature, the manifest before it is signed, the CSV.
"""

import base64
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hypothesis import reject
from hypothesis import strategies as st
from lxml import etree

from tests.sandbox.test_inspection import DS, NAMESPACE, Sender
from zairyu.sandbox.card.pki import Credential

_ODD_NUMBERS: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HUGE_NUMBERS: Final = (*_ODD_NUMBERS, 1 << 32, (1 << 62) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


class Unshown(bytes):
    """Bytes that stay out of the reports of failures, which get too long with them."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


# ----- bytes --------------------------------------------------------------------------------------------------

_ZIP_PIECES: Final = (
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"),
    *(bytes(18), b"\xff" * 4, b"\xff" * 8, b"manifest.xml"),
)


def any_bytes() -> st.SearchStrategy[bytes]:
    """Bytes of any kind, and bytes that begin and end as a ZIP does."""
    pieces = st.lists(st.sampled_from(_ZIP_PIECES) | st.binary(max_size=40), max_size=12).map(b"".join)
    ends = st.binary(min_size=18, max_size=60).map(lambda end: b"PK\x05\x06" + end)
    return st.binary(max_size=2000) | pieces | st.tuples(pieces, ends).map(b"".join)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A few bytes flipped, cut, put in, written over, or doubled."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(changed) - 1, 0)))
        end = place + draw(st.integers(1, 12) | st.integers(1, max(len(changed), 1)))
        match draw(st.sampled_from(("flip", "cut", "put in", "write over", "double"))):
            case "flip" if changed:
                changed[place] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del changed[place:end]
            case "put in":
                changed[place:place] = draw(st.binary(min_size=1, max_size=40))
            case "write over":
                number = draw(st.sampled_from(_ODD_NUMBERS))
                written = struct.pack("<L", number)[: draw(st.sampled_from((1, 2, 4)))]
                changed[place : place + len(written)] = written
            case _:
                changed[place:place] = changed[place:end]
    return bytes(changed)


# ----- the ZIP ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A file of a ZIP as it is written, twice: before its bytes, and in the directory."""

    name: bytes
    content: bytes
    method: int = 8
    flags: int = 0x800
    version: int = 20
    packed: bytes | None = None
    """What stands for the content, where it is not simply the content packed."""
    crc: int | None = None
    packed_size: int | None = None
    size: int | None = None
    offset: int | None = None
    extra: bytes = b""
    comment: bytes = b""
    zip64: tuple[int, ...] = ()
    """In the directory: size, packed size and offset, as far as they are given."""
    local: Mapping[str, Any] = field(default_factory=dict)
    """Where the part before the bytes says something else than the directory."""
    descriptor: bytes = b""
    """After the bytes."""

    def bytes_of_it(self) -> bytes:
        if self.packed is not None:
            return self.packed
        if self.method != 8:
            return self.content
        packer = zlib.compressobj(wbits=-15)
        return packer.compress(self.content) + packer.flush()

    def fields(self) -> tuple[int, int, int, int, int, int, int]:
        """Version, flags, method, time, CRC and the two sizes."""
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        packed = len(self.bytes_of_it()) if self.packed_size is None else self.packed_size
        size = len(self.content) if self.size is None else self.size
        return self.version, self.flags, self.method, 0x21 << 16, crc, packed, size

    def before(self) -> bytes:
        local = replace(self, **self.local)
        head = struct.pack("<4s3H4L2H", b"PK\x03\x04", *local.fields(), len(local.name), len(local.extra))
        return head + local.name + local.extra + self.bytes_of_it() + self.descriptor

    def in_directory(self, offset: int) -> bytes:
        extra = self.extra
        if self.zip64:
            extra += struct.pack(f"<2H{len(self.zip64)}Q", 1, 8 * len(self.zip64), *self.zip64)
        version, *rest = self.fields()
        return (
            struct.pack("<4s4H4L5H2L", b"PK\x01\x02", version, version, *rest, len(self.name), len(extra),
                        len(self.comment), 0, 0, 0, offset if self.offset is None else self.offset)
            + self.name + extra + self.comment
        )  # fmt: skip


@dataclass(frozen=True)
class Zip:
    """A ZIP, with what stands before, between and behind its files."""

    entries: tuple[Entry, ...]
    prefix: bytes = b""
    gap: bytes = b""
    comment: bytes = b""
    suffix: bytes = b""
    end: Mapping[int, int] = field(default_factory=dict)
    """What the end of the directory says instead, by the place of the field: number here, in all, size, offset."""
    zip64: tuple[int, int, int] | None = None
    """Number, size and offset, where the end of the directory is one for large archives."""

    def written(self) -> bytes:
        content, directory = self.prefix, b""
        for entry in self.entries:
            directory += entry.in_directory(len(content))
            content += entry.before()
        content += self.gap
        told = [len(self.entries) % 0x10000, len(self.entries) % 0x10000, len(directory), len(content)]
        for place, number in self.end.items():
            told[place] = number % (0x10000 if place < 2 else 1 << 32)
        large = b""
        if self.zip64 is not None:
            number, size, offset = self.zip64
            large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, number, number, size, offset)
            large += struct.pack("<4sLQL", b"PK\x06\x07", 0, len(content) + len(directory), 1)
        end = struct.pack("<4s2H2H2LH", b"PK\x05\x06", 0, 0, *told, len(self.comment))
        return content + directory + large + end + self.comment + self.suffix


def files_as_zip(files: Mapping[str, bytes]) -> Zip:
    """An honest ZIP."""
    return Zip(tuple(Entry(name.encode(), content) for name, content in files.items()))


_NAMES: Final = (
    *(b"", b".", b"..", b"../manifest.xml", b"/manifest.xml", b"a/manifest.xml", b"..\\manifest.xml", b"a/"),
    *(b"manifest.xml\x00.pdf", b"manifest.xml\x00", b"\x00", b"manifest.xml", b"MANIFEST.XML", b"manifest.xml "),
    *(b"photo.jpg", b"C:photo.jpg", b"a" * 300, b"a" * 65535, b"\xff\xfe", b"#application", b"a\nb"),
    *("申請.csv".encode(), "申請.csv".encode("cp932"), "\u202efdp.exe".encode()),
)  # fmt: skip
_FLAGS: Final = (0, 0x1, 0x8, 0x9, 0x20, 0x40, 0x41, 0x800, 0x2000, 0xFFFF)
_METHODS: Final = (0, 1, 6, 8, 9, 12, 14, 93, 95, 97, 99, 0xFFFF)
_BOMB: Final = Entry(b"bomb.pdf", b"", packed=Entry(b"", bytes(70_000_000)).bytes_of_it(), size=70_000_000)
_EMPTY_BLOCKS: Final = b"\x00\x00\x00\xff\xff" * 100_000


def _zip_fields() -> st.SearchStrategy[dict[str, Any]]:
    number, huge = st.sampled_from(_ODD_NUMBERS), st.sampled_from(_HUGE_NUMBERS)
    return st.one_of(
        st.fixed_dictionaries({"name": st.sampled_from(_NAMES) | st.binary(max_size=20)}),
        st.fixed_dictionaries({"method": st.sampled_from(_METHODS)}),
        st.fixed_dictionaries({"flags": st.sampled_from(_FLAGS)}),
        st.fixed_dictionaries({"version": st.sampled_from((0, 45, 63, 99, 0xFFFF))}),
        st.fixed_dictionaries({"crc": number}),
        st.fixed_dictionaries({"packed_size": number}),
        st.fixed_dictionaries({"size": number}),
        st.fixed_dictionaries({"offset": number}),
        st.fixed_dictionaries({"packed": st.binary(max_size=30) | st.just(_EMPTY_BLOCKS)}),
        st.fixed_dictionaries({"content": st.binary(max_size=30)}),
        st.fixed_dictionaries({"comment": st.binary(max_size=30)}),
        st.fixed_dictionaries({"extra": st.binary(max_size=30) | st.just(b"\x01\x00\x08\x00" + bytes(4))}),
        st.fixed_dictionaries({"descriptor": st.binary(max_size=16), "flags": st.just(0x808)}),
        st.fixed_dictionaries({"zip64": st.tuples(huge), "offset": st.just(0xFFFFFFFF)}),
        st.fixed_dictionaries({"zip64": st.tuples(huge), "size": st.just(0xFFFFFFFF)}),
        st.fixed_dictionaries({"zip64": st.tuples(huge), "packed_size": st.just(0xFFFFFFFF)}),
        st.fixed_dictionaries({"zip64": st.tuples(huge, huge, huge)}),
    )


@st.composite
def odd_zips(draw: st.DrawFn, files: Mapping[str, bytes]) -> bytes:
    """A ZIP of good files in which the directory, or what it leads to, is odd in a few ways."""
    archive = files_as_zip(files)
    for _ in range(draw(st.integers(1, 3))):
        entries = list(archive.entries)
        index = draw(st.integers(0, len(entries) - 1))
        match draw(st.sampled_from(("file", "file", "file", "before", "list", "bomb", "around", "end", "zip64"))):
            case "file":
                entries[index] = replace(entries[index], **draw(_zip_fields()))
            case "before":
                entries[index] = replace(entries[index], local=draw(_zip_fields()))
            case "list":
                other = replace(entries[index], name=draw(st.sampled_from((*_NAMES, entries[index].name))))
                # Larger packages are not even read, and that has a test of its own.
                times = min(draw(st.sampled_from((1, 2, 45, 60, 700))), 4_000_000 // len(other.before()))
                entries = draw(st.sampled_from(([*entries, *[other] * times], [other, *entries], entries[::-1])))
            case "bomb":
                entries.append(draw(st.sampled_from((_BOMB, replace(_BOMB, size=100)))))
            case "around":
                junk = draw(st.binary(min_size=1, max_size=30))
                archive = draw(st.sampled_from((
                    replace(archive, prefix=junk), replace(archive, gap=junk), replace(archive, comment=junk),
                    replace(archive, suffix=junk))))  # fmt: skip
            case "end":
                archive = replace(archive, end={draw(st.integers(0, 3)): draw(st.sampled_from(_ODD_NUMBERS))})
            case _:
                numbers = st.sampled_from(_HUGE_NUMBERS)
                archive = replace(
                    archive, zip64=draw(st.tuples(numbers, numbers, numbers)), end=dict.fromkeys(range(4), 0xFFFFFFFF)
                )
        archive = replace(archive, entries=tuple(entries))
    return archive.written()


# ----- the manifest -------------------------------------------------------------------------------------------

_KEY: Final = f'<ds:KeyValue xmlns:ds="{DS}"><ds:RSAKeyValue>{{}}</ds:RSAKeyValue></ds:KeyValue>'
_DSIG11: Final = 'xmlns:d="http://www.w3.org/2009/xmldsig11#"'
_PUT_IN: Final = (
    *("<!---->", "<!-- x -->", "<?x?>", "<?xml-stylesheet href='x'?>", "<![CDATA[]]>", "<![CDATA[<]]>", " ", "\n", "x"),
    *("&#0;", "&#x20;", "&amp;", "&x;", "&#xD800;", "&#xFFFF;", "\x00", "\x0b", "\ufffe", "\U0001f600", "<", ">"),
    *("]]>", "&", "<!", "<?", "</a>"),
    *('<a Id="application"/>', f'<Application xmlns="{NAMESPACE}" Id="application"/>', '<a ID="application"/>'),
    *('<a xml:id="application"/>', "<a xml:id='application' xml:base='http://127.0.0.1:1/'/>", "<a" + " b" * 30 + "/>"),
    *(f'<ds:Signature xmlns:ds="{DS}"/>', f'<ds:Object xmlns:ds="{DS}" Id="application"/>', "<a:b/>"),
    *(_KEY.format(f"<ds:{name}/>" * times) for name in ("Modulus", "Exponent") for times in (1, 2)),
    *(_KEY.format(""), _KEY.format("<ds:Modulus>AA==</ds:Modulus><ds:Exponent>é</ds:Exponent>")),
    _KEY.format("<ds:Modulus/><ds:Exponent/>"),
    *(f"<d:DEREncodedKeyValue {_DSIG11}>{key}</d:DEREncodedKeyValue>" for key in ("", "AAAA", "é")),
    f'<d:ECKeyValue {_DSIG11}><d:NamedCurve URI="urn:oid:1"/><d:PublicKey/></d:ECKeyValue>',
    *(f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{place}"/>' for place in ("/etc/passwd", "")),
    *("<a>" * 300 + "</a>" * 300, "<a>" * 300, "<a b='" + "x" * 300_000 + "'/>", "<a/>" * 2000),
)
_DOCTYPES: Final = (
    "<!DOCTYPE Package>",
    '<!DOCTYPE Package SYSTEM "file:///etc/passwd">',
    '<!DOCTYPE Package PUBLIC "x" "http://127.0.0.1:1/x.dtd">',
    '<!DOCTYPE Package [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE Package [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>',
    '<!DOCTYPE Package [<!ENTITY a "aaaaaaaaaa"><!ENTITY x "' + "&a;" * 1000 + '">]>',
    '<!DOCTYPE Package [<!ENTITY x "&y;"><!ENTITY y "&x;">]>',
    '<!DOCTYPE Package [<!ATTLIST Package Id ID #FIXED "application">]>',
)
_DECLARATIONS: Final = (
    *(f'<?xml version="1.0" encoding="{name}"?>' for name in ("UTF-8", "utf-16", "cp932", "UTF-7", "IBM037", "x", "")),
    *('<?xml version="1.1"?>', '<?xml version="9.9"?>', '<?xml version="1.0" standalone="yes"?>', "<?xml?>"),
)
_ENCODINGS: Final = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp932", "cp037", "utf-7", "latin-1"),
)
_NAMESPACES: Final = ("", "urn:other", "http://www.w3.org/2000/09/xmldsig", DS, NAMESPACE, NAMESPACE + "#")
_BOUNDARY: Final = re.compile("(?<=>)|(?=<)")
_ELEMENT: Final = re.compile(r"<([A-Za-z:]+)[^<>]*?(?:/>|>[^<>]*</\1>)")
_ATTRIBUTE: Final = re.compile(r'(?<==")[^"]*(?=")')
_TEXT: Final = re.compile(r"(?<=>)[^<>]+(?=</)")
_CERTIFICATE: Final = re.compile(r"(?<=<ds:X509Certificate>)[^<]*")
_VALUES: Final = (
    *("", " ", "x", "é", "AA==", "A", "#application", "#", "manifest.xml", "photo.jpg", "../x", "http://127.0.0.1:1/"),
    *("#xpointer(/)", "#xpointer(id('application'))", f"{DS}base64", f"{DS}enveloped-signature", f"{DS}sha1"),
    *("http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    *("http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2006/12/xml-c14n11#WithComments", "x" * 100_000),
    *("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
    *("USER_REGISTRATION", "CHANGE_OF_STATUS", "EMAIL", "SINGLE", "CSV", "PHOTO", "OTHER"),
)


@st.composite
def odd_xml(draw: st.DrawFn, text: str) -> str:
    """XML with a few odd things done to its parts."""

    def within(pattern: re.Pattern[str], changed: Callable[[str], str]) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text
        place = draw(st.sampled_from(found))
        return text[: place.start()] + changed(place.group()) + text[place.end() :]

    for _ in range(draw(st.integers(1, 3))):
        match draw(st.sampled_from(("put in", "put in", "in text", "text", "attribute", "drop", "double", "move",
                                    "certificate", "namespace", "doctype", "declaration", "word"))):  # fmt: skip
            case "put in":
                text = within(_BOUNDARY, lambda _: draw(st.sampled_from(_PUT_IN)))
            case "in text":
                text = within(_TEXT, lambda old: old[:3] + draw(st.sampled_from(_PUT_IN)) + old[3:])
            case "text":
                text = within(_TEXT, lambda _: draw(st.sampled_from(_VALUES)))
            case "attribute":
                text = within(_ATTRIBUTE, lambda _: draw(st.sampled_from(_VALUES)))
            case "drop":
                text = within(_ELEMENT, lambda _: "")
            case "double":
                text = within(_ELEMENT, lambda old: 2 * old)
            case "move":
                moved = draw(st.sampled_from([found.group() for found in _ELEMENT.finditer(text)] or [""]))
                text = within(_BOUNDARY, moved.__add__)
            case "certificate":
                text = within(_CERTIFICATE, lambda old: base64.b64encode(draw(damaged(_decoded(old)))).decode())
            case "namespace":
                text = text.replace(draw(st.sampled_from((DS, NAMESPACE))), draw(st.sampled_from(_NAMESPACES)), 1)
            case "doctype":
                text = draw(st.sampled_from(_DOCTYPES)) + text
            case "declaration":
                text = draw(st.sampled_from(_DECLARATIONS)) + text
            case _:
                old, new = draw(st.sampled_from((("ds:", ""), ("ds:", "x:"), ("Id=", "ID="), ("Id=", "id="),
                                                 ("Application", "Package"), ("SignedInfo", "Object"))))  # fmt: skip
                text = text.replace(old, new, draw(st.sampled_from((1, 2, -1))))
    return text


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


@st.composite
def odd_manifests(draw: st.DrawFn, manifest: str) -> bytes:
    """A good manifest to which something was done after it was signed, in one encoding or another."""
    encoding = draw(st.sampled_from((*("utf-8",) * 10, *_ENCODINGS, None)))
    if encoding is None:
        return draw(damaged(manifest.encode()))
    return draw(odd_xml(manifest)).encode(encoding, "replace")


# ----- what somebody signed -----------------------------------------------------------------------------------

_CSV_PIECES: Final = (
    *(
        b'"',
        b'""',
        b",",
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b"\x1a",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x81",
        b"\xfc",
        b"\\",
    ),
    *(b"a", b"1", b" ", b";", b"\t", b"'", b"=1+1", "3 氏名".encode("cp932"), "髙①".encode("cp932"), "é".encode()),
    *("2 生年月日".encode("cp932"), "11.3 在留期間の満了日".encode("cp932"), "4 事由の生じた日".encode("cp932")),
    *("9 電子メールアドレス".encode("cp932"), b"20270131", b"00000000", b"00010101", b"99991231", b"20111", b"a@b.jp"),
    *("２０２７０１３１".encode("cp932"), b"a@b", b"a@", b"a\r\nBcc: b@c.jp", b"<", b"x" * 140_000, b"\n" * 3000),
)
_COLUMNS: Final = (
    *(
        "3 氏名",
        "2 生年月日",
        "11.3 在留期間の満了日",
        "4 事由の生じた日",
        "9 電子メールアドレス",
        "代理人 電子メールアドレス",
    ),
    *("5 代理人 電子メールアドレス", "", " ", "在留期間の満了日", "x\x00y"),
)
_CELLS: Final = (
    *("", "20270131", "20270231", "00000000", "00010101", "99991231", "２０２７０１３１", " 2027131", "2011", "201105"),
    *("2011-05-05", "a@b.jp", "a@b", "a@", "<", '"', "a@[", "a@b.jp\r\nBcc: c@d.jp", "\x00", "=1+1", "あ" * 70_000),
)


def odd_csvs() -> st.SearchStrategy[bytes]:
    """Two rows of odd cells, or pieces of CSV in no order."""
    row = st.lists(st.sampled_from(_COLUMNS), min_size=1, max_size=6, unique=True).flatmap(
        lambda columns: st.tuples(
            st.just(columns), st.lists(st.sampled_from(_CELLS), min_size=len(columns), max_size=len(columns))
        )
    )
    quoted = st.sampled_from(("\r\n", "\n", "\r")).flatmap(
        lambda end: row.map(lambda rows: end.join(",".join(_quoted(cell) for cell in cells) for cells in rows))
    )
    pieces = st.lists(st.sampled_from(_CSV_PIECES) | st.binary(max_size=6), max_size=25).map(b"".join)
    good = quoted.map(lambda text: text.encode("cp932"))
    return good | pieces | good.flatmap(damaged)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@dataclass
class OddSender(Sender):
    """A sender who signs what is odd already."""

    odd_application: str | None = None
    odd_signed_info: str | None = None

    def application(self) -> str:
        return super().application() if self.odd_application is None else self.odd_application

    def signed_info(self, application: str) -> str:
        return super().signed_info(application) if self.odd_signed_info is None else self.odd_signed_info


_CONTENTS: Final = (b"", b"%PDF-", b"\xff\xd8\xff", b"%PDF-1.7 /Encrypt 1 0 R", b"<a/>", b"<!DOCTYPE a><a/>")
_TYPES: Final = (
    *("EXTENSION_OF_PERIOD", "CHANGE_OF_STATUS", "ACQUISITION_OF_STATUS", "CERTIFICATE_OF_ELIGIBILITY"),
    *("USER_REGISTRATION", "AUTHORIZED_EMPLOYMENT_CERTIFICATE", "", "SOMETHING_ELSE"),
)


@st.composite
def oddly_signed(draw: st.DrawFn, signer: Credential) -> tuple[bytes, str]:
    """A package of somebody with a good card who signs odd contents, and the type of application it is filed as."""
    sender = OddSender(signer)
    try:
        _make_odd(sender, draw)
        return sender.package(), sender.fields["ApplicationType"]
    except (etree.LxmlError, ValueError):
        # Nobody can sign what is no XML.
        reject()


def _make_odd(sender: OddSender, draw: st.DrawFn) -> None:
    for _ in range(draw(st.integers(1, 3))):
        match draw(st.sampled_from(("type", "field", "csv", "csv", "file", "application", "signed info"))):
            case "type":
                sender.fields["ApplicationType"] = draw(st.sampled_from(_TYPES))
            case "field":
                name = draw(st.sampled_from((*sender.fields, "ReEntry", "ConcurrentPermission")))
                sender.fields[name] = draw(st.sampled_from(("", "POST", "EMAIL", "SINGLE", "x")))
            case "csv":
                sender.files["application.csv"] = ("CSV", draw(odd_csvs()))
            case "file":
                role = draw(st.sampled_from(("CSV", "PHOTO", "ORGANIZATION_FORM", "", "x")))
                name = draw(st.sampled_from((*sender.files, "a.pdf", "#application", "manifest.xml", "申請.pdf")))
                sender.files[name] = (role, draw(st.sampled_from(_CONTENTS)))
            case "application":
                sender.odd_application = draw(odd_xml(sender.application()))
            case _:
                sender.odd_signed_info = draw(odd_xml(sender.signed_info(sender.application())))
