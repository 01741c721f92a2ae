"""Whatever comes as a package, the receiving side takes it or says by name why not.

Each property runs a few hundred examples; `ZAIRYU_FUZZ=50` in the environment makes it fifty times as many.
"""

import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Final

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.oddities import (
    Entry,
    Unshown,
    Zip,
    any_bytes,
    damaged,
    files_as_zip,
    odd_csvs,
    odd_manifests,
    odd_zips,
    oddly_signed,
)
from tests.sandbox.provider import problem, provider_of
from tests.sandbox.test_inspection import DS, NOW, Sender, csv_file, encoded, unzipped, zipped
from zairyu.sandbox.card.personas import LINH
from zairyu.sandbox.card.pki import CardCredentials, SandboxPki
from zairyu.sandbox.inspection import Code, InspectedPackage, PackageRefused, inspect_package
from zairyu.sandbox.service import Sandbox, SandboxSettings

# Damaged certificates are older than their standard, or have numbers below zero.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

TIMES: Final = int(os.environ.get("ZAIRYU_FUZZ", "1"))
LONGEST: Final = 3.0
"""Seconds of work for one package; the worst that is known takes a third."""
MOST_MEMORY: Final = 100_000_000
"""Bytes, beside the package itself and what it unpacks to."""


def examples(number: int) -> settings:
    return settings(
        max_examples=number * TIMES,
        deadline=None,  # shared machines are slow now and then: the work is measured, not the time
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


Verdict = InspectedPackage | Code
Inspect = Callable[[bytes], Verdict]


@pytest.fixture(scope="module")
def inspect(pki: SandboxPki) -> Inspect:
    """The verdict on a package: what was found, or the code of the refusal. Nothing else, and not for ever."""

    def verdict(package: bytes) -> Verdict:
        started = time.thread_time()
        try:
            return inspect_package(package, trusted_roots=[pki.sign_ca], at=NOW)
        except PackageRefused as refused:
            return refused.code
        finally:
            assert time.thread_time() - started < LONGEST

    return verdict


@pytest.fixture(scope="module")
def original(card: CardCredentials) -> Sender:
    return Sender(card.sign)


@pytest.fixture(scope="module")
def files(original: Sender) -> dict[str, bytes]:
    return {name: Unshown(content) for name, content in unzipped(original.package()).items()}


@pytest.fixture(scope="module")
def contents(files: dict[str, bytes], inspect: Inspect) -> InspectedPackage:
    found = inspect(zipped(files))
    assert isinstance(found, InspectedPackage)
    return signed_part(found)


def signed_part(found: InspectedPackage) -> InspectedPackage:
    """All but the bytes of the manifest: it may have a comment more, or be encoded otherwise. In no order."""
    return replace(
        found,
        files=tuple(sorted((file for file in found.files if file.name != "manifest.xml"), key=lambda file: file.name)),
    )


# ----- the reader ---------------------------------------------------------------------------------------------


@examples(300)
@given(package=any_bytes())
def test_any_bytes_are_refused_by_name(inspect: Inspect, package: bytes) -> None:
    assert isinstance(inspect(package), Code)


@examples(200)
@given(data=st.data())
def test_a_damaged_package_is_the_same_or_refused(
    inspect: Inspect, files: dict[str, bytes], contents: InspectedPackage, data: st.DataObject
) -> None:
    method, honest = data.draw(st.sampled_from((0, 8))), files_as_zip(files)
    package = replace(honest, entries=tuple(replace(entry, method=method) for entry in honest.entries))

    is_same_or_refused(inspect(data.draw(damaged(Unshown(package.written())))), contents)


@examples(150)
@given(data=st.data())
def test_an_odd_zip_is_the_same_or_refused(
    inspect: Inspect, files: dict[str, bytes], contents: InspectedPackage, data: st.DataObject
) -> None:
    is_same_or_refused(inspect(data.draw(odd_zips(files))), contents)


@examples(300)
@given(data=st.data())
def test_an_odd_manifest_is_the_same_or_refused(
    inspect: Inspect, original: Sender, files: dict[str, bytes], contents: InspectedPackage, data: st.DataObject
) -> None:
    manifest = data.draw(odd_manifests(original.manifest()))

    is_same_or_refused(inspect(zipped({**files, "manifest.xml": manifest})), contents)


@examples(150)
@given(data=st.data())
def test_no_signed_file_can_be_changed(inspect: Inspect, files: dict[str, bytes], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in files if name != "manifest.xml"]))
    changed = data.draw(damaged(files[name]).filter(lambda content: content != files[name]))

    assert inspect(zipped({**files, name: changed})) is Code.DIGEST_MISMATCH


@examples(250)
@given(data=st.data())
def test_whatever_is_signed_is_read_or_refused(inspect: Inspect, card: CardCredentials, data: st.DataObject) -> None:
    inspect(data.draw(oddly_signed(card.sign))[0])


