import re
from datetime import date, timedelta

import httpx
import pytest

from tests.sandbox.provider import REQUEST_ID, Provider, package, problem, under_examination
from zairyu.sandbox.service import Sandbox

PAGE = f"/officer/applications/{REQUEST_ID}"


async def page(provider: Provider, path: str = PAGE) -> str:
    answer = await provider.http.get(path)
    assert answer.status_code == 200
    assert "SANDBOX / 模擬環境" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text


def buttons(text: str) -> set[str]:
    return set(re.findall(rf'action="{re.escape(PAGE)}/([a-z-]+)"', text))


async def test_an_application_from_receipt_to_hand_over(provider: Provider, sandbox: Sandbox, expiry: date) -> None:
    await provider.submitted(package(expiry))
    assert "RIVERA SAMPLE" in await page(provider, "/officer")

    text = await page(provider)
    assert "manifest.xml" in text
    assert buttons(text) == {"receipt-number", "withdrawal", "termination"}
    await provider.officer("receipt-number")
    record = await provider.record()
    assert record.receipt_number == f"東オンＥＮ{sandbox.clock.today():%y}000001"

    await provider.officer("examination")
    assert (await provider.record()).application == "審査中"

    due_on = sandbox.clock.today() + timedelta(days=10)
    await provider.officer("document-requests", items="課税証明書\n\n  納税証明書 ", due_on=due_on.isoformat())
    record = await provider.record()
    assert record.documents == "返却中"
    assert record.document_requests[0].items == ["課税証明書", "納税証明書"]
    assert record.document_requests[0].due_on == due_on
    assert "document-requests" in buttons(await page(provider))

    assert (await provider.supply()).status_code == 200
    record = await provider.record()
    assert record.documents == "追完済"
    assert record.document_requests[0].supplied

    await provider.officer("permission", years="3")
    record = await provider.record()
    assert (record.application, record.outcome) == ("審査完了", "許可")
    assert record.grant is not None
    assert record.grant.expires_on.year == expiry.year + 3
    assert record.fee is not None
    assert (record.fee.amount, record.fee.settlement_fee, record.fee.status) == (56_000, 550, "未納")
    assert record.fee.payment_number in await page(provider)

    await pay(provider, record.fee.payment_number)
    record = await provider.record()
    assert record.fee is not None
    assert record.fee.status == "納付済"

    await provider.officer("ready")
    assert (await provider.record()).collection == "発行待ち"
    await provider.officer("handover")
    record = await provider.record()
    assert (record.application, record.collection) == ("完了", "受領済")
    assert buttons(await page(provider)) == set()


