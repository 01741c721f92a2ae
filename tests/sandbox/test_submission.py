import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.sandbox.provider import Provider, package, problem, provider_of, running
from zairyu.sandbox.service import Sandbox

pytestmark = pytest.mark.timeout(30)


async def test_an_application_counts_from_its_provisional_number(
    sandbox: Sandbox, provider: Provider, expiry: date
) -> None:
    submitted = await provider.submitted(package(expiry))

    assert submitted.provisional_number == f"K{sandbox.clock.today():%Y%m%d}00001"
    record = await provider.record()
    assert record.provisional_number == submitted.provisional_number
    assert (record.application, record.documents, record.collection, record.outcome) == ("申請完了", "", "", "")
    assert record.receipt_number is None


async def test_the_same_package_sent_twice_is_one_application(
    sandbox: Sandbox, provider: Provider, expiry: date
) -> None:
    first, second = await asyncio.gather(provider.submitted(package(expiry)), provider.submitted(package(expiry)))
    await provider.skip(timedelta(days=90))  # also after the window has closed
    third = await provider.submitted(package(expiry))

    assert first == second == third
    assert len(sandbox.agency.registry.applications()) == 1
    assert len((await provider.feed()).events) == 1


async def test_a_request_id_never_carries_two_packages(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))

    assert problem(await provider.submit(package(expiry, note="other"))) == (409, "REQUEST_ID_REUSED")


async def test_a_body_damaged_on_the_way_is_refused(provider: Provider) -> None:
    answer = await provider.http.put(
        "/v1/applications/request-1",
        content=b"half of it",
        headers={"Digest": "sha-256=AAAA", "Application-Type": "EXTENSION_OF_PERIOD"},
    )

    assert problem(answer) == (400, "BODY_DIGEST_MISMATCH")


@pytest.mark.parametrize(
    "digest", ["sha-256=not base64", "sha-256=AAA", "sha-256=ハッシュ", "sha-256=\xe9", "sha-256="]
)
async def test_a_digest_that_is_none_is_refused(provider: Provider, digest: str) -> None:
    answer = await provider.http.put(
        "/v1/applications/request-1",
        content=b"a package",
        headers={b"Digest": digest.encode(), b"Application-Type": b"EXTENSION_OF_PERIOD"},
    )

    assert problem(answer)[0] == 400


async def test_what_is_wrong_with_a_package_comes_back_by_place(provider: Provider) -> None:
    answer = await provider.submit(b"not a package")

    assert problem(answer) == (422, "ZIP_UNREADABLE")
    assert answer.json()["items"] == [{"place": "package", "code": "ZIP_UNREADABLE"}]


async def test_the_header_must_name_the_application_in_the_package(provider: Provider, expiry: date) -> None:
    answer = await provider.submit(package(expiry), application_type="CHANGE_OF_STATUS")

    assert problem(answer) == (422, "APPLICATION_TYPE_DIFFERS")


@pytest.mark.parametrize(
    ("moment", "verdict"),
    [
        (datetime(2027, 2, 27, 14, 59, tzinfo=UTC), "FILING_WINDOW_NOT_OPEN"),  # 23:59 on Feb 27 in Japan
        (datetime(2027, 2, 27, 15, 1, tzinfo=UTC), "taken"),  # May 31 less 3 months is the last of February
        (datetime(2027, 5, 30, 14, 59, tzinfo=UTC), "taken"),
        (datetime(2027, 5, 30, 15, 1, tzinfo=UTC), "FILING_WINDOW_CLOSED"),  # the day of expiry has begun
    ],
)
async def test_filing_is_open_from_three_months_before_to_the_day_before_expiry(
    provider: Provider, moment: datetime, verdict: str
) -> None:
    await provider.skip(moment - datetime.now(UTC))

    answer = await provider.submit(package(date(2027, 5, 31)))

    assert verdict == ("taken" if answer.status_code == 200 else problem(answer)[1])


async def test_a_change_of_status_need_not_wait_for_the_last_months(provider: Provider, sandbox: Sandbox) -> None:
    far = sandbox.clock.today() + timedelta(days=700)

    await provider.submitted(package(far, "CHANGE_OF_STATUS"), application_type="CHANGE_OF_STATUS")


async def test_nothing_is_told_without_a_token(provider: Provider) -> None:
    del provider.http.headers["Authorization"]

    for path in ("/v1/applications/request-1", "/v1/status-feed"):
        answer = await provider.http.get(path)
        assert problem(answer) == (401, "TOKEN_REFUSED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_secret_gives_no_token(provider: Provider, sandbox: Sandbox) -> None:
    answer = await provider.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(sandbox.settings.client_id, "guess"),
    )
    nothing = await provider.http.post("/oauth/token", data={"grant_type": "client_credentials"})

    assert problem(answer) == (401, "INVALID_CLIENT")
    assert nothing.status_code == 401


async def test_every_error_is_a_named_problem(provider: Provider) -> None:
    assert problem(await provider.http.get("/v1/applications/unknown-1")) == (404, "APPLICATION_NOT_FOUND")
    assert problem(await provider.http.get("/v1/status-feed", params={"cursor": "x"})) == (422, "REQUEST_MALFORMED")
    assert problem(await provider.http.get("/v1/elsewhere")) == (404, "NOT_FOUND")
    assert problem(await provider.http.delete("/v1/status-feed")) == (405, "METHOD_NOT_ALLOWED")


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        content = package(sandbox.clock.today() + timedelta(days=60))
        await provider.skip(timedelta(days=3))
        submitted = await provider.submitted(content)
        await provider.officer("receipt-number")
        page = await provider.feed()

    async with running(tmp_path) as sandbox, provider_of(sandbox) as provider:
        assert await provider.submitted(content) == submitted
        assert (await provider.record()).receipt_number == page.events[-1].receipt_number
        assert (await provider.feed(page.next_cursor)).events == []
        assert (await provider.feed()).events == page.events
        assert sandbox.clock.offset == timedelta(days=3)
        await provider.officer("examination")
        assert [event.revision for event in (await provider.feed(page.next_cursor)).events] == [3]
