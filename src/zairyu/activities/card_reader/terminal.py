"""The desk terminal's steps: a request goes to the desk, and a signature or what a card says comes back."""

import base64
from datetime import timedelta
from typing import Final

from temporalio import activity

from zairyu.activities.card_reader.card_info import Sex
from zairyu.activities.card_reader.certificate import last_day_of
from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.models import application
from zairyu.models.card import CardReading, CardReadRequest, SignatureRequest, SignatureResult
from zairyu.models.steps import READ_CARD_AT_TERMINAL, SIGN_AT_TERMINAL

_BEAT: Final = timedelta(seconds=1)
"""With the answer to a beat comes the word that nobody waits any more; a person sits there."""
_ON_THE_FORM: Final = {Sex.MALE: application.Sex.MALE, Sex.FEMALE: application.Sex.FEMALE}


class CardTerminal:
    """The steps that a workflow asks of one desk. Many may wait at once; the desk serves one person at a time."""

    def __init__(self, terminal_id: str, desk: Desk) -> None:
        """Name the desk.

        Args:
            terminal_id: Stands in every result.
            desk: Where people use their cards.
        """
        self._terminal_id = terminal_id
        self._desk = desk

    @activity.defn(name=SIGN_AT_TERMINAL.name)
    async def sign_at_terminal(self, request: SignatureRequest) -> SignatureResult:
        """Wait for the signer, their card and their password, and bring back what the card signed."""
        with translated():
            async with beating(every=_BEAT):
                made = await self._desk.sign(request)
        return SignatureResult(
            signature=base64.b64encode(made.signature).decode(),
            certificate=base64.b64encode(made.certificate).decode(),
            certificate_expires_on=last_day_of(made.certificate),
            terminal_id=self._terminal_id,
            signed_at=made.signed_at,
        )

    @activity.defn(name=READ_CARD_AT_TERMINAL.name)
    async def read_card_at_terminal(self, request: CardReadRequest) -> CardReading:
        """Wait for the person, their card and its PIN, and bring back who they are."""
        with translated():
            async with beating(every=_BEAT):
                read = await self._desk.read(request)
        holder = read.attributes
        return CardReading(
            name=holder.name,
            address=holder.address,
            birth_date=f"{holder.birth_date:%Y%m%d}",
            sex=_ON_THE_FORM.get(holder.sex),
            card_id=read.fingerprint,
            expires_on=read.last_day,
            terminal_id=self._terminal_id,
            read_at=read.read_at,
        )