async def test_a_period_too_short_for_a_card_is_handed_over_at_the_counter(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    await provider.choose("POST")
    await provider.officer("permission", months="3")
    await provider.officer("payment")
    await provider.officer("ready")
    assert buttons(await page(provider)) == {"handover"}


async def test_page_of_a_certificate_says_how_far_it_is(provider: Provider, expiry: date) -> None:
    kind = "CERTIFICATE_OF_ELIGIBILITY"
    await under_examination(provider, package(expiry, application_type=kind), kind)
    address = f"/certificates/{REQUEST_ID}"
    assert "It has not been issued yet." in await page(provider, address)
    for action in ("permission", "ready", "sent"):
        await provider.officer(action)
    assert "Register the receipt" in await page(provider, address)
    assert (await provider.http.post(f"{address}/receipt")).status_code == 303
    assert "The receipt is registered." in await page(provider, address)


async def test_only_what_comes_by_mail_has_a_page_for_its_receipt(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    assert (await provider.http.get(f"/certificates/{REQUEST_ID}")).status_code == 404
    assert (await provider.http.post(f"/certificates/{REQUEST_ID}/receipt")).status_code == 404


async def pay(provider: Provider, payment_number: str) -> None:
    shown = await page(provider, f"/store?payment_number={payment_number}")
    assert "56,550 円" in shown
    answer = await provider.http.post("/store/payments", data={"payment_number": payment_number})
    assert answer.status_code == 303
    assert "納付済" in await page(provider, answer.headers["location"])


async def test_a_card_that_is_mailed(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    assert (await provider.choose("POST")).status_code == 200
    await provider.officer("permission", years="1")
    await provider.officer("payment")
    await provider.officer("ready")
    await provider.officer("sent")

    record = await provider.record()
    assert (record.application, record.collection) == ("完了", "送付済")


@pytest.mark.parametrize(
    ("action", "application", "outcome"),
    [("denial", "審査完了", "不許可"), ("withdrawal", "完了", "取下げ"), ("termination", "完了", "終止")],
)
async def test_the_other_ends(provider: Provider, expiry: date, action: str, application: str, outcome: str) -> None:
    await under_examination(provider, package(expiry))
    await provider.officer("document-requests", items="課税証明書", due_on=expiry.isoformat())
    await provider.officer(action)

    record = await provider.record()
    assert (record.application, record.documents, record.outcome) == (application, "", outcome)
    assert buttons(await page(provider)) == set()
    assert problem(await provider.supply()) == (409, "DOCUMENTS_NOT_WANTED")


async def test_a_step_out_of_turn_changes_nothing(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))

    answer = await provider.http.post(f"{PAGE}/permission", data={"years": "3"})

    assert answer.status_code == 409
    assert "NOT_POSSIBLE_NOW" in answer.text
    assert (await provider.record()).revision == 1


async def test_a_period_is_granted_only_where_one_was_filed_for(provider: Provider, expiry: date) -> None:
    kind = "AUTHORIZED_EMPLOYMENT_CERTIFICATE"
    await under_examination(provider, package(expiry, kind), kind)

    refused = await provider.http.post(f"{PAGE}/permission", data={"years": "3"})
    await provider.officer("permission")

    assert "PERIOD_NOT_AS_FILED" in refused.text
    record = await provider.record()
    assert record.grant is None
    assert record.fee is not None
    assert (record.fee.amount, record.fee.settlement_fee) == (1_600, 220)


async def test_a_form_with_a_mistake_is_answered_with_a_page(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))

    nothing = await provider.http.post(f"{PAGE}/document-requests", data={"items": " ", "due_on": "2026-12-01"})
    no_day = await provider.http.post(f"{PAGE}/document-requests", data={"items": "a", "due_on": "soon"})

    assert (nothing.status_code, no_day.status_code) == (409, 422)
    assert "due_on" in no_day.text
    assert (await provider.record()).document_requests == []


async def test_unknown_pages_say_so(provider: Provider) -> None:
    assert (await provider.http.get("/officer/applications/unknown-1")).status_code == 404
    assert (await provider.http.get("/mailbox/7")).status_code == 404
    assert "NO_SUCH_PAYMENT_NUMBER" in (await provider.http.get("/store?payment_number=1")).text


async def test_collection_is_chosen_until_the_examination_is_completed(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    assert (await provider.choose("POST")).status_code == 200
    assert problem(await provider.choose("EMAIL")) == (409, "COLLECTION_METHOD_NOT_OFFERED")
    await provider.officer("permission", years="1")

    assert problem(await provider.choose("COUNTER")) == (409, "COLLECTION_CLOSED")
    ledger = (await provider.http.get("/sandbox/applications")).json()
    assert ledger[0]["collection_method"] == "POST"


async def test_a_slip_cannot_be_paid_twice_or_late(provider: Provider, expiry: date) -> None:
    await under_examination(provider, package(expiry))
    await provider.officer("permission", years="1")
    fee = (await provider.record()).fee
    assert fee is not None

    async def paying() -> httpx.Response:
        return await provider.http.post("/store/payments", data={"payment_number": fee.payment_number})

    await provider.skip(timedelta(days=15))
    assert "PAYMENT_NUMBER_EXPIRED" in (await paying()).text
    await provider.skip(timedelta(0))
    assert (await paying()).status_code == 303
    assert "ALREADY_PAID" in (await paying()).text


async def test_what_others_wrote_is_shown_as_text(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry, note="<script>alert(1)</script>"))

    text = await page(provider)

    assert "<script>" not in text
    assert "&lt;script&gt;" in text


async def test_another_sites_page_cannot_press_a_button(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))

    foreign = await provider.http.post(f"{PAGE}/receipt-number", headers={"Origin": "https://elsewhere.example"})
    rebound = await provider.http.get("/officer", headers={"Host": "elsewhere.example"})
    own = await provider.http.post(f"{PAGE}/receipt-number", headers={"Origin": str(provider.http.base_url)})

    assert (foreign.status_code, rebound.status_code, own.status_code) == (403, 400, 303)
    assert (await provider.record()).revision == 2


async def test_the_levers_work_from_the_start_page(provider: Provider, sandbox: Sandbox) -> None:
    for path, fields in (
        ("/levers/clock", {"days": "2.5"}),
        ("/levers/faults", {"kind": "unavailable", "call": "feed", "count": "2"}),
        ("/levers/faults", {"kind": "odd_word", "call": "feed", "count": "1", "axis": "outcome"}),
        ("/levers/automatic", {"on": "true", "pace_seconds": "7"}),
        ("/levers/offers", {"names": ["FEE", "WITHDRAWAL"]}),
        ("/levers/strangers", {}),
        ("/levers/outage", {"on": "true"}),
    ):
        assert (await provider.http.post(path, data=fields)).status_code == 303

    assert sandbox.clock.offset == timedelta(days=2.5)
    assert (await provider.http.get("/sandbox/automatic")).json() == {"on": True, "pace_seconds": 7.0}
    assert (await provider.http.get("/sandbox/offers")).json() == ["FEE", "WITHDRAWAL"]
    assert len((await provider.http.get("/sandbox/applications")).json()) == 1
    assert ("odd_word", "outcome") in {
        (order["kind"], order["axis"]) for order in (await provider.http.get("/sandbox/faults")).json()
    }
    text = await page(provider, "/")
    assert "<code>unavailable</code>" in text
    assert "障害中 outage" in text
    assert re.findall(r'value="([A-Z_]+)" checked', text) == ["FEE", "WITHDRAWAL"]
    assert (await provider.http.post("/levers/offers")).status_code == 303
    assert (await provider.http.get("/sandbox/offers")).json() == []
    for door in ("/officer", "/store", "/mailbox"):
        assert f'href="{door}"' in text
