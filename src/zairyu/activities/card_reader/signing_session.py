"""A signer at the desk: what waits for them is confirmed one by one, and signed with one password."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from zairyu.activities.card_reader.errors import (
    CardPulled,
    CardReaderError,
    LastTryRefused,
    PinOutcomeUnknown,
    SignatureDeclined,
)
from zairyu.activities.card_reader.roots import TrustedRoots
from zairyu.activities.card_reader.search import CardFound
from zairyu.activities.card_reader.seat import LONGEST_USE, Seat
from zairyu.activities.card_reader.session import Session, Waiting
from zairyu.activities.card_reader.signing import SignedOnCard, look_for_card, sign_with_card
from zairyu.models.card import ExpectedSigner, SignatureRequest


@dataclass(frozen=True)
class Signature:
    """What the desk brings back."""

    signature: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    """DER. Personal data."""
    signed_at: datetime


class SigningSession(Session[SignatureRequest, Signature]):
    """Everything that one signer signs."""

    declined = SignatureDeclined

    def __init__(
        self,
        seat: Seat,
        line: Sequence[Waiting[Any, Any]],
        signer: ExpectedSigner,
        *,
        roots: TrustedRoots,
        gather: timedelta,
    ) -> None:
        """Take place.

        Args:
            seat: Where they sit.
            line: Everything that waits at this desk.
            signer: Who sits there.
            roots: The only authorities whose certificates may sign.
            gather: How long to wait for more of their packages before the password is asked for.
        """
        super().__init__(seat, line)
        self._signer = signer
        self._roots = roots
        self._gather = gather
        self._last_came = asyncio.get_running_loop().time()

    def serves(self, request: object) -> bool:
        """Whether it is a package of theirs."""
        return isinstance(request, SignatureRequest) and request.signer == self._signer

    def tell(self) -> None:
        """A package of theirs has come or gone."""
        self._last_came = asyncio.get_running_loop().time()
        super().tell()

    async def _ask_for_card(self, requests: Sequence[SignatureRequest], notice: CardReaderError | None) -> None:
        """Show what is to be signed and ask for the card."""
        await self._seat.prompt.ask_for_card(requests, notice)

    def _search(self, insisted: frozenset[type[CardReaderError]]) -> Callable[[], CardFound]:
        """A look for a card that can sign all of it."""
        return partial(
            look_for_card,
            self._seat.readers,
            filing_day=max(each.request.filing_day for each in self.waiting()),
            now=self._seat.clock(),
            insisted=insisted,
            tokens=self._seat.tokens,
        )

    async def _use(self, found: CardFound, insisted: frozenset[type[CardReaderError]]) -> None:
        """Have it confirmed, and signed with one password."""
        prompt = self._seat.prompt
        await self._gather_more()
        shown = self._show()
        consent = await self._answer(prompt.ask_for_consent(_requests(shown), found.tries_left))
        with consent.password:
            here = [waiting for waiting in shown if not waiting.made.done()]
            chosen = [waiting for waiting in here if waiting.request.application_id in consent.confirmed]
            for waiting in here:
                if waiting not in chosen:
                    waiting.give_up(SignatureDeclined())
            if not chosen:
                await prompt.show_taken_back()
                return
            await prompt.show_signing()
            with self._on_card(chosen):
                signed = await self._seat.use_card(
                    partial(
                        sign_with_card,
                        self._seat.readers,
                        found.reader,
                        _requests(chosen),
                        consent.password,
                        roots=self._roots,
                        now=self._seat.clock(),
                        allow_last_try=LastTryRefused in insisted,
                        tokens=self._seat.tokens,
                    ),
                    absent=CardPulled,
                    silent=PinOutcomeUnknown,
                    longest=LONGEST_USE * len(chosen),
                )
        await self._hand_out(chosen, signed)

    async def _gather_more(self) -> None:
        """Wait until nothing more of this signer's has come for a while."""
        time = asyncio.get_running_loop().time
        while (left := self._last_came + self._gather.total_seconds() - time()) > 0:  # noqa: ASYNC110 - it may grow
            await asyncio.sleep(left)

    async def _hand_out(self, chosen: Sequence[Waiting[SignatureRequest, Signature]], signed: SignedOnCard) -> None:
        failures, done = [], []
        for waiting, outcome in zip(chosen, signed.outcomes, strict=True):
            if waiting.made.done():
                continue  # taken back meanwhile: its signature is thrown away
            if isinstance(outcome, CardReaderError):
                failures.append(outcome)
                continue
            done.append(waiting)
            waiting.made.set_result(Signature(outcome.signature, signed.certificate.der, self._seat.clock()))
        if done:
            await self._seat.prompt.show_signed(_requests(done), signed.certificate.name)
        elif not failures:
            await self._seat.prompt.show_taken_back()
        if failures:
            raise failures[0]


def _requests(those: Sequence[Waiting[SignatureRequest, Signature]]) -> list[SignatureRequest]:
    return [waiting.request for waiting in those]
