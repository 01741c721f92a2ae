import asyncio
from datetime import date, timedelta
from pathlib import Path

from tests.sandbox.provider import Provider, package, provider_of, running
from zairyu.activities.mynaportal.wire import StatusRecord
from zairyu.sandbox.service import Sandbox


async def until(provider: Provider, application: str, documents: str = "", collection: str = "") -> StatusRecord:
    """Follow the feed until the application is there."""
    cursor = ""
    async with asyncio.timeout(10):
        while True:
            page = await provider.feed(cursor, wait=5)
            cursor = page.next_cursor
            for record in page.events:
                if (record.application, record.documents, record.collection) == (application, documents, collection):
                    return record


async def test_the_automatic_officer_tells_the_whole_story(tmp_path: Path) -> None:
    async with running(tmp_path, automatic=True, pace_seconds=0) as sandbox, provider_of(sandbox) as provider:
        expiry = sandbox.clock.today() + timedelta(days=60)
        await provider.submitted(package(expiry))
        assert (await provider.choose("POST")).status_code == 200

        record = await until(provider, "審査中", documents="返却中")
        assert record.document_requests[0].due_on > sandbox.clock.today()
        await asyncio.sleep(0.3)
        assert (await provider.record()).documents == "返却中"  # it waits for the documents

        assert (await provider.supply()).status_code == 200
        record = await until(provider, "審査完了", documents="追完済")
        assert record.grant is not None
        assert record.grant.years == 3
        assert record.fee is not None
        await asyncio.sleep(0.3)
        assert (await provider.record()).collection == ""  # it waits for the fee

        await provider.http.post("/store/payments", data={"payment_number": record.fee.payment_number})
        await until(provider, "完了", documents="追完済", collection="送付済")


async def test_nobody_acts_while_the_officer_is_off(sandbox: Sandbox, provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))
    await provider.skip(timedelta(days=30))
    await asyncio.sleep(0.3)
    assert (await provider.record()).revision == 1

    await provider.http.post("/sandbox/automatic", json={"on": True, "pace_seconds": 0})

    await until(provider, "審査中")
    assert sandbox.automatic.on


async def test_receipt_numbers_come_by_themselves_after_their_delay(tmp_path: Path) -> None:
    async with running(tmp_path, receipt_delay_seconds=86_400) as sandbox, provider_of(sandbox) as provider:
        await provider.submitted(package(sandbox.clock.today() + timedelta(days=60)))
        await asyncio.sleep(0.3)
        assert (await provider.record()).receipt_number is None

        cursor = (await provider.feed()).next_cursor
        await provider.skip(timedelta(days=1, seconds=1))

        async with asyncio.timeout(5):
            news = await provider.feed(cursor, wait=5)
        assert news.events[0].receipt_number is not None
        await asyncio.sleep(0.3)
        assert (await provider.record()).application == "申請完了"  # and nothing else does
