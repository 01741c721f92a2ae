"""The desk terminal's step: a package goes to the desk, and a signature comes back."""

import base64
from datetime import timedelta
from typing import Final

from temporalio import activity

from zairyu.activities.card_reader.desk import Desk
from zairyu.activities.failures import translated
from zairyu.activities.heartbeat import beating
from zairyu.models.card import SignatureRequest, SignatureResult
from zairyu.models.steps import SIGN_AT_TERMINAL

_BEAT: Final = timedelta(seconds=1)
"""With the answer to a beat comes the word that the signature is no longer wanted; a person sits there."""


class CardTerminal:
    """The step that a workflow asks of one desk. Many may wait at once; the desk serves one signer at a time."""

    def __init__(self, terminal_id: str, desk: Desk) -> None:
        """Name the desk.

        Args:
            terminal_id: Stands in every result.
            desk: Where people sign.
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
            terminal_id=self._terminal_id,
            signed_at=made.signed_at,
        )
