"""Asking for a signature at a terminal, for as long as it is wanted there."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from zairyu.models.card import SignatureRequest, SignatureResult
    from zairyu.models.names import card_terminal_queue
    from zairyu.models.steps import SIGN_AT_TERMINAL
    from zairyu.workflows.perform import perform
    from zairyu.workflows.waiting import wait_until


async def signature_at(
    terminal_id: str, request: SignatureRequest, *, wanted: Callable[[], bool], closes_at: datetime | None = None
) -> SignatureResult | None:
    """What a terminal brings back; nothing when the signature is not wanted any more, or not there.

    Args:
        terminal_id: where the signer sits.
        request: what is signed, and by whom.
        wanted: whether it still is, and there.
        closes_at: from when on it comes too late.

    Raises:
        StepFailed: it was not signed.
    """
    signing = asyncio.create_task(
        perform(
            SIGN_AT_TERMINAL, request, queue=card_terminal_queue(terminal_id), summary=f"Sign at terminal {terminal_id}"
        )
    )
    await wait_until(lambda: signing.done() or not wanted(), by=closes_at, summary="Online filing closes")
    if signing.done() and wanted():
        return signing.result()
    signing.cancel()
    await workflow.wait_condition(signing.done)
    if not signing.cancelled():
        # Looked at, so that it does not count as forgotten: whatever came of it is not wanted any more.
        signing.exception()
    return None
