"""The machine interface: the wire format over HTTP. It translates; the agency decides."""

import base64
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Form, Header, Path, Query, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from fastapi.security.utils import get_authorization_scheme_param

from zairyu.activities.mynaportal.wire import CollectionChoice, FeedPage, Maintenance, StatusRecord, Submitted, Token
from zairyu.sandbox.agency import Agency
from zairyu.sandbox.faults import Call, Faults
from zairyu.sandbox.faulty_route import FaultyRoute
from zairyu.sandbox.feed import Feed
from zairyu.sandbox.maintenance import MaintenancePlan
from zairyu.sandbox.offers import Offer, Offers
from zairyu.sandbox.problems import ProblemError, answer_with_problems
from zairyu.sandbox.reception import Reception

_LARGEST_PACKAGE: Final = 32 * 1024 * 1024
_LARGEST_SUPPLY: Final = 25 * 1024 * 1024
_TOKEN_SECONDS: Final = 1800

RequestId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
SupplyId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


class Credentials:
    """Client credentials for short-lived bearer tokens. Tokens end with the process, as they may at any time."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._good_until: dict[str, float] = {}

    def token(
        self,
        grant_type: Annotated[str, Form()],
        told: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())],
    ) -> Token:
        """`POST /oauth/token`; the credentials come by HTTP Basic."""
        if grant_type != "client_credentials":
            raise ProblemError(400, "UNSUPPORTED_GRANT_TYPE", "only client_credentials is understood")
        known = secrets.compare_digest(told.username.encode(), self._client_id.encode())
        proven = secrets.compare_digest(told.password.encode(), self._client_secret.encode())
        if not (known and proven):
            raise ProblemError(401, "INVALID_CLIENT", "the client id or its secret is wrong")
        token = secrets.token_urlsafe(32)
        # A technical matter: real time, not the agency's calendar.
        now = time.monotonic()
        self._good_until = {held: until for held, until in self._good_until.items() if until > now}
        self._good_until[token] = now + _TOKEN_SECONDS
        return Token(access_token=token, expires_in=_TOKEN_SECONDS)

    def check(self, authorization: Annotated[str, Header()] = "") -> None:
        """Every call but that for a token needs one."""
        scheme, token = get_authorization_scheme_param(authorization)
        if scheme.lower() != "bearer" or self._good_until.get(token, 0) < time.monotonic():
            raise ProblemError(401, "TOKEN_REFUSED", "a bearer token in force is needed")


class MachineInterface:
    """The calls, one method each."""

    def __init__(
        self, agency: Agency, reception: Reception, feed: Feed, maintenance: MaintenancePlan, offers: Offers
    ) -> None:
        self._agency = agency
        self._reception = reception
        self._feed = feed
        self._maintenance = maintenance
        self._offers = offers

    async def submit(
        self,
        request: Request,
        request_id: RequestId,
        application_type: Annotated[str, Header()],
        digest: Annotated[str, Header()],
    ) -> Submitted:
        """`PUT /v1/applications/{request_id}`."""
        package = await _body(request, _LARGEST_PACKAGE)
        _check_digest(digest, package)
        return await self._reception.submit(request_id, application_type, package)

    async def look_up(self, request_id: RequestId) -> StatusRecord:
        """`GET /v1/applications/{request_id}`."""
        return self._offers.told(self._agency.registry.application(request_id).record)

    async def supply(
        self,
        request: Request,
        request_id: RequestId,
        number: int,
        supply_id: SupplyId,
        complete: Annotated[bool, Query()] = True,
        content_type: Annotated[str, Header()] = "",
    ) -> Submitted:
        """`PUT /v1/applications/{request_id}/documents/{number}/{supply_id}`."""
        content = await _body(request, _LARGEST_SUPPLY)
        return await self._reception.supply(
            request_id, number, supply_id, content, media_type=content_type, complete=complete
        )

    async def choose_collection(self, request_id: RequestId, choice: CollectionChoice) -> StatusRecord:
        """`PUT /v1/applications/{request_id}/collection`."""
        return self._offers.told(self._agency.choose_collection(request_id, choice.method))

    async def withdraw(self, request_id: RequestId) -> StatusRecord:
        """`PUT /v1/applications/{request_id}/withdrawal`."""
        return self._offers.told(self._agency.take_back(request_id))

    async def feed(
        self,
        cursor: Annotated[str, Query(pattern=r"^[0-9]{0,18}$")] = "",
        wait: Annotated[float, Query(ge=0)] = 0,
    ) -> FeedPage:
        """`GET /v1/status-feed`."""
        return await self._feed.page(cursor, wait)

    async def maintenance(self) -> Maintenance:
        """`GET /v1/maintenance`."""
        return self._maintenance.announced()


def machine_interface(
    agency: Agency,
    reception: Reception,
    feed: Feed,
    maintenance: MaintenancePlan,
    offers: Offers,
    faults: Faults,
    credentials: Credentials,
) -> FastAPI:
    """The interface as an application of its own, in which every error is a problem."""
    calls = MachineInterface(agency, reception, feed, maintenance, offers)
    router = APIRouter(route_class=FaultyRoute)
    router.add_api_route("/oauth/token", credentials.token, methods=["POST"], name=Call.TOKEN)

    guarded = APIRouter(prefix="/v1", route_class=FaultyRoute, dependencies=[Depends(credentials.check)])
    guarded.add_api_route("/maintenance", calls.maintenance, methods=["GET"], name=Call.MAINTENANCE)

    working = APIRouter(route_class=FaultyRoute, dependencies=[Depends(maintenance.check)])

    def add(
        method: str, path: str, call: Call, answer: Callable[..., Awaitable[object]], offer: Offer | None = None
    ) -> None:
        needs = [] if offer is None else [Depends(offers.needed(offer))]
        working.add_api_route(path, answer, methods=[method], name=call, dependencies=needs)

    application = "/applications/{request_id}"
    supply = f"{application}/documents/{{number}}/{{supply_id}}"
    add("PUT", application, Call.SUBMISSION, calls.submit)
    add("GET", application, Call.LOOK_UP, calls.look_up, Offer.STATUS_LOOK_UP)
    add("PUT", supply, Call.DOCUMENTS, calls.supply, Offer.DOCUMENT_SUPPLY)
    add("PUT", f"{application}/collection", Call.COLLECTION, calls.choose_collection, Offer.COLLECTION_CHANGE)
    add("PUT", f"{application}/withdrawal", Call.WITHDRAWAL, calls.withdraw, Offer.WITHDRAWAL)
    add("GET", "/status-feed", Call.FEED, calls.feed, Offer.STATUS_FEED)
    guarded.include_router(working)
    router.include_router(guarded)

    app = FastAPI(title="Sandbox of Mynaportal and RAS", docs_url=None, redoc_url=None)
    app.state.faults = faults
    app.include_router(router)
    answer_with_problems(app)
    return app


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise ProblemError(413, "TOO_LARGE", f"more than {limit} bytes")
    return bytes(body)


def _check_digest(header: str, body: bytes) -> None:
    algorithm, _, value = header.partition("=")
    if algorithm.lower() != "sha-256":
        raise ProblemError(400, "BODY_DIGEST_MISSING", "the header Digest: sha-256=<base64> is needed")
    try:
        told = base64.b64decode(value, validate=True)
    except ValueError:  # also for what is not even ASCII
        raise ProblemError(400, "BODY_DIGEST_MALFORMED", "the digest is not base64") from None
    if told != hashlib.sha256(body).digest():
        raise ProblemError(400, "BODY_DIGEST_MISMATCH", "what arrived is not what was sent")
