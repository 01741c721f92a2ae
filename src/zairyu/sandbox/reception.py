"""The reception desk: a package is checked as the real side would check it before it is taken."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from zairyu.activities.mynaportal.wire import Submitted
from zairyu.sandbox.agency import Agency
from zairyu.sandbox.case import Unacceptable
from zairyu.sandbox.clock import SandboxClock, months_later
from zairyu.sandbox.inspection import PackageRefused, SignedSupply, inspect_package, inspect_supply
from zairyu.sandbox.registrations import USER_REGISTRATION, Accounts
from zairyu.sandbox.registry import Contents, Supply

Inspector = Callable[[bytes, datetime], Contents]
"""Looks into a package as of a moment; raises `Unacceptable` for one that is not as it must be."""

SupplyInspector = Callable[[bytes, datetime], SignedSupply]
"""Looks into signed additional documents as of a moment; raises `Unacceptable` as an inspector does."""

_ENDS_WITH_THE_STAY: Final = frozenset({"CHANGE_OF_STATUS", "EXTENSION_OF_PERIOD", "AUTHORIZED_EMPLOYMENT_CERTIFICATE"})
_MONTHS_BEFORE_EXPIRY: Final = 3
_DAYS_TO_ACQUIRE: Final = 30


class Reception:
    """Takes packages and additional documents, and takes each of them once."""

    def __init__(
        self,
        agency: Agency,
        accounts: Accounts,
        clock: SandboxClock,
        inspect: Inspector,
        inspect_supply: SupplyInspector | None,
    ) -> None:
        """Open the desk.

        Args:
            agency: what was checked goes there.
            accounts: of those who register.
            clock: says what day it is.
            inspect: looks into packages.
            inspect_supply: looks into additional documents; nothing where they are not signed.
        """
        self._agency = agency
        self._accounts = accounts
        self._clock = clock
        self._inspect = inspect
        self._inspect_supply = inspect_supply

    async def submit(self, request_id: str, application_type: str, package: bytes) -> Submitted:
        """Check a package and take it. The same request is answered alike, whenever it comes again.

        Raises:
            Refusal: the package is not taken; the code says why.
        """
        sha256 = hashlib.sha256(package).hexdigest()
        if answered := self._agency.answer_given(request_id, sha256):
            return answered
        contents = await asyncio.to_thread(self._inspect, package, self._clock.now())
        if contents.application_type != application_type:
            raise Unacceptable("APPLICATION_TYPE_DIFFERS", "the header names another application than the package")
        if contents.period_expires_on is not None:
            _check_filing_window(application_type, contents.period_expires_on, self._clock.today())
        if contents.cause_on is not None:
            _check_days_since_cause(application_type, contents.cause_on, self._clock.today())
        # The same request may have been taken while this one was being inspected.
        if answered := self._agency.answer_given(request_id, sha256):
            return answered
        received = self._agency.receive(request_id, sha256=sha256, size=len(package), contents=contents)
        if application_type == USER_REGISTRATION:
            self._accounts.open(request_id, contents)
        return received

    async def supply(
        self, request_id: str, number: int, supply_id: str, content: bytes, *, media_type: str, complete: bool
    ) -> Submitted:
        """Check additional documents and take them. The same supply is answered alike, whenever it comes again.

        Raises:
            Refusal: they are not taken; the code says why.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        if answered := self._agency.answer_to_supply(request_id, number, supply_id, sha256=sha256, complete=complete):
            return answered
        signer_name = await self._signer(request_id, content, media_type)
        # Meanwhile the same supply may have been taken, or the last one: the agency looks again.
        supply = Supply(
            number=number,
            supply_id=supply_id,
            sha256=sha256,
            size=len(content),
            accepted_at=self._clock.now(),
            complete=complete,
            signer_name=signer_name,
        )
        return self._agency.supply(request_id, supply)

    async def _signer(self, request_id: str, content: bytes, media_type: str) -> str | None:
        """Who signed additional documents; nobody where they are not signed."""
        if self._inspect_supply is None:
            if not content.startswith(b"%PDF-"):
                raise Unacceptable("NOT_A_PDF", "additional documents are supplied as one PDF")
            return None
        if media_type != "application/zip":
            raise Unacceptable("SUPPLY_NOT_SIGNED", "a supply is a ZIP of one PDF and its signed manifest")
        signed = await asyncio.to_thread(self._inspect_supply, content, self._clock.now())
        if signed.application_type != self._agency.registry.application(request_id).application_type:
            raise Unacceptable("APPLICATION_TYPE_DIFFERS", "the supply names another application than was filed")
        return signed.signer_name


def _check_filing_window(application_type: str, expires_on: date, today: date) -> None:
    if application_type in _ENDS_WITH_THE_STAY and today >= expires_on:
        raise Unacceptable("FILING_WINDOW_CLOSED", "online filing ends on the day before the period of stay expires")
    if application_type == "EXTENSION_OF_PERIOD" and today < months_later(expires_on, -_MONTHS_BEFORE_EXPIRY):
        raise Unacceptable("FILING_WINDOW_NOT_OPEN", "online filing opens three months before the stay expires")


def _check_days_since_cause(application_type: str, cause_on: date, today: date) -> None:
    if today < cause_on:
        raise Unacceptable("FILING_WINDOW_NOT_OPEN", "the cause has not arisen yet")
    if application_type == "ACQUISITION_OF_STATUS" and (today - cause_on).days > _DAYS_TO_ACQUIRE:
        raise Unacceptable("FILING_WINDOW_CLOSED", "a status is applied for within 30 days")


def package_inspector(trusted_roots: Sequence[x509.Certificate]) -> Inspector:
    """The full inspection: archive, manifest, CSV, attachments, and the signature up to one of these roots."""

    def inspect(package: bytes, at: datetime) -> Contents:
        try:
            found = inspect_package(package, trusted_roots=trusted_roots, at=at)
        except PackageRefused as refused:
            raise Unacceptable(refused.code, refused.detail, refused.items) from refused
        return Contents.model_validate(found)

    return inspect


def supply_inspector(trusted_roots: Sequence[x509.Certificate]) -> SupplyInspector:
    """The inspection of signed additional documents: the PDF, and the signature up to one of these roots."""

    def inspect(content: bytes, at: datetime) -> SignedSupply:
        try:
            return inspect_supply(content, trusted_roots=trusted_roots, at=at)
        except PackageRefused as refused:
            raise Unacceptable(refused.code, refused.detail, refused.items) from refused

    return inspect


def read_trusted_roots(path: Path) -> list[x509.Certificate]:
    """The certificates in a PEM file, or in every PEM file of a directory."""
    files = sorted(path.glob("*.pem")) if path.is_dir() else [path]
    return [certificate for file in files for certificate in x509.load_pem_x509_certificates(file.read_bytes())]
