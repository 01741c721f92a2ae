"""Sandbox cards for the tests: fresh counters each, keys made once for a session."""

import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Protocol

from cryptography import x509

from tests.pcscd import private_pcscd
from zairyu.activities.card_reader.channel import CardReaders
from zairyu.activities.card_reader.pcsc import PcscReaders
from zairyu.sandbox.card.behaviour import Behaviour
from zairyu.sandbox.card.personas import LINH, Persona
from zairyu.sandbox.card.pki import SandboxPki
from zairyu.sandbox.card.reader import InProcessReader
from zairyu.sandbox.card.tries import TryCounters
from zairyu.sandbox.card.virtual_card import VirtualCard
from zairyu.sandbox.card.vpcd import VpcdReader

VALID_UNTIL = date(2027, 3, 31)


class CardMaker:
    """Makes cards whose counters start full."""

    def __init__(self, pki: SandboxPki, directory: Path) -> None:
        self.pki = pki
        self._directory = directory
        self._made = 0

    def __call__(
        self,
        persona: Persona = LINH,
        *,
        valid_until: date = VALID_UNTIL,
        auth_valid_until: date | None = None,
        behaviour: Behaviour | None = None,
        sign_certificate: x509.Certificate | None = None,
    ) -> VirtualCard:
        """A new card.

        Args:
            persona: Whose.
            valid_until: The last day of its certificates.
            auth_valid_until: The last day of the one for user authentication, when it is another.
            behaviour: What kind of card.
            sign_certificate: What it carries in place of its own.
        """
        self._made += 1
        credentials = self.pki.credentials(persona, valid_until, auth_valid_until)
        if sign_certificate is not None:
            credentials = replace(credentials, sign=replace(credentials.sign, certificate=sign_certificate))
        return VirtualCard(
            credentials,
            sign_password=persona.sign_password,
            auth_pin=persona.auth_pin,
            tries=TryCounters(self._directory / f"tries-{self._made}"),
            behaviour=behaviour or Behaviour(),
        )


class Rig(Protocol):
    """A reader on which cards are put, and the driver's way to it."""

    @property
    def readers(self) -> CardReaders:
        """This reader alone."""
        ...

    @property
    def reader(self) -> str:
        """Its name."""
        ...

    def insert(self, card: VirtualCard) -> None: ...

    def pull(self) -> None: ...


class InProcessRig:
    """The card object itself, one call away."""

    def __init__(self) -> None:
        self.readers = InProcessReader()
        (self.reader,) = self.readers.names()

    def insert(self, card: VirtualCard) -> None:
        self.readers.insert(card)

    def pull(self) -> None:
        self.readers.pull()


class DaemonRig:
    """The whole stack: pyscard, libpcsclite, pcscd, vpcd, TCP."""

    def __init__(self, slot: int = 0) -> None:
        place = private_pcscd().slots[slot]
        self.reader = place.reader
        self.readers = PcscReaders(place.reader)
        self._reader = VpcdReader(place.port)
        self._changes: int | None = None

    def insert(self, card: VirtualCard) -> None:
        self._reader.insert(card)
        self._changes = self._wait_for_change("SCARD_STATE_PRESENT", after=None)

    def pull(self) -> None:
        self._reader.pull()
        if self._changes is not None:
            self._wait_for_change("SCARD_STATE_EMPTY", after=self._changes)
            self._changes = None

    def _wait_for_change(self, state: str, after: int | None) -> int:
        """Wait for the daemon to notice that a card came or went; returns its count of such changes.

        It looks at its readers every 0.4 s, and loses a card that is swapped in between. The state alone does not
        tell: a failed command makes it EMPTY before the daemon has looked.
        """
        from smartcard import scard

        wanted: int = getattr(scard, state)
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        try:
            for _ in range(500):
                _, states = scard.SCardGetStatusChange(context, 0, [(self.reader, scard.SCARD_STATE_UNAWARE)])
                now: int = states[0][1]
                changes = now >> 16
                if now & wanted and changes != after:
                    return changes
                time.sleep(0.01)
        finally:
            scard.SCardReleaseContext(context)
        raise AssertionError("the daemon does not see what happens on its reader")