@examples(200)
@given(content=odd_csvs())
def test_any_csv_is_read_or_refused(inspect: Inspect, card: CardCredentials, content: bytes) -> None:
    sender = Sender(card.sign)
    sender.files["application.csv"] = ("CSV", content)

    verdict = inspect(sender.package())

    assert verdict is Code.CSV_UNREADABLE or (isinstance(verdict, InspectedPackage) and verdict.csv_row)


def is_same_or_refused(verdict: Verdict, contents: InspectedPackage) -> None:
    assert isinstance(verdict, Code) or signed_part(verdict) == contents


# ----- what takes long, or much memory ------------------------------------------------------------------------


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def test_a_directory_of_hundred_thousands_is_not_read(inspect: Inspect) -> None:
    directory = Entry(b"", b"").in_directory(0) * 100_000
    package = directory + Zip((), end={2: len(directory)}).written()

    with little_memory():
        assert inspect(package) is Code.ZIP_TOO_LARGE


def test_a_zip_whose_files_share_their_bytes_is_not_unpacked(inspect: Inspect) -> None:
    shared = Entry(b"a.pdf", bytes(1_000_000))
    entries = (shared, *(replace(shared, name=b"%d.pdf" % number, offset=0, local={}) for number in range(45)))
    content = entries[0].before()
    directory = b"".join(entry.in_directory(0) for entry in entries)
    end = Zip((), end={0: 46, 1: 46, 2: len(directory), 3: len(content)}).written()

    assert inspect(content + directory + end) is Code.ZIP_UNREADABLE


def test_an_offset_that_no_file_has_is_refused(inspect: Inspect) -> None:
    entry = Entry(b"manifest.xml", b"<a/>", offset=0xFFFFFFFF, zip64=((1 << 64) - 1,))

    assert inspect(Zip((entry,)).written()) is Code.ZIP_UNREADABLE


@pytest.mark.parametrize("name", [b"manifest.xml\x00.pdf", b"a\nb", b"C:a.pdf", b"a" * 300])
def test_a_name_that_programs_read_differently_is_refused(
    inspect: Inspect, files: dict[str, bytes], name: bytes
) -> None:
    honest = files_as_zip(files)
    package = replace(honest, entries=(*honest.entries[1:], replace(honest.entries[0], name=name)))

    assert inspect(package.written()) is Code.ZIP_UNREADABLE


@pytest.mark.parametrize(
    "more", ["<a/>" * 2_000_000, "<a b='" + "x" * 9_000_000 + "'/>"], ids=["elements", "attribute"]
)
def test_a_manifest_of_megabytes_is_not_read(inspect: Inspect, card: CardCredentials, more: str) -> None:
    sender = Sender(card.sign, tamper=lambda manifest: manifest.replace("</Package>", more + "</Package>"))

    assert inspect(sender.package()) is Code.MANIFEST_INVALID


@pytest.mark.parametrize(
    "content", [b"\n" * 30_000_000, b"\n" * 900_000, b"," * 900_000], ids=["huge", "rows", "cells"]
)
def test_a_csv_of_millions_of_rows_is_not_read(inspect: Inspect, card: CardCredentials, content: bytes) -> None:
    sender = Sender(card.sign)
    sender.files["application.csv"] = ("CSV", content)
    package = sender.package()

    with little_memory():
        assert inspect(package) is Code.CSV_UNREADABLE


# ----- what the fuzzers found ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        f'<ds:KeyValue xmlns:ds="{DS}"><ds:RSAKeyValue><ds:Modulus/><ds:Exponent/></ds:RSAKeyValue></ds:KeyValue>',
        '<d:DEREncodedKeyValue xmlns:d="http://www.w3.org/2009/xmldsig11#"/>',
    ],
    ids=["RSA", "DER"],
)
def test_an_empty_key_beside_the_certificate_is_refused(inspect: Inspect, card: CardCredentials, key: str) -> None:
    sender = Sender(card.sign, tamper=lambda manifest: manifest.replace("</ds:KeyInfo>", key + "</ds:KeyInfo>"))

    assert inspect(sender.package()) is Code.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "damages",
    [
        [(bytes.fromhex("a003020102"), bytes.fromhex("a003020107"))],
        # Not for signatures; and the name cannot be read that the verifier wants to put into its message.
        [(bytes.fromhex("030206c0"), bytes.fromhex("03020780")), (LINH.municipality.encode(), b"\xff" * 9)],
    ],
    ids=["version", "name"],
)
def test_a_certificate_that_cannot_be_read_is_refused(
    inspect: Inspect, card: CardCredentials, damages: list[tuple[bytes, bytes]]
) -> None:
    good = bad = card.sign.certificate.public_bytes(Encoding.DER)
    for old, new in damages:
        assert old in bad
        bad = bad.replace(old, new, 1)
    sender = Sender(card.sign, tamper=lambda manifest: manifest.replace(encoded(good), encoded(bad)))

    assert inspect(sender.package()) is Code.SIGNATURE_INVALID


