"""One whole story as people live it: a browser at the agency and at the shop, letters by SMTP, the agency's by IMAP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.browser import Browser
from tests.dns_server import name_server
from tests.dovecot import Dovecot
from tests.world import Post, World
from zairyu.activities.agency_mail.mailbox import FOR_A_PERSON, TAKEN
from zairyu.models import messages
from zairyu.models.snapshot import ApplicationSnapshot, End, Phase
from zairyu.models.status import ApplicationStatus, CollectionStatus, DocumentsStatus
from zairyu.runtime.keys import KeyRing
from zairyu.sandbox.card.pki import SandboxPki

BY_MAIL = "(By mail.)"


@pytest.fixture
async def town(
    temporal: WorkflowEnvironment, keys: KeyRing, sandbox_pki: SandboxPki, tmp_path: Path
) -> AsyncIterator[World]:
    """A world in which the agency writes to the provider as well, and its mails are read."""
    dovecot = Dovecot()
    try:
        dovecot.start()
        async with (
            name_server() as dns,
            World(temporal, keys, sandbox_pki, tmp_path, post=Post(dovecot, dns)) as world,
        ):
            yield world
    finally:
        dovecot.remove()


class Officer:
    """Somebody at the agency, with its page in a browser."""

    def __init__(self, browser: Browser, town: World) -> None:
        self._browser = browser
        self._address = town.sandbox.base_url

    async def opens_the_only_application(self) -> None:
        await self._browser.open(f"{self._address}/officer")
        await self._browser.click("th[scope=row] a")

    async def presses(self, action: str) -> None:
        """Press the button of a form, with whatever stands in its fields."""
        await self._browser.click(f"form[action$='/{action}'] button")

    async def sees(self, *texts: str) -> None:
        await self._browser.see(*texts)


async def test_from_the_form_to_the_card_through_everybody_s_own_pages_and_mails(town: World, tmp_path: Path) -> None:
    application_id = await town.file()
    with Browser(tmp_path / "browser") as browser:
        officer = Officer(browser, town)
        await officer.opens_the_only_application()

        await officer.presses("receipt-number")
        await officer.sees("東オンＥＮ")
        numbered = await town.until(application_id, lambda snapshot: snapshot.receipt_number is not None)
        assert numbered.receipt_number is not None
        await officer.sees(numbered.receipt_number)

        await officer.presses("examination")
        await town.until(application_id, examined)

        await officer.presses("document-requests")
        await officer.sees("未提出")
        asked = await town.until(application_id, lambda snapshot: bool(snapshot.document_requests))
        assert asked.document_requests[0].items == ("住民税の課税証明書（直近1年分）",)
        await town.supply(application_id, 1)
        await town.until(application_id, lambda snapshot: snapshot.documents_status is DocumentsStatus.SUPPLIED)
        await browser.reload()
        await officer.sees("提出済")

        await officer.presses("permission")
        due = await town.until(application_id, lambda snapshot: snapshot.fee is not None)
        await officer.sees(f"{due.fee.amount + due.fee.settlement_fee:,} 円" if due.fee else "")

        # The applicant pays at the shop, with the number from our letter.
        await browser.click("a[href^='/store?payment_number=']")
        await browser.click("form[method=post] button")
        await town.in_phase(application_id, Phase.COLLECTION)

        await officer.opens_the_only_application()
        await officer.presses("ready")
        await town.until(application_id, lambda snapshot: snapshot.collection_status is CollectionStatus.READY)

    confirmed = messages.ConfirmCollection(message_id="mine", collected_on=town.today)
    await town.zairyu.confirm_collection(application_id, confirmed)
    closed = await town.closed(application_id)
    assert closed.end is End.COMPLETED
    assert (closed.disagreements, closed.attention) == ((), ())
    await town.eventually(lambda: all_read(town))
    assert town.post is not None
    assert town.post.dovecot.mails(FOR_A_PERSON) == []


def examined(snapshot: ApplicationSnapshot) -> bool:
    return snapshot.application_status is ApplicationStatus.UNDER_EXAMINATION


async def all_read(town: World) -> bool:
    """Whether every mail of the agency has been taken: numbers, documents, examination, collection."""
    assert town.post is not None
    return not town.post.dovecot.mails() and len(town.post.dovecot.mails(TAKEN)) >= 5


async def test_while_the_interface_is_silent_the_agency_s_mails_carry_the_application_on(town: World) -> None:
    application_id = await town.file()
    await town.arm("lose_events", call="feed", count=3)
    await town.officer(application_id, "receipt-number")
    numbered = await town.until(application_id, lambda snapshot: snapshot.receipt_number is not None)
    assert any(entry.text.en.endswith(BY_MAIL) for entry in numbered.timeline)
    await town.officer(application_id, "examination")
    await town.officer(application_id, "denial")
    completed = await town.until(
        application_id, lambda snapshot: snapshot.application_status is ApplicationStatus.EXAMINATION_COMPLETED
    )
    # The mail says that it was examined, and not how it ended.
    assert completed.outcome is None
    assert completed.phase is Phase.EXAMINATION
