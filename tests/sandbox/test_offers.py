"""What the interface offers, and the withdrawal, which it does not unless it is told to."""

from datetime import date
from pathlib import Path

import httpx
import pytest

from tests.sandbox.provider import Provider, package, problem, provider_of, running, under_examination
from zairyu.models.capability import Capability
from zairyu.sandbox.offers import Offer
from zairyu.sandbox.service import Sandbox

EVERYTHING = tuple(Offer)


def but(*left_out: Offer) -> list[Offer]:
    return [offer for offer in EVERYTHING if offer not in left_out]


def test_offers_have_the_names_of_capabilities() -> None:
    assert {str(offer) for offer in Offer} == {str(capability) for capability in Capability}


async def test_everything_but_a_withdrawal_is_offered_at_first(provider: Provider, expiry: date) -> None:
    await provider.submitted(package(expiry))

    assert set((await provider.http.get("/sandbox/offers")).json()) == set(but(Offer.WITHDRAWAL))
    assert problem(await provider.withdraw()) == (501, "NOT_OFFERED")
    assert (await provider.record()).outcome == ""


@pytest.mark.parametrize(
    "offer", [Offer.STATUS_LOOK_UP, Offer.STATUS_FEED, Offer.DOCUMENT_SUPPLY, Offer.COLLECTION_CHANGE]
)
async def test_a_call_that_is_not_offered_says_so(provider: Provider, expiry: date, offer: Offer) -> None:
    await under_examination(provider, package(expiry))
    await provider.officer("document-requests", items="課税証明書", due_on=expiry.isoformat())
    await provider.offer(*but(offer))

    async def answers() -> dict[Offer, httpx.Response]:
        return {
            Offer.STATUS_LOOK_UP: await provider.http.get("/v1/applications/unknown-1"),
            Offer.STATUS_FEED: await provider.http.get("/v1/status-feed"),
            Offer.COLLECTION_CHANGE: await provider.choose("POST"),
            Offer.DOCUMENT_SUPPLY: await provider.supply(),
        }

    for named, answer in (await answers()).items():
        assert (answer.status_code == 501) is (named is offer)
    await provider.offer(*EVERYTHING)
    assert 501 not in {answer.status_code for answer in (await answers()).values()}


async def test_facts_that_are_not_offered_are_left_out_and_kept(
    provider: Provider, sandbox: Sandbox, expiry: date
) -> None:
    await under_examination(provider, package(expiry))
    await provider.officer("document-requests", items="課税証明書", due_on=expiry.isoformat())
    await provider.supply()
    await provider.officer("permission", years="3")
    await provider.officer("payment")
    await provider.officer("ready")
    whole = await provider.record()
    assert whole.grant is not None
    assert whole.fee is not None

    await provider.offer(Offer.STATUS_LOOK_UP, Offer.STATUS_FEED)

    bare = await provider.record()
    assert (bare.receipt_number, bare.document_requests, bare.grant, bare.fee) == (None, [], None, None)
    assert (bare.outcome, bare.collection) == ("", "")
    assert (bare.application, bare.documents, bare.revision) == ("審査完了", "追完済", whole.revision)
    assert (await provider.feed()).events[-1] == bare
    for offer, facts in {
        Offer.RECEIPT_NUMBER: {"receipt_number"},
        Offer.DOCUMENT_REQUESTS: {"document_requests"},
        Offer.DECISION: {"outcome", "grant"},
        Offer.FEE: {"fee"},
        Offer.COLLECTION_PROGRESS: {"collection"},
    }.items():
        await provider.offer(*but(offer))
        told = await provider.record()
        assert {name for name, fact in told if fact != getattr(whole, name)} == facts
    await provider.offer(*EVERYTHING)
    assert await provider.record() == whole


async def test_an_interface_that_offers_little_from_the_start(tmp_path: Path) -> None:
    async with running(tmp_path, offers=[Offer.STATUS_LOOK_UP]) as sandbox, provider_of(sandbox) as provider:
        await provider.submitted(package())
        assert (await provider.record()).application == "申請完了"
        assert problem(await provider.http.get("/v1/status-feed")) == (501, "NOT_OFFERED")


async def test_an_application_is_withdrawn_once(provider: Provider, expiry: date) -> None:
    await provider.offer(*EVERYTHING)
    await under_examination(provider, package(expiry))
    await provider.officer("document-requests", items="課税証明書", due_on=expiry.isoformat())

    first = await provider.withdraw()
    again = await provider.withdraw()

    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    record = await provider.record()
    assert (record.application, record.documents, record.outcome) == ("完了", "", "取下げ")
    assert [event.outcome for event in (await provider.feed()).events].count("取下げ") == 1


async def test_nothing_is_withdrawn_after_its_outcome(provider: Provider, expiry: date) -> None:
    await provider.offer(*EVERYTHING)
    assert problem(await provider.withdraw()) == (404, "APPLICATION_NOT_FOUND")
    await under_examination(provider, package(expiry))
    await provider.officer("denial")

    assert problem(await provider.withdraw()) == (409, "NOT_POSSIBLE_NOW")
    assert (await provider.record()).outcome == "不許可"


async def test_a_withdrawal_whose_answer_is_lost_has_happened(provider: Provider, expiry: date) -> None:
    await provider.offer(*EVERYTHING)
    await provider.submitted(package(expiry))
    await provider.arm("lose_answer", call="withdrawal")

    with pytest.raises(httpx.RemoteProtocolError):
        await provider.withdraw()

    assert (await provider.record()).outcome == "取下げ"
    assert (await provider.withdraw()).status_code == 200