def test_a_re_entry_permit_that_does_not_exist_is_refused(inspect: Inspect, card: CardCredentials) -> None:
    sender = Sender(card.sign)
    sender.fields["ReEntry"] = "THRICE"

    assert inspect(sender.package()) is Code.MANIFEST_INVALID


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("11.3 在留期間の満了日", "２０２７０１３１"),
        ("11.3 在留期間の満了日", " 2027131"),
        ("2 生年月日", "soon"),
        ("9 電子メールアドレス", "a@"),
        ("9 電子メールアドレス", "a@b.jp\r\nBcc: c@d.jp"),
    ],
)
def test_a_cell_that_nobody_could_use_is_refused(
    inspect: Inspect, card: CardCredentials, column: str, written: str
) -> None:
    sender = Sender(card.sign)
    if column == "2 生年月日":
        del sender.files["photo.jpg"]
    sender.files["application.csv"] = ("CSV", csv_file([column], [written]))

    assert inspect(sender.package()) is Code.CSV_UNREADABLE


# ----- over HTTP ----------------------------------------------------------------------------------------------

Submit = Callable[[bytes, str], httpx.Response]


@pytest.fixture(scope="module")
def submit(tmp_path_factory: pytest.TempPathFactory, pki: SandboxPki) -> Iterator[Submit]:
    """Sends a package to a sandbox that runs in a thread of its own: drawing examples is not for an event loop."""
    place = SandboxSettings(data_dir=tmp_path_factory.mktemp("sandbox"), trusted_roots=pki.sign_ca_file)
    request_ids = (f"request-{number}" for number in count(1))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Sandbox(place)) as sandbox,
        portal.wrap_async_context_manager(provider_of(sandbox)) as provider,
    ):
        portal.call(provider.skip, NOW - datetime.now(NOW.tzinfo))
        yield lambda package, application_type: portal.call(
            provider.submit, package, next(request_ids), application_type
        )


@examples(60)
@given(data=st.data())
def test_every_package_is_taken_or_answered_with_a_problem(
    submit: Submit,
    inspect: Inspect,
    original: Sender,
    files: dict[str, bytes],
    card: CardCredentials,
    data: st.DataObject,
) -> None:
    application_type = original.fields["ApplicationType"]
    match data.draw(st.sampled_from(("bytes", "damaged", "ZIP", "manifest", "signed"))):
        case "bytes":
            package = data.draw(any_bytes())
        case "damaged":
            package = data.draw(damaged(Unshown(files_as_zip(files).written())))
        case "ZIP":
            package = data.draw(odd_zips(files))
        case "manifest":
            package = zipped({**files, "manifest.xml": data.draw(odd_manifests(original.manifest()))})
        case _:
            package, application_type = data.draw(oddly_signed(card.sign))

    answer = submit(package, application_type)

    verdict = inspect(package)
    if isinstance(verdict, Code):
        assert problem(answer) == (422, verdict)
    else:
        # It may come too late or too early, or be of another type than it says.
        assert answer.status_code == 200 or problem(answer)[0] == 422


def test_a_package_larger_than_any_is_not_even_read(submit: Submit) -> None:
    assert problem(submit(bytes(32 * 1024 * 1024 + 1), "EXTENSION_OF_PERIOD")) == (413, "TOO_LARGE")


@pytest.mark.parametrize("column", ["3 氏名", "5 代理人 電子メールアドレス", "電子メールアドレス"])
def test_a_registration_without_a_mail_address_opens_no_account(
    submit: Submit, card: CardCredentials, column: str
) -> None:
    sender = Sender(card.sign)
    sender.fields = {"ApplicationType": "USER_REGISTRATION", "Filer": "APPLICANT"}
    sender.files["application.csv"] = ("CSV", csv_file([column, "9 電子メールアドレス"], ["a@b.jp", ""]))

    assert problem(submit(sender.package(), "USER_REGISTRATION")) == (422, Code.CSV_UNREADABLE)


def test_a_registration_is_answered_at_the_address_that_is_filled_in(submit: Submit, card: CardCredentials) -> None:
    sender = Sender(card.sign)
    sender.fields = {"ApplicationType": "USER_REGISTRATION", "Filer": "APPLICANT"}
    columns = ["9 電子メールアドレス", "10 電子メールアドレス"]
    sender.files["application.csv"] = ("CSV", csv_file(columns, ["", "a@b.jp"]))

    assert submit(sender.package(), "USER_REGISTRATION").status_code == 200
